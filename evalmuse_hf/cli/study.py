"""`evalmuse study`: experiments of this project that anyone can repeat."""

import argparse
from pathlib import Path
from typing import Any

from evalmuse_hf.cli import study_consistency, study_maps, study_metrics, study_splitting
from evalmuse_hf.cli.study_results import add_form_options, show_study


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
    add_form_options(variance)
    study_metrics.add_parser(commands)
    study_splitting.add_parser(commands)
    study_consistency.add_parser(commands)
    study_maps.add_parser(commands)


def run(args: argparse.Namespace) -> int:
    """Run a study, and print what came out."""
    runners = {
        "variance": _run_variance,
        "metrics": study_metrics.run,
        "splitting": study_splitting.run,
        "consistency": study_consistency.run,
        "maps": study_maps.run,
    }
    return runners[args.study](args)


def _run_variance(args: argparse.Namespace) -> int:
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

    whole = StudyOptions() if args.recipe is None else read_options(args.recipe)
    options = quick_options() if args.quick else whole
    study = run_study(options, args.out, processes=args.processes, progress=not args.quiet)
    findings = find_differences(study)
    document = make_document(findings)
    show_study(args, document, findings.record())
    return 0
