"""A selection as one JSON object, and as lines of text."""

import math
from typing import Any

from evalmuse_hf.prompts.quotas import Bin
from evalmuse_hf.prompts.sampling import Sample
from evalmuse_hf.prompts.simple_choices import Choice

FORMAT = 1
"""Grows when a key of the object changes its meaning or goes."""


def sample_record(found: Sample) -> dict[str, Any]:
    """What is known of a selection, ready for JSON; an unknown number is None.

    Args:
        found: The selection.
    """
    return {
        "format": FORMAT,
        "status": found.status,
        "n": len(found.ids),
        "n_candidates": found.n_candidates,
        "value": _number(found.value),
        "lp_bound": _number(found.lp_bound),
        "proven_gap": _number(found.proven_gap),
        "all_candidates_free": found.all_candidates_free,
        "levels": dict(found.levels),
        "bins": [_bin_record(found, place) for place in range(len(found.bins))],
        "missing": [
            {"dimension": dimension, "bin": name, "missing": number}
            for (dimension, name), number in found.missing.items()
        ],
        "choices": {
            name: _choice_record(choice, found.bins)
            for name, choice in ({"milp": found.choice} | dict(found.choices)).items()
            if choice is not None
        },
        "n_patterns": found.n_patterns,
        "n_free": found.n_free,
        "solver": found.solver,
        "seconds": found.seconds,
    }


def sample_lines(found: Sample) -> list[str]:
    """Spell a selection in lines of text: a line per bin, then the comparison, then what was proven.

    Args:
        found: A selection that is not infeasible.
    """
    names = [f"{bin_.dimension}: {bin_.name}" for bin_ in found.bins]
    width = max(map(len, ["bin", *names]))
    lines = [f"{'bin':<{width}}    supply    wanted    target  achieved"]
    for name, bin_, achieved in zip(names, found.bins, found.achieved, strict=True):
        numbers = (bin_.supply, bin_.wanted * bin_.scale, bin_.target * bin_.scale, achieved * bin_.scale)
        cells = " ".join(f"{'-' if math.isinf(number) else f'{number:g}':>9}" for number in numbers)
        lines.append(f"{name:<{width}} {cells}")
    lines.extend(f"level of {name}: {level:g}" for name, level in found.levels.items())
    for name, choice in ({"this": found.choice} | dict(found.choices)).items():
        if choice is not None:
            broken = "" if choice.keeps_bounds else ", breaks bounds"
            lines.append(
                f"{name.replace('_', ' '):<12} value {choice.value:.4f}, deviation {choice.total:g} in all, "
                f"{choice.largest:g} at most{broken}"
            )
    return [*lines, say_proof(found)]


def say_proof(found: Sample) -> str:
    """Say in a sentence how good a selection is known to be.

    Args:
        found: A selection that is not infeasible.
    """
    if found.status == "optimal":
        reason = "the bound is reached" if found.value - found.lp_bound < 1e-6 else "all that could matter was free"
        return f"Nothing better exists: {reason}."
    gap = f"the best may lie {found.proven_gap:.4f} lower, at the bound {found.lp_bound:.4f}"
    if found.status == "time_limit":
        return f"The time limit ended the search; this is the best found: {gap}."
    return f"Best among {found.n_free} of {found.n_patterns} patterns, the others fixed: {gap}."


def _bin_record(found: Sample, place: int) -> dict[str, Any]:
    bin_ = found.bins[place]
    achieved = found.achieved[place] if found.achieved else math.nan
    return {
        "dimension": bin_.dimension,
        "bin": bin_.name,
        "supply": _number(bin_.supply),
        "wanted": _number(bin_.wanted * bin_.scale),
        "target": _number(bin_.target * bin_.scale),
        "achieved": _number(achieved * bin_.scale),
        "deviation": _number((achieved - bin_.target) * bin_.scale),
        "weight": bin_.weight,
        "at_least": _number(bin_.at_least),
        "at_most": _number(bin_.at_most),
    }


def _choice_record(choice: Choice, bins: tuple[Bin, ...]) -> dict[str, Any]:
    return {
        "value": choice.value,
        "total_deviation": choice.total,
        "largest_deviation": choice.largest,
        "keeps_bounds": choice.keeps_bounds,
        "achieved": [float(achieved) * bin_.scale for achieved, bin_ in zip(choice.achieved, bins, strict=True)],
    }


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
