import numpy as np
import pytest
from scipy import stats as scipy_stats

from evalmuse_hf.stats.sample import read_sample
from evalmuse_hf.stats.weighted_correlation import pearson_of_counts, spearman_of_counts

CASES = [(pearson_of_counts, scipy_stats.pearsonr), (spearman_of_counts, scipy_stats.spearmanr)]


@pytest.fixture(scope="module")
def sample():
    """Fifty tied pairs in eleven clusters of different size, in mixed order, far from zero."""
    rng = np.random.default_rng(5)
    references = 1000 + np.round(rng.normal(size=50), 1)
    predictions = np.round(references + rng.normal(size=50), 1)
    groups = [int(group) for group in rng.integers(0, 11, 50)]
    return read_sample({"predictions": predictions, "references": references}, groups=groups)


@pytest.mark.parametrize("of_counts, reference", CASES, ids=["pearson", "spearman"])
def test_a_resample_equals_scipy_on_the_rows_written_out(sample, of_counts, reference):
    counts = np.random.default_rng(1).integers(0, 4, (30, sample.n_clusters))
    drawn = [np.repeat(np.arange(sample.n), row[sample.codes]) for row in counts]
    expected = [reference(sample["predictions"][rows], sample["references"][rows]).statistic for rows in drawn]
    assert of_counts(sample)(counts.astype(float)) == pytest.approx(expected, abs=1e-10)  # sums instead of rows


@pytest.mark.parametrize("of_counts, reference", CASES, ids=["pearson", "spearman"])
def test_a_constant_resample_is_nan(of_counts, reference):
    sample = read_sample({"predictions": [0.1, 0.2, 0.7], "references": [1 / 3, 2 / 3, 1.0]}, groups=None)
    one_row = np.array([[0.0, 3.0, 0.0], [3.0, 0.0, 0.0]])
    assert np.isnan(of_counts(sample)(one_row)).all()
