"""What a data set of human ratings looks like to everything that judges scorers, whoever published it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]

UNKNOWN_GENERATOR = "unknown"
"""Name of the generator in rows of pictures of which it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFacts:
    """What a reader must know of a data set before believing a number on it.

    Attributes:
        name: Short name, as typed on a command line, such as ``"tifa160"``.
        title: Name in a heading.
        source: Where it is published: reference and address.
        license: Under which terms; None if unknown.
        rating_scale: Lowest and highest overall rating.
        aggregation: How single ratings become the overall score, in words.
        clusters: What rows are drawn together for an interval, in words.
        element_ratings: Whether people answered yes or no for each element.
        in_domain: Scorers that were trained on ratings of this data set, by the names of `load_scorer`.
        notes: Further sentences, each complete.
    """

    name: str
    title: str
    source: str
    license: str | None = None
    rating_scale: tuple[float, float]
    aggregation: str
    clusters: str = "pictures of one prompt"
    element_ratings: bool = False
    in_domain: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedData:
    """Pictures with human ratings, and the scores of other programs that came with them.

    Attributes:
        facts: What a reader must know.
        rows: One per picture, with the columns of `evalmuse_hf.schema.pair_features` that are known (always
            ``image_path, prompt_id, prompt, generator, overall_score, elements``; a single rating list, if known, as
            ``overall_ratings``). ``overall_score`` is on ``facts.rating_scale``, higher is better, None without.
        scores: For each scorer whose scores the file ships, rows with ``image_path``, ``overall_score`` and, if known,
            ``elements``, as `evalmuse_hf.meta_evaluation.evaluate_scores` takes them; higher is better.
        raters: Names of the raters of each row's ``overall_ratings``, by ``image_path``; empty if they are anonymous.
    """

    facts: DataFacts
    rows: tuple[Row, ...]
    scores: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    raters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def rated(self) -> Iterable[Row]:
        """The rows that have an overall score."""
        return (row for row in self.rows if row.get("overall_score") is not None)


def known_generator(row: Row) -> str | None:
    """What drew a picture; None where the row does not say.

    Args:
        row: A row of a data set.

    >>> known_generator({"generator": "SDXL"}), known_generator({"generator": "unknown"}), known_generator({})
    ('SDXL', None, None)
    """
    name = row.get("generator")
    return None if name is None or str(name) in ("", UNKNOWN_GENERATOR) else str(name)
