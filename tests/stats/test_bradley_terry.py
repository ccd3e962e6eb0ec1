import numpy as np
import pytest
import statsmodels.api as sm

from evalmuse_hf.stats import bradley_terry, wins_within

NAN = float("nan")


def strengths_of(result):
    return np.array([found.statistic for found in result.strengths])


def logistic_strengths(wins):
    """Bradley and Terry's model as a logistic regression on differences of indicators, by statsmodels."""
    k = len(wins)
    design, won = [], []
    for first in range(k):
        for second in range(first):
            if wins[first, second] + wins[second, first]:
                design.append(np.eye(k)[first] - np.eye(k)[second])
                won.append([wins[first, second], wins[second, first]])
    fit = sm.GLM(np.array(won), np.array(design)[:, 1:], family=sm.families.Binomial()).fit(tol=1e-14)
    strengths = np.concatenate([[0.0], fit.params])
    return strengths - strengths.mean()


def test_strengths_are_those_of_a_logistic_regression():
    rng = np.random.default_rng(0)
    for k in (3, 7):
        wins = rng.integers(1, 30, (k, k)).astype(float)
        result = bradley_terry(wins=wins)
        assert strengths_of(result) == pytest.approx(logistic_strengths(wins), abs=1e-8)
        np.fill_diagonal(wins, 0)
        assert result.n_comparisons == wins.sum()
        assert result.win_rates == pytest.approx(wins.sum(axis=1) / (wins + wins.T).sum(axis=1))


def test_not_everybody_must_have_met_everybody():
    wins = np.array([[0, 4, 0, 2], [1, 0, 3, 0], [0, 2, 0, 5], [3, 0, 1, 0]], dtype=float)
    assert strengths_of(bradley_terry(wins=wins)) == pytest.approx(logistic_strengths(wins), abs=1e-8)


def test_the_odds_of_two_are_the_odds_of_their_wins():
    first, second = strengths_of(bradley_terry(wins=[[0, 1_000_000], [1, 0]]))
    assert first - second == pytest.approx(np.log(1e6))
    assert first + second == pytest.approx(0)


def test_a_tie_is_half_a_win_for_either():
    ties = wins_within(scores=[[3.0, 2.0, 1.0], [3.0, 1.0, 2.0]])
    assert strengths_of(bradley_terry(wins=ties)) == pytest.approx([0, 0])
    assert bradley_terry(wins=ties).win_rates == (0.5, 0.5)


def test_whoever_is_missing_in_a_block_is_compared_with_nobody_there():
    wins = wins_within(scores=[[3.0, NAN], [1.0, 2.0], [1.0 + 1e-14, 2.5]])
    assert wins[0].tolist() == [[0, 1, 1], [0, 0, 0.5], [0, 0.5, 0]]
    assert wins[1].tolist() == [[0, 0, 0], [0, 0, 0], [0, 1, 0]]


def test_a_strength_that_would_be_infinite_is_nan_and_its_owner_is_named():
    # 2 beats both others, who beat each other
    result = bradley_terry(wins=[[0, 2, 0], [3, 0, 0], [1, 1, 0]], n_resamples=10)
    assert np.isnan(strengths_of(result)).all()
    assert (result.status, result.unbeaten) == ("infinite: some were never beaten", (2,))
    assert all(found.status == result.status and found.confidence_interval is None for found in result.strengths)
    assert result.win_rates[2] == 1.0


@pytest.mark.parametrize(
    "wins, status",
    [
        ([[0]], "fewer than two to compare"),
        ([[0, 1, 0], [1, 0, 0], [0, 0, 0]], "some were compared with nobody"),
        ([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]], "some were never compared with the others"),
    ],
)
def test_without_comparisons_there_are_no_strengths(wins, status):
    result = bradley_terry(wins=wins)
    assert result.status.startswith(status)
    assert np.isnan(strengths_of(result)).all()


def simulate(rng, strengths, n_blocks):
    """One comparison of every two in every block."""
    chance = 1 / (1 + np.exp(strengths[None, :] - strengths[:, None]))
    upper = np.triu(rng.random((n_blocks, *chance.shape)) < chance, 1)
    lower = np.triu(np.ones(chance.shape, dtype=bool), 1) & ~upper
    return upper + lower.transpose(0, 2, 1).astype(float)


def test_intervals_of_independent_comparisons_are_those_of_the_logistic_regression():
    wins = simulate(np.random.default_rng(1), np.array([0.6, 0.0]), 400)
    result = bradley_terry(wins=wins, n_resamples=1000, rng=0)
    share = wins.sum(axis=0)[0, 1] / 400
    error = 0.5 / np.sqrt(400 * share * (1 - share))  # of half the log odds
    low, high = result.strengths[0].confidence_interval
    assert (high - low) / 2 == pytest.approx(1.96 * error, rel=0.12)
    assert (result.n_failed, result.strengths[0].n, result.strengths[0].n_groups) == (0, 400, 400)


def test_comparisons_of_one_block_stand_and_fall_together():
    wins = simulate(np.random.default_rng(2), np.array([0.5, 0.0, -0.5]), 60)
    once, twice = (bradley_terry(wins=times * wins, n_resamples=200, rng=0) for times in (1, 2))
    for first, second in zip(once.strengths, twice.strengths, strict=True):
        assert second.confidence_interval == pytest.approx(first.confidence_interval)


def test_resamples_with_infinite_strengths_are_counted_and_too_many_leave_no_interval():
    wins = np.zeros((20, 2, 2))
    wins[:, 0, 1] = 1.0
    wins[0] = [[0, 0], [1, 0]]  # one defeat in 20, which (19 / 20)^20 = 36 % of the resamples miss
    result = bradley_terry(wins=wins, n_resamples=500, rng=0)
    assert strengths_of(result)[0] == pytest.approx(np.log(19) / 2)
    assert result.n_failed == pytest.approx(0.358 * 500, rel=0.2)
    assert result.status == f"no intervals: infinite strengths in {result.n_failed} of 500 resamples"
    assert result.strengths[0].confidence_interval is None


@pytest.mark.parametrize(
    "wins, message",
    [([1.0, 2.0], r"shape \(k, k\)"), ([[0, -1], [1, 0]], "at least 0"), ([[0, NAN], [1, 0]], "finite numbers")],
)
def test_what_is_no_table_of_wins_is_refused(wins, message):
    with pytest.raises(ValueError, match=message):
        bradley_terry(wins=wins)


def test_scores_must_be_a_table():
    with pytest.raises(ValueError, match="one row per player"):
        wins_within(scores=[1.0, 2.0])
