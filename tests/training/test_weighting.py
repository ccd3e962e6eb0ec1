import logging
import math
import statistics

import numpy as np
import pytest

from evalmuse_hf.training.rating_noise import rating_noise
from evalmuse_hf.training.weighting import prompt_variances, variance_weights

# Variances with ddof=1: "a" 2, "b" ((-2)^2 + 0 + 2^2) / 2 = 4, "c" one picture.
SCORES = [1.0, 1.0, 3.0, 3.0, 4.0, 5.0]
PROMPTS = ["a", "b", "a", "b", "c", "b"]


def test_variances_are_those_of_the_standard_library():
    variances = prompt_variances(SCORES, PROMPTS)
    for prompt in ("a", "b"):
        own = [score for score, other in zip(SCORES, PROMPTS, strict=True) if other == prompt]
        assert variances[PROMPTS.index(prompt)] == pytest.approx(statistics.variance(own), abs=1e-12)
    assert np.isnan(variances[4])


@pytest.mark.parametrize(
    "scheme, a, b, c",
    [
        ("none", 1, 1, 1),
        ("var", 2, 4, (2 + 2 + 4 + 4 + 4) / 5),
        ("exp_var", math.exp(2), math.exp(4), (2 * math.exp(2) + 3 * math.exp(4)) / 5),
        ("normalized", 2 / 3.2, 4 / 3.2, 1),
        ("reliability", 0, 1.5, (0 + 0 + 3 * 1.5) / 5),
    ],
)
def test_official_weights_by_hand(scheme, a, b, c):
    result = variance_weights(SCORES, PROMPTS, scheme=scheme, scale="official", noise=2.5)
    assert result.weights == pytest.approx([a, b, a, b, c, b], abs=1e-12)
    assert result.n_single == 1


@pytest.mark.parametrize("scheme", ["none", "var", "exp_var", "normalized", "reliability"])
def test_by_default_weights_keep_their_ratios_and_have_mean_one(scheme):
    result = variance_weights(SCORES, PROMPTS, scheme=scheme, noise=1.0)
    official = variance_weights(SCORES, PROMPTS, scheme=scheme, noise=1.0, scale="official")
    assert result.weights.mean() == pytest.approx(1.0, abs=1e-12)
    assert result.weights == pytest.approx(official.weights / official.weights.mean(), abs=1e-12)
    assert result.weights[4] == pytest.approx(1.0, abs=1e-12)  # one picture: the mean weight


def test_the_order_of_pairs_does_not_matter():
    order = [5, 3, 1, 0, 4, 2]
    shuffled = variance_weights([SCORES[i] for i in order], [PROMPTS[i] for i in order], scheme="var")
    assert shuffled.weights == pytest.approx(variance_weights(SCORES, PROMPTS, scheme="var").weights[order])


def test_the_summary_is_returned_and_logged(caplog):
    with caplog.at_level(logging.INFO, "evalmuse_hf"):
        result = variance_weights(SCORES[:4], ["a", "b", "a", "b"], scheme="var", scale="official")
    assert (result.minimum, result.median, result.maximum) == (2, 2, 2)
    assert result.effective_sample_size == pytest.approx(4)
    assert "effective sample size 4.0" in caplog.text
    # weights 2, 2, 4, 4, 4: 16^2 / (4 + 4 + 16 + 16 + 16)
    five = variance_weights([1, 3, 1, 3, 5], ["a", "a", "b", "b", "b"], scheme="var", scale="official")
    assert five.effective_sample_size == pytest.approx(256 / 56)


def test_reliability_takes_its_noise_prompt_by_prompt_and_says_how_much_was_clipped(caplog):
    # means 1, 3 | 2, 2 of the prompts: v = 2, 0; s^2 / 3 = 1/3, 0 | 4/3, 4/3, so e = 1/6 and 4/3
    ratings = [[0, 1, 2], [3, 3, 3], [0, 2, 4], [0, 2, 4]]
    noise = rating_noise(ratings, ["a", "a", "b", "b"], pooling="prompt")
    scores = [sum(row) / 3 for row in ratings]
    with caplog.at_level(logging.INFO, "evalmuse_hf"):
        result = variance_weights(scores, ["a", "a", "b", "b"], scheme="reliability", scale="official", noise=noise)
    assert result.weights == pytest.approx([2 - 1 / 6, 2 - 1 / 6, 0, 0], abs=1e-12)
    assert result.share_clipped == 0.5
    assert "50.0 % clipped at 0" in caplog.text
    assert result.noise is noise


def test_only_reliability_clips():
    result = variance_weights(SCORES, PROMPTS, scheme="reliability", noise=2.5)
    assert result.share_clipped == pytest.approx(2 / 6)  # "a", and not "c", whose variance is not known
    assert variance_weights(SCORES, PROMPTS, scheme="var", noise=2.5).share_clipped == 0
    assert result.noise is None


def test_noise_of_other_pairs_is_refused():
    noise = rating_noise([[1, 2, 3], [2, 2, 2]])
    with pytest.raises(ValueError, match="`noise` is of 2 pairs and there are 6 scores"):
        variance_weights(SCORES, PROMPTS, scheme="reliability", noise=noise)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"scheme": "variance"}, "`scheme` must be one of .*, got 'variance'"),
        ({"scale": "raw"}, "`scale` must be one of .*, got 'raw'"),
        ({"scheme": "reliability"}, "`noise` must be >= 0 for 'reliability', got None"),
        ({"scheme": "reliability", "noise": math.nan}, "`noise` must be >= 0 for 'reliability', got nan"),
        ({"scheme": "reliability", "noise": 9.0}, "Every weight of `scheme` 'reliability' is 0"),
        ({"prompt_ids": list("abcdef"), "scheme": "var"}, "needs a prompt with at least two pictures"),
        ({"prompt_ids": ["a"]}, r"one entry per training pair, got shape \(6,\) and 1 ids"),
        ({"overall_scores": [1.0, math.nan, 2, 3, 4, 5]}, "`overall_scores` has nan at row 1"),
        ({"overall_scores": [], "prompt_ids": []}, r"got shape \(0,\) and 0 ids"),
    ],
)
def test_what_gives_no_weights_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        variance_weights(**{"overall_scores": SCORES, "prompt_ids": PROMPTS, **options})
