"""`evalmuse images`: draw the pictures of prompts, or take in those that were made elsewhere."""

import argparse
from typing import Any

from evalmuse_hf.cli import images_generate, images_import


def register(subparsers: Any) -> None:
    """Describe the command and its subcommands to the parser."""
    parser = subparsers.add_parser(
        "images",
        help="draw the pictures of prompts, or take in pictures made elsewhere",
        description="Get a picture of each prompt from each generator, with a manifest that says how it was made.",
    )
    commands = parser.add_subparsers(title="commands", dest="images_command", metavar="COMMAND", required=True)
    images_generate.add_parser(commands)
    images_import.add_parser(commands)


def run(args: argparse.Namespace) -> int:
    """Run the subcommand."""
    runners = {"generate": images_generate.run, "import": images_import.run}
    return runners[args.images_command](args)
