import numpy as np
import pytest

from evalmuse_hf.stats.rated_items import mean_of, of_sums, read_rated_items
from evalmuse_hf.stats.resampling import Resampling

NAN = float("nan")
TABLE = [[1, NAN, 2, NAN], [NAN, 5, NAN, NAN], [3, 3, NAN, 4], [None, None, None, None]]


def test_items_with_too_few_ratings_are_left_out_and_counted():
    rated = read_rated_items(TABLE, groups=list("abcd"))
    assert (rated.n, rated.n_dropped, rated.sample.n_groups) == (2, 2, 2)
    assert rated.rows.tolist() == [0, 2]
    assert rated.sizes.tolist() == [2, 3]
    assert read_rated_items(TABLE, groups=None, fewest=1).n == 3


def test_packed_ratings_keep_their_order_and_have_no_gaps():
    assert read_rated_items(TABLE, groups=None).packed == pytest.approx(
        np.array([[1, 2, NAN], [3, 3, 4]]), nan_ok=True
    )


def test_the_mean_number_of_ratings_is_the_harmonic_one_and_exact_for_equal_numbers():
    assert read_rated_items(TABLE, groups=None).mean_size == pytest.approx(2 / (1 / 2 + 1 / 3))
    assert read_rated_items(np.ones((7, 3)), groups=None).mean_size == 3
    assert np.isnan(read_rated_items(np.empty((0, 3)), groups=None).mean_size)


def test_a_statistic_of_sums_is_the_same_for_a_resample_and_for_its_items_written_out():
    values = np.arange(6.0)
    rated = read_rated_items(np.column_stack([values, values + 1]), groups=list("aabbcc"))
    mean = of_sums(lambda sums: sums[:, 0] / sums[:, 1], rated.sample.sums(np.column_stack([values, np.ones(6)])))
    assert mean(np.array([[1.0, 1, 1], [2, 0, 1]])) == pytest.approx([2.5, np.mean([0, 1, 0, 1, 4, 5])])


def test_what_a_resample_leaves_undefined_does_not_count_in_a_mean():
    first = lambda counts: np.array([1.0, NAN, NAN])  # noqa: E731
    second = lambda counts: np.array([3.0, 5.0, NAN])  # noqa: E731
    assert mean_of([first, second])(np.ones((3, 1))) == pytest.approx([2, 5, NAN], nan_ok=True)


def test_a_summary_names_its_interval_and_counts_undefined_resamples():
    rated = read_rated_items([[1, 2], [2, 3], [3, 4], [4, 5]], groups=None)
    unless_first = lambda counts: np.where(counts[:, 0] < 3, counts[:, 0], NAN)  # noqa: E731
    result = rated.summary(unless_first, name="x", resampling=Resampling(400, rng=0))
    assert (result.confidence_interval, result.interval_method) == ((0.0, 2.0), "percentile")
    assert 8 < result.n_failed < 36  # 13 of 256 are expected


def test_a_statistic_that_is_nan_is_reported_with_a_status_and_without_an_interval():
    rated = read_rated_items([[1, 2], [2, 3]], groups=None)
    result = rated.summary(lambda counts: np.full(len(counts), NAN), name="x", resampling=Resampling(10, rng=0))
    assert np.isnan(result.statistic)
    assert (result.confidence_interval, result.status, result.name) == (None, "undefined for these ratings", "x")


@pytest.mark.parametrize(
    "ratings, groups, kind, message",
    [
        ([1, 2], None, ValueError, r"shape \(items, raters\)"),
        ([["a", "b"]], None, TypeError, "table of numbers"),
        ([[1, np.inf]], None, ValueError, "finite, got inf at item 0, rater 1"),
        ([[1, 2]], ["a", "b"], ValueError, "one group per item, got 2 for 1"),
    ],
    ids=["flat", "words", "infinite", "groups"],
)
def test_wrong_tables_are_refused(ratings, groups, kind, message):
    with pytest.raises(kind, match=message):
        read_rated_items(ratings, groups=groups)
