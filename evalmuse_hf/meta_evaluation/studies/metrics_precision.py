"""How small a difference of two scorers can be and still be found, with these prompts and with more."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalmuse_hf.meta_evaluation.studies.metrics_lines import Record
from evalmuse_hf.meta_evaluation.studies.metrics_pairs import SIGNIFICANT, PairCell
from evalmuse_hf.stats import detectable_difference

_LEAST_PROMPTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """The smallest true difference that is found in 4 of 5 studies, for the median pair of scorers.

    Attributes:
        standard_error: Median over the tested pairs of the standard error of their difference.
        n_pairs: Tested pairs.
        n_prompts: Prompts behind it.
        difference: What they find if one pair is tested, at 5 %.
        difference_all_pairs: What they find if all pairs are tested, at 5 % divided by their number (Holm at worst).
        planned_prompts: Prompts of a study that is planned.
        planned_difference: What those would find if one pair is tested.
    """

    standard_error: float
    n_pairs: int
    n_prompts: int
    difference: float
    difference_all_pairs: float
    planned_prompts: int
    planned_difference: float

    def record(self) -> Record:
        """Spell it for JSON."""
        return {
            "standard_error": self.standard_error,
            "n_pairs": self.n_pairs,
            "n_prompts": self.n_prompts,
            "difference": self.difference,
            "difference_all_pairs": self.difference_all_pairs,
            "planned_prompts": self.planned_prompts,
            "planned_difference": self.planned_difference,
        }


def find_precision(cells: Sequence[PairCell], *, planned_prompts: int) -> Precision | None:
    """Compute what can be found; None where nothing was tested.

    Args:
        cells: Every two scorers.
        planned_prompts: Prompts of a study that is planned.
    """
    tested = [cell for cell in cells if cell.tested and not math.isnan(cell.standard_error)]
    if not tested or tested[0].n_prompts < _LEAST_PROMPTS:
        return None
    error, n_prompts = float(np.median([cell.standard_error for cell in tested])), tested[0].n_prompts
    return Precision(
        standard_error=error,
        n_pairs=len(tested),
        n_prompts=n_prompts,
        difference=detectable_difference(standard_error=error, n_prompts=n_prompts),
        difference_all_pairs=detectable_difference(
            standard_error=error, n_prompts=n_prompts, alpha=SIGNIFICANT / len(tested)
        ),
        planned_prompts=planned_prompts,
        planned_difference=detectable_difference(
            standard_error=error, n_prompts=n_prompts, planned_prompts=planned_prompts
        ),
    )


def spell_precision(precision: Precision) -> str:
    """Say it in a sentence.

    Args:
        precision: What can be found.
    """
    several = precision.n_pairs > 1
    all_pairs = (
        f" ({precision.difference_all_pairs:.3f} if all {precision.n_pairs} pairs are tested together)"
        if several
        else ""
    )
    which = "two of these scorers (the median pair)" if several else "these two scorers"
    return (
        f"These {precision.n_prompts:,} prompts find a true difference of {precision.difference:.3f} between {which} "
        f"in 4 of 5 studies that test that pair alone{all_pairs}; {precision.planned_prompts:,} prompts would find "
        f"{precision.planned_difference:.3f}."
    )
