"""The study of heat maps as a document: which categories' maps are evidence, and what they were held against."""

import numpy as np

from evalmuse_hf.meta_evaluation.studies.maps_study import MapsStudy
from evalmuse_hf.models.fga_blip2.map_evidence_fga_blip2 import (
    COMPARATORS,
    MIN_ELEMENTS,
    MIN_PLACED,
    MIN_PROMPTS,
    CategoryEvidence,
)
from evalmuse_hf.reports import Cell, Document, Section, Table
from evalmuse_hf.reports.plot_data import Forest, Series


def make_maps_document(study: MapsStudy) -> Document:
    """Lay the study out.

    Args:
        study: What came out.
    """
    categories = list(study.evidence.categories.values())
    shown = [one.category for one in categories if one.objection is None]
    options = study.options
    figures: list[tuple[str, Cell, str]] = [
        ("hit rate", _number(study.hit_rate.statistic), f"{study.hit_rate.n} elements of all categories"),
        ("a random pixel", study.comparators.get("area"), "would hit as often"),
        ("categories shown", f"{len(shown)} of {len(categories)}", "maps are evidence for these"),
    ]
    return Document(
        title="Do the heat maps point at what they are about?",
        summary=(
            f"{options.pictures} drawings for {study.n_prompts} prompts of the test side of the drawn world, mapped "
            f"by {study.scorer} on {study.grid} x {study.grid} patches. Maps are shown for "
            f"{', '.join(shown) if shown else 'no category'}."
        ),
        figures=tuple(figures),
        warnings=tuple(_warnings(study, categories)),
        sections=(_make_rate_section(categories), _make_comparison_section(categories, options.draws)),
        source=(
            ("command", study.evidence.command),
            ("weights (sha256)", study.evidence.weights_sha256 or "unknown"),
            ("drawings for the best fixed points", str(options.development)),
            ("random models of each kind", str(options.draws)),
            ("resamples", str(options.n_resamples)),
        ),
    )


def _make_rate_section(categories: list[CategoryEvidence]) -> Section:
    rows: list[tuple[Cell, ...]] = [
        (
            one.category,
            one.n,
            one.n_prompts,
            one.n_placeless,
            _number(one.hit_rate),
            spell_interval(one.low, one.high),
            "yes" if one.objection is None else "no",
            one.objection or "",
        )
        for one in categories
    ]
    measured = [one for one in categories if one.n]
    forest = Forest(
        title="Hit rate of each category, and of the best of what knows nothing of the element",
        labels=tuple(one.category for one in measured),
        series=(
            Series(
                name="map",
                values=tuple(one.hit_rate for one in measured),
                lows=tuple(_number(one.low) for one in measured),
                highs=tuple(_number(one.high) for one in measured),
            ),
            Series(name="best comparison", values=tuple(_best_rate(one) for one in measured)),
        ),
        axis="share of the elements",
    )
    return Section(
        title="Hit rates",
        text=(
            "A hit: the middle of the patch with the map's largest value is a pixel of the things that make the "
            "element true. There is no tolerance. Only elements that the picture shows count; an element without a "
            "map counts as a miss. 95 % intervals draw whole prompts.",
            "Maps of a category are shown if the interval of the difference to every comparison below lies above 0, "
            f"each on {MIN_ELEMENTS} elements of {MIN_PROMPTS} prompts or more, and {MIN_PLACED:.0%} of its elements "
            "have a place.",
        ),
        plots=(forest,) if measured else (),
        tables=(
            Table(
                title="",
                header=("category", "elements", "prompts", "without place", "hit rate", "95 %", "shown", "why not"),
                rows=tuple(rows),
            ),
        ),
    )


def _make_comparison_section(categories: list[CategoryEvidence], draws: int) -> Section:
    rows: list[tuple[Cell, ...]] = [
        (
            one.category,
            label,
            one.comparisons[name].n,
            _number(one.comparisons[name].rate),
            _number(one.comparisons[name].difference),
            spell_interval(one.comparisons[name].low, one.comparisons[name].high),
        )
        for one in categories
        for name, label in COMPARATORS.items()
        if name in one.comparisons
    ]
    return Section(
        title="What the maps were held against",
        text=(
            "A random pixel hits as often as its thing is large. The best fixed point is the pixel that is most often "
            "in the true place of the category on other drawings. A random patch is any of the map's, with equal "
            "chance. Random weights are new ones of the same architecture, of all but the vision tower or of "
            f"everything; {draws} models of each kind take turns. The map of another element is that of each element "
            "of the same prompt about another noun. Differences are paired; their intervals share the 5 % among the "
            "comparisons.",
        ),
        tables=(
            Table(
                title="",
                header=("category", "comparison", "elements", "its rate", "map minus it", "interval"),
                rows=tuple(rows),
            ),
        ),
    )


def spell_interval(low: float, high: float) -> str | None:
    """Spell an interval; None if there is none.

    Args:
        low: Lower end.
        high: Upper end.

    >>> spell_interval(0.123, 0.456)
    '[0.12, 0.46]'
    """
    return None if np.isnan(low) else f"[{low:.2f}, {high:.2f}]"


def _warnings(study: MapsStudy, categories: list[CategoryEvidence]) -> list[str]:
    warnings = ["Drawings, not photographs: what holds here need not hold for pictures of another kind."]
    few = [one.category for one in categories if 0 < one.n < MIN_ELEMENTS]
    if few:
        warnings.append(f"Fewer than {MIN_ELEMENTS} elements of {', '.join(few)}; ask for more with --pictures.")
    return warnings


def _best_rate(one: CategoryEvidence) -> float | None:
    rates = [comparison.rate for comparison in one.comparisons.values()]
    return max(rates) if rates else None


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
