import numpy as np
import pytest

from evalmuse_hf.stats import share_within

NAN = float("nan")


def test_items_and_pairs_are_counted_by_hand():
    # Items: ranges 1, 2 and 0. Pairs within 1: of the first 3 of 3, of the second 2 of 3, of the last 1 of 1.
    shares = share_within([[1, 2, 1], [3, 4, 5], [2, NAN, 2], [1, NAN, NAN]])
    assert shares.items.statistic == pytest.approx(2 / 3)
    assert shares.pairs.statistic == pytest.approx((1 + 2 / 3 + 1) / 3)
    assert (shares.items.n, shares.items.n_dropped) == (3, 1)
    assert shares.items.name == "share of items within 1"
    assert shares.pairs.name == "share of pairs of ratings within 1"


def test_more_raters_lower_the_share_of_items_and_not_that_of_pairs():
    ratings = np.random.default_rng(0).integers(1, 6, (4000, 6)).astype(float)
    few, many = share_within(ratings[:, :3]), share_within(ratings)
    assert many.items.statistic < few.items.statistic / 3
    assert many.pairs.statistic == pytest.approx(13 / 25, abs=0.02)  # 13 of the 25 pairs of numbers
    assert few.pairs.statistic == pytest.approx(13 / 25, abs=0.02)


def test_a_difference_of_exactly_the_tolerance_counts():
    assert share_within([[0.1, 0.4]], tolerance=0.3).items.statistic == 1  # 0.4 - 0.1 is 0.30000000000000004
    assert share_within([[1, 2]], tolerance=0).items.statistic == 0


def test_both_have_intervals_over_groups():
    ratings = np.random.default_rng(0).integers(1, 4, (60, 3))
    shares = share_within(ratings, groups=np.repeat(np.arange(20), 3), n_resamples=300, rng=0)
    for one in (shares.items, shares.pairs):
        assert one.n_groups == 20
        assert one.confidence_interval.low < one.statistic < one.confidence_interval.high


def test_without_two_ratings_there_is_no_share():
    shares = share_within([[1, NAN]])
    assert np.isnan(shares.items.statistic)
    assert np.isnan(shares.pairs.statistic)
    assert shares.pairs.status == "no item has two ratings"


def test_a_negative_tolerance_is_refused():
    with pytest.raises(ValueError, match="`tolerance` must be 0 or more"):
        share_within([[1, 2]], tolerance=-1)
