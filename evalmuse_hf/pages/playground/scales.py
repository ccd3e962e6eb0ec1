"""What an overall score means in words, on the scale of the scorer that gave it."""

import math
from dataclasses import dataclass

from evalmuse_hf.annotations.guidelines import OVERALL_ANCHORS
from evalmuse_hf.schema import ALIGNMENT_SCALE
from evalmuse_hf.scoring.loading import QUESTION_SCORERS

_SAME = 0.005  # what two decimals cannot tell apart
_SHARE_WORDS = "a share between 0 (nothing of the prompt) and 1 (everything), which is not the scale of the raters"
_OTHER_WORDS = "on this scorer's own scale, which has no fixed ends: more is better, and only its own scores compare"
_UNSCORED_WORDS = "there is no score"


@dataclass(frozen=True, slots=True)
class Scale:
    """The ends of a scale, and how it is spoken of.

    Attributes:
        low: Lowest score.
        high: Highest score.
        is_human: Whether it is the scale on which people rate.
    """

    low: float
    high: float
    is_human: bool

    def share(self, value: float) -> float:
        """How far up the scale a score is, in [0, 1]; what lies beyond an end is put at it.

        Args:
            value: The score.

        >>> HUMAN_SCALE.share(3.0), HUMAN_SCALE.share(9.0)
        (0.5, 1.0)
        """
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


HUMAN_SCALE = Scale(*ALIGNMENT_SCALE, is_human=True)
SHARE_SCALE = Scale(0.0, 1.0, is_human=False)


def scale_of(name: str) -> Scale | None:
    """The scale of a scorer's overall score.

    Args:
        name: Of the scorer, such as ``"pn_vqa:mini"``.

    Returns:
        None for scorers whose scale has no ends, such as ImageReward, or is not known.

    >>> scale_of("fga_blip2:mini").high, scale_of("pn_vqa:mini").high, scale_of("image_reward")
    (5.0, 1.0, None)
    """
    kind = name.partition(":")[0]
    if kind == "fga_blip2":
        return HUMAN_SCALE
    return SHARE_SCALE if kind in QUESTION_SCORERS else None


def meaning(value: float, scale: Scale | None) -> str:
    """Say in words what an overall score means; a score between two ratings is said to be between them.

    Args:
        value: The score; nan where there is none.
        scale: Of `scale_of`.

    >>> meaning(3.9, HUMAN_SCALE)
    'between 3 (matches in part) and 4 (matches mostly)'
    >>> meaning(4.0, HUMAN_SCALE)
    '4 (matches mostly)'
    """
    if math.isnan(value):
        return _UNSCORED_WORDS
    if scale is None:
        return _OTHER_WORDS
    if not scale.is_human:
        return _SHARE_WORDS
    ratings = [_with_words(rating) for rating in _ratings(value)]
    return ratings[0] if len(ratings) == 1 else f"between {' and '.join(ratings)}"


def explanation(value: float, scale: Scale | None) -> tuple[str, ...]:
    """What raters are told of the ratings beside a score, one sentence each; none on other scales.

    Args:
        value: The score; nan where there is none.
        scale: Of `scale_of`.

    >>> explanation(5.0, HUMAN_SCALE)
    ('5: everything that the prompt asks for is there, as it asks for it.',)
    """
    if scale is None or not scale.is_human or math.isnan(value):
        return ()
    return tuple(f"{rating}: {OVERALL_ANCHORS[rating].partition(': ')[2]}" for rating in _ratings(value))


def _ratings(value: float) -> tuple[int, ...]:
    """The rating that a score is, or the two that it lies between; what lies beyond an end is that end."""
    within = min(max(value, HUMAN_SCALE.low), HUMAN_SCALE.high)
    nearest = round(within)
    if abs(within - nearest) < _SAME:
        return (nearest,)
    return (math.floor(within), math.ceil(within))


def _with_words(rating: int) -> str:
    words = OVERALL_ANCHORS[rating].partition(":")[0]
    return f"{rating} ({words[0].lower()}{words[1:]})"
