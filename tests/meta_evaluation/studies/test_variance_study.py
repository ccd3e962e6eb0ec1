"""The folder of a study: what is there is kept, what is missing is done, what belongs to another study is refused."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from evalmuse_hf.meta_evaluation.studies import variance_study
from evalmuse_hf.meta_evaluation.studies.variance_run import RunResult, TrainingOptions, WorldOptions
from evalmuse_hf.meta_evaluation.studies.variance_study import (
    StudyOptions,
    quick_options,
    read_options,
    read_study,
    run_study,
)

RECIPE = Path(__file__).parents[3] / "recipes" / "variance_study.yaml"
OPTIONS = StudyOptions(
    seeds=2,
    world=WorldOptions(prompt_pool=12, test_prompts=6, pictures=3),
    training=TrainingOptions(prompts=6, max_steps=1, batch_size=4, warmup_steps=1),
)


def pretend_to_run(place, *, world, training):
    """A run that takes no time."""
    return RunResult(
        predictions=[float(place.seed)], noise_estimate=0.0, weights={}, weight_shares={}, rating_errors={},
        losses=[1.0, 0.5],
    )  # fmt: skip


@pytest.fixture
def done(monkeypatch):
    """Runs that take no time; the list says which were asked for."""
    names = []

    def pretend(place, *, world, training):
        names.append(place.name)
        return pretend_to_run(place, world=world, training=training)

    monkeypatch.setattr(variance_study, "execute", pretend)
    return names


def test_every_weighting_meets_every_noise_with_every_seed(tmp_path, done):
    study = run_study(OPTIONS, tmp_path)
    assert len(done) == len(set(done)) == len(study.results) == 4 * 4 * 2
    assert done[:2] == ["none-none-01", "none-var-01"]
    assert study.options == OPTIONS
    assert len(study.prompts) == len(study.truths) == 18
    assert {len(ratings) for ratings in study.ratings.values()} == {18}
    assert study.ratings["none"] == pytest.approx(study.truths)
    assert study.ratings["flat"] != study.ratings["high"]


def test_a_study_goes_on_where_it_stopped(tmp_path, done):
    run_study(OPTIONS, tmp_path)
    done.clear()
    (tmp_path / "runs" / "high-var-02.json").unlink()
    (tmp_path / "runs" / "high-exp_var-02.123.part").write_text('{"format": ')  # of a process that was killed
    run_study(OPTIONS, tmp_path)
    assert done == ["high-var-02"]


def test_a_folder_of_another_study_is_refused(tmp_path, done):
    run_study(OPTIONS, tmp_path)
    with pytest.raises(ValueError, match="holds runs of a study with other options; name another folder"):
        run_study(replace(OPTIONS, seeds=3), tmp_path)


def test_an_unfinished_study_can_be_read(tmp_path, done):
    run_study(OPTIONS, tmp_path)
    for path in (tmp_path / "runs").glob("*-02.json"):
        path.unlink()
    assert {place.seed for place in read_study(tmp_path).results} == {1}


@pytest.mark.parametrize(
    "content, message",
    [
        ("{", "cannot be read .*delete it, and it is made again"),
        ("[]", "is no file of a study of format 1"),
        ('{"format": 2}', "is no file of a study of format 1"),
        ('{"format": 1, "result": {"score": 3}}', "is damaged or of another version"),
    ],
    ids=["cut", "a list", "another format", "other fields"],
)
def test_a_damaged_run_is_one_sentence(tmp_path, done, content, message):
    run_study(OPTIONS, tmp_path)
    (tmp_path / "runs" / "none-none-01.json").write_text(content)
    with pytest.raises(ValueError, match=message):
        read_study(tmp_path)


def test_a_folder_without_a_study_is_one_sentence(tmp_path):
    with pytest.raises(ValueError, match=r"study\.json cannot be read"):
        read_study(tmp_path)


@pytest.mark.slow
def test_two_processes_give_the_same_files_as_one(tmp_path, monkeypatch):
    names = ("flat-reliability-01", "high-exp_var-02")  # one for each process
    for processes in (1, 2):
        folder = tmp_path / str(processes)
        with monkeypatch.context() as patched:
            patched.setattr(variance_study, "execute", pretend_to_run)
            run_study(OPTIONS, folder)
        for name in names:
            (folder / "runs" / f"{name}.json").unlink()
        run_study(OPTIONS, folder, processes=processes)
    for name in names:
        one, two = ((tmp_path / folder / "runs" / f"{name}.json").read_text() for folder in ("1", "2"))
        assert one == two
        assert len(json.loads(one)["result"]["predictions"]) == 18


def test_the_recipe_is_the_study_that_runs_without_one():
    assert read_options(RECIPE) == StudyOptions()


def test_what_a_recipe_does_not_name_keeps_its_default(tmp_path):
    (tmp_path / "few.yaml").write_text("seeds: 3\ntraining: {max_steps: 5}\n")
    assert read_options(tmp_path / "few.yaml") == StudyOptions(seeds=3, training=TrainingOptions(max_steps=5))


@pytest.mark.parametrize(
    "content, message",
    [
        ("seeds: [", "cannot be read"),
        ("- 1", "holds no options; expected lines like 'seeds: 10'"),
        ("sedes: 3", "`sedes` of the recipe .* is no option of the study, or holds an unknown one: 3"),
        ("world: {prompts: 3}", "`world` of the recipe .* holds an unknown one: {'prompts': 3}"),
        ("world: 3", "`world` of the recipe .* holds an unknown one: 3"),
        ("seeds: 1", "`seeds` must be at least 2, got 1: one run says nothing about chance"),
    ],
    ids=["not YAML", "a list", "a misspelling", "an unknown part", "no mapping", "one seed"],
)
def test_a_recipe_that_cannot_be_meant_is_one_sentence(tmp_path, content, message):
    (tmp_path / "bad.yaml").write_text(content)
    with pytest.raises(ValueError, match=message):
        read_options(tmp_path / "bad.yaml")


def test_a_recipe_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(ValueError, match="cannot be read"):
        read_options(tmp_path / "none.yaml")


def test_the_options_of_the_quick_study_fit_into_json():
    assert json.loads(json.dumps(asdict(quick_options())))["seeds"] == 2
