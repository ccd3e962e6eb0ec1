"""HTML of the leaderboard. Whatever is not `Markup` is escaped, so that a name from a record stays a name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from evalmuse_hf.pages.leaderboard.record_labels import RecordLabel

UNKNOWN = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table.

    Attributes:
        title: Its heading.
        kind: ``"head"`` names the row, ``"number"`` stands to the right, ``"drawing"`` is wide.
        sort: By what a click on the heading sorts; empty if it does not.
        hint: What it means, for a pointer over the heading; may be empty.
        extra: Below the heading, such as an axis.
    """

    title: str
    kind: Literal["head", "text", "number", "drawing"] = "text"
    sort: str = ""
    hint: str = ""
    extra: str | Markup = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a table.

    Attributes:
        cells: As many as there are columns; what is not `Markup` is escaped.
        style: Class of the row, such as ``"lb-soft"``; may be empty.
    """

    cells: tuple[str | Markup, ...]
    style: str = ""


def table(
    columns: Sequence[Column],
    rows: Iterable[Row],
    *,
    caption: str,
    sorted_by: str = "",
    ascending: bool = False,
    cards: bool = True,
) -> Markup:
    """A table that a narrow window shows as cards.

    Args:
        columns: From left to right.
        rows: From top to bottom.
        caption: What it shows.
        sorted_by: By which column's ``sort`` it is sorted.
        ascending: Whether from low to high.
        cards: Whether a narrow window shows cards; a table of few short columns stays one.
    """
    heads = Markup("").join(_head(column, sorted_by, ascending) for column in columns)
    body = Markup("").join(_row(columns, row) for row in rows)
    # What a narrow window scrolls must be reachable by keyboard, be it by the buttons in it.
    reach = Markup("")
    if not any(column.sort for column in columns):
        reach = Markup(' tabindex="0" role="region" aria-label="{}"').format(caption)
    # Roles, because a browser forgets what a table is where its rows are laid out as cards.
    return Markup(
        '<div class="lb-scroll"{}><table class="em-table lb-table {}" role="table"><caption>{}</caption>'
        '<thead role="rowgroup"><tr role="row">{}</tr></thead><tbody role="rowgroup">{}</tbody></table></div>'
    ).format(reach, "lb-cards" if cards else "", caption, heads, body)


def note(text: str | Markup, *, kind: Literal["", "warning"] = "") -> Markup:
    """A note.

    Args:
        text: What it says.
        kind: ``"warning"`` for what must not be missed.
    """
    style = "em-note em-warning" if kind else "em-note"
    return Markup('<p class="{}">{}</p>').format(style, text)


def mark_note(label: RecordLabel) -> Markup:
    """What a reader must know of a record before believing a number; empty where there is nothing.

    Args:
        label: Of the record.
    """
    if label.published:
        text = "Printed numbers of others, without intervals: small differences may be noise."
    elif label.simulated:
        text = (
            "Pictures, generators and people are simulated: drawings of a small invented world. These numbers say "
            "nothing about any real model."
        )
    elif label.drawings_only:
        text = (
            f"The scorer {label.scorer} is a packaged checkpoint that knows drawings of a small invented world only."
        )
    else:
        return Markup("")
    return note(Markup("<strong>{}</strong> {}").format(label.mark, text), kind="warning")


def bullets(sentences: Iterable[str | Markup]) -> Markup:
    """A list of sentences; empty without any.

    Args:
        sentences: Each a sentence.

    >>> str(bullets(["a < b"]))
    '<ul class="lb-list"><li>a &lt; b</li></ul>'
    """
    items = Markup("").join(Markup("<li>{}</li>").format(sentence) for sentence in sentences)
    return Markup('<ul class="lb-list">{}</ul>').format(items) if items else Markup("")


def facts(pairs: Iterable[tuple[str, str]]) -> Markup:
    """Names and values in a line, small.

    Args:
        pairs: Names and values.
    """
    items = Markup(" · ").join(Markup("{} <b>{}</b>").format(name, value) for name, value in pairs if value)
    return Markup('<p class="em-quiet lb-facts">{}</p>').format(items) if items else Markup("")


def spell(value: float | None, digits: int) -> str:
    """Spell a number.

    Args:
        value: None for what is not known.
        digits: After the point.

    >>> spell(0.125, 2), spell(None, 2)
    ('0.12', '–')
    """
    return UNKNOWN if value is None else f"{value:z.{digits}f}"


def _head(column: Column, sorted_by: str, ascending: bool) -> Markup:
    title: str | Markup = column.title
    order = Markup("")
    if column.sort:
        is_chosen = column.sort == sorted_by
        arrow = ("▲" if ascending else "▼") if is_chosen else "↕"
        title = Markup(
            '<button type="button" class="lb-sort" data-sort="{}">{} <span aria-hidden="true">{}</span></button>'
        ).format(column.sort, column.title, arrow)
        if is_chosen:
            order = Markup(' aria-sort="{}"').format("ascending" if ascending else "descending")
    return Markup('<th scope="col" role="columnheader" class="{}" title="{}"{}>{}{}</th>').format(
        _style(column), column.hint, order, title, column.extra
    )


def _row(columns: Sequence[Column], row: Row) -> Markup:
    cells = Markup("").join(
        Markup('<{0} {1} data-label="{2}" class="{3}">{4}</{0}>').format(
            "th" if column.kind == "head" else "td",
            Markup('scope="row" role="rowheader"') if column.kind == "head" else Markup('role="cell"'),
            column.title,
            f"{_style(column)} lb-none" if cell == UNKNOWN else _style(column),
            cell,
        )
        for column, cell in zip(columns, row.cells, strict=True)
    )
    return Markup('<tr role="row" class="{}">{}</tr>').format(row.style, cells)


def _style(column: Column) -> str:
    return {"head": "lb-name", "text": "", "number": "em-number", "drawing": "lb-drawing"}[column.kind]
