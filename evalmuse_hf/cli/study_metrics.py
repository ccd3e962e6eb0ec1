"""`evalmuse study metrics`: which scorer agrees with people, by how much, and is that noise?"""

import argparse
from typing import Any

from evalmuse_hf.cli.intervals import add_resampling_option
from evalmuse_hf.cli.quiet_statistics import quiet_statistics
from evalmuse_hf.cli.study_results import add_form_options, show_study


def add_parser(commands: Any) -> None:
    """Describe the study to the parser.

    Args:
        commands: Subcommands of `evalmuse study`.
    """
    metrics = commands.add_parser(
        "metrics",
        help="which scorer agrees with people, by how much, and is that noise?",
        description="Compare scorers on data sets with human ratings: agreement with people, every two scorers on the "
        "same pictures, and how each orders the generators. Scorers run here where there are pictures; scores of "
        "others join as files, or come with the data set. Without a data set, prompts of the embedded world are "
        "drawn.",
    )
    metrics.add_argument(
        "--scorers",
        nargs="+",
        metavar="NAME[:MODEL]",
        help="scorers to run, where there are pictures (default: fga_blip2:mini pn_vqa:mini, or none with --scores)",
    )
    metrics.add_argument(
        "--dataset",
        nargs="+",
        action="extend",
        default=[],
        metavar="[KIND=]PATH",
        help="data sets with ratings: evalmuse=FOLDER_OR_HUB_ID, tifa160=FILE, dsg=FOLDER, genai_bench=FILE, "
        "richhf=FILE, agiqa3k=FILE, evalmuse_means=FILE or csv=FILE; without KIND what the content says",
    )
    metrics.add_argument(
        "--scores",
        nargs="+",
        action="extend",
        default=[],
        metavar="[NAME=]FILE",
        help="scores of others: Parquet, JSON lines or CSV, as for `evalmuse evaluate`",
    )
    _add_file_options(metrics)
    metrics.add_argument(
        "--statistic",
        choices=("srcc", "krcc", "plcc"),
        default="srcc",
        help="in which scorers are compared (default: %(default)s)",
    )
    metrics.add_argument(
        "--planned-prompts",
        type=int,
        default=1000,
        metavar="N",
        help="prompts of a study that you plan: the smallest difference that it would find (default: %(default)s)",
    )
    metrics.add_argument("--split", default="test", metavar="NAME", help="split with ratings (default: %(default)s)")
    size = metrics.add_mutually_exclusive_group()
    size.add_argument(
        "--prompts",
        type=int,
        metavar="N",
        help="at most so many prompts of a data set (default: 200 where scorers run, all elsewhere)",
    )
    size.add_argument("--quick", action="store_true", help="20 prompts, to see that it works")
    metrics.add_argument("--device", metavar="NAME", help="cpu, cuda, mps (default: the best)")
    metrics.add_argument("--seed", type=int, default=0, metavar="N", help="of subset and intervals (default: 0)")
    add_resampling_option(metrics)
    add_form_options(metrics)


def _add_file_options(metrics: argparse.ArgumentParser) -> None:
    """Describe what the files of others' scores look like, and what is known of scorers and pictures."""
    metrics.add_argument(
        "--score-column", default="overall_score", metavar="NAME", help="of these files (default: %(default)s)"
    )
    metrics.add_argument("--key-column", metavar="NAME", help="of these files (default: image_path, image or id)")
    metrics.add_argument(
        "--lower-is-better", nargs="+", default=[], metavar="NAME", help="files whose sign is changed, by their names"
    )
    metrics.add_argument(
        "--in-domain",
        nargs="+",
        default=[],
        metavar="[DATASET=]NAME",
        help="scorers that were trained on ratings of the data set, to be marked",
    )
    metrics.add_argument(
        "--scale",
        type=float,
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="lowest and highest rating of data sets of kind csv (default: 1 5)",
    )
    metrics.add_argument(
        "--images", metavar="DIR", help="folder of the pictures of data sets that come without them, to run scorers on"
    )


def run(args: argparse.Namespace) -> int:
    """Run the comparison, and print what came out."""
    from evalmuse_hf.meta_evaluation.studies.metrics_options import (
        QUICK_PROMPTS,
        MetricsOptions,
        parse_dataset,
        parse_scores,
    )
    from evalmuse_hf.meta_evaluation.studies.metrics_report import make_metrics_document
    from evalmuse_hf.meta_evaluation.studies.metrics_study import run_metrics_study

    with quiet_statistics(verbose=args.verbose):
        study = run_metrics_study(
            MetricsOptions(
                scorers=args.scorers,
                datasets=[parse_dataset(text) for text in args.dataset],
                files=[parse_scores(text) for text in args.scores],
                statistic=args.statistic,
                split=args.split,
                prompts=QUICK_PROMPTS if args.quick else args.prompts,
                seed=args.seed,
                n_resamples=args.n_resamples,
                device=args.device,
                images=args.images,
                score_column=args.score_column,
                key_column=args.key_column,
                lower_is_better=args.lower_is_better,
                in_domain=args.in_domain,
                planned_prompts=args.planned_prompts,
                scale=None if args.scale is None else (args.scale[0], args.scale[1]),
                progress=not args.quiet,
            )
        )
    page = make_metrics_document(study, page=True)
    show_study(args, make_metrics_document(study), study.record(), page=page)
    return 0
