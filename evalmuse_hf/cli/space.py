"""`evalmuse space`: what a Space on the Hub shows, at an address of this machine."""

import argparse
from typing import Any

from evalmuse_hf.cli import annotate_serve, space_api, space_leaderboard, space_playground
from evalmuse_hf.cli.space_options import take_early_options


def register(subparsers: Any) -> None:
    """Describe the command and its subcommands to the parser."""
    parser = subparsers.add_parser(
        "space",
        help="pages in a browser: score your own pictures, look at results; or an API",
        description="Run what a Space on the Hub would run, on this machine. Without PAGE that is the playground, "
        "with the options below.",
        usage="%(prog)s [PAGE] [options]",
    )
    space_playground.add_options(parser, early=True)
    commands = parser.add_subparsers(
        title="what to serve", dest="page", metavar="PAGE", required=False, prog=parser.prog
    )
    space_playground.add_parser(commands)
    space_leaderboard.add_parser(commands)
    space_api.add_parser(commands)
    annotate_serve.add_parser(commands, name="annotate")


def run(args: argparse.Namespace) -> int:
    """Run the page."""
    runners = {
        None: space_playground.run,
        "playground": space_playground.run,
        "leaderboard": space_leaderboard.run,
        "api": space_api.run,
        "annotate": annotate_serve.run,
    }
    return runners[args.page](take_early_options(args))
