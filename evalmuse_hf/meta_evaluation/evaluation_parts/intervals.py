"""How many resamples each interval of an evaluation gets, and from which random numbers."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Cost = Literal["sums", "ranks", "pairs", "fit"]

FEWEST = 200
"""Resamples below which no interval goes for the sake of speed; the ends then vary by a tenth of the width."""

# Rows times resamples that the default of 1,000 resamples may spend on one interval; a second or two each.
_ROWS: dict[Cost, int] = {"sums": 200_000_000, "ranks": 40_000_000, "pairs": 40_000_000, "fit": 1_000_000}
_LEAST_ROWS: dict[Cost, int] = {"fit": 5_000}  # a fit of few rows takes hardly less
_DEFAULT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """The intervals of one evaluation.

    Attributes:
        n_resamples: As asked for; 0 means no intervals.
        seed: Of all random numbers.
    """

    n_resamples: int
    seed: int

    def affordable(self, n_rows: int, cost: Cost) -> int:
        """Resamples of one interval: as many as were asked for, fewer where they would take long.

        Args:
            n_rows: Rows behind the statistic.
            cost: What one resample costs a row: ``"sums"`` of clusters, ``"ranks"``, comparisons of ``"pairs"``
                (Kendall), or a ``"fit"``.

        >>> intervals = Intervals(n_resamples=1000, seed=0)
        >>> [intervals.affordable(n, "ranks") for n in (600, 40_000, 80_000)]
        [1000, 1000, 500]
        >>> intervals.affordable(600, "fit"), Intervals(n_resamples=50, seed=0).affordable(600, "fit")
        (200, 50)
        """
        share = min(1.0, _ROWS[cost] / _DEFAULT / max(n_rows, _LEAST_ROWS.get(cost, 1)))
        return min(self.n_resamples, max(FEWEST, round(self.n_resamples * share)))

    @property
    def beside(self) -> int:
        """Resamples of what stands beside the main figures: a fifth, but not below `FEWEST`."""
        return min(self.n_resamples, max(FEWEST, self.n_resamples // 5))

    def generator(self, part: str) -> np.random.Generator:
        """Random numbers of one part of the evaluation, the same whichever other parts were asked for.

        Args:
            part: Its name.
        """
        return np.random.default_rng([self.seed, *part.encode()])
