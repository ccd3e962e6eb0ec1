"""`evalmuse space leaderboard`: finished evaluations in a browser."""

import argparse
from typing import Any

from evalmuse_hf.cli.space_options import (
    STARTING,
    add_address_options,
    add_open_option,
    announce,
    require_address,
    say,
)


def add_parser(commands: Any) -> None:
    """Describe the subcommand to the parser of `evalmuse space`."""
    parser = commands.add_parser(
        "leaderboard",
        help="generators and scorers from finished records of `evaluate` and `rank`",
        description="Open a page with the results that `evalmuse evaluate --json` and `evalmuse rank --json` wrote: "
        "sortable, by skill, with intervals, every two compared. It runs until Ctrl-C.",
    )
    parser.add_argument(
        "records",
        nargs="?",
        metavar="RECORDS",
        help="folder of these files, or a data set OWNER/NAME of the Hub (default: simulated examples)",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        metavar="N",
        default=10.0,
        help="after which the records are read again; 0 for never (default: %(default)g)",
    )
    add_address_options(parser)
    add_open_option(parser)


def run(args: argparse.Namespace) -> int:
    """Read the records, say where the page is, and wait for Ctrl-C, which is the ordinary end."""
    from evalmuse_hf.pages.frame import prepare_gradio, start_page
    from evalmuse_hf.scoring.serving import wait_for_end

    require_address(args)
    say(args, STARTING)
    prepare_gradio()  # before anything else imports it
    from evalmuse_hf.pages.leaderboard.page import build_leaderboard
    from evalmuse_hf.pages.leaderboard.record_keeper import RecordKeeper

    app = build_leaderboard(RecordKeeper(args.records, minutes=args.minutes))
    address = start_page(app, host=args.host, port=args.port)
    announce(address, "The leaderboard answers", quiet=args.quiet, show=args.open)
    wait_for_end(app, on_end=lambda: say(args, "Stopping ..."))
    return 0
