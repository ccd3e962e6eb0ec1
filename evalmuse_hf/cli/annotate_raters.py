"""`evalmuse annotate raters`: add raters, give them tokens, and list them."""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalmuse_hf.annotations.records import RaterRow
    from evalmuse_hf.annotations.store.engine import Store

_COLUMNS = ("name", "login", "organiser", "active", "consented to", "qualified")


def add_parser(commands: Any) -> None:
    """Describe the subcommand to the parser.

    Args:
        commands: Subcommands of `evalmuse annotate`.
    """
    parser = commands.add_parser(
        "raters",
        help="add raters, give them tokens, and list them",
        description="Add raters, or change them; without an option, list them. A new rater's token is printed once, "
        "as NAME and TOKEN with a tab between, and cannot be had again: the store keeps only its hash.",
    )
    parser.add_argument("store", metavar="STORE", help="SQLite file, or URL of a PostgreSQL database")
    parser.add_argument("--add", nargs="+", default=[], metavar="NAME", help="new raters, who get a token")
    parser.add_argument("--hub", nargs="+", default=[], metavar="NAME", help="new raters, who log in on the Hub")
    parser.add_argument("--organiser", action="store_true", help="the new raters are organisers as well")
    parser.add_argument("--renew", nargs="+", default=[], metavar="NAME", help="give raters another token")
    parser.add_argument("--disable", nargs="+", default=[], metavar="NAME", help="let raters log in no more")
    parser.add_argument("--enable", nargs="+", default=[], metavar="NAME", help="let disabled raters log in again")
    parser.add_argument(
        "--withdraw",
        nargs="+",
        default=[],
        metavar="NAME",
        help="let raters log in no more, and return all of their ratings, so that others do the items",
    )
    parser.add_argument(
        "--qualify", nargs="+", default=[], metavar="NAME", help="qualify raters by hand, whatever --round PILOT found"
    )
    parser.add_argument("--disqualify", nargs="+", default=[], metavar="NAME", help="the opposite; needs --round too")
    parser.add_argument("--round", metavar="PILOT", help="the pilot that --qualify and --disqualify decide")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(args: argparse.Namespace) -> int:
    """Change raters as asked, and print new tokens; or list all."""
    from contextlib import closing

    from evalmuse_hf.annotations.opening import open_store

    _check(args)
    with closing(open_store(args.store)) as store:
        # Here, because these need SQLAlchemy, and the line above says so where it is not installed.
        from evalmuse_hf.annotations.store.qualifying import decide_by_hand
        from evalmuse_hf.annotations.store.raters import add_raters, read_raters, renew_tokens, set_active
        from evalmuse_hf.annotations.store.rounds import find_round

        pilot = None if args.round is None else find_round(store, args.round)
        if pilot is not None and pilot.kind != "pilot":
            raise ValueError(f"The round {pilot.name!r} is one of {pilot.kind}; raters are qualified in a pilot.")
        _check_names(store, args)
        # All that can be refused is refused before a token exists: one that was not printed is lost.
        new = [*((name, "token") for name in args.add), *((name, "hub") for name in args.hub)]
        tokens = add_raters(store, new, is_organiser=args.organiser) if new else {}
        if args.renew:
            tokens |= renew_tokens(store, args.renew)
        _print_tokens(args, tokens)
        for names, active in ((args.disable, False), (args.enable, True)):
            for name in names:
                set_active(store, name, active)
        for names, passed in ((args.qualify, True), (args.disqualify, False)):
            for name in names:
                assert pilot is not None
                decide_by_hand(store, name, round_id=pilot.round_id, passed=passed)
        withdrawn = _withdraw(store, args)
        changes = bool(tokens or args.disable or args.enable or args.qualify or args.disqualify or withdrawn)
        raters = read_raters(store)
    if args.json:
        content: dict[str, Any] = {"format": 1, "raters": [_record(rater) for rater in raters]}
        if tokens:
            content["tokens"] = tokens
        if withdrawn:
            content["withdrawn"] = withdrawn
        print(json.dumps(content, indent=2, ensure_ascii=False))
    elif not changes:
        _print_table(raters)
    return 0


def _withdraw(store: "Store", args: argparse.Namespace) -> list[dict[str, Any]]:
    """Take the work of raters out of the campaign, and say what that leaves behind."""
    if not args.withdraw:
        return []
    from dataclasses import asdict

    from evalmuse_hf.annotations.status_report import describe_stuck
    from evalmuse_hf.annotations.store.open_spots import open_spots
    from evalmuse_hf.annotations.store.rounds import read_rounds
    from evalmuse_hf.annotations.store.withdrawal import withdraw

    done = [withdraw(store, name) for name in args.withdraw]
    for one in done:
        if not args.json:
            print(f"{one.rater}: disabled, {one.n_returned} ratings returned ({', '.join(one.rounds) or 'no round'})")
        for name in one.closed:
            print(f"The round {name!r} is closed: nobody gets its items until it is opened again.", file=sys.stderr)
    names = {entry.round_id: entry.name for entry in read_rounds(store)}
    for spots in open_spots(store):
        if spots.n_stuck_items:
            print(describe_stuck(names[spots.round_id], spots), file=sys.stderr)
    return [asdict(one) for one in done]


def _check(args: argparse.Namespace) -> None:
    """Refuse what contradicts itself."""
    if args.organiser and not args.add and not args.hub:
        raise ValueError("--organiser is given, but no new rater; add one with --add NAME or --hub NAME.")
    decided = args.qualify or args.disqualify
    if bool(decided) != (args.round is not None):
        raise ValueError("--qualify and --disqualify say what a pilot found; give them together with --round PILOT.")


def _check_names(store: "Store", args: argparse.Namespace) -> None:
    """Refuse a name before anything is changed, so that a call is done as a whole or not at all."""
    from evalmuse_hf.annotations.errors import StoreError
    from evalmuse_hf.annotations.store.raters import find_rater

    for name in (*args.renew, *args.disable, *args.enable, *args.withdraw, *args.qualify, *args.disqualify):
        found = find_rater(store, name)
        if found is None:
            raise StoreError(f"There is no rater {name!r} in {store.name}; without an option they are listed.")
        if name in args.renew and found.login != "token":
            raise StoreError(f"{found.name!r} logs in on the Hub and has no token.")


def _print_tokens(args: argparse.Namespace, tokens: Mapping[str, str | None]) -> None:
    for name, token in tokens.items():
        if not args.json and token is not None:
            print(f"{name}\t{token}", flush=True)


def _record(rater: "RaterRow") -> dict[str, Any]:
    return {
        "name": rater.name,
        "login": rater.login,
        "is_organiser": rater.is_organiser,
        "is_active": rater.is_active,
        "consented_to": rater.consented_to,
        "qualified": rater.qualified,
    }


def _print_table(raters: Iterable["RaterRow"]) -> None:
    words = {True: "yes", False: "no", None: "-"}
    rows = [_COLUMNS]
    for rater in raters:
        flags = (words[rater.is_organiser], words[rater.is_active])
        rows.append((rater.name, rater.login, *flags, rater.consented_to or "-", words[rater.qualified]))
    widths = [max(len(row[place]) for row in rows) for place in range(len(_COLUMNS))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
