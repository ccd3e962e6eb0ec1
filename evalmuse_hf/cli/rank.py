"""`evalmuse rank`: text-to-image models in the order of their scores."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalmuse_hf.cli.intervals import add_interval_options

if TYPE_CHECKING:
    from evalmuse_hf.ranking import Ranking


def register(subparsers: Any) -> None:
    """Describe the command to the parser."""
    parser = subparsers.add_parser(
        "rank",
        help="rank text-to-image models by the scores of their pictures",
        description="Rank the models named in the column generator by their mean overall score on the prompts that "
        "all of them have. Intervals draw whole prompts.",
    )
    parser.add_argument("scores", type=Path, metavar="SCORES", help="file that `evalmuse score --out` wrote")
    add_interval_options(parser)


def run(args: argparse.Namespace) -> int:
    """Print the ranking."""
    from evalmuse_hf.ranking import rank_generators
    from evalmuse_hf.scoring import read_scores

    scores = read_scores(args.scores)
    ranking = rank_generators(scores.rows, n_resamples=args.n_resamples, seed=args.seed)
    if args.json:
        print(json.dumps({**ranking.record(), "provenance": scores.provenance}, indent=2, ensure_ascii=False))
    else:
        print("\n".join(as_table(ranking)))
    return 0


def as_table(ranking: "Ranking") -> list[str]:
    """Spell a ranking in lines of text."""
    width = max(len("generator"), *(len(row.generator) for row in ranking.rows))
    lines = [f"rank  {'generator':<{width}}  overall  95 % interval  normalised  pictures  unscored  missing prompts"]
    for row in ranking.rows:
        interval = "" if row.low is None else f"{row.low:.2f} - {row.high:.2f}"
        lines.append(
            f"{row.rank:>4}  {row.generator:<{width}}  {row.mean:7.3f}  {interval:>13}  {row.normalised:10.3f}  "
            f"{row.n:8}  {row.n_unscored:8}  {row.n_missing_prompts:15}"
        )
    return [*lines, f"{ranking.n_shared_prompts} of {ranking.n_prompts} prompts are shared by all and count."]
