"""The published numbers: their sums guard every digit, and they fit each other except where a note says so."""

import re

import pytest

from evalmuse_hf.meta_evaluation.published import published_names, published_table, published_values
from evalmuse_hf.schema import CATEGORIES

# Added up from the printed tables by another program than the one that typed them in.
SUMS = {
    "alignment": [5.4234, 5.3695, 4.0285, 4.1499, 5.8606, 5.8416, 3.3540, 3.9126],
    "fine_grained": [5.6385, 671.6, 5.1684, 667.3, 6.6450, 681.3],
    "leaderboard_alignment": [3.0515, 3.0091, 2.2105, 2.8795, 2.8675, 2.0768, 3.3634, 3.4028, 2.4586],
    "leaderboard_skills": [277.4, 289.2, 290.6, 279.9, 278.6, 292.3, 281.6, 273.2, 217.8, 259.8, 255.7, 273.6, 259.6],
    "leaderboard_structure": [1.427, 2.498, 1.054, 1.744, 2.288, 1.560, 1.476, 3.084, 1.044, 1.207, 2.444, 0.834],
    "leaderboard_synthetic": [
        *(3.363, 3.402, 2.459, 3.232, 3.332, 2.344, 3.179, 3.033, 2.359, 2.976, 3.161, 2.153),
        *(3.031, 3.190, 2.175, 4.119, 4.100, 3.047, 2.754, 3.059, 2.016),
    ],
}
DIGITS = {"srcc": 4, "plcc": 4, "krcc": 4, "accuracy": 1, "f1": 3, "recall": 3, "precision": 3}


def number(name, method, column, *, model=None):
    table = published_table(name)
    place = [known.name for known in table.columns].index(column)
    (row,) = [row for row in table.rows if row.method == method and row.model == model]
    return float(row.values[place])


def test_the_tables_are_those_of_the_sums():
    assert published_names() == tuple(SUMS)


@pytest.mark.parametrize("name", SUMS)
def test_the_columns_add_up(name):
    table = published_table(name)
    sums = [sum(float(row.values[place] or 0) for row in table.rows) for place in range(len(table.columns))]
    assert sums == pytest.approx(SUMS[name], abs=1e-9)


@pytest.mark.parametrize("name", SUMS)
def test_every_number_has_the_digits_and_the_range_of_its_statistic(name):
    table = published_table(name)
    for row in table.rows:
        assert len(row.values) == len(table.columns)
        for column, printed in zip(table.columns, row.values, strict=True):
            if printed is None:
                continue
            digits = 3 if name == "leaderboard_synthetic" else DIGITS[column.statistic]
            assert re.fullmatch(rf"\d+\.\d{{{digits}}}", printed), (row.label, column.name, printed)
            assert 0 < float(printed) < (100 if column.statistic == "accuracy" else 1)


@pytest.mark.parametrize("name", SUMS)
def test_every_table_names_its_source_and_its_oddities(name):
    table = published_table(name)
    assert table.source
    assert table.address.startswith("https://")
    assert table.notes
    assert all(note.endswith(".") for note in table.notes)


def test_the_synthetic_column_is_the_same_in_both_tables_of_the_leaderboard():
    whole, by_type = published_table("leaderboard_alignment"), published_table("leaderboard_synthetic")
    assert [row.method for row in whole.rows] == [row.method for row in by_type.rows]
    for first, second in zip(whole.rows, by_type.rows, strict=True):
        for long, short in zip(first.values[6:], second.values[:3], strict=True):
            assert float(long) == pytest.approx(float(short), abs=0.00051)


def test_f1_is_the_harmonic_mean_of_the_printed_recall_and_precision():
    for row in published_table("leaderboard_structure").rows:
        numbers = [float(value) for value in row.values]
        for f1, recall, precision in zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True):
            assert f1 == pytest.approx(2 * recall * precision / (recall + precision), abs=0.001)


def test_one_share_of_real_prompts_explains_all_pooled_accuracies_but_the_misprint():
    share = 0.745  # of the elements; a number of one digit is off by up to .05
    misfits = {}
    for row in published_table("fine_grained").rows[:-1]:
        overall, real, synthetic = (float(row.values[place]) for place in (1, 3, 5))
        misfits[row.label] = abs(share * real + (1 - share) * synthetic - overall)
    assert [label for label, misfit in misfits.items() if misfit > 0.1] == ["VQ2*, Qwen2-VL"]
    assert misfits["VQ2*, Qwen2-VL"] > 0.6
    assert "misprint" in published_table("fine_grained").notes[0]


def test_the_contradictions_that_the_notes_name_are_in_the_numbers():
    assert number("alignment", "FGA-BLIP2 (es_avg)", "EvalMuse-40K SRCC") == 0.6809
    assert number("fine_grained", "FGA-BLIP2 (es)", "overall SRCC", model="BLIP2") == 0.6800
    assert number("alignment", "HPSv2", "EvalMuse-40K SRCC") == 0.3745
    assert number("leaderboard_alignment", "HPSv2", "overall SRCC") == 0.2265
    assert number("alignment", "FGA-BLIP2 (os)", "EvalMuse-40K PLCC") == 0.7722
    assert number("leaderboard_alignment", "FGA-BLIP2", "overall PLCC") == 0.7664
    color = [float(row.values[3]) for row in published_table("leaderboard_skills").rows]
    assert color[-1] == min(color)


def test_pooling_hides_what_hpsv2_sees_within_the_types():
    by_type = published_table("leaderboard_synthetic")
    higher = {
        row.method: sum(float(value) > float(row.values[0]) for value in row.values[3::3]) for row in by_type.rows
    }
    assert (higher["HPSv2"], higher["CLIPScore"]) == (6, 3)


def test_skills_are_the_categories_of_this_package():
    assert tuple(column.name for column in published_table("leaderboard_skills").columns[1:]) == CATEGORIES


def test_values_are_found_across_tables_with_their_contamination():
    values = published_values(dataset="evalmuse", statistic="srcc")
    assert {value.table for value in values} == {"alignment", "fine_grained", "leaderboard_alignment"}
    ours = {(value.method, value.printed): value for value in values}
    assert ours["FGA-BLIP2 (os)", "0.7742"].in_domain
    assert ours["FGA-BLIP2 (os)", "0.7742"].value == 0.7742
    assert not ours["VQAScore", "0.4877"].in_domain
    assert not any(value.in_domain for value in published_values(dataset="tifa160", statistic="srcc"))
    assert len(published_values(dataset="evalmuse", statistic="srcc", table="alignment")) == 10
    assert published_values(dataset="evalmuse", statistic="accuracy", part="counting")[-1].printed == "79.7"


def test_an_unknown_table_is_one_sentence():
    with pytest.raises(ValueError, match=r"There is no published table 'rank'; choose one of alignment, "):
        published_table("rank")
