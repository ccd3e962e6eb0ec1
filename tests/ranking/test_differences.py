import numpy as np
import pytest
from scipy.stats import ttest_rel
from statsmodels.stats.multitest import multipletests

from evalmuse_hf.ranking.differences import compare_generators, letters_of

NAN = float("nan")


def table(n_prompts=30, levels=(0.6, 0.3, 0.25, -0.4)):
    rng = np.random.default_rng(0)
    return rng.normal(3, 0.6, n_prompts) + np.array(levels)[:, None] + rng.normal(0, 0.4, (len(levels), n_prompts))


def test_pairs_are_those_of_the_paired_t_test_with_holm():
    scores = table()
    pairs = compare_generators("ABCD", scores)
    assert [(pair.first, pair.second) for pair in pairs] == [*map(tuple, ("AB", "AC", "AD", "BC", "BD", "CD"))]
    places = {name: place for place, name in enumerate("ABCD")}
    for pair in pairs:
        expected = ttest_rel(scores[places[pair.first]], scores[places[pair.second]])
        interval = expected.confidence_interval()
        assert pair.p_value == pytest.approx(expected.pvalue)
        assert (pair.low, pair.high) == pytest.approx((interval.low, interval.high))
        assert pair.n_prompts == 30
    adjusted = multipletests([pair.p_value for pair in pairs], method="holm")[1]
    assert [pair.adjusted_p_value for pair in pairs] == pytest.approx(adjusted)
    assert [pair.neighbours for pair in pairs] == [True, False, False, True, False, True]


def test_only_prompts_that_both_have_are_compared():
    scores = table()
    scores[1, 5:] = NAN
    pairs = compare_generators("ABCD", scores)
    assert [pair.n_prompts for pair in pairs] == [5, 30, 30, 5, 5, 30]
    assert pairs[0].p_value == pytest.approx(ttest_rel(scores[0, :5], scores[1, :5]).pvalue)


def test_the_additive_model_also_compares_through_third_generators():
    scores = table(n_prompts=60)
    scores[0, :30], scores[1, 30:] = NAN, NAN  # the first two never met
    plain, adjusted = (compare_generators("ABCD", scores, adjusted=way) for way in (False, True))
    assert np.isnan(plain[0].difference)
    assert adjusted[0].difference == pytest.approx(0.3, abs=0.3)
    assert adjusted[0].low < adjusted[0].difference < adjusted[0].high
    assert [pair.n_prompts for pair in plain[3:5]] == [30, 30]
    assert [pair.n_prompts for pair in adjusted[3:5]] == [60, 60]
    complete = compare_generators("ABCD", table(), adjusted=True)
    assert [pair.p_value for pair in complete] == pytest.approx(
        [pair.p_value for pair in compare_generators("ABCD", table())]
    )


def test_a_smaller_difference_needs_more_prompts():
    pairs = {pair.first + pair.second: pair for pair in compare_generators("ABCD", table(n_prompts=200))}
    assert pairs["AD"].n_prompts_needed < pairs["AB"].n_prompts_needed < pairs["BC"].n_prompts_needed


@pytest.mark.parametrize(
    "scores, p_value",
    [([[3.0, NAN], [NAN, 2.0]], NAN), ([[3.0, NAN], [2.0, 2.0]], NAN), ([[3.0, 4.0], [2.0, 3.0]], 0.5)],
    ids=["no prompt in common", "one prompt", "always the same difference"],
)
def test_without_spread_there_is_no_interval(scores, p_value):
    (pair,) = compare_generators("AB", np.array(scores))
    assert (pair.low, pair.high, pair.n_prompts_needed) == (None, None, None)
    assert pair.p_value == pytest.approx(p_value, nan_ok=True)
    assert not pair.separated


def test_letters_follow_the_differences():
    pairs = compare_generators("ABCD", table(n_prompts=300))
    letters = letters_of("ABCD", pairs)
    for pair in pairs:
        assert bool({*letters[pair.first]} & {*letters[pair.second]}) != pair.separated
    assert letters["A"] == "a"


def test_without_a_test_there_are_no_letters():
    assert letters_of("AB", compare_generators("AB", np.array([[3.0], [2.0]]))) == {"A": "", "B": ""}
    assert compare_generators("A", np.array([[3.0, 4.0]])) == ()
