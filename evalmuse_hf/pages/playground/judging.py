"""What a visitor asks for and what is answered: one prompt, one or two pictures, one or several scorers."""

import dataclasses
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalmuse_hf.models.scorer import PairScore
from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.pages.playground.proposals import check_prompt, read_page_elements
from evalmuse_hf.pages.scorers import PageError, PageScorers
from evalmuse_hf.pages.uploads import NOT_UPLOADED, open_upload
from evalmuse_hf.schema import Element

PICTURE_NAMES = ("A", "B")
"""How pictures that stand side by side are called."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, checked.

    Attributes:
        pictures: One, or two of the same prompt; RGB.
        prompt: The prompt.
        elements: Its elements.
        labels: Of the scorers that are asked, in order.
    """

    pictures: tuple[Any, ...]
    prompt: str
    elements: tuple[Element, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one scorer says.

    Attributes:
        label: How visitors see it.
        name: Of the scorer, which says what scale it has.
        scores: One for each picture.
        seconds: That it took.
    """

    label: str
    name: str
    scores: tuple[PairScore, ...]
    seconds: float


def read_question(
    pictures: Sequence[Any],
    prompt: Any,
    elements: Any,
    labels: Any,
    *,
    scorers: PageScorers,
    limits: PageLimits,
    examples: Sequence[Path] = (),
) -> Question:
    """Check what a visitor sent, and open the pictures.

    Args:
        pictures: One or two uploads; of two, none may be absent.
        prompt: As it was typed.
        elements: As in `read_page_elements`.
        labels: Of scorers of this server, or one label; none for the first.
        scorers: The scorers.
        limits: What a request may hold.
        examples: Pictures of the server that anybody may name.

    Raises:
        PageError: If something is missing, too large, or not there; one sentence.
    """
    missing = [name for name, picture in zip(PICTURE_NAMES, pictures, strict=False) if picture is None]
    if len(missing) == len(pictures):
        raise PageError("There is no picture yet: upload one, or pick an example.")
    if missing:
        raise PageError(f"Picture {missing[0]} is missing: upload it, or untick “Second picture” to score only one.")
    check_prompt(prompt, limits=limits)
    if not prompt.strip():
        raise PageError("There is no prompt yet: type what the picture was meant to show.")
    chosen = _read_labels(labels) or scorers.labels[:1]
    for label in chosen:
        scorers.find(label)
    listed = read_page_elements(elements, limits=limits)
    if not all(isinstance(picture, str | Path | Mapping) for picture in pictures):
        raise PageError(NOT_UPLOADED.format(what="The picture"))
    opened = tuple(open_upload(picture, limits=limits, examples=examples) for picture in pictures)
    return Question(opened, prompt, listed, chosen)


def judge(question: Question, scorers: PageScorers) -> Iterator[Judgement]:
    """Ask one scorer after the other, so that the first answer is there early.

    Args:
        question: Of `read_question`.
        scorers: The scorers.

    Yields:
        What each says, in order.
    """
    n = len(question.pictures)
    for label in question.labels:
        start = time.perf_counter()
        scores = scorers.score(
            label,
            images=list(question.pictures),
            prompts=[question.prompt] * n,
            elements=[list(question.elements)] * n,
        )
        named = tuple(_name_pictures(score, index, n) for index, score in enumerate(scores))
        yield Judgement(label, scorers.find(label).name, named, time.perf_counter() - start)


def difference(first: PairScore, second: PairScore) -> float:
    """How much higher the overall score of the second picture is; nan if one has none.

    Args:
        first: Of the first picture.
        second: Of the second, by the same scorer.
    """
    return second.overall - first.overall


def _read_labels(given: Any) -> tuple[str, ...]:
    """Labels without repetition, in order.

    Raises:
        PageError: If they are no texts.
    """
    labels = [given] if isinstance(given, str) else given or []
    if not isinstance(labels, list | tuple) or not all(isinstance(label, str) for label in labels):
        raise PageError("The scorers must be a list of their labels.")
    return tuple(dict.fromkeys(label for label in labels if label))


def _name_pictures(score: PairScore, index: int, n: int) -> PairScore:
    """What is wrong with one of two pictures is said of that one."""
    if n == 1 or not score.message:
        return score
    return dataclasses.replace(score, message=f"Picture {PICTURE_NAMES[index]}: {score.message}")
