"""The findings of the study on variance weighting as a document."""

import math
from collections.abc import Iterator

from evalmuse_hf.meta_evaluation.studies.variance_findings import (
    CHANCE,
    CLAIM,
    MARGIN,
    OUTCOMES,
    Comparison,
    Level,
    Outcome,
    VarianceFindings,
)
from evalmuse_hf.reports import Cell, Document, Section, Table

_LEVEL = 0.05
_FEWEST_STEPS = 20
_NOISES = {
    "none": "none",
    "uniform": "uniform: on all prompts",
    "high": "high: on the prompts of high true variance only",
    "flat": "flat: on the prompts whose pictures truly do not differ only",
}
_MEASURES = {"pooled": "SRCC over all test pairs", "within": "Mean SRCC within the test prompts"}
_REFERENCES = {"rating": "mean rating", "truth": "drawn truth"}
_METHOD = (
    "Runs of one seed start from the same weights and see the same pairs with the same ratings in the same order; "
    "only the weighting differs. A difference is that of the SRCC on the test side, averaged over the seeds.",
    "Intervals and p-values are for new seeds and new test prompts: the standard error is that of a bootstrap over "
    "both, with what belongs to both together counted once, and Student's t with one degree of freedom less than "
    "seeds. Holm's adjustment covers all comparisons of the study.",
    f"Detectable is the smallest true difference that such a study finds with a chance of {CHANCE:.0%}. Equal means "
    f"that two one-sided tests at 5 % place the difference between -{MARGIN} and +{MARGIN}; they are not adjusted.",
    "Without rater noise the mean rating is the truth, so that it is one comparison, not two; and the weightings var "
    "and reliability are then one and the same.",
)


def make_document(findings: VarianceFindings) -> Document:
    """Fill the document.

    Args:
        findings: What came out.
    """
    world, training = findings.options["world"], findings.options["training"]
    return Document(
        title="Does variance weighting learn real difficulty, or noise?",
        summary=f"{findings.runs} of {findings.planned} runs: {findings.options['seeds']} seeds, "
        f"{training['prompts']} training and {world['test_prompts']} test prompts with {world['pictures']} pictures "
        f"each, {training['max_steps']} steps.",
        warnings=tuple(_warnings(findings)),
        sections=(
            Section(title="What follows", text=tuple(conclusions(findings))),
            Section(
                title="Differences from no weighting", tables=tuple(_differences(findings, one) for one in OUTCOMES)
            ),
            Section(title="What was trained", tables=(_levels(findings), _weights(findings))),
            Section(title="How it was computed", text=_METHOD),
        ),
        source=tuple((name, str(value)) for name, value in {**world, **training}.items()),
    )


def conclusions(findings: VarianceFindings) -> Iterator[str]:
    """Say in sentences what the tests allow to say.

    Args:
        findings: What came out.
    """
    known = [one for one in findings.comparisons if one.status == "ok"]
    if not known:
        yield "Nothing can be compared yet."
        return
    for better, word in ((True, "better"), (False, "worse")):
        found = [one for one in known if one.p_holm < _LEVEL and (one.difference > 0) == better]
        yield (
            f"{len(found)} of {len(known)} comparisons are {word} than no weighting, adjusted for all of them"
            + (": " + "; ".join(map(_spell, found)) if found else "")
            + "."
        )
    equal = [one for one in known if one.equivalent]
    yield (
        f"{len(equal)} of {len(known)} are shown to differ by less than {MARGIN}"
        + (": " + "; ".join(map(_spell, equal)) if equal else "")
        + "."
    )
    yield from _on_the_claim([one for one in known if one.measure == "pooled" and one.standard_error > 0])


def _on_the_claim(pooled: list[Comparison]) -> Iterator[str]:
    if not pooled:
        return
    detectable = [one.detectable for one in pooled]
    best = max(pooled, key=lambda one: one.power_at_claim)
    verdict = "was not detectable" if min(detectable) > CLAIM else "was detectable in part of the study"
    yield (
        f"The claimed +{CLAIM} of pooled SRCC {verdict}: differences are found with a chance of {CHANCE:.0%} from "
        f"{min(detectable):.4f} to {max(detectable):.4f} on, depending on the comparison, and a true +{CLAIM} would "
        f"be found with a chance of at most {best.power_at_claim:.0%} ({_cell_name(best)})."
    )


def _warnings(findings: VarianceFindings) -> Iterator[str]:
    if findings.runs < findings.planned:
        yield f"{findings.planned - findings.runs} runs are missing; run the same command again to do them."
    if findings.options["training"]["max_steps"] < _FEWEST_STEPS:
        yield "A study of so few steps shows that the command works, and nothing else."


def _differences(findings: VarianceFindings, outcome: Outcome) -> Table:
    rows = [_difference_row(one) for one in findings.comparisons if (one.measure, one.reference) == tuple(outcome)]
    return Table(
        title=f"{_MEASURES[outcome.measure]}, with the {_REFERENCES[outcome.reference]}",
        header=(
            *("noise", "weighting", "without", "difference", "95 % interval", "p (Holm)", "detectable"),
            *(f"power at {CLAIM}", "equal"),
        ),
        rows=tuple(rows),
    )


def _difference_row(one: Comparison) -> tuple[Cell, ...]:
    if one.status != "ok":
        return (one.noise, one.weighting, None, one.status, None, None, None, None, None)
    return (
        one.noise,
        one.weighting,
        one.baseline,
        f"{one.difference:+.4f}",
        f"{one.low:+.4f} to {one.high:+.4f}",
        one.p_holm,
        f"{one.detectable:.4f}",
        None if math.isnan(one.power_at_claim) else f"{one.power_at_claim:.0%}",
        "yes" if one.equivalent else "no",
    )


def _levels(findings: VarianceFindings) -> Table:
    names = [" ".join(outcome) for outcome in OUTCOMES]
    return Table(
        title="SRCC on the test side, mean over the seeds (standard deviation over the seeds)",
        header=("noise", "weighting", "seeds", *names, "first loss", "last loss"),
        rows=tuple(
            (
                *(level.noise, level.weighting, level.seeds),
                *(_mean_and_deviation(level, name) for name in names),
                *level.losses,
            )
            for level in findings.levels
        ),
        note="Noise: " + "; ".join(_NOISES.values()) + ".",
    )


def _mean_and_deviation(level: Level, name: str) -> str | None:
    return f"{level.srcc[name]:.3f} ({level.deviation[name]:.3f})" if name in level.srcc else None


def _weights(findings: VarianceFindings) -> Table:
    strata = ("flat", "high", "low")
    return Table(
        title="Where the weight lies",
        header=(
            *("noise", "weighting", *(f"weight on {stratum}" for stratum in strata), "effective share", "e"),
            *(f"rating error, {stratum}" for stratum in strata),
        ),
        rows=tuple(
            (
                *(level.noise, level.weighting, *(level.weight_shares[stratum] for stratum in strata)),
                *(level.effective_share, level.noise_estimate, *(level.rating_errors[stratum] for stratum in strata)),
            )
            for level in findings.levels
        ),
        note="Strata of the training prompts, a third each: flat (true variance 0), high and low. Weight: share of "
        "the sum. Effective share: effective sample size over the number of pairs. Rating error: mean squared "
        "difference of the mean rating from the truth.",
    )


def _spell(one: Comparison) -> str:
    return f"{_cell_name(one)} {one.difference:+.4f}"


def _cell_name(one: Comparison) -> str:
    return f"{one.weighting} under noise {one.noise}, {one.measure} {one.reference}"
