"""Pages that show results: one self-contained HTML file each."""

from evalmuse_hf.reports.content import (
    CategoryBar,
    ElementVerdict,
    Example,
    ExampleGroup,
    Figure,
    PromptPiece,
    RankingLine,
    Report,
    SubsetLine,
    Verdict,
)
from evalmuse_hf.reports.document import (
    Bars,
    Cell,
    Document,
    Section,
    Table,
    document_markdown,
    document_text,
    render_document,
    spell_cell,
    write_document,
)
from evalmuse_hf.reports.page import render_report, write_report

__all__ = [
    "Bars",
    "CategoryBar",
    "Cell",
    "Document",
    "ElementVerdict",
    "Example",
    "ExampleGroup",
    "Figure",
    "PromptPiece",
    "RankingLine",
    "Report",
    "Section",
    "SubsetLine",
    "Table",
    "Verdict",
    "document_markdown",
    "document_text",
    "render_document",
    "render_report",
    "spell_cell",
    "write_document",
    "write_report",
]
