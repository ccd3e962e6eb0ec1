import json

import pytest

from evalmuse_hf.ranking import read_human_ratings
from evalmuse_hf.ranking.human_ratings import match_ratings, parse_ratings
from evalmuse_hf.ranking.scored_pictures import read_pictures

PICTURES = read_pictures(
    {"generator": name, "prompt_id": f"p{prompt}", "overall_score": score, "image": f"out/images/{name}/{prompt}.png"}
    for name in ("SDXL", "IF")
    for prompt, score in ((1, 3.0), (2, None))
)


def match(*rows):
    return match_ratings(parse_ratings(rows), PICTURES)


def test_ratings_are_read_from_a_table(tmp_path):
    path = tmp_path / "ratings.csv"
    path.write_text("id,rating,prompt_id\nSDXL/1.png,4,p1\nSDXL/2.png,,p2\nIF/1.png,2.5,\n", encoding="utf-8")
    assert read_human_ratings(path) == [
        {"image_path": "SDXL/1.png", "rating": 4.0, "rater": None, "prompt_id": "p1"},
        {"image_path": "IF/1.png", "rating": 2.5, "rater": None, "prompt_id": None},
    ]


def test_of_an_export_of_collected_ratings_the_overall_ones_that_count_are_read(tmp_path):
    rows = [
        {"image_path": "1.png", "rater": "a", "target": "overall", "value": 4, "standing": "counted"},
        {"image_path": "1.png", "rater": "a", "target": "element", "value": 1, "standing": "counted"},
        {"image_path": "1.png", "rater": "b", "target": "overall", "value": 1, "standing": "returned"},
    ]
    path = tmp_path / "ratings.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    assert [(row["rating"], row["rater"]) for row in read_human_ratings(path)] == [(4.0, "a")]


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(ValueError, match=r"There are no ratings at .*none\.csv; give a \.csv"):
        read_human_ratings(tmp_path / "none.csv")


def test_a_message_names_the_file_and_the_row(tmp_path):
    path = tmp_path / "ratings.csv"
    path.write_text("image,rating\n1.png,4\n2.png,good\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"ratings\.csv, row 2: expected a number as rating, got 'good'"):
        read_human_ratings(path)


@pytest.mark.parametrize(
    "rows, message",
    [
        ([{"picture": "1.png", "rating": 3}], "expected a column image_path or image or id, found picture, rating"),
        ([{"image": "1.png", "stars": 3}], "expected a column rating or overall_score or value, found image, stars"),
        ([{"image": "1.png", "rating": 7}], "row 1: the rating 7 is outside 1 to 5"),
        ([{"image": "1.png", "rating": float("inf")}], "row 1: the rating inf is outside 1 to 5"),
        ([{"image": "1.png", "rating": [3]}], r"row 1: expected a number as rating, got \[3\]"),
        ([{"image": None, "rating": 3}], "row 1: the rating has no image"),
        ([{"image": "1.png", "rating": float("nan")}, {"image": "2.png"}], "no row has a rating in column rating"),
        ([], "expected a column image_path or image or id, found none"),
        (
            [{"image": "1.png", "rating": 3, "rater": "x"}, {"image": "1.png", "rating": 4, "rater": "x"}],
            "row 2: x has rated 1.png before, in row 1; keep one",
        ),
    ],
)
def test_ratings_that_cannot_be_right_are_refused(rows, message):
    with pytest.raises(ValueError, match=message):
        parse_ratings(rows)


def test_another_scale_must_be_named():
    assert parse_ratings([{"image": "1.png", "rating": 70}], scale=(0, 100))[0].rating == 70


@pytest.mark.parametrize("path", ["out/images/SDXL/1.png", "SDXL/1.png", "/data/out/images/SDXL/1.png", r"SDXL\1.png"])
def test_paths_may_begin_differently(path):
    assert match({"image": path, "rating": 4}).means == {0: 4.0}


def test_several_ratings_of_a_picture_are_averaged():
    rows = [{"image": "SDXL/1.png", "rating": value, "rater": str(value)} for value in (2, 3, 5)]
    matched = match(*rows, {"image": "IF/1.png", "rating": 1})
    assert matched.means == {0: pytest.approx(10 / 3), 2: 1.0}
    assert matched.n_ratings == 4


def test_pictures_that_were_not_scored_are_named():
    matched = match(*({"image": name, "rating": 3} for name in ("SDXL/1.png", "SDXL/2.png", "SDXL/9.png", "x.png")))
    assert (matched.unknown, matched.unscored) == (("SDXL/9.png", "x.png"), ("out/images/SDXL/2.png",))


def test_ratings_of_quite_other_pictures_are_refused():
    with pytest.raises(ValueError, match=r"None of the 1 rated pictures was scored: 9\.png was rated, but the scores"):
        match({"image": "9.png", "rating": 3})


def test_a_path_that_fits_several_pictures_is_refused():
    with pytest.raises(ValueError, match=r"Row 1 of the human ratings: 1\.png fits 2 scored pictures; give more of"):
        match({"image": "1.png", "rating": 3})


def test_a_picture_of_another_prompt_is_refused():
    assert match({"image": "SDXL/1.png", "rating": 3, "prompt_id": "p1"}).means == {0: 3.0}
    with pytest.raises(ValueError, match=r"SDXL/1\.png was rated for prompt p2, but scored for prompt p1"):
        match({"image": "SDXL/1.png", "rating": 3, "prompt_id": "p2"})


def bare(*names):
    return read_pictures({"generator": "A", "prompt_id": name, "overall_score": 3.0, "image": name} for name in names)


def rated(*rows):
    return parse_ratings([{"image": image, "rating": 4, "rater": rater} for image, rater in rows])


def test_different_pictures_that_fit_one_scored_picture_are_refused():
    with pytest.raises(ValueError, match=r"A/0.png and Z/0.png, but both fit only the scored picture 0.png"):
        match_ratings(rated(("0.png", "x"), ("A/0.png", "y"), ("Z/0.png", "z")), bare("0.png"))
    assert match_ratings(rated(("raw/A/0.png", "x"), ("A/0.png", "y")), bare("0.png")).n_ratings == 2


def test_a_rater_who_rated_a_picture_twice_under_two_spellings_is_refused():
    with pytest.raises(ValueError, match=r"Row 2 .*: x has rated A/0.png before, as raw/A/0.png in row 1"):
        match_ratings(rated(("raw/A/0.png", "x"), ("A/0.png", "x")), bare("A/0.png"))


@pytest.mark.parametrize("scale", [(5, 1), (1, 1), (1, float("inf"))])
def test_a_scale_that_does_not_go_up_is_refused(scale):
    with pytest.raises(ValueError, match="give the lowest rating, then the highest"):
        parse_ratings([{"image": "0.png", "rating": 4}], scale=scale)
