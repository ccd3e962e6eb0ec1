"""What a round asks of its raters."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

_SECONDS_PER_MINUTE = 60.0
_MOST_MINUTES = 366 * 24 * 60.0
_WIDEST = 4  # between the ratings 1 and 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundSettings:
    """What a round asks of its raters. Kept with the round, so that a later look knows what applied.

    Attributes:
        ratings_per_item: Different raters for each item.
        lease_minutes: How long an item is kept for the rater who was given it; every saved draft starts it anew.
        max_per_rater: Most items for one rater, gold items not counted; None for no limit.
        soft_limit: A rater at that limit goes on with items that no other rater below it can take.
        needs_qualification: Only raters who passed a pilot.
        gold_share: Chance, in [0, 1), that the next item is a gold one that the rater has not seen.
        range_threshold: Range of the first ratings of an item from which it is rated again; None switches that off.
        range_ratings: How many first ratings that range is taken of.
        reannotation_raters: How many further raters an item gets then; each is none of the first.
        min_gold_elements: Pilot: share of the gold element answers that a rater must give to pass.
        max_gold_overall_error: Pilot: most mean absolute error of the overall ratings, in points, to pass.
        min_gold_items: Pilot: gold items that must be answered before anything is decided.
    """

    ratings_per_item: int = 3
    lease_minutes: float = 30.0
    max_per_rater: int | None = None
    soft_limit: bool = False
    needs_qualification: bool = False
    gold_share: float = 0.0
    range_threshold: int | None = 2
    range_ratings: int = 3
    reannotation_raters: int = 3
    min_gold_elements: float = 0.8
    max_gold_overall_error: float = 1.0
    min_gold_items: int = 5

    def __post_init__(self) -> None:
        for name in ("ratings_per_item", "range_ratings", "reannotation_raters", "min_gold_items"):
            if not _is_whole(getattr(self, name), least=1):
                raise ValueError(f"`{name}` must be a whole number of at least 1, got {getattr(self, name)!r}.")
        if not 0 < self.lease_minutes <= _MOST_MINUTES:  # false for nan, here and below
            raise ValueError(f"`lease_minutes` must be above 0 and at most a year, got {self.lease_minutes!r}.")
        if self.max_per_rater is not None and not _is_whole(self.max_per_rater, least=1):
            raise ValueError(
                f"`max_per_rater` must be a whole number of at least 1, or None for no limit, "
                f"got {self.max_per_rater!r}."
            )
        if not 0 <= self.gold_share < 1:
            raise ValueError(f"`gold_share` must be in [0, 1), got {self.gold_share!r}.")
        threshold = self.range_threshold
        if threshold is not None and not (_is_whole(threshold, least=1) and threshold <= _WIDEST):
            raise ValueError(f"`range_threshold` must be 1 to 4, or None for never, got {threshold!r}.")
        if not 0 <= self.min_gold_elements <= 1:
            raise ValueError(f"`min_gold_elements` must be in [0, 1], got {self.min_gold_elements!r}.")
        if not (math.isfinite(self.max_gold_overall_error) and self.max_gold_overall_error >= 0):
            raise ValueError(
                f"`max_gold_overall_error` must be a number of at least 0, got {self.max_gold_overall_error!r}."
            )

    @property
    def lease_seconds(self) -> float:
        """`lease_minutes` in seconds."""
        return self.lease_minutes * _SECONDS_PER_MINUTE

    def as_json(self) -> dict[str, Any]:
        """The settings as the store keeps them."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "RoundSettings":
        """Read what `as_json` wrote; what an older version did not know has its default.

        Args:
            values: The settings by name.
        """
        known = {entry.name for entry in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


def _is_whole(value: object, *, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
