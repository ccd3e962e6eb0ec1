"""What a prompt's tokens should score: the targets of fine-grained training."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from evalmuse_hf.elements import official_token_positions
from evalmuse_hf.schema import ALIGNMENT_SCALE

CLS_POSITION = 0


class LocatedSpans(Protocol):
    """The text of an element; `evalmuse_hf.elements.ElementSpans` is one."""

    @property
    def text(self) -> str:
        """Words of the element."""


class LocatedElement(Protocol):
    """An element with its columns of ``input_ids``, as ``FGABlip2Processor.locate`` returns it."""

    @property
    def positions(self) -> tuple[int, ...]:
        """Columns of all its occurrences; none if it was not placed."""

    @property
    def spans(self) -> LocatedSpans:
        """Where it is in the text."""


class TokenTargets(NamedTuple):
    """Targets of one prompt.

    Attributes:
        token_mask: 1 on tokens of a rated element (and on ``[CLS]``, if asked for), else 0; float32, shape ``(T,)``.
        token_target: Mean score of the elements that cover the token, in [0, 1], 0 elsewhere; float32, shape ``(T,)``.
        unplaced: Texts of the rated elements that have no token within the first ``T``.
    """

    token_mask: npt.NDArray[np.float32]
    token_target: npt.NDArray[np.float32]
    unplaced: tuple[str, ...]


def token_targets(
    locations: Sequence[LocatedElement],
    element_scores: Sequence[float],
    *,
    length: int,
    overall_score: float = math.nan,
    cls_target: bool = True,
) -> TokenTargets:
    """Spread the element scores of one prompt over its tokens.

    A token that several elements cover gets the mean of their scores. An element that occurs several times covers all
    its occurrences. With ``cls_target``, ``[CLS]`` learns the overall score as a share of its scale,
    ``(overall_score - 1) / 4``, as in the official recipe.

    Args:
        locations: Where each element is: from ``FGABlip2Processor.locate`` in the *cleaned* prompt, which is what the
            model reads, or from `official_locations` as in the official training data.
        element_scores: Mean rating of each element, in [0, 1]; an element with nan is treated as if it were not there.
        length: ``T``, padding included.
        overall_score: Mean overall rating, 1 to 5; with nan, ``[CLS]`` has no target.
        cls_target: Whether ``[CLS]`` gets a target.

    Raises:
        ValueError: If elements and scores differ in number.

    >>> from types import SimpleNamespace
    >>> cat = SimpleNamespace(positions=(1, 2), spans=SimpleNamespace(text="a cat"))
    >>> dog = SimpleNamespace(positions=(), spans=SimpleNamespace(text="a dog"))
    >>> targets = token_targets([cat, dog], [0.75, 1.0], length=4, overall_score=3.0)
    >>> targets.token_target.tolist(), targets.unplaced
    ([0.5, 0.75, 0.75, 0.0], ('a dog',))
    """
    if len(locations) != len(element_scores):
        raise ValueError(
            f"Expected one score for each element, got {len(element_scores)} scores for {len(locations)} elements; "
            "give nan for an element without ratings."
        )
    n_elements = np.zeros(length)
    sums = np.zeros(length)
    unplaced = []
    for location, score in zip(locations, element_scores, strict=True):
        if math.isnan(score):
            continue
        columns = [position for position in location.positions if position < length]
        if not columns:
            unplaced.append(location.spans.text)
        n_elements[columns] += 1
        sums[columns] += score
    token_mask = (n_elements > 0).astype(np.float32)
    token_target = (sums / np.maximum(n_elements, 1)).astype(np.float32)
    if cls_target and not math.isnan(overall_score):
        low, high = ALIGNMENT_SCALE
        token_mask[CLS_POSITION] = 1
        token_target[CLS_POSITION] = (overall_score - low) / (high - low)
    return TokenTargets(token_mask, token_target, tuple(unplaced))


@dataclass(frozen=True, slots=True)
class OfficialLocation:
    """A `LocatedElement` of the raw prompt.

    Attributes:
        text: Words of the element.
        positions: Places of its tokens among those of the raw prompt; none if it was not found.
    """

    text: str
    positions: tuple[int, ...]

    @property
    def spans(self) -> "OfficialLocation":
        """The element, for `LocatedSpans`."""
        return self


def official_locations(prompt: str, elements: Sequence[str], *, tokenizer: Any) -> list[OfficialLocation]:
    """Find elements as the official training data does: by token ids, in the prompt as it was written.

    The model reads the cleaned prompt, so that these positions stand beside the words wherever cleaning removes a
    token before them. Only the first occurrence counts, and part of a word may match. (The official preparation leaves
    a record with an element that is not found out of the training; `token_targets` keeps its other elements.)

    Args:
        prompt: The raw prompt.
        elements: Texts of its elements, without category.
        tokenizer: The tokenizer of the model.

    Returns:
        One location for each element, in order, for `token_targets`.
    """
    input_ids = tokenizer(prompt, verbose=False)["input_ids"]
    element_ids = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in elements]
    return [
        OfficialLocation(text, official_token_positions(input_ids, ids))
        for text, ids in zip(elements, element_ids, strict=True)
    ]
