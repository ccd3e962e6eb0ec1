"""`evalmuse dataset`: draw the embedded benchmark, and build the data set from a raw release."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalmuse_hf.data import BuildReport

FORMAT = 1  # raised when a key of the JSON changes its meaning or goes away

_TRAIN_SHARE = 0.75  # of the prompts, as in EvalMuse-40K
_FEWEST_PROMPTS = 2
_N_NAMED_ELEMENTS = 100


def register(subparsers: Any) -> None:
    """Describe the command and its subcommands to the parser."""
    parser = subparsers.add_parser(
        "dataset",
        help="draw the embedded benchmark, or build a data set from a raw release",
        description="Make data sets: a raw release in the official format, and Parquet from a raw release.",
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
    build = commands.add_parser(
        "build",
        help="build a data set for load_dataset from a raw release",
        description="Read a raw release and write Parquet with embedded pictures and a card. Bad records and pictures "
        "are left out and counted.",
    )
    build.add_argument("raw", type=Path, metavar="RAW", help="folder with images/, train_list.json and test.json")
    build.add_argument("out", type=Path, metavar="OUT", help="folder to write; an earlier build in it is replaced")
    build.add_argument("--strict", action="store_true", help="stop at the first bad record or picture")
    build.add_argument("--json", action="store_true", help="print one JSON object instead of the table")


def run(args: argparse.Namespace) -> int:
    """Run the subcommand."""
    return _draw(args) if args.dataset_command == "mini" else _build(args)


def _draw(args: argparse.Namespace) -> int:
    if args.prompts < _FEWEST_PROMPTS:
        raise ValueError(f"--prompts must be at least {_FEWEST_PROMPTS}, one for each split, got {args.prompts}.")
    if args.raw.exists() and not args.raw.is_dir():
        raise ValueError(f"{args.raw} is a file; give the name of a folder to write.")
    from evalmuse_hf.mini import write_release

    n_train = min(max(1, round(_TRAIN_SHARE * args.prompts)), args.prompts - 1)
    write_release(args.raw, train_prompts=n_train, test_prompts=args.prompts - n_train, seed=args.seed)
    print(args.raw)
    return 0


def _build(args: argparse.Namespace) -> int:
    from evalmuse_hf.data import build_dataset

    report = build_dataset(args.raw, args.out, strict=args.strict)
    print(json.dumps(_as_json(report), indent=2) if args.json else _as_table(report))
    return 0


def _as_json(report: "BuildReport") -> dict[str, Any]:
    splits = {
        name: {
            "records": split.n_records,
            "pairs": split.n_pairs,
            "rated": split.n_rated,
            "prompts": split.n_prompts,
            "dropped": split.dropped,
            "elements": split.n_elements,
            "element_statuses": split.element_statuses,
            "element_problems": [asdict(problem) for problem in split.element_problems[:_N_NAMED_ELEMENTS]],
        }
        for name, split in report.splits.items()
    }
    return {"format": FORMAT, "out": str(report.out), "splits": splits}


def _as_table(report: "BuildReport") -> str:
    lines = [f"{'split':<8} {'records':>8} {'pairs':>8} {'rated':>8} {'prompts':>8}  dropped"]
    for name, split in report.splits.items():
        dropped = ", ".join(f"{reason} {number}" for reason, number in split.dropped.items()) or "-"
        counts = " ".join(
            f"{number:>8}" for number in (split.n_records, split.n_pairs, split.n_rated, split.n_prompts)
        )
        lines.append(f"{name:<8} {counts}  {dropped}")
    return "\n".join([*lines, str(report.out)])
