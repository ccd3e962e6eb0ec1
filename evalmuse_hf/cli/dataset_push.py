"""`evalmuse dataset push`: a built data set to the Hub."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalmuse_hf.data.publishing import PushReport

FORMAT = 1  # raised when a key of the JSON changes its meaning or goes away


def add_parser(commands: Any) -> None:
    """Describe the subcommand to the parser of `evalmuse dataset`."""
    parser = commands.add_parser(
        "push",
        help="publish a built data set on the Hub",
        description="Check a built data set and upload it to the Hub in one commit. After an interruption, the same "
        "command goes on: what has arrived is not sent again. Parquet files of an earlier push are replaced.",
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="folder that `evalmuse dataset build` wrote")
    parser.add_argument("repo", metavar="REPO", help="data set repository, OWNER/NAME; made if there is none")
    parser.add_argument(
        "--dry-run", action="store_true", help="list what would be uploaded, and send nothing (works offline)"
    )
    parser.add_argument("--private", action="store_true", help="show the repository to its owner only")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")


def run(args: argparse.Namespace) -> int:
    """Push, or list."""
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    from evalmuse_hf.data.publishing import push_dataset

    silenced = args.quiet and not are_progress_bars_disabled()
    if silenced:
        disable_progress_bars()
    try:
        report = push_dataset(args.out, args.repo, private=args.private, dry_run=args.dry_run, progress=not args.quiet)
    finally:
        if silenced:
            enable_progress_bars()
    print(json.dumps(as_json(report), indent=2) if args.json else as_table(report))
    return 0


def as_json(report: "PushReport") -> dict[str, Any]:
    """Spell a report in the documented keys of `--json`."""
    plan = report.plan
    return {
        "format": FORMAT,
        "repo": plan.repo,
        "url": plan.url,
        "private": plan.private,
        "dry_run": report.commit is None,
        "files": [{"path": file.path, "bytes": file.size, "rows": file.rows} for file in plan.files],
        "bytes": plan.size,
        "left_out": list(plan.left_out),
        "removed": list(report.removed),
        "commit": report.commit,
    }


def as_table(report: "PushReport") -> str:
    """Spell a report in lines of text."""
    plan = report.plan
    width = max(len(file.path) for file in plan.files)
    lines = [f"{'file':<{width}}  {'bytes':>14}  {'rows':>8}"]
    lines += [
        f"{file.path:<{width}}  {file.size:>14,}  {'' if file.rows is None else file.rows:>8}".rstrip()
        for file in plan.files
    ]
    number = f"{len(plan.files)} files"
    lines.append(f"{number:<{width}}  {plan.size:>14,}")
    lines += [f"not sent: {path}" for path in plan.left_out]
    lines += [f"removed there: {path}" for path in report.removed]
    visible = "private" if plan.private else "public"
    if report.commit is None:
        return "\n".join([*lines, f"Dry run: nothing was sent. A push goes to {plan.url} ({visible}, if it is new)."])
    return "\n".join([*lines, report.commit, plan.url])
