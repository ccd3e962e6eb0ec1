"""p-values of many tests at once."""

import numpy as np
from numpy.typing import ArrayLike

from evalmuse_hf.stats.sample import FloatArray, float_vector


def holm(*, p_values: ArrayLike) -> FloatArray:
    """Adjust p-values so that the chance of any false finding among them stays below the level.

    Args:
        p_values: One per test, in [0, 1], shape ``(m,)``; nan for a test that could not be done, which does not count.

    Returns:
        Adjusted p-values in the same order, nan where there was none.

    Raises:
        ValueError: If a value is outside [0, 1].
        TypeError: If a value is not numeric.

    References:
        Holm, *A simple sequentially rejective multiple test procedure*, 1979.

    >>> holm(p_values=[0.01, 0.04, 0.03, float("nan")])
    array([0.03, 0.06, 0.06,  nan])
    """
    values = float_vector("p_values", p_values)
    known = np.flatnonzero(~np.isnan(values))
    if ((values[known] < 0) | (values[known] > 1)).any():
        raise ValueError(f"`p_values` must be between 0 and 1, got {values[known].min()} to {values[known].max()}.")
    order = known[np.argsort(values[known], kind="stable")]
    adjusted = np.full_like(values, np.nan)
    steps = values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
