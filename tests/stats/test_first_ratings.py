import numpy as np
import pytest

from evalmuse_hf.stats import first_ratings, fleiss_kappa, icc, krippendorff_alpha

NAN = float("nan")


def test_without_an_order_the_first_from_the_left_stay():
    assert first_ratings([[1, 2, 3, 4], [NAN, 2, NAN, 4]]) == pytest.approx(
        np.array([[1, 2, 3, NAN], [NAN, 2, NAN, 4]]), nan_ok=True
    )


def test_with_times_the_earliest_stay_in_the_columns_of_their_raters():
    kept = first_ratings([[1, 2, 3], [4, NAN, 5]], k=2, order=[[30, 10, 20], [7, NAN, 6]])
    assert kept == pytest.approx(np.array([[NAN, 2, 3], [4, NAN, 5]]), nan_ok=True)


def rated_again(n=4000):
    """Items in two rounds: three ratings, and three more where they range over 2 or more; some items are unclear."""
    rng = np.random.default_rng(0)
    noise = np.where(rng.random((n, 1)) < 0.35, 1.4, 0.4) * rng.normal(size=(n, 6))
    ratings = np.clip(np.rint(rng.uniform(1, 5, (n, 1)) + noise), 1, 5)
    again = np.ptp(ratings[:, :3], axis=1) >= 2
    return ratings, np.where(again[:, None] | (np.arange(6) < 3), ratings, NAN)


@pytest.mark.parametrize(
    "statistic, options",
    [(krippendorff_alpha, {"level": "ordinal"}), (icc, {"form": "(1,1)"}), (fleiss_kappa, {})],
    ids=["alpha", "ICC", "kappa"],
)
def test_agreement_over_both_rounds_is_lower_than_on_the_first_ratings(statistic, options):
    complete, ratings = rated_again()
    first, pooled = statistic(first_ratings(ratings), **options), statistic(ratings, **options)
    assert pooled.statistic < first.statistic - 0.03
    assert first.statistic == pytest.approx(statistic(complete, **options).statistic, abs=0.02)
    assert "as a rule downward" in pooled.label
    assert "biased" not in first.label


@pytest.mark.parametrize(
    "options, message",
    [
        ({"k": 0}, "`k` must be at least 1"),
        ({"order": [[1]]}, r"`order` must have the shape of `ratings`, \(1, 2\)"),
        ({"order": [[1, NAN]]}, "`order` has no place for the rating at item 0, rater 1"),
    ],
    ids=["none", "shape", "no place"],
)
def test_wrong_input_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        first_ratings([[1, 2]], **options)
