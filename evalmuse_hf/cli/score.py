"""`evalmuse score`: score one picture, or a list of them."""

import argparse
import sys
from typing import Any

EXAMPLES = """\
examples:
  evalmuse score --image cat.png --prompt "a red cat on a sofa" --element "a red cat" --element "a sofa" --model mini
  evalmuse score pairs.csv --model mini --out scores.parquet     a list with the columns image and prompt
  evalmuse score pairs.csv --out scores.parquet                  the official FGA-BLIP2 (5 GB, from the Hub, once)
  evalmuse score pairs.csv --scorer pn_vqa --model FOLDER        asks a multimodal chat model

The packaged checkpoint (--model mini) judges drawings, not photographs."""


def register(subparsers: Any) -> None:
    """Describe the command to the parser."""
    from evalmuse_hf.scoring.arguments import DESCRIPTION, add_arguments

    parser = subparsers.add_parser(
        "score", help="score pictures against their prompts", description=DESCRIPTION, epilog=EXAMPLES
    )
    add_arguments(parser)
    parser.set_defaults(surplus_words="one picture is scored with --image FILE --prompt TEXT")


def run(args: argparse.Namespace) -> int:
    """Score, print the result or where it is, and say on stderr what became of the rows."""
    from evalmuse_hf.scoring.command import run_command

    def say_starting() -> None:
        if not args.quiet:
            print("Starting (the first time takes up to a minute) ...", file=sys.stderr, flush=True)

    output = run_command(args, progress=not args.quiet, on_loading=say_starting)
    if output.result:
        print(output.result)
    if output.note and (output.status or output.n_failed or not args.quiet):  # a failure is never silent
        prefix = "" if output.status == 0 else "evalmuse score: "
        print(f"{prefix}{output.note}", file=sys.stderr)
    return output.status
