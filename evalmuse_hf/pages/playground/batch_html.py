"""What the tab of many pictures shows, as HTML; every text of a visitor is escaped, and none becomes markup."""

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

from evalmuse_hf.pages.playground.batch_results import BatchSummary
from evalmuse_hf.stats.clustered import ClusteredEstimate

SHOWN_ROWS = 50
"""Rows that the page shows; the files hold all."""

_LONGEST_CELL = 300


def note_html(text: str, *, kind: str = "") -> str:
    """A bar with a sentence.

    Args:
        text: Plain text.
        kind: ``"error"``, ``"warning"`` or empty.

    >>> note_html("<b>", kind="error")
    '<div class="em-note em-error" role="alert"><strong>Not done.</strong> &lt;b&gt;</div>'
    """
    if kind == "error":
        return f'<div class="em-note em-error" role="alert"><strong>Not done.</strong> {html.escape(text)}</div>'
    mark = f" em-{kind}" if kind else ""
    return f'<div class="em-note{mark}">{html.escape(text)}</div>'


def progress_html(n_done: int, n_rows: int) -> str:
    """How far a batch is.

    Args:
        n_done: Rows that are scored.
        n_rows: All.
    """
    return (
        f'<div class="em-note"><label>Scored {n_done:,} of {n_rows:,} rows '
        f'<progress class="em-progress" value="{n_done}" max="{max(n_rows, 1)}"></progress></label></div>'
    )


def summary_html(summary: BatchSummary, *, label: str, notes: Sequence[str] = ()) -> str:
    """What came of a batch, in sentences and small tables.

    Args:
        summary: Of `summarize_batch`.
        label: Of the scorer.
        notes: Further sentences.
    """
    parts = [f"{summary.n_scored:,} of {summary.n_rows:,} rows have a score."]
    if summary.n_scored:
        parts.append(f"Mean of {label}: {_spell_mean(summary.mean)}.")
    pieces = [note_html(" ".join(parts), kind="" if summary.n_scored == summary.n_rows else "warning")]
    pieces += [note_html(note, kind="warning") for note in notes]
    if summary.failures:
        rows = [[failure.status, f"{failure.count:,}", failure.example] for failure in summary.failures]
        pieces.append(_table("Without a score", ("status", "rows", "what the first says"), rows, numbers=(1,)))
    if summary.generators:
        rows = [
            [name, _number(mean.statistic), _spell_interval(mean) or "too few prompts", f"{mean.n_clusters:,}"]
            for name, mean in summary.generators.items()
        ]
        header = ("generator", "mean", "95 % interval", "prompts")
        pieces.append(_table("Generators", header, rows, numbers=(1, 2, 3)))
        pieces.append(
            '<p class="em-quiet">Generators that share prompts are compared within them, which is sharper than these '
            "intervals: <code>evalmuse rank scores.parquet</code> does that.</p>"
        )
    return "".join(pieces)


def rows_html(rows: Sequence[Mapping[str, Any]]) -> str:
    """The first rows as a table.

    Args:
        rows: Output rows.
    """
    shown = rows[:SHOWN_ROWS]
    with_generator = any(row.get("generator") for row in shown)
    # The score stands second, so that a phone shows it.
    header = ["image", "score", "prompt", *(["generator"] if with_generator else []), "elements", "status"]
    body = []
    for row in shown:
        message = f": {row['message']}" if row.get("message") else ""
        cells = [row.get("image"), _number(row["overall_score"]), row.get("prompt")]
        cells += [row.get("generator")] if with_generator else []
        cells += [_spell_elements(row["elements"]), f"{row['status']}{message}"]
        body.append(cells)
    caption = f"Row 1 to {len(shown)} of {len(rows):,}" + ("; the files hold all" if len(rows) > len(shown) else "")
    return _table(caption, header, body, numbers=(1,))


def _table(caption: str, header: Sequence[str], rows: Sequence[Sequence[Any]], *, numbers: Sequence[int]) -> str:
    """A table of texts; a narrow window scrolls it, and so does the keyboard."""
    marks = ['class="em-number"' if place in numbers else "" for place in range(len(header))]
    heads = "".join(
        f'<th scope="col" {mark}>{html.escape(name)}</th>' for name, mark in zip(header, marks, strict=True)
    )
    lines = (
        "".join(f'<td {mark} dir="auto">{_cell(cell)}</td>' for cell, mark in zip(row, marks, strict=True))
        for row in rows
    )
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    named = html.escape(caption)
    return (
        f'<div class="em-scroll" tabindex="0" role="region" aria-label="{named}"><table class="em-table">'
        f"<caption>{named}</caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return html.escape(text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…")


def _spell_elements(elements: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(
        f"{element['text']} {_number(element['score']) or element['status']}" for element in elements or ()
    )


def _spell_mean(mean: ClusteredEstimate) -> str:
    interval = _spell_interval(mean)
    prompts = "1 prompt" if mean.n_clusters == 1 else f"{mean.n_clusters:,} prompts"
    if not interval:
        return f"{_number(mean.statistic)} over {prompts}, too few for an interval"
    return f"{_number(mean.statistic)}, 95 % interval {interval} over {prompts}"


def _spell_interval(mean: ClusteredEstimate) -> str:
    interval = mean.confidence_interval
    return "" if interval is None else f"{interval.low:.2f} to {interval.high:.2f}"


def _number(value: float | None) -> str:
    return "" if value is None or not math.isfinite(value) else f"{value:.2f}"
