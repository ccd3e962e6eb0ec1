from pathlib import Path

import pytest

from evalmuse_hf.data.table_advice import missing_columns, no_rows, unknown_kind


@pytest.mark.parametrize(
    "name, words",
    [
        ("cat.PNG", "cat.PNG is a picture and no list; score it with --image cat.PNG --prompt TEXT"),
        ("a.xlsx", "a.xlsx is a spreadsheet; save it as CSV UTF-8"),
        ("a.json", "write one object a line, and name the file .jsonl"),
        ("a.bin", "Cannot tell what a.bin is; name a list .csv."),
    ],
)
def test_what_is_no_list_is_named_with_what_to_do(name, words):
    assert words in unknown_kind(Path(name), ".csv")


def test_a_first_line_that_is_a_row_is_recognised_by_its_picture():
    sentence = missing_columns(["image", "prompt"], ["cat.png", "a red cat"], name="a.csv")
    assert sentence.endswith("its first line must name the columns, such as image,prompt.")


@pytest.mark.parametrize("separator, word", [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_another_separator_is_recognised_by_the_one_column(separator, word):
    sentence = missing_columns(["image", "prompt"], [f"image{separator}prompt"], name="a.csv")
    assert sentence.endswith(f"it seems to have {word} between its columns: save it with commas.")


def test_a_column_that_bears_a_semicolon_beside_others_is_a_name():
    assert missing_columns(["image"], ["a;b", "prompt"], name="a.csv").endswith("rename or add it.")
    assert missing_columns(["image", "prompt"], ["a", "b"], name="a.csv").endswith("rename or add them.")


@pytest.mark.parametrize(
    "found, sentence",
    [
        (
            ["file", "caption", "seed"],
            "Columns 'image' and 'prompt' are missing from a.csv, which has file, caption, seed; 'file' looks like "
            "'image' and 'caption' looks like 'prompt': rename them.",
        ),
        (
            ["Image", "seed"],
            "Columns 'image' and 'prompt' are missing from a.csv, which has Image, seed; 'Image' looks like 'image': "
            "rename it, and add the rest.",
        ),
    ],
)
def test_columns_that_look_like_the_missing_ones_are_named(found, sentence):
    assert missing_columns(["image", "prompt"], found, name="a.csv") == sentence


def test_an_empty_table_is_told_what_its_first_line_is():
    assert no_rows("a.csv").startswith("There are no rows in a.csv; give at least one picture with its prompt")
    assert "first line `image,prompt`" in no_rows("a.csv")
