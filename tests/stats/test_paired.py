import numpy as np
import pytest
from scipy import stats

from evalmuse_hf.stats.paired import paired_difference

DIFFERENCES = [0.012, -0.004, 0.02, 0.007, 0.001]


def test_without_resampled_items_it_is_the_t_test_of_the_differences():
    result = paired_difference(differences=DIFFERENCES)
    reference = stats.ttest_1samp(DIFFERENCES, 0)
    assert result.p_value == pytest.approx(reference.pvalue)
    assert result.confidence_interval == pytest.approx(tuple(reference.confidence_interval()))
    assert result.standard_error == result.seed_error == pytest.approx(stats.sem(DIFFERENCES))
    assert np.isnan(result.item_error)


def simulate(rng, *, seeds, items, seed_sd, item_sd, both_sd):
    """Differences that are means over items, and their resamples: additive effects of seed, item and both."""
    cells = rng.normal(0, seed_sd, (seeds, 1)) + rng.normal(0, item_sd, items) + rng.normal(0, both_sd, (seeds, items))
    counts = rng.multinomial(items, np.full(items, 1 / items), size=200)
    return paired_difference(differences=cells.mean(axis=1), resampled=cells @ counts.T / items, rng=rng)


@pytest.mark.parametrize(
    "deviations",
    [
        {"seed_sd": 0.3, "item_sd": 2.0, "both_sd": 1.0},
        {"seed_sd": 0.0, "item_sd": 0.0, "both_sd": 1.0},
        {"seed_sd": 0.0, "item_sd": 2.0, "both_sd": 0.3},
    ],
    ids=["all three", "only both together", "mostly items"],
)
def test_the_squared_error_is_the_variance_of_the_mean(deviations):
    """8 seeds, 40 items: s^2 / 8 + i^2 / 40 + si^2 / 320. The floor lets it be somewhat too large, never too small."""
    rng = np.random.default_rng(1)
    results = [simulate(rng, seeds=8, items=40, **deviations) for _ in range(150)]
    expected = deviations["seed_sd"] ** 2 / 8 + deviations["item_sd"] ** 2 / 40 + deviations["both_sd"] ** 2 / 320
    assert 0.93 < np.mean([result.standard_error**2 for result in results]) / expected < 1.5
    covered = np.mean([result.confidence_interval.low <= 0 <= result.confidence_interval.high for result in results])
    assert covered > 0.92


def test_a_resample_in_which_something_is_undefined_is_left_out():
    resampled = np.add.outer(DIFFERENCES, [0.0, 0.1, -0.1, np.nan])
    result = paired_difference(differences=DIFFERENCES, resampled=resampled, rng=0)
    assert result.item_error == pytest.approx(np.std([0.0, 0.1, -0.1]))
    assert result.standard_error == pytest.approx(np.hypot(result.seed_error, result.item_error), rel=1e-6)


@pytest.mark.parametrize("value, p_value", [(0.0, 1.0), (0.1, 0.0)], ids=["no difference", "always the same"])
def test_differences_without_spread_have_no_error(value, p_value):
    result = paired_difference(differences=[value] * 3, resampled=np.full((3, 5), value), rng=0)
    assert (result.standard_error, result.p_value) == (0.0, p_value)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"differences": [0.1]}, r"`differences` must hold at least 2 seeds, got shape \(1,\)"),
        ({"differences": [0.1, float("nan")]}, "`differences` has 1 values that are not finite"),
        ({"differences": [0.1, 0.2], "confidence_level": 1.0}, "`confidence_level` must be between 0 and 1, got 1.0"),
        (
            {"differences": [0.1, 0.2], "resampled": [[0.1, 0.2]]},
            r"`resampled` must have one row per seed, 2, got shape \(1, 2\)",
        ),
        (
            {"differences": [0.1, 0.2], "resampled": [[float("nan")], [0.1]]},
            "`resampled` has no column in which the difference of every seed is defined",
        ),
    ],
    ids=["one seed", "nan", "level", "shape", "all undefined"],
)
def test_what_cannot_be_compared_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        paired_difference(**arguments)
