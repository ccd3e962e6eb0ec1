import numpy as np
import pytest
from PIL import Image

from evalmuse_hf.images import ImageDecodingError
from evalmuse_hf.models.rows import SCORE_ERROR, PairRow, prompt_problem, read_rows
from evalmuse_hf.models.scorer import ElementScore
from evalmuse_hf.schema import Element


def test_rows_share_the_key_of_one_picture():
    array, picture = np.zeros((2, 2, 3), np.uint8), Image.new("RGB", (2, 2))
    images = ["a.png", "a.png", {"path": None, "bytes": b"x"}, {"bytes": b"x", "path": None}, array, array, picture]
    keys = [row.image_key for row in read_rows(images, ["a cat"] * 7, None)]
    assert keys[0] == keys[1] != keys[2] == keys[3] != keys[4] == keys[5] != keys[6]


@pytest.mark.parametrize(
    "lengths, elements", [((2, 1), None), ((1, 1), [[], []])], ids=["pictures", "lists of elements"]
)
def test_inputs_of_different_length_are_refused(lengths, elements):
    with pytest.raises(ValueError, match="Expected as many pictures as prompts, and lists of elements for all or"):
        read_rows(["a.png"] * lengths[0], ["a cat"] * lengths[1], elements)


@pytest.mark.parametrize("elements", ["red", [3], 7])
def test_elements_that_are_no_texts_fail_their_row(elements):
    rows = read_rows(["a.png", "b.png"], ["a red cat"] * 2, [elements, ["red (color)"]])
    assert rows[0].result.status == "element_error"
    assert "must be a list of strings" in rows[0].result.message
    assert rows[1].result is None
    assert rows[1].elements == (Element.parse("red (color)"),)


def test_half_of_a_character_in_an_element_fails_its_row():
    (row,) = read_rows(["a.png"], ["a cat"], [["\ud83d cat"]])
    assert "holds half of a character" in row.result.message


def test_the_official_reading_takes_any_parentheses_for_a_category():
    (ours,), (official,) = (
        read_rows(["a.png"], ["sign (left)"], [["sign (left)"]], compat=compat) for compat in (None, "official")
    )
    assert (ours.elements[0].text, official.elements[0].text) == ("sign (left)", "sign")


@pytest.mark.parametrize(
    "prompt, problem", [(3, "must be a string, got int"), (" ", "is empty once"), ("\ud83d", "holds half of")]
)
def test_prompts_that_no_model_reads(prompt, problem):
    assert prompt_problem(prompt).startswith(problem)
    assert prompt_problem("a cat") is None


def test_a_number_that_is_none_fails_the_row():
    row = PairRow("a.png", "a.png", "a cat")
    row.take(2.0, [ElementScore("cat", None, float("inf"), "ok")])
    assert row.result.status == SCORE_ERROR
    assert "The model gave inf instead of a score" in row.result.message


def test_a_picture_of_an_unknown_kind_cannot_be_opened():
    with pytest.raises(ImageDecodingError, match="Cannot read the picture"):
        PairRow(3.5, 3.5, "a cat").open_image()
