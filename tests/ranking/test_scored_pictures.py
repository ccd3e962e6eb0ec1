import numpy as np
import pytest

from evalmuse_hf.ranking.scored_pictures import (
    category_tables,
    count_unscored,
    element_off_scale,
    overall_table,
    read_pictures,
)

NAN = float("nan")


def row(generator, prompt, score, *elements, **more):
    named = [{"text": "x", "category": category, "score": value} for category, value in elements]
    return {"generator": generator, "prompt_id": prompt, "overall_score": score, "elements": named, **more}


def test_cells_hold_means_of_scored_pictures():
    pictures = read_pictures(
        [row("B", 1, 2.0), row("B", 1, 4.0), row("A", 2, 5.0), row("A", 1, None), row("B", 2, NAN)]
    )
    assert (pictures.generators, pictures.prompts) == (("A", "B"), ("1", "2"))
    table = overall_table(pictures)
    np.testing.assert_array_equal(table.means, [[NAN, 5.0], [3.0, NAN]])
    assert table.counts.tolist() == [[0, 1], [2, 0]]
    assert count_unscored(pictures) == {"A": 1, "B": 1}


def test_elements_are_averaged_by_category_in_the_order_of_the_paper():
    elements = [
        ("zebra", 1.0),
        ("counting", 0.0),
        ("color", 1.0),
        ("color", 0.5),
        (None, 1.0),
        ("food", None),
        ("food", NAN),
    ]
    tables = category_tables(read_pictures([row("A", 1, 3.0, *elements), row("A", 2, None, ("color", 0.0))]))
    assert [*tables] == ["color", "counting", "zebra"]
    np.testing.assert_array_equal(tables["color"].means, [[0.75, NAN]])
    assert tables["color"].counts.tolist() == [[2, 0]]


def test_elements_of_other_programs_need_no_category():
    rows = [{"generator": "A", "prompt": "a cat", "overall_score": 1.0, "elements": [{"text": "cat", "score": 1.0}]}]
    assert category_tables(read_pictures(rows)) == {}


def test_rows_without_a_picture_are_all_different_and_those_with_one_are_not():
    assert len(read_pictures([row("A", 1, 3.0), row("A", 1, 3.0)]).rows) == 2
    pictures = read_pictures([row("A", 1, 3.0, id="7"), row("A", 1, 4.0, id="7"), row("A", 2, 4.0, id="8")])
    assert (pictures.scores.tolist(), pictures.n_repeated) == ([3.0, 4.0], 1)


def test_a_row_without_a_prompt_is_refused():
    with pytest.raises(ValueError, match="Row 1 of the scores names no prompt"):
        read_pictures([{"generator": "A", "overall_score": 3.0}])


@pytest.mark.parametrize(
    "other, what",
    [(row("B", 1, 4.0, image="x.png"), "generators, A and B"), (row("A", 2, 4.0, image="x.png"), "prompts, 1 and 2")],
)
def test_one_picture_of_two_generators_or_prompts_is_refused(other, what):
    with pytest.raises(ValueError, match=f"picture x.png for two {what}"):
        read_pictures([row("A", 1, 3.0, image="x.png"), other])


def test_generators_and_prompts_that_are_nan_are_missing():
    assert read_pictures([row("A", 1, 3.0), row(NAN, 1, 4.0)]).n_anonymous == 1
    assert read_pictures([{**row("A", NAN, 3.0), "prompt": "a cat"}]).prompts == ("a cat",)
    with pytest.raises(ValueError, match="Row 1 of the scores names no prompt"):
        read_pictures([row("A", NAN, 3.0)])


def test_element_scores_on_another_scale_are_no_skills():
    pictures = read_pictures([row("A", 1, 3.0, ("color", 0.5)), row("A", 2, 3.0, ("food", 80.0))])
    assert element_off_scale(pictures) == 80.0
    assert category_tables(pictures) == {}
    assert element_off_scale(read_pictures([row("A", 1, 3.0, ("color", 1.0), ("food", NAN))])) is None
