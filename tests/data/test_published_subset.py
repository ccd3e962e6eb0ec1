import json

import pytest

from evalmuse_hf.data.published_subset import read_published_subset
from evalmuse_hf.schema import pair_features


@pytest.fixture
def write(tmp_path):
    def write(*changes):
        path = tmp_path / "means.jsonl"
        record = {
            "img_path": "SDXL/01985.png",
            "prompt_id": "01985",
            "model": "SDXL",
            "total_score_mean": 3.333333,
            "element_score_mean": {"0 (counting)": 0.0, "compass (object-other)": None},
            "n_raters_guess": 3,
        }
        lines = [line if isinstance(line, str) else json.dumps({**record, **line}) for line in changes]
        path.write_text("\n".join(lines) + "\n\n", "utf-8")
        return path

    return write


def test_rows_have_the_columns_of_pairs_and_null_for_what_is_not_known(write):
    real, synthetic = read_published_subset(write({"prompt_id": "01984"}, {}))
    assert {"image", *synthetic} == {*pair_features()}
    assert (real["source"], synthetic["source"]) == ("real", "synthetic")
    assert (synthetic["overall_score"], synthetic["overall_ratings"], synthetic["prompt"]) == (3.333333, None, None)
    first, second = synthetic["elements"]
    assert first == {
        **{"text": "0", "category": "counting", "raw_category": "counting"},
        **{"ratings": None, "score": 0.0, "spans": None},
    }
    assert (second["category"], second["raw_category"], second["score"]) == ("object", "object-other", None)


@pytest.mark.parametrize(
    "line, message",
    [
        ("{", r"means.jsonl, line 2 is not JSON"),
        ("[1]", "no field 'img_path'"),
        ({"prompt_id": "x"}, "a number as `prompt_id`"),
        ({"element_score_mean": [1]}, "an object as `element_score_mean`"),
        ({"element_score_mean": {"cat": 1}}, "line 2, element 'cat': Expected an element key"),
        ({"element_score_mean": {"cat (animal)": 2}}, "expected a mean from 0 to 1, got 2"),
        ({"total_score_mean": 7}, "line 2, `total_score_mean`: expected a mean from 1 to 5, got 7"),
        ({"total_score_mean": True}, "got True"),
        ({"total_score_mean": float("nan")}, "got nan"),
    ],
)
def test_a_line_that_holds_something_else_is_refused_by_number(write, line, message):
    with pytest.raises(ValueError, match=message):
        list(read_published_subset(write({}, line)))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match="There is no file"):
        next(read_published_subset(tmp_path / "means.jsonl"))
