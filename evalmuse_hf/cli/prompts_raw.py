"""`evalmuse prompts raw`: raw prompts to try the stages on."""

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

DEFAULT_N = 5000


def add_parser(commands: Any) -> None:
    """Describe the subcommand to the parser.

    Args:
        commands: Subcommands of `evalmuse prompts`.
    """
    raw = commands.add_parser(
        "raw",
        help="write raw prompts to try the stages on",
        description="Write prompts as people type them, with their dirt: repetitions, other scripts, endless lists, "
        "weights, links. They are made by rules of ours and stand for a collection that cannot be had offline; two in "
        "five can be drawn by the embedded generators.",
    )
    raw.add_argument("--n", type=int, default=DEFAULT_N, help="how many (default: %(default)s)")
    raw.add_argument("--seed", type=int, default=0, help="same seed, same prompts (default: %(default)s)")
    raw.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON lines to write")
    raw.add_argument("--json", action="store_true", help="print the counts as JSON")


def run(args: argparse.Namespace) -> int:
    """Write the prompts, and print how many there are of each shape."""
    from evalmuse_hf.prompts.raw_fixture import write_raw_prompts
    from evalmuse_hf.prompts.tables import write_rows

    if args.n < 1:
        raise ValueError(f"--n is {args.n}, expected 1 or more.")
    rows = write_raw_prompts(args.n, args.seed)
    write_rows(rows, args.out)
    shapes = Counter(row["shape"] for row in rows)
    if args.json:
        print(json.dumps({"format": 1, "n": len(rows), "shapes": dict(shapes), "out": str(args.out)}, indent=2))
        return 0
    print("\n".join([*(f"{shape:<20} {count:>6}" for shape, count in shapes.most_common()), str(args.out)]))
    return 0
