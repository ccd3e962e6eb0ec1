"""`evalmuse elements`: split prompts into elements, and put a question to each."""

import argparse
from typing import Any

from evalmuse_hf.cli import elements_questions, elements_split


def register(subparsers: Any) -> None:
    """Describe the command and its subcommands to the parser."""
    parser = subparsers.add_parser(
        "elements",
        help="split prompts into elements, ask about each",
        description="Split prompts into elements of the 12 categories, and put one question to each element.",
    )
    commands = parser.add_subparsers(title="commands", dest="elements_command", metavar="COMMAND", required=True)
    elements_split.add_parser(commands)
    elements_questions.add_parser(commands)


def run(args: argparse.Namespace) -> int:
    """Run the subcommand."""
    runners = {"split": elements_split.run, "questions": elements_questions.run}
    return runners[args.elements_command](args)
