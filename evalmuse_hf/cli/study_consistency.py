"""`evalmuse study consistency`: do people repeat their ratings, and who or what is rated differently?"""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalmuse_hf.cli.intervals import add_resampling_option
from evalmuse_hf.cli.study_results import add_form_options, show_study

if TYPE_CHECKING:
    from evalmuse_hf.annotations.store.engine import Store
    from evalmuse_hf.meta_evaluation.studies.consistency_design import ConsistencyDesign

DESIGN = "design.json"


def add_parser(commands: Any) -> None:
    """Describe the study to the parser.

    Args:
        commands: Subcommands of `evalmuse study`.
    """
    consistency = commands.add_parser(
        "consistency",
        help="do people repeat their ratings?",
        description="Draw a random part of the finished prompts, to be rated again by people who never saw them, and "
        "compare the two rounds: reliability, shift, limits of agreement, and biases of raters, categories, "
        "generators and kinds of prompts. Two tables of ratings do as well as a store.",
    )
    consistency.add_argument(
        "store", nargs="?", metavar="STORE", help="annotation store: a SQLite file or a database URL"
    )
    what = consistency.add_mutually_exclusive_group()
    what.add_argument("--draw", type=float, metavar="SHARE", help="draw this share of the prompts, and open a round")
    what.add_argument("--report", action="store_true", help="compare the rounds")
    consistency.add_argument(
        "--round", metavar="NAME", help="name of the round (default: consistency, or the only one)"
    )
    consistency.add_argument("--raters", type=int, default=3, metavar="N", help="new raters of an item (default: 3)")
    consistency.add_argument(
        "--dry-run", action="store_true", help="with --draw: show the design, open and write nothing"
    )
    consistency.add_argument("--old", type=Path, metavar="FILE", help="table of the first round, instead of a store")
    consistency.add_argument("--new", type=Path, metavar="FILE", help="table of the second round")
    consistency.add_argument(
        "--first",
        type=int,
        default=3,
        metavar="N",
        help="first ratings of an item in --old; those after them are of the range rule (default: 3)",
    )
    consistency.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder of design.json, record.json and report.html (default: beside STORE)",
    )
    consistency.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of the draw and the intervals (default: 0)"
    )
    add_resampling_option(consistency)
    add_form_options(consistency)


def run(args: argparse.Namespace) -> int:
    """Draw the study or compare its rounds, and print what came out."""
    if (args.store is None) == (args.old is None):
        raise ValueError("Give either an annotation store or the table --old.")
    if args.first < 1:
        raise ValueError(f"--first must be at least 1, got {args.first}.")
    if args.old is not None:
        return _run_tables(args)
    if args.new is not None:
        raise ValueError("--new belongs to --old; a store holds both rounds.")
    if args.draw is None and not args.report:
        raise ValueError("Say what to do: --draw 0.05 opens the round, --report compares it with the first ratings.")
    from evalmuse_hf.annotations.opening import open_store

    store = open_store(args.store)
    try:
        return _draw(args, store) if args.draw is not None else _report(args, store)
    finally:
        store.close()


def _run_tables(args: argparse.Namespace) -> int:
    from evalmuse_hf.meta_evaluation.studies.consistency_design import draw_design, read_promise
    from evalmuse_hf.meta_evaluation.studies.consistency_study import measure_consistency
    from evalmuse_hf.meta_evaluation.studies.consistency_tables import read_tables

    if (args.new is None) == (args.draw is None):
        raise ValueError("With --old, give either --new to compare two rounds, or --draw to draw a second one.")
    tables = read_tables(args.old, args.new, first=args.first)
    if args.draw is not None:
        design = draw_design(tables.items, tables.ratings, share=args.draw, seed=args.seed, per_item=args.raters)
        if args.out is not None and not args.dry_run:
            _write_design(design, args.out)
        return _show_design(args, design)
    promise = None if args.out is None else read_promise(args.out / DESIGN)
    if promise is not None:
        drawn = promise.items >= {item.key for item in tables.items} and promise.population == tables.population
        promise.check(what=f"{args.new} and {args.old} are of", is_of=drawn and promise.round_name is None)
    study = measure_consistency(
        tables.items,
        tables.ratings,
        source=f"{args.old.name} and {args.new.name}",
        seed=args.seed,
        n_resamples=args.n_resamples,
        n_unmatched=tables.only_old + tables.only_new,
        promised=None if promise is None else promise.precision,
    )
    return _show_report(args, study, args.out)


def _draw(args: argparse.Namespace, store: "Store") -> int:
    from evalmuse_hf.annotations.store.campaign_reading import read_campaign
    from evalmuse_hf.meta_evaluation.studies.consistency_design import draw_design
    from evalmuse_hf.meta_evaluation.studies.consistency_store import (
        available_raters,
        barred_raters,
        finished_items,
        open_study_round,
        round_settings,
        seen_by,
        short_items,
    )

    campaign = read_campaign(store)
    finished = finished_items(campaign)
    available = available_raters(store, round_settings(campaign, max(1, args.raters)))
    design = draw_design(
        finished.items,
        finished.ratings,
        share=args.draw,
        seed=args.seed,
        per_item=args.raters,
        n_raters=len(available) or None,
    )
    short = short_items(design, seen=seen_by(store), available=available)
    barred = barred_raters(store, design)
    if short:
        problem = (
            f"{len(short)} of {len(design.items)} drawn items have fewer than {args.raters} active raters who never "
            "saw them (organisers see all answers, and do not count); add raters with `evalmuse annotate raters`, or "
            "ask for fewer with --raters."
        )
        if not args.dry_run:
            raise ValueError(problem)
        design = replace(design, warnings=(*design.warnings, problem))
    if args.dry_run:
        return _show_design(args, replace(design, barred=barred))
    name = args.round or "consistency"
    design = replace(design, barred=barred, round_name=name)
    path = _write_design(design, _folder(args))
    try:
        open_study_round(store, campaign, design, name=name)
    except BaseException:
        path.unlink()
        raise
    return _show_design(args, design)


def _report(args: argparse.Namespace, store: "Store") -> int:
    from evalmuse_hf.annotations.store.campaign_reading import read_campaign
    from evalmuse_hf.meta_evaluation.studies.consistency_design import read_promise
    from evalmuse_hf.meta_evaluation.studies.consistency_store import finished_items, is_promise_of, second_round
    from evalmuse_hf.meta_evaluation.studies.consistency_study import measure_consistency

    campaign = read_campaign(store)
    second = second_round(campaign, args.round)
    promise = read_promise(_folder(args) / DESIGN)
    if promise is not None:
        promise.check(
            what=f"the round {second.round.name!r} of {store.name}", is_of=is_promise_of(store, promise, second)
        )
    finished = finished_items(campaign)
    study = measure_consistency(
        finished.items,
        (*finished.ratings, *finished.further, *second.ratings),
        source=f"{store.name}, round {second.round.name!r}",
        seed=args.seed,
        n_resamples=args.n_resamples,
        n_unfinished=second.n_unfinished,
        is_closed=not second.round.is_open,
        promised=None if promise is None else promise.precision,
    )
    return _show_report(args, study, args.out)


def _folder(args: argparse.Namespace) -> Path:
    """Where the design is: beside a store that is a file."""
    if args.out is not None:
        return Path(args.out)
    if "://" in args.store:
        return Path("consistency")
    place = Path(args.store)
    return place.with_name(f"{place.stem}-consistency")


def _write_design(design: "ConsistencyDesign", folder: Path) -> Path:
    path = folder / DESIGN
    if path.exists():
        raise ValueError(
            f"{path} holds a design already, which is the record of that draw; name another folder with --out."
        )
    from evalmuse_hf.prompts.tables import writing_whole

    with writing_whole(path) as file:
        file.write(f"{json.dumps(design.record(), indent=2)}\n".encode())
    return path


def _show_design(args: argparse.Namespace, design: "ConsistencyDesign") -> int:
    from evalmuse_hf.meta_evaluation.studies.consistency_report import make_design_document

    show_study(args, make_design_document(design), design.record())
    return 0


def _show_report(args: argparse.Namespace, study: Any, folder: Path | None) -> int:
    from evalmuse_hf.meta_evaluation.studies.consistency_report import make_study_document
    from evalmuse_hf.reports import write_document

    document, record = make_study_document(study), study.record()
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "record.json").write_text(f"{json.dumps(record, indent=2)}\n", "utf-8")
        write_document(document, folder / "report.html")
    show_study(args, document, record)
    return 0
