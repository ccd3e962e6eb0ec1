import numpy as np
import pytest
from scipy import stats as scipy_stats

from evalmuse_hf.stats import mean_interval, resampling
from evalmuse_hf.stats.resampling import (
    Resampling,
    bootstrap_interval,
    drawn_counts,
    interval_of_values,
    left_out_values,
    percentile_interval,
    percentiles,
    ratio_of_sums,
    resampled_values,
)
from evalmuse_hf.stats.sample import read_sample
from tests.stats.resamples import written_out

VALUES = np.random.default_rng(0).normal(loc=3, size=80)


def test_the_interval_of_a_mean_is_that_of_scipy():
    result = mean_interval(values=VALUES, n_resamples=20_000, rng=0)
    expected = scipy_stats.bootstrap((VALUES,), np.mean, n_resamples=20_000, method="percentile", rng=1)
    # Two Monte Carlo estimates of a quantile: at 20,000 resamples each is good to about 2 % of the width.
    assert tuple(result.confidence_interval) == pytest.approx(tuple(expected.confidence_interval), abs=0.02)


def test_clusters_of_equal_rows_count_once():
    repeated = mean_interval(values=np.repeat(VALUES, 4), groups=list(np.repeat(np.arange(80), 4)), rng=0)
    assert repeated.confidence_interval == pytest.approx(mean_interval(values=VALUES, rng=0).confidence_interval)
    assert (repeated.n, repeated.n_groups) == (320, 80)


def test_groups_never_change_the_mean():
    grouped = mean_interval(values=[1.0, 2.0, 6.0], groups=["a", "a", "b"], rng=0)
    assert grouped.statistic == mean_interval(values=[1.0, 2.0, 6.0]).statistic == 3.0


def test_a_mean_of_no_rows_is_nan_with_a_reason():
    result = mean_interval(values=[float("nan")], nan_policy="omit")
    assert np.isnan(result.statistic)
    assert (result.status, result.n, result.n_dropped, result.confidence_interval) == ("no rows", 0, 1, None)


def test_the_size_of_a_block_does_not_change_the_interval(monkeypatch):
    whole = mean_interval(values=VALUES, rng=0)
    monkeypatch.setattr(resampling, "BLOCK_VALUES", 7 * len(VALUES))
    in_blocks = mean_interval(values=VALUES, rng=0)
    # The same draws; a matrix product of another shape may add in another order.
    assert in_blocks.confidence_interval == pytest.approx(whole.confidence_interval, abs=1e-12)


def test_a_generator_moves_on_and_a_seed_does_not():
    generator = np.random.default_rng(0)
    first, second = (mean_interval(values=VALUES, rng=generator) for _ in range(2))
    assert first.confidence_interval != second.confidence_interval
    assert first == mean_interval(values=VALUES, rng=0)


def test_a_higher_level_gives_a_wider_interval():
    narrow, wide = (mean_interval(values=VALUES, confidence_level=level, rng=0) for level in (0.5, 0.99))
    assert wide.confidence_interval.low < narrow.confidence_interval.low
    assert wide.confidence_interval.high > narrow.confidence_interval.high


def test_resamples_written_out_and_as_sums_agree():
    sample = read_sample({"predictions": VALUES, "references": VALUES}, groups=[row // 3 for row in range(80)])
    sums = sample.sums(np.column_stack([VALUES, np.ones(80)]))
    counts = np.random.default_rng(0).multinomial(27, np.full(27, 1 / 27), size=5).astype(float)
    written = written_out(lambda predictions, references: predictions.mean(), sample=sample)(counts)
    assert ratio_of_sums(sums[:, 0], sums[:, 1])(counts) == pytest.approx(written, abs=1e-12)


def test_undefined_resamples_are_left_out():
    sample = read_sample({"values": [1.0, 2.0, 3.0, 4.0]}, groups=None)
    # Undefined where the first row was drawn three or four times of four: 13 of 256.
    interval = percentile_interval(
        lambda counts: np.where(counts[:, 0] < 3, counts[:, 0], np.nan),
        sample=sample,
        resampling=Resampling(400, rng=0),
    )
    assert interval == (0.0, 2.0)


def test_undefined_resamples_are_counted():
    sample = read_sample({"values": [1.0, 2.0, 3.0, 4.0]}, groups=None)
    resampling = Resampling(400, rng=0)
    found = bootstrap_interval(
        lambda counts: np.where(counts[:, 0] < 3, counts[:, 0], np.nan), sample=sample, resampling=resampling
    )
    often = sum(int((counts[:, 0] > 2).sum()) for counts in drawn_counts(sample, resampling=resampling))
    assert (found.interval, found.n_failed, found.method) == ((0.0, 2.0), often, "percentile")
    assert 8 < often < 36  # 13 of 256 are expected


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_an_interval_that_rests_on_too_few_resamples_is_none_and_the_warning_counts_them(method, caplog):
    values = np.where(np.arange(100) < 11, np.nan, np.arange(100.0))
    resampling = Resampling(100, method=method)
    found = interval_of_values(values, resampling=resampling, estimate=50.0, left_out=[49.0, 50.0])
    assert (found.interval, found.n_failed, found.method) == (None, 11, "")
    assert "undefined in 11 of 100 resamples" in caplog.text
    found = interval_of_values(values[1:], resampling=resampling, estimate=50.0, left_out=[49.0, 50.0])
    assert (found.interval, found.n_failed) == (None, 10)  # of 99
    assert interval_of_values(values[2:], resampling=resampling, estimate=50.0, left_out=[49.0, 50.0]).interval


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_resamples_that_all_give_one_value_up_to_rounding_give_no_interval(method, caplog):
    values = np.asarray([1.0, 1.0 - 1e-16, np.nan, *[1.0] * 20])
    found = interval_of_values(values, resampling=Resampling(23, method=method), estimate=1.0, left_out=[1.0, 1.0])
    assert (found.interval, found.n_failed, found.method) == (None, 1, "")
    assert "every resample gives the same value: no interval" in caplog.text


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_no_defined_resample_gives_no_interval_and_says_so(method, caplog):
    sample = read_sample({"values": [1.0, 2.0]}, groups=None)
    found = bootstrap_interval(
        lambda counts: np.full(len(counts), np.nan), sample=sample, resampling=Resampling(10, rng=0, method=method)
    )
    assert (found.interval, found.n_failed, found.method) == (None, 10, "")
    assert "undefined in every resample" in caplog.text


def test_a_correction_that_is_undefined_gives_no_interval_and_says_so(caplog):
    sample = read_sample({"values": np.arange(8.0)}, groups=None)
    # The statistic of all rows is above that of every resample.
    found = bootstrap_interval(
        lambda counts: np.where((counts == 1).all(axis=1), 2.0, 1.0 + 0.1 * counts[:, 0]),
        sample=sample,
        resampling=Resampling(9, rng=np.random.default_rng(1), method="bca"),
    )
    assert (found.interval, found.method) == (None, "")
    assert "No BCa interval" in caplog.text


def test_counts_of_a_block_hold_as_many_draws_as_clusters():
    sample = read_sample({"values": VALUES}, groups=[row // 3 for row in range(80)])
    counts = np.concatenate(list(drawn_counts(sample, resampling=Resampling(40, rng=0))))
    assert counts.shape == (40, 27)
    assert (counts.sum(axis=1) == 27).all()


def test_columns_of_several_statistics_stay_columns():
    sample = read_sample({"values": VALUES}, groups=None)
    mean = ratio_of_sums(VALUES, np.ones(80))
    both = resampled_values(
        lambda counts: np.column_stack([mean(counts), -mean(counts)]), sample=sample, resampling=Resampling(9, rng=0)
    )
    assert both.shape == (9, 2)
    assert (both[:, 1] == -both[:, 0]).all()


def test_the_jackknife_leaves_out_each_cluster_once(monkeypatch):
    sample = read_sample({"values": VALUES}, groups=[row // 3 for row in range(80)])
    sums = sample.sums(np.column_stack([VALUES, np.ones(80)]))
    monkeypatch.setattr(resampling, "BLOCK_VALUES", 5 * 80)  # blocks of five clusters
    found = left_out_values(ratio_of_sums(sums[:, 0], sums[:, 1]), sample=sample)
    expected = [VALUES[sample.codes != cluster].mean() for cluster in range(27)]
    assert found == pytest.approx(expected, abs=1e-12)


def test_percentiles_leave_out_what_is_undefined():
    assert percentiles(np.array([0.0, np.nan, 1.0]), confidence_level=0.5) == (0.25, 0.75)


def test_the_method_of_an_interval_is_named():
    assert mean_interval(values=VALUES, rng=0).interval_method == "percentile"
    assert mean_interval(values=VALUES, interval="bca", rng=0).interval_method == "bca"
    assert mean_interval(values=VALUES, n_resamples=0).interval_method == ""


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="`interval` must be one of 'percentile', 'bca', got 'normal'"):
        mean_interval(values=VALUES, interval="normal")


def test_a_negative_number_of_resamples_is_refused():
    with pytest.raises(ValueError, match="`n_resamples` must be >= 0, got -1"):
        mean_interval(values=VALUES, n_resamples=-1)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_outside_zero_and_one_is_refused(level):
    with pytest.raises(ValueError, match=f"`confidence_level` must be between 0 and 1, got {level}"):
        mean_interval(values=VALUES, confidence_level=level)
