"""Tables of a report about the overall score: statistics, reference rows, parts of the prompts, comparisons."""

from collections.abc import Mapping
from typing import Any

from evalmuse_hf.meta_evaluation.evaluation_report.headline import LOOKS
from evalmuse_hf.meta_evaluation.evaluation_report.statistic_cells import (
    find,
    interval,
    status,
    value,
    with_interval,
)
from evalmuse_hf.reports import Cell, Scatter, Table

Record = Mapping[str, Any]

NO_DIFFERENCE = 1e-9  # scores nearer than this tie by rounding alone

_SUBSETS = (
    "The prompt oracle (SRCC) and the majority class (accuracy) see no picture; the ceiling is that of SRCC. These "
    "three have no interval here, nor has KRCC beyond 5,000 pairs, where it would take long."
)
# Name, place in the record, ceiling, and the reference row that stands beside it.
_STATISTICS = (
    ("SRCC", ("overall", "srcc"), "srcc", ("prompt_oracle", "srcc")),
    ("KRCC (tau-b)", ("overall", "krcc"), "krcc", ("prompt_oracle", "krcc")),
    ("PLCC", ("overall", "plcc"), "plcc", ("prompt_oracle", "plcc")),
    ("PLCC after the logistic map", ("overall", "plcc_logistic4"), "plcc", ("prompt_oracle", "plcc")),
    ("RMSE", ("overall", "rmse"), "", ()),
    ("SRCC within prompts", ("within_prompt", "srcc"), "", ("generator_mean", "within_prompt")),
    ("KRCC within prompts", ("within_prompt", "krcc"), "", ()),
    ("SRCC between prompts", ("between_prompt", "srcc"), "", ()),
    ("KRCC between prompts", ("between_prompt", "krcc"), "", ()),
    ("SRCC of the mean element score", ("element_mean", "scorer", "srcc"), "srcc", ("prompt_oracle", "srcc")),
    ("- people's own element ratings", ("element_mean", "people", "srcc"), "srcc", ("prompt_oracle", "srcc")),
)
_GROUPINGS = (
    ("all", "any two pictures"),
    ("prompt", "two pictures of one prompt"),
    ("generator", "two pictures of one generator"),
)


def overall_table(record: Record) -> Table:
    """Every statistic of the overall score, with its interval, ceiling, and what one person would reach.

    Args:
        record: See `evalmuse_hf.meta_evaluation.evaluate_scores`.
    """
    rows: list[tuple[Cell, ...]] = []
    for name, place, limit, trivial in _STATISTICS:
        statistic = find(record, *place)
        if statistic["status"] in ("", "no rows") or (value(statistic) is None and place[0] == "element_mean"):
            continue
        rows.append(
            (
                name,
                value(statistic),
                interval(statistic) or status(statistic),
                value(find(record, "references", *trivial)) if trivial else None,
                value(find(record, "ceilings", "overall", limit)),
                value(find(record, "ceilings", "human_as_scorer", limit)),
                statistic["n"],
                statistic["n_groups"],
                statistic["n_resamples"] or None,
            )
        )
    header = (*("", "value", "95 % interval", "trivial", "ceiling", "one person", "pairs", "prompts", "resamples"),)
    return Table(title="Overall score against the mean rating", header=header, rows=tuple(rows), note=_note(record))


def reference_table(record: Record, *, scorer: str) -> Table | None:
    """Predictors that never look at the picture, and how far the scorer is ahead of them on the same pairs.

    Args:
        record: See `evalmuse_hf.meta_evaluation.evaluate_scores`.
        scorer: Name of the scorer.
    """
    rows: list[tuple[Cell, ...]] = []
    for kind, name, _ in LOOKS:
        reference = find(record, "references", kind)
        if value(find(reference, "srcc")) is None:
            continue
        difference = find(reference, "difference")
        rows.append(
            (
                name,
                with_interval(find(reference, "srcc")),
                with_interval(find(reference, "krcc")),
                with_interval(find(reference, "plcc")),
                value(find(reference, "scorer")),
                with_interval(difference),
                _spell_p(difference.get("p_value")),
                _spell_p(difference.get("p_holm")),
                find(reference, "srcc")["n"],
            )
        )
    if not rows:
        return None
    return Table(
        title="Reference rows: what can be reached without looking at the picture",
        header=(
            *("predictor", "SRCC", "KRCC", "PLCC", "scorer, same pairs", "scorer less predictor"),
            *("p", "p (Holm)", "pairs"),
        ),
        rows=tuple(rows),
        note=f"Each predicts a picture from the ratings of others: of the same generator, of the same prompt, or "
        f"both. The difference is that of {scorer} on the same pairs and the same resamples; p is two-sided, and "
        "adjusted by Holm over the rows of this table. A difference whose interval holds 0 cannot be told from none; "
        f"that is not the same as none. {detectable_sentence(record)}".rstrip(),
    )


def detectable_sentence(record: Record) -> str:
    """How small a true difference the prompts could show, in a sentence; empty where it is not known.

    Args:
        record: See `evalmuse_hf.meta_evaluation.evaluate_scores`.
    """
    kind = next((kind for kind in ("prompt_oracle", "generator_mean") if _detectable(record, kind) is not None), None)
    if kind is None:
        return ""
    difference = find(record, "references", kind, "difference")
    return (
        f"With these {difference['n_groups']:,} prompts a true SRCC difference of {difference['detectable']:.3f} to "
        f"another scorer as little like this one as the {kind.replace('_', ' ')} would be found in 4 of 5 studies "
        f"(two-sided test, 5 %); with twice as many prompts, one of {difference['detectable_twice']:.3f}. Scorers "
        "that are more alike differ with less noise, and less is found."
    )


def subset_tables(record: Record) -> tuple[Table, ...]:
    """The paper's tables: overall, real and synthetic prompts; and the types of synthetic prompts.

    Args:
        record: See `evalmuse_hf.meta_evaluation.evaluate_scores`.
    """
    header = (
        *("", "SRCC", "prompt oracle", "ceiling", "PLCC", "KRCC", "SRCC, mean element"),
        *("element accuracy", "majority class", "pairs", "prompts"),
    )
    whole = {
        **{name: find(record, "overall", name) for name in ("srcc", "plcc", "krcc")},
        "prompt_oracle": find(record, "references", "prompt_oracle", "srcc"),
        "ceiling": find(record, "ceilings", "overall", "srcc"),
        "element_mean_srcc": find(record, "element_mean", "scorer", "srcc"),
        "accuracy": find(record, "elements", "micro"),
        "majority_class": find(record, "references", "majority_class", "micro"),
        "n_pairs": find(record, "overall", "srcc")["n"],
        "n_prompts": find(record, "overall", "srcc")["n_groups"],
    }
    tables = []
    for key, title, first in (
        ("source", "Real and synthetic prompts", (_subset_row("all", whole),)),
        ("synthetic_type", "Types of synthetic prompts", ()),
    ):
        subsets = record.get("subsets", {}).get(key, {})
        rows = [_subset_row(name, subset) for name, subset in subsets.items()]
        if rows:
            tables.append(Table(title=title, header=header, rows=(*first, *rows), note=_SUBSETS))
    return tuple(tables)


def comparison_table(record: Record) -> Table | None:
    """Pairwise accuracy in its three groupings.

    Args:
        record: See `evalmuse_hf.meta_evaluation.evaluate_scores`.
    """
    rows: list[tuple[Cell, ...]] = []
    for key, name in _GROUPINGS:
        entry = find(record, "pairwise", key)
        if entry["status"]:
            rows.append(
                (
                    name,
                    value(entry),
                    interval(entry) or status(entry),
                    entry.get("n_comparisons"),
                    entry.get("n_tied_references"),
                    _tie(entry),
                )
            )
    if not rows:
        return None
    return Table(
        title="Pairwise accuracy: which of two pictures do people rate higher, or alike?",
        header=("comparison", "share right", "95 % interval", "comparisons", "people tie", "tie below"),
        rows=tuple(rows),
        note="Scores that differ by no more than the last column count as a tie (none: only equal ones do); it is "
        "chosen on other prompts. "
        "A tie that people see must be predicted as one.",
    )


def system_table(record: Record) -> Table | None:
    """Agreement on the ranking of the generators.

    Args:
        record: See `evalmuse_hf.meta_evaluation.evaluate_scores`.
    """
    system = record.get("system")
    if system is None:
        return None
    if value(find(system, "srcc")) is None:
        return Table(title="Order of the generators", header=("", "why"), rows=(("none", status(system["srcc"])),))
    decisions = find(system, "decisions")
    n = len(system["generators"])
    rows: list[tuple[Cell, ...]] = [
        (f"{name} of the means", value(system[key]), interval(system[key]), n)
        for name, key in (("SRCC", "srcc"), ("KRCC", "krcc"), ("PLCC", "plcc"))
    ]
    decided = decisions.get("n_decided", 0)
    rows.append(("pairs decided rightly", value(decisions), interval(decisions) or status(decisions), decided))
    means = (
        "of the same prompts"
        if system["means"] == "plain"
        else "adjusted for the prompts, because not every generator drew every prompt"
    )
    return Table(
        title="Order of the generators",
        header=("", "value", "95 % interval", "n"),
        rows=tuple(rows),
        note=f"Means over {n} generators, {means}. Decided rightly: of the {decided} pairs of generators that people "
        f"tell apart ({decisions.get('n_generator_pairs', 0)} there are; Holm, 5 %), the share that the scorer puts "
        "in the same order.",
    )


def system_plot(record: Record) -> Scatter | None:
    """Mean rating and mean score of each generator.

    Args:
        record: See `evalmuse_hf.meta_evaluation.evaluate_scores`.
    """
    generators = record.get("system", {}).get("generators", [])
    known = [entry for entry in generators if entry["score"] is not None and entry["rating"] is not None]
    if len(known) < 3:
        return None
    return Scatter(
        title="Generators: mean rating and mean score",
        x=tuple(entry["rating"] for entry in known),
        y=tuple(entry["score"] for entry in known),
        x_axis="mean rating of people",
        y_axis="mean score",
        labels=tuple(entry["generator"] for entry in known),
    )


def raters_sentence(record: Record) -> str:
    """SRCC with an interval that draws prompts and raters, and how far it may be trusted; empty where there is none.

    Args:
        record: See `evalmuse_hf.meta_evaluation.evaluate_scores`.
    """
    raters = find(record, "ceilings", "prompt_rater", "srcc")
    if value(raters) is None:
        return ""
    rough = "" if raters["status"] == "ok" else f"; {raters['status']}"
    return f"Drawing prompts and raters, SRCC is {with_interval(raters)} ({raters['n_raters']:,} raters{rough})."


def _subset_row(name: str, subset: Record) -> tuple[Cell, ...]:
    return (
        name,
        with_interval(subset["srcc"]) or status(subset["srcc"]),
        value(find(subset, "prompt_oracle")),
        value(find(subset, "ceiling")),
        with_interval(subset["plcc"]),
        with_interval(subset["krcc"]),
        with_interval(subset["element_mean_srcc"]),
        with_interval(subset["accuracy"]),
        value(find(subset, "majority_class")),
        subset["n_pairs"],
        subset["n_prompts"],
    )


def _tie(entry: Record) -> Cell:
    """Difference up to which scores tie; rounding noise is no difference."""
    epsilon = entry.get("epsilon")
    if epsilon is None:
        return None
    return "none" if epsilon < NO_DIFFERENCE else f"{epsilon:.2g}"


def _detectable(record: Record, kind: str) -> float | None:
    detectable = find(record, "references", kind, "difference").get("detectable")
    return None if detectable is None else float(detectable)


def _spell_p(p_value: float | None) -> Cell:
    if p_value is None:
        return None
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def _note(record: Record) -> str:
    within, fitted = find(record, "within_prompt", "srcc"), find(record, "overall", "plcc_logistic4")
    notes = []
    if within.get("n_groups_dropped"):
        notes.append(
            f"Within prompts: {within['n_groups_dropped']:,} prompts are left out (fewer than 3 pictures, or all "
            "rated alike)."
        )
    if within.get("n_groups_constant"):
        notes.append(f"{within['n_groups_constant']:,} prompts with constant scores count 0.")
    if fitted.get("n_failed"):
        notes.append(f"The logistic map failed in {fitted['n_failed']:,} of {fitted['n_resamples']:,} resamples.")
    raters = find(record, "ceilings", "prompt_rater", "srcc")
    if value(raters) is not None:
        notes.append(raters_sentence(record))
    notes.append(
        "Trivial: what the prompt oracle (the mean of the prompt's other pictures) reaches, within prompts the "
        "generator mean; between prompts the oracle knows the answer but for one picture, and a dash stands. There "
        "are ceilings for SRCC, KRCC and PLCC of all pairs, and for the SRCC of parts below: the models behind them "
        "know no prompts, and give none within or between them."
    )
    return " ".join(notes)
