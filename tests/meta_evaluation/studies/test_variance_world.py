"""The drawn world of the study: three strata of prompts, and raters who err where they are told to."""

import numpy as np
import pytest

from evalmuse_hf.meta_evaluation.studies.variance_world import (
    STRATA,
    draw_pixels,
    imagine_side,
    rate_prompts,
    sample_prompts,
)


@pytest.fixture(scope="module")
def side():
    return imagine_side(60, pictures=6, test=False, seed=3)


def variances(side, stratum):
    return [truths.var() for truths, found in zip(side.truths, side.strata, strict=True) if found == stratum]


def test_the_strata_differ_in_true_variance_and_in_nothing_else(side):
    assert [side.strata.count(stratum) for stratum in STRATA] == [20, 20, 20]
    assert max(variances(side, "flat")) < 1e-20  # the same number six times
    assert min(variances(side, "high")) > max(variances(side, "low")) > min(variances(side, "low")) > 0


def test_the_pictures_of_a_flat_prompt_differ_in_what_they_show(side):
    flat = [scenes for scenes, stratum in zip(side.scenes, side.strata, strict=True) if stratum == "flat"]
    assert all(len(set(scenes)) == 6 for scenes in flat)
    assert len({truths[0] for truths, found in zip(side.truths, side.strata, strict=True) if found == "flat"}) > 3


def test_the_same_seed_gives_the_same_side(side):
    again = imagine_side(60, pictures=6, test=False, seed=3)
    assert again.prompts == side.prompts
    assert again.scenes == side.scenes
    assert imagine_side(3, pictures=2, test=True, seed=3).prompts != side.prompts[:3]


def test_pictures_are_drawn_in_the_order_of_their_prompts():
    side = imagine_side(3, pictures=2, test=True, seed=0)
    pixels = draw_pixels(side, image_size=16)
    assert pixels.shape == (6, 16, 16, 3)
    alone = draw_pixels(type(side)(side.prompts[2:], side.scenes[2:], side.truths[2:], side.strata[2:]), image_size=16)
    assert np.array_equal(pixels[4:], alone)


def test_prompts_are_drawn_from_every_stratum_alike(side):
    chosen = sample_prompts(side, 30, np.random.default_rng(0))
    assert len(set(chosen)) == 30
    assert [sum(side.strata[index] == stratum for index in chosen) for stratum in STRATA] == [10, 10, 10]


@pytest.mark.parametrize("number", [10, 63], ids=["not a multiple of three", "too many"])
def test_a_number_of_prompts_that_cannot_be_drawn_is_refused(side, number):
    with pytest.raises(ValueError, match=f"must be a multiple of 3 of at most 60, got {number}"):
        sample_prompts(side, number, np.random.default_rng(0))


def test_without_noise_every_rating_is_the_truth(side):
    rated = rate_prompts(side, [4, 1], noise="none", rng=np.random.default_rng(0))
    assert [pair.overall_score for pair in rated.pairs] == pytest.approx(rated.truths.tolist())
    assert rated.truths.tolist() == [*side.truths[4], *side.truths[1]]
    assert [pair.row for pair in rated.pairs] == [*range(24, 30), *range(6, 12)]
    assert rated.prompt_ids == [4] * 6 + [1] * 6
    assert {len(set(ratings)) for ratings in rated.ratings} == {1}
    assert {score for pair in rated.pairs for score in pair.element_scores} == {0.0, 1.0}


@pytest.mark.parametrize("noise, noisy", [("uniform", STRATA), ("high", ("high",)), ("flat", ("flat",))])
def test_the_raters_err_where_they_are_told_to(side, noise, noisy):
    rated = rate_prompts(side, range(60), noise=noise, rng=np.random.default_rng(0))
    wrong = {
        side.strata[prompt]
        for prompt, pair, truth in zip(rated.prompt_ids, rated.pairs, rated.truths, strict=True)
        if abs(pair.overall_score - truth) > 1e-9
    }
    assert wrong == set(noisy)
    numbers = {len(ratings) for ratings in rated.ratings}
    assert numbers == {3, 6}  # three more raters where the first three disagree


def test_noise_on_a_third_of_the_prompts_is_about_as_large_in_the_mean_as_noise_on_all():
    """Before clipping; the errors of the first rating, whose variance is .12 + 2.77 times the careless share."""
    side = imagine_side(90, pictures=5, test=False, seed=1)
    errors = {}
    for noise in ("uniform", "high", "flat"):
        rated = rate_prompts(side, range(90), noise=noise, rng=np.random.default_rng(0))
        first = np.array([ratings[0] for ratings in rated.ratings])
        errors[noise] = ((first - rated.truths) ** 2).mean()
    assert errors["high"] == pytest.approx(errors["uniform"], rel=0.25)
    assert errors["flat"] == pytest.approx(errors["uniform"], rel=0.25)
