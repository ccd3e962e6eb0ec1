"""`evalmuse annotate assign`: take pictures into a store, and open a round that gives them to raters."""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalmuse_hf.cli.annotate_inputs import check_lists, spell_options

if TYPE_CHECKING:
    from evalmuse_hf.annotations.records import GoldAnswer, RoundRow, RoundSettings
    from evalmuse_hf.annotations.store.engine import Store
    from evalmuse_hf.annotations.store.items import ItemReport

FORMAT = 1
FAIR = "fair"
_SHOWN = 10  # problems that are printed
_KINDS = ("pilot", "formal", "reannotation", "consistency")  # of `records.ROUND_KINDS`, which is loaded later
# Options that a round keeps once it is open. None stands for the default, so that it is known which were given.
_DEFAULTS = {
    **{"kind": "formal", "ratings_per_item": 3, "needs_qualification": False, "gold_share": None},
    **{"range_threshold": "2", "reannotation_raters": 3, "lease_minutes": 30.0, "min_gold_items": 5},
    **{"min_gold_elements": 0.8, "max_gold_error": 1.0, "seed": 0},
}


def add_parser(commands: Any) -> None:
    """Describe the subcommand to the parser.

    Args:
        commands: Subcommands of `evalmuse annotate`.
    """
    parser = commands.add_parser(
        "assign",
        help="take pictures into a store and open a round for raters",
        description="Take the pictures of lists into a store, which is created if there is none, and open a round "
        "that gives them to raters. What is in the store already is no error, so that the same call goes on after an "
        "interruption. A list has the columns image and prompt, and if known prompt_id, generator, elements.",
    )
    parser.add_argument("store", metavar="STORE", help="SQLite file, or URL of a PostgreSQL database")
    taking = parser.add_argument_group("pictures")
    taking.add_argument(
        "--pairs", type=Path, nargs="+", default=[], metavar="LIST", help="as `evalmuse make` ends with"
    )
    taking.add_argument(
        "--pictures",
        type=Path,
        metavar="DIR",
        help="where the lists' paths start (default: the folder of each list); without --pairs, where the pictures of "
        "the store are now",
    )
    taking.add_argument("--guidelines", type=Path, metavar="FILE", help="instructions in Markdown")
    taking.add_argument("--consent", type=Path, metavar="FILE", help="consent text in Markdown")
    taking.add_argument("--guidelines-version", metavar="NAME", help="of these texts (default: a hash of them)")
    taking.add_argument(
        "--gold-template",
        nargs=2,
        metavar=("N", "FILE"),
        help="write N items that are gold in no round, drawn by --seed, to FILE (.jsonl), to fill in what is known",
    )
    _add_round_options(parser.add_argument_group("round"))
    parser.add_argument("--close", nargs="+", default=[], metavar="NAME", help="close rounds")
    parser.add_argument("--reopen", nargs="+", default=[], metavar="NAME", help="open closed rounds again")
    parser.add_argument("--json", action="store_true", help="print what happened as JSON")


def _add_round_options(group: Any) -> None:
    group.add_argument(
        "--round",
        metavar="NAME",
        help="open a round of the pictures of --pairs, or of all; of a round that is there, change --max-per-rater",
    )
    group.add_argument("--kind", choices=_KINDS, help="default: formal")
    group.add_argument("--gold", type=Path, metavar="FILE", help="table with image, overall, elements: known answers")
    group.add_argument("--ratings-per-item", type=int, metavar="N", help="default: 3")
    group.add_argument(
        "--max-per-rater",
        metavar="N|fair|off",
        help="most items for one rater; fair shares the ratings, and whoever has had the share goes on only with what "
        "no other can rate (default: off)",
    )
    group.add_argument(
        "--needs-qualification", action="store_true", default=None, help="only raters who passed a pilot"
    )
    group.add_argument(
        "--gold-share",
        type=float,
        metavar="SHARE",
        help="of items given out that are gold (default: 0.1 with --gold; in a pilot as often as it has gold)",
    )
    group.add_argument(
        "--range-threshold", metavar="N|off", help="range of ratings that calls more raters (default: 2)"
    )
    group.add_argument("--reannotation-raters", type=int, metavar="N", help="of these (default: 3)")
    group.add_argument("--lease-minutes", type=float, metavar="M", help="default: 30")
    group.add_argument("--min-gold-items", type=int, metavar="N", help="that decide a pilot (default: 5)")
    group.add_argument("--min-gold-elements", type=float, metavar="SHARE", help="right (default: 0.8)")
    group.add_argument("--max-gold-error", type=float, metavar="POINTS", help="of overall (default: 1)")
    group.add_argument("--seed", type=int, help="of the order of items (default: 0)")


def run(args: argparse.Namespace) -> int:
    """Do what is asked for, in the order pictures, texts, round, and print what happened."""
    _check(args)
    given = [name for name in _DEFAULTS if getattr(args, name) is not None]
    for name in set(_DEFAULTS).difference(given):
        setattr(args, name, _DEFAULTS[name])
    from evalmuse_hf.annotations.opening import open_store

    try:
        settings = _settings(args)
    except ValueError as error:
        raise ValueError(spell_options(str(error))) from None
    store = open_store(args.store, create=bool(args.pairs))
    try:
        # Here, because these need SQLAlchemy, and the line above says so where it is not installed.
        from evalmuse_hf.annotations.store.items import set_pictures_folder
        from evalmuse_hf.annotations.store.rounds import close_round, find_round, reopen_round

        _check_round(store, args, settings, given)
        report = _add_lists(store, args) if args.pairs else None
        there = None
        if args.pictures is not None and not args.pairs:
            set_pictures_folder(store, args.pictures)
            there = _look_for_pictures(store)
        version = _add_texts(store, args)
        n_drawn = _write_template(store, args) if args.gold_template else None
        opened = _settle_round(store, args, settings, report, version) if args.round else None
        notes = _notes(store, args, opened) if opened is not None else []
        for name in args.close:
            close_round(store, find_round(store, name).round_id)
        for name in args.reopen:
            reopen_round(store, find_round(store, name).round_id)
        shown = store.name
    finally:
        store.close()
    _print(args, shown, report, version, opened)
    if n_drawn is not None and not args.json:
        print(f"{n_drawn} items written to {args.gold_template[1]}; fill in their answers")
    for note in [*filter(None, [there]), *notes]:
        print(note, file=sys.stderr)
    return 1 if report is not None and not report.item_ids else 0


def _check(args: argparse.Namespace) -> None:
    """Refuse what contradicts itself before anything is written."""
    things = (args.pairs, args.pictures, args.guidelines, args.consent, args.round, args.close, args.reopen)
    if not any((*things, args.gold_template)):
        raise ValueError("Nothing to do; give --pairs LIST, --round NAME, or what else is to change.")
    if args.gold and not args.round:
        raise ValueError("--gold is given, but no round that its items are mixed into; add --round NAME.")
    for path in filter(None, (args.guidelines, args.consent)):
        if not path.is_file():
            raise ValueError(f"There is no file {path}.")
    check_lists(filter(None, (args.gold, *args.pairs)))


def _settings(args: argparse.Namespace) -> "RoundSettings":
    from evalmuse_hf.annotations.records import RoundSettings

    limit, share = args.max_per_rater, args.gold_share
    if share is None:  # a pilot mixes gold in as often as it has it
        share = 0.1 if args.gold and args.kind != "pilot" else 0.0
    return RoundSettings(
        ratings_per_item=args.ratings_per_item,
        lease_minutes=args.lease_minutes,
        max_per_rater=None if limit in (None, FAIR, "off") else _whole(limit, "--max-per-rater", ", 'fair' or 'off'"),
        needs_qualification=args.needs_qualification,
        gold_share=share,
        range_threshold=None if args.range_threshold == "off" else _whole(args.range_threshold, "--range-threshold"),
        # Of fewer ratings than the rule's usual three, all are its first ones; else it would never apply.
        range_ratings=min(args.ratings_per_item, RoundSettings().range_ratings),
        reannotation_raters=args.reannotation_raters,
        min_gold_elements=args.min_gold_elements,
        max_gold_overall_error=args.max_gold_error,
        min_gold_items=args.min_gold_items,
    )


def _whole(text: str, option: str, words: str = " or 'off'") -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"{option} must be a whole number{words}, got {text!r}.")
    return int(text)


def _check_round(store: "Store", args: argparse.Namespace, settings: "RoundSettings", given: Sequence[str]) -> None:
    """Refuse a round that cannot be opened, or changed, before pictures are taken in."""
    from evalmuse_hf.annotations.store.rounds import eligible_raters, read_rounds

    present = {row.name: row.settings for row in read_rounds(store)}
    rules = [f"--{name.replace('_', '-')}" for name in given if name != "seed" or not args.gold_template]
    rules += [option for option, value in (("--pairs", args.pairs), ("--gold", args.gold)) if value]
    if args.round in present and (rules or args.max_per_rater is None):
        raise ValueError(
            f"There is a round {args.round!r} already, and its items and rules stay; give another name, or only "
            f"--max-per-rater to change its limit{f', without {rules[0]}' if rules else ''}."
        )
    if args.max_per_rater == FAIR and not eligible_raters(store, present.get(args.round, settings)):
        raise ValueError(
            "--max-per-rater fair shares the work among those who may rate, and there are none yet; add raters with "
            "`evalmuse annotate raters`, or open the round without it and set it later."
        )


def _add_lists(store: "Store", args: argparse.Namespace) -> "ItemReport":
    from evalmuse_hf.annotations.store.items import add_items, merge_reports
    from evalmuse_hf.prompts.tables import read_rows

    reports = []
    for path in args.pairs:
        folder = args.pictures or path.absolute().parent
        with ExitStack() as stack:
            progress = None if args.quiet else _show_progress(stack)
            reports.append(add_items(store, read_rows(path), pictures=folder, progress=progress))
    return merge_reports(reports)


def _show_progress(stack: ExitStack) -> Any:
    from tqdm import tqdm

    bar = stack.enter_context(tqdm(unit="picture", file=sys.stderr, delay=2))
    return lambda done: bar.update(done - bar.n)


def _add_texts(store: "Store", args: argparse.Namespace) -> str | None:
    """Add the texts that were given; one that was not stays as it is."""
    if args.guidelines is None and args.consent is None:
        return None
    from evalmuse_hf.annotations.store.guidelines import add_guidelines, current_guidelines

    current = current_guidelines(store)
    instructions = current.instructions if args.guidelines is None else _read_text(args.guidelines)
    consent = current.consent if args.consent is None else _read_text(args.consent)
    version = args.guidelines_version
    if version is None:
        version = f"g{hashlib.sha256(chr(0).join((instructions, consent)).encode()).hexdigest()[:10]}"
    return add_guidelines(store, version=version, instructions=instructions, consent=consent).version


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not a text in UTF-8; save it as such.") from None


def _settle_round(
    store: "Store",
    args: argparse.Namespace,
    settings: "RoundSettings",
    report: "ItemReport | None",
    version: str | None,
) -> "RoundRow":
    """Open the round, or change the limit of one that is there."""
    from evalmuse_hf.annotations.store.rounds import fair_share, find_round, open_round, read_rounds, set_limits

    present = args.round in {row.name for row in read_rounds(store)}
    if present:
        found = find_round(store, args.round)
    else:
        gold = _read_gold(store, args)
        items = _items_of_pilot_or_store(store, args) if report is None else report.item_ids
        found = open_round(
            store,
            name=args.round,
            kind=args.kind,
            settings=settings,
            items=items,
            gold=gold,
            guideline_version=version,
            seed=args.seed,
        )
    limit = fair_share(store, found.round_id) if args.max_per_rater == FAIR else settings.max_per_rater
    if present or limit is not None:
        soft = args.max_per_rater == FAIR and found.kind != "pilot"
        set_limits(store, found.round_id, max_per_rater=limit, soft=soft)
    return find_round(store, args.round)


def _items_of_pilot_or_store(store: "Store", args: argparse.Namespace) -> Sequence[int]:
    """What a round is of where no pictures are named.

    A pilot of gold items alone measures raters, and nothing else is to be rated in it. Other rounds are of all items;
    those that raters have met as gold in a pilot are left out, as they would find no raters.
    """
    from evalmuse_hf.annotations.store.gold_answers import gold_items
    from evalmuse_hf.annotations.store.items import read_items

    if args.kind == "pilot" and args.gold:
        return ()
    met = gold_items(store, kind="pilot") if args.kind == "formal" else set()
    return [item_id for item_id in read_items(store) if item_id not in met]


def _write_template(store: "Store", args: argparse.Namespace) -> int:
    from evalmuse_hf.annotations.store.gold_answers import write_gold_template

    number, path = args.gold_template
    return write_gold_template(store, _whole(number, "--gold-template N", ""), Path(path), seed=args.seed)


def _look_for_pictures(store: "Store") -> str:
    from evalmuse_hf.annotations.store.present_pictures import look_for_pictures

    found = look_for_pictures(store)
    lacking = "" if found.missing is None else f"; {found.missing!r}, for one, is not"
    return f"{found.n_found} of {found.n_looked_for} pictures of the store are there{lacking}."


def _notes(store: "Store", args: argparse.Namespace, opened: "RoundRow") -> list[str]:
    """What may keep the round from being finished."""
    from evalmuse_hf.annotations.store.gold_answers import gold_items
    from evalmuse_hf.annotations.store.open_spots import open_spots
    from evalmuse_hf.annotations.store.rounds import items_of_round

    (spots,) = (one for one in open_spots(store) if one.round_id == opened.round_id) if opened.is_open else (None,)
    notes = []
    if spots is not None and spots.n_raters < spots.n_needed:
        disputed = spots.n_needed > opened.settings.ratings_per_item
        others = f" and {opened.settings.reannotation_raters} others where these disagree" if disputed else ""
        notes.append(
            f"{spots.n_raters} raters may rate in round {opened.name!r} so far, and an item needs "
            f"{opened.settings.ratings_per_item}{others}; add raters, or items stay unfinished."
        )
    if opened.kind == "formal":
        known = gold_items(store, kind="pilot")
        here = items_of_round(store, opened.round_id)
        if not args.pairs and (left_out := known.difference(here)):
            notes.append(f"{len(left_out)} gold items of a pilot are not in round {opened.name!r}: raters know them.")
        if again := known.intersection(here):
            notes.append(
                f"{len(again)} items of round {opened.name!r} were gold in a pilot; who has had them there is not "
                "given them again."
            )
    return notes


def _read_gold(store: "Store", args: argparse.Namespace) -> "dict[int, GoldAnswer]":
    if args.gold is None:
        return {}
    from evalmuse_hf.annotations.store.gold_answers import read_gold
    from evalmuse_hf.prompts.tables import read_rows

    return read_gold(store, read_rows(args.gold), pictures=args.pictures or args.gold.absolute().parent)


def _print(
    args: argparse.Namespace, store: str, report: "ItemReport | None", version: str | None, opened: "RoundRow | None"
) -> None:
    if args.json:
        content: dict[str, Any] = {
            "format": FORMAT,
            "store": store,
            "guidelines": version,
            "items": None,
            "round": None,
        }
        if report is not None:
            content["items"] = {
                "added": report.added,
                "known": report.known,
                "without_elements": report.without_elements,
                "problems": report.counts(),
            }
        if opened is not None:
            content["round"] = {
                "name": opened.name,
                "kind": opened.kind,
                "guidelines": opened.guideline_version,
                "settings": opened.settings.as_json(),
            }
        content["closed"], content["reopened"] = args.close, args.reopen
        print(json.dumps(content, indent=2, ensure_ascii=False))
    else:
        if report is not None:
            print(f"{report.added} items added, {report.known} were there")
            print("".join(f"{number} {reason}\n" for reason, number in report.counts().items()), end="")
        if opened is not None:
            limit = opened.settings.max_per_rater
            rules = f"{opened.settings.ratings_per_item} ratings an item, {limit or 'any number of'} items a rater"
            print(f"round {opened.name} ({opened.kind}): {rules}")
        print(store)
    if report is None:
        return
    for problem in report.problems[:_SHOWN]:
        print(problem.message, file=sys.stderr)
    if len(report.problems) > _SHOWN:
        print(f"and {len(report.problems) - _SHOWN} rows more", file=sys.stderr)
    if report.without_elements:
        print(f"{report.without_elements} items have no elements, so that only the whole is rated.", file=sys.stderr)
    if strange := report.strange_elements:
        words = "element is" if len(strange) == 1 else "elements are"
        print(
            f"{len(strange)} {words} not in the prompt, such as {strange[0]!r}; the page marks none.", file=sys.stderr
        )
