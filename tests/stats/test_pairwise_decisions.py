from itertools import combinations

import numpy as np
import pytest
from scipy.stats import ttest_rel
from statsmodels.stats.multitest import multipletests

from evalmuse_hf.stats import pairwise_decisions

NAN = float("nan")
RNG = np.random.default_rng(1)
N_PROMPTS, N_GENERATORS = 30, 6
SKILL = np.linspace(0, 1.5, N_GENERATORS)
RATINGS = 3 + SKILL + RNG.normal(size=(N_PROMPTS, 1)) + RNG.normal(size=(N_PROMPTS, N_GENERATORS))
SCORES = 0.5 * RATINGS + RNG.normal(scale=1.0, size=RATINGS.shape)
PROMPT, GENERATOR = (index.ravel() for index in np.indices(RATINGS.shape))
ALL = np.arange(RATINGS.size)
UNBALANCED = np.flatnonzero((PROMPT + GENERATOR) % 4 != 0)


def rows(kept):
    return {
        "predictions": SCORES.ravel()[kept],
        "references": RATINGS.ravel()[kept],
        "generators": GENERATOR[kept].tolist(),
        "prompts": PROMPT[kept].tolist(),
    }


def paired_tests(values, kept):
    """Paired t tests on shared prompts, adjusted by statsmodels: differences and p-values of all pairs."""
    table = np.full(RATINGS.shape, NAN)
    table.ravel()[kept] = values.ravel()[kept]
    differences, p_values = [], []
    for first, second in combinations(range(N_GENERATORS), 2):
        both = ~np.isnan(table[:, [first, second]]).any(axis=1)
        differences.append(np.mean(table[both, first] - table[both, second]))
        p_values.append(ttest_rel(table[both, first], table[both, second]).pvalue)
    return np.array(differences), multipletests(p_values, method="holm")[1]


@pytest.mark.parametrize("kept", [ALL, UNBALANCED], ids=["balanced", "unbalanced"])
def test_decisions_are_those_of_paired_t_tests_of_scipy_adjusted_by_statsmodels(kept):
    # The first row of each prompt may come from any generator, so labels are in order of first appearance.
    result = pairwise_decisions(**rows(kept[np.argsort(GENERATOR[kept], kind="stable")]))
    people, people_p = paired_tests(RATINGS, kept)
    scorer, scorer_p = paired_tests(SCORES, kept)
    decided = people_p < 0.05
    right = people * scorer > 0
    assert [line.reference_p_value for line in result.decisions] == pytest.approx(people_p, rel=1e-9)
    assert [line.prediction_p_value for line in result.decisions] == pytest.approx(scorer_p, rel=1e-9)
    assert [line.reference_difference for line in result.decisions] == pytest.approx(people, abs=1e-12)
    assert result.statistic == pytest.approx(right[decided].mean(), abs=1e-12)
    assert (result.n_pairs, result.n_decided, result.n_right) == (15, decided.sum(), (right & decided).sum())
    assert result.n_significant_right == (decided & right & (scorer_p < 0.05)).sum()
    assert result.n_significant_wrong == (decided & ~right & (scorer_p < 0.05)).sum()
    assert result.n_only_predicted == (~decided & (scorer_p < 0.05)).sum()
    assert 0 < result.n_decided < 15


@pytest.mark.parametrize("kept", [ALL, UNBALANCED], ids=["balanced", "unbalanced"])
def test_intervals_draw_prompts_and_hold_what_people_decide_fixed(kept):
    result = pairwise_decisions(**rows(kept), n_resamples=50, rng=3)
    decided = [line for line in result.decisions if line.right is not None]
    table = np.full(RATINGS.shape, NAN)
    table.ravel()[kept] = SCORES.ravel()[kept]
    shares = []
    for drawn in np.random.default_rng(3).multinomial(N_PROMPTS, np.full(N_PROMPTS, 1 / N_PROMPTS), size=50):
        again = table[np.repeat(np.arange(N_PROMPTS), drawn)]
        right = [
            np.nanmean(again[:, line.first] - again[:, line.second]) * line.reference_difference > 0
            for line in decided
        ]
        shares.append(np.mean(right))
    assert result.confidence_interval == pytest.approx(np.quantile(shares, [0.025, 0.975]), abs=1e-12)
    assert result.confidence_interval.low < 1


def test_a_scorer_that_turns_the_order_over_decides_every_pair_wrongly():
    result = pairwise_decisions(**{**rows(ALL), "predictions": -RATINGS.ravel()})
    assert (result.statistic, result.n_significant_wrong) == (0.0, result.n_decided)


def test_full_agreement_is_one_even_without_any_noise():
    skill = {"references": SKILL[GENERATOR], "predictions": SKILL[GENERATOR] / 2}
    result = pairwise_decisions(**{**rows(ALL), **skill}, n_resamples=20, rng=0)
    assert (result.statistic, result.n_decided, result.confidence_interval) == (1.0, 15, None)


def test_constant_scores_decide_nothing_rightly():
    result = pairwise_decisions(**{**rows(ALL), "predictions": np.full(RATINGS.size, 0.1)}, n_resamples=5, rng=0)
    assert (result.statistic, result.n_right, result.n_significant_right) == (0.0, 0, 0)
    assert result.confidence_interval is None


@pytest.mark.parametrize(
    "kept, status",
    [
        (np.flatnonzero(PROMPT == 0), "no two generators share 2 prompts"),
        (np.flatnonzero(GENERATOR == 0), "fewer than 2 generators"),
        (np.flatnonzero((PROMPT < 3) & (GENERATOR < 2)), "people decide no pair"),
        (np.flatnonzero(PROMPT % 6 == GENERATOR), "no two generators share 2 prompts"),
    ],
    ids=["one prompt", "one generator", "too few prompts", "no shared prompts"],
)
def test_what_cannot_be_decided_is_nan_with_a_reason(caplog, kept, status):
    result = pairwise_decisions(**rows(kept), n_resamples=10)
    assert np.isnan(result.statistic)
    assert (result.status, result.confidence_interval, result.n_decided) == (status, None, 0)
    assert f"The share of pairwise decisions is undefined: {status}" in caplog.text


def test_rows_with_nan_are_left_out_and_counted():
    predictions = np.where(ALL < 6, NAN, SCORES.ravel())
    result = pairwise_decisions(**{**rows(ALL), "predictions": predictions}, nan_policy="omit")
    assert result.statistic == pairwise_decisions(**rows(ALL[6:])).statistic
    assert (result.n_dropped, result.n_groups) == (6, N_PROMPTS - 1)
    nothing = {"predictions": [NAN], "references": [1.0], "generators": ["A"], "prompts": ["cat"]}
    assert pairwise_decisions(**nothing, nan_policy="omit").status == "no rows"


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"alpha": 1.0}, "`alpha` must be between 0 and 1, got 1.0"),
        ({"references": np.full(RATINGS.size, np.inf)}, "`references` has 180 infinite"),
        ({"prompts": ["cat"]}, "got 180 generators and 1 prompts"),
    ],
)
def test_bad_input_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        pairwise_decisions(**{**rows(ALL), **changes})
