"""`evalmuse annotate log`: who did what in a campaign, when and why."""

import argparse
import json
from typing import TYPE_CHECKING, Any

from evalmuse_hf.cli.annotate_inspect import parse_time

if TYPE_CHECKING:
    from evalmuse_hf.annotations.records import Event


def add_parser(commands: Any) -> None:
    """Describe the command to the parser.

    Args:
        commands: Subcommands of `evalmuse annotate`.
    """
    parser = commands.add_parser(
        "log",
        help="who did what, when and why",
        description="Print the log of a store, oldest first: rounds opened and closed, raters added, consents, items "
        "skipped and sent to further raters, pilots passed or failed with what was measured, and inspections, each "
        "with its reason. It only grows. The ratings themselves are in `evalmuse annotate export STORE FILE --log`.",
    )
    parser.add_argument("store", metavar="STORE", help="file or URL of the store")
    parser.add_argument(
        "--kind",
        nargs="+",
        default=[],
        metavar="K",
        help="only lines of these kinds, such as item_skipped or ratings_returned; a wrong one lists them all",
    )
    parser.add_argument("--since", metavar="TIME", help="only from this time on, such as 2025-03-01T09:00 (UTC)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the log."""
    from contextlib import closing

    from evalmuse_hf.annotations.export_tables import spell_time
    from evalmuse_hf.annotations.opening import open_store

    since = None if args.since is None else parse_time(args.since)
    with closing(open_store(args.store)) as store:
        from evalmuse_hf.annotations.store.events import read_events

        events = read_events(store)
    kinds = sorted({event.kind for event in events})
    if unknown := [kind for kind in args.kind if kind not in kinds]:
        raise ValueError(f"There is no line of kind {unknown[0]!r} in the log; it has {', '.join(kinds) or 'none'}.")
    chosen = [
        event
        for event in events
        if (not args.kind or event.kind in args.kind) and (since is None or event.at >= since)
    ]
    if args.json:
        lines = [_record(event, spell_time(event.at)) for event in chosen]
        print(json.dumps({"format": 1, "events": lines}, indent=2, ensure_ascii=False))
        return 0
    for event in chosen:
        facts = json.dumps(event.payload, ensure_ascii=False) if event.payload else ""
        words = (spell_time(event.at), event.actor, event.kind, event.subject or "-", facts)
        print("  ".join(words).rstrip())
    return 0


def _record(event: "Event", at: str) -> dict[str, Any]:
    return {
        "event_id": event.event_id,
        "at": at,
        "actor": event.actor,
        "kind": event.kind,
        "subject": event.subject,
        "facts": dict(event.payload),
    }
