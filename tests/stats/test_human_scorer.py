import numpy as np
import pytest
from scipy.stats import kendalltau, pearsonr, spearmanr

from evalmuse_hf.stats import human_as_scorer, icc, noise_ceiling

NAN = float("nan")
REFERENCES = {"srcc": spearmanr, "plcc": pearsonr, "krcc": kendalltau}


@pytest.fixture
def ratings():
    rng = np.random.default_rng(0)
    return np.clip(rng.integers(1, 6, (60, 1)) + rng.integers(-1, 2, (60, 4)), 1, 5).astype(float)


@pytest.mark.parametrize("statistic", REFERENCES)
@pytest.mark.parametrize("identified", [True, False])
def test_one_against_the_mean_of_the_others_agrees_with_scipy(ratings, statistic, identified):
    expected = [
        REFERENCES[statistic](ratings[:, one], np.delete(ratings, one, axis=1).mean(axis=1)).statistic
        for one in range(4)
    ]
    result = human_as_scorer(ratings, identified=identified, statistic=statistic)
    # In a complete table the places are the raters.
    assert result.statistic == pytest.approx(np.mean(expected), abs=1e-12)
    assert result.by_rater == (pytest.approx(expected) if identified else ())
    assert result.n_raters == (4 if identified else 0)


def test_identified_raters_are_compared_on_their_own_items_and_the_rare_ones_left_out(ratings):
    ratings[12:, 3] = NAN
    ratings[30:, 2] = NAN
    result = human_as_scorer(ratings, identified=True, min_items=20)
    assert np.isnan(result.by_rater[3])
    assert result.n_raters == 3
    others = np.nanmean(ratings[:30][:, [0, 1, 3]], axis=1)
    assert result.by_rater[2] == pytest.approx(spearmanr(ratings[:30, 2], others).statistic)
    assert result.statistic == pytest.approx(np.mean(result.by_rater[:3]))


def test_anonymous_lists_of_unequal_length_start_again():
    table = np.array([[1, 2, NAN], [2, 2, 3], [4, 5, NAN], [3, 5, 4], [5, 4, 4]])
    places = [[0, 0, 0, 0, 0], [1, 1, 1, 1, 1], [0, 2, 0, 2, 2]]
    expected = []
    for place in places:
        own = table[np.arange(5), place]
        others = (np.nansum(table, axis=1) - own) / ((~np.isnan(table)).sum(axis=1) - 1)
        expected.append(spearmanr(own, others).statistic)
    result = human_as_scorer(table, identified=False, min_items=5)
    assert result.statistic == pytest.approx(np.mean(expected))


def parallel(n=20_000, m=4):
    """Ratings with a reliability of 1 / 1.8."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, 1)) + rng.normal(0, np.sqrt(0.8), (n, m))


def test_it_is_what_the_reliability_says_and_below_the_noise_ceiling():
    ratings = parallel()
    single = 1 / 1.8
    others = 3 * single / (1 + 2 * single)
    result = human_as_scorer(ratings, identified=True, statistic="plcc")
    assert result.statistic == pytest.approx(np.sqrt(single * others), abs=0.01)
    ceiling = noise_ceiling(ratings, statistic="plcc").statistic
    assert ceiling == pytest.approx(np.sqrt(icc(ratings, form="(1,k)").statistic))
    assert ceiling > result.statistic + 0.2


def test_the_interval_draws_whole_groups(ratings):
    groups = np.repeat(np.arange(15), 4)
    for statistic, rounds in (("srcc", 40), ("krcc", 15)):
        counts = np.random.default_rng(2).multinomial(15, np.full(15, 1 / 15), size=rounds)
        values = [
            human_as_scorer(np.repeat(ratings, drawn[groups], axis=0), identified=True, statistic=statistic).statistic
            for drawn in counts
        ]
        result = human_as_scorer(
            ratings, identified=True, statistic=statistic, groups=groups, n_resamples=rounds, rng=2
        )
        moved = np.array(values) + result.statistic - np.mean(values)
        assert result.confidence_interval == pytest.approx(np.quantile(moved, [0.025, 0.975]))
        assert result.n_groups == 15


@pytest.mark.parametrize(
    "table, status",
    [
        ([[1, NAN], [2, NAN]], "no item has two ratings"),
        (np.full((12, 2), 3), "all ratings are the same"),
        ([[1, 2], [2, 1]], "no rater has 10 items and ratings that differ"),
    ],
    ids=["single", "constant", "few"],
)
def test_undefined_values_are_nan_with_a_reason(table, status):
    result = human_as_scorer(table, identified=True, n_resamples=5)
    assert np.isnan(result.statistic)
    assert (result.status, result.confidence_interval) == (status, None)


@pytest.mark.parametrize(
    "options, message",
    [({"statistic": "rmse"}, "`statistic` must be one of"), ({"min_items": 1}, "`min_items` must be at least 2")],
    ids=["statistic", "items"],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        human_as_scorer([[1, 2]], identified=True, **options)
