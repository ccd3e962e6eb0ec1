import numpy as np
import pytest

from evalmuse_hf.ranking.notes import is_on_scale, lacking, notes_on_balance, notes_on_links, notes_on_scores
from evalmuse_hf.ranking.scored_pictures import overall_table, read_pictures

NAN = float("nan")


@pytest.mark.parametrize("value, expected", [(1.0, True), (5.0, True), (5.1, False), (0.0, False), (NAN, True)])
def test_a_scale_is_left_by_a_single_score(value, expected):
    assert is_on_scale(np.array([[3.0, value]])) is expected


def test_those_who_lack_prompts_are_named_with_how_many():
    table = np.array([[1.0, 2.0, NAN, NAN], [NAN, 1.0, NAN, NAN], [1.0, 1.0, NAN, 1.0]])
    assert lacking("ABC", table) == ["A (1)", "B (2)"]  # nobody has the third prompt


@pytest.mark.parametrize(
    "n, expected",
    [(4, "There are no intervals of means"), (19, "Only 19 prompts count, so intervals are rough"), (20, None)],
)
def test_few_prompts_are_said(n, expected):
    notes = notes_on_balance("AB", np.ones((2, n)), np.ones(n, dtype=bool), adjusted=False)
    assert (notes == []) if expected is None else notes[0].startswith(expected)


def test_rows_that_do_not_count_are_counted():
    elements = [{"text": "red", "category": "color", "score": 0.5}]
    rows = [
        {"generator": "A", "prompt": str(p), "overall_score": 1.0 + p / 9, "id": str(p), "elements": elements}
        for p in range(9)
    ]
    pictures = read_pictures([*rows, rows[0], {"generator": None}])
    assert notes_on_scores(pictures, overall_table(pictures).means) == [
        "1 rows repeat a picture; the first row of each picture counts.",
        "1 rows name no generator and are left out.",
    ]


@pytest.mark.parametrize("elements", [{}, {"elements": None}, {"elements": []}])
def test_without_elements_it_is_said_why_there_are_no_skills(elements):
    pictures = read_pictures([{"generator": "A", "prompt_id": "1", "overall_score": 3.0, **elements}])
    (note,) = notes_on_scores(pictures, np.array([[3.0]]))
    assert note == "No skills: the scored list has no column elements (`evalmuse elements split` makes one)."


def test_element_scores_off_their_scale_are_said():
    rows = [
        {"generator": "A", "prompt_id": "1", "overall_score": 3.0, "elements": [{"category": "food", "score": 80.0}]}
    ]
    pictures = read_pictures(rows)
    (note,) = notes_on_scores(pictures, np.array([[3.0]]))
    assert note == "Element scores are not on the scale of 0 to 1, such as 80, so there are no skills."


def test_too_few_prompts_that_link_are_said_once():
    assert "only 4 of the 40 prompts" in notes_on_links(4, 40)[0]
    assert notes_on_links(5, 40) == notes_on_links(0, 4) == []
