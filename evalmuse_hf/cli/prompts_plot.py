"""`evalmuse prompts plot`: the page of a sample, from its report alone."""

import argparse
from pathlib import Path
from typing import Any


def add_parser(commands: Any) -> None:
    """Describe the subcommand to the parser.

    Args:
        commands: Subcommands of `evalmuse prompts`.
    """
    plot = commands.add_parser(
        "plot",
        help="plot prompts before and after sampling",
        description="Write a page that shows how many prompts carry each label before and after sampling, with "
        "targets and deviations, from what `evalmuse prompts sample --report` wrote.",
    )
    plot.add_argument("report", type=Path, metavar="REPORT", help="JSON report of a sample")
    plot.add_argument("--html", type=Path, required=True, metavar="FILE", help="page to write")


def run(args: argparse.Namespace) -> int:
    """Write the page, and print where it is."""
    from evalmuse_hf.prompts.sampling_plots import read_sampling_report, write_sampling_page

    write_sampling_page(read_sampling_report(args.report), args.html)
    print(args.html)
    return 0
