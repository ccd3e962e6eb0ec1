"""`evalmuse dataset`: draw the embedded benchmark, build a data set, look into it, and publish it."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalmuse_hf.cli import dataset_check, dataset_push

if TYPE_CHECKING:
    from evalmuse_hf.data import BuildReport

_TRAIN_SHARE = 0.75  # of the prompts, as in EvalMuse-40K
_FEWEST_PROMPTS = 2


def register(subparsers: Any) -> None:
    """Describe the command and its subcommands to the parser."""
    parser = subparsers.add_parser(
        "dataset",
        help="draw the embedded benchmark; build, check and publish a data set",
        description="Make data sets: a raw release in the official format, Parquet from a raw release or from your "
        "own ratings, a report on its health, and a copy on the Hub.",
    )
    commands = parser.add_subparsers(title="commands", dest="dataset_command", metavar="COMMAND", required=True)
    mini = commands.add_parser(
        "mini",
        help="draw the embedded benchmark as a raw release",
        description="Draw pictures, simulate raters, and write both as a raw release in the official format.",
    )
    mini.add_argument("raw", type=Path, metavar="RAW", help="folder to write")
    mini.add_argument("--prompts", type=int, default=200, metavar="N", help="prompts in all (default: %(default)s)")
    mini.add_argument("--seed", type=int, default=0, help="same seed, same release (default: %(default)s)")
    _add_build(commands)
    dataset_check.add_parser(commands)
    dataset_push.add_parser(commands)


def _add_build(commands: Any) -> None:
    build = commands.add_parser(
        "build",
        help="build a data set for load_dataset from a raw release, your own ratings, or a store",
        description="Write Parquet with embedded pictures and a card. Bad records, pictures and archive members are "
        "left out and counted. The same command goes on where a killed one stopped.",
    )
    build.add_argument(
        "raw",
        metavar="RAW",
        help="folder or archive of a raw release (images/, images.zip or its parts, with train_list.json and "
        "test.json beside), a CSV, JSON lines or Parquet list of your own ratings, or the store of an annotation "
        "campaign (file or URL)",
    )
    build.add_argument("out", type=Path, metavar="OUT", help="folder to write; an earlier build in it is replaced")
    build.add_argument("--strict", action="store_true", help="stop at the first bad record, picture or member")
    build.add_argument(
        "--include-unfinished",
        action="store_true",
        help="of a store: also items that lack some of their ratings; without it the items on which raters differ "
        "are left out until their re-annotation is finished",
    )
    build.add_argument(
        "--dev",
        type=float,
        metavar="SHARE",
        help="share of the training prompts for a split `dev` (default: 0.1 where the test split has no ratings, "
        "else 0)",
    )
    build.add_argument(
        "--folds", type=int, default=0, metavar="K", help="configurations fold_0 .. that each hold out a K-th"
    )
    build.add_argument("--seed", type=int, default=0, help="chooses the prompts of dev and folds (default: 0)")
    build.add_argument("--num-proc", type=int, metavar="N", help="processes (default: as many as are worth it)")
    build.add_argument("--json", action="store_true", help="print one JSON object instead of the table")


def run(args: argparse.Namespace) -> int:
    """Run the subcommand."""
    runners = {"mini": _draw, "build": _build, "check": dataset_check.run, "push": dataset_push.run}
    return runners[args.dataset_command](args)


def _draw(args: argparse.Namespace) -> int:
    if args.prompts < _FEWEST_PROMPTS:
        raise ValueError(f"--prompts must be at least {_FEWEST_PROMPTS}, one for each split, got {args.prompts}.")
    if args.raw.exists() and not args.raw.is_dir():
        raise ValueError(f"{args.raw} is a file; give the name of a folder to write.")
    from evalmuse_hf.mini import write_release

    n_train = min(max(1, round(_TRAIN_SHARE * args.prompts)), args.prompts - 1)
    try:
        write_release(args.raw, train_prompts=n_train, test_prompts=args.prompts - n_train, seed=args.seed)
    except OSError as error:
        raise OSError(f"Cannot write {args.raw} ({error.strerror}); delete it and make room.") from error
    print(args.raw)
    return 0


def _build(args: argparse.Namespace) -> int:
    from evalmuse_hf.data import build_dataset

    report = build_dataset(
        args.raw,
        args.out,
        strict=args.strict,
        dev=args.dev,
        folds=args.folds,
        seed=args.seed,
        include_unfinished=args.include_unfinished,
        num_proc=args.num_proc,
        progress=not args.quiet,
    )
    print(json.dumps({**report.as_json(), "out": str(report.out)}, indent=2) if args.json else _as_table(report))
    return 0


def _as_table(report: "BuildReport") -> str:
    from evalmuse_hf.data.report import count_reasons

    lines = [f"{'split':<8} {'records':>8} {'pairs':>8} {'rated':>8} {'prompts':>8}  dropped"]
    for name, split in report.splits.items():
        dropped = ", ".join(f"{reason} {number}" for reason, number in split.dropped.items()) or "-"
        counts = " ".join(
            f"{number:>8}" for number in (split.n_records, split.n_pairs, split.n_rated, split.n_prompts)
        )
        lines.append(f"{name:<8} {counts}  {dropped}")
    members = ", ".join(f"{reason} {number}" for reason, number in count_reasons(report.member_problems).items())
    if members:
        lines.append(f"archive members left out: {members}")
    if "dev" in report.splits and report.options["dev_was_chosen"]:
        lines.append(
            "dev was taken from the training prompts because test has no ratings; --dev 0 keeps them together"
        )
    return "\n".join([*lines, str(report.out)])
