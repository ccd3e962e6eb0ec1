import numpy as np
import pytest
from scipy import stats as scipy_stats

from evalmuse_hf.stats import mean_interval, resampling
from evalmuse_hf.stats.resampling import Resampling, percentile_interval, ratio_of_sums, written_out
from evalmuse_hf.stats.sample import read_sample

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
    sample = read_sample({"values": [1.0, 2.0]}, groups=None)
    # Defined only where the first row was drawn: 1 when it was drawn twice, 1.5 when once.
    statistic = ratio_of_sums(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    interval = percentile_interval(
        lambda counts: np.where(counts[:, 0] > 0, statistic(counts), np.nan),
        sample=sample,
        resampling=Resampling(400, rng=0),
    )
    assert interval == (1.0, 1.5)
    undefined = percentile_interval(
        lambda counts: np.full(len(counts), np.nan), sample=sample, resampling=Resampling(10, rng=0)
    )
    assert undefined is None


def test_a_negative_number_of_resamples_is_refused():
    with pytest.raises(ValueError, match="`n_resamples` must be >= 0, got -1"):
        mean_interval(values=VALUES, n_resamples=-1)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_outside_zero_and_one_is_refused(level):
    with pytest.raises(ValueError, match=f"`confidence_level` must be between 0 and 1, got {level}"):
        mean_interval(values=VALUES, confidence_level=level)
