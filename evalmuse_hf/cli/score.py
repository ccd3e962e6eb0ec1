"""`evalmuse score`: score one picture, or a list of them."""

import argparse
import sys
from typing import Any


def register(subparsers: Any) -> None:
    """Describe the command to the parser."""
    from evalmuse_hf.scoring.arguments import DESCRIPTION, add_arguments

    add_arguments(subparsers.add_parser("score", help="score pictures against their prompts", description=DESCRIPTION))


def run(args: argparse.Namespace) -> int:
    """Score, print the result or where it is, and say on stderr what became of the rows."""
    from evalmuse_hf.scoring.command import run_command

    output = run_command(args, progress=not args.quiet)
    if output.result:
        print(output.result)
    if output.note and (output.status or output.n_failed or not args.quiet):  # a failure is never silent
        prefix = "" if output.status == 0 else "evalmuse score: "
        print(f"{prefix}{output.note}", file=sys.stderr)
    return output.status
