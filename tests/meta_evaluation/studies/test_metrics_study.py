import json
import math
from dataclasses import replace
from itertools import combinations
from statistics import median

import pytest
from PIL import Image

from evalmuse_hf.meta_evaluation.studies import metrics_scores
from evalmuse_hf.meta_evaluation.studies.metrics_options import DataChoice, MetricsOptions, ScoreFile
from evalmuse_hf.meta_evaluation.studies.metrics_report import make_metrics_document
from evalmuse_hf.meta_evaluation.studies.metrics_scores import ScoredRows
from evalmuse_hf.meta_evaluation.studies.metrics_study import MetricsStudy, compare_on, run_metrics_study
from evalmuse_hf.models.scorer import ElementScore, PairScore
from evalmuse_hf.reports import document_text


class Known:
    """Scores by a rule instead of a network."""

    def __init__(self, name, rule):
        self.name, self.rule = name, rule

    def score(self, *, images, prompts, elements=None):
        return [
            PairScore(self.rule(number, prompt), tuple(ElementScore(item.text, None, 1.0, "ok") for item in row))
            for number, (prompt, row) in enumerate(zip(prompts, elements, strict=True))
        ]


@pytest.fixture
def known(monkeypatch):
    """Scorers that need no network, by their name."""
    scorers = {
        "position": Known("position", lambda number, prompt: float(number)),
        "backwards": Known("backwards", lambda number, prompt: -float(number)),
        "length": Known("length", lambda number, prompt: float(len(prompt))),
        "fails": Known("fails", lambda number, prompt: math.nan if number == 0 else float(number)),
        "constant": Known("constant", lambda number, prompt: 2.0),
    }
    monkeypatch.setattr(metrics_scores, "load_scorer", lambda name, model, device: scorers[name])


@pytest.mark.usefixtures("known")
def test_each_scorer_is_judged_and_compared_with_the_first():
    options = MetricsOptions(scorers=("position", "backwards"), prompts=6, n_resamples=50)
    record = json.loads(json.dumps(run_metrics_study(options).record()))
    first, second = record["scorers"]
    assert (record["format"], record["n_prompts"], record["n_pairs"]) == (2, 6, 30)
    value = first["overall"]["srcc"]["value"]
    assert value == pytest.approx(-second["overall"]["srcc"]["value"])
    assert (first["dataset"], first["difference"], first["interval"]) == ("embedded", None, None)
    assert second["difference"] == pytest.approx(-2 * value)
    assert second["interval"][0] <= second["difference"] <= second["interval"][1]
    assert all(line["seconds"] > 0 for line in record["scorers"])
    (dataset,) = record["datasets"]
    assert dataset["best"] == ("position" if value > 0 else "backwards")
    assert dataset["differences"][0]["difference"] == pytest.approx(2 * abs(value))
    assert dataset["reference_rows"][0]["name"] == "prompt oracle"


@pytest.mark.usefixtures("known")
def test_all_are_compared_on_the_pictures_that_all_scored():
    study = run_metrics_study(MetricsOptions(scorers=("position", "fails", "length"), prompts=6, n_resamples=0))
    (comparison,) = study.comparisons
    assert [line.n_scored for line in comparison.scorers] == [30, 29, 30]
    assert comparison.matrix.n == 29
    pairs = {frozenset((cell.first, cell.second)) for cell in comparison.matrix.cells}
    assert pairs == {frozenset(pair) for pair in combinations(("position", "fails", "length"), 2)}
    assert comparison.matrix.between("position", "fails").difference == 0


@pytest.mark.usefixtures("known")
def test_a_scorer_that_says_one_thing_has_no_correlation():
    study = run_metrics_study(MetricsOptions(scorers=("position", "constant"), prompts=3, n_resamples=10))
    (comparison,) = study.comparisons
    assert comparison.verdict.best == "position"
    text = document_text(make_metrics_document(study))
    assert "3 prompts show that it works" in text
    assert "simulated people" in text
    assert "constant: constant predictions." in text


@pytest.mark.usefixtures("known")
def test_prompts_are_drawn_by_the_seed_and_come_whole():
    chosen = [
        run_metrics_study(MetricsOptions(scorers=("length",), prompts=2, seed=seed, n_resamples=0)).record()
        for seed in (1, 1, 2)
    ]
    figures = [record["scorers"][0]["overall"] for record in chosen]
    assert figures[0] == figures[1]
    assert figures[0] != figures[2]
    assert chosen[0]["scorers"][0]["coverage"]["rated"] == 10


def test_files_and_shipped_scores_need_no_picture(tifa_file, tmp_path):
    names = [record["image_path"] for record in json.loads(tifa_file.read_text("utf-8")).values()]
    lines = [f"{name},{len(names) - number}" for number, name in enumerate(names)]
    (tmp_path / "mine.csv").write_text("\n".join(["image,overall_score", *lines]))
    study = run_metrics_study(
        MetricsOptions(
            datasets=[DataChoice(str(tifa_file))],
            files=[ScoreFile(tmp_path / "mine.csv", "mine")],
            in_domain=["tifa160=mine"],
            n_resamples=50,
        )
    )
    (comparison,) = study.comparisons
    assert [line.name for line in comparison.scorers] == ["mine", "CLIPScore", "TIFA-mPLUG"]
    assert [line.origin for line in comparison.scorers] == ["file", "shipped", "shipped"]
    assert [line.in_domain for line in comparison.scorers] == [True, False, False]
    assert comparison.verdict.best == "TIFA-mPLUG"
    assert comparison.verdict.is_noise is False
    assert comparison.n_prompts == 30
    assert len(comparison.rankings) == 3


@pytest.mark.usefixtures("known")
def test_scorers_run_on_a_folder_of_pictures(tifa_file, tmp_path):
    for record in json.loads(tifa_file.read_text("utf-8")).values():
        Image.new("RGB", (2, 2)).save(tmp_path / record["image_path"])
    options = MetricsOptions(
        scorers=("position",), datasets=[DataChoice(str(tifa_file))], images=str(tmp_path), n_resamples=0
    )
    study = run_metrics_study(options)
    assert [line.name for line in study.comparisons[0].scorers] == ["position", "CLIPScore", "TIFA-mPLUG"]
    assert study.comparisons[0].scorers[0].n_scored == 120


def test_a_scorer_without_any_picture_is_one_sentence(tifa_file, tmp_path):
    options = MetricsOptions(scorers=("clip_score",), datasets=[DataChoice(str(tifa_file))], n_resamples=0)
    with pytest.raises(ValueError, match="Scorer 'clip_score' has no score for any picture"):
        run_metrics_study(options)
    (tmp_path / "mine.csv").write_text("image,overall_score\nelsewhere.png,1\n")
    options = MetricsOptions(datasets=[DataChoice(str(tifa_file))], files=[ScoreFile(tmp_path / "mine.csv", "mine")])
    with pytest.raises(ValueError, match="Scorer 'mine' has no score"):
        run_metrics_study(options)


def test_a_single_prompt_has_values_and_nothing_else(rated_world, metrics_options, caplog):
    one = replace(rated_world, rows=rated_world.rows[:4], n_prompts=1, scores={})
    scored = [ScoredRows(name=name, origin="file", rows=rows[:4]) for name, rows in rated_world.scores.items()]
    comparison = compare_on(one, scored, metrics_options)
    assert comparison.scorers[0].srcc.confidence_interval is None
    assert comparison.matrix.letters == {}
    assert comparison.verdict.tied == ()
    assert comparison.verdict.is_noise is None
    assert "interval" not in caplog.text
    document = make_metrics_document(MetricsStudy(options=metrics_options, comparisons=(comparison,)))
    assert "of a single prompt there are no intervals and no tests" in document_text(document)


def test_the_record_has_the_smallest_difference_and_the_interval_over_raters(rated_world, metrics_options):
    names = {str(row["image_path"]): ("ann", "bob") for row in rated_world.rows}
    scored = [ScoredRows(name=name, origin="file", rows=rows) for name, rows in rated_world.scores.items()]
    record = compare_on(replace(rated_world, raters=names), scored, metrics_options).record()
    errors = [cell["standard_error"] for cell in record["differences"]]
    assert record["precision"]["standard_error"] == pytest.approx(median(errors))
    assert record["precision"]["planned_prompts"] == 1000
    assert record["prompt_rater"]["scorer"] == record["best"]
    assert record["prompt_rater"]["scheme"] == "prompts x raters"
    assert record["prompt_rater"]["status"].startswith("rough")
    assert json.dumps(record)


def test_a_scorer_of_few_pictures_is_named_and_never_the_best(rated_world, metrics_options):
    rows = tuple({**row, "elements": [], "status": "ok"} for row in rated_world.rows[:5])  # the ratings themselves
    scored = [
        ScoredRows(name="five", origin="file", rows=rows),
        ScoredRows(name="poor", origin="file", rows=rated_world.scores["poor"]),
    ]
    comparison = compare_on(rated_world, scored, metrics_options)
    assert comparison.verdict.best == "poor"
    assert "five scored 5 of the 240 pictures; its figures are of these." in comparison.notes
    text = document_text(make_metrics_document(MetricsStudy(options=metrics_options, comparisons=(comparison,))))
    assert "poor agrees best with people" in text
    assert "too few pictures" in text


def test_on_one_prompt_the_oracle_is_a_dash(rated_world, metrics_options):
    one = replace(rated_world, rows=rated_world.rows[:4], n_prompts=1, scores={})
    scored = [ScoredRows(name="good", origin="file", rows=rated_world.scores["good"][:4])]
    study = MetricsStudy(options=metrics_options, comparisons=(compare_on(one, scored, metrics_options),))
    rows = {row[0]: row for row in make_metrics_document(study).sections[0].tables[0].rows}
    assert rows["[prompt oracle]"][2] is None
    assert "-1.000" not in document_text(make_metrics_document(study))


def test_two_scorers_of_one_name_are_refused(rated_world, metrics_options):
    same = [ScoredRows(name="good", origin="file", rows=rated_world.scores["good"])] * 2
    with pytest.raises(ValueError, match="are called 'good'; name the file by NAME=FILE"):
        compare_on(rated_world, same, metrics_options)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"prompts": 0}, "`prompts` must be at least 1"),
        ({"scorers": ()}, "at least one"),
        ({"scorers": ("none",), "prompts": 1}, "There is no scorer 'none'"),
    ],
)
def test_a_mistake_is_one_sentence(options, message):
    with pytest.raises(ValueError, match=message):
        run_metrics_study(MetricsOptions(**options))
