import json

import pytest

from evalmuse_hf.meta_evaluation import evaluate_scores
from evalmuse_hf.meta_evaluation.benchmarks.own_csv import read_own_csv

PICTURES = [
    {"image": "A/1.png", "prompt": "an owl", "generator": "A", "rating": "4.5", "clip": "0.31"},
    {"image": "B/1.png", "prompt": "An  owl", "generator": "B", "rating": "2", "clip": ""},
    {"image": "A/2.png", "prompt": "a kite", "generator": "A", "rating": "", "clip": "0.25"},
]
VOTES = [
    {"id": key, "prompt_id": prompt, "rater": rater, "rating": rating}
    for key, prompt, rater, rating in (
        *(("1", "p1", "ann", 5), ("1", "p1", "bob", 4), ("2", "p1", "bob", 1), ("2", "p1", "ann", "")),
        ("3", "p2", "ann", 3),
    )
]


@pytest.fixture
def write(tmp_path, write_csv):
    return lambda rows, name="own.csv": write_csv(tmp_path / name, rows)


def test_a_row_per_picture_is_read_as_it_is(write):
    rated = read_own_csv(write(PICTURES), score_columns=["clip"])
    assert [row["image_path"] for row in rated.rows] == ["A/1.png", "B/1.png", "A/2.png"]
    assert [row["overall_score"] for row in rated.rows] == [4.5, 2.0, None]
    assert [row["prompt_id"] for row in rated.rows] == ["an owl", "an owl", "a kite"]
    assert (rated.facts.name, rated.facts.rating_scale) == ("own", (1.0, 5.0))
    assert rated.facts.notes == ("1 of 3 pictures have no rating, the first is A/2.png.",)
    assert [row["overall_score"] for row in rated.scores["clip"]] == [0.31, None, 0.25]


def test_the_scores_can_be_judged(write):
    rated = read_own_csv(
        write([{**row, "rating": number + 1} for number, row in enumerate(PICTURES)]), score_columns={"CLIP": "clip"}
    )
    assert evaluate_scores(rated.scores["CLIP"], rated.rows, n_resamples=0)["coverage"]["scored"] == 2


def test_a_row_per_rating_gives_means_and_names_the_raters(write):
    rated = read_own_csv(write(VOTES))
    assert [row["overall_ratings"] for row in rated.rows] == [[5, 4], [1], [3]]
    assert rated.raters == {"1": ("ann", "bob"), "2": ("bob",), "3": ("ann",)}
    assert rated.rows[0]["overall_score"] == 4.5
    assert rated.facts.aggregation == "plain mean of the ratings of named raters"
    assert rated.facts.notes == ("3 of 3 pictures have no generator, so nothing is said of generators.",)


def test_all_ratings_in_one_cell_are_ratings_of_nobody(write):
    rated = read_own_csv(write([{"image": "1.png", "prompt": "a", "ratings": "4; 5;3"}]))
    assert rated.rows[0]["overall_ratings"] == [4, 5, 3]
    assert rated.raters == {}


def test_a_picture_without_single_ratings_may_have_their_mean(write):
    rows = [
        {"image": "1.png", "prompt": "a", "ratings": "4;5", "overall_score": ""},
        {"image": "2.png", "prompt": "a", "ratings": "", "overall_score": "2.5"},
    ]
    rated = read_own_csv(write(rows))
    assert [(row["overall_ratings"], row["overall_score"]) for row in rated.rows] == [([4, 5], 4.5), (None, 2.5)]


def test_the_raters_of_a_list_may_be_named_beside_it(write):
    row = {"image": "1.png", "prompt": "a", "ratings": "4;5;3", "rater_ids": "ann;bob;cid"}
    rated = read_own_csv(write([row]))
    assert rated.raters == {"1.png": ("ann", "bob", "cid")}
    assert rated.facts.aggregation == "plain mean of the ratings of named raters"
    for names in ("ann;bob", "ann;bob;ann"):
        with pytest.raises(ValueError, match="name one rater for each, all different"):
            read_own_csv(write([{**row, "rater_ids": names}]))


def test_json_lines_hold_lists_and_elements(tmp_path):
    elements = [{"text": "red", "category": "color", "ratings": [1, 0]}, {"text": "owl", "score": 0.5}]
    path = tmp_path / "own.jsonl"
    path.write_text(json.dumps({"image": "1.png", "prompt": "a red owl", "ratings": [4, 5], "elements": elements}))
    rated = read_own_csv(path)
    red, owl = rated.rows[0]["elements"]
    assert (red["category"], red["ratings"], red["score"]) == ("color", [1, 0], 0.5)
    assert (owl["category"], owl["ratings"], owl["score"]) == (None, None, 0.5)
    assert rated.facts.element_ratings


def test_elements_in_a_cell_may_have_the_keys_of_the_release(write):
    cell = json.dumps({"a red owl (animal)": [1, 1, 0], "two (counting)": 0.25, "there (location)": None})
    row = read_own_csv(write([{"image": "1.png", "prompt": "a", "rating": 3, "elements": cell}])).rows[0]
    assert [element["category"] for element in row["elements"]] == ["animal/human", "counting", "location"]
    assert [element["score"] for element in row["elements"]] == [pytest.approx(2 / 3), 0.25, None]


def test_a_scale_can_be_named_and_turned_over(write):
    rows = [{"image": f"{rating}.png", "prompt": "a", "rating": rating} for rating in (0, 25, 100)]
    rated = read_own_csv(write(rows), scale=(0, 100), lower_is_better=True)
    assert [row["overall_score"] for row in rated.rows] == [100, 75, 0]
    assert rated.facts.aggregation.endswith("turned over so that higher is better")
    votes = [{"image": "1.png", "prompt": "a", "rater": "ann", "rating": "2.5"}]
    assert read_own_csv(write(votes)).rows[0]["overall_ratings"] == [2.5]


def test_only_the_rows_of_the_split_are_read_where_there_are_splits(write):
    rows = [{**row, "split": split} for row, split in zip(PICTURES, ("test", "train", "test"), strict=True)]
    assert [row["image_path"] for row in read_own_csv(write(rows), split="test").rows] == ["A/1.png", "A/2.png"]
    assert len(read_own_csv(write(PICTURES), split="test").rows) == 3
    with pytest.raises(ValueError, match=r"no row of the split 'dev'; its column `split` has 'test' and 'train'"):
        read_own_csv(write(rows), split="dev")


def test_columns_of_other_names_are_named(write):
    rows = [{"picture": "1.png", "prompt": "a", "opinion": 4}]
    rated = read_own_csv(write(rows), key_column="picture", rating_column="opinion")
    assert (rated.rows[0]["image_path"], rated.rows[0]["overall_score"]) == ("1.png", 4.0)
    assert rated.facts.aggregation == "the number in column `opinion`"


@pytest.mark.parametrize(
    "rows, message",
    [
        ([{"prompt": "a", "rating": 3}], "no column with the key of the picture; expected one of image_path, image"),
        ([{"image": "1.png", "prompt": "a"}], "no column with the rating; expected one of overall_ratings, ratings"),
        ([{"image": "1.png", "rating": 3}], "neither `prompt` nor `prompt_id`"),
        ([{"image": "", "prompt": "a", "rating": 3}], "a row without 'image', whose prompt is 'a'"),
        (
            [{**PICTURES[0], "rating": 6}],
            r"a rating of picture 'A/1.png' is '6', off the scale of 1 to 5; correct it, or name .*`--scale LOW HIGH`",
        ),
        ([{**PICTURES[0], "rating": "good"}], "is 'good', expected a number"),
        ([PICTURES[0], PICTURES[0]], "has picture 'A/1.png' in 2 rows; keep one, or name who rated"),
        ([PICTURES[0], {**PICTURES[0], "prompt": "a fox"}], "for two prompts, 'an owl' and 'a fox'"),
        ([VOTES[0], {**VOTES[1], "prompt_id": "p9"}], "rates picture '1' for two prompts, 'p1' and 'p9'"),
        ([VOTES[0], VOTES[0]], "a rating of picture '1' by ann stands there twice"),
        ([{**VOTES[0], "rater": ""}, VOTES[1]], "a rating of picture '1' has no 'rater'"),
        ([{**PICTURES[0], "elements": "red"}], "`elements` of picture 'A/1.png' is not JSON"),
        ([{**PICTURES[0], "elements": "3"}], "`elements` of picture 'A/1.png' is '3', expected"),
        ([{**PICTURES[0], "elements": '{"red (color)": 2}'}], "'red', is 2, off the scale of 0 to 1"),
    ],
)
def test_bad_rows_are_refused_by_name(write, rows, message):
    with pytest.raises(ValueError, match=message):
        read_own_csv(write(rows))


def test_bad_options_are_refused(write):
    with pytest.raises(ValueError, match="lacks the column 'best'"):
        read_own_csv(write(PICTURES), score_columns=["best"])
    with pytest.raises(ValueError, match="`scale` is"):
        read_own_csv(write(PICTURES), scale=(5, 1))
    votes = [{**vote, "clip": number} for number, vote in enumerate(VOTES)]
    with pytest.raises(ValueError, match=r"`clip` of picture '1' is 0.0 in one row and 1.0 in another"):
        read_own_csv(write(votes), score_columns=["clip"])


def test_two_generators_of_one_picture_are_refused(write):
    votes = [{**VOTES[0], "generator": "A"}, {**VOTES[1], "generator": "B"}]
    with pytest.raises(ValueError, match="picture '1' for two generators, 'A' and 'B'"):
        read_own_csv(write(votes))


def test_a_picture_without_a_prompt_is_refused_by_name(write):
    with pytest.raises(ValueError, match=r"neither `prompt` nor `prompt_id` for picture 'B/1.png'"):
        read_own_csv(write([PICTURES[0], {**PICTURES[1], "prompt": ""}]))


def test_ratings_of_elements_are_not_cut(write):
    cut = {**PICTURES[0], "elements": json.dumps({"a red cat (animal)": [1, 0.5]})}
    with pytest.raises(ValueError, match=r"the rating 0.5, expected 0 or 1"):
        read_own_csv(write([cut]))
    share = {**PICTURES[0], "elements": json.dumps({"a red cat (animal)": 0.5})}
    assert read_own_csv(write([share])).rows[0]["elements"][0]["score"] == 0.5


def test_a_number_that_is_infinite_is_not_blamed_on_the_scale(write):
    with pytest.raises(ValueError, match="is 'inf', expected a number") as error:
        read_own_csv(write([{**PICTURES[0], "rating": "inf"}]))
    assert "scale" not in str(error.value)


@pytest.mark.parametrize("text", ["", "image,prompt,rating\n"])
def test_a_table_without_rows_is_refused_as_such(tmp_path, text):
    (tmp_path / "own.csv").write_text(text)
    with pytest.raises(ValueError, match=r"own\.csv holds no rows; give the file that holds the ratings"):
        read_own_csv(tmp_path / "own.csv")
