"""From answers to scores: of an element, and of a pair from its elements."""

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean

from evalmuse_hf.models.rows import PROMPT_ERROR, SCORE_ERROR, TRUNCATED
from evalmuse_hf.models.scorer import Answer, ElementScore, PairScore
from evalmuse_hf.models.vqa.asked_pair import AskedPair
from evalmuse_hf.models.vqa.yes_no import Normalization, YesNo

WHOLE_PROMPT = "whole_prompt"
LOW_MASS = "low_mass"
NO_QUESTION = "no_question"
UNPARSABLE = "unparsable"
EMPTY = "empty"
UNDEFINED = "undefined"

_NAN = float("nan")


def p_yes(answer: Answer, normalization: Normalization) -> float:
    """Probability of yes.

    Args:
        answer: What the model said.
        normalization: See `YesNo.p_yes`.
    """
    return YesNo(answer.yes, answer.no).p_yes(normalization)


def positive_scores(
    pair: AskedPair, answers: Sequence[Answer | None], normalization: Normalization
) -> list[ElementScore]:
    """The probability of yes for each element.

    Args:
        pair: What was asked about.
        answers: One per element; None where nothing was asked.
        normalization: See `YesNo.p_yes`.
    """
    return [
        score_element(pair, index, () if answer is None else (answer,), lambda given: p_yes(given[0], normalization))
        for index, answer in enumerate(answers)
    ]


def score_element(
    pair: AskedPair, index: int, answers: tuple[Answer, ...], score: Callable[[Sequence[Answer]], float]
) -> ElementScore:
    """Score an element by its answers; without them it has none.

    Args:
        pair: What was asked about.
        index: Of the element.
        answers: Those about it; empty if one of them is lacking.
        score: Makes a number of them.

    Returns:
        Of several statuses the gravest: no question or no words, a question that was not put, no number, little
        probability of yes and no, the prompt as a whole.
    """
    element = pair.elements[index]
    if not answers:
        return ElementScore(element.text, element.category, _NAN, NO_QUESTION if element.text else EMPTY)
    if any(answer.problem is not None for answer in answers):
        return ElementScore(element.text, element.category, _NAN, TRUNCATED, answers)
    value = score(answers)
    worst = min(answers, key=lambda answer: answer.mass)
    status = YesNo(worst.yes, worst.no).status
    if not math.isfinite(value):
        status = UNDEFINED
    elif status == "ok" and pair.is_whole:
        status = WHOLE_PROMPT
    return ElementScore(element.text, element.category, value, status, answers)


def collect_scores(scores: Iterable[ElementScore]) -> PairScore:
    """Overall as the mean over the elements that have a score.

    Args:
        scores: One per element.
    """
    elements = list(scores)
    known = [element.score for element in elements if math.isfinite(element.score)]
    return finish_pair(fmean(known) if known else _NAN, elements)


def finish_pair(overall: float, elements: Sequence[ElementScore]) -> PairScore:
    """Say in status and message what has no score, and whose score is to be doubted.

    Args:
        overall: Of the pair; nan if it has none.
        elements: Its elements.

    Returns:
        The status is ``"low_mass"`` if that of any element is.
    """
    missing = [element for element in elements if not math.isfinite(element.score)]
    if not math.isfinite(overall):
        problems = [answer.problem for element in missing for answer in element.answers if answer.problem]
        if problems and all(element.status == TRUNCATED for element in missing):
            return PairScore(_NAN, tuple(elements), PROMPT_ERROR, problems[0])
        reason = ", ".join(sorted({element.status for element in missing})) or "no element"
        return PairScore(_NAN, tuple(elements), SCORE_ERROR, f"No element has a score ({reason}).")
    remarks = []
    if missing:
        first = missing[0]
        remarks.append(
            f"{len(missing)} of {len(elements)} elements have no score and do not count, the first "
            f"{first.text!r} ({first.status})."
        )
    low = [element for element in elements if element.status == LOW_MASS]
    if low:
        mass = min(answer.mass for answer in low[0].answers)
        remarks.append(
            f"The model would rather say something else than yes or no of {len(low)} of {len(elements)} elements, "
            f"the first {low[0].text!r} (yes and no together {mass:.3f})."
        )
    return PairScore(overall, tuple(elements), LOW_MASS if low else "ok", " ".join(remarks) or None)
