"""`evalmuse prompts collect`: read raw prompts, clean and filter them, and count what was dropped."""

import argparse
import json
from pathlib import Path
from typing import Any

SOURCES = ("diffusiondb", "parti_prompts", "gecko", "t2i_compbench", "table", "text")


def add_parser(commands: Any) -> None:
    """Describe the subcommand to the parser.

    Args:
        commands: Subcommands of `evalmuse prompts`.
    """
    collect = commands.add_parser(
        "collect",
        help="read raw prompts, clean and filter them",
        description="Read prompts from tables (JSON lines, CSV, TSV, Parquet), texts with one a line, and folders of "
        "texts; clean them and drop other languages, lengths and repetitions, of each source and across sources.",
    )
    collect.add_argument("sources", type=Path, nargs="+", metavar="SOURCE", help="table, text or folder of texts")
    collect.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON lines with id and prompt")
    collect.add_argument("--dropped", type=Path, metavar="FILE", help="JSON lines of the others, each with a reason")
    collect.add_argument("--source", choices=SOURCES, help="kind of the sources (default: as they look)")
    collect.add_argument("--column", metavar="NAME", help="column with the prompt (default: that of the source)")
    collect.add_argument("--min-words", type=int, default=2, metavar="N", help="default: %(default)s")
    collect.add_argument("--max-words", type=int, default=50, metavar="N", help="default: %(default)s")
    collect.add_argument("--any-language", action="store_true", help="keep what does not look like English")
    collect.add_argument(
        "--similarity",
        type=float,
        default=0.8,
        metavar="SHARE",
        help="of common words, pairs and triples from which two prompts are one; above 1 for never "
        "(default: %(default)s)",
    )
    collect.add_argument("--json", action="store_true", help="print the counts as JSON")


def run(args: argparse.Namespace) -> int:
    """Read, filter and write, and print the counts of each step."""
    from evalmuse_hf.prompts import filter_prompts, read_prompts
    from evalmuse_hf.prompts.tables import write_rows

    prompts = [
        prompt for path in args.sources for prompt in read_prompts(path, source=args.source, column=args.column)
    ]
    steps = filter_prompts(
        prompts,
        min_words=args.min_words,
        max_words=args.max_words,
        english_only=not args.any_language,
        similarity=args.similarity,
    )
    write_rows((prompt.row() for prompt in steps[-1].kept), args.out)
    if args.dropped:
        dropped = (entry for step in steps for entry in step.dropped)
        rows = ({**entry.prompt.row(), "reason": entry.reason, "instead_of": entry.instead_of} for entry in dropped)
        write_rows(rows, args.dropped)
    counts = [{"step": step.name, "kept": len(step.kept), "dropped": step.counts()} for step in steps]
    if args.json:
        print(json.dumps({"format": 1, "read": len(prompts), "steps": counts, "out": str(args.out)}, indent=2))
        return 0
    lines = [f"{'read':<10} {len(prompts):>8}"]
    for step in steps:
        dropped_here = ", ".join(f"{reason} {number}" for reason, number in step.counts().items())
        lines.append(f"{step.name:<10} {len(step.kept):>8}  {dropped_here}".rstrip())
    print("\n".join([*lines, str(args.out)]))
    return 0
