"""What every alignment scorer takes and gives, whatever network is behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from evalmuse_hf.schema import Element


@dataclass(frozen=True, slots=True)
class ElementScore:
    """How well a picture shows one element of its prompt.

    Attributes:
        text: The element's text, without category.
        category: One of `evalmuse_hf.schema.CATEGORIES` if the element was given as a released key such as
            ``"two cats (counting)"``, else None.
        score: In [0, 1]; nan if the element was not scored.
        status: ``"ok"``, ``"ambiguous"`` or ``"inexact"`` with a score; ``"truncated"``, ``"unmatched"`` or
            ``"empty"`` without one; or the status of the pair if that failed. (With ``compat="official"``, unmatched
            scores 0.)
    """

    text: str
    category: str | None
    score: float
    status: str


@dataclass(frozen=True, slots=True)
class PairScore:
    """How well a picture shows its prompt.

    Attributes:
        overall: On the 1-5 scale; nan if the pair was not scored.
        elements: One score per element that was given, in order.
        status: ``"ok"``, ``"image_error"``, ``"prompt_error"``, ``"element_error"``, or ``"score_error"`` where the
            model gave something that is no number.
        message: One sentence that says what is wrong, without the place of the pair, which is that of the result; None
            if the status is ``"ok"``.
    """

    overall: float
    elements: tuple[ElementScore, ...]
    status: str = "ok"
    message: str | None = None


class Scorer(Protocol):
    """Scores pictures against prompts; one bad row never stops the others."""

    name: str

    def score(
        self,
        *,
        images: Sequence[Any],
        prompts: Sequence[str],
        elements: Sequence[Sequence[str | Element]] | None = None,
    ) -> list[PairScore]:
        """Score each picture against the prompt in the same row.

        Args:
            images: Anything `evalmuse_hf.images.load_image` opens.
            prompts: Raw prompts, as many as pictures.
            elements: For each prompt its elements, as anything that `Element.read` takes: texts, released keys
                ``"text (category)"``, or elements.

        Returns:
            One result per row, in order.

        Raises:
            ValueError: If the inputs differ in length.
        """
        ...
