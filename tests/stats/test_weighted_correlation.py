import numpy as np
import pytest
from scipy import stats as scipy_stats

from evalmuse_hf.stats import plcc
from evalmuse_hf.stats.sample import Sample, read_sample
from evalmuse_hf.stats.weighted_correlation import (
    kendall_of_counts,
    kendalls_of_counts,
    logistic_pearson_of_counts,
    logistic_pearsons_of_counts,
    pearson_of_counts,
    pearsons_of_counts,
    spearman_of_counts,
    spearmans_of_counts,
)


def tau_b(x, y):
    return scipy_stats.kendalltau(x, y)


def fitted(x, y):
    return plcc(predictions=x, references=y, fit="logistic4")


# Ranks are integers: nothing but the last division is rounded. Pearson adds up sums instead of rows, and the fit stops
# its search a little elsewhere.
CASES = {
    "pearson": (pearson_of_counts, pearsons_of_counts, scipy_stats.pearsonr, 1e-10),
    "spearman": (spearman_of_counts, spearmans_of_counts, scipy_stats.spearmanr, 1e-12),
    "kendall": (kendall_of_counts, kendalls_of_counts, tau_b, 1e-12),
    "fitted": (logistic_pearson_of_counts, logistic_pearsons_of_counts, fitted, 1e-6),
}
RANKS = ["spearman", "kendall"]


def make_sample(seed=5, *, n=50, n_groups=11, ties="both"):
    """Pairs in clusters of different size, in mixed order, far from zero."""
    rng = np.random.default_rng(seed)
    references = 1000 + np.round(rng.normal(size=n), 1 if ties in ("both", "references") else 12)
    predictions = np.round(references + rng.normal(size=n), 1 if ties in ("both", "predictions") else 12)
    groups = [int(group) for group in rng.integers(0, n_groups, n)]
    return read_sample({"predictions": predictions, "references": references}, groups=groups)


def drawn_rows(sample, counts):
    """The rows of every resample written out."""
    return [np.repeat(np.arange(sample.n), row[sample.codes].astype(int)) for row in counts]


def written_out(sample, counts, reference):
    rows = drawn_rows(sample, counts)
    return [reference(sample["predictions"][own], sample["references"][own]).statistic for own in rows]


@pytest.mark.parametrize("name", CASES)
def test_a_resample_equals_scipy_on_the_rows_written_out(name):
    of_counts, _, reference, tolerance = CASES[name]
    sample = make_sample()
    counts = np.random.default_rng(1).integers(0, 4, (20, sample.n_clusters)).astype(float)
    expected = written_out(sample, counts, reference)
    assert of_counts(sample)(counts) == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("ties", ["both", "predictions", "references", "neither"])
@pytest.mark.parametrize("name", RANKS)
def test_ranks_are_exact_with_ties_on_either_side_and_without(name, ties):
    of_counts, _, reference, tolerance = CASES[name]
    sample = make_sample(ties=ties, n=700, n_groups=60)  # more groups than stand side by side in a slab
    counts = np.random.default_rng(1).multinomial(60, np.full(60, 1 / 60), size=70).astype(float)  # two sets of lanes
    assert of_counts(sample)(counts) == pytest.approx(written_out(sample, counts, reference), abs=tolerance)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("name", RANKS)
def test_small_tables_of_every_kind_agree_with_scipy(name, seed):
    of_counts, _, reference, tolerance = CASES[name]
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 30))
    columns = {side: rng.integers(0, rng.integers(2, 12), n).astype(float) for side in ("predictions", "references")}
    sample = read_sample(columns, groups=[int(group) for group in rng.integers(0, rng.integers(1, n), n)])
    counts = rng.integers(0, 5, (9, sample.n_clusters)).astype(float)
    counts[0] = 1.0
    for value, rows in zip(of_counts(sample)(counts), drawn_rows(sample, counts), strict=True):
        x, y = sample["predictions"][rows], sample["references"][rows]
        if len(rows) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
            assert np.isnan(value)
        else:
            assert value == pytest.approx(reference(x, y).statistic, abs=tolerance)


@pytest.mark.parametrize("ties", ["both", "neither"])
def test_stuarts_tau_c_equals_scipy_on_the_rows_written_out(ties):
    sample = make_sample(ties=ties)
    counts = np.random.default_rng(1).integers(0, 4, (30, sample.n_clusters)).astype(float)
    expected = written_out(sample, counts, lambda x, y: scipy_stats.kendalltau(x, y, variant="c"))
    assert kendall_of_counts(sample, variant="c")(counts) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_several_scorers_at_once_are_each_what_they_are_alone(name):
    of_one, of_several, _, _ = CASES[name]
    first, second, third = (make_sample(ties=ties) for ties in ("both", "neither", "references"))
    common = {"references": first["references"], "codes": first.codes, "n_clusters": first.n_clusters}
    scorers = [sample["predictions"] for sample in (first, second, third)]
    counts = np.random.default_rng(1).multinomial(11, np.full(11, 1 / 11), size=6).astype(float)
    together = of_several(scorers, **common)(counts)
    assert together.shape == (6, 3)
    for scores, column in zip(scorers, together.T, strict=True):
        alone = of_one(Sample({"predictions": scores, **common}, first.codes, first.n_clusters, 0, True))(counts)
        assert column == pytest.approx(alone, abs=1e-12)


@pytest.mark.parametrize("name", RANKS)
def test_what_one_block_of_resamples_wrote_does_not_reach_the_next(name):
    # Scorers with and without ties share one table; the pooled rows of the first must not be left for the second.
    _, of_several, _, _ = CASES[name]
    tied, untied = make_sample(ties="both"), make_sample(ties="references")
    common = {"references": tied["references"], "codes": tied.codes, "n_clusters": tied.n_clusters}
    counts = np.random.default_rng(1).multinomial(11, np.full(11, 1 / 11), size=6).astype(float)
    scorers = [tied["predictions"], untied["predictions"]]
    forward = of_several(scorers, **common)(counts)
    backward = of_several(scorers[::-1], **common)(counts[::-1])
    assert backward[::-1, ::-1] == pytest.approx(forward, abs=1e-14)


@pytest.mark.parametrize("name", CASES)
def test_the_order_of_the_rows_changes_nothing(name):
    of_counts, _, _, tolerance = CASES[name]
    sample = make_sample()
    order = np.random.default_rng(3).permutation(sample.n)
    columns = {side: values[order] for side, values in sample.columns.items()}
    shuffled = Sample(columns, sample.codes[order], sample.n_clusters, 0, True)
    counts = np.random.default_rng(1).multinomial(11, np.full(11, 1 / 11), size=8).astype(float)
    assert of_counts(shuffled)(counts) == pytest.approx(of_counts(sample)(counts), abs=tolerance)


@pytest.mark.parametrize("name", CASES)
def test_a_constant_resample_is_nan(name):
    of_counts, _, _, _ = CASES[name]
    values = [0.1, 0.2, 0.7, 0.9, 1.3, 1.4]
    sample = read_sample({"predictions": values, "references": [value / 3 for value in values]}, groups=None)
    one_row = np.array([[0.0, 6.0, 0.0, 0.0, 0.0, 0.0], [6.0, 0.0, 0.0, 0.0, 0.0, 0.0]])
    assert np.isnan(of_counts(sample)(one_row)).all()


@pytest.mark.parametrize("name", CASES)
def test_an_empty_resample_is_nan(name):
    of_counts, _, _, _ = CASES[name]
    assert np.isnan(of_counts(make_sample())(np.zeros((2, 11)))).all()


def test_perfect_order_is_exactly_one():
    sample = read_sample({"predictions": np.arange(200.0), "references": np.arange(200.0) ** 3}, groups=None)
    counts = np.random.default_rng(0).multinomial(200, np.full(200, 1 / 200), size=9).astype(float)
    assert (spearman_of_counts(sample)(counts) == 1).all()
    assert kendall_of_counts(sample)(counts) == pytest.approx(np.ones(9), abs=1e-15)


def test_the_map_of_the_challenge_runs_from_references_to_predictions():
    sample = make_sample()
    once = np.ones((1, sample.n_clusters))
    expected = plcc(**sample.columns, fit="logistic4", compat="official").statistic
    assert logistic_pearson_of_counts(sample, compat="official")(once) == pytest.approx([expected], abs=1e-6)
    assert logistic_pearson_of_counts(sample)(once) != pytest.approx([expected], abs=1e-6)


def test_a_fit_that_fails_in_a_resample_is_nan():
    # With the outlier drawn, the best step is infinitely steep and infinitely far; without it, a line is fitted.
    references = [*np.linspace(0, 1e-9, 49), 100.0]
    sample = read_sample({"predictions": np.linspace(0, 1, 50), "references": references}, groups=None)
    counts = np.ones((2, 50))
    counts[1, 49] = 0
    failed, found = logistic_pearson_of_counts(sample)(counts)
    assert np.isnan(failed)
    assert found == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("compat", [None, "official"])
def test_with_many_pairs_a_few_quick_steps_find_the_same_map(compat):
    rng = np.random.default_rng(0)
    references = np.round(rng.uniform(1, 5, 4000) * 3) / 3
    predictions = np.tanh(references - 3) + 0.3 * rng.normal(size=4000)
    sample = read_sample(
        {"predictions": predictions, "references": references}, groups=[row // 4 for row in range(4000)]
    )
    counts = rng.multinomial(1000, np.full(1000, 1 / 1000), size=3).astype(float)
    expected = written_out(
        sample, counts, lambda x, y: plcc(predictions=x, references=y, fit="logistic4", compat=compat)
    )
    assert logistic_pearson_of_counts(sample, compat=compat)(counts) == pytest.approx(expected, abs=1e-6)


def test_a_resample_without_the_one_enormous_score_has_the_correlation_of_its_rows():
    rng = np.random.default_rng(0)
    references = rng.normal(size=200)
    scores = references + rng.normal(size=200)
    scores[17] = 1e9
    sample = read_sample({"predictions": scores, "references": references}, groups=None)
    counts = rng.multinomial(200, np.full(200, 1 / 200), size=30).astype(float)
    assert 5 < (counts[:, 17] == 0).sum() < 25
    expected = written_out(sample, counts, scipy_stats.pearsonr)
    assert pearson_of_counts(sample)(counts) == pytest.approx(expected, abs=1e-9)
    steep = {"predictions": references, "references": scores}
    assert pearson_of_counts(read_sample(steep, groups=None))(counts) == pytest.approx(expected, abs=1e-9)


def test_a_side_that_is_constant_up_to_rounding_is_undefined_in_a_resample():
    scores = np.array([0.1 + 0.2, 0.3, 0.3, 5.0])
    sample = read_sample({"predictions": scores, "references": [1.0, 2.0, 4.0, 3.0]}, groups=None)
    found = pearson_of_counts(sample)(np.array([[2.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0]]))
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(np.corrcoef(scores, [1, 2, 4, 3])[0, 1])
