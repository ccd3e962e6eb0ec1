import numpy as np
import pytest
from scipy.stats import kendalltau, norm

from evalmuse_hf.stats import element_accuracy, icc, noise_ceiling, plcc, srcc

NAN = float("nan")
LEVELS = np.arange(1.0, 6.0)
BOUNDS = np.array([-np.inf, 1.5, 2.5, 3.5, 4.5, np.inf])


def rounded(scores, noise):
    """Chance of each rating from 1 to 5 given the true score."""
    return np.diff(norm.cdf((BOUNDS - scores[:, None]) / np.asarray(noise).reshape(-1, 1)), axis=1)


# Worlds by the form of their noise and of their true scores. The model of the ceiling assumes the first form only.
WORLDS = {
    "normal": lambda rng, n: rounded(rng.normal(3, 1, n), 0.8),
    "two groups": lambda rng, n: rounded(np.where(rng.random(n) < 0.5, 1.2, 4.3) + rng.normal(0, 0.3, n), 0.8),
    "mostly bad": lambda rng, n: rounded(1 + rng.gamma(1, 0.8, n), 0.7),
    "careless": lambda rng, n: careless(rng.uniform(1.3, 4.5, n)),
    "some items unclear": lambda rng, n: rounded(rng.uniform(1, 5, n), np.where(rng.random(n) < 0.35, 1.4, 0.4)),
    "surer at the ends": lambda rng, n: surer_at_the_ends(rng.uniform(0.8, 5.2, n)),
}


def careless(scores):
    return 0.72 * rounded(scores, 0.35) + 0.28 * rounded(scores, 1.7)


def surer_at_the_ends(scores):
    return rounded(scores, 0.2 + 0.9 * np.sqrt(np.maximum(0, 1 - ((scores - 3) / 2.2) ** 2)))


def world(name, *, n, k, seed=0):
    """Expected ratings and ratings of a world."""
    rng = np.random.default_rng(seed)
    chances = WORLDS[name](rng, n)
    uniform = rng.random((n, k))
    ratings = 1.0 + sum(uniform > bound[:, None] for bound in chances.cumsum(axis=1)[:, :-1].T)
    return chances @ LEVELS, ratings


@pytest.mark.parametrize("name", WORLDS)
def test_the_perfect_scorer_of_a_known_world_reaches_the_ceiling(name):
    expected, ratings = world(name, n=6000, k=3)
    means = ratings.mean(axis=1)
    reached = {
        "plcc": plcc(predictions=expected, references=means).statistic,
        "srcc": srcc(predictions=expected, references=means).statistic,
        "krcc": kendalltau(expected, means).statistic,
    }
    # Sampling of 6,000 items moves either side by about .004; the rest is what the model's form may cost.
    for statistic, within in (("plcc", 0.01), ("srcc", 0.012), ("krcc", 0.025)):
        ceiling = noise_ceiling(ratings, statistic=statistic, n_simulated=20_000, rng=0)
        assert ceiling.statistic == pytest.approx(reached[statistic], abs=within), statistic


def test_nothing_but_the_expected_rating_reaches_it():
    expected, ratings = world("normal", n=6000, k=3)
    ceiling = noise_ceiling(ratings, statistic="srcc", n_simulated=20_000, rng=0).statistic
    noisy = expected + np.random.default_rng(1).normal(0, 0.4, 6000)
    assert srcc(predictions=noisy, references=ratings.mean(axis=1)).statistic < ceiling - 0.02


def test_a_model_fitted_to_three_ratings_foretells_the_ceiling_of_nine():
    expected, ratings = world("careless", n=6000, k=9)
    for statistic, compute in (("plcc", plcc), ("srcc", srcc)):
        reached = compute(predictions=expected, references=ratings.mean(axis=1)).statistic
        ceiling = noise_ceiling(ratings[:, :3], statistic=statistic, k=9, n_simulated=20_000, rng=0)
        assert ceiling.statistic == pytest.approx(reached, abs=0.012)
        assert ceiling.k == 9


def test_the_rule_of_a_second_round_is_part_of_the_ceiling():
    expected, ratings = world("normal", n=6000, k=6)
    again = np.ptp(ratings[:, :3], axis=1) >= 2
    means = np.where(again, ratings.mean(axis=1), ratings[:, :3].mean(axis=1))
    pooled = np.where(again[:, None] | (np.arange(6) < 3), ratings, NAN)
    for statistic, compute in (("plcc", plcc), ("srcc", srcc)):
        reached = compute(predictions=expected, references=means).statistic
        ceiling = noise_ceiling(pooled, statistic=statistic, k=3, again_at=2, n_simulated=20_000, rng=0)
        assert ceiling.statistic == pytest.approx(reached, abs=0.012)
        assert ceiling.method == "simulated ratings"
        assert ceiling.pooled


def test_the_ceiling_of_plcc_is_the_root_of_the_reliability_with_its_interval():
    _, ratings = world("normal", n=200, k=3)
    options = {"groups": np.repeat(np.arange(40), 5), "n_resamples": 200, "rng": 0}
    ceiling, reliability = noise_ceiling(ratings, statistic="plcc", **options), icc(ratings, form="(1,k)", **options)
    assert ceiling.statistic == pytest.approx(np.sqrt(reliability.statistic))
    assert ceiling.confidence_interval == pytest.approx(np.sqrt(reliability.confidence_interval))
    assert (ceiling.k, ceiling.n_groups, ceiling.method) == (3, 40, "reliability of the mean")


@pytest.mark.parametrize("a, b, size", [(0.5, 0.8, 3), (2.0, 1.0, 6)])
def test_the_verdicts_of_the_expected_rating_agree_as_often_as_the_ceiling_says(a, b, size):
    rng = np.random.default_rng(0)
    chance = rng.beta(a, b, 8000)
    ratings = (rng.random((8000, size)) < chance[:, None]).astype(float)
    reached = element_accuracy(predictions=chance, references=ratings.mean(axis=1)).statistic
    ceiling = noise_ceiling(ratings, statistic="accuracy")
    assert ceiling.statistic == pytest.approx(reached, abs=0.012)
    assert ceiling.method == "beta-binomial model"


def test_places_in_the_lists_do_not_matter():
    _, ratings = world("normal", n=300, k=3)
    shuffled = np.random.default_rng(1).permuted(ratings, axis=1)
    for statistic in ("plcc", "srcc"):
        first, second = (
            noise_ceiling(table, statistic=statistic, n_simulated=2000, rng=0).statistic
            for table in (ratings, shuffled)
        )
        assert first == pytest.approx(second, abs=1e-9)


def test_the_intervals_of_the_models_hold_the_ceiling_and_are_repeatable():
    _, ratings = world("normal", n=150, k=3)
    groups = np.repeat(np.arange(50), 3)
    for statistic, table in (("srcc", ratings), ("accuracy", (ratings > 3).astype(float))):
        options = {"statistic": statistic, "groups": groups, "n_resamples": 4, "n_simulated": 3000, "rng": 0}
        result = noise_ceiling(table, **options)
        assert result == noise_ceiling(table, **options)
        assert result.n_groups == 50
        assert result.confidence_interval.low < result.confidence_interval.high
        assert result.confidence_interval.low - 0.02 < result.statistic < result.confidence_interval.high + 0.02


def test_a_simulation_of_more_items_agrees_within_its_error():
    _, ratings = world("normal", n=500, k=3)
    few, many = (
        noise_ceiling(ratings, statistic="srcc", n_simulated=n, rng=seed).statistic
        for n, seed in ((4000, 0), (60_000, 1))
    )
    assert few != many
    assert few == pytest.approx(many, abs=4 * (1 - many**2) / np.sqrt(4000))


@pytest.mark.parametrize("statistic", ["plcc", "srcc", "krcc", "accuracy"])
@pytest.mark.parametrize(
    "ratings, status",
    [([[1, NAN], [0, NAN]], "no item has two ratings"), ([[1, 1], [1, 1]], "all ratings are the same")],
    ids=["single", "constant"],
)
def test_undefined_ceilings_are_nan_with_a_reason(ratings, status, statistic):
    result = noise_ceiling(ratings, statistic=statistic, n_resamples=3)
    assert np.isnan(result.statistic)
    assert (result.status, result.confidence_interval) == (status, None)


@pytest.mark.parametrize("last", [3, 4], ids=["equal means", "nearly equal means"])
def test_ratings_without_any_agreement_have_no_ceiling(last):
    result = noise_ceiling([[1, 3], [3, 1], [1, last]], statistic="plcc", n_resamples=5, rng=0)
    assert np.isnan(result.statistic)
    assert result.status == "ratings of one item agree no better than chance"


@pytest.mark.parametrize(
    "ratings, options, message",
    [
        ([[1, 2]], {"statistic": "rmse"}, "`statistic` must be one of"),
        ([[1, 2.5]], {"statistic": "srcc"}, "whole numbers for a model of ratings, got 2.5 at item 0, rater 1"),
        ([[1, 6]], {"statistic": "srcc", "scale": (1, 5)}, "from 1 to 5, got 6.0"),
        ([[0, 2]], {"statistic": "accuracy"}, "from 0 to 1, got 2.0"),
        ([[1, 500]], {"statistic": "srcc"}, "`scale` must rise by less than 101"),
        ([[1, 2]], {"statistic": "plcc", "k": 0}, "`k` must be at least 1"),
        ([[1, 2]], {"statistic": "srcc", "n_simulated": 1}, "`n_simulated` must be at least 2"),
        ([[1, 2]], {"statistic": "srcc", "again_at": 2}, "`again_at` needs `k`"),
        ([[1, 0]], {"statistic": "accuracy", "again_at": 2, "k": 3}, "`again_at` needs `k`"),
    ],
    ids=["statistic", "fraction", "scale", "verdict", "long", "no ratings", "no items", "rule", "verdicts"],
)
def test_wrong_input_is_refused(ratings, options, message):
    with pytest.raises(ValueError, match=message):
        noise_ceiling(ratings, **options)
