"""The study of heat maps as a document: which categories' maps are evidence, and what they were held against."""

import numpy as np

from evalmuse_hf.meta_evaluation.studies.maps_study import MapsStudy
from evalmuse_hf.models.fga_blip2.map_evidence_fga_blip2 import (
    COMPARATORS,
    MIN_ELEMENTS,
    MIN_PLACED,
    MIN_PROMPTS,
    MIN_SCORE,
    CategoryEvidence,
    HitRate,
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
        ("hit rate", _number(study.evidence.hit_rate), f"{study.n} elements of all categories"),
        ("a random pixel", _rate_of(study.comparators.get("area")), "would hit as often"),
        ("categories shown", f"{len(shown)} of {len(categories)}", "maps are evidence for these"),
    ]
    return Document(
        title="Do the heat maps point at what they are about?",
        summary=(
            f"{options.pictures} drawings for {study.evidence.n_prompts} prompts of the test side of the drawn world, "
            f"mapped by {study.scorer} on {study.grid} x {study.grid} patches. Maps are shown for "
            f"{', '.join(shown) if shown else 'no category'}."
        ),
        figures=tuple(figures),
        warnings=tuple(_warnings(study, categories)),
        sections=(
            _make_rate_section(categories),
            _make_comparison_section(categories, options.draws),
            _make_boundary_section(study),
        ),
        source=(
            ("command", study.evidence.command),
            ("weights (sha256)", study.evidence.weights_sha256 or "unknown"),
            ("settings of the processor (sha256)", study.evidence.preprocessing_sha256 or "unknown"),
            ("form of the maps", str(study.evidence.map_form)),
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
            f"everything; {draws} models of each kind map every drawing, and their hits are averaged. The map of "
            "another element is that of each element of the same prompt about another noun. Differences are paired; "
            "their intervals draw whole prompts, and for random weights also the models, and share the 5 % among the "
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


def _make_boundary_section(study: MapsStudy) -> Section:
    evidence = study.evidence
    rows: list[tuple[Cell, ...]] = [
        ("the element is found in the picture", *_cells(evidence.found.get("yes"))),
        ("it is not found", *_cells(evidence.found.get("no"))),
        ("map of a rival that the picture shows", *_cells(evidence.rivals.get("shown"))),
        ("map of a rival that it does not show", *_cells(evidence.rivals.get("missing"))),
    ]
    draws = [(COMPARATORS[name], len(rates), min(rates), max(rates)) for name, rates in study.draws.items() if rates]
    return Section(
        title="Where the figures end",
        text=(
            f"An element is found if its score is {MIN_SCORE} or more. All elements above are shown by the picture, "
            "and the map of a rival, an element of the same prompt about another noun, is held against their place: "
            "where the picture does not show the rival, its map has to go somewhere, and says nothing.",
        ),
        tables=(
            Table(title="Hits of the place of an element", header=("map", "maps", "hit rate"), rows=tuple(rows)),
            Table(
                title="Hit rates of single random models",
                header=("models", "number", "lowest", "highest"),
                rows=tuple(draws),
            ),
        ),
    )


def _cells(rate: HitRate | None) -> tuple[Cell, Cell]:
    return (rate.n, _rate_of(rate)) if rate is not None else (0, None)


def _rate_of(rate: HitRate | None) -> float | None:
    return None if rate is None else _number(rate.rate)


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
