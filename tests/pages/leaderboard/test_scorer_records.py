import re
from pathlib import Path

import pytest

from evalmuse_hf.meta_evaluation.studies import metrics_options
from evalmuse_hf.pages.leaderboard.scorer_records import (
    STUDY_FORMAT,
    join_groups,
    published_groups,
    read_evaluate_record,
    read_study_record,
)
from evalmuse_hf.pages.leaderboard.untrusted_record import RecordError, Value


def test_an_evaluation_keeps_its_figures_and_what_stands_beside(evaluate_record):
    group = read_evaluate_record(Value(evaluate_record), "a.json")
    (result,) = group.results
    srcc, told = evaluate_record["overall"]["srcc"], result.figures["srcc"]
    assert (told.value, told.low, told.high, told.n) == (srcc["value"], srcc["low"], srcc["high"], srcc["n"])
    wrong = evaluate_record["elements"]["unscored_as_wrong"]["micro"]
    assert result.figures["accuracy"].value == wrong["value"]
    assert (result.scored, result.rated) == (600, 600)
    beside = {row.name: row for row in result.beside}
    oracle = evaluate_record["references"]["prompt_oracle"]["srcc"]["value"]
    assert beside["knows the prompt only"].figures["srcc"].value == oracle
    ceiling = beside["noise ceiling of the ratings"]
    assert (ceiling.kind, ceiling.figures["srcc"].value) == (
        "ceiling", evaluate_record["ceilings"]["overall"]["srcc"]["value"]
    )  # fmt: skip


def test_data_sets_are_told_apart_by_place_split_and_size(evaluate_record):
    def key(**changes):
        return read_evaluate_record(Value({**evaluate_record, **changes}), "a.json").key

    rated = {**evaluate_record["coverage"], "rated": 601}
    keys = [key(), key(dataset="other"), key(split="train"), key(coverage=rated)]
    assert len(set(keys)) == 4


def test_scorers_of_one_data_set_come_together_in_one_group(evaluate_record):
    groups = [read_evaluate_record(Value(evaluate_record), f"{name}.json") for name in "ab"]
    other = read_evaluate_record(Value({**evaluate_record, "dataset": "other"}), "c.json")
    joined = join_groups([*groups, other])
    assert [[result.label.key for result in group.results] for group in joined] == [["a.json", "b.json"], ["c.json"]]


def test_a_simulated_data_set_does_not_bear_the_source_of_what_it_imitates(evaluate_record):
    real = read_evaluate_record(Value(evaluate_record), "a.json")
    drawn = read_evaluate_record(Value({**evaluate_record, "simulated": True}), "a.json")
    assert "EvalMuse-40K" in real.title
    assert "EvalMuse-40K" not in drawn.title
    assert dict(real.facts)["source"].startswith("Han et al.")
    assert drawn.facts == ()


def test_a_study_keeps_letters_and_marks_the_embedded_world(study_record):
    del study_record["simulated"]
    (group,) = read_study_record(Value(study_record), "study.json")
    assert [(result.scorer, result.letters) for result in group.results] == [
        ("fga_blip2:mini", "a"), ("pn_vqa:mini", "b")
    ]  # fmt: skip
    assert group.name.endswith("[SIMULATED]")
    rows = {row.name: row for row in group.results[0].beside}
    # By construction: the mean of a prompt's other pictures falls as the picture's own rating rises.
    assert "within" not in rows["prompt oracle"].figures
    assert (
        rows["noise ceiling of the ratings"].figures["srcc"].value
        == (study_record["datasets"][0]["people"]["ceilings"]["srcc"])
    )


@pytest.mark.parametrize(
    "read, record, sentence",
    [
        (read_evaluate_record, {"format": 7}, "an evaluation of format 7; this page reads format 1"),
        (read_evaluate_record, {"format": 1}, "`coverage` is missing|`record` is missing|is missing"),
        (read_evaluate_record, {"format": 1, "coverage": {"rated": "x"}}, "`coverage.rated` is 'x'"),
        (read_study_record, {"format": 1}, "a comparison of scorers of format 1; this page reads format 2"),
        (read_study_record, {"format": 2, "scorers": [], "datasets": 1}, "`datasets` is 1, expected a list"),
    ],
)
def test_what_is_missing_or_of_another_kind_is_named(read, record, sentence):
    with pytest.raises(RecordError, match=sentence):
        read(Value(record), "a.json")


def test_the_format_is_that_of_the_study():
    source = Path(metrics_options.__file__).with_name("metrics_study.py").read_text("utf-8")
    assert int(re.search(r"^FORMAT = (\d+)$", source, re.MULTILINE)[1]) == STUDY_FORMAT


def test_published_numbers_are_marked_and_never_beside_other_data():
    groups = published_groups()
    fine = next(group for group in groups if group.key == "published fine_grained evalmuse")
    values = {result.scorer: result.figures["srcc"].value for result in fine.results}
    assert values["FGA-BLIP2 (es), BLIP2"] == 0.68
    accuracies = [result.figures["accuracy"].value for group in groups for result in group.results
                  if "accuracy" in result.figures]  # fmt: skip
    assert accuracies
    assert max(accuracies) <= 1
    for group in groups:
        assert group.published
        assert all(result.label.published for result in group.results)
        assert all(one.low is None for result in group.results for one in result.figures.values())
