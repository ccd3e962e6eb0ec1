"""Options of ``evalmuse score`` and of ``python -m evalmuse_hf.scoring``, described once."""

import argparse
from pathlib import Path

from evalmuse_hf.scoring.loading import SCORERS

DESCRIPTION = (
    "Score pictures against their prompts: overall (FGA-BLIP2: on 1 to 5; scorers that ask: from 0 to 1), and every "
    "element of the prompt from 0 to 1. "
    "A row that cannot be scored gets a status and no number, and never stops the others. "
    "The exit status is 0 if any row was scored, 1 if none was, and 2 for a mistake in the options."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options to a parser."""
    parser.add_argument(
        "list",
        nargs="?",
        type=Path,
        metavar="LIST",
        help="JSON lines, CSV or Parquet with columns image (relative to the folder of LIST) and prompt, optionally "
        "elements, id, generator, prompt_id; other columns are kept",
    )
    parser.add_argument("--image", type=Path, metavar="FILE", help="score one picture instead of a list")
    parser.add_argument("--prompt", metavar="TEXT", help="what the picture of --image was made for")
    parser.add_argument(
        "--element",
        action="append",
        default=[],
        metavar="TEXT",
        help="an element of --prompt, as it stands there, optionally with its category: 'red (color)'; repeat it",
    )
    parser.add_argument(
        "--scorer",
        metavar="NAME",
        default="fga_blip2",
        help=f"{', '.join(SCORERS)}, or that of an installed package (default: %(default)s)",
    )
    parser.add_argument(
        "--model",
        metavar="MODEL",
        help="'mini' (packaged, judges drawings), a folder, or a Hub id (default: the official one, from the Hub)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help=".parquet, .jsonl or .csv to write; it also keeps what produced the scores (versions, weights, device), "
        "which the default, JSON lines on stdout, does not",
    )
    parser.add_argument("--device", metavar="NAME", help="cpu, cuda, cuda:1, mps (default: a GPU if there is one)")
    parser.add_argument(
        "--batch-size",
        type=int,
        metavar="N",
        help="pairs per pass, or questions for scorers that ask; changes no score (default: 16, or 8 questions)",
    )
    parser.add_argument(
        "--feature-cache",
        type=Path,
        metavar="DIR",
        help="keep what the frozen vision tower says of each picture in DIR, and take from there what is kept; other "
        "models with the same tower, and training, share it (3.8 MB per picture for the official one)",
    )
    parser.add_argument(
        "--compat", choices=["official"], help="do as the official code where this package differs from it"
    )
    parser.add_argument("--json", action="store_true", help="with --image: print one JSON object instead of a table")


def find_mistake(args: argparse.Namespace) -> str | None:
    """Say in one sentence which options do not go together; None if all do."""
    if args.list is None and args.image is None:
        return "give a LIST, or --image FILE with --prompt TEXT."
    if args.list is not None and (args.image is not None or args.prompt is not None or args.element):
        return "--image, --prompt and --element score one picture; leave them out with a LIST."
    if args.image is not None and args.prompt is None:
        return "--image needs --prompt TEXT, what the picture was made for."
    if args.batch_size is not None and args.batch_size < 1:
        return f"--batch-size must be at least 1, got {args.batch_size}."
    return None
