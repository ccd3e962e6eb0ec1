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
from evalmuse_hf.reports.page import render_report, write_report

__all__ = [
    "CategoryBar",
    "ElementVerdict",
    "Example",
    "ExampleGroup",
    "Figure",
    "PromptPiece",
    "RankingLine",
    "Report",
    "SubsetLine",
    "Verdict",
    "render_report",
    "write_report",
]
