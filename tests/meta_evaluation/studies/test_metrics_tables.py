import math
from dataclasses import replace

import pytest

from evalmuse_hf.meta_evaluation.studies.metrics_lines import NO_SCORES
from evalmuse_hf.meta_evaluation.studies.metrics_tables import (
    agreement_table,
    cost_table,
    matrix_table,
    other_table,
    published_rows_table,
    ranking_table,
    spell_difference,
    spell_statistic,
)
from evalmuse_hf.stats import ConfidenceInterval, PromptRaterResult


def by_name(table):
    return {row[0]: dict(zip(table.header, row, strict=True)) for row in table.rows}


def test_the_best_stands_first_and_the_others_say_how_far_they_are_behind(comparison):
    table = agreement_table(comparison, "srcc")
    best, second = comparison.matrix.names[:2]
    rows = by_name(table)
    assert [row[0] for row in table.rows[:4]] == list(comparison.matrix.names)
    assert rows[best]["less the best"] is None
    assert rows[second]["verdict"] == "may be noise"
    assert (rows["poor"]["verdict"], rows["poor"]["p, Holm"]) == ("real", "< .001")
    assert rows["poor"]["less the best"].startswith("−")
    assert (rows[best]["group"], rows[second]["group"], rows["poor"]["group"]) == ("a", "a", "b")


def test_reference_rows_and_people_stand_in_brackets_below(comparison):
    table = agreement_table(comparison, "srcc")
    names = [row[0] for row in table.rows[4:]]
    assert names == [
        "[prompt oracle]",
        "[generator mean]",
        "[prompt and generator]",
        "[one rater, by the others]",
        "[ceiling of these ratings]",
    ]
    assert by_name(table)["[prompt oracle]"]["verdict"] == "real"
    kendall = agreement_table(comparison, "krcc")
    assert "[one rater, by the others]" not in by_name(kendall)
    assert "tau-b" in kendall.header


def test_the_note_says_on_how_many_pictures_scorers_are_compared(comparison):
    assert "pictures that all of them scored" not in agreement_table(comparison, "srcc").note
    matrix = replace(comparison.matrix, n=200, left_out=("few",))
    note = agreement_table(replace(comparison, matrix=matrix), "srcc").note
    assert "compared on the 200 pictures that all of them scored" in note
    assert note.endswith("they scored no more than half as many pictures as another: few.")
    untested = replace(comparison.matrix, letters={})
    assert "Nothing was tested" in agreement_table(replace(comparison, matrix=untested), "srcc").note


def test_who_scored_too_few_pictures_is_marked(comparison):
    last = comparison.matrix.names[-1]
    table = agreement_table(replace(comparison, matrix=replace(comparison.matrix, left_out=(last,))), "srcc")
    assert table.rows[3][0] == last
    assert table.rows[3][4:] == (None, None, None, "too few pictures")


def test_what_was_not_tested_is_no_noise(comparison):
    def untested(cells):
        return tuple(replace(cell, adjusted_p_value=math.nan) for cell in cells)

    matrix = replace(
        comparison.matrix, cells=untested(comparison.matrix.cells), references=untested(comparison.matrix.references)
    )
    table = agreement_table(replace(comparison, matrix=matrix), "srcc")
    assert {row[-1] for row in table.rows[1:7]} == {"not tested"}
    assert matrix_table(matrix, "srcc").rows[0][2].startswith("[")
    assert matrix_table(matrix, "srcc").note.endswith("In square brackets: not tested.")
    assert "not tested" not in matrix_table(comparison.matrix, "srcc").note


def test_an_undefined_reference_row_is_a_dash(comparison):
    first, *rest = comparison.references
    blank = replace(first, srcc=NO_SCORES)
    table = agreement_table(replace(comparison, references=(blank, *rest)), "srcc")
    assert by_name(table)["[prompt oracle]"]["SRCC"] is None
    assert "[majority class]" not in by_name(table)


def test_raters_that_are_drawn_too_have_a_row_with_the_scheme(comparison):
    drawn = PromptRaterResult(0.7, ConfidenceInterval(0.5, 0.8), 240, 0, "rough: 3 raters, fewer than 5", n_raters=3)
    table = agreement_table(replace(comparison, other_raters=drawn), "srcc")
    row = by_name(table)[f"[{comparison.verdict.best}, raters drawn too]"]
    assert (row["SRCC"], row["95 % interval"]) == ("0.700", "0.500 to 0.800")
    assert row["verdict"] == "rough: 3 raters, fewer than 5"
    assert "over prompts x raters (3 raters)" in table.note
    assert "raters drawn too" not in str(agreement_table(comparison, "srcc"))


def test_the_matrix_is_antisymmetric_and_brackets_noise(comparison):
    table = matrix_table(comparison.matrix, "srcc")
    assert [row[0] for row in table.rows] == [f"{n} {name}" for n, name in enumerate(comparison.matrix.names, start=1)]
    cells = [row[1:] for row in table.rows]
    assert [cells[number][number] for number in range(4)] == [""] * 4
    assert cells[0][1].startswith("(")
    assert cells[0][2].startswith("+")
    assert cells[2][0] == cells[0][2].replace("+", "−")
    assert spell_difference(None) == ""


def test_other_statistics_have_their_intervals(comparison):
    table = by_name(other_table(comparison, "srcc"))
    line = comparison.scorers[0]
    assert table["good"]["tau-b"] == spell_statistic(line.krcc)
    assert table["good"]["scores"] == "with the data set, in-domain"
    assert table["poor"]["scores"] == "with the data set"
    assert table["good"]["element accuracy"].startswith(f"{line.accuracy.statistic:.3f} [")
    assert table["prompt oracle"]["SRCC within prompts"] is None
    assert table["majority class"]["tau-b"] is None
    assert table["majority class"]["element accuracy"] is not None
    assert "SRCC" in other_table(comparison, "krcc").header


def test_without_rated_elements_there_are_no_columns_of_them(comparison):
    scorers = tuple(replace(line, accuracy=None) for line in comparison.scorers)
    bare = replace(comparison, scorers=scorers, references=())
    assert "element accuracy" not in other_table(bare, "srcc").header


def test_the_order_of_generators_counts_what_people_decide(comparison):
    table = ranking_table(comparison)
    decisions = {line.name: line.decisions for line in comparison.rankings}
    rows = by_name(table)
    assert rows["good"]["decided like people"] == f"{decisions['good'].n_right} of {decisions['good'].n_decided}"
    assert f"People decide {decisions['good'].n_decided} of the 6 pairs" in table.note


def test_cost_is_relative_to_the_cheapest(comparison):
    first, second, *_ = comparison.scorers
    scorers = (replace(first, seconds=0.02, parameters=1_900_000), replace(second, seconds=0.05))
    table = cost_table(replace(comparison, scorers=scorers))
    assert table.rows == (("good", "0.0200", "1.0x", "1.9 M"), ("like good", "0.0500", "2.5x", None))


@pytest.mark.parametrize("dataset", ["world", "dsg"])
def test_where_nothing_was_published_nothing_is_shown(dataset):
    assert published_rows_table(dataset) is None


def test_published_numbers_are_as_printed_and_marked(comparison):
    rows = by_name(published_rows_table("evalmuse"))
    assert rows["FGA-BLIP2 (os)"] == {
        "method": "FGA-BLIP2 (os)",
        "SRCC": "0.7742",
        "PLCC": "0.7722",
        "trained on this data set": "yes",
    }
    assert rows["VQAScore"]["trained on this data set"] == "no"
    assert by_name(published_rows_table("tifa160"))["FGA-BLIP2 (os)"]["trained on this data set"] == "no"
