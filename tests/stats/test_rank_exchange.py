import itertools

import numpy as np
import pytest
from scipy import stats

from evalmuse_hf.stats.rank_exchange import (
    draw_swaps,
    exchange_p_value,
    exchanged_share,
    rank_exchange_test,
)
from evalmuse_hf.stats.sample import read_sample


@pytest.fixture(scope="module")
def pairs():
    """Seven prompts of four pictures, two scorers that are almost equally good, tied ratings."""
    rng = np.random.default_rng(2)
    references = rng.integers(3, 13, 28) / 3
    return {
        "first": references + rng.normal(0, 0.9, 28),
        "second": np.round(references + rng.normal(0, 1.1, 28), 1),
        "references": references,
        "groups": [f"prompt {row % 7}" for row in range(28)],
    }


def standardised(values):
    return (values - values.mean()) / values.std()


COMMON_SCALE = {"srcc": stats.rankdata, "krcc": stats.rankdata, "plcc": standardised, "rmse": np.asarray}
VALUE = {
    "srcc": lambda x, y: np.corrcoef(x, stats.rankdata(y))[0, 1],  # exchanged ranks are taken as they are
    "krcc": lambda x, y: stats.kendalltau(x, y).statistic,
    "plcc": lambda x, y: np.corrcoef(x, y)[0, 1],
    "rmse": lambda x, y: np.sqrt(np.mean((x - y) ** 2)),
}


@pytest.mark.parametrize("statistic", VALUE)
def test_the_p_value_counts_the_exchanges_written_out(pairs, statistic):
    """All 128 ways to exchange seven prompts, each written out row by row."""
    sample = read_sample({name: pairs[name] for name in ("first", "second", "references")}, groups=pairs["groups"])
    first, second = (COMMON_SCALE[statistic](pairs[name]) for name in ("first", "second"))
    value = VALUE[statistic]

    def difference(swap):
        heads = np.array(swap)[sample.codes] == 1
        one, other = np.where(heads, second, first), np.where(heads, first, second)
        return value(one, pairs["references"]) - value(other, pairs["references"])

    ways = list(itertools.product([0, 1], repeat=7))
    observed = difference([0] * 7)
    extreme = sum(abs(difference(swap)) >= abs(observed) - 1e-12 for swap in ways)
    found = exchange_p_value(
        observed,
        statistic=statistic,
        first=pairs["first"],
        second=pairs["second"],
        sample=sample,
        swaps=np.array(ways, dtype=np.int8),
    )
    assert 2 < extreme < 128
    assert found == (1 + extreme) / 129


@pytest.mark.parametrize("statistic", VALUE)
def test_drawn_exchanges_come_near_to_all_of_them(pairs, statistic):
    drawn = rank_exchange_test(**pairs, statistic=statistic, n_permutations=800, rng=0)
    again = rank_exchange_test(**pairs, statistic=statistic, n_permutations=800, rng=1)
    assert 0 < abs(drawn.p_value - again.p_value) < 0.09  # standard error of the difference at most .025


def test_neither_the_order_of_the_scorers_nor_their_scale_matters(pairs):
    plain = rank_exchange_test(**pairs, rng=0)
    swapped = rank_exchange_test(**{**pairs, "first": pairs["second"], "second": pairs["first"]}, rng=0)
    rescaled = rank_exchange_test(**{**pairs, "second": np.exp(pairs["second"])}, rng=0)
    assert swapped.statistic == -plain.statistic
    assert swapped.p_value == plain.p_value == rescaled.p_value


def test_exchangeable_scorers_are_found_different_in_one_of_twenty():
    """Both scorers share what is hard about a prompt and err by themselves, also for a whole prompt at once."""
    rng = np.random.default_rng(4)
    groups = np.repeat(np.arange(12), 5)
    found = 0
    for _ in range(300):
        truth, hard = rng.normal(size=60), rng.normal(size=12)[groups]
        scores = truth + hard + rng.normal(size=(2, 12))[:, groups] + rng.normal(size=(2, 60))
        result = rank_exchange_test(
            first=scores[0], second=scores[1], references=truth, groups=groups, n_permutations=99, rng=rng
        )
        found += result.p_value <= 0.05
    assert 0.015 < found / 300 < 0.09  # standard error .013


def test_a_scorer_and_itself_are_exchangeable(pairs):
    assert rank_exchange_test(**{**pairs, "second": pairs["first"]}, rng=0).p_value == 1.0


def test_rows_without_a_value_are_left_out_of_both_and_counted(pairs):
    first = np.where(np.arange(28) == 3, np.nan, pairs["first"])
    result = rank_exchange_test(**{**pairs, "first": first}, nan_policy="omit", rng=0)
    assert (result.n, result.n_dropped, result.n_groups) == (27, 1, 7)
    with pytest.raises(ValueError, match="`first` has 1 nan of 28 values, first at row 3"):
        rank_exchange_test(**{**pairs, "first": first})


def test_a_constant_scorer_gives_nan_and_says_so(pairs):
    result = rank_exchange_test(**{**pairs, "second": np.ones(28)}, rng=0)
    assert np.isnan([result.statistic, result.p_value]).all()
    assert result.status == "constant predictions"


def test_unusable_options_are_refused(pairs):
    with pytest.raises(ValueError, match="`statistic` must be one of 'srcc', 'krcc', 'plcc', 'rmse'"):
        rank_exchange_test(**pairs, statistic="auroc")
    with pytest.raises(ValueError, match="`n_permutations` must be >= 1, got 0"):
        rank_exchange_test(**pairs, n_permutations=0)


def test_coins_fall_on_both_sides_and_by_the_seed():
    swaps = draw_swaps(50, 400, np.random.default_rng(0))
    assert swaps.shape == (400, 50)
    assert set(np.unique(swaps)) == {0, 1}
    assert abs(swaps.mean() - 0.5) < 0.02
    assert (swaps == draw_swaps(50, 400, np.random.default_rng(0))).all()


def test_equal_differences_count_although_they_differ_by_rounding():
    values = np.array([0.3 - 1e-15, -0.3 + 1e-15, 0.1])
    swaps = np.eye(3, dtype=np.int8)
    assert exchanged_share(lambda block: block @ values, swaps=swaps, difference=0.3) == 3 / 4


def test_blocks_of_exchanges_give_what_all_at_once_give(pairs, monkeypatch):
    whole = rank_exchange_test(**pairs, rng=0)
    monkeypatch.setattr("evalmuse_hf.stats.rank_exchange.BLOCK_VALUES", 100)
    assert rank_exchange_test(**pairs, rng=0) == whole


def test_an_exchange_without_a_difference_never_makes_the_p_value_smaller():
    values = np.array([0.1, np.nan, 0.2])
    swaps = np.ones((3, 1), dtype=np.int8)
    assert exchanged_share(lambda block: values, swaps=swaps, difference=0.3) == 2 / 4


def test_an_exchange_that_makes_a_scorer_constant_counts_as_extreme():
    """Exchanging the second prompt alone, or the first alone, leaves one scorer with ranks that are all alike."""
    sample = read_sample({"references": [1.0, 2.0, 3.0, 4.0]}, groups=["a", "a", "b", "b"])
    found = exchange_p_value(
        0.1,
        statistic="plcc",
        first=np.array([0.1, 0.1, 0.9, 0.9]),
        second=np.array([0.9, 0.9, 0.1, 0.1]),
        sample=sample,
        swaps=np.array([[1, 0], [0, 1]], dtype=np.int8),
    )
    assert found == 1.0
