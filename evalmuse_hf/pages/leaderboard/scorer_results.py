"""What the leaderboard shows of scorers: each on one data set, and data sets that are never mixed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from evalmuse_hf.pages.leaderboard.record_labels import RecordLabel

FIGURES: Mapping[str, str] = {
    "srcc": "SRCC",
    "krcc": "KRCC",
    "plcc": "PLCC",
    "within": "SRCC within prompts",
    "accuracy": "element accuracy",
    "balanced": "balanced accuracy",
}
"""The statistics by which scorers are shown, with their headings."""

BesideKind = Literal["trivial", "person", "ceiling"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """One statistic; what is not known is None.

    Attributes:
        value: None if it is undefined.
        low: Lower end of the 95 % interval; None without one.
        high: Upper end.
        n: Rows behind it.
        n_prompts: Their prompts.
        status: ``"ok"``, or why there is no value.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    n_prompts: int | None = None
    status: str = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class BesideRow:
    """What is trivial or possible, to stand beside scorers.

    Attributes:
        name: In words.
        kind: ``"trivial"`` sees no picture, ``"person"`` is one rater, ``"ceiling"`` what noise in ratings allows.
        figures: By the keys of `FIGURES`.
    """

    name: str
    kind: BesideKind
    figures: Mapping[str, Statistic]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorerResult:
    """One scorer on one data set.

    Attributes:
        scorer: Its name.
        label: Of the record.
        figures: By the keys of `FIGURES`.
        scored: Rated pictures that it scored; None where it is not known.
        rated: Rated pictures; None where it is not known.
        in_domain: Whether it was trained on ratings of this data set; None where it is not known.
        letters: Scorers of one record that share a letter are not separated; empty where they were not compared.
        beside: What is trivial and what is possible on the pictures that it scored.
        warnings: Of the record, each a sentence.
    """

    scorer: str
    label: RecordLabel
    figures: Mapping[str, Statistic]
    scored: int | None = None
    rated: int | None = None
    in_domain: bool | None = None
    letters: str = ""
    beside: tuple[BesideRow, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorerGroup:
    """Results on one data set; only these stand in one table.

    Attributes:
        key: Tells groups apart.
        title: What the data set is.
        results: The scorers.
        facts: Names and values, such as what a rating is.
        notes: What a reader must know, each a sentence.
        published: Whether the numbers are printed ones of others.
    """

    key: str
    title: str
    results: tuple[ScorerResult, ...]
    facts: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = field(default=())
    published: bool = False

    @property
    def name(self) -> str:
        """The title with the mark of its records."""
        marks = dict.fromkeys(result.label.mark for result in self.results)
        shown = ", ".join(mark for mark in marks if mark)
        return f"{self.title} [{shown}]" if shown else self.title
