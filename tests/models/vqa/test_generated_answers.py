import math

import pytest

from evalmuse_hf.elements import ElementQuestion
from evalmuse_hf.models.scorer import Answer
from evalmuse_hf.models.vqa.asked_pair import AskedPair
from evalmuse_hf.models.vqa.generated_answers import GeneratedAnswers, parse_choice
from evalmuse_hf.schema import Element

CAT = AskedPair("a red cat", (Element("red", "color"), Element("cat", "animal/human")))
CATS = AskedPair("two cats", (Element("two", "counting"), Element("cats", "animal/human")))


def texts(method, pair=CAT):
    return [None if query is None else query.text for query in method.queries(pair)]


def said(*words):
    return [Answer("?", math.nan, math.nan, text) for text in words]


def test_tifa_compares_words():
    method = GeneratedAnswers()
    assert [query.in_words for query in method.queries(CAT)] == [True, True]
    score = method.judge(CAT, said("No.", "Yes, it is"))
    assert [element.score for element in score.elements] == [0.0, 1.0]
    assert score.overall == 0.5


def test_tifa_gives_no_number_for_what_it_cannot_parse():
    answers = said("a cat", "yes")
    score = GeneratedAnswers().judge(CAT, answers)
    assert score.elements[0].status == "unparsable"
    assert math.isnan(score.elements[0].score)
    assert score.overall == 1.0
    nothing = GeneratedAnswers().judge(CAT, [answers[0], answers[0]])
    assert (nothing.status, nothing.message) == ("score_error", "No element has a score (unparsable).")


def test_tifa_offers_choices_where_there_are_some():
    method = GeneratedAnswers(multiple_choice=True)
    color, cat = texts(method)
    assert color.startswith("What color is the cat? Answer with one of: red, orange,")
    assert cat == "Is there a cat in the picture?"
    answers = said("It is blue.", "yes")
    assert [element.score for element in method.judge(CAT, answers).elements] == [0.0, 1.0]


@pytest.mark.parametrize(
    "text, choices, expected",
    [
        ("star - shaped", ("star-shaped", "round"), "star-shaped"),
        ("darkred", ("red", "blue"), None),
        ("", ("yes", "no"), None),
        ("YES!", ("yes", "no"), "yes"),
        ("not no, yes", ("yes", "no"), None),
        ("2", ("one", "two"), "two"),
        ("There are 12 cats.", ("two", "twelve"), "twelve"),
        ("two", ("1", "2"), "2"),
        ("2 or 3", ("two", "three"), None),
        ("black and white", ("black", "black and white"), "black and white"),
        ("A Siamese cat", ("dog", "Siamese cat"), "Siamese cat"),
    ],
)
def test_choices_are_read_word_by_word(text, choices, expected):
    assert parse_choice(text, choices) == expected


def test_figures_and_words_are_the_same_number():
    method = GeneratedAnswers(multiple_choice=True)
    assert texts(method, CATS)[0].startswith("How many cats are in the picture? Answer with one of:")
    for answer, right in (("2", 1.0), ("two", 1.0), ("3", 0.0)):
        assert method.judge(CATS, said(answer, "yes")).elements[0].score == right


def own_questions(prompt, elements):
    choices = ("cat", "dog", "black and white cat")
    animal = ElementQuestion("", open_text="What animal is it?", answer="cat", choices=choices)
    return [ElementQuestion("Is the cat blue?", answer="no"), animal][: len(elements)]


def test_questions_and_expected_answers_may_be_the_callers():
    method = GeneratedAnswers(questions=own_questions)
    assert texts(method) == [
        "Is the cat blue?",
        "What animal is it? Answer with one of: cat, dog, black and white cat.",
    ]
    score = method.judge(CAT, said("No.", "a cat"))
    assert [element.score for element in score.elements] == [1.0, 1.0]
    wrong = method.judge(CAT, said("Yes.", "a black and white cat"))
    assert [element.score for element in wrong.elements] == [0.0, 0.0]
    some = GeneratedAnswers(questions=lambda prompt, elements: [None, own_questions(prompt, elements)[1]])
    assert texts(some)[0] == "Is the cat red?"


@pytest.mark.parametrize(
    "questions, message",
    [
        ([], "`questions` gave 0 questions for the 2 elements of 'a red cat'"),
        ([ElementQuestion("Is it?", answer="maybe"), None], "expected a `text` with the answer yes or no, or an"),
        ([ElementQuestion("", open_text="What?", answer="x", choices=("a", "b")), None], "one of them as `answer`"),
        ([ElementQuestion("Is it?", answer="a", choices=("a", "b")), None], "an `open_text` with"),
    ],
)
def test_questions_that_cannot_be_judged_are_refused(questions, message):
    with pytest.raises(ValueError, match=message):
        GeneratedAnswers(questions=lambda prompt, elements: questions).queries(CAT)


def test_a_question_that_was_not_put_has_no_score():
    long = Answer("?", math.nan, math.nan, problem="Long.")
    score = GeneratedAnswers().judge(CAT, [long, *said("yes")])
    assert [element.status for element in score.elements] == ["truncated", "ok"]
    assert score.overall == 1.0
