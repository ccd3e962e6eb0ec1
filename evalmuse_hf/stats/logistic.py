"""The four-parameter logistic map that quality assessment fits before it computes PLCC."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import leastsq
from scipy.special import expit

from evalmuse_hf.stats.sample import FloatArray, read_sample

MIN_PAIRS = 5
MAX_EVALUATIONS = 10_000
CONVERGED = (1, 2, 3, 4)  # MINPACK's codes for a met tolerance
NARROWEST = 1e-9


@dataclass(frozen=True, slots=True)
class Logistic4:
    """A monotone S-shaped map ``lower + (upper - lower) / (1 + exp(-(x - centre) / width))``.

    Attributes:
        upper: Limit for large ``x``; below ``lower`` when the map falls.
        lower: Limit for small ``x``.
        centre: Where the map is half way.
        width: Positive; the smaller, the steeper.
        converged: Whether the fit met its tolerance.
    """

    upper: float
    lower: float
    centre: float
    width: float
    converged: bool = True

    def __call__(self, x: ArrayLike) -> FloatArray:
        """Map ``x``, any shape, to the scale of the fitted targets."""
        step = expit((np.asarray(x, dtype=np.float64) - self.centre) / self.width)
        return np.asarray(self.lower + (self.upper - self.lower) * step, dtype=np.float64)


def fit_logistic4(
    *, inputs: ArrayLike, targets: ArrayLike, weights: ArrayLike | None = None, start: Logistic4 | None = None
) -> Logistic4:
    r"""Least-squares fit of ``targets`` by a four-parameter logistic of ``inputs``.

    .. math::
        f(x) = b_2 + \frac{b_1 - b_2}{1 + \exp(-(x - b_3) / |b_4|)}

    from the usual start: the extremes of the targets, the mean and the standard deviation of the inputs. The fit
    runs on standardised values, so that it does not depend on the scale of either side.

    Args:
        inputs: What is mapped, shape ``(n,)``, any scale.
        targets: What it is mapped to, shape ``(n,)``, any scale.
        weights: How often each pair counts, shape ``(n,)``, above 0; None for once.
        start: Where the search starts instead, such as the map of a similar sample.

    Returns:
        The map; ``converged`` is False when the tolerance was not met.

    Raises:
        ValueError: If there are fewer than five pairs, a nan, a constant side, or a weight that is not above 0.

    References:
        Sheikh, Sabir and Bovik, *A statistical evaluation of recent full reference image quality assessment
        algorithms*, IEEE TIP 15(11), 2006, and VQEG's final report, 2000; the form and start are those of the
        evaluation script of EvalMuse.

    >>> curve = Logistic4(upper=5.0, lower=1.0, centre=0.5, width=0.2)
    >>> inputs = np.linspace(0, 1, 20)
    >>> fit = fit_logistic4(inputs=inputs, targets=curve(inputs))
    >>> [round(value, 4) for value in (fit.upper, fit.lower, fit.centre, fit.width)]
    [5.0, 1.0, 0.5, 0.2]
    """
    sample = read_sample({"inputs": inputs, "targets": targets}, groups=None)
    if sample.n < MIN_PAIRS:
        raise ValueError(f"A fit of four parameters needs at least {MIN_PAIRS} pairs, got {sample.n}.")
    x, y = sample["inputs"], sample["targets"]
    for name, values in sample.columns.items():
        if np.ptp(values) == 0:
            raise ValueError(f"`{name}` must not be constant, but every value is {values[0]!r}.")
    counts = np.ones(sample.n) if weights is None else read_sample({"weights": weights}, groups=None)["weights"]
    if len(counts) != sample.n or (counts <= 0).any():
        raise ValueError(f"`weights` must be {sample.n} numbers above 0, got {len(counts)} from {counts.min()!r}.")
    (x_mean, x_std), (y_mean, y_std) = _moments(x, counts), _moments(y, counts)
    guess = [(y.max() - y_mean) / y_std, (y.min() - y_mean) / y_std, 0.0, 1.0]
    if start is not None:
        guess = [
            (start.upper - y_mean) / y_std,
            (start.lower - y_mean) / y_std,
            (start.centre - x_mean) / x_std,
            start.width / x_std,
        ]
    roots = None if weights is None else np.sqrt(counts)
    (upper, lower, centre, width), converged = _minimise((x - x_mean) / x_std, (y - y_mean) / y_std, guess, roots)
    return Logistic4(
        upper=float(y_mean + y_std * upper),
        lower=float(y_mean + y_std * lower),
        centre=float(x_mean + x_std * centre),
        width=float(x_std * width),
        converged=converged,
    )


def _moments(values: FloatArray, counts: FloatArray) -> tuple[float, float]:
    mean = float(np.average(values, weights=counts))
    return mean, float(np.sqrt(np.average((values - mean) ** 2, weights=counts)))


def _minimise(
    x: FloatArray, y: FloatArray, guess: list[float], roots: FloatArray | None
) -> tuple[tuple[float, float, float, float], bool]:
    """Levenberg-Marquardt: upper, lower, centre, width, and whether it converged.

    Tolerance and difference quotients are those of ``scipy.optimize.curve_fit``, on purpose: on nearly linear data the
    best map lies at infinity, and where the search stops decides the sixth digit of published PLCCs.
    """

    def residuals(parameters: FloatArray) -> FloatArray:
        upper, lower, centre, width = parameters
        step = expit((x - centre) / max(abs(width), NARROWEST))
        errors = lower + (upper - lower) * step - y
        return np.asarray(errors if roots is None else roots * errors)

    found, _, _, _, code = leastsq(residuals, guess, full_output=True, maxfev=MAX_EVALUATIONS)
    upper, lower, centre, width = (float(value) for value in found)
    return (upper, lower, centre, max(abs(width), NARROWEST)), code in CONVERGED
