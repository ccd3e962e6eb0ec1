"""Maps from scores to the share of people who say yes: Platt's logistic and isotonic regression."""

import logging
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression
from scipy.special import expit

from evalmuse_hf.stats.folds import grouped_folds
from evalmuse_hf.stats.sample import (
    FloatArray,
    IntArray,
    Sample,
    float_vector,
    group_numbers,
    read_sample,
    require_choice,
)

logger = logging.getLogger(__name__)

CalibrationMethod = Literal["none", "platt", "isotonic"]

MAX_STEPS = 100
TOLERANCE = 1e-12  # of the loss, relative; Newton's steps then no longer change what is printed
MIN_ROWS = 20  # a category with fewer rows to learn from uses the map of all categories


@dataclass(frozen=True, slots=True)
class PlattMap:
    """The map ``1 / (1 + exp(-(slope * x + intercept)))``.

    Attributes:
        slope: Positive where higher scores mean yes.
        intercept: Log odds of a score of 0.
    """

    slope: float
    intercept: float

    def __call__(self, x: ArrayLike) -> FloatArray:
        """Map scores, any shape, to shares in (0, 1); nan stays nan."""
        return np.asarray(expit(self.slope * np.asarray(x, dtype=np.float64) + self.intercept), dtype=np.float64)

    def record(self) -> dict[str, Any]:
        """The map as plain values for JSON.

        >>> PlattMap(2.0, -1.0).record()
        {'method': 'platt', 'slope': 2.0, 'intercept': -1.0}
        """
        return {"method": "platt", "slope": self.slope, "intercept": self.intercept}


@dataclass(frozen=True, slots=True)
class IsotonicMap:
    """A rising, piecewise linear map; flat beyond its ends.

    Attributes:
        inputs: Scores at the knots, rising.
        outputs: Shares at the knots, in [0, 1], never falling.
    """

    inputs: tuple[float, ...]
    outputs: tuple[float, ...]

    def __call__(self, x: ArrayLike) -> FloatArray:
        """Map scores, any shape, to shares in [0, 1]; nan stays nan."""
        return np.asarray(np.interp(np.asarray(x, dtype=np.float64), self.inputs, self.outputs), dtype=np.float64)

    def record(self) -> dict[str, Any]:
        """The map as plain values for JSON.

        >>> IsotonicMap((0.2, 0.8), (0.0, 1.0)).record()
        {'method': 'isotonic', 'inputs': [0.2, 0.8], 'outputs': [0.0, 1.0]}
        """
        return {"method": "isotonic", "inputs": list(self.inputs), "outputs": list(self.outputs)}


CalibrationMap = PlattMap | IsotonicMap


def read_calibration_map(record: Mapping[str, Any]) -> CalibrationMap:
    """Read a map that its ``record`` wrote.

    Args:
        record: As from JSON.

    Raises:
        ValueError: If ``method`` is unknown, or the knots are not as `IsotonicMap` says.

    >>> read_calibration_map({"method": "platt", "slope": 2.0, "intercept": -1.0})(0.5)
    array(0.5)
    """
    require_choice("method", record.get("method"), ("platt", "isotonic"))
    if record["method"] == "platt":
        return PlattMap(float(record["slope"]), float(record["intercept"]))
    inputs, outputs = (np.asarray(record[name], dtype=np.float64) for name in ("inputs", "outputs"))
    if not len(inputs) or len(inputs) != len(outputs) or (np.diff(inputs) <= 0).any() or (np.diff(outputs) < 0).any():
        raise ValueError(
            "An isotonic map needs as many `outputs` as `inputs`, at least one, `inputs` rising and `outputs` never "
            "falling; write the record anew with `fit_isotonic(...).record()`."
        )
    return IsotonicMap(tuple(inputs.tolist()), tuple(outputs.tolist()))


def fit_platt(*, predictions: ArrayLike, yes_shares: ArrayLike) -> PlattMap:
    r"""Logistic map of scores to shares of yes, fitted by maximum likelihood to Platt's targets.

    A share counts as that much of a yes and the rest of a no. With :math:`N_+` yes and :math:`N_-` no, the targets are
    :math:`(N_+ + 1) / (N_+ + 2)` for a yes and :math:`1 / (N_- + 2)` for a no instead of 1 and 0, so that classes that
    a threshold separates do not make the slope infinite. Newton's method on standardised scores, steps halved where
    they would overshoot.

    Args:
        predictions: Scores, shape ``(n,)``, any scale.
        yes_shares: Share of people who say yes, shape ``(n,)``, in [0, 1].

    Returns:
        The map; flat for constant scores.

    Raises:
        ValueError: For no rows, nan, infinite values, different lengths, or shares outside [0, 1].

    References:
        Platt, *Probabilistic outputs for support vector machines*, 1999; Lin, Lin and Weng, *A note on Platt's
        probabilistic outputs for support vector machines*, 2007 (the fit). Shares for verdicts are ours.

    >>> fitted = fit_platt(predictions=[0.1, 0.4, 0.6, 0.9], yes_shares=[0, 0, 1, 1])
    >>> fitted([0.1, 0.5, 0.9]).tolist()
    [0.208, 0.5, 0.792]
    """
    sample = _read(predictions, yes_shares)
    scores, shares = sample["predictions"], sample["yes_shares"]
    n_yes = float(shares.sum())
    n_no = len(shares) - n_yes
    targets = shares * (n_yes + 1) / (n_yes + 2) + (1 - shares) / (n_no + 2)
    centre, spread = float(scores.mean()), float(scores.std())
    if spread <= TOLERANCE * max(1.0, abs(centre)):
        mean = float(targets.mean())
        return PlattMap(0.0, float(np.log(mean / (1 - mean))))
    slope, intercept = _newton((scores - centre) / spread, targets)
    return PlattMap(slope / spread, intercept - slope * centre / spread)


def fit_isotonic(*, predictions: ArrayLike, yes_shares: ArrayLike) -> IsotonicMap:
    """Rising map of scores to shares of yes with the least squared error, linear between the scores that it saw.

    Args:
        predictions: Scores, shape ``(n,)``, any scale.
        yes_shares: Share of people who say yes, shape ``(n,)``, in [0, 1].

    Returns:
        The map, with knots only where its slope changes.

    Raises:
        ValueError: As `fit_platt`.

    References:
        Zadrozny and Elkan, *Transforming classifier scores into accurate multiclass probability estimates*, 2002;
        pool-adjacent-violators by ``scipy.optimize.isotonic_regression``; ``sklearn.isotonic.IsotonicRegression``.

    >>> fit_isotonic(predictions=[0.1, 0.2, 0.3, 0.4], yes_shares=[0.0, 1.0, 0.5, 1.0]).outputs
    (0.0, 0.75, 0.75, 1.0)
    """
    sample = _read(predictions, yes_shares)
    inputs, place, sizes = np.unique(sample["predictions"], return_inverse=True, return_counts=True)
    means = np.bincount(place, weights=sample["yes_shares"]) / sizes
    outputs = np.clip(isotonic_regression(means, weights=sizes.astype(np.float64)).x, 0, 1)
    # Inside a flat stretch a knot says nothing.
    flat = np.r_[False, (outputs[1:-1] == outputs[:-2]) & (outputs[1:-1] == outputs[2:]), False][: len(outputs)]
    return IsotonicMap(tuple(inputs[~flat].tolist()), tuple(outputs[~flat].tolist()))


def cross_validated_calibration(
    *,
    predictions: ArrayLike,
    yes_shares: ArrayLike,
    groups: Sequence[Hashable],
    method: CalibrationMethod = "isotonic",
    by: Sequence[str | None] | None = None,
    n_folds: int = 5,
    rng: np.random.Generator | int | None = 0,
) -> FloatArray:
    """Scores calibrated by maps that were fitted to other prompts.

    Prompts are dealt into folds; the scores of a fold are mapped by what was fitted to the other folds, so that no
    score is judged by a map that saw its own prompt. Rows without a share are mapped and teach nothing.

    Args:
        predictions: Scores, shape ``(n,)``, any scale; nan stays nan.
        yes_shares: Share of people who say yes, shape ``(n,)``, in [0, 1]; nan if unknown.
        groups: One label per row, the prompt.
        method: ``"platt"``, ``"isotonic"``, or ``"none"`` to return the scores as they are.
        by: One category per row to fit a map for each; a category with fewer than 20 rows to learn from, and a row
            with None, uses the map of all rows.
        n_folds: Folds of prompts.
        rng: Generator or seed that deals the prompts.

    Returns:
        Calibrated scores, shape ``(n,)``; all nan, with a warning, where fewer than two groups have a score and a
        share.

    Raises:
        ValueError: For infinite values, different lengths, shares outside [0, 1], or an unknown method.

    References:
        See `fit_platt`, `fit_isotonic` and `grouped_folds`.

    >>> rng = np.random.default_rng(0)
    >>> scores = rng.uniform(size=400)
    >>> shares = rng.uniform(size=400) < scores**3
    >>> prompts = [row // 4 for row in range(400)]
    >>> mapped = cross_validated_calibration(predictions=scores, yes_shares=shares, groups=prompts, method="platt")
    >>> bool(((mapped - shares) ** 2).mean() < ((scores - shares) ** 2).mean())
    True
    """
    require_choice("method", method, ("none", "platt", "isotonic"))
    scores, shares = float_vector("predictions", predictions), float_vector("yes_shares", yes_shares)
    known = ~np.isnan(scores) & ~np.isnan(shares)
    # Checks lengths, infinite values and labels of all rows.
    read_sample({"predictions": scores, "yes_shares": shares}, groups=groups, nan_policy="omit")
    require_shares("yes_shares", shares)
    codes, categories = group_numbers(groups), _category_numbers(by, len(scores))
    if method == "none":
        return scores
    n_learned = len(np.unique(codes[known]))
    if n_learned < 2:
        logger.warning("No calibration: at least 2 groups with scores and ratings are needed, got %d.", n_learned)
        return np.full(len(scores), np.nan)
    fold_of_group = np.full(int(codes.max()) + 1, -1)  # groups that teach nothing are in no fold
    fold_of_group[codes[known]] = grouped_folds(groups=codes[known].tolist(), n_folds=n_folds, rng=rng)
    folds = fold_of_group[codes]
    fit = fit_platt if method == "platt" else fit_isotonic
    mapped = np.empty(len(scores))
    for fold in np.unique(folds):
        held_out = folds == fold
        training = known & ~held_out if fold >= 0 else known
        of_all = fit(predictions=scores[training], yes_shares=shares[training])
        for category in np.unique(categories[held_out]):
            rows, own = held_out & (categories == category), training & (categories == category)
            alone = category >= 0 and own.sum() >= MIN_ROWS
            used = fit(predictions=scores[own], yes_shares=shares[own]) if alone else of_all
            mapped[rows] = used(scores[rows])
    return mapped


def require_shares(name: str, values: FloatArray) -> None:
    """Refuse values that are no shares.

    Args:
        name: The argument that the error names.
        values: Shape ``(n,)``; nan is let pass.

    Raises:
        ValueError: If a value is outside [0, 1].
    """
    outside = np.flatnonzero((values < 0) | (values > 1))
    if outside.size:
        raise ValueError(
            f"`{name}` has {outside.size} of {values.size} values outside [0, 1], first {values[outside[0]]:g} at row "
            f"{outside[0]} (counted from 0); bring scores on another scale to shares by "
            "`cross_validated_calibration`."
        )


def _read(predictions: ArrayLike, yes_shares: ArrayLike) -> Sample:
    sample = read_sample({"predictions": predictions, "yes_shares": yes_shares}, groups=None)
    if not sample.n:
        raise ValueError("A calibration map needs rows with scores and ratings to learn from, got none.")
    require_shares("yes_shares", sample["yes_shares"])
    return sample


def _category_numbers(by: Sequence[str | None] | None, n: int) -> IntArray:
    """Number of the category of each row, -1 without one."""
    if by is None:
        return np.full(n, -1, dtype=np.intp)
    if len(by) != n:
        raise ValueError(f"Expected one category per row in `by`, got {len(by)} for {n} rows.")
    numbers: dict[str, int] = {}
    codes = [-1 if name is None else numbers.setdefault(name, len(numbers)) for name in by]
    return np.asarray(codes, dtype=np.intp)


def _newton(scores: FloatArray, targets: FloatArray) -> FloatArray:
    """Slope and intercept with the least cross entropy to targets strictly between 0 and 1."""
    design = np.column_stack([scores, np.ones(len(scores))])
    mean = float(targets.mean())
    weights = np.array([0.0, np.log(mean / (1 - mean))])
    loss = _cross_entropy(design @ weights, targets)
    for _ in range(MAX_STEPS):
        shares = expit(design @ weights)
        gradient = design.T @ (shares - targets)
        hessian = (design.T * (shares * (1 - shares))) @ design
        step = np.linalg.solve(hessian, gradient)
        size = 1.0
        while (new := _cross_entropy(design @ (weights - size * step), targets)) > loss and size > TOLERANCE:
            size /= 2
        weights = weights - size * step
        if abs(loss - new) <= TOLERANCE * abs(loss):
            break
        loss = new
    return np.asarray(weights, dtype=np.float64)


def _cross_entropy(log_odds: FloatArray, targets: FloatArray) -> float:
    return float((np.logaddexp(0, log_odds) - targets * log_odds).sum())
