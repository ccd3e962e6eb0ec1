"""`evalmuse annotate reannotate`: send items whose first raters disagree widely to further raters."""

import argparse
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalmuse_hf.annotations.store.range_rule import Reannotation


def add_parser(commands: Any) -> None:
    """Describe the command to the parser.

    Args:
        commands: Subcommands of `evalmuse annotate`.
    """
    parser = commands.add_parser(
        "reannotate",
        help="send items whose first raters disagree widely to further raters",
        description="Send every item whose first ratings lie far apart to further raters, who are none of the first. "
        "A formal round with a threshold does so by itself; this is for rounds without one, and for another "
        "threshold. Items that were sent before are not sent again.",
    )
    parser.add_argument("store", metavar="STORE", help="SQLite file, or URL of a PostgreSQL database")
    parser.add_argument("--round", required=True, metavar="NAME", help="round of the first ratings")
    parser.add_argument(
        "--threshold",
        type=int,
        metavar="N",
        help="difference of the highest and lowest first rating, 1 to 4, from which an item is sent "
        "(default: that of the round)",
    )
    parser.add_argument("--dry-run", action="store_true", help="only show what would be sent")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Send the items, and print what was sent."""
    if args.threshold is not None and not 1 <= args.threshold <= 4:
        raise ValueError(f"--threshold must be 1 to 4, got {args.threshold}.")
    from contextlib import closing

    from evalmuse_hf.annotations.opening import open_store

    with closing(open_store(args.store)) as store:
        # Here, because these need SQLAlchemy, and the line above says so where it is not installed.
        from evalmuse_hf.annotations.store.items import read_items
        from evalmuse_hf.annotations.store.range_rule import reannotate
        from evalmuse_hf.annotations.store.rounds import find_round

        found = find_round(store, args.round)
        done = reannotate(store, found.round_id, threshold=args.threshold, dry_run=args.dry_run)
        pictures = {item_id: item.image_path for item_id, item in read_items(store).items()}
    if args.json:
        print(json.dumps(_record(done, pictures, dry_run=args.dry_run), indent=2, ensure_ascii=False))
    else:
        print(_as_text(done, pictures, dry_run=args.dry_run))
    return 0


def _record(done: "Reannotation", pictures: Mapping[int, str], *, dry_run: bool) -> dict[str, Any]:
    return {
        "format": 1,
        "dry_run": dry_run,
        "threshold": done.threshold,
        "items_with_first_ratings": done.n_rated,
        "sent_before": done.n_sent_before,
        "sent": [
            {
                "item_id": item.item_id,
                "image": pictures[item.item_id],
                "overall": list(item.overall),
                "range": item.range,
            }
            for item in done.sent
        ],
        "round": None if done.child is None else done.child.name,
        "round_is_open": None if done.child is None else done.child.is_open,
    }


def _as_text(done: "Reannotation", pictures: Mapping[int, str], *, dry_run: bool) -> str:
    verb = "would be sent" if dry_run else "sent"
    lines = [
        f"{done.n_rated} items have all first ratings; from a range of {done.threshold}: "
        f"{done.n_sent_before} sent before, {len(done.sent)} {verb} now"
    ]
    lines += [
        f"item {item.item_id}: {', '.join(map(str, item.overall))} ({pictures[item.item_id]})" for item in done.sent
    ]
    if done.child is not None and done.sent and not dry_run:
        state = "open" if done.child.is_open else "closed: nobody gets them until it is opened again"
        lines.append(f"to round {done.child.name!r} ({state})")
    return "\n".join(lines)
