"""`evalmuse study splitting`: how far splitters agree on the elements of a prompt."""

import argparse
import json
from pathlib import Path
from typing import Any

from evalmuse_hf.cli.intervals import add_resampling_option
from evalmuse_hf.cli.study_results import add_form_options, show_study


def add_parser(commands: Any) -> None:
    """Describe the study to the parser.

    Args:
        commands: Subcommands of `evalmuse study`.
    """
    splitting = commands.add_parser(
        "splitting",
        help="how far do splitters agree on the elements of a prompt?",
        description="Split prompts by every splitter, and compare word by word (Krippendorff's alpha) and element by "
        "element (spans matched one to one), with the known elements as one more splitter. Without --data, prompts "
        "are made from templates.",
    )
    splitting.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        help="prompt_t2i.json of DYEvaLab/EvalMuse, or a table with prompt and, if known, elements and source",
    )
    splitting.add_argument(
        "--splitters",
        nargs="+",
        default=["spacy", "rules"],
        metavar="NAME",
        help="see `evalmuse elements split` (default: spacy rules)",
    )
    splitting.add_argument(
        "--llm",
        metavar="MODEL",
        help="one more splitter: a folder, a .gguf file, hub:OWNER/MODEL, or the URL of a server with #MODEL",
    )
    splitting.add_argument("--llm-attempts", type=int, default=3, metavar="N", help="answers to ask for (default: 3)")
    splitting.add_argument("--prompts", type=int, metavar="N", help="at most so many (default: all, 120 made ones)")
    splitting.add_argument(
        "--out", type=Path, metavar="DIR", help="folder of record, page and the model's replies, to go on from"
    )
    splitting.add_argument("--seed", type=int, default=0, metavar="N", help="of templates and intervals (default: 0)")
    add_resampling_option(splitting)
    add_form_options(splitting)


def run(args: argparse.Namespace) -> int:
    """Run the study, and print what came out."""
    from evalmuse_hf.meta_evaluation.studies.splitting_report import make_splitting_document
    from evalmuse_hf.meta_evaluation.studies.splitting_study import SplittingOptions, run_splitting_study
    from evalmuse_hf.reports import write_document

    if args.out is not None:
        args.out.mkdir(parents=True, exist_ok=True)
    study = run_splitting_study(
        SplittingOptions(
            data=args.data,
            splitters=args.splitters,
            llm=args.llm,
            prompts=args.prompts,
            attempts=args.llm_attempts,
            out=args.out,
            seed=args.seed,
            n_resamples=args.n_resamples,
        ),
        progress=not args.quiet,
    )
    document = make_splitting_document(study)
    record = study.record()
    if args.out is not None:
        (args.out / "record.json").write_text(f"{json.dumps(record, indent=2)}\n", "utf-8")
        write_document(document, args.out / "report.html")
    show_study(args, document, record)
    return 0
