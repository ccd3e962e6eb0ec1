import json

import numpy as np
import pytest

from evalmuse_hf.stats import element_accuracy, ntire_track1, plcc


@pytest.fixture(scope="module")
def official(golden):
    return json.loads((golden / "statistics" / "statistics.json").read_text("utf-8"))["ntire_track1"]


def record(picture="a.png", score=3.0, **elements):
    return {"img_path": picture, "total_score": score, "element_score": elements or {"a cat (animal)": 1.0}}


def test_the_score_of_the_official_script_is_reproduced(official):
    result = ntire_track1(predictions=official["submission"], references=official["truth"])
    for name in ("srcc", "plcc", "accuracy", "final"):
        assert getattr(result, name) == pytest.approx(official[name], abs=1e-6), name  # an iterative fit
    n_elements = sum(len(item["element_score"]) for item in official["truth"])
    assert (result.n, result.n_elements, result.n_unused, result.status) == (60, n_elements, 0, "ok")


def test_records_are_joined_by_picture_in_any_order(official):
    expected = ntire_track1(predictions=official["submission"], references=official["truth"])
    surplus = [record("not asked for.png"), *reversed(official["submission"])]
    result = ntire_track1(predictions=surplus, references=official["truth"])
    assert (result.final, result.n_unused) == (expected.final, 1)


def test_without_the_official_argument_order_the_map_goes_from_predictions_to_references(official):
    scores, ratings = ([item["total_score"] for item in official[name]] for name in ("submission", "truth"))
    result = ntire_track1(predictions=official["submission"], references=official["truth"], compat=None)
    assert result.plcc == plcc(predictions=scores, references=ratings, fit="logistic4").statistic
    assert result.plcc != pytest.approx(official["plcc"], abs=1e-4)


def test_accuracy_is_pooled_over_all_elements():
    truth = [record(f"{row}.png", row, one=1.0, two=0.5) for row in range(6)] + [record("6.png", 6, only=0.0)]
    wrong = [record(f"{row}.png", row, one=0.9, two=0.4) for row in range(6)] + [record("6.png", 6, only=0.1)]
    pooled = element_accuracy(predictions=[0.9, 0.4] * 6 + [0.1], references=[1.0, 0.5] * 6 + [0.0]).statistic
    assert ntire_track1(predictions=wrong, references=truth).accuracy == pooled == pytest.approx(7 / 13)


def test_a_constant_submission_has_no_score_and_says_why():
    truth = [record(f"{row}.png", row) for row in range(6)]
    result = ntire_track1(predictions=[{**item, "total_score": 3.0} for item in truth], references=truth)
    assert np.isnan([result.srcc, result.plcc, result.final]).all()
    assert (result.accuracy, result.status) == (1.0, "constant predictions")


@pytest.mark.parametrize(
    "predictions, message",
    [
        ([record("b.png")], "`predictions` lacks 1 of 1 pictures of `references`, first 'a.png'"),
        ([record(), record()], "`predictions` holds picture 'a.png' twice, again in record 1 "),
        ([{"total_score": 1.0}], "`predictions` has no `img_path` in record 0 "),
        ([record(other=1.0)], r"`predictions` has no score for element 'a cat \(animal\)' of picture 'a.png'"),
        ([record(score=None)], "`predictions` needs a number as 'total_score' of picture 'a.png', got None"),
        ([record(score=float("nan"))], "`predictions` needs a number as 'total_score' .* got nan"),
        (
            [{"img_path": "a.png", "total_score": 1}],
            "`predictions` has no `element_score` mapping for picture 'a.png'",
        ),
    ],
    ids=["missing", "twice", "no path", "no element", "no score", "nan score", "no elements"],
)
def test_a_faulty_submission_gets_one_clear_sentence(predictions, message):
    with pytest.raises(ValueError, match=message):
        ntire_track1(predictions=predictions, references=[record()])
