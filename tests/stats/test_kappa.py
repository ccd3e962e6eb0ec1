import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import aggregate_raters
from statsmodels.stats.inter_rater import fleiss_kappa as statsmodels_fleiss

from evalmuse_hf.stats import cohen_kappa, fleiss_kappa

NAN = float("nan")


def table(seed, n=40, raters=4, gaps=0.0):
    rng = np.random.default_rng(seed)
    true = rng.integers(1, 6, (n, 1))
    ratings = np.clip(true + rng.integers(-1, 2, (n, raters)), 1, 5).astype(float)
    ratings[rng.random(ratings.shape) < gaps] = NAN
    return ratings


@pytest.mark.parametrize("seed", range(3))
def test_fleiss_kappa_agrees_with_statsmodels(seed):
    ratings = table(seed)
    expected = statsmodels_fleiss(aggregate_raters(ratings.astype(int))[0], method="fleiss")
    assert fleiss_kappa(ratings).statistic == pytest.approx(expected, abs=1e-12)


def fleiss_levin_paik(ratings):
    """Their formula for two categories and unequal numbers, and its mean over the categories, item by item."""
    lists = [row[~np.isnan(row)] for row in ratings if (~np.isnan(row)).sum() > 1]
    n, mean = len(lists), np.mean([len(row) for row in lists])
    kappas, weights = [], []
    for category in np.unique(np.concatenate(lists)):
        yes = [(row == category).sum() for row in lists]
        p = sum(yes) / (n * mean)
        spread = sum(x * (len(row) - x) / len(row) for x, row in zip(yes, lists, strict=True))
        kappas.append(1 - spread / (n * (mean - 1) * p * (1 - p)))
        weights.append(p * (1 - p))
    return np.average(kappas, weights=weights)


@pytest.mark.parametrize("seed", range(3))
def test_fleiss_kappa_of_unequal_numbers_follows_fleiss_levin_and_paik(seed):
    ratings = table(seed, gaps=0.35)
    result = fleiss_kappa(ratings)
    assert result.statistic == pytest.approx(fleiss_levin_paik(ratings), abs=1e-12)
    assert result.pooled
    assert result.n + result.n_dropped == 40


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
@pytest.mark.parametrize("seed", range(2))
def test_cohen_kappa_agrees_with_scikit_learn(weights, seed):
    first, second = table(seed, raters=2).T
    expected = cohen_kappa_score(first, second, labels=[1, 2, 3, 4, 5], weights=weights)
    assert cohen_kappa(first, second, identified=True, weights=weights).statistic == pytest.approx(expected, abs=1e-12)


def test_a_category_that_nobody_used_does_not_shrink_a_difference():
    # 5 and 1 are four apart, though only three different numbers occur; scikit-learn needs `labels` for that.
    first, second = [1, 1, 2, 5, 5, 2], [1, 2, 2, 5, 1, 2]
    expected = cohen_kappa_score(first, second, labels=[1, 2, 3, 4, 5], weights="linear")
    result = cohen_kappa(first, second, identified=True, weights="linear")
    assert result.statistic == pytest.approx(expected)


def test_an_item_that_only_one_rated_is_left_out_and_counted():
    result = cohen_kappa([1, 2, NAN, 2, 1], [1, 2, 2, 1, None], identified=True)
    assert result.statistic == pytest.approx(cohen_kappa_score([1, 2, 2], [1, 2, 1]))
    assert (result.n, result.n_dropped) == (3, 2)


def test_anonymous_ratings_have_no_two_persons():
    result = cohen_kappa([1, 2, 2], [1, 2, 1], identified=False, n_resamples=9)
    assert np.isnan(result.statistic)
    assert (result.confidence_interval, result.n) == (None, 3)
    assert "not identified" in result.status


@pytest.mark.parametrize(
    "first, second, status",
    [([1, NAN], [NAN, 1], "no item has two ratings"), ([1, 1], [1, 1], "all ratings are the same")],
    ids=["nothing shared", "constant"],
)
def test_undefined_kappa_is_nan_with_a_reason(first, second, status):
    for result in (
        cohen_kappa(first, second, identified=True),
        fleiss_kappa(np.column_stack([first, second])),
    ):
        assert np.isnan(result.statistic)
        assert result.status == status


def test_groups_move_the_interval_and_not_kappa():
    ratings, groups = table(0), np.repeat(np.arange(10), 4)
    for compute in (fleiss_kappa, lambda rows, **options: cohen_kappa(*rows.T[:2], identified=True, **options)):
        alone, together = (compute(ratings, groups=labels, n_resamples=200, rng=0) for labels in (None, groups))
        assert together.statistic == alone.statistic
        assert together.n_groups == 10
        assert together.confidence_interval != alone.confidence_interval
        assert alone.confidence_interval.low < alone.statistic < alone.confidence_interval.high


def test_the_interval_is_that_of_resamples_written_out():
    ratings = table(1, n=12)
    rng = np.random.default_rng(0)
    counts = rng.multinomial(12, np.full(12, 1 / 12), size=100)
    kappas = [fleiss_kappa(np.repeat(ratings, drawn, axis=0)).statistic for drawn in counts]
    interval = fleiss_kappa(ratings, n_resamples=100, rng=0).confidence_interval
    assert interval == pytest.approx(np.quantile(kappas, [0.025, 0.975]))


@pytest.mark.parametrize(
    "first, options, message",
    [
        ([1, 2], {"weights": "cubic"}, "`weights` must be one of"),
        ([1, 2, 3], {}, "one rating each per item, got 3 and 2"),
    ],
    ids=["weights", "lengths"],
)
def test_wrong_input_is_refused(first, options, message):
    with pytest.raises(ValueError, match=message):
        cohen_kappa(first, [1, 2], identified=True, **options)
