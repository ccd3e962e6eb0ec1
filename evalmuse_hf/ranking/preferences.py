"""Generators by comparisons within prompts: strengths by the model of Bradley and Terry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evalmuse_hf.ranking.records import Preference
from evalmuse_hf.ranking.sentences import listed
from evalmuse_hf.stats.bradley_terry import BradleyTerryResult, bradley_terry, wins_within
from evalmuse_hf.stats.sample import FloatArray

DIGITS = 8  # equal strengths may differ in the last digits of the fit


@dataclass(frozen=True, slots=True)
class Preferences:
    """What came of the comparisons.

    Attributes:
        by_generator: Strength of each; empty if they cannot be had.
        notes: Why they cannot, or what they lack, each a sentence.
    """

    by_generator: Mapping[str, Preference] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def compare_within_prompts(
    names: Sequence[str], table: FloatArray, *, n_resamples: int, rng: np.random.Generator
) -> Preferences:
    """Fit strengths to the comparisons of every two generators in every prompt that both have.

    Args:
        names: Generators.
        table: Mean score of each generator and prompt, shape ``(generators, prompts)``; nan where one is missing. The
            higher mean wins; equal ones are a tie.
        n_resamples: Bootstrap resamples, which draw whole prompts; 0 means no intervals.
        rng: Source of the resamples.
    """
    wins = wins_within(scores=table)
    result = bradley_terry(wins=wins, n_resamples=n_resamples, rng=rng)
    strengths = [round(found.statistic, DIGITS) for found in result.strengths]
    if not np.isfinite(strengths).all():
        return Preferences(notes=(_why_none(names, result),))
    notes = [] if result.status == "ok" else [f"Bradley-Terry strengths have {result.status}."]
    if not (wins == 1).any():
        notes.append(
            "All comparisons within prompts are ties, so all Bradley-Terry strengths are 0, without intervals."
        )
    order = sorted(strengths, reverse=True)
    return Preferences(
        {
            name: Preference(
                strength=found.statistic,
                low=found.confidence_interval.low if found.confidence_interval else None,
                high=found.confidence_interval.high if found.confidence_interval else None,
                rank=order.index(strength) + 1,
                win_rate=rate,
                n=found.n,
            )
            for name, found, strength, rate in zip(names, result.strengths, strengths, result.win_rates, strict=True)
        },
        tuple(notes),
    )


def _why_none(names: Sequence[str], result: BradleyTerryResult) -> str:
    who = listed([names[place] for place in result.unbeaten])
    if result.status.startswith("infinite"):
        return (
            f"There are no Bradley-Terry strengths: no other generator ever beat or tied {who}, so that the strength "
            "would be infinite; more prompts would change that."
        )
    return f"There are no Bradley-Terry strengths: {result.status}{f' ({who})' if who else ''}."
