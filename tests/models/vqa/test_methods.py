import math

import pytest

from evalmuse_hf.elements import QuestionTemplates
from evalmuse_hf.models.scorer import Answer
from evalmuse_hf.models.vqa.asked_pair import AskedPair
from evalmuse_hf.models.vqa.generated_answers import GeneratedAnswers
from evalmuse_hf.models.vqa.methods import (
    DependentQuestions,
    PositiveNegative,
    PositiveQuestions,
    StructureQuestions,
    WholePrompt,
)
from evalmuse_hf.schema import Element

CAT = AskedPair("a red cat", (Element("red", "color"), Element("cat", "animal/human")))
WHOLE = AskedPair("!?", (Element("!?", None),), is_whole=True, were_given=False)


def sure(p):
    """An answer with all of the probability on yes and no."""
    return Answer("?", p, 1 - p)


def texts(method, pair=CAT):
    return [None if query is None else query.text for query in method.queries(pair)]


def test_the_example_of_the_paper():
    """P_T = .65 and P_F = .25 give .70."""
    pair = AskedPair("a cat", (Element("cat", "animal/human"),))
    score = PositiveNegative().judge(pair, [sure(0.65), sure(0.25)])
    assert score.elements[0].score == pytest.approx(0.70)
    assert score.overall == pytest.approx(0.70)
    assert score.elements[0].answers == (sure(0.65), sure(0.25))


def test_pn_vqa_asks_for_yes_and_for_no():
    assert texts(PositiveNegative()) == [
        'Is the answer to "Is the cat red?" yes?',
        'Is the answer to "Is there a cat in the picture?" yes?',
        'Is the answer to "Is the cat red?" no?',
        'Is the answer to "Is there a cat in the picture?" no?',
    ]


def test_pn_vqa_can_ask_about_what_is_not_there():
    red, cat = texts(PositiveNegative(negative="counterfactual"))[2:]
    assert "red" not in red
    assert " cat " not in cat


def test_pn_vqa_takes_the_callers_own_negative_questions():
    method = PositiveNegative(negative=lambda prompt, elements: [f"Is {prompt} false?", None])
    assert texts(method)[2:] == ['Is the answer to "Is a red cat false?" yes?', None]
    score = method.judge(CAT, [sure(0.8), sure(0.9), sure(0.4), None])
    assert score.elements[0].score == pytest.approx(0.7)
    assert (score.elements[1].status, math.isnan(score.elements[1].score)) == ("no_question", True)
    assert score.overall == pytest.approx(0.7)
    assert score.message == "1 of 2 elements have no score and do not count, the first 'cat' (no_question)."


def test_negative_questions_of_the_wrong_number_are_refused():
    method = PositiveNegative(negative=lambda prompt, elements: ["Is it?"])
    with pytest.raises(ValueError, match="`negative` gave 1 questions for the 2 elements of 'a red cat'"):
        method.queries(CAT)


def test_an_unknown_kind_of_negative_is_refused():
    with pytest.raises(ValueError, match="`negative` must be 'answer_no', 'counterfactual', or a function"):
        PositiveNegative(negative="opposite")


def test_vq2_is_the_positive_half():
    assert texts(PositiveQuestions()) == texts(PositiveNegative())[:2]
    score = PositiveQuestions().judge(CAT, [sure(0.2), sure(0.6)])
    assert [element.score for element in score.elements] == [pytest.approx(0.2), pytest.approx(0.6)]
    assert score.overall == pytest.approx(0.4)


def test_probabilities_are_normalised_over_yes_and_no_or_over_everything():
    answers = [Answer("?", 0.3, 0.1), Answer("?", 0.6, 0.2)]
    by_answers = PositiveQuestions().judge(CAT, answers)
    by_all = PositiveQuestions(normalization="vocabulary").judge(CAT, answers)
    assert [element.score for element in by_answers.elements] == [pytest.approx(0.75)] * 2
    assert [element.score for element in by_all.elements] == [0.3, 0.6]
    assert [element.status for element in by_answers.elements] == ["low_mass", "ok"]


def test_dsg_strikes_out_what_depends_on_something_missing():
    assert texts(DependentQuestions()) == ["Is the cat red?", "Is there a cat in the picture?"]
    missing = DependentQuestions().judge(CAT, [sure(0.9), sure(0.4)])
    assert [element.score for element in missing.elements] == [0.0, pytest.approx(0.4)]
    there = DependentQuestions().judge(CAT, [sure(0.9), sure(0.5)])
    assert [element.score for element in there.elements] == [pytest.approx(0.9), pytest.approx(0.5)]


def test_vqa_score_asks_once_and_takes_the_probability_among_all_tokens():
    assert texts(WholePrompt()) == ['Does this figure show "a red cat"? Please answer yes or no.']
    score = WholePrompt().judge(CAT, [Answer("?", 0.5, 0.1)])
    assert (score.overall, score.status) == (0.5, "ok")
    assert score.answers[0].mass == pytest.approx(0.6)
    assert [element.status for element in score.elements] == ["unsupported"] * 2
    low = WholePrompt().judge(WHOLE, [Answer("?", 0.2, 0.1)])
    assert (low.overall, low.status, low.elements) == (0.2, "low_mass", ())
    assert low.message == "The model gives yes and no together a probability of 0.300 only."


@pytest.mark.parametrize("method", [PositiveNegative(), PositiveQuestions(), DependentQuestions()])
def test_little_probability_of_yes_and_no_is_a_status_of_the_pair_too(method):
    """It goes before `whole_prompt`: that the prompt stands for all can be seen, that the score is doubtful cannot."""
    n_asked = len(method.queries(CAT))
    low, sure_one = Answer("?", 0.3, 0.1), sure(0.6)
    score = method.judge(CAT, [low, sure_one] * (n_asked // 2))
    assert [element.status for element in score.elements] == ["low_mass", "ok"]
    assert (score.status, math.isfinite(score.overall)) == ("low_mass", True)
    assert score.message == (
        "The model would rather say something else than yes or no of 1 of 2 elements, the first 'red' (yes and no "
        "together 0.400)."
    )
    whole = method.judge(WHOLE, [low] * len(method.queries(WHOLE)))
    assert (whole.status, whole.elements[0].status) == ("low_mass", "low_mass")


def test_structure_has_low_mass_too():
    score = StructureQuestions().judge(WHOLE, [sure(0.1), Answer("?", 0.2, 0.1), sure(0.2)])
    assert (score.status, score.elements[1].status) == ("low_mass", "low_mass")
    long = StructureQuestions().judge(WHOLE, [sure(0.1), Answer("?", math.nan, math.nan, problem="Long."), sure(0.2)])
    assert (long.status, long.message, long.elements[1].status) == ("prompt_error", "Long.", "truncated")


def test_the_message_says_what_has_no_score_and_what_has_a_doubtful_one():
    score = PositiveQuestions().judge(CAT, [None, Answer("?", 0.3, 0.1)])
    assert score.status == "low_mass"
    assert score.message.startswith(
        "1 of 2 elements have no score and do not count, the first 'red' (no_question). The"
    )


def test_a_counterfactual_that_nothing_gives_is_a_status_and_a_sentence():
    """A prompt that names every person there is to ask about in place of the others."""
    pair = AskedPair("a man, a wizard and a woman", (Element("man", "animal/human"), Element("woman", "animal/human")))
    method = PositiveNegative(negative="counterfactual")
    asked = method.queries(pair)
    assert asked[2:] == [None, None]
    score = method.judge(pair, [None if query is None else sure(0.5) for query in asked])
    assert [element.status for element in score.elements] == ["no_question"] * 2
    assert (score.status, score.message) == ("score_error", "No element has a score (no_question).")


def test_vqa_score_without_an_answer_is_a_mistake():
    with pytest.raises(ValueError, match="was not asked"):
        WholePrompt().judge(CAT, [None])


def test_structure_is_asked_of_three_kinds_and_the_worst_counts():
    score = StructureQuestions().judge(WHOLE, [sure(0.1), sure(0.7), sure(0.2)])
    assert [element.text for element in score.elements] == ["human", "animal", "object"]
    assert score.overall == pytest.approx(0.7)
    assert texts(StructureQuestions())[0] == QuestionTemplates().human
    broken = StructureQuestions().judge(WHOLE, [sure(0.1), None, sure(0.2)])
    assert (broken.status, broken.elements[1].status) == ("score_error", "no_question")


@pytest.mark.parametrize("method", [PositiveNegative(), PositiveQuestions(), DependentQuestions(), GeneratedAnswers()])
def test_a_prompt_without_elements_is_asked_as_a_whole(method):
    asked = method.queries(WHOLE)
    assert 'Does this figure show "!?"? Please answer yes or no.' in asked[0].text
    answers = [Answer("?", 0.9, 0.1, "yes")] * len(asked)
    assert [element.status for element in method.judge(WHOLE, answers).elements] == ["whole_prompt"]


def test_the_counterfactual_of_a_whole_prompt_is_unknown():
    method = PositiveNegative(negative="counterfactual")
    assert texts(method, WHOLE)[1] is None
    assert method.judge(WHOLE, [sure(0.5), None]).status == "score_error"


@pytest.mark.parametrize("method", [PositiveNegative(), PositiveQuestions(), DependentQuestions(), GeneratedAnswers()])
def test_an_element_without_words_is_not_asked_about(method):
    pair = AskedPair("a cat", (Element("", None), Element("cat", "animal/human")))
    plan = method.queries(pair)
    answers = [None if query is None else Answer(query.text, 0.9, 0.1, "yes") for query in plan]
    score = method.judge(pair, answers)
    assert (plan[0], score.elements[0].status) == (None, "empty")
    assert math.isnan(score.elements[0].score)
    assert score.elements[1].status == "ok"


def test_numbers_that_are_none_are_no_score():
    score = PositiveQuestions().judge(CAT, [Answer("?", math.nan, math.nan), Answer("?", 0.0, 0.0)])
    assert [element.status for element in score.elements] == ["undefined"] * 2
    assert score.status == "score_error"
