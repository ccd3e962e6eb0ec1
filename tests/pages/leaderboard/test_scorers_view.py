import pytest

from evalmuse_hf.pages.leaderboard.scorer_records import join_groups, read_evaluate_record, read_study_record
from evalmuse_hf.pages.leaderboard.scorers_view import arrange_results, figures_of, join_beside, render_scorers
from evalmuse_hf.pages.leaderboard.untrusted_record import Value


def changed(record, scorer, value):
    overall = {**record["overall"], "srcc": {**record["overall"]["srcc"], "value": value, "low": 0.1 - value / 100}}
    return {**record, "overall": overall, "provenance": {"scorer": scorer}}


@pytest.fixture
def group(evaluate_record):
    records = [changed(evaluate_record, name, value) for name, value in (("<b>a</b>", 0.2), ("z", 0.7))]
    undefined = {**evaluate_record["overall"]["srcc"], "value": None, "low": None, "high": None, "status": "constant"}
    records.append(
        {**changed(evaluate_record, "m", 0.0), "overall": {**evaluate_record["overall"], "srcc": undefined}}
    )
    (joined,) = join_groups(read_evaluate_record(Value(record), f"{n}.json") for n, record in enumerate(records))
    return joined


def test_scorers_are_sorted_and_what_is_undefined_is_last(group):
    def order(**options):
        return [result.scorer for result in arrange_results(group, figure="srcc", **options)]

    assert order() == ["z", "<b>a</b>", "m"]
    assert order(reverse=True) == ["<b>a</b>", "z", "m"]
    assert order(sort="low") == ["<b>a</b>", "z", "m"]
    assert order(sort="name") == ["<b>a</b>", "m", "z"]


def test_what_is_trivial_and_what_is_possible_stand_beside_once(group):
    assert len(join_beside(group.results)) == len(group.results[0].beside)
    content = render_scorers(group)
    assert content.count("knows the prompt only") == 1
    assert "noise ceiling of the ratings" in content
    assert "SRCC is not defined (constant)" in content


def test_rows_beside_of_other_pictures_name_their_scorer(group):
    from dataclasses import replace

    first = group.results[0]
    row = first.beside[0]
    other = replace(row, figures={"srcc": replace(row.figures["srcc"], value=0.999)})
    rows = join_beside([first, replace(group.results[1], beside=(other,))])
    assert [said for one, said in rows if one.name == row.name] == [
        "on the pictures of <b>a</b>",
        "on the pictures of z",
    ]
    assert [said for one, said in rows if one.name != row.name] == [""] * (len(first.beside) - 1)


def test_names_warnings_and_data_sets_are_text(evaluate_record):
    record = {**changed(evaluate_record, "<s>a</s>", 0.2), "warnings": ["<i>w</i>"], "dataset": "<u>d</u>"}
    content = render_scorers(read_evaluate_record(Value(record), "a.json"))
    assert not any(tag in content for tag in ("<s>", "<i>", "<u>"))
    assert "&lt;i&gt;w&lt;/i&gt;" in content


def test_partial_coverage_is_said(evaluate_record):
    record = {**evaluate_record, "coverage": {"scored": 590, "rated": 600, "share": 0.98}}
    content = render_scorers(read_evaluate_record(Value(record), "a.json"))
    assert "scored 590 of 600 rated pictures only" in content


def test_a_study_shows_letters_and_training_on_the_same_ratings(study_record):
    (group,) = read_study_record(Value(study_record), "a.json")
    content = render_scorers(group)
    assert 'data-label="letters"' in content
    assert "trained on these ratings" in content
    assert figures_of(group) == ("srcc", "krcc", "plcc", "within", "accuracy", "balanced")
