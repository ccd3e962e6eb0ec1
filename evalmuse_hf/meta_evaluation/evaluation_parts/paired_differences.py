"""How a record spells the paired difference of two scorers: its test among others, and what it could show."""

from evalmuse_hf.meta_evaluation.evaluation_parts.spelling import Record, number, spell
from evalmuse_hf.stats.detectable import MIN_PROMPTS, detectable_difference
from evalmuse_hf.stats.multiplicity import holm
from evalmuse_hf.stats.pairwise_differences import ScorerDifference


def spell_difference(difference: ScorerDifference, *, n_resamples: int) -> Record:
    """Spell a difference, with what so many prompts would show.

    Args:
        difference: Of two scorers on the same pairs, with prompts for groups.
        n_resamples: Resamples behind it.

    Returns:
        As `spell`, with ``p_value``, ``standard_error``, ``detectable`` (the true difference that four of five studies
        with so many prompts would find) and ``detectable_twice`` (with twice as many); None where there is no error.
    """
    error, n_prompts = difference.standard_error, difference.n_groups or 0
    once = twice = float("nan")
    if error > 0 and n_prompts >= MIN_PROMPTS:
        once = detectable_difference(standard_error=error, n_prompts=n_prompts)
        twice = detectable_difference(standard_error=error, n_prompts=n_prompts, planned_prompts=2 * n_prompts)
    return spell(
        difference,
        n_resamples=n_resamples,
        p_value=number(difference.p_value),
        standard_error=number(error),
        detectable=number(once),
        detectable_twice=number(twice),
    )


def adjust_p_values(record: Record) -> Record:
    """Add ``p_holm`` to the differences of a record: p-values adjusted by Holm over all of them.

    Args:
        record: Entries by name; those without a ``difference`` do not count.
    """
    tested = [name for name, entry in record.items() if "difference" in entry]
    p_values = [record[name]["difference"]["p_value"] for name in tested]
    adjusted = holm(p_values=[float("nan") if p_value is None else p_value for p_value in p_values])
    return {
        **record,
        **{
            name: {**record[name], "difference": {**record[name]["difference"], "p_holm": number(float(p_value))}}
            for name, p_value in zip(tested, adjusted, strict=True)
        },
    }
