"""`evalmuse annotate inspect`: look at a batch of answers, and accept it or return it with a reason."""

import argparse
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalmuse_hf.annotations.records import RatingRow, StoredItem
    from evalmuse_hf.annotations.store.engine import Store

_COLUMNS = ("rating", "rater", "item", "overall", "seconds", "at (UTC)", "verdict", "picture", "prompt", "elements")
_LONGEST_PROMPT = 40


def add_parser(commands: Any) -> None:
    """Describe the command to the parser.

    Args:
        commands: Subcommands of `evalmuse annotate`.
    """
    parser = commands.add_parser(
        "inspect",
        help="look at a batch of answers, and accept it or return it with a reason",
        description="List the answers of a round that count; with --accept or --return, give a verdict on all of "
        "them. Returned answers stay in the log and count no more: their rater, or others, rate the items again.",
    )
    parser.add_argument("store", metavar="STORE", help="SQLite file, or URL of a PostgreSQL database")
    parser.add_argument("--round", required=True, metavar="NAME", help="the round")
    parser.add_argument("--rater", metavar="NAME", help="only answers of this rater")
    parser.add_argument(
        "--since", metavar="TIME", help="only answers from this time on, such as 2025-03-01T09:00 (UTC)"
    )
    parser.add_argument("--ratings", nargs="+", type=int, metavar="N", help="only these, by the number in the list")
    parser.add_argument(
        "--not-inspected", action="store_true", help="only answers that no inspection has accepted or returned"
    )
    parser.add_argument(
        "--waiting", action="store_true", help="answers that were returned and that their rater has not begun again"
    )
    verdict = parser.add_mutually_exclusive_group()
    verdict.add_argument("--accept", action="store_true", help="they are good")
    verdict.add_argument("--return", dest="send_back", action="store_true", help="they are to be done again")
    parser.add_argument("--reason", default="", metavar="TEXT", help="why; --return needs it")
    parser.add_argument(
        "--redo-by",
        choices=("same", "others"),
        default="same",
        help="who does returned ones again (default: the same rater)",
    )
    parser.add_argument("--inspector", default="organiser", metavar="NAME", help="who looked (default: organiser)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """List the batch, or store the verdict."""
    if args.send_back and not args.reason.strip():
        raise ValueError("--return needs a reason; give one with --reason TEXT.")
    from contextlib import closing

    from evalmuse_hf.annotations.opening import open_store

    since = None if args.since is None else parse_time(args.since)
    with closing(open_store(args.store)) as store:
        # Here, because these need SQLAlchemy, and the line above says so where it is not installed.
        from evalmuse_hf.annotations.store.inspection import accept, batch_of, return_batch
        from evalmuse_hf.annotations.store.rounds import find_round

        found = find_round(store, args.round)
        batch = batch_of(
            store,
            round_id=found.round_id,
            rater=args.rater,
            since=since,
            waiting=args.waiting,
            not_inspected=args.not_inspected,
        )
        if args.ratings is not None:
            _refuse_others(args.ratings, batch)
            batch = sorted(set(args.ratings))
        if not (args.accept or args.send_back):
            from evalmuse_hf.annotations.store.items import read_items

            _print_batch(_read(store, found.round_id, batch), read_items(store), as_json=args.json)
            return 0
        if args.accept:
            done = accept(store, batch, inspector=args.inspector, reason=args.reason)
        else:
            done = return_batch(store, batch, inspector=args.inspector, reason=args.reason, redo_by=args.redo_by)
        notes = _notes(store, found.round_id) if args.redo_by == "others" else []
    if args.json:
        facts = {"inspection_id": done.inspection_id, "verdict": done.verdict, "rating_ids": list(done.rating_ids)}
        print(json.dumps({"format": 1, **facts}, indent=2))
    else:
        print(f"inspection {done.inspection_id}: {len(done.rating_ids)} ratings {done.verdict}")
        if args.send_back and not found.is_open:
            print(f"The round {found.name!r} is closed: nobody gets them until it is opened again.")
    for note in notes:
        print(note, file=sys.stderr)
    return 0


def _notes(store: "Store", round_id: int) -> list[str]:
    """Items that were returned and that nobody is left for."""
    from evalmuse_hf.annotations.status_report import describe_stuck
    from evalmuse_hf.annotations.store.open_spots import open_spots
    from evalmuse_hf.annotations.store.rounds import read_rounds

    names = {entry.round_id: entry.name for entry in read_rounds(store)}
    stuck = (one for one in open_spots(store) if one.round_id == round_id and one.n_stuck_items)
    return [describe_stuck(names[one.round_id], one) for one in stuck]


def parse_time(text: str) -> float:
    """Read a time, in UTC unless it says otherwise.

    Args:
        text: Such as ``"2025-03-01T09:00"``.

    Returns:
        Seconds since 1970.

    Raises:
        ValueError: If it is no time.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"--since takes a time such as 2025-03-01T09:00, got {text!r}.") from None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def _refuse_others(chosen: list[int], batch: list[int]) -> None:
    others = sorted(set(chosen) - set(batch))
    if others:
        raise ValueError(
            f"Rating {others[0]} is not among the {len(batch)} that were selected ({len(others)} of {len(chosen)} are "
            "not); list them without --ratings."
        )


def _read(store: "Store", round_id: int, batch: list[int]) -> "list[RatingRow]":
    from evalmuse_hf.annotations.store.ratings import read_ratings

    wanted = set(batch)
    rows = read_ratings(store, standings=("counted", "revised", "returned"), rounds=[round_id], gold=None)
    return [row for row in rows if row.rating_id in wanted]


def _print_batch(rows: "list[RatingRow]", items: "Mapping[int, StoredItem]", *, as_json: bool) -> None:
    if as_json:
        records = [_record(row, items[row.item_id]) for row in rows]
        print(json.dumps({"format": 1, "ratings": records}, indent=2, ensure_ascii=False))
        return
    if not rows:
        print("No answer of the round is like that; leave out some of the options that choose.")
        return
    lines = [_COLUMNS, *(_cells(row, items[row.item_id]) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(_COLUMNS))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cells(row: "RatingRow", item: "StoredItem") -> tuple[str, ...]:
    at = datetime.fromtimestamp(row.rated_at, UTC).strftime("%Y-%m-%d %H:%M")
    texts = _element_texts(item)
    said = ", ".join(f"{texts[one.element_id]} {one.value}{'' if one.sure else '?'}" for one in row.elements)
    seconds = "-" if row.duration_s is None else f"{row.duration_s:.0f}"
    prompt = " ".join(item.prompt.text.split())
    prompt = prompt if len(prompt) <= _LONGEST_PROMPT else f"{prompt[: _LONGEST_PROMPT - 3]}..."
    numbers = (str(row.rating_id), row.rater or "-", str(row.item_id), str(row.overall))
    return *numbers, seconds, at, row.verdict or "-", item.image_path, prompt, said or "-"


def _element_texts(item: "StoredItem") -> dict[int, str]:
    return {key: element.text for key, element in zip(item.element_ids, item.prompt.elements, strict=True)}


def _record(row: "RatingRow", item: "StoredItem") -> dict[str, Any]:
    texts = _element_texts(item)
    return {
        "rating_id": row.rating_id,
        "rater": row.rater,
        "item_id": row.item_id,
        "image": item.image_path,
        "prompt": item.prompt.text,
        "overall": row.overall,
        "verdict": row.verdict,
        "elements": [
            {
                "element_id": answer.element_id,
                "text": texts[answer.element_id],
                "value": answer.value,
                "sure": answer.sure,
            }
            for answer in row.elements
        ],
        "prompt_meaningless": row.prompt_meaningless,
        "split_wrong": row.split_wrong,
        "comment": row.comment,
        "duration_s": row.duration_s,
        "rated_at": row.rated_at,
    }
