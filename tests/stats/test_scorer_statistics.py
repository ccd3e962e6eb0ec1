import numpy as np
import pytest
from scipy import stats as scipy_stats
from sklearn.metrics import root_mean_squared_error

from evalmuse_hf.stats.scorer_statistics import SCORER_STATISTICS, scorers_of_counts

REFERENCES = {
    "srcc": lambda x, y: scipy_stats.spearmanr(x, y).statistic,
    "krcc": lambda x, y: scipy_stats.kendalltau(x, y).statistic,
    "plcc": lambda x, y: scipy_stats.pearsonr(x, y).statistic,
    "rmse": root_mean_squared_error,
}


def test_every_statistic_has_a_reference():
    assert REFERENCES.keys() == SCORER_STATISTICS.keys()


@pytest.mark.parametrize("statistic", REFERENCES)
def test_a_resample_of_two_scorers_is_that_of_another_implementation_on_the_rows_written_out(statistic):
    rng = np.random.default_rng(3)
    references = rng.integers(0, 5, 60) / 3
    scorers = [references + rng.normal(size=60), np.round(references + rng.normal(size=60))]
    codes = rng.integers(0, 12, 60)
    counts = rng.multinomial(12, np.full(12, 1 / 12), size=20)
    of_counts = scorers_of_counts(statistic, predictions=scorers, references=references, codes=codes, n_clusters=12)
    drawn = [np.repeat(np.arange(60), row[codes]) for row in counts]
    expected = [[REFERENCES[statistic](scores[rows], references[rows]) for scores in scorers] for rows in drawn]
    assert of_counts(counts.astype(float)) == pytest.approx(np.array(expected), abs=1e-10)  # sums, not rows
