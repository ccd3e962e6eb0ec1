"""`evalmuse images import`: pictures that were made elsewhere, with the manifest of generated ones."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalmuse_hf.cli.images_generate import count_rows, print_rows

if TYPE_CHECKING:
    from evalmuse_hf.images.importing import ImportProblem

_SHOWN = 10  # problems that are printed; the file has all


def add_parser(commands: Any) -> None:
    """Describe the subcommand to the parser.

    Args:
        commands: Subcommands of `evalmuse images`.
    """
    taking = commands.add_parser(
        "import",
        help="take in pictures made elsewhere",
        description="Take in the pictures of a folder, where a file is called by the id of its prompt (00012.png, "
        "00012_1.png for one more), or of a table with the columns image and prompt_id or prompt.",
    )
    taking.add_argument("source", type=Path, metavar="FOLDER|TABLE", help="folder, JSON lines, CSV, TSV or Parquet")
    taking.add_argument("--prompts", type=Path, required=True, metavar="PROMPTS", help="as for `images generate`")
    taking.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the pictures and manifest")
    taking.add_argument(
        "--generator", metavar="NAME", help="who made them (default: column, or name of the subfolder)"
    )
    taking.add_argument("--license", metavar="TEXT", help="terms of the pictures, where the table says nothing")
    taking.add_argument(
        "--root", type=Path, metavar="FOLDER", help="where a table's paths start (default: its folder)"
    )
    taking.add_argument("--link", action="store_true", help="link the files instead of copying them")
    taking.add_argument("--json", action="store_true", help="print the counts as JSON")


def run(args: argparse.Namespace) -> int:
    """Take in, and print what was taken and what was not."""
    from evalmuse_hf.images import import_pictures, read_picture_prompts

    prompts = read_picture_prompts(args.prompts)
    with ExitStack() as stack:
        summary = import_pictures(
            args.source,
            prompts,
            args.out,
            generator=args.generator,
            license=args.license,
            root=args.root,
            link=args.link,
            progress=None if args.quiet else _show_progress(stack),
        )
    problems = dict(sorted(Counter(problem.reason for problem in summary.problems).items()))
    if args.json:
        content = {
            "format": 1,
            "imported": summary.imported,
            "kept": summary.kept,
            "statuses": summary.statuses,
            "problems": problems,
            "generators": summary.counts,
            "manifest": str(args.out / "manifest.jsonl"),
            "pairs": str(args.out / "pairs.jsonl"),
            "problem_list": str(args.out / "import_problems.jsonl"),
        }
        print(json.dumps(content, indent=2, ensure_ascii=False))
    else:
        print_rows(count_rows(summary.counts))
        print(f"{summary.imported} taken now, {summary.kept} were there")
        print("".join(f"{number} {reason}\n" for reason, number in problems.items()), end="")
        print(args.out / "pairs.jsonl")
    is_failure = not (summary.imported or summary.kept)
    sentences = _spell_problems(summary.problems, nothing_taken=is_failure)
    for sentence in sentences[:_SHOWN]:
        print(sentence, file=sys.stderr)
    if len(sentences) > _SHOWN:
        print(f"and {len(sentences) - _SHOWN} more in {args.out / 'import_problems.jsonl'}", file=sys.stderr)
    return 1 if is_failure else 0


def _spell_problems(problems: "Sequence[ImportProblem]", *, nothing_taken: bool) -> list[str]:
    """A sentence for each problem, but only one for all that have the same cause."""
    shared = {"no_generator", "no_picture"} if nothing_taken else {"no_generator"}
    counts, sentences = Counter(problem.reason for problem in problems), []
    for problem in problems:
        number = counts[problem.reason] if problem.reason in shared else 1
        if number:  # all later ones stand in the first
            others = f" The same holds for {number - 1} more." if number > 1 else ""
            sentences.append(f"{problem.message}{others}")
        if problem.reason in shared:
            counts[problem.reason] = 0
    return sentences


def _show_progress(stack: ExitStack) -> Any:
    from tqdm import tqdm

    bar = stack.enter_context(tqdm(unit="picture", file=sys.stderr, delay=2))
    return lambda done: bar.update(done - bar.n)
