"""What every alignment scorer takes and gives, whatever network is behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from evalmuse_hf.schema import Element

if TYPE_CHECKING:
    from evalmuse_hf.images import Preparation


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered to one question about a picture.

    Attributes:
        question: The question as it was put.
        yes: Probability of all spellings of yes together, among all tokens, in [0, 1]; nan where words were asked for.
        no: The same of no.
        text: The answer in words; None where probabilities were asked for.
        problem: One sentence that says why the question was not put to the model; None if it was.
    """

    question: str
    yes: float
    no: float
    text: str | None = None
    problem: str | None = None

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
            given or found and the prompt stands for all, and ``"low_mass"``, which goes before it, where the model
            would rather say something else than yes or no; without one, ``"no_question"``, ``"unparsable"``,
            ``"undefined"`` and, where the question is longer than what the model reads, ``"truncated"``. Scorers that
            give the overall alone have ``"unsupported"``.
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
            what an encoder reads, and ``"low_mass"``, where that is the status of an element or of the question about
            the prompt.
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


@runtime_checkable
class ReadAheadScorer(Scorer, Protocol):
    """A scorer that also takes pictures that somebody else reads: `evalmuse_hf.images.DeferredPicture`."""

    @property
    def preparation(self) -> "Preparation | None":
        """How whoever reads the pictures resizes them; None leaves them as they are."""
        ...

    def wants(self, content: str) -> bool:
        """Whether the pixels of a picture are needed; may be asked by any thread.

        Args:
            content: Hash of its content.
        """
        ...
