"""`evalmuse annotate backup`: a copy of a store in a file, while raters go on."""

import argparse
import json
from pathlib import Path
from typing import Any


def add_parser(commands: Any) -> None:
    """Describe the subcommand to the parser.

    Args:
        commands: Subcommands of `evalmuse annotate`.
    """
    parser = commands.add_parser(
        "backup",
        help="copy a store to one file, also while it is served",
        description="Copy a store in SQLite to one file that holds every rating acknowledged so far. While a store is "
        "served, its newest ratings are in a file beside it, so that copying the store alone loses them. An earlier "
        "copy of the same store is replaced, anything else is not. The pictures are not copied.",
    )
    parser.add_argument("store", metavar="STORE", help="SQLite file")
    parser.add_argument("copy", type=Path, metavar="COPY", help="file of the copy, which is a store like any other")
    parser.add_argument("--json", action="store_true", help="print what was written as JSON")


def run(args: argparse.Namespace) -> int:
    """Write the copy, and print where it is."""
    from contextlib import closing

    from evalmuse_hf.annotations.opening import open_store

    with closing(open_store(args.store)) as store:
        from evalmuse_hf.annotations.store.snapshot import back_up

        number = back_up(store, args.copy)
    if args.json:
        print(json.dumps({"format": 1, "copy": str(args.copy), "ratings": number}, ensure_ascii=False))
    else:
        print(f"{number} ratings, those that were corrected included\n{args.copy}")
    return 0
