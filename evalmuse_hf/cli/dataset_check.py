"""`evalmuse dataset check`: the health report of a data set as text, JSON or a page."""

import argparse
import json
from pathlib import Path
from typing import Any


def add_parser(commands: Any) -> None:
    """Describe the command to the parser of `evalmuse dataset`."""
    parser = commands.add_parser(
        "check",
        help="report on a built data set: what was dropped, duplicates, leakage, ratings, agreement, means",
        description="Report on a built data set. The exit status says whether it could be read, not whether it is "
        "good: a report is not a verdict.",
    )
    parser.add_argument(
        "out",
        type=Path,
        metavar="OUT",
        help="folder that `evalmuse dataset build` wrote, or JSON lines of means",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the text")
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write the report as one HTML file with plots")
    parser.add_argument("--pictures", action="store_true", help="decode every picture again, which takes longer")


def run(args: argparse.Namespace) -> int:
    """Print the report."""
    from evalmuse_hf.data.health import check_dataset

    report = check_dataset(args.out, pictures=args.pictures, progress=not args.quiet)
    if args.html is not None:
        report.write_page(args.html)
    print(json.dumps(report.as_json(), indent=2, ensure_ascii=False) if args.json else report.as_text())
    return 0
