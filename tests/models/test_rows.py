import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from evalmuse_hf.images import (
    DeferredPicture,
    ImageDecodingError,
    PictureReader,
    Preparation,
    content_hash,
    picture_hash,
)
from evalmuse_hf.models.rows import SCORE_ERROR, PairRow, prompt_problem, read_rows, reading_ahead
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


def red(value: int) -> Image.Image:
    return Image.new("RGB", (4, 4), (value, 0, 0))


def test_a_row_whose_picture_somebody_reads_has_the_key_that_they_gave():
    with PictureReader() as reader:
        images = [reader.defer("a.png", "a"), reader.defer("b.png", "a"), reader.defer("a.png", "b"), "a"]
        keys = [row.image_key for row in read_rows(images, ["a cat"] * 4, None)]
    assert keys == ["a", "a", "b", "a"]


@pytest.mark.parametrize("workers", [0, 1], ids=["when it is taken", "ahead"])
def test_a_row_takes_its_picture_from_whoever_reads_it(workers):
    with PictureReader(Preparation(2), workers=workers) as reader:
        (row,) = read_rows([reader.defer(red(7), "a")], ["a cat"], None)
        picture = row.read_picture()
    assert (picture.pixels.shape, picture.pixels[0, 0, 0]) == ((2, 2, 3), 7)


def test_a_row_reads_a_picture_that_nobody_reads_for_it_as_it_is():
    (row,) = read_rows([red(7)], ["a cat"], None)
    picture = row.read_picture()
    assert (picture.pixels.shape, picture.problem) == ((4, 4, 3), None)
    assert picture.content == picture_hash(red(7))
    assert row.open_image().getpixel((0, 0)) == (7, 0, 0)


def test_a_picture_that_cannot_be_read_is_a_problem_and_no_error(tmp_path):
    (row,) = read_rows([tmp_path / "none.png"], ["a cat"], None)
    picture = row.read_picture()
    assert (picture.content, picture.pixels) == (None, None)
    assert "there is no file" in picture.problem


def test_pictures_of_rows_are_read_ahead_once_each_and_prepared():
    one, two = red(1), red(2)
    rows = read_rows([one, two, one, "none.png"], ["a cat"] * 4, None)
    keys = [row.image_key for row in rows]
    with reading_ahead(rows, Preparation(2)):
        assert rows[0].image is rows[2].image is not rows[1].image
        pictures = [row.read_picture() for row in (rows[0], rows[1], rows[3])]
    assert [picture.pixels.shape for picture in pictures[:2]] == [(2, 2, 3)] * 2
    assert [picture.pixels[0, 0, 0] for picture in pictures[:2]] == [1, 2]
    assert "Cannot read picture 'none.png'" in pictures[2].problem
    assert [row.image_key for row in rows] == keys


@pytest.mark.parametrize("n_pictures", [1, 3], ids=["one", "several"])
def test_pixels_that_nobody_wants_are_not_read_ahead(tmp_path, n_pictures):
    paths = [tmp_path / f"{number}.png" for number in range(n_pictures)]
    for number, path in enumerate(paths):
        red(number).save(path)
    unwanted = content_hash(paths[0].read_bytes())
    rows = read_rows(paths, ["a cat"] * n_pictures, None)
    with reading_ahead(rows, wanted=lambda content: content != unwanted):
        pictures = [row.read_picture() for row in rows]
    assert [picture.pixels is None for picture in pictures] == [True, *[False] * (n_pictures - 1)]
    assert pictures[0].content == unwanted


def test_rows_that_have_failed_are_not_read_ahead():
    rows = read_rows(["none.png", red(1)], ["a cat"] * 2, [["red", 3], []])
    with reading_ahead(rows):
        assert rows[0].image == "none.png"
        assert isinstance(rows[1].image, DeferredPicture)


def test_pictures_that_somebody_reads_already_stay_with_them():
    with PictureReader() as reader:
        images = [reader.defer(red(1), "a"), red(2)]
        rows = read_rows(images, ["a cat"] * 2, None)
        with reading_ahead(rows, Preparation(2)):
            assert rows[0].image is images[0]
            assert [row.read_picture().pixels.shape for row in rows] == [(4, 4, 3), (2, 2, 3)]


def test_nobody_reads_on_once_an_error_ends_it():
    rows = read_rows([red(number) for number in range(3)], ["a cat"] * 3, None)
    before = threading.active_count()
    with pytest.raises(KeyError), reading_ahead(rows):
        raise KeyError
    assert threading.active_count() == before


@pytest.mark.parametrize(
    "given, message",
    [
        ({"images": "cat.png", "prompts": ["a cat"]}, r"`images` must be a list, one for each pair, got one str; put"),
        ({"images": Path("cat.png"), "prompts": ["a cat"]}, r"`images` must be a list, .* into brackets: images=\["),
        ({"images": Image.new("RGB", (2, 2)), "prompts": ["a cat"]}, "`images` must be a list, .* got one Image"),
        ({"images": ["cat.png"], "prompts": "a cat"}, "`prompts` must be a list, one for each pair, got one str"),
        (
            {"images": ["cat.png"], "prompts": ["a cat"], "elements": "cat"},
            "`elements` must be a list, a list of texts for each picture, got one str",
        ),
    ],
    ids=["a path", "a Path", "a picture", "a prompt", "an element"],
)
def test_one_thing_in_the_place_of_a_list_is_refused_with_what_to_write(given, message):
    with pytest.raises(ValueError, match=message):
        read_rows(**{"elements": None, **given})
