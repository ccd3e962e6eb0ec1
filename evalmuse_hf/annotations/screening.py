"""Raters that an organiser should look at, and why. A flag changes nothing and deletes nothing."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from evalmuse_hf.annotations.rater_facts import Fact, RaterFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreeningRules:
    """Thresholds beyond which a fact becomes a flag; None switches one off.

    Attributes:
        min_gold_elements: Least share of known elements answered rightly.
        max_gold_overall_error: Largest mean distance to the known overall rating, in points.
        max_fast_share: Largest share of implausibly fast answers.
        max_run: Most items in a row with the same overall rating. With ratings as spread as in EvalMuse-40K, where no
            rating has a share above 0.6, chance makes a longer run than 20 in fewer than one of 10,000 places.
        min_entropy: Least entropy of the overall ratings, in bits; nine equal ratings in ten have 0.47 to 0.67.
        max_yes_excess: Most by which the share of items with nothing but yes may lie above that of the others.
        min_correlation: Least rank correlation with the mean of the others.
        max_leniency: Most points by which the mean rating may lie from that of the others, either way.
        min_element_agreement: Least share of element answers equal to the majority of the others.
        max_skip_share: Largest share of items skipped.
        max_correction_share: Largest share of answers corrected.
    """

    min_gold_elements: float | None = 0.8
    max_gold_overall_error: float | None = 1.0
    max_fast_share: float | None = 0.1
    max_run: int | None = 20
    min_entropy: float | None = 0.75
    max_yes_excess: float | None = 0.3
    min_correlation: float | None = 0.2
    max_leniency: float | None = 0.75
    min_element_agreement: float | None = 0.7
    max_skip_share: float | None = 0.2
    max_correction_share: float | None = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Something about a rater to look at.

    Attributes:
        rater: The name.
        fact: Attribute of `RaterFacts`.
        value: Its value.
        threshold: What it is beyond.
        reason: A sentence for the organiser.
    """

    rater: str
    fact: str
    value: float
    threshold: float
    reason: str


_REASONS = {
    "gold_elements": "answers {value:.0%} of the known elements rightly{interval}, below {threshold:.0%}",
    "gold_overall_error": "is {value:.2f} points from the known overall rating{interval}, above {threshold:.2f}",
    "fast_share": "gives {value:.0%} of the answers implausibly fast{interval}, above {threshold:.0%}",
    "longest_run": "gave the same overall rating {value:.0f} times in a row, more than {threshold:.0f}",
    "overall_entropy": "hardly varies the overall rating: {value:.2f} bits, below {threshold:.2f}",
    "yes_excess": "says yes to everything on {value:.0%} more of the items than others, above {threshold:.0%}",
    "correlation": "ranks pictures unlike the others: correlation {value:.2f}, below {threshold:.2f}",
    "leniency": "rates {value:+.2f} points from the others{interval}, beyond {threshold:.2f}",
    "element_agreement": "agrees with the majority on {value:.0%} of the elements{interval}, below {threshold:.0%}",
    "skip_share": "skips {value:.0%} of the items{interval}, above {threshold:.0%}",
    "correction_share": "corrects {value:.0%} of the answers{interval}, above {threshold:.0%}",
}


def flag_raters(facts: Iterable[RaterFacts], rules: ScreeningRules | None = None) -> tuple[Flag, ...]:
    """Compare facts with thresholds. A fact that is nan, because it stands on too little, raises no flag.

    Args:
        facts: From `evalmuse_hf.annotations.rater_facts.measure_raters`.
        rules: The thresholds.

    Returns:
        The flags, by rater.
    """
    rules = rules or ScreeningRules()
    # Sign by which a larger number is worse, and the threshold.
    limits = (
        ("gold_elements", -1, rules.min_gold_elements),
        ("gold_overall_error", 1, rules.max_gold_overall_error),
        ("fast_share", 1, rules.max_fast_share),
        ("longest_run", 1, rules.max_run),
        ("overall_entropy", -1, rules.min_entropy),
        ("yes_excess", 1, rules.max_yes_excess),
        ("correlation", -1, rules.min_correlation),
        ("leniency", 1, rules.max_leniency),
        ("element_agreement", -1, rules.min_element_agreement),
        ("skip_share", 1, rules.max_skip_share),
        ("correction_share", 1, rules.max_correction_share),
    )
    flags = []
    for rater in facts:
        for name, sign, threshold in limits:
            fact: Fact = getattr(rater, name)
            size = abs(fact.value) if name == "leniency" else fact.value
            if threshold is not None and sign * size > sign * threshold:
                flags.append(
                    Flag(
                        rater=rater.rater,
                        fact=name,
                        value=fact.value,
                        threshold=threshold,
                        reason=_reason(name, fact, threshold),
                    )
                )
    return tuple(flags)


def _reason(name: str, fact: Fact, threshold: float) -> str:
    interval = ""
    if not math.isnan(fact.low):
        form = "{:.2f} to {:.2f}" if name in ("gold_overall_error", "leniency") else "{:.0%} to {:.0%}"
        interval = f" ({form.format(fact.low, fact.high)}, n = {fact.n})"
    return _REASONS[name].format(value=fact.value, threshold=threshold, interval=interval)
