"""`evalmuse annotate`: collect ratings of pictures, from the list of pictures to the rated data."""

import argparse
from typing import Any

from evalmuse_hf.cli import (
    annotate_agreement,
    annotate_assign,
    annotate_backup,
    annotate_export,
    annotate_inspect,
    annotate_log,
    annotate_raters,
    annotate_reannotate,
    annotate_serve,
    annotate_status,
)


def register(subparsers: Any) -> None:
    """Describe the command and its subcommands to the parser."""
    parser = subparsers.add_parser(
        "annotate",
        help="collect ratings of pictures: rounds, raters, the page, agreement, export",
        description="Run an annotation campaign: give pictures to raters, show them the page, look at how well they "
        "agree, send items to further raters, and export the ratings.",
    )
    commands = parser.add_subparsers(title="commands", dest="annotate_command", metavar="COMMAND", required=True)
    annotate_assign.add_parser(commands)
    annotate_raters.add_parser(commands)
    annotate_serve.add_parser(commands)
    annotate_status.add_parser(commands)
    annotate_inspect.add_parser(commands)
    annotate_reannotate.add_parser(commands)
    annotate_agreement.add_parser(commands)
    annotate_export.add_parser(commands)
    annotate_log.add_parser(commands)
    annotate_backup.add_parser(commands)


def run(args: argparse.Namespace) -> int:
    """Run the subcommand."""
    runners = {
        "assign": annotate_assign.run,
        "raters": annotate_raters.run,
        "serve": annotate_serve.run,
        "status": annotate_status.run,
        "inspect": annotate_inspect.run,
        "reannotate": annotate_reannotate.run,
        "agreement": annotate_agreement.run,
        "export": annotate_export.run,
        "log": annotate_log.run,
        "backup": annotate_backup.run,
    }
    return runners[args.annotate_command](args)
