"""`evalmuse rank`: text-to-image models in the order of their scores."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalmuse_hf.cli.intervals import add_interval_options
from evalmuse_hf.cli.quiet_statistics import quiet_statistics

if TYPE_CHECKING:
    from evalmuse_hf.reports import Document
    from evalmuse_hf.scoring import Scores

BALANCES = ("shared", "adjusted", "refuse")


def register(subparsers: Any) -> None:
    """Describe the command to the parser."""
    parser = subparsers.add_parser(
        "rank",
        help="rank text-to-image models by the scores of their pictures",
        description="Rank the models named in the column generator by their mean overall score over the same prompts: "
        "means and 12 skills with intervals that draw whole prompts, which differences are more than noise, "
        "comparisons within prompts, and the published ranking beside where it knows a model.",
    )
    parser.add_argument(
        "scores",
        type=Path,
        nargs="?",
        metavar="SCORES",
        help="file that `evalmuse score --out` wrote or, with the options below, any Parquet, JSON lines or CSV file; "
        "may be left out with --published",
    )
    parser.set_defaults(
        surplus_words="one file of scores is ranked, with a column generator; folders of pictures, one for each "
        "model, are taken in from the folder above them: `evalmuse images import FOLDER --prompts FILE --out "
        "pictures`, then `evalmuse score pictures/pairs.jsonl --out scores.parquet`"
    )
    _add_reading_options(parser)
    parser.add_argument(
        "--balance",
        choices=BALANCES,
        default="shared",
        help="if models lack pictures of some prompts: count the prompts that all have, adjust the means by an "
        "additive model of models and prompts, or refuse (default: %(default)s)",
    )
    people = parser.add_argument_group("ratings of people, which correct the scorer's bias for each model")
    people.add_argument(
        "--human",
        type=Path,
        metavar="FILE",
        help="ratings of a random part of the pictures: a .csv, .jsonl or .parquet file with image_path and rating",
    )
    people.add_argument(
        "--human-scale",
        type=float,
        nargs=2,
        default=(1.0, 5.0),
        metavar=("LOW", "HIGH"),
        help="lowest and highest rating (default: 1 5)",
    )
    parser.add_argument(
        "--radar",
        action="append",
        default=[],
        metavar="NAME",
        help="a model on the radar, to be repeated for up to six (default: the best)",
    )
    parser.add_argument(
        "--published", action="store_true", help="also show the published ranking of 22 models as it was printed"
    )
    parser.add_argument("--markdown", action="store_true", help="print Markdown instead of plain text")
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write a page with plots")
    add_interval_options(parser)


def _add_reading_options(parser: argparse.ArgumentParser) -> None:
    reading = parser.add_argument_group("reading another program's scores")
    reading.add_argument("--score-column", metavar="NAME", help="column with the score, on any scale")
    reading.add_argument(
        "--generator-column", metavar="NAME", help="column with the model's name (default: generator)"
    )
    reading.add_argument(
        "--prompt-column", metavar="NAME", help="column that tells prompts apart (default: prompt_id or prompt)"
    )
    reading.add_argument(
        "--key-column", metavar="NAME", help="column with the picture's path (default: image_path, image or id)"
    )
    reading.add_argument("--lower-is-better", action="store_true", help="change the sign of the scores")


def run(args: argparse.Namespace) -> int:
    """Print the ranking."""
    if args.json and args.markdown:
        raise ValueError("--json and --markdown cannot be given together; ask for one of them.")
    if args.scores is None:
        return _show_published(args)
    from evalmuse_hf.ranking import compare_with_published, rank_generators, ranking_document, read_human_ratings
    from evalmuse_hf.ranking.human_ratings import require_scale
    from evalmuse_hf.scoring.scores import plain

    require_scale(tuple(args.human_scale))
    scores = _read(args)
    with quiet_statistics(verbose=args.verbose):
        ranking = rank_generators(
            scores.rows,
            n_resamples=args.n_resamples,
            seed=args.seed,
            balance=args.balance,
            human=read_human_ratings(args.human, scale=tuple(args.human_scale)) if args.human else None,
            human_scale=tuple(args.human_scale),
        )
    comparison = compare_with_published(ranking)
    document = ranking_document(
        ranking,
        provenance=scores.provenance,
        comparison=comparison,
        profiles=args.radar,
        whole_published_ranking=args.published,
    )
    record = {
        **ranking.record(),
        "published": comparison.record() if comparison else None,
        "provenance": scores.provenance,
    }
    _show(args, document, plain(record))
    return 0


def _read(args: argparse.Namespace) -> "Scores":
    from evalmuse_hf.ranking import read_scores_to_rank

    return read_scores_to_rank(
        args.scores,
        score_column=args.score_column,
        key_column=args.key_column,
        generator_column=args.generator_column,
        prompt_column=args.prompt_column,
        lower_is_better=args.lower_is_better,
    )


def _show_published(args: argparse.Namespace) -> int:
    if not args.published:
        raise ValueError("There are no scores to rank; name a file of them, or ask for --published alone.")
    from evalmuse_hf.ranking import published_document, read_published_ranking

    _show(args, published_document(), read_published_ranking().record())
    return 0


def _show(args: argparse.Namespace, document: "Document", record: dict[str, Any]) -> None:
    from evalmuse_hf.reports import document_markdown, document_text, write_document

    if args.html is not None:
        write_document(document, args.html)
    if args.json:
        print(json.dumps(record, indent=2, ensure_ascii=False))
    else:
        print(document_markdown(document) if args.markdown else document_text(document))
