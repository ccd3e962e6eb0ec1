"""The correlation after a logistic map is fitted again to nearly the same pairs, in a few steps from a known map."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit

from evalmuse_hf.stats.logistic import Logistic4
from evalmuse_hf.stats.sample import FloatArray

TOLERANCE = 1.5e-8  # of the squared error, as in MINPACK
NO_ERROR = 1e-14  # of the spread of the targets: the map goes through all pairs
LEAST_DAMPING = 1e-3
WIDEST = 300.0  # extents of the inputs
FURTHEST = 30.0  # widths from the mean of the inputs to the centre, if that is outside the inputs
LOWER = 1e-9  # than this below the correlation of a straight line
MAX_STEPS = 25
MOST_BENT = 20.0  # exponents across the extent of the inputs
NEARER = 6.0  # widths between the mean of the inputs and a centre that is far, but not without end
ROWS = 4096  # at once, for the cache


def refitted_pearson(start: Logistic4, *, inputs: FloatArray, targets: FloatArray, weights: FloatArray) -> float:
    r"""Pearson correlation of the targets and their best logistic map of the inputs.

    Given the centre c and the width w, the best limits are those of a straight line of the targets through
    :math:`s = 1 / (1 + \exp(-(x - c) / w))`, and the correlation is that of s. So only c and w are searched, by
    Levenberg-Marquardt steps from a map that is nearly right already. All that a step needs are products of five
    columns: 1, s, the two slopes of s, and the targets.

    Args:
        start: The map of a similar sample, such as the one that was resampled.
        inputs: What is mapped, shape ``(n,)``.
        targets: What it is mapped to, shape ``(n,)``.
        weights: How often each pair counts, shape ``(n,)``.

    Returns:
        The correlation; nan where the steps do not settle, or settle where a straight line is better, which says
        nothing against a more careful search. Inputs that hardly say anything about the targets have many low points;
        then this is one of them, and a cold start may find a slightly better one.

    References:
        Golub and Pereyra, *The differentiation of pseudo-inverses and nonlinear least squares problems whose variables
        separate*, 1973.

    >>> curve = Logistic4(upper=5.0, lower=1.0, centre=0.5, width=0.2)
    >>> inputs = np.linspace(0, 1, 20)
    >>> start = Logistic4(upper=4.8, lower=1.1, centre=0.52, width=0.22)
    >>> refitted_pearson(start, inputs=inputs, targets=curve(inputs), weights=np.ones(20))
    1.0
    """
    damping, here = 0.0, _line(np.asarray([start.centre, start.width]), inputs, targets, weights)
    for _ in range(MAX_STEPS):
        if here is None:
            return float("nan")
        damped = here.curvature + damping * np.diag(np.diag(here.curvature))
        try:
            step = np.linalg.solve(damped, here.gradient)
        except np.linalg.LinAlgError:
            damping = max(10 * damping, LEAST_DAMPING)
            continue
        # What the step would gain if s were as straight as it is here.
        gain = 2 * step @ here.gradient - step @ here.curvature @ step
        if gain <= TOLERANCE * here.squared_error or here.squared_error <= NO_ERROR * here.spread:
            # No map at all does as well as a wide one, so that a low point above it is not the lowest.
            straight = abs(_correlation(inputs, targets, weights))
            return here.correlation if here.correlation >= straight - LOWER else float("nan")
        following = _line(here.shape - step, inputs, targets, weights)
        if following is not None and following.squared_error < here.squared_error:
            here, damping = following, damping / 10
        else:
            damping = max(10 * damping, LEAST_DAMPING)
    return float("nan") if here is None else _at_the_end(here, inputs, targets, weights)


def _at_the_end(reached: "_Line", inputs: FloatArray, targets: FloatArray, weights: FloatArray) -> float:
    """The correlation of the best exponential, if that is where steps lead that do not settle.

    Scores that are cut off at an end of their scale have it: the centre moves away for ever, and the map becomes an
    exponential, which is searched here. nan where the steps had been better, or a centre not quite so far away is.
    """
    middle, extent = float(np.average(inputs, weights=weights)), float(np.ptp(inputs))
    x = (inputs - middle) / extent

    def bent(bend: float) -> float:
        return abs(_correlation(np.expm1(bend * x), targets, weights)) if bend else straight

    straight = abs(_correlation(x, targets, weights))
    found = minimize_scalar(lambda bend: -bent(bend), bounds=(-MOST_BENT, MOST_BENT), method="bounded")
    best = max(-float(found.fun), straight)
    bend = float(found.x)
    nearer = _correlation(expit(bend * x - NEARER), targets, weights)
    return best if best >= max(reached.correlation, abs(nearer)) - LOWER else float("nan")


def _correlation(inputs: FloatArray, targets: FloatArray, weights: FloatArray) -> float:
    x, y = (values - np.average(values, weights=weights) for values in (inputs, targets))
    spread = (weights @ (x * x)) * (weights @ (y * y))
    return float(weights @ (x * y)) / float(np.sqrt(spread)) if spread > 0 else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """The best straight line of the targets through s, and how its error changes with centre and width."""

    shape: FloatArray
    squared_error: float
    spread: float
    gradient: FloatArray
    curvature: FloatArray

    @property
    def correlation(self) -> float:
        """Of the targets with s."""
        return float(np.sqrt(max(0.0, 1 - self.squared_error / self.spread)))


def _line(shape: FloatArray, inputs: FloatArray, targets: FloatArray, weights: FloatArray) -> _Line | None:
    """None where s has no width or is constant."""
    centre, width = shape
    middle, extent = float(np.average(inputs, weights=weights)), float(np.ptp(inputs))
    if not (width > 0 and extent > 0 and np.isfinite(shape).all()):
        return None
    # Beyond these, nothing changes but the digits: a straight line there, and an exponential.
    width = min(width, WIDEST * extent)
    furthest = max(FURTHEST * width, extent)
    centre = min(max(centre, middle - furthest), middle + furthest)
    side = 1.0 if centre >= middle else -1.0  # 1 - s where s is near 1, which would cost it digits
    products, shift = np.zeros((5, 5)), None
    for start in range(0, len(inputs), ROWS):
        part = slice(start, start + ROWS)
        distance = side * (inputs[part] - centre) / width
        rise = expit(distance)
        steep = rise * (1 - rise)
        columns = np.stack([np.ones(len(rise)), rise, steep, steep * distance, targets[part]])
        if shift is None:
            shift = columns.mean(axis=1, keepdims=True)  # near the mean, where the products keep their digits
            shift[0] = 0
        columns -= shift
        products += (columns * weights[part]) @ columns.T
    total = products[0, 0]
    centred = products[1:, 1:] - np.outer(products[0, 1:], products[0, 1:]) / total
    variance, covariance = centred[0, 0], centred[0, 3]
    if not variance > 0:
        return None
    factor = covariance / variance
    # What is left of the slopes and of the targets once s is taken out of them.
    left = centred[1:, 1:] - np.outer(centred[0, 1:], centred[0, 1:]) / variance
    slopes = np.asarray([-side, -1.0]) * factor / width
    curvature = np.outer(slopes, slopes) * left[:2, :2]
    return _Line(
        np.asarray([centre, width]), float(left[2, 2]), float(centred[3, 3]), -slopes * left[:2, 2], curvature
    )
