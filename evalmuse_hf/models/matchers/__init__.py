"""Scorers that read picture and prompt together in a network trained to match them: BLIP-2 ITM, ImageReward."""

from evalmuse_hf.models.matchers.blip2_matcher import Blip2Matcher
from evalmuse_hf.models.matchers.convert_image_reward import convert_image_reward
from evalmuse_hf.models.matchers.image_reward import ImageRewardConfig, ImageRewardMatcher, ImageRewardModel
from evalmuse_hf.models.matchers.matching_scorer import MatchingScorer

__all__ = [
    "Blip2Matcher",
    "ImageRewardConfig",
    "ImageRewardMatcher",
    "ImageRewardModel",
    "MatchingScorer",
    "convert_image_reward",
]
