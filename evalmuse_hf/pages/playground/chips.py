"""Element scores in their places in the prompt, as `gradio.HighlightedText` takes them."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from evalmuse_hf.elements import find_spans
from evalmuse_hf.models.scorer import ElementScore

SHOWN_FROM = 0.5
"""From here on an element counts as shown, as in the paper's accuracy."""

SHOWN_COLOR, MISSING_COLOR = "#1d4ed8", "#b45309"
"""Blue and brown: told apart by people who do not see red or green, and dark enough for white letters."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a prompt.

    Attributes:
        text: Its characters; all pieces together are the prompt.
        label: Score and category of the elements that stand here; None where none does.
        is_shown: Whether all of them count as shown.
    """

    text: str
    label: str | None = None
    is_shown: bool = True


def cut_into_pieces(prompt: str, elements: Sequence[ElementScore]) -> list[Piece]:
    """Cut a prompt where scored elements begin and end.

    Where elements overlap, the piece has the labels of all, and counts as shown if all do.

    Args:
        prompt: The raw prompt.
        elements: Its elements, scored; those without a place in the prompt, or without a score, mark nothing.

    >>> cat = ElementScore("cat", "animal/human", 0.25, "ok")
    >>> [(piece.text, piece.label) for piece in cut_into_pieces("a cat", [cat])]
    [('a ', None), ('cat', '0.25 animal/human')]
    """
    found = find_spans(prompt, [element.text for element in elements])
    places = [
        (span.start, span.end, element)
        for spans, element in zip(found, elements, strict=True)
        if spans.cleaned and not math.isnan(element.score)
        for span in spans.prompt
    ]
    cuts = sorted({0, len(prompt), *(place[0] for place in places), *(place[1] for place in places)})
    pieces = []
    for start, end in itertools.pairwise(cuts):
        here = [element for first, last, element in places if first <= start and end <= last]
        if not here:
            pieces.append(Piece(prompt[start:end]))
            continue
        label = " · ".join(_label(element) for element in here)
        pieces.append(Piece(prompt[start:end], label, all(counts_as_shown(element.score) for element in here)))
    return pieces


def find_unmarked(prompt: str, elements: Sequence[ElementScore]) -> list[ElementScore]:
    """Find the elements that mark nothing in the prompt, because they have no place in it or no score.

    Args:
        prompt: The raw prompt.
        elements: Its elements, scored.
    """
    found = find_spans(prompt, [element.text for element in elements])
    return [
        element
        for spans, element in zip(found, elements, strict=True)
        if not spans.cleaned or math.isnan(element.score)
    ]


def counts_as_shown(score: float) -> bool:
    """Whether an element counts as shown, by the number that people see.

    Args:
        score: In [0, 1].

    >>> counts_as_shown(0.5), counts_as_shown(0.4949)
    (True, False)
    """
    return round(score, 2) >= SHOWN_FROM


def color_labels(pieces: Sequence[Piece]) -> dict[str, str]:
    """The colour of each label, as `gradio.HighlightedText` takes them.

    Args:
        pieces: Of `cut_into_pieces`.
    """
    return {piece.label: SHOWN_COLOR if piece.is_shown else MISSING_COLOR for piece in pieces if piece.label}


def _label(element: ElementScore) -> str:
    return f"{element.score:.2f} {element.category or ''}".strip()
