import numpy as np
import pytest

from evalmuse_hf.stats.compared_scorers import ComparedScorers, require_scorers
from evalmuse_hf.stats.correlation import srcc
from evalmuse_hf.stats.resampling import Resampling
from evalmuse_hf.stats.sample import read_sample
from evalmuse_hf.stats.scorer_statistics import scorers_of_counts


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    references = rng.integers(3, 13, 60) / 3
    scorers = [references + rng.normal(0, error, 60) for error in (0.5, 1.0)]
    return scorers, references, [row % 15 for row in range(60)]


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_a_scorer_has_the_interval_that_it_has_alone(data, method):
    scorers, references, groups = data
    sample = read_sample({"references": references}, groups=groups)
    compared = ComparedScorers.of(
        scorers_of_counts(
            "srcc", predictions=scorers, references=references, codes=sample.codes, n_clusters=sample.n_clusters
        ),
        measure="srcc",
        results=[srcc(predictions=scores, references=references) for scores in scorers],
        sample=sample,
        resampling=Resampling(200, rng=3, method=method),
    )
    for number, scores in enumerate(scorers):
        alone = srcc(predictions=scores, references=references, groups=groups, n_resamples=200, interval=method, rng=3)
        result = compared.scorer(number)
        assert result.confidence_interval == pytest.approx(alone.confidence_interval)
        assert (result.statistic, result.n, result.n_groups) == (alone.statistic, 60, 15)
        assert result.interval_method == method


def test_a_table_needs_two_scorers_and_a_baseline_that_is_one_of_them():
    require_scorers({"a": [], "b": []}, baseline="b")
    with pytest.raises(ValueError, match="at least 2 scorers to compare, got 1"):
        require_scorers({"a": []}, baseline=None)
    with pytest.raises(ValueError, match="`baseline` must be one of 'a', 'b', got 'c'"):
        require_scorers({"a": [], "b": []}, baseline="c")
