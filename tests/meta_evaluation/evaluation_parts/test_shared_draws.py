import numpy as np
import pytest

from evalmuse_hf.meta_evaluation.evaluation_parts.overall import columns_of
from evalmuse_hf.meta_evaluation.evaluation_parts.shared_draws import correlations
from evalmuse_hf.stats import krcc, plcc, srcc


@pytest.mark.parametrize("name, statistic", [("srcc", srcc), ("krcc", krcc), ("plcc", plcc)])
def test_each_correlation_and_its_interval_are_those_that_it_has_alone(judged, name, statistic):
    columns = columns_of(judged.pairs)
    shared = correlations(**columns, n_resamples=40, rng=np.random.default_rng(3))[name]
    alone = statistic(**columns, n_resamples=40, rng=np.random.default_rng(3))
    assert shared.statistic == alone.statistic
    assert shared.confidence_interval == pytest.approx(alone.confidence_interval, abs=1e-12)
    assert (shared.n_failed, shared.interval_method) == (alone.n_failed, "percentile")


def test_constant_scores_have_a_status_and_no_interval(judged):
    columns = {**columns_of(judged.pairs), "predictions": np.ones(judged.pairs.n)}
    found = correlations(**columns, n_resamples=10, rng=np.random.default_rng(0), names=("krcc",))
    assert list(found) == ["krcc"]
    assert (found["krcc"].status, found["krcc"].confidence_interval) == ("constant predictions", None)
