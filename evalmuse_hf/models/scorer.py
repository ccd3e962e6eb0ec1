"""What every alignment scorer takes and gives, whatever network is behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from evalmuse_hf.schema import Element


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered to one question about a picture.

    Attributes:
        question: The question as it was put.
        yes: Probability of all spellings of yes together, among all tokens, in [0, 1]; nan where words were asked for.
        no: The same of no.
        text: The answer in words; None where probabilities were asked for.
    """

    question: str
    yes: float
    no: float
    text: str | None = None

    @property
    def mass(self) -> float:
        """Probability that the answer is yes or no at all, in [0, 1]."""
        return self.yes + self.no


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
            scores 0.) Scorers that ask questions also have, with a score, ``"whole_prompt"`` where no element was
            given or found and the prompt stands for all, and ``"low_mass"`` where the model would rather say
            something else than yes or no; without one, ``"no_question"`` and ``"unparsable"``. Scorers that give the
            overall alone have ``"unsupported"``.
        answers: What the model was asked about the element, and said; empty for scorers that ask nothing.
    """

    text: str
    category: str | None
    score: float
    status: str
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class PairScore:
    """How well a picture shows its prompt.

    Attributes:
        overall: On the scorer's scale, which is 1-5 for FGA-BLIP2 and [0, 1] for scorers that ask questions; nan if
            the pair was not scored.
        elements: One score per element that was given, in order.
        status: ``"ok"``, ``"image_error"``, ``"prompt_error"``, ``"element_error"``, or ``"score_error"`` where the
            model gave something that is no number. With a score also ``"truncated"``, where the prompt is longer than
            what an encoder reads, and ``"low_mass"``, as for elements.
        message: One sentence that says what is wrong, without the place of the pair, which is that of the result; None
            if there is nothing to say.
        answers: What the model was asked about the prompt as a whole, and said.
    """

    overall: float
    elements: tuple[ElementScore, ...]
    status: str = "ok"
    message: str | None = None
    answers: tuple[Answer, ...] = ()


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
