import logging
import math

import numpy as np
import pytest

from evalmuse_hf.training.rating_noise import rating_noise


def two_way_residual(values):
    """Residual mean square of values (pictures, raters), from a least-squares fit by hand."""
    pictures, raters = values.shape
    rows, columns = np.divmod(np.arange(values.size), raters)
    design = np.column_stack([np.eye(pictures)[rows], np.eye(raters)[columns]])
    fit = design @ np.linalg.lstsq(design, values.ravel(), rcond=None)[0]
    return ((values.ravel() - fit) ** 2).sum() / ((pictures - 1) * (raters - 1))


def simulated(rng, *, n_prompts, n_pictures=4, bias=1.0, noise=0.5, design="crossed"):
    """Ratings without bounds and rounding: every moment is known.

    Ratings and raters have the shape (prompts, pictures, 3); pictures do not differ.
    """
    n_people = {"crossed": 3, "partial": 4, "nested": 3 * n_pictures}[design]
    biases = rng.normal(0, bias, (n_prompts, n_people))
    places = np.arange(3 * n_pictures).reshape(n_pictures, 3)
    if design == "crossed":
        places = np.tile(np.arange(3), (n_pictures, 1))
    if design == "partial":  # every picture is rated by all of four people but one
        places = np.array([[person for person in range(4) if person != out] for out in range(4)])
    raters = np.broadcast_to(places, (n_prompts, n_pictures, 3))
    ratings = 3 + biases[:, places] + rng.normal(0, noise, raters.shape)
    return ratings, raters


def flat(array):
    return [list(row) for row in array.reshape(-1, array.shape[-1])]


def test_one_round_is_the_mean_of_the_variances_of_the_means():
    # variances 1, 0 and (two ratings) 2; a single rating says nothing
    noise = rating_noise([[1, 2, 3], [4, 4, 4], [1, 3], [5]])
    assert noise.estimate == pytest.approx((1 / 3 + 0 + 2 / 2) / 3, abs=1e-12)
    assert (noise.n_pairs, noise.n_second_round, noise.design, noise.warning) == (3, 0, "unknown", None)
    assert noise.per_pair == pytest.approx([noise.estimate] * 4)


def test_lists_of_more_than_three_are_one_round_where_the_range_rule_left_no_trace():
    # five raters each: the variance of 1, 2, 3, 4, 5 is 2.5
    assert rating_noise([[1, 2, 3, 4, 5], [2, 2, 2, 2, 2]]).estimate == pytest.approx(2.5 / 5 / 2)
    assert rating_noise([[1, 2, 3, 4, 5, 6], [2, 2, 2, 2, 2, 2]]).n_second_round == 0


def test_a_second_round_by_hand():
    # first rounds 1, 4, 4 (mean 3, s^2 / 3 = 1) and 2, 2, 2; second round 2, 2, 5 (mean 3, s^2 / 3 = 1).
    # squared noise of the first mean: (3 - 3)^2 - 1 = -1; of the mean of both: (-1 + 1) / 4 = 0, so 1 + 1 + 0 = 2
    noise = rating_noise([[1, 4, 4, 2, 2, 5], [2, 2, 2]])
    assert noise.first_round == pytest.approx((1 + 0) / 2)
    assert noise.estimate == pytest.approx((2 + 0) / 2)
    assert noise.n_second_round == 1


def test_rounds_that_are_known_count_and_not_the_place_in_the_list():
    known = rating_noise([[2, 1, 2, 4, 5, 4], [2, 2, 2]], rounds=[[2, 1, 2, 1, 2, 1], [1, 1, 1]])
    assert known.estimate == rating_noise([[1, 4, 4, 2, 2, 5], [2, 2, 2]]).estimate
    # where they are not known, or only in part, the place decides
    assert rating_noise([[1, 4, 4, 2, 2, 5], [2, 2, 2]], rounds=[[], [1, None, 1]]).estimate == known.estimate
    # six of one round are one round
    assert rating_noise([[1, 4, 4, 2, 2, 5], [2, 2, 2]], rounds=[[1] * 6, []]).n_second_round == 0


def test_a_second_round_of_one_rating_is_left_out_of_account():
    noise = rating_noise([[1, 4, 4, 5], [2, 2, 2]], rounds=[[1, 1, 1, 2], []])
    assert (noise.estimate, noise.n_second_round) == (pytest.approx(0.5), 0)


def test_raters_who_saw_every_picture_are_removed_first():
    """Equal to the residual mean square of the two-way fit, over 3."""
    ratings, raters = simulated(np.random.default_rng(0), n_prompts=1)
    noise = rating_noise(flat(ratings), ["a"] * 4, rater_ids=flat(raters))
    assert noise.estimate == pytest.approx(two_way_residual(ratings[0]) / 3, rel=1e-9)
    assert noise.design == "crossed"


def test_raters_of_one_picture_each_are_not():
    ratings, raters = simulated(np.random.default_rng(0), n_prompts=20, design="nested")
    prompts = np.repeat(np.arange(20), 4)
    noise = rating_noise(flat(ratings), prompts.tolist(), rater_ids=flat(raters))
    assert noise.estimate == pytest.approx(rating_noise(flat(ratings)).estimate, rel=1e-12)
    assert noise.design == "nested"


@pytest.mark.parametrize("design", ["crossed", "partial", "nested"])
def test_in_every_design_it_is_what_noise_adds_to_the_variance_over_pictures(design):
    """Pictures do not differ: the variance of their means is the noise, within its standard error."""
    ratings, raters = simulated(np.random.default_rng(1), n_prompts=1000, design=design)
    variances = ratings.mean(axis=2).var(axis=1, ddof=1)
    prompts = np.repeat(np.arange(len(ratings)), 4).tolist()
    noise = rating_noise(flat(ratings), prompts, rater_ids=flat(raters))
    assert noise.design == design
    each = rating_noise(flat(ratings), prompts, rater_ids=flat(raters), pooling="prompt").per_pair[::4]
    gap = variances - each
    assert variances.mean() - noise.estimate == pytest.approx(0, abs=4 * gap.std() / np.sqrt(len(gap)))
    # by hand, with noise .5 and bias 1: two pictures share 3, 2 or no raters of 3
    shared = {"crossed": 3, "partial": 2, "nested": 0}[design] / 9
    assert noise.estimate == pytest.approx(0.25 / 3 + 1 / 3 - shared, rel=0.05)


def test_unknown_raters_are_different_people():
    ratings, raters = simulated(np.random.default_rng(0), n_prompts=5)
    prompts = np.repeat(np.arange(5), 4).tolist()
    ids = [[None if person == 2 else person for person in row] for row in flat(raters)]
    partly = rating_noise(flat(ratings), prompts, rater_ids=ids)
    assert partly.design == "partial"
    nobody = rating_noise(flat(ratings), prompts, rater_ids=[[None] * 3] * 19 + [[]])
    assert (nobody.design, nobody.estimate) == ("unknown", rating_noise(flat(ratings)).estimate)


@pytest.mark.parametrize("crossed", [False, True])
def test_the_range_rule_does_not_bias_it(crossed):
    """Normal ratings, 3 or 6 by their range: v - e is 0 on average where pictures do not differ, 4 standard errors."""
    rng = np.random.default_rng(2)
    n = 1200
    people = np.broadcast_to(np.arange(6) if crossed else np.arange(24).reshape(4, 6), (n, 4, 6))
    biases = rng.normal(0, 0.2, (n, 24))
    ratings = 3 + np.take_along_axis(biases, people.reshape(n, -1), axis=1).reshape(n, 4, 6)
    ratings = ratings + rng.normal(0, 1, ratings.shape)
    again = np.ptp(ratings[..., :3], axis=2) >= 2
    assert 0.2 < again.mean() < 0.8
    lengths = np.where(again, 6, 3).ravel()
    rows = [row[:length] for row, length in zip(flat(ratings), lengths, strict=True)]
    ids = [row[:length] for row, length in zip(flat(people), lengths, strict=True)]
    means = np.array([np.mean(row) for row in rows]).reshape(n, 4)
    variances = means.var(axis=1, ddof=1)
    prompts = np.repeat(np.arange(n), 4).tolist()
    options = {"prompt_ids": prompts, "rater_ids": ids}
    noise = rating_noise(rows, **options)
    error = 4 * (variances - rating_noise(rows, **options, pooling="prompt").per_pair[::4]).std() / np.sqrt(n)
    assert variances.mean() - noise.estimate == pytest.approx(0, abs=error)
    assert noise.first_round - variances.mean() > error  # that of means of three is too large


def test_noise_of_each_prompt_and_drawn_towards_the_common_one():
    # s^2 / 3: 1/3, 0 | 4/3, 4/3, so prompt means 1/6 and 4/3, in all 3/4
    ratings, prompts = [[0, 1, 2], [3, 3, 3], [0, 2, 4], [0, 2, 4]], ["a", "a", "b", "b"]
    assert rating_noise(ratings, prompts, pooling="prompt").per_pair == pytest.approx([1 / 6, 1 / 6, 4 / 3, 4 / 3])
    # between: 2 * 2 * (7/12)^2 = 49/36; chance: 2 * (1/6)^2 / 2 = 1/36; component (49/36 - 1/36) / 2 = 2/3;
    # prompts keep (2 * 2/3) / (2 * 2/3 + 1/36) = 48/49 of their distance to 3/4, which is 7/12: 4/7
    shrunk = rating_noise(ratings, prompts, pooling="shrunk")
    assert shrunk.per_pair == pytest.approx([3 / 4 - 4 / 7] * 2 + [3 / 4 + 4 / 7] * 2)
    assert (shrunk.estimate, shrunk.pooling) == (pytest.approx(3 / 4), "shrunk")


@pytest.mark.parametrize(
    "ratings, prompts",
    [
        ([[0, 1, 2], [3, 3, 3], [0, 1, 2], [3, 3, 3]], ["a", "a", "b", "b"]),  # no spread between prompts
        ([[0, 1, 2], [3, 3, 3]], ["a", "b"]),  # one picture each
        ([[0, 1, 2], [3, 3, 3]], ["a", "a"]),  # one prompt
    ],
)
def test_where_chance_explains_the_spread_all_prompts_have_the_common_noise(ratings, prompts):
    noise = rating_noise(ratings, prompts, pooling="shrunk")
    assert noise.per_pair == pytest.approx([noise.estimate] * len(ratings))


def test_a_prompt_that_tells_nothing_has_the_common_noise():
    noise = rating_noise([[1, 2, 3], [4, 4, 4], [5]], ["a", "b", "c"], pooling="prompt")
    assert noise.per_pair == pytest.approx([1 / 3, 0, 1 / 6])


def test_a_prompt_with_one_picture_cannot_show_what_its_raters_share():
    ratings, raters = simulated(np.random.default_rng(0), n_prompts=1)
    alone = rating_noise([*flat(ratings), [1, 5, 1]], ["a"] * 4 + ["b"], rater_ids=[*flat(raters), [0, 1, 2]])
    assert alone.estimate == rating_noise(flat(ratings), ["a"] * 4, rater_ids=flat(raters)).estimate
    assert alone.n_pairs == 4


def test_it_warns_where_the_first_three_may_not_be_the_first_round(caplog):
    rows = [[1, 3, 2, 1, 1, 1], [2, 2, 3, 5, 1, 1], [2, 2, 2]]  # 2, 2, 3 called for no second round
    with caplog.at_level(logging.WARNING, "evalmuse_hf"):
        noise = rating_noise(rows)
    assert noise.warning.startswith("1 of the 2 pairs that were rated again differ by less than 2")
    assert noise.warning in caplog.text
    caplog.clear()
    assert rating_noise([*rows[::2], [4, 5, 5]]).warning is None
    known = [[1] * 3 + [2] * 3] * 2 + [[1] * 3]
    assert rating_noise(rows, rounds=known).warning is None
    assert not caplog.text


@pytest.mark.parametrize(
    "ratings, options, message",
    [
        ([[3], []], {}, "`ratings` has no pair with two ratings"),
        (
            [[3, 4], [1, 2]],
            {"prompt_ids": ["a", "b"], "rater_ids": [[1, 2]] * 2},
            "no prompt with two pictures",
        ),
        ([], {}, "no pair with two ratings"),
        ([[3, 4], [3, math.nan]], {}, r"`ratings` of pair 1 are \[3, nan\]; leave out what is not a rating"),
        ([[3, 4]], {"pooling": "all"}, "`pooling` must be one of .*, got 'all'"),
        ([[3, 4]], {"pooling": "shrunk"}, "`prompt_ids` is missing; `pooling` 'shrunk' needs the prompt"),
        ([[3, 4]], {"rater_ids": [["a", "b"]]}, "`prompt_ids` is missing; `rater_ids` needs the prompt"),
        ([[3, 4]], {"prompt_ids": ["a", "b"]}, "`prompt_ids` must have one entry per pair, got 2 for 1 pairs"),
        ([[3, 4]], {"rounds": [[1, 1], [1, 1]]}, "`rounds` must have one list per pair, got 2 for 1 pairs"),
        ([[3, 4]], {"rounds": [[1]]}, "`rounds` of pair 0 has 1 entries for 2 ratings"),
        ([[3, 4]], {"prompt_ids": ["a"], "rater_ids": [["b"]]}, "`rater_ids` of pair 0 has 1 entries for 2 ratings"),
    ],
)
def test_what_says_nothing_about_noise_is_refused(ratings, options, message):
    with pytest.raises(ValueError, match=message):
        rating_noise(ratings, **options)
