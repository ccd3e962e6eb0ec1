import math

import pytest
from PIL import Image

from evalmuse_hf.meta_evaluation import join_scores
from evalmuse_hf.models.scorer import Answer, ElementScore, PairScore
from evalmuse_hf.scoring import list_from_records, read_scores, score_list, write_scores

UNUSUAL_PICTURES = ["palette.png", "cmyk.jpg", "16bit.png", "animated.gif", "rotated.jpg"]
BAD_PICTURES = {"missing.png": "there is no file", "empty.png": "zero bytes", "truncated.png": "truncated or damaged"}


def score(scorer, folder, *records, **options):
    return score_list(scorer, list_from_records(records, folder=folder), **options).rows


def test_columns_are_kept_and_scores_are_added(scorer, pictures):
    record = {"image": "0.png", "prompt": "a red cat", "elements": ["red (color)", "a dog"], "id": "x", "seed": 3}
    rows = score(scorer, pictures, record)
    expected = scorer.score(images=[pictures / "0.png"], prompts=["a red cat"], elements=[["red (color)", "a dog"]])[0]
    assert list(rows[0]) == ["image", "prompt", "id", "seed", "overall_score", "elements", "status", "message"]
    assert rows[0]["overall_score"] == pytest.approx(expected.overall, abs=1e-6)
    assert rows[0]["elements"] == [
        {"text": "red", "category": "color", "score": pytest.approx(expected.elements[0].score), "status": "ok"},
        {"text": "a dog", "category": None, "score": None, "status": "unmatched"},
    ]
    assert (rows[0]["id"], rows[0]["seed"], rows[0]["status"], rows[0]["message"]) == ("x", 3, "ok", None)


def test_what_a_model_was_asked_is_in_the_row(pictures):
    class Asked:
        name = "asked"

        def score(self, *, images, prompts, elements):
            answer = Answer("Is it?", 0.75, 0.125)
            return [PairScore(0.5, (ElementScore("cat", None, 0.75, "ok", (answer,)),), answers=(answer,))]

    (row,) = score(Asked(), pictures, {"image": "0.png", "prompt": "a cat", "elements": ["cat"]})
    expected = [{"question": "Is it?", "yes": 0.75, "no": 0.125, "text": None}]
    assert (row["prompt_answers"], row["elements"][0]["answers"]) == (expected, expected)


def test_a_column_with_the_name_of_a_score_is_kept_under_another(scorer, pictures):
    rows = score(scorer, pictures, {"image": "0.png", "prompt": "a cat", "overall_score": 4.5, "status": "new"})
    assert rows[0]["input_overall_score"] == 4.5
    assert rows[0]["input_status"] == "new"
    assert rows[0]["status"] == "ok"


@pytest.mark.parametrize("name", UNUSUAL_PICTURES)
def test_unusual_pictures_are_scored(scorer, pictures, name):
    row = score(scorer, pictures, {"image": name, "prompt": "a cat"})[0]
    assert row["status"] == "ok"
    assert 1 <= row["overall_score"] <= 5


def test_a_rotated_picture_scores_as_the_upright_one(scorer, pictures):
    with Image.open(pictures / "rotated.jpg") as stored:
        stored.load()
        upright = Image.frombytes(stored.mode, stored.size, stored.tobytes()).transpose(Image.Transpose.ROTATE_270)
    results = scorer.score(images=[pictures / "rotated.jpg", upright], prompts=["a cat"] * 2)
    assert results[0].overall == pytest.approx(results[1].overall, abs=1e-6)


@pytest.mark.parametrize("name", BAD_PICTURES)
def test_a_bad_picture_has_a_status_and_stops_no_other_row(scorer, pictures, name):
    good = {"image": "0.png", "prompt": "a red cat", "elements": ["red"]}
    alone = score(scorer, pictures, good)[0]
    rows = score(scorer, pictures, good, {**good, "image": name}, good)
    assert [row["status"] for row in rows] == ["ok", "image_error", "ok"]
    assert rows[1]["overall_score"] is None
    assert rows[1]["elements"] == [{"text": "red", "category": None, "score": None, "status": "image_error"}]
    assert name in rows[1]["message"]
    assert BAD_PICTURES[name] in rows[1]["message"]
    assert rows[2]["overall_score"] == pytest.approx(alone["overall_score"], abs=1e-6)


@pytest.mark.parametrize(
    "prompt, status",
    [
        ("", "prompt_error"),
        (" \t\n", "prompt_error"),
        ("\u200b\ufe0f", "prompt_error"),
        ("a cat \ud83d", "prompt_error"),
        ("cat " * 2000, "ok"),
        ("a red cat \N{CAT FACE}\N{ZERO WIDTH JOINER}\N{BLACK HEART SUIT}", "ok"),
        ("חתול אדום על השולחן", "ok"),
    ],
    ids=["empty", "whitespace", "no width", "half a character", "2,000 words", "emoji", "right to left"],
)
def test_unusual_prompts_are_scored_or_get_a_status(scorer, pictures, prompt, status):
    good = {"image": "1.png", "prompt": "a cat"}
    rows = score(scorer, pictures, good, {"image": "0.png", "prompt": prompt}, good)
    assert [row["status"] for row in rows] == ["ok", status, "ok"]
    if status == "ok":
        assert 1 <= rows[1]["overall_score"] <= 5
    else:
        assert rows[1]["overall_score"] is None
        assert rows[1]["message"].startswith("row 1: The prompt ")


def test_a_message_names_the_row_of_the_list_whatever_the_batch(scorer, pictures):
    good = {"image": "0.png", "prompt": "a cat"}
    rows = score(scorer, pictures, *[good] * 4, {"image": "0.png", "prompt": ""}, batch_size=2)
    assert rows[4]["message"].startswith("row 4: The prompt is empty")


def test_a_message_keeps_the_name_of_a_picture_that_looks_like_a_row(scorer, pictures):
    row = score(scorer, pictures, {"image": "0.png", "prompt": "a cat"}, {"image": "row 0/row 1.png", "prompt": "a"})[
        1
    ]
    assert row["message"].startswith("row 1: Cannot read picture ")
    assert str(pictures / "row 0" / "row 1.png") in row["message"]


def test_elements_outside_the_prompt_have_a_status_and_no_number(scorer, pictures):
    elements = ["blue", "", "red"]
    row = score(scorer, pictures, {"image": "0.png", "prompt": "a red cat", "elements": elements})[0]
    assert [element["status"] for element in row["elements"]] == ["unmatched", "empty", "ok"]
    assert [element["score"] is None for element in row["elements"]] == [True, True, False]


def test_a_category_that_the_release_does_not_know_is_other_as_in_the_data_set(scorer, pictures):
    # The data set reads the key "red (weekday)" as the text "red" of the category "other", and keeps three columns.
    pair_element = {"text": "red", "category": "other", "raw_category": "weekday"}
    record = {"image": "0.png", "prompt": "a red cat", "elements": [pair_element]}
    row = score(scorer, pictures, record)[0]
    found = row["elements"][0]
    assert (found["text"], found["category"], found["status"]) == ("red", "other", "ok")
    pair = {"image_path": "0.png", "prompt": "a red cat", "elements": [pair_element]}
    assert join_scores([row], [pair]).pairs[0].elements == (found,)


def test_half_a_character_stops_neither_scoring_nor_writing(scorer, pictures, tmp_path):
    good = {"image": "0.png", "prompt": "a cat", "id": "1"}
    bad = [{**good, "prompt": "\ud83d"}, {**good, "elements": ["cat \ud83d"]}, {**good, "image": "\ud83d.png"}]
    records = [good, *bad, {**good, "id": "\ud83d", "\ud83d": 1}]
    scores = score_list(scorer, list_from_records(records, folder=pictures))
    expected = ["ok", "prompt_error", "element_error", "image_error", "ok"]
    for suffix in ("parquet", "jsonl", "csv"):
        write_scores(scores, tmp_path / f"scores.{suffix}")
        assert [row["status"] for row in read_scores(tmp_path / f"scores.{suffix}").rows] == expected


def test_a_bad_row_stays_in_its_place(scorer, pictures):
    good = {"image": "0.png", "prompt": "a cat"}
    rows = score(scorer, pictures, good, {"image": "0.png", "elements": ["a cat"]}, good)
    assert [row["status"] for row in rows] == ["ok", "row_error", "ok"]
    assert rows[1]["message"] == "row 1 has no `prompt`."
    assert rows[1]["overall_score"] is None


def test_the_batch_size_never_changes_a_score(scorer, pictures):
    records = [{"image": f"{index % 3}.png", "prompt": "a red cat" + " and a dog" * index} for index in range(5)]
    one, many = (score(scorer, pictures, *records, batch_size=size) for size in (1, 5))
    for left, right in zip(one, many, strict=True):
        assert left["overall_score"] == pytest.approx(right["overall_score"], abs=1e-5)


def test_a_batch_holds_at_least_one_row(scorer, pictures):
    with pytest.raises(ValueError, match="`batch_size` must be at least 1, got 0"):
        score(scorer, pictures, {"image": "0.png", "prompt": "a cat"}, batch_size=0)


def test_the_bar_waits_two_seconds(scorer, pictures, capsys):
    score(scorer, pictures, {"image": "0.png", "prompt": "a cat"}, progress=True)
    assert capsys.readouterr().err == ""


def test_no_score_is_nan_in_the_rows(scorer, pictures):
    row = score(scorer, pictures, {"image": "missing.png", "prompt": "a cat"})[0]
    assert not any(isinstance(value, float) and math.isnan(value) for value in row.values())
