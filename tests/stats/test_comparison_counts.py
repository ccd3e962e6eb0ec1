import numpy as np
import pytest

from evalmuse_hf.stats import comparison_counts
from evalmuse_hf.stats.comparison_counts import ComparedRows, accuracy_of_comparisons


def brute(rows, drawn):
    """Share of right comparisons, one by one."""
    right = counted = 0.0
    n = len(rows.predictions)
    for i in range(n):
        for j in range(i + 1, n):
            one, other = rows.clusters[i], rows.clusters[j]
            weight = drawn[one] * drawn[other] if one != other else drawn[one] * rows.within
            actual = np.sign(rows.levels[i] - rows.levels[j])
            gap = rows.predictions[i] - rows.predictions[j]
            threshold = rows.thresholds[rows.folds[i], rows.folds[j]]
            predicted = 0 if abs(gap) <= threshold else np.sign(gap)
            if rows.strict and actual == 0:
                continue
            counted += weight
            right += weight * (predicted == actual)
    return right / counted if counted else np.nan


def make(seed, *, strict, within, sizes):
    rng = np.random.default_rng(seed)
    n_folds = 3
    cluster_folds = np.sort(rng.integers(n_folds, size=len(sizes)))
    names = rng.permutation(len(sizes) + 2)[: len(sizes)]  # two clusters of the draw counts have no rows here
    clusters, folds = np.repeat(names, sizes), np.repeat(cluster_folds, sizes)
    order = np.lexsort((clusters, folds))
    thresholds = rng.uniform(0, 0.3, size=(n_folds, n_folds))
    return ComparedRows(
        predictions=np.round(rng.uniform(size=len(clusters)), 2)[order],
        levels=rng.integers(4, size=len(clusters)),
        clusters=clusters[order],
        folds=folds[order],
        thresholds=np.maximum(thresholds, thresholds.T) + 0.005,  # between two steps: rounding decides nothing
        strict=strict,
        within=within,
    )


@pytest.mark.parametrize("strict", [False, True], ids=["ties", "strict"])
@pytest.mark.parametrize("within", [False, True], ids=["between", "within"])
@pytest.mark.parametrize("sizes", [[1] * 15, [3, 1, 6, 2, 1, 4, 5]], ids=["one row each", "uneven"])
@pytest.mark.parametrize("chunk", [1, 3, 200])
def test_shares_are_those_of_comparisons_one_by_one(monkeypatch, strict, within, sizes, chunk):
    monkeypatch.setattr(comparison_counts, "CHUNK_ROWS", chunk)
    rows = make(len(sizes), strict=strict, within=within, sizes=sizes)
    n_clusters = len(sizes) + 2
    counts = np.random.default_rng(0).multinomial(n_clusters, np.full(n_clusters, 1 / n_clusters), size=6)
    counts = np.vstack([np.ones(n_clusters), counts]).astype(float)
    expected = [brute(rows, drawn) for drawn in counts]
    assert accuracy_of_comparisons(rows)(counts) == pytest.approx(expected, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("strict", [False, True], ids=["ties", "strict"])
def test_counting_anew_gives_what_counts_kept_in_memory_give(monkeypatch, strict):
    rows = make(3, strict=strict, within=True, sizes=[3, 1, 6, 2])
    counts = np.random.default_rng(0).multinomial(6, np.full(6, 1 / 6), size=5).astype(float)
    of_counts = accuracy_of_comparisons(rows)
    kept = [of_counts(counts).tolist() for _ in range(2)]
    monkeypatch.setattr(comparison_counts, "CACHE_BYTES", 0)
    anew = accuracy_of_comparisons(rows)
    assert [anew(counts).tolist() for _ in range(2)] == kept


def test_clusters_of_more_than_255_comparisons_do_not_overflow():
    rng = np.random.default_rng(0)
    rows = ComparedRows(
        predictions=rng.uniform(size=600),
        levels=rng.integers(2, size=600),
        clusters=np.repeat([0, 1], 300),
        folds=np.zeros(600, dtype=int),
        thresholds=np.array([[0.05]]),
        strict=False,
        within=True,
    )
    gaps = rows.predictions[:, None] - rows.predictions
    predicted = np.where(np.abs(gaps) <= 0.05, 0, np.sign(gaps))
    right = (predicted == np.sign(rows.levels[:, None] - rows.levels))[np.triu_indices(600, 1)]
    assert accuracy_of_comparisons(rows)(np.ones((1, 2))) == pytest.approx([right.mean()], abs=1e-12)
