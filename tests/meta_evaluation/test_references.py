import json

import pytest

from evalmuse_hf.meta_evaluation import (
    evaluate_scores,
    ratings_as_scores,
    read_drawn_truth,
    truth_as_ratings,
    truth_as_scores,
)

TRUTH = {
    "A/1.png": {"overall": 4.0, "elements": {"red (Color) ": 1, "cat (animal)": 0}, "novel": False},
    "A/2.png": {"overall": 2.0, "elements": {"red (Color) ": 0}, "novel": True},
    "A/3.png": {"overall": 3.0, "elements": {"red (Color) ": 1, "cat (animal)": 1}, "novel": True},
}


def pairs():
    return [
        {
            "image_path": f"A/{index}.png",
            "prompt_id": "1",
            "prompt": "a red cat",
            "generator": "A",
            "overall_score": rating,
            "elements": [
                {"text": "red", "category": "color", "raw_category": "Color", "score": 1.0},
                {"text": "cat", "category": "animal/human", "raw_category": "animal", "score": 0.0},
            ],
        }
        for index, rating in enumerate([5.0, 1.0, 3.0, 2.0], start=1)
    ]


def test_truth_takes_the_place_of_scores():
    rows = truth_as_scores(pairs(), TRUTH)
    assert [row["overall_score"] for row in rows] == [4.0, 2.0, 3.0]
    assert [element["score"] for element in rows[0]["elements"]] == [1.0, 0.0]
    assert [element["status"] for element in rows[1]["elements"]] == ["ok", "not_rated"]
    assert evaluate_scores(rows, pairs(), n_resamples=0)["overall"]["srcc"]["value"] == 1.0


def test_truth_takes_the_place_of_ratings():
    rows = truth_as_ratings(pairs(), TRUTH)
    assert [row["overall_score"] for row in rows] == [4.0, 2.0, 3.0]
    assert [element["score"] for element in rows[2]["elements"]] == [1.0, 1.0]
    assert rows[0]["elements"][0]["raw_category"] == "Color"


def test_people_judged_by_their_own_ratings_agree():
    record = evaluate_scores(ratings_as_scores(pairs()), pairs(), n_resamples=0)
    assert record["overall"]["srcc"]["value"] == 1.0
    assert record["elements"]["micro"]["value"] == 1.0


def test_a_pair_that_nobody_rated_has_no_score():
    unrated = [{**pairs()[0], "overall_score": None}]
    assert ratings_as_scores(unrated)[0]["status"] == "not_rated"


def test_the_truth_is_read_from_its_release(tmp_path):
    (tmp_path / "drawn_truth.json").write_text(json.dumps(TRUTH))
    assert read_drawn_truth(tmp_path) == TRUTH


def test_a_real_release_has_no_truth(tmp_path):
    with pytest.raises(ValueError, match=r"has no drawn_truth.json; only a release that .* drew has one"):
        read_drawn_truth(tmp_path)
