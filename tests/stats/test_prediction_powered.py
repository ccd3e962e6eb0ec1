import numpy as np
import pytest
import statsmodels.api as sm

from evalmuse_hf.stats import prediction_powered_mean


def study(rng, n_prompts=60, n_rated=20, slope=0.6, pictures=1):
    """Scores of all pictures; ratings of all pictures of some prompts."""
    truth = rng.normal(0, 1, n_prompts)[:, None] + rng.normal(0, 0.5, (n_prompts, pictures))
    ratings = 3 + truth + rng.normal(0, 0.4, truth.shape)
    scores = 3.5 + slope * truth + rng.normal(0, 0.4, truth.shape)
    prompts = np.repeat(np.arange(n_prompts), pictures)
    rated = np.isin(prompts, rng.choice(n_prompts, n_rated, replace=False))
    return {
        "scores": scores.ravel(),
        "prompts": prompts.tolist(),
        "rated_scores": scores.ravel()[rated],
        "ratings": ratings.ravel()[rated],
        "rated_prompts": prompts[rated].tolist(),
    }


def test_estimate_and_error_are_those_of_a_regression_read_off_at_the_mean_score():
    data = study(np.random.default_rng(0))
    result = prediction_powered_mean(**data)
    fit = sm.OLS(data["ratings"], sm.add_constant(data["rated_scores"])).fit()
    scores = data["scores"]
    predicted = fit.get_prediction([[1.0, scores.mean()]])
    assert result.weight == pytest.approx(fit.params[1])
    assert result.statistic == pytest.approx(predicted.predicted_mean[0])
    # The regression takes the mean score for known; here it has an error of its own.
    own = fit.params[1] ** 2 * scores.var() / len(scores)
    assert result.standard_error**2 == pytest.approx(predicted.se_mean[0] ** 2 + own)
    assert 18 < result.degrees_of_freedom < 58
    low, high = result.confidence_interval
    assert low < result.statistic < high


def test_with_a_weight_of_one_the_mean_bias_is_taken_off():
    data = study(np.random.default_rng(1))
    result = prediction_powered_mean(**data, weight=1.0)
    bias = np.mean(data["rated_scores"] - data["ratings"])
    assert result.bias == pytest.approx(bias)
    assert result.statistic == pytest.approx(data["scores"].mean() - bias)


def test_with_a_weight_of_zero_only_people_count():
    result = prediction_powered_mean(**study(np.random.default_rng(2)), weight=0.0)
    assert result.statistic == pytest.approx(result.human.statistic)
    assert result.confidence_interval == pytest.approx(result.human.confidence_interval)


def test_where_everything_is_rated_the_scorer_is_not_asked():
    data = study(np.random.default_rng(3), n_rated=60)
    result = prediction_powered_mean(**data)
    assert (result.weight, result.n_rated_prompts, result.n_groups) == (0.0, 60, 60)
    assert result.statistic == pytest.approx(data["ratings"].mean())


def test_a_scorer_that_contradicts_people_is_not_used():
    assert prediction_powered_mean(**study(np.random.default_rng(4), slope=-0.8)).weight == 0.0


def test_the_scale_of_the_scores_does_not_matter():
    data = study(np.random.default_rng(5))
    other = {**data, "scores": data["scores"] * 20 - 7, "rated_scores": data["rated_scores"] * 20 - 7}
    first, second = prediction_powered_mean(**data), prediction_powered_mean(**other)
    assert second.statistic == pytest.approx(first.statistic)
    assert second.confidence_interval == pytest.approx(first.confidence_interval)
    assert second.weight == pytest.approx(first.weight / 20)


def test_pictures_of_one_prompt_are_one_observation():
    data = study(np.random.default_rng(6))
    doubled = {name: np.repeat(values, 2).tolist() for name, values in data.items()}
    first, second = prediction_powered_mean(**data), prediction_powered_mean(**doubled)
    assert second.confidence_interval == pytest.approx(first.confidence_interval)
    assert (second.n, second.n_scored, second.n_groups) == (40, 120, 60)
    assert second.naive.confidence_interval == pytest.approx(first.naive.confidence_interval)


def test_the_order_of_the_rows_does_not_matter():
    data = study(np.random.default_rng(7), pictures=3)
    rng = np.random.default_rng(0)
    every, part = rng.permutation(180), rng.permutation(60)
    shuffled = {
        name: [values[place] for place in (every if name in ("scores", "prompts") else part)]
        for name, values in data.items()
    }
    assert prediction_powered_mean(**shuffled).statistic == pytest.approx(prediction_powered_mean(**data).statistic)


@pytest.mark.parametrize("whole_prompts", [True, False], ids=["prompts drawn", "pictures drawn"])
def test_intervals_cover_where_those_of_the_scores_do_not(whole_prompts):
    rng = np.random.default_rng(8)
    covered, fooled, n = 0, 0, 250
    for _ in range(n):
        data = study(rng, n_rated=60, pictures=2)
        if whole_prompts:
            rated = np.isin(data["prompts"], rng.choice(60, 25, replace=False))
        else:
            rated = rng.permutation(120) < 40
        part = {"rated_scores": data["scores"][rated], "rated_prompts": np.array(data["prompts"])[rated].tolist()}
        result = prediction_powered_mean(**{**data, **part, "ratings": data["ratings"][rated]})
        covered += result.confidence_interval.low < 3 < result.confidence_interval.high
        fooled += not result.naive.confidence_interval.low < 3 < result.naive.confidence_interval.high
    assert 0.91 < covered / n < 0.99  # 0.95 give or take 2.9 standard errors
    assert fooled / n > 0.9


def test_too_few_rated_prompts_have_no_corrected_mean_and_a_warning_says_so(caplog):
    data = study(np.random.default_rng(9), n_rated=4)
    result = prediction_powered_mean(**data)
    assert np.isnan(result.statistic)
    assert result.confidence_interval is None
    assert result.status == "fewer than 5 rated prompts"
    assert "No corrected mean: fewer than 5 rated prompts, got 4." in caplog.text
    assert result.human.statistic == pytest.approx(data["ratings"].mean())


def test_without_ratings_only_the_scores_have_a_mean():
    data = {**study(np.random.default_rng(9)), "rated_scores": [], "ratings": [], "rated_prompts": []}
    result = prediction_powered_mean(**data)
    assert (result.n, result.human.status, result.naive.statistic) == (
        0,
        "no rows",
        pytest.approx(data["scores"].mean()),
    )
    assert np.isnan(result.bias)


def test_ratings_that_never_vary_have_no_interval():
    data = study(np.random.default_rng(10))
    result = prediction_powered_mean(**{**data, "ratings": np.full(20, 3.0)})
    assert (result.statistic, result.weight, result.confidence_interval) == (3.0, 0.0, None)
    assert result.human.confidence_interval is None


@pytest.mark.parametrize(
    "change, message",
    [
        ({"rated_prompts": [99] * 20}, "20 rated rows have prompts without scores, first 99"),
        ({"ratings": [float("nan")] * 20}, "`ratings` has 20 nan"),
        ({"ratings": [3.0] * 19}, "Expected inputs of one length"),
        ({"confidence_level": 1.0}, "`confidence_level` must be between 0 and 1"),
    ],
)
def test_what_cannot_be_corrected_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        prediction_powered_mean(**{**study(np.random.default_rng(11)), **change})


def test_rated_rows_of_one_score_are_corrected_by_people_alone():
    data = study(np.random.default_rng(12))
    result = prediction_powered_mean(**{**data, "rated_scores": np.full(len(data["ratings"]), 0.1)})
    assert result.weight == 0
    assert result.statistic == pytest.approx(result.human.statistic)
    assert result.confidence_interval is not None
