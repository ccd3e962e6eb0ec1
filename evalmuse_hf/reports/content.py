"""What a report shows, ready to be laid out: texts, numbers and pictures, nothing to compute."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["both_yes", "both_no", "only_scorer", "only_people", "unknown"]
"""Who says that an element is in the picture."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One headline number in [0, 1].

    Attributes:
        label: Its name.
        value: The number; None if it is undefined.
        low: Lower end of its interval; None without one.
        high: Upper end.
        n: Rows behind it.
        unit: What a row is, in the plural.
        ceiling: What noisy raters allow; None if it is not known.
    """

    label: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    unit: str
    ceiling: float | None = None


@dataclass(frozen=True, slots=True)
class CategoryBar:
    """Accuracy of one category of elements, in [0, 1]; ``ceiling`` is what noisy raters allow."""

    category: str
    accuracy: float
    low: float | None
    high: float | None
    n: int
    ceiling: float | None = None


@dataclass(frozen=True, slots=True)
class RankingLine:
    """One generator by the scorer and by people, means on 1 to 5; what is not known is None."""

    generator: str
    rank: int
    mean: float
    low: float | None
    high: float | None
    n: int
    people_rank: int | None = None
    people_mean: float | None = None
    people_low: float | None = None
    people_high: float | None = None


@dataclass(frozen=True, slots=True)
class ElementVerdict:
    """One element of an example with both scores in [0, 1]; None where there is none."""

    text: str
    category: str
    predicted: float | None
    rated: float | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class PromptPiece:
    """A piece of a prompt; ``verdict`` is that of the smallest element that covers it, None outside of elements."""

    text: str
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """One pair with its picture.

    Attributes:
        image: The picture file.
        generator: Who made it.
        pieces: The prompt, cut at the borders of its elements.
        predicted: Overall score, 1 to 5.
        rated: Mean rating of people, 1 to 5.
        elements: The elements with their verdicts.
    """

    image: bytes
    generator: str
    pieces: tuple[PromptPiece, ...]
    predicted: float
    rated: float
    elements: tuple[ElementVerdict, ...]


@dataclass(frozen=True, slots=True)
class ExampleGroup:
    """Examples that belong together, with a sentence that says why these."""

    title: str
    explanation: str
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class SubsetLine:
    """Agreement on a part of the pairs, correlations and accuracy; what is not known is None."""

    name: str
    n_pairs: int
    srcc: float | None
    srcc_ceiling: float | None
    accuracy: float | None
    accuracy_ceiling: float | None
    n_elements: int


@dataclass(frozen=True, slots=True)
class Report:
    """Everything on the page.

    Attributes:
        title: Headline of the page.
        summary: A sentence or two below it.
        warning: What a reader must know before believing a number; None if there is nothing.
        figures: Headline numbers.
        predicted: Overall score of each pair, 1 to 5.
        rated: Mean rating of the same pairs.
        categories: Accuracy by category.
        subsets: Agreement on parts of the pairs; may be empty.
        ranking: The generators, best first; may be empty.
        groups: Examples.
        method: Sentences that say how the numbers were made.
        provenance: Names and values for the footer.
    """

    title: str
    summary: str
    warning: str | None
    figures: tuple[Figure, ...]
    predicted: tuple[float, ...]
    rated: tuple[float, ...]
    categories: tuple[CategoryBar, ...]
    subsets: tuple[SubsetLine, ...]
    ranking: tuple[RankingLine, ...]
    groups: tuple[ExampleGroup, ...]
    method: tuple[str, ...]
    provenance: tuple[tuple[str, str], ...]
