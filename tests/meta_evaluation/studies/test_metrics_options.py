from pathlib import Path

import pytest

from evalmuse_hf.meta_evaluation.studies.metrics_options import (
    DEFAULT_SCORERS,
    DataChoice,
    MetricsOptions,
    ScoreFile,
    check_options,
    parse_dataset,
    parse_scores,
)


def test_a_kind_stands_before_the_equals_sign():
    assert parse_dataset("dsg=some/folder") == DataChoice("some/folder", "dsg")
    assert parse_dataset("some/folder") == DataChoice("some/folder")
    assert parse_dataset("csv=a=b.csv") == DataChoice("a=b.csv", "csv")


def test_a_path_with_an_equals_sign_is_a_path_if_it_exists(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("seed=1.csv").touch()
    assert parse_dataset("seed=1.csv") == DataChoice("seed=1.csv")
    assert parse_scores("seed=1.csv") == ScoreFile(Path("seed=1.csv"), "seed=1")


def test_an_unknown_kind_is_named_with_the_known_ones():
    with pytest.raises(ValueError, match=r"there is no kind 'tifa'; choose one of evalmuse, "):
        parse_dataset("tifa=scores.json")


def test_files_go_by_their_names_unless_another_is_given():
    assert parse_scores("runs/clip.parquet") == ScoreFile(Path("runs/clip.parquet"), "clip")
    assert parse_scores("CLIP=runs/a.csv") == ScoreFile(Path("runs/a.csv"), "CLIP")
    assert parse_scores("=runs/a.csv").name == "a"


def test_the_packaged_scorers_run_unless_others_or_files_are_given():
    assert MetricsOptions().wanted_scorers == DEFAULT_SCORERS
    assert MetricsOptions(files=[ScoreFile(Path("a.csv"), "a")]).wanted_scorers == ()
    assert MetricsOptions(scorers=["clip_score"], files=[ScoreFile(Path("a.csv"), "a")]).wanted_scorers == (
        "clip_score",
    )


@pytest.mark.parametrize(
    "options, message",
    [
        ({"prompts": 0}, "`prompts` must be at least 1"),
        ({"n_resamples": -1}, "`n_resamples` at least 0"),
        ({"scorers": ()}, "at least one"),
        ({"planned_prompts": 1}, "`planned_prompts` must be at least 2, got 1"),
        ({"scale": (5.0, 5.0)}, "`scale` is 5 to 5; give the lowest rating first"),
        ({"scorers": ("a", "a")}, "must be different names"),
        ({"files": [ScoreFile(Path("x/a.csv"), "a"), ScoreFile(Path("y/a.csv"), "a")]}, "the same name"),
        ({"lower_is_better": ["b"], "files": [ScoreFile(Path("a.csv"), "a")]}, "which is no file of scores"),
    ],
)
def test_a_mistake_is_one_sentence(options, message):
    with pytest.raises(ValueError, match=message):
        check_options(MetricsOptions(**options))


def test_the_defaults_are_fine():
    check_options(MetricsOptions())
