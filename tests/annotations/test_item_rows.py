import json
import math

import pytest

from evalmuse_hf.annotations.errors import AnnotationError
from evalmuse_hf.annotations.item_rows import parse_item_row, strange_elements
from evalmuse_hf.schema import Element

ROW = {"image": "a.png", "prompt": "a red cat"}


def problem(**columns):
    with pytest.raises(AnnotationError) as caught:
        parse_item_row({**ROW, **columns})
    assert caught.value.status == "bad_row"
    return str(caught.value)


def test_a_row_of_evalmuse_make_is_read():
    row = parse_item_row(
        {
            **ROW,
            "prompt_id": 12,
            "generator": "SDXL",
            "generator_license": "OpenRAIL",
            "synthetic_type": "object_counts",
            "seed": 7,
            "elements": [
                {"text": "cat", "category": "animal/human", "raw_category": "animal", "question": "Is there a cat?"},
                {"text": "red", "category": "color", "raw_category": None, "question": None, "parents": [0]},
            ],
        }
    )
    assert (row.prompt.prompt_id, row.prompt.source) == ("12", "synthetic")
    assert row.questions == ("Is there a cat?", "")
    assert [element.category for element in row.prompt.elements] == ["animal/human", "color"]
    assert (row.generator, row.generator_license, row.has_elements) == ("SDXL", "OpenRAIL", True)


def test_released_keys_keep_their_spelling():
    row = parse_item_row({**ROW, "elements": {"Lavender (Color) ": [1, 0, 1], "a cat": [0, 0, 1]}})
    assert row.prompt.elements == (Element.parse("Lavender (Color) "), Element.from_text("a cat"))
    assert row.prompt.elements[0].raw_key == "Lavender (Color) "


def test_a_cell_of_csv_holds_elements_as_json():
    row = parse_item_row({**ROW, "elements": json.dumps(["red (color)"]), "generator": "", "source": "Real"})
    assert row.prompt.elements[0].text == "red"
    assert (row.generator, row.prompt.source) == ("unknown", "real")


def test_a_cell_of_csv_holds_elements_with_semicolons_between():
    row = parse_item_row({**ROW, "elements": "cat (animal); red;"})
    assert [(element.text, element.category) for element in row.prompt.elements] == [
        ("cat", "animal/human"),
        ("red", None),
    ]
    assert [element.text for element in parse_item_row({**ROW, "elements": "cat"}).prompt.elements] == ["cat"]


def test_elements_that_are_not_in_the_prompt_are_found():
    assert strange_elements(parse_item_row({**ROW, "elements": ["Cat", "kite", "red"]})) == ["kite"]
    assert strange_elements(parse_item_row(ROW)) == []


def test_a_row_without_elements_differs_from_one_with_none():
    assert parse_item_row({**ROW, "elements": math.nan}).has_elements is False
    assert parse_item_row({**ROW, "elements": []}).has_elements is True


def test_a_prompt_without_an_id_gets_one_of_its_own():
    ids = [parse_item_row({**ROW, "prompt": text}).prompt.prompt_id for text in ("a cat", "a cat", "a dog")]
    assert ids[0] == ids[1] != ids[2]


def test_the_path_of_a_picture_may_come_as_datasets_gives_it():
    assert parse_item_row({"image": {"path": "b.png", "bytes": b"x"}, "prompt": "x"}).image == "b.png"
    assert parse_item_row({"image_path": " b.png ", "prompt": "x"}).image == "b.png"


@pytest.mark.parametrize(
    "columns, said",
    [
        ({"image": None}, "`image` is missing among image, prompt; give"),
        ({"image": b"bytes"}, "`image` is b'bytes'"),
        ({"prompt": "  "}, "`prompt` is missing"),
        ({"prompt": ["a"]}, "`prompt` is"),
        ({"prompt": "a\0b"}, "no file can hold"),
        ({"prompt": "a\ud800"}, "no file can hold"),
        ({"prompt": "a" * 20_001}, "20,001 characters"),
        ({"prompt_id": "i" * 201}, "`prompt_id` has 201 characters"),
        ({"prompt_id": True}, "`prompt_id` is True"),
        ({"source": "web"}, "'real', 'synthetic'"),
        ({"source": "real", "synthetic_type": "x"}, "for a real prompt"),
        ({"elements": "[red, cat]"}, "give texts such as two cats; kite, or JSON"),
        ({"elements": "[" * 100_000}, "give texts"),
        ({"elements": 3}, "give a list"),
        ({"elements": ["x"] * 201}, "201 entries"),
        ({"elements": [""]}, "give a text or"),
        ({"elements": [3]}, "give a text or"),
        ({"elements": [{"category": "color"}]}, "give a text or"),
        ({"elements": [{"text": "x", "question": 4}]}, "give a text or"),
        ({"elements": [{"text": "x", "question": "a\0"}]}, "no file can hold"),
        ({"elements": [" (color)"]}, "no words"),
    ],
)
def test_what_a_column_cannot_hold_is_said(columns, said):
    sentence = problem(**columns)
    assert said in sentence
    assert len(sentence) < 300


@pytest.mark.parametrize("source", ["table", "diffusiondb", "parti_prompts"])
def test_a_collected_prompt_is_a_real_one(source):
    assert parse_item_row({**ROW, "source": source}).prompt.source == "real"
