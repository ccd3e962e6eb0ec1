"""Documents made of tables, some with a plot beside them: one content as HTML page, as plain text and as Markdown."""

from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from evalmuse_hf.reports.drawing import draw_plot
from evalmuse_hf.reports.heat import heat_cells
from evalmuse_hf.reports.plot_data import Bars, Heat, PictureCard, Plot

Cell = str | int | float | None
"""What a table holds; None is what is not known."""

UNKNOWN = "–"
_DIGITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; a column of numbers stands flush right.

    Attributes:
        title: What it shows; may be empty.
        header: Names of the columns.
        rows: Cells, as many as there are names.
        note: What a reader should know; may be empty.
        bars: The plot beside it; None for none.
        plot: A plot of another kind beside it; None for none.
        digits: After the point, one for each column of numbers that are not whole; empty for three everywhere.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    bars: Bars | None = None
    plot: Plot | None = None
    digits: tuple[int, ...] = ()

    def spelled(self, row: tuple[Cell, ...]) -> tuple[str, ...]:
        """Spell the cells of a row, each with the digits of its column."""
        return tuple(
            spell_cell(cell, digits) for cell, digits in zip(row, self.digits or (_DIGITS,) * len(row), strict=True)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading with sentences, plots, tables and pictures below it; text and Markdown leave plots and pictures out.

    Attributes:
        title: The heading.
        text: Sentences, each a paragraph.
        tables: After the plots.
        plots: Shown side by side where there is room.
        pictures: Last.
    """

    title: str
    text: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    plots: tuple[Plot, ...] = ()
    pictures: tuple[PictureCard, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is shown, ready to be laid out.

    Attributes:
        title: Headline.
        summary: One or two sentences below it.
        figures: The numbers to see first: name, value, and what it is.
        warnings: What a reader must know before believing the rest.
        sections: The rest.
        source: Where it comes from: names and values.
    """

    title: str
    summary: str
    sections: tuple[Section, ...]
    figures: tuple[tuple[str, Cell, str], ...] = ()
    warnings: tuple[str, ...] = ()
    source: tuple[tuple[str, str], ...] = ()


def render_document(document: Document) -> str:
    """Lay a document out as a complete HTML page: nothing beside it is needed, plots are inline SVG.

    Args:
        document: What it shows. Every text is escaped.
    """
    from markupsafe import Markup

    from evalmuse_hf.reports.page import data_uri, make_environment

    environment = make_environment()
    environment.filters["cell"] = spell_cell
    environment.filters["heat_cells"] = heat_cells
    environment.filters["data_uri"] = data_uri
    # Ours, without any text of a user that matplotlib or `to_svg` has not escaped.
    environment.filters["plot"] = lambda plot: Markup(draw_plot(plot))
    environment.tests["heat"] = lambda plot: isinstance(plot, Heat)
    environment.tests["numeric"] = lambda cell: isinstance(cell, int | float)
    return environment.get_template("document.html.j2").render(document=document)


def write_document(document: Document, path: str | Path) -> None:
    """Write a document to an HTML file; its folder is made.

    Args:
        document: What it shows.
        path: The file.

    Raises:
        OSError: If it cannot be written.
    """
    path = Path(path)
    content = render_document(document)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise OSError(f"Cannot write {str(path)!r} ({error.strerror}); make room, or name another file.") from error


def document_text(document: Document) -> str:
    """Spell a document as plain text for a terminal, without the plots.

    Args:
        document: What it shows.
    """
    blocks = [document.title, document.summary, *(f"NOTE: {warning}" for warning in document.warnings)]
    for section in document.sections:
        blocks.append(f"{section.title}\n{'=' * len(section.title)}")
        blocks += section.text
        blocks += [_text_table(table) for table in section.tables]
    return "\n\n".join(_without_controls(block) for block in blocks)


def document_markdown(document: Document) -> str:
    """Spell a document as Markdown, without the plots.

    Args:
        document: What it shows.
    """
    blocks = [f"# {document.title}", document.summary, *(f"> {warning}" for warning in document.warnings)]
    for section in document.sections:
        blocks += [f"## {section.title}", *section.text]
        blocks += chain.from_iterable(_markdown_table(table) for table in section.tables)
    return "\n\n".join(blocks) + "\n"


def spell_cell(cell: Cell, digits: int = _DIGITS) -> str:
    """Spell a number: whole ones with thousands set off, others with three digits, and none as -0.000.

    Args:
        cell: A text stays as it is.
        digits: After the point, of numbers that are not whole.

    >>> [spell_cell(cell) for cell in (39763, 0.68543, -0.0001, None, "SDXL")]
    ['39,763', '0.685', '0.000', '–', 'SDXL']
    """
    if cell is None:
        return UNKNOWN
    if isinstance(cell, str):
        return cell
    return f"{cell:,}" if isinstance(cell, int) else f"{cell:z.{digits}f}"


def _text_table(table: Table) -> str:
    numeric = _numeric_columns(table)
    lines = [table.header, *map(table.spelled, table.rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.header))]
    spelled = [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in lines
    ]
    return "\n".join(filter(None, [table.title, *spelled, table.note]))


def _markdown_table(table: Table) -> list[str]:
    lines = [table.header, *map(table.spelled, table.rows)]
    rows = [f"| {' | '.join(' '.join(cell.split()).replace('|', '&#124;') for cell in line)} |" for line in lines]
    rule = "|".join("---:" if right else "---" for right in _numeric_columns(table))
    title = f"**{table.title}**" if table.title else ""
    return list(filter(None, [title, "\n".join([rows[0], f"|{rule}|", *rows[1:]]), table.note]))


def _numeric_columns(table: Table) -> list[bool]:
    """Whether a column holds numbers and nothing else that is known."""
    columns = [[row[column] for row in table.rows] for column in range(len(table.header))]
    return [
        any(isinstance(cell, int | float) for cell in cells) and not any(isinstance(cell, str) for cell in cells)
        for cells in columns
    ]


def _without_controls(text: str) -> str:
    """A released text must not move the cursor of a terminal."""
    return "".join(character if character.isprintable() or character == "\n" else "\ufffd" for character in text)
