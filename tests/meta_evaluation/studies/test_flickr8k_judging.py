import numpy as np
import pytest
from scipy.stats import kendalltau, mannwhitneyu, spearmanr

from evalmuse_hf.meta_evaluation.studies.flickr8k_data import RatedPairs
from evalmuse_hf.meta_evaluation.studies.flickr8k_judging import figure_tables, judge_scores


@pytest.fixture
def rated():
    rng = np.random.default_rng(0)
    ratings = rng.integers(1, 5, size=(60, 3)).astype(float)
    return RatedPairs(np.arange(60) // 5, np.arange(60), ratings, np.arange(60) % 10 == 0)


@pytest.fixture
def scores(rated):
    return rated.mean + np.random.default_rng(1).normal(size=60)


def test_the_figures_are_those_of_scipy(rated, scores):
    figures = judge_scores(scores, rated, n_resamples=0)
    for subset, kept in zip(figures.subsets, (slice(None), ~rated.own), strict=True):
        x, ratings = scores[kept], rated.ratings[kept]
        assert subset.srcc_mean.statistic == pytest.approx(spearmanr(x, ratings.mean(axis=1)).statistic)
        tau = kendalltau(x, ratings.mean(axis=1), variant="c").statistic
        assert subset.tau_c_mean.statistic == pytest.approx(tau)
        rows = [(score, rating) for score, three in zip(x, ratings, strict=True) for rating in three]
        tau = kendalltau(*zip(*rows, strict=True), variant="c").statistic
        assert subset.tau_c_flat.statistic == pytest.approx(tau)
        assert subset.tau_c_flat.n == 3 * subset.srcc_mean.n
    assert figures.subsets[1].srcc_mean.n == 54
    u = mannwhitneyu(scores[rated.own], scores[~rated.own]).statistic / (6 * 54)
    assert figures.own_auroc.statistic == pytest.approx(u)


def test_intervals_draw_pictures_and_hold_the_value(rated, scores):
    figures = judge_scores(scores, rated, n_resamples=200)
    for subset in figures.subsets:
        for result in (subset.srcc_mean, subset.tau_c_mean, subset.tau_c_flat):
            assert result.n_groups == 12
            assert result.confidence_interval.low < result.statistic < result.confidence_interval.high
    assert figures.own_auroc.confidence_interval is not None


def test_own_captions_alone_have_no_auroc(rated, scores):
    own = RatedPairs(rated.pictures, rated.captions, rated.ratings, np.zeros(60, dtype=bool))
    figures = judge_scores(scores, own, n_resamples=10)
    assert np.isnan(figures.own_auroc.statistic)
    assert figures.own_auroc.status != "ok"


def test_scores_that_are_missing_are_refused(rated):
    with pytest.raises(ValueError, match="`predictions` has 60 nan of 60"):
        judge_scores(np.full(60, np.nan), rated, n_resamples=0)


def test_published_figures_stand_beside_the_only_one_that_is_comparable(rated, scores):
    figures = judge_scores(scores, rated, n_resamples=0)
    agreement, published = figure_tables(figures)
    assert len(agreement.rows) == 7
    assert agreement.rows[0][2] == f"{figures.subsets[0].srcc_mean.statistic:.3f}"
    assert "54 pairs, ratings flattened" in published.title
    assert published.rows[-1] == ("this model", f"{100 * figures.subsets[1].tau_c_flat.statistic:.1f}")
    assert dict(published.rows)["CLIPScore, ViT-B/32"] == "51.2"


def test_an_undefined_figure_is_no_number(rated):
    agreement, _ = figure_tables(judge_scores(np.zeros(60), rated, n_resamples=0))
    assert agreement.rows[0][2] is None
