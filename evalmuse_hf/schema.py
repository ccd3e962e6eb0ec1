"""Records that every stage exchanges: prompts and their elements, pictures and their ratings.

A record is checked once, when it is made; later code trusts it. What the release spells in its own way (element keys,
categories) is read here and nowhere else, and the raw spelling stays on the record.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datasets

ALIGNMENT_SCALE = (1.0, 5.0)
"""Lowest and highest overall rating."""

ELEMENT_SCALE = (0.0, 1.0)
"""Rating of an element that is not in the picture, and of one that is."""

CATEGORIES: tuple[str, ...] = (
    "attribute",
    "location",
    "color",
    "object",
    "material",
    "animal/human",
    "food",
    "shape",
    "activity",
    "spatial",
    "counting",
    "other",
)
"""The 12 categories by which results are reported, in the order of the paper's tables."""

_MERGED_HEADS = {"animal": "animal/human", "human": "animal/human", "human/animal": "animal/human"}
_HEADS_OF_OTHER = frozenset({"comparison", "time"})
_HYPHEN = re.compile("[-\u2010-\u2014]")


def reporting_category(raw: str) -> str:
    """Reporting category of a category as the release spells it.

    Case, surrounding spaces and stray parentheses do not matter; what follows the first hyphen is dropped; ``animal``,
    ``human`` and ``animal/human`` are one; everything else that is unknown is ``other``.

    Args:
        raw: A category such as ``"Color) "``, ``"object-vehicle"`` or ``"Other-writing&symbol"``.

    Returns:
        One of `CATEGORIES`.

    >>> [reporting_category(raw) for raw in ("Color) ", "object-vehicle", "human", "comparison")]
    ['color', 'object', 'animal/human', 'other']
    """
    head = _head(raw)
    return head if head in CATEGORIES else "other"


@dataclass(frozen=True, slots=True)
class Element:
    """One checkable piece of a prompt, such as ``Element("two cats", "counting")``.

    Attributes:
        text: The words, without category; stripped.
        category: One of `CATEGORIES`, or None where no category is known.
        raw_category: The category as it was spelled, without spaces around it; None where none was given.
        raw_key: The released key that it was read from, character for character; ignored in comparisons.
    """

    text: str
    category: str | None
    raw_category: str | None = None
    raw_key: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.category is not None and self.category not in CATEGORIES:
            raise ValueError(
                f"`category` of element {self.text!r} is {self.category!r}, expected one of {', '.join(CATEGORIES)}; "
                "use `reporting_category` to translate a released spelling."
            )

    @classmethod
    def parse(cls, key: str) -> "Element":
        """Read a released element key, such as ``"two cats (counting)"``.

        The category is what stands between the last opening parenthesis and the closing one. That one, and spaces
        anywhere around, may be missing or surplus; the text may contain parentheses.

        Args:
            key: The key as it is released.

        Raises:
            ValueError: If ``key`` does not end in a parenthesised category.

        >>> Element.parse("Lavender (Color) ")
        Element(text='Lavender', category='color', raw_category='Color', raw_key='Lavender (Color) ')
        >>> Element.parse("sign (left) (object-other)").text
        'sign (left)'
        """
        text, opening, tail = key.rpartition("(")
        raw_category, _, rest = tail.partition(")")
        raw_category = raw_category.strip()
        if not opening or not raw_category or rest.strip(") \t\r\n"):
            raise ValueError(
                f"Expected an element key that ends in its category, like 'two cats (counting)', got {key!r}; "
                "use `Element.from_text` for an element without category."
            )
        return cls(text.strip(), reporting_category(raw_category), raw_category, key)

    @classmethod
    def from_text(cls, text: str) -> "Element":
        """Make an element without category from its words.

        >>> Element.from_text(" a red cat ")
        Element(text='a red cat', category=None, raw_category=None, raw_key=None)
        """
        return cls(text.strip(), None)

    @classmethod
    def from_columns(cls, text: str, category: str | None = None, raw_category: str | None = None) -> "Element":
        """Make an element from columns in which text and category stand apart, as in the built data set.

        Nothing has to be guessed from parentheses here, so a text keeps its own, and a category that the release does
        not know is ``other``, as the data set reports it.

        Args:
            text: The words.
            category: One of `CATEGORIES` or a released spelling; None or empty is taken from ``raw_category``.
            raw_category: The category as it was spelled; None or empty where it is not known.

        >>> Element.from_columns("Monday", "other", "weekday")
        Element(text='Monday', category='other', raw_category='weekday', raw_key=None)
        """
        spelled = category or raw_category
        raw = raw_category or category
        return cls(text.strip(), reporting_category(spelled) if spelled else None, raw.strip() if raw else None)

    @classmethod
    def read(cls, text_or_key: "str | Element") -> "Element":
        """Read a released key, or a plain text that need not have a category.

        What ends in a parenthesised category of the release is a key; anything else is a text, also where it ends in
        other parentheses. An element is returned as it is.

        >>> Element.read("a red cat (animal)").category
        'animal/human'
        >>> Element.read("sign (left)")
        Element(text='sign (left)', category=None, raw_category=None, raw_key=None)
        """
        if isinstance(text_or_key, Element):
            return text_or_key
        try:
            element = cls.parse(text_or_key)
        except ValueError:
            return cls.from_text(text_or_key)
        known = _head(element.raw_category or "") in {*CATEGORIES, *_HEADS_OF_OTHER}
        return element if known else cls.from_text(text_or_key)

    @property
    def key(self) -> str:
        """The key under which the element is released: ``"text (category)"``, or the text if it has no category."""
        if self.raw_key is not None:
            return self.raw_key
        category = self.raw_category or self.category
        return self.text if category is None else f"{self.text} ({category})"


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a text-to-image model was asked for.

    Attributes:
        prompt_id: Identifier, unique in the data set.
        text: The prompt as it was written.
        source: ``"real"`` or ``"synthetic"``; None where it is not known.
        synthetic_type: The released kind of a synthetic prompt, such as ``"naive_object_counts"``; else None.
        elements: Its elements, in the released order.
    """

    prompt_id: str
    text: str
    source: str | None = None
    synthetic_type: str | None = None
    elements: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """One rater's answer to one question about one picture.

    Attributes:
        value: 1 to 5 for the overall alignment, 0 or 1 for an element.
        position: Place in the list of ratings of that question, from 0.
        rater_id: Who rated; None where it was not published.
        round: 1 for the first annotation, 2 for the re-annotation; None where it was not published.
    """

    value: int
    position: int
    rater_id: str | None = None
    round: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A picture, the prompt it was made for, and what raters said of the two.

    Attributes:
        image_path: Path of the picture below the images folder.
        prompt: The prompt with its elements.
        generator: The text-to-image model that made the picture.
        generator_license: Terms of that model's pictures; None where they are not known.
        overall_ratings: Whole numbers 1 to 5, one per rater; None where they are not published.
        element_ratings: Per element of the prompt, 0 or 1 per rater; None where they are not published.
        prompt_meaningless: Per rater, 1 if the prompt has no subject or is too abstract to judge.
        split_confidence: Per rater, **1 if the split into elements may be wrong**, 0 if it is right.
        attribute_confidence: Per rater, 0 if unsure whether an attribute matches.
        fidelity_labels: Per rater, the structural problems seen, as released.
        overall_mean: Mean overall rating, 1 to 5, where nothing but the mean was published; else None.
        element_means: Likewise, per element of the prompt, in [0, 1]; empty where ratings are published.
        rater_ids: Per rating, who rated; empty where it is not known. A place in a list of ratings is not a person.
        rounds: Per rating, 1 for the first annotation and 2 for the re-annotation; empty where it is not known.
        element_sure: Per element of the prompt, whether each rater was sure of the answer, and None where that is not
            known; empty where nothing is. `attribute_confidence` is about all elements together and says less.

    Raises:
        ValueError: If a rating is not on its scale, not every element has an entry in ``element_ratings``, or another
            list does not have one entry per element or rating.
    """

    image_path: str
    prompt: Prompt
    generator: str
    generator_license: str | None = None
    overall_ratings: tuple[int, ...] | None = None
    element_ratings: tuple[tuple[int, ...] | None, ...] = ()
    prompt_meaningless: tuple[int, ...] = ()
    split_confidence: tuple[int, ...] = ()
    attribute_confidence: tuple[int, ...] = ()
    fidelity_labels: tuple[str, ...] = ()
    overall_mean: float | None = None
    element_means: tuple[float | None, ...] = ()
    rater_ids: tuple[str | None, ...] = ()
    rounds: tuple[int | None, ...] = ()
    element_sure: tuple[tuple[bool | None, ...] | None, ...] = ()

    def __post_init__(self) -> None:
        if len(self.element_ratings) != len(self.prompt.elements):
            raise ValueError(
                f"`element_ratings` of picture {self.image_path!r} has {len(self.element_ratings)} entries for "
                f"{len(self.prompt.elements)} elements; give one per element, None where there are no ratings."
            )
        where = f"of picture {self.image_path!r}"
        _check_ratings(self.overall_ratings, ALIGNMENT_SCALE, f"`overall_ratings` {where}")
        for element, ratings in zip(self.prompt.elements, self.element_ratings, strict=True):
            _check_ratings(ratings, ELEMENT_SCALE, f"`element_ratings` of {element.key!r} {where}")
        self._check_lengths(where)

    def _check_lengths(self, where: str) -> None:
        n_ratings = max([len(self.overall_ratings or ()), *(len(ratings or ()) for ratings in self.element_ratings)])
        for name, values, expected in (
            ("element_means", self.element_means, len(self.prompt.elements)),
            ("element_sure", self.element_sure, len(self.prompt.elements)),
            ("rater_ids", self.rater_ids, n_ratings),
            ("rounds", self.rounds, n_ratings),
        ):
            if values and len(values) != expected:
                raise ValueError(
                    f"`{name}` {where} has {len(values)} entries, expected {expected}; None where unknown."
                )
        for element, sure, ratings in zip(self.prompt.elements, self.element_sure, self.element_ratings, strict=False):
            if sure is not None and len(sure) != len(ratings or ()):
                raise ValueError(
                    f"`element_sure` of {element.key!r} {where} has {len(sure)} entries, expected one for each of its "
                    f"{len(ratings or ())} ratings; None where unknown."
                )

    @property
    def overall_score(self) -> float:
        """Mean overall rating, 1 to 5: of the ratings, or as published without them; nan where neither is known."""
        return _mean(self.overall_ratings) if self.overall_ratings else _number(self.overall_mean)

    @property
    def element_scores(self) -> tuple[float, ...]:
        """Mean rating of each element, in [0, 1]; nan without ratings."""
        means = self.element_means or (None,) * len(self.element_ratings)
        return tuple(
            _mean(ratings) if ratings else _number(mean)
            for ratings, mean in zip(self.element_ratings, means, strict=True)
        )


Column = str | list[Any] | dict[str, Any]
"""Type of a column: ``"image"``, the name of a scalar such as ``"int64"``, a list of one such type, or a struct."""

_VOTES: Column = ["int64"]
ELEMENT_COLUMNS: dict[str, Column] = {
    "text": "string",
    "category": "string",
    "raw_category": "string",
    "ratings": _VOTES,
    "score": "float64",
    "spans": [["int32"]],
}
"""Members of an element of a pair."""

PAIR_COLUMNS: dict[str, Column] = {
    "image": "image",
    "image_path": "string",
    "prompt_id": "string",
    "prompt": "string",
    "source": "string",
    "synthetic_type": "string",
    "generator": "string",
    "generator_license": "string",
    "overall_ratings": _VOTES,
    "overall_score": "float64",
    "prompt_variance": "float64",
    "elements": [ELEMENT_COLUMNS],
    "prompt_meaningless": _VOTES,
    "split_confidence": _VOTES,
    "attribute_confidence": _VOTES,
    "fidelity_labels": ["string"],
    "content_hash": "string",
}
"""Columns of the ``pairs`` configuration, one row per `Pair`.

``elements[].spans`` holds ``[start, end]`` offsets into ``prompt``; what is not known is null.
"""


def pair_features() -> "datasets.Features":
    """`PAIR_COLUMNS` as `datasets` describes them."""
    return column_features(PAIR_COLUMNS)


def column_features(columns: Mapping[str, Column]) -> "datasets.Features":
    """Columns as `datasets` describes them.

    Args:
        columns: Type of each.
    """
    from datasets import Features

    return Features({name: _feature(column) for name, column in columns.items()})


def _feature(column: Column) -> Any:
    from datasets import Image, List, Value

    if isinstance(column, dict):
        return {name: _feature(member) for name, member in column.items()}
    if isinstance(column, list):
        return List(_feature(column[0]))
    return Image() if column == "image" else Value(column)


def _head(raw: str) -> str:
    """Part of a category before the first hyphen, in lower case, with animals and humans merged."""
    head = _HYPHEN.split(raw.strip(" ()\t\r\n").lower(), maxsplit=1)[0]
    head = "/".join(part.strip() for part in head.split("/"))
    return _MERGED_HEADS.get(head, head)


def _check_ratings(ratings: Sequence[int] | None, scale: tuple[float, float], what: str) -> None:
    """Refuse ratings that are not whole numbers on the scale."""
    low, high = scale
    for position, value in enumerate(ratings or ()):
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(
                f"{what}: expected whole numbers from {low:.0f} to {high:.0f}, got {value!r} at position {position}; "
                "correct the rating, or leave it out."
            )


def _number(mean: float | None) -> float:
    return float("nan") if mean is None else mean


def _mean(ratings: Sequence[int] | None) -> float:
    """Plain mean in float64; nan without ratings."""
    return sum(ratings) / len(ratings) if ratings else float("nan")
