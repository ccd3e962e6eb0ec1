import math

import pytest

from evalmuse_hf.models.scorer import Answer, ElementScore
from evalmuse_hf.models.vqa.asked_pair import AskedPair
from evalmuse_hf.models.vqa.element_scores import collect_scores, finish_pair, p_yes, positive_scores, score_element
from evalmuse_hf.schema import Element

PAIR = AskedPair("a cat", (Element("cat", None),))
WHOLE = AskedPair("a cat", (Element("a cat", None),), is_whole=True)
LOW, SURE, NOTHING = Answer("?", 0.3, 0.1), Answer("?", 0.7, 0.2), Answer("?", math.nan, math.nan)
LONG = Answer("?", math.nan, math.nan, problem="It is too long.")


def test_yes_is_normalised_as_asked():
    assert p_yes(LOW, "answers") == pytest.approx(0.75)
    assert p_yes(LOW, "vocabulary") == 0.3


@pytest.mark.parametrize(
    "pair, answers, status",
    [
        (PAIR, (), "no_question"),
        (AskedPair("a", (Element("", None),)), (), "empty"),
        (PAIR, (SURE, LONG), "truncated"),
        (PAIR, (NOTHING,), "undefined"),
        (PAIR, (SURE, LOW), "low_mass"),
        (WHOLE, (LOW,), "low_mass"),
        (WHOLE, (SURE,), "whole_prompt"),
        (PAIR, (SURE,), "ok"),
    ],
)
def test_the_gravest_status_is_that_of_the_element(pair, answers, status):
    score = score_element(pair, 0, answers, lambda given: given[0].yes)
    assert score.status == status
    assert math.isfinite(score.score) == (status in ("low_mass", "whole_prompt", "ok"))


def test_positive_scores_are_the_probabilities_of_yes():
    (score,) = positive_scores(PAIR, [SURE], "answers")
    assert score.score == pytest.approx(7 / 9)


def test_the_overall_is_the_mean_over_what_has_a_score():
    scores = [ElementScore(name, None, value, "ok") for name, value in (("a", 0.2), ("b", math.nan), ("c", 0.6))]
    assert collect_scores(scores).overall == pytest.approx(0.4)
    assert collect_scores([]).message == "No element has a score (no element)."


def test_a_pair_of_which_nothing_could_be_asked_has_the_sentence_that_says_why():
    elements = [score_element(PAIR, 0, (LONG,), lambda _: 1.0)]
    score = finish_pair(math.nan, elements)
    assert (score.status, score.message) == ("prompt_error", "It is too long.")
    other = finish_pair(math.nan, [*elements, score_element(PAIR, 0, (), lambda _: 1.0)])
    assert (other.status, other.message) == ("score_error", "No element has a score (no_question, truncated).")
