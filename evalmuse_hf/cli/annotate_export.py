"""`evalmuse annotate export`: the ratings of a campaign as a release in the official raw form, or as one table."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalmuse_hf.annotations.campaign import Campaign
    from evalmuse_hf.annotations.store.engine import Store


def add_parser(commands: Any) -> None:
    """Describe the command to the parser.

    Args:
        commands: Subcommands of `evalmuse annotate`.
    """
    parser = commands.add_parser(
        "export",
        help="write the ratings as a raw release, or as one table",
        description="Write a release in the official raw form (pictures, train_list.json), which holds no names, or "
        "the log of ratings as one table with a row per answer. `evalmuse dataset build STORE OUT` builds a data set "
        "without either.",
    )
    parser.add_argument("store", metavar="STORE", help="file or URL of the store")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder of the release, or file of the table")
    parser.add_argument(
        "--form",
        choices=("raw", "table"),
        help="default: table if OUT ends in .parquet, .jsonl or .csv, else raw",
    )
    parser.add_argument(
        "--round", nargs="+", default=[], metavar="NAME", help="rounds that count (default: formal, re-annotation)"
    )
    raw = parser.add_argument_group("raw release")
    raw.add_argument("--include-unfinished", action="store_true", help="also items that lack ratings")
    raw.add_argument(
        "--test-share",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="share of the prompts for a test.json without labels, which go to eval.json (default: none)",
    )
    raw.add_argument("--seed", type=int, default=0, metavar="N", help="chooses these prompts (default: %(default)s)")
    table = parser.add_argument_group("table")
    table.add_argument(
        "--pseudonyms",
        action="store_true",
        help="to publish: no names, and no comments, which may hold some",
    )
    table.add_argument("--log", action="store_true", help="every round, gold, and answers corrected or returned too")
    parser.add_argument("--json", action="store_true", help="print what was written as JSON")


def run(args: argparse.Namespace) -> int:
    """Write the export, and print where it is."""
    from contextlib import closing

    from evalmuse_hf.annotations.export_tables import ENDINGS
    from evalmuse_hf.annotations.opening import open_store

    form = args.form or ("table" if args.out.suffix.lower() in ENDINGS else "raw")
    if args.form is None and form == "raw" and args.out.suffix[1:2].isalpha() and not args.out.is_dir():
        raise ValueError(
            f"A table ends in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}, not in {args.out.suffix!r}; for a release "
            "in a folder of that name, add --form raw."
        )
    _refuse_other_options(args, form)
    with closing(open_store(args.store)) as store:
        from evalmuse_hf.annotations.store.campaign_reading import read_campaign

        campaign = read_campaign(store)
        facts = _write_raw(args, store, campaign) if form == "raw" else _write_table(args, store, campaign)
    _show(args, facts)
    return 0


def _refuse_other_options(args: argparse.Namespace, form: str) -> None:
    given = {
        "table": (("--include-unfinished", args.include_unfinished), ("--test-share", args.test_share)),
        "raw": (("--pseudonyms", args.pseudonyms), ("--log", args.log)),
    }
    for option, value in given[form]:
        if value:
            other = "a raw release" if form == "table" else "a table"
            raise ValueError(
                f"{option} is for {other}, and this writes {'a table' if form == 'table' else 'a raw release'}."
            )


def _write_raw(args: argparse.Namespace, store: "Store", campaign: "Campaign") -> dict[str, Any]:
    from evalmuse_hf.annotations.export_raw import write_raw
    from evalmuse_hf.annotations.store.items import pictures_folder

    counted = campaign.count(campaign.rules(args.round), include_unfinished=args.include_unfinished)
    export = write_raw(
        counted.items, args.out, pictures=pictures_folder(store), test_share=args.test_share, seed=args.seed
    )
    return {
        "form": "raw",
        "out": str(export.out),
        "train": export.n_train,
        "test": export.n_test,
        "prompts": export.n_prompts,
        "ratings": export.n_ratings,
        "left_out": {**counted.left_out, **({"missing_picture": len(export.missing)} if export.missing else {})},
        "notes": list(export.notes),
    }


def _write_table(args: argparse.Namespace, store: "Store", campaign: "Campaign") -> dict[str, Any]:
    from evalmuse_hf.annotations.export_tables import table_rows, write_table
    from evalmuse_hf.annotations.pseudonyms import pseudonymiser
    from evalmuse_hf.annotations.store.campaign_reading import pseudonym_key

    rules = campaign.rules(args.round)
    rows = [
        row
        for row in campaign.rows
        if (args.log and (rules.rounds is None or row.round_id in rules.rounds)) or rules.place(row) is not None
    ]
    name = pseudonymiser(pseudonym_key(store)) if args.pseudonyms else None
    spelled = table_rows(rows, campaign.items, campaign.rounds, name=name, comments=not args.pseudonyms)
    number = write_table(spelled, args.out)
    return {"form": "table", "out": str(args.out), "ratings": len(rows), "rows": number}


def _show(args: argparse.Namespace, facts: dict[str, Any]) -> None:
    import json
    import sys

    if args.json:
        print(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    left_out = ", ".join(f"{reason} {number}" for reason, number in facts.get("left_out", {}).items())
    if left_out and not args.quiet:
        print(f"items left out: {left_out}", file=sys.stderr)
    if facts["form"] == "raw":
        counts = (
            f"{facts['train']} train, {facts['test']} test, {facts['prompts']} prompts, {facts['ratings']} ratings"
        )
    else:
        counts = f"{facts['ratings']} ratings, {facts['rows']} rows"
    print(f"{counts}\n{facts['out']}")
