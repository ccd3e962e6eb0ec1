import math

import pytest

from evalmuse_hf.models.judges.vie_score import VIEScore, read_grades


class Answering:
    """A picture about which the model says what it was told to say."""

    def __init__(self, *texts):
        self.texts, self.questions = list(texts), []

    def answer(self, questions, *, max_new_tokens):
        self.questions += questions
        return self.texts[: len(questions)]


def test_overall_is_the_geometric_mean_of_the_least_grades():
    picture = Answering('{"score": [8], "reasoning": "x"}', 'Well: {"score": [2, 5.0]} as I said')
    verdict = VIEScore().grade(picture, 'a "red" {cat}')
    assert (verdict.grade, verdict.status) == (4.0, "ok")
    assert 'for the prompt "a "red" {cat}"' in picture.questions[0]
    assert [answer.text for answer in verdict.answers] == picture.texts


def test_semantics_alone_asks_one_question():
    picture = Answering('{"score": 8}')
    assert VIEScore(part="semantics").grade(picture, "a cat").grade == 8.0
    assert len(picture.questions) == 1


@pytest.mark.parametrize(
    "text", ["eight", "", '{"score": [11]}', '{"score": [-1]}', '{"score": ["8"]}', '{"score": [true]}',
             '{"score": [1, 2]}', '{"grade": [3]}', '{"score": [NaN]}', "{" * 5000]
)  # fmt: skip
def test_anything_else_is_unparsable_and_never_a_number(text):
    verdict = VIEScore(part="semantics").grade(Answering(text), "a cat")
    assert verdict.status == "unparsable"
    assert math.isnan(verdict.grade)
    assert verdict.answers[0].text == text


def test_the_first_object_with_a_score_counts():
    assert read_grades('{"thought": {"a": 1}} {"score": [3, 4]}', 2) == [3.0, 4.0]


@pytest.mark.parametrize(
    "options, message", [({"part": "x"}, "`part` must be"), ({"max_new_tokens": 0}, "`max_new_tokens` must be")]
)
def test_options_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        VIEScore(**options)
