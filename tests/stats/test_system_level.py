import numpy as np
import pytest
from scipy.stats import kendalltau, pearsonr, spearmanr

from evalmuse_hf.stats import adjusted_means, system_correlation

NAN = float("nan")
REFERENCES = {"srcc": spearmanr, "krcc": kendalltau, "plcc": pearsonr}
RNG = np.random.default_rng(0)
N_PROMPTS, N_GENERATORS = 40, 8
SKILL = np.linspace(0, 1, N_GENERATORS)
RATINGS = np.round((3 + SKILL + RNG.normal(size=(N_PROMPTS, 1)) + RNG.normal(size=(N_PROMPTS, N_GENERATORS))) * 3) / 3
SCORES = RATINGS + RNG.normal(scale=1.5, size=RATINGS.shape)
PROMPT, GENERATOR = (index.ravel() for index in np.indices(RATINGS.shape))


def rows(kept):
    return {
        "predictions": SCORES.ravel()[kept],
        "references": RATINGS.ravel()[kept],
        "generators": [f"generator {number}" for number in GENERATOR[kept]],
        "prompts": [f"prompt {number}" for number in PROMPT[kept]],
    }


ALL = np.arange(RATINGS.size)
# Generators that draw later prompts only, as if they had come later.
UNBALANCED = np.flatnonzero(PROMPT >= 3 * GENERATOR)


@pytest.mark.parametrize("statistic", ["srcc", "krcc", "plcc"])
def test_the_correlation_is_that_of_scipy_over_the_means(statistic):
    result = system_correlation(**rows(ALL), statistic=statistic)
    expected = REFERENCES[statistic](SCORES.mean(axis=0), RATINGS.mean(axis=0)).statistic
    assert result.statistic == pytest.approx(expected, abs=1e-12)
    assert result.prediction_means == pytest.approx(tuple(SCORES.mean(axis=0)), abs=1e-12)
    assert (result.n, result.n_groups, len(result.generators)) == (RATINGS.size, N_PROMPTS, N_GENERATORS)


@pytest.mark.parametrize("statistic", ["srcc", "krcc", "plcc"])
@pytest.mark.parametrize("missing", ["refuse", "adjusted"])
def test_intervals_rest_on_resamples_of_whole_prompts_written_out(statistic, missing):
    kept = ALL if missing == "refuse" else UNBALANCED
    result = system_correlation(**rows(kept), statistic=statistic, missing=missing, n_resamples=40, rng=2)
    values = []
    for drawn in np.random.default_rng(2).multinomial(N_PROMPTS, np.full(N_PROMPTS, 1 / N_PROMPTS), size=40):
        again = np.repeat(np.arange(len(kept)), drawn[PROMPT[kept]])
        copies = np.concatenate([np.arange(count) for count in drawn[PROMPT[kept]]])
        blocks = [*zip(PROMPT[kept][again].tolist(), copies.tolist(), strict=True)]
        levels = GENERATOR[kept][again].tolist()
        means = [
            adjusted_means(values=values_.ravel()[kept][again], levels=levels, blocks=blocks).means
            for values_ in (SCORES, RATINGS)
        ]
        first, second = ([np.round(side[number], 8) for number in range(N_GENERATORS)] for side in means)
        values.append(REFERENCES[statistic](first, second).statistic)
    assert result.confidence_interval == pytest.approx(np.quantile(values, [0.025, 0.975]), abs=1e-6)


def test_unequal_prompts_are_refused_by_name():
    with pytest.raises(ValueError, match=r"7 of 8 generators lack .*'generator 7' has no picture of 21 of 40 prompts"):
        system_correlation(**rows(UNBALANCED))


def test_shared_prompts_are_those_that_all_generators_drew():
    result = system_correlation(**rows(UNBALANCED), missing="shared")
    assert result.statistic == system_correlation(**rows(np.flatnonzero(PROMPT >= 21))).statistic
    assert (result.n_groups, result.n_prompts_left_out) == (19, 21)


def test_adjusted_means_undo_hard_prompts():
    """Generators with hard prompts: their plain means have the order of the prompts, not of the generators."""
    kept = np.flatnonzero((PROMPT < 20) == (GENERATOR < 4))
    kept = np.union1d(kept, np.flatnonzero(PROMPT == 19))  # one prompt that all drew connects the two halves
    hard = np.where(PROMPT >= 20, -5.0, 0.0)[kept]
    arguments = {**rows(kept), "references": SKILL[GENERATOR[kept]] + hard, "predictions": SKILL[GENERATOR[kept]]}
    result = system_correlation(**arguments, missing="adjusted")
    assert result.statistic == 1.0
    assert np.diff(result.reference_means) == pytest.approx(np.diff(SKILL), abs=1e-8)


def test_generators_that_share_no_prompts_are_nan_with_a_reason():
    kept = np.flatnonzero((PROMPT < 20) == (GENERATOR < 4))
    adjusted = system_correlation(**rows(kept), missing="adjusted", n_resamples=10)
    shared = system_correlation(**rows(kept), missing="shared", n_resamples=10)
    assert np.isnan([adjusted.statistic, shared.statistic]).all()
    assert adjusted.status == "some generators share no prompts with the others"
    assert shared.status == "no prompt has pictures of every generator"


def test_resamples_in_which_nothing_connects_the_generators_are_left_out_and_counted():
    kept = np.flatnonzero(((PROMPT < 2) == (GENERATOR < 4)) & (PROMPT < 4) | (PROMPT == 4))
    result = system_correlation(**rows(kept), missing="adjusted", n_resamples=200, rng=0)
    # A resample of five prompts without the only one that connects: (4/5)^5 = 33 %.
    assert 0.2 < result.n_failed / 200 < 0.45
    assert result.confidence_interval is None  # the others say nothing of what links the generators


def test_two_generators_have_no_correlation(caplog):
    result = system_correlation(**rows(np.flatnonzero(GENERATOR < 2)), n_resamples=10)
    assert np.isnan(result.statistic)
    assert (result.status, result.confidence_interval) == ("fewer than 3 generators", None)
    assert "The correlation over generators is undefined: fewer than 3 generators" in caplog.text


@pytest.mark.parametrize("missing", ["refuse", "adjusted"])
@pytest.mark.parametrize("side", ["predictions", "references"])
def test_constant_means_are_nan_with_a_reason(missing, side):
    result = system_correlation(**{**rows(ALL), side: np.full(RATINGS.size, 0.1)}, missing=missing)
    assert np.isnan(result.statistic)
    assert result.status == f"constant {side}"


def test_full_agreement_is_one():
    result = system_correlation(**{**rows(ALL), "predictions": RATINGS.ravel()}, n_resamples=20, rng=0)
    assert (result.statistic, result.confidence_interval) == (pytest.approx(1), None)


def test_one_prompt_has_no_interval(caplog):
    result = system_correlation(**rows(np.flatnonzero(PROMPT == 0)), n_resamples=10)
    assert np.isfinite(result.statistic)
    assert result.confidence_interval is None
    assert "at least 2 groups" in caplog.text


def test_rows_left_out_may_unbalance_the_prompts():
    arguments = rows(ALL)
    arguments["predictions"] = np.where(ALL == 5, NAN, arguments["predictions"])
    with pytest.raises(ValueError, match="1 of 8 generators lack"):
        system_correlation(**arguments, nan_policy="omit")
    result = system_correlation(**arguments, nan_policy="omit", missing="shared")
    assert (result.n_dropped, result.n_prompts_left_out) == (1, 1)


def test_no_rows_are_nan_with_a_reason():
    nothing = {"predictions": [NAN], "references": [1.0], "generators": ["A"], "prompts": ["cat"]}
    for missing in ("refuse", "shared", "adjusted"):
        assert system_correlation(**nothing, nan_policy="omit", missing=missing).status == "no rows"


def test_bca_intervals_are_named():
    result = system_correlation(**rows(ALL), statistic="plcc", n_resamples=100, interval="bca", rng=0)
    assert result.interval_method == "bca"
    assert result.confidence_interval.low < result.statistic < result.confidence_interval.high


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"statistic": "rmse"}, "`statistic` must be one of"),
        ({"missing": "ignore"}, "`missing` must be one of"),
        ({"predictions": np.full(RATINGS.size, np.inf)}, "`predictions` has 320 infinite"),
    ],
)
def test_bad_input_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        system_correlation(**{**rows(ALL), **changes})


def test_a_generator_without_a_complete_row_is_left_out_by_name_when_means_are_adjusted(caplog):
    scores = np.where(GENERATOR == 2, NAN, SCORES.ravel())
    result = system_correlation(**{**rows(ALL), "predictions": scores}, missing="adjusted", nan_policy="omit")
    rest = np.flatnonzero(GENERATOR != 2)
    expected = system_correlation(**rows(rest), missing="adjusted")
    assert (result.statistic, result.generators) == (expected.statistic, expected.generators)
    assert "generator 2" in caplog.text


def test_a_correlation_from_one_prompt_says_so():
    result = system_correlation(**rows(np.flatnonzero(PROMPT == 0)))
    assert np.isfinite(result.statistic)
    assert result.status == "rests on one prompt only"
