"""Reading of element scores as verdicts, yes or no, in all elements and in each category."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalmuse_hf.stats.sample import (
    FloatArray,
    IntArray,
    NanPolicy,
    Sample,
    float_vector,
    read_sample,
    require_choice,
)

BoolArray = NDArray[np.bool_]
Unscored = Literal["wrong"] | None


@dataclass(frozen=True, slots=True)
class Part:
    """All elements, or those of one category.

    Attributes:
        category: Its name; None for all elements.
        rows: Positions among the rows of the sample.
        codes: Cluster of each of them, as in the sample.
        n_groups: Groups that they belong to; None when no groups were given.
        n_dropped: Elements of it that were left out because a value was nan.
    """

    category: str | None
    rows: IntArray
    codes: IntArray
    n_groups: int | None
    n_dropped: int

    def sums(self, columns: Sequence[ArrayLike], *, n_clusters: int) -> FloatArray:
        """Add up the rows of this part in each cluster of the sample.

        Args:
            columns: k arrays over the rows of the sample.
            n_clusters: Of the sample.

        Returns:
            Shape ``(n_clusters, k)``; 0 where a cluster has no row of this part.
        """
        own = [np.asarray(column, dtype=np.float64)[self.rows] for column in columns]
        return np.stack([np.bincount(self.codes, weights=column, minlength=n_clusters) for column in own], axis=1)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Verdicts of a scorer beside those of people.

    Attributes:
        sample: Rows and clusters; ``sample["predictions"]`` is 0 where there is no score.
        predicted: Whether the scorer says yes; an element counted as wrong gets the opposite of the reference.
        actual: Whether people say yes.
        unscored: Elements without a score that are counted as wrong.
        parts: All elements, then the categories in alphabetical order.
    """

    sample: Sample
    predicted: BoolArray
    actual: BoolArray
    unscored: BoolArray
    parts: tuple[Part, ...]


def read_verdicts(
    *,
    predictions: ArrayLike,
    references: ArrayLike,
    threshold: float,
    categories: Sequence[str | None] | None,
    groups: Sequence[Hashable] | None,
    nan_policy: NanPolicy,
    unscored: Unscored = None,
) -> Verdicts:
    """Turn scores and ratings of elements into verdicts; a value at the threshold is a yes on both sides.

    Args:
        predictions: Element scores, shape ``(n,)``; nan where the element was not scored.
        references: Mean human element ratings, shape ``(n,)``, in [0, 1].
        threshold: A value of at least this is a yes.
        categories: One category per element, None for none; or None without categories.
        groups: One label per row, or None.
        nan_policy: See `read_sample`.
        unscored: ``"wrong"`` counts an element without a score as a wrong verdict; None leaves it to ``nan_policy``.

    Raises:
        ValueError: See `read_sample`, and if there is not one category per element.

    >>> nan = float("nan")
    >>> verdicts = read_verdicts(
    ...     predictions=[0.9, nan, nan],
    ...     references=[1, 1, 0],
    ...     threshold=0.5,
    ...     categories=["food", "color", "food"],
    ...     groups=None,
    ...     nan_policy="raise",
    ...     unscored="wrong",
    ... )
    >>> verdicts.predicted, [(part.category, part.rows.tolist()) for part in verdicts.parts]
    (array([ True, False,  True]), [(None, [0, 1, 2]), ('color', [1]), ('food', [0, 2])])
    """
    require_choice("unscored", unscored, (None, "wrong"))
    scores = float_vector("predictions", predictions)
    absent = np.isnan(scores) if unscored == "wrong" else np.zeros(len(scores), dtype=bool)
    names, numbers = _categories(categories, len(scores))
    columns: dict[str, ArrayLike] = {
        "predictions": np.where(absent, 0.0, scores),
        "references": references,
        "absent": absent,
        "categories": numbers,
    }
    sample = read_sample(columns, groups=groups, nan_policy=nan_policy)
    predicted, actual = sample["predictions"] >= threshold, sample["references"] >= threshold
    missing, kept = sample["absent"] > 0, sample["categories"].astype(np.intp)
    parts = [Part(None, np.arange(sample.n), sample.codes, sample.n_groups, sample.n_dropped)]
    given = np.bincount(numbers[numbers >= 0], minlength=len(names))
    for number, name in enumerate(names):
        rows = np.flatnonzero(kept == number)
        codes = sample.codes[rows]
        n_groups = len(np.unique(codes)) if sample.grouped else None
        parts.append(Part(name, rows, codes, n_groups, int(given[number]) - len(rows)))
    return Verdicts(sample, np.where(missing, ~actual, predicted), actual, missing, tuple(parts))


def _categories(categories: Sequence[str | None] | None, n: int) -> "tuple[list[str], IntArray]":
    if categories is None:
        return [], np.full(n, -1, dtype=np.intp)
    if len(categories) != n:
        raise ValueError(f"Expected one category per element, got {len(categories)} for {n} elements.")
    names = sorted({name for name in categories if name is not None})
    numbers = {name: number for number, name in enumerate(names)}
    codes = [-1 if name is None else numbers[name] for name in categories]
    return names, np.asarray(codes, dtype=np.intp)
