"""`evalmuse study`: experiments of this project that anyone can repeat."""

import argparse
import json
from pathlib import Path
from typing import Any


def register(subparsers: Any) -> None:
    """Describe the command and its subcommands to the parser."""
    parser = subparsers.add_parser(
        "study",
        help="repeat an experiment of this project",
        description="Repeat an experiment of this project. A study that was interrupted goes on where it stopped.",
    )
    commands = parser.add_subparsers(title="studies", dest="study", metavar="STUDY", required=True)
    variance = commands.add_parser(
        "variance",
        help="does variance weighting learn real difficulty, or noise?",
        description="Fine-tune a partly forgotten mini checkpoint with every variance weighting, under four kinds of "
        "rater noise, and compare each with no weighting at the same seed.",
    )
    variance.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the runs")
    size = variance.add_mutually_exclusive_group()
    size.add_argument("--recipe", type=Path, metavar="FILE", help="YAML file of options (default: the whole study)")
    size.add_argument("--quick", action="store_true", help="half a minute, to see that it works; shows nothing else")
    variance.add_argument("--processes", type=int, default=1, metavar="N", help="runs at a time (default: 1)")
    variance.add_argument("--html", type=Path, metavar="FILE", help="also write the result as a page")
    form = variance.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object instead of the tables")
    form.add_argument("--markdown", action="store_true", help="print Markdown instead of plain text")


def run(args: argparse.Namespace) -> int:
    """Run a study, and print what came out."""
    if args.processes < 1:
        raise ValueError(f"--processes must be at least 1, got {args.processes}.")
    from evalmuse_hf.meta_evaluation.studies.variance_findings import find_differences
    from evalmuse_hf.meta_evaluation.studies.variance_report import make_document
    from evalmuse_hf.meta_evaluation.studies.variance_study import (
        StudyOptions,
        quick_options,
        read_options,
        run_study,
    )
    from evalmuse_hf.reports import document_markdown, document_text, write_document

    whole = StudyOptions() if args.recipe is None else read_options(args.recipe)
    options = quick_options() if args.quick else whole
    study = run_study(options, args.out, processes=args.processes, progress=not args.quiet)
    findings = find_differences(study)
    document = make_document(findings)
    if args.html is not None:
        write_document(document, args.html)
    if args.json:
        print(json.dumps(findings.record(), indent=2))
    else:
        print(document_markdown(document) if args.markdown else document_text(document))
    return 0
