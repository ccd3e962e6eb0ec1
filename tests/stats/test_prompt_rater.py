import numpy as np
import pytest
from scipy.stats import kendalltau, pearsonr, spearmanr

from evalmuse_hf.stats import srcc
from evalmuse_hf.stats.prompt_rater import _expanded_level, prompt_rater_interval

NAN = float("nan")
REFERENCES = {"srcc": spearmanr, "krcc": kendalltau, "plcc": pearsonr}


def make_case(*, n_prompts=40, n_raters=8, taste=0.0, noise=0.7, seed=0):
    """Four pictures a prompt; ``taste`` is how far raters differ in what they like about the scorer's favourites."""
    rng = np.random.default_rng(seed)
    quality, feature = rng.normal(size=(2, 4 * n_prompts))
    tastes = taste * rng.normal(size=n_raters)
    ratings = quality[:, None] + feature[:, None] * tastes + noise * rng.normal(size=(4 * n_prompts, n_raters))
    return {
        "predictions": quality + feature,
        "ratings": np.round(ratings),
        "groups": [row // 4 for row in range(4 * n_prompts)],
    }


def width(interval):
    return interval.high - interval.low


@pytest.mark.parametrize("statistic", REFERENCES)
def test_the_statistic_is_that_of_the_mean_ratings(statistic):
    case = make_case()
    expected = REFERENCES[statistic](case["predictions"], case["ratings"].mean(axis=1)).statistic
    result = prompt_rater_interval(**case, statistic=statistic, n_resamples=20, rng=0)
    assert result.statistic == pytest.approx(expected, abs=1e-12)
    assert result.confidence_interval.low < result.statistic < result.confidence_interval.high
    assert (result.scheme, result.n_raters, result.n_groups) == ("prompts x raters", 8, 40)


def test_raters_of_different_taste_widen_the_interval_and_those_of_one_do_not():
    different = prompt_rater_interval(**make_case(taste=1.5), n_resamples=200, rng=0)
    alike = prompt_rater_interval(**make_case(taste=0.0), n_resamples=200, rng=0)
    assert width(different.confidence_interval) > 1.5 * width(different.prompt_interval)
    assert width(alike.confidence_interval) < 1.3 * width(alike.prompt_interval)
    assert different.rater_share > 0.6
    assert alike.rater_share < 0.4


def test_percentiles_are_further_out_the_more_of_the_variance_is_that_of_few_raters():
    # Raters alone, eight of them: Student's t with 7 degrees of freedom and a variance of 8/7: 2.3646 * sqrt(8 / 7) is
    # 2.528, which leaves 1.15 % of the normal distribution outside. Prompts alone, many: next to nothing changes.
    assert _expanded_level(0.95, rater_share=1.0, n_raters=8, n_prompts=4000) == pytest.approx(0.98853, abs=1e-4)
    assert _expanded_level(0.95, rater_share=0.0, n_raters=8, n_prompts=4000) == pytest.approx(0.95, abs=2e-4)
    half = _expanded_level(0.95, rater_share=0.5, n_raters=8, n_prompts=4000)
    assert 0.95 < half < 0.98


def test_raters_who_agree_entirely_add_nothing():
    case = make_case(noise=0.0)
    result = prompt_rater_interval(**case, n_resamples=300, rng=0)
    assert width(result.confidence_interval) == pytest.approx(width(result.prompt_interval), rel=0.15)  # other draws
    assert abs(result.shift) < 0.01


def test_the_interval_over_prompts_alone_is_that_of_the_correlation():
    case = make_case()
    expected = srcc(
        predictions=case["predictions"],
        references=case["ratings"].mean(axis=1),
        groups=case["groups"],
        n_resamples=50,
        rng=3,
    )
    assert prompt_rater_interval(**case, n_resamples=50, rng=3).prompt_interval == expected.confidence_interval


def test_resamples_are_moved_up_by_what_repeated_raters_take_off():
    assert prompt_rater_interval(**make_case(noise=2.0), n_resamples=200, rng=0).shift > 0.02


def test_items_without_a_drawn_rater_are_left_out_and_counted():
    # Two raters, each of half of the items. Of four equally likely draws two hold one of them only: half of the items
    # of these are left out, a quarter of all.
    ratings = np.full((40, 2), NAN)
    quality = np.random.default_rng(0).normal(size=40)
    ratings[::2, 0], ratings[1::2, 1] = quality[::2], quality[1::2]
    scores = quality + 0.1 * np.random.default_rng(1).normal(size=40)
    result = prompt_rater_interval(predictions=scores, ratings=ratings, groups=None, n_resamples=400, rng=0)
    assert result.mean_left_out == pytest.approx(10, abs=1.5)  # standard error of the mean: 0.5
    assert result.statistic == pytest.approx(spearmanr(scores, quality).statistic)


def test_few_raters_are_said_to_be_rough(caplog):
    result = prompt_rater_interval(**make_case(n_raters=3), n_resamples=20, rng=0)
    assert result.status == "rough: 3 raters, fewer than 5"
    assert result.confidence_interval is not None
    assert "it draws from 3 raters" in caplog.text


def test_one_rater_leaves_only_the_interval_over_prompts(caplog):
    result = prompt_rater_interval(**make_case(n_raters=1), n_resamples=20, rng=0)
    assert (result.confidence_interval, result.status) == (None, "fewer than 2 raters to draw from")
    assert result.prompt_interval is not None
    assert "at least 2 raters are needed, got 1" in caplog.text


def test_one_prompt_leaves_no_interval():
    case = {**make_case(), "groups": ["p"] * 160}
    result = prompt_rater_interval(**case, n_resamples=20, rng=0)
    assert (result.confidence_interval, result.prompt_interval) == (None, None)


def test_items_without_score_or_rating_are_left_out_and_counted():
    case = make_case()
    case["predictions"][0] = NAN
    case["ratings"][1] = NAN
    result = prompt_rater_interval(**case, n_resamples=20, rng=0)
    assert (result.n, result.n_dropped) == (158, 2)
    rest = {name: values[2:] for name, values in case.items()}
    assert result.statistic == prompt_rater_interval(**rest, n_resamples=0).statistic


def test_constant_ratings_are_undefined_with_a_reason():
    case = {**make_case(), "ratings": np.full((160, 8), 3.0)}
    result = prompt_rater_interval(**case, n_resamples=20, rng=0)
    assert np.isnan(result.statistic)
    assert (result.status, result.confidence_interval) == ("constant references", None)


def test_the_same_seed_gives_the_same_interval():
    first, second = (prompt_rater_interval(**make_case(), n_resamples=30, rng=5) for _ in range(2))
    assert first == second


def test_anonymous_ratings_are_refused():
    with pytest.raises(ValueError, match=r"Raters cannot be drawn: .*; draw prompts alone with `srcc`\."):
        prompt_rater_interval(**make_case(), identified=False)


def test_another_number_of_rows_is_refused():
    case = make_case()
    with pytest.raises(ValueError, match="got 159 rows for 160 scores"):
        prompt_rater_interval(**{**case, "ratings": case["ratings"][1:]})
