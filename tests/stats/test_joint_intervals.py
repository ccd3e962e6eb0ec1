import numpy as np
import pytest

from evalmuse_hf.stats.joint_intervals import bootstrap_intervals, part_intervals, say_undefined
from evalmuse_hf.stats.resampling import Resampling, bootstrap_interval, ratio_of_sums
from evalmuse_hf.stats.sample import read_sample
from evalmuse_hf.stats.verdicts import read_verdicts

VALUES = np.random.default_rng(0).gamma(2.0, size=(40, 3))
SAMPLE = read_sample({"values": VALUES[:, 0]}, groups=[row // 2 for row in range(40)])
SUMS = SAMPLE.sums(VALUES)
SIZES = np.full(20, 2.0)


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_each_interval_is_that_of_the_statistic_alone_with_the_same_seed(method):
    resampling = Resampling(300, rng=4, method=method)
    found = bootstrap_intervals(
        lambda counts: (counts @ SUMS) / (counts @ SIZES)[:, None],
        n_statistics=3,
        sample=SAMPLE,
        resampling=resampling,
    )
    for column, interval in zip(SUMS.T, found, strict=True):
        alone = bootstrap_interval(ratio_of_sums(column, SIZES), sample=SAMPLE, resampling=resampling)
        assert interval.interval == pytest.approx(alone.interval, abs=1e-12)
        assert interval.method == method


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_a_statistic_without_any_value_has_no_interval_and_leaves_the_others_alone(method):
    def of_counts(counts):
        return np.column_stack([np.full(len(counts), np.nan), counts @ SUMS[:, 0]])

    found = bootstrap_intervals(
        of_counts, n_statistics=2, sample=SAMPLE, resampling=Resampling(50, rng=0, method=method)
    )
    assert (found[0].interval, found[0].n_failed, found[0].method) == (None, 50, "")
    assert found[1].interval is not None


def test_one_group_has_no_interval_and_says_so(caplog):
    sample = read_sample({"values": [1.0, 2.0]}, groups=["a", "a"])
    found = bootstrap_intervals(lambda counts: counts, n_statistics=1, sample=sample, resampling=Resampling(10, rng=0))
    assert found[0].interval is None
    assert "at least 2 groups" in caplog.text


def test_parts_of_one_group_and_parts_without_a_value_have_no_interval_and_no_warning(caplog):
    verdicts = read_verdicts(
        predictions=[1, 0, 1, 0],
        references=[1, 0, 0, 1],
        threshold=0.5,
        categories=["a", "a", "b", "c"],
        groups=["p", "q", "r", "r"],
        nan_policy="raise",
    )
    statistic = ratio_of_sums(np.array([1.0, 2.0, 3.0]), np.ones(3))
    found = part_intervals(
        [statistic] * 4, defined=[True, True, True, False], verdicts=verdicts, resampling=Resampling(20, rng=0)
    )
    assert [one.interval is None for one in found] == [False, False, True, True]
    assert not caplog.records


@pytest.mark.parametrize("n_resamples, levels", [(10, ["WARNING"]), (0, ["INFO"])])
def test_a_statistic_without_a_value_is_a_warning_only_where_an_interval_was_asked_for(caplog, n_resamples, levels):
    with caplog.at_level("INFO", logger="evalmuse_hf"):
        say_undefined("AUROC", "constant predictions", resampling=Resampling(n_resamples))
        say_undefined("AUROC", "ok", resampling=Resampling(n_resamples))
    assert [record.levelname for record in caplog.records] == levels
    assert "The AUROC is undefined: constant predictions." in caplog.text
