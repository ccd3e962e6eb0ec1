"""How every study of `evalmuse study` shows what came out."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalmuse_hf.reports import Document


def add_form_options(parser: argparse.ArgumentParser) -> None:
    """Describe the options of the form to the parser of a study.

    Args:
        parser: The parser.
    """
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write the result as a page")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object instead of the tables")
    form.add_argument("--markdown", action="store_true", help="print Markdown instead of plain text")


def show_study(
    args: argparse.Namespace, document: "Document", record: dict[str, Any], *, page: "Document | None" = None
) -> None:
    """Print a study in the form that was asked for.

    Args:
        args: Parsed options.
        document: The study as a document.
        record: The study as JSON.
        page: The study as a page, if that is another document.
    """
    from evalmuse_hf.reports import document_markdown, document_text, write_document

    if args.html is not None:
        write_document(page or document, args.html)
    if args.json:
        print(json.dumps(record, indent=2))
    else:
        print(document_markdown(document) if args.markdown else document_text(document))
