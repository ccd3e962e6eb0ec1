"""The health of a data set in its card: the numbers of `check_dataset` that a reader wants before downloading."""

from collections.abc import Mapping
from typing import Any

_READING = "\n## How to read it\n"  # of a built card; another card gets the section at its end
_HEADING = "## Health"


def with_health(card: str, record: Mapping[str, Any]) -> str:
    """Put the numbers of a health report into a card.

    Args:
        card: Text of ``README.md``.
        record: See `evalmuse_hf.data.health.HealthReport.as_json`.

    Returns:
        The card with one section more. A number that is undefined is an en dash, with the reason.
    """
    section = "\n\n".join(
        [
            f"{_HEADING}\n\nCounted by `evalmuse dataset check` when this was published; brackets are 95 % intervals.",
            _facts(record),
            _table("generator", "mean overall rating", _generators(record["generator_scores"])),
            _table("category", "mean element rating", _categories(record["category_scores"])),
        ]
    )
    before, reading, after = card.partition(_READING)
    if not reading:
        return f"{card.rstrip()}\n\n{section}\n"
    return f"{before.rstrip()}\n\n{section}\n{reading}{after}"


def _facts(record: Mapping[str, Any]) -> str:
    first = record["first_three"]
    agreement = record["agreement"]
    statuses = record["elements"]
    shares = ", ".join(f"{points}: {share:.2f}" for points, share in first["shares"].items() if share is not None)
    lines = [
        f"- Agreement of the overall ratings (Krippendorff's alpha, ordinal): {_statistic(agreement['overall'])}",
        f"- Agreement of the element ratings (alpha, nominal): {_statistic(agreement['elements'])}",
        "- Mean element rating against overall rating (Spearman): " + _statistic(record["element_overall_srcc"]),
        f"- Range of the first three overall ratings, share of {first['n']} pairs: {shares or '–'}",
        f"- Elements not found in their prompt: {_count(statuses['unplaced'])} of {_count(statuses['n'])}",
        f"- Pictures whose content occurs more than once: {_count(record['duplicates']['pictures'])}; prompts in two "
        f"splits: {_count(record['leakage']['prompts'])}",
    ]
    return "\n".join(lines)


def _generators(scores: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    return [(name, score["pairs"], _statistic(score["all"])) for name, score in scores.items()]


def _categories(scores: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    return [(name, score["n"], _number(score["mean"])) for name, score in scores.items()]


def _table(what: str, value: str, rows: list[tuple[str, int, str]]) -> str:
    if not rows:
        return f"No {what} has ratings."
    lines = [f"| {_cell(name)} | {number} | {text} |" for name, number, text in rows]
    return "\n".join([f"| {what} | n | {value} |", "|---|---|---|", *lines])


def _statistic(result: Mapping[str, Any]) -> str:
    if result["value"] is None:
        return f"– ({result['status']})"
    if result["low"] is None:
        return _number(result["value"])
    return f"{result['value']:.3f} [{result['low']:.3f}, {result['high']:.3f}]"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _count(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"


def _cell(text: str) -> str:
    """A name in a table of Markdown, whatever is in it."""
    return " ".join(text.replace("\\", "\\\\").replace("|", "\\|").split())
