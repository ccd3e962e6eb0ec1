"""What the reader of a ranking must know, in sentences."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.ranking.scored_pictures import ScoredPictures, element_off_scale
from evalmuse_hf.ranking.sentences import listed
from evalmuse_hf.schema import ALIGNMENT_SCALE, ELEMENT_SCALE
from evalmuse_hf.stats.sample import FloatArray

MIN_PROMPTS = 5
"""With fewer prompts a bootstrap has too little to draw from, and there are no intervals of means and strengths."""

FEW_PROMPTS = 20
"""With fewer prompts intervals are given, and a note says that they are rough."""

_ROUNDING = 1e-6


def is_on_scale(cells: FloatArray) -> bool:
    """Whether all scores are on the scale of overall ratings.

    Args:
        cells: Scores, with nan where there is none.
    """
    low, high = ALIGNMENT_SCALE
    return bool(np.nanmin(cells) >= low - _ROUNDING and np.nanmax(cells) <= high + _ROUNDING)


def notes_on_balance(
    generators: Sequence[str], table: FloatArray, counting: NDArray[np.bool_], *, adjusted: bool
) -> list[str]:
    """Say which generators lack prompts and what was done, and whether there are enough prompts.

    Args:
        generators: Names.
        table: Mean score of each generator and prompt, nan where one is missing.
        counting: Whether each prompt counts.
        adjusted: Whether means allow for the prompts.
    """
    n, notes = int(counting.sum()), []
    lacks = lacking(generators, table)
    if lacks:
        how = (
            "means are those of an additive model of generators and prompts, as if all had met all prompts"
            if adjusted
            else f"only the {n} prompts that all generators have count"
        )
        notes.append(f"Some generators lack scored pictures of some prompts, so {how}; missing are: {listed(lacks)}.")
    if len(generators) == 1:
        notes.append(f"{generators[0]} is the only generator, so there is nothing to compare it with.")
    if n < MIN_PROMPTS:
        notes.append(f"There are no intervals of means, because fewer than {MIN_PROMPTS} prompts count ({n}).")
    elif n < FEW_PROMPTS:
        notes.append(f"Only {n} prompts count, so intervals are rough and as a rule too narrow.")
    return notes


def notes_on_links(n_linking: int, n: int) -> list[str]:
    """Say that too few prompts compare the generators for intervals.

    Args:
        n_linking: Prompts that count and that two or more generators have.
        n: Prompts that count.
    """
    if n_linking >= MIN_PROMPTS or n < MIN_PROMPTS:
        return []
    return [
        f"There are no intervals of means, because only {n_linking} of the {n} prompts were met by two or more "
        f"generators; {MIN_PROMPTS} are needed to compare them."
    ]


def lacking(generators: Sequence[str], table: FloatArray) -> list[str]:
    """Spell the generators that lack prompts of others, each with how many.

    Args:
        generators: Names.
        table: Mean score of each generator and prompt, nan where one is missing.

    >>> lacking(["A", "B"], np.array([[1.0, 2.0], [1.0, np.nan]]))
    ['B (1)']
    """
    known = ~np.isnan(table)
    missing = (known.any(axis=0) & ~known).sum(axis=1)
    return [f"{name} ({number})" for name, number in zip(generators, missing.tolist(), strict=True) if number]


def notes_on_scores(pictures: ScoredPictures, cells: FloatArray) -> list[str]:
    """Say what is odd about the scores: constant, on another scale (also those of elements), repeated, or of nobody.

    Args:
        pictures: What was scored.
        cells: Mean score of each generator and prompt that counts, nan where one is missing.
    """
    notes = []
    constant = [name for name, own in zip(pictures.generators, cells, strict=True) if _is_constant(own)]
    if constant:
        notes.append(
            f"All scores of {listed(constant)} are the same, which is as a rule a failure of the scorer; a mean "
            "without spread has no interval."
        )
    if not is_on_scale(cells):
        low, high = ALIGNMENT_SCALE
        notes.append(f"Scores are not on the scale of {low:g} to {high:g}, so there is no normalised mean.")
    example = element_off_scale(pictures)
    if example is not None:
        low, high = ELEMENT_SCALE
        notes.append(
            f"Element scores are not on the scale of {low:g} to {high:g}, such as {example:g}, so there are no skills."
        )
    elif not any(row.get("elements") for row in pictures.rows):
        notes.append("No skills: the scored list has no column elements (`evalmuse elements split` makes one).")
    if pictures.n_repeated:
        notes.append(f"{pictures.n_repeated} rows repeat a picture; the first row of each picture counts.")
    if pictures.n_anonymous:
        notes.append(f"{pictures.n_anonymous} rows name no generator and are left out.")
    return notes


def _is_constant(own: FloatArray) -> bool:
    known = own[~np.isnan(own)]
    return known.size > 1 and float(np.ptp(known)) <= _ROUNDING
