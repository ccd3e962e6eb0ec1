import numpy as np
import pytest

from evalmuse_hf.ranking.human_correction import correct_means
from evalmuse_hf.ranking.scored_pictures import read_pictures
from evalmuse_hf.stats import prediction_powered_mean

N_PROMPTS = 30


def scored(scale=1.0):
    rng = np.random.default_rng(0)
    return read_pictures(
        {"generator": name, "prompt_id": str(p), "overall_score": scale * rng.uniform(2, 4), "id": f"{name}{p}"}
        for name in "ABC"
        for p in range(N_PROMPTS)
    )


def ratings_of(names, n=12, of=None):
    rng = np.random.default_rng(1)
    return [{"id": f"{name}{p}", "rating": rng.uniform(1, 5)} for name in names for p in range(of or 0, (of or 0) + n)]


def correct(human, *, pictures=None, counting=None, scale=(1.0, 5.0)):
    everything = np.ones(N_PROMPTS, dtype=bool)
    return correct_means(
        pictures or scored(), human, counting=everything if counting is None else counting, scale=scale
    )


def test_each_generator_is_corrected_by_its_own_ratings():
    pictures, human = scored(), ratings_of("AC")
    corrections = correct(human, pictures=pictures)
    own = pictures.scores[:N_PROMPTS]
    expected = prediction_powered_mean(
        scores=own,
        prompts=range(N_PROMPTS),
        rated_scores=own[:12],
        ratings=[row["rating"] for row in human[:12]],
        rated_prompts=range(12),
    )
    found = corrections.by_generator["A"]
    assert (found.mean, found.weight, found.bias) == (expected.statistic, expected.weight, expected.bias)
    assert (found.low, found.high) == expected.confidence_interval
    assert (found.human_low, found.human_high) == expected.human.confidence_interval
    assert sorted(one.rank for one in corrections.by_generator.values()) == [1, 2]


def test_a_generator_that_was_not_rated_is_named_and_has_no_mean(caplog):
    corrections = correct(ratings_of("AC"))
    assert sorted(corrections.by_generator) == ["A", "C"]
    assert corrections.notes == (
        "B has ratings of fewer than 5 prompts and therefore no corrected mean; ranks of corrected means are among "
        "the others.",
    )
    assert corrections.notes[0] in caplog.text


def test_ratings_of_prompts_that_do_not_count_are_left_out():
    counting = np.arange(N_PROMPTS) >= 10
    corrections = correct(ratings_of("ABC"), counting=counting)
    assert corrections.by_generator == {}
    assert corrections.notes == (
        "30 rated pictures belong to prompts that do not count and are left out.",
        "There are no corrected means, because no generator has ratings of 5 prompts that all generators have; others "
        "do not count, because means could not be compared.",
    )


def test_repeated_ratings_and_unknown_pictures_are_said():
    human = ratings_of("ABC")
    corrections = correct([*human, human[0], {"id": "Z1", "rating": 3}])
    assert corrections.notes == ("1 rated pictures were not scored and are left out: Z1.",)
    assert corrections.methods == ("People gave 37 ratings of 36 pictures; those of one picture are averaged.",)
    assert correct(human).methods == ()


def test_scores_on_another_scale_have_no_bias():
    corrections = correct(ratings_of("ABC"), pictures=scored(scale=25.0))
    same = correct(ratings_of("ABC"))
    for name, found in corrections.by_generator.items():
        assert np.isnan(found.bias)
        assert found.mean == pytest.approx(same.by_generator[name].mean)


def test_ratings_off_the_scale_are_refused():
    with pytest.raises(ValueError, match=r"row 1: the rating .* is outside 3 to 4"):
        correct([{"id": "A1", "rating": 4.5}], scale=(3, 4))
