"""A VIEScore-style judge: a chat model grades alignment and quality in JSON, with its reasons."""

import json
import math
from typing import Any, Literal

from evalmuse_hf.models.judges.judging_scorer import Verdict
from evalmuse_hf.models.scorer import Answer
from evalmuse_hf.models.vqa.chat import ChatModel, ReadPicture

HIGHEST = 10
UNPARSABLE = "unparsable"
# The wording is ours; scale, parts and their combination are those of the paper.
SEMANTICS = (
    'The picture was made for the prompt "{prompt}". Grade from 0 to 10 how well it shows everything that the prompt '
    'asks for. Answer with JSON only: {"score": [GRADE], "reasoning": "WHY"}'
)
QUALITY = (
    "Grade the picture from 0 to 10, first how natural it looks, then how free of artefacts it is, whatever it shows. "
    'Answer with JSON only: {"score": [GRADE, GRADE], "reasoning": "WHY"}'
)

_NAN = float("nan")


class VIEScore:
    """Geometric mean of what the model grades as alignment and as quality, or the alignment alone; 0 to 10.

    Each part is the least of its grades, as in the paper.

    Args:
        part: ``"overall"`` as in the paper, or ``"semantics"`` for alignment alone, which is cheaper and what this
            package is about.
        max_new_tokens: Tokens after which an answer is cut.

    Raises:
        ValueError: If an argument is outside its range.

    References:
        Ku et al., *VIEScore: Towards Explainable Metrics for Conditional Image Synthesis Evaluation*, 2023.
    """

    def __init__(self, *, part: Literal["overall", "semantics"] = "overall", max_new_tokens: int = 160) -> None:
        if part not in ("overall", "semantics"):
            raise ValueError(f"`part` must be 'overall' or 'semantics', got {part!r}.")
        if max_new_tokens < 1:
            raise ValueError(f"`max_new_tokens` must be at least 1, got {max_new_tokens}.")
        self.part = part
        self.max_new_tokens = max_new_tokens

    def check(self, chat: ChatModel) -> None:
        """Accept every chat model.

        Args:
            chat: Who will be asked.
        """

    def grade(self, picture: ReadPicture, prompt: str) -> Verdict:
        """Grade one pair.

        Args:
            picture: What the model read.
            prompt: The prompt.

        Returns:
            0 to 10; nan with the status ``"unparsable"`` where an answer is not the JSON that was asked for.
        """
        asked = [(SEMANTICS.replace("{prompt}", prompt), 1)]
        if self.part == "overall":
            asked.append((QUALITY, 2))
        questions = [question for question, _ in asked]
        texts = picture.answer(questions, max_new_tokens=self.max_new_tokens)
        answers = tuple(Answer(question, _NAN, _NAN, text) for question, text in zip(questions, texts, strict=True))
        grades = [read_grades(text, count) for text, (_, count) in zip(texts, asked, strict=True)]
        for text, found in zip(texts, grades, strict=True):
            if found is None:
                return Verdict(_NAN, UNPARSABLE, f"The model did not answer as asked: {text[:80]!r}.", answers)
        least = [min(found) for found in grades if found is not None]
        return Verdict(least[0] if len(least) == 1 else math.sqrt(least[0] * least[1]), answers=answers)


def read_grades(text: str, count: int) -> list[float] | None:
    """Read the grades from an answer.

    Args:
        text: What the model said; words around the JSON do no harm.
        count: How many grades there must be.

    Returns:
        The grades of the first object with a key ``score``; None if there is none, or they are not as many numbers
        from 0 to 10.

    >>> read_grades('Here it is: {"score": [7], "reasoning": "No hat."}', 1)
    [7.0]
    """
    decoder = json.JSONDecoder()
    for start, letter in enumerate(text):
        if letter != "{":
            continue
        try:
            value: Any = decoder.raw_decode(text, start)[0]
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and "score" in value:
            grades = value["score"] if isinstance(value["score"], list) else [value["score"]]
            if len(grades) == count and all(_is_grade(grade) for grade in grades):
                return [float(grade) for grade in grades]
            return None
    return None


def _is_grade(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= HIGHEST
