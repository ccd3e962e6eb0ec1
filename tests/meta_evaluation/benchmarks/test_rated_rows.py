import json

import pytest

from evalmuse_hf.meta_evaluation.benchmarks.rated_rows import (
    finite_number,
    json_objects,
    named,
    one_row_per_picture,
    rated_row,
    rating_list,
    rating_on,
    score_row,
    table_rows,
    unknown_generators,
    whole_ratings,
)
from evalmuse_hf.schema import PAIR_COLUMNS


def picture(path="1.png", prompt="a kite", **columns):
    return rated_row(image_path=path, prompt_id="1", prompt=prompt, generator="A", **columns)


def test_a_row_has_all_columns_of_pairs_but_the_picture():
    assert {*picture()} | {"image"} == {*PAIR_COLUMNS}


def test_the_overall_score_is_the_mean_of_the_ratings_unless_given():
    assert picture(overall_ratings=[2, 5])["overall_score"] == 3.5
    assert picture(overall_ratings=[2, 5], overall_score=3.0)["overall_score"] == 3.0
    assert picture(overall_ratings=[])["overall_ratings"] is None
    assert picture()["overall_score"] is None


def test_a_generator_without_a_name_is_unknown():
    assert rated_row(image_path="1.png", prompt_id="1", prompt=None, generator="")["generator"] == "unknown"


def test_a_score_that_is_missing_has_a_status():
    assert score_row("1.png", 0.0)["status"] == "ok"
    assert score_row("1.png", None) == {
        **{"image_path": "1.png", "overall_score": None, "elements": [], "status": "not_scored"}
    }


@pytest.mark.parametrize("value", [None, "", "  ", float("nan")])
def test_nothing_is_no_number(value):
    assert finite_number(value, "x") is None
    assert rating_on(value, (1, 5), "x") is None


@pytest.mark.parametrize("value", ["good", float("inf"), True, [4]])
def test_what_is_no_finite_number_is_refused(value):
    with pytest.raises(ValueError, match=r"The score of 1.png is .*, expected a number"):
        finite_number(value, "The score of 1.png")


@pytest.mark.parametrize("value", [0, 6, "5.01"])
def test_ratings_off_the_scale_are_refused(value):
    with pytest.raises(ValueError, match=r"The rating of 1.png is .*, off the scale of 1 to 5"):
        rating_on(value, (1, 5), "The rating of 1.png")


def test_single_ratings_are_whole_numbers_and_gaps_are_left_out():
    assert whole_ratings(["4", None, 5.0], (1, 5), "x") == [4, 5]
    with pytest.raises(ValueError, match="expected a whole number"):
        whole_ratings([4.5], (1, 5), "x")


def test_a_picture_may_come_once():
    with pytest.raises(ValueError, match=r"f.csv has picture '1.png' twice"):
        one_row_per_picture([picture(), picture()], where="f.csv")
    with pytest.raises(ValueError, match=r"rates picture '1.png' for two prompts, 'a kite' and 'an owl'"):
        one_row_per_picture([picture(), picture(prompt="an owl")], where="f.csv")
    with pytest.raises(ValueError, match="holds no rated picture"):
        one_row_per_picture([], where="f.csv")


def test_unknown_generators_are_counted_and_named_not_left_out():
    rows = [{"generator": name} for name in "ABBBCC"]
    assert unknown_generators(rows, ["A"]) == (
        "5 pictures are of a generator that was not published with this data set: B (3), C (2).",
    )
    assert unknown_generators(rows, "ABC") == ()


def test_few_things_are_all_named():
    assert named(list("abcde")) == "a, b, c, d, e"


@pytest.mark.parametrize("cell", ["4;5; 3", "4, 5,3", "4 5 3", "[4, 5, 3]", [4, 5, 3], (4, 5, 3)])
def test_ratings_in_a_cell_are_found_however_they_are_apart(cell):
    assert [int(rating) for rating in rating_list(cell)] == [4, 5, 3]
    assert rating_list(4) == [4]
    assert rating_list(float("nan")) == []


def test_a_cell_that_is_cut_is_handed_on_as_it_is():
    assert rating_list("[4, 5") == ["[4, 5"]


def test_tables_must_be_there_be_whole_and_have_the_columns(tmp_path):
    path = tmp_path / "t.csv"
    with pytest.raises(ValueError, match="There is no file"):
        table_rows(path)
    path.write_text("a,b\n1,2\n")
    assert table_rows(path, ["a"]) == [{"a": "1", "b": "2"}]
    with pytest.raises(ValueError, match=r"t.csv lacks the column 'c', 'd'; it has a, b"):
        table_rows(path, ["a", "c", "d"])
    path.write_text("a,b\n1,2,3\n")
    with pytest.raises(ValueError, match=r"t.csv cannot be read as a whole: line 2 of t.csv has 3 cells"):
        table_rows(path)


def test_json_objects_are_read_by_name(tmp_path):
    path = tmp_path / "t.json"
    path.write_text(json.dumps({"x": {"a": 1}}))
    assert json_objects(path, ["a"]) == {"x": {"a": 1}}
    with pytest.raises(ValueError, match="'x', lacks the field 'b'"):
        json_objects(path, ["b"])
    path.write_text('{"x": {"a": 1}, "x": {"a": 2}}')
    with pytest.raises(ValueError, match="the key 'x' twice"):
        json_objects(path)
    path.write_text("[1, 2]")
    with pytest.raises(ValueError, match="no JSON object of objects"):
        json_objects(path)
