"""`evalmuse evaluate`: how well scores agree with people."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalmuse_hf.cli.intervals import add_interval_options

if TYPE_CHECKING:
    from evalmuse_hf.scoring import Scores


def register(subparsers: Any) -> None:
    """Describe the command to the parser."""
    parser = subparsers.add_parser(
        "evaluate",
        help="compare scores with human ratings",
        description="Compare scores with the ratings of a data set: rank and linear correlation over all pairs and "
        "within prompts, and accuracy of the element verdicts. Intervals draw whole prompts.",
    )
    parser.add_argument(
        "scores",
        type=Path,
        metavar="SCORES",
        help="file that `evalmuse score --out` wrote or, with the options below, any Parquet, JSON lines or CSV file",
    )
    parser.add_argument("--score-column", metavar="NAME", help="column with another program's score, on any scale")
    parser.add_argument(
        "--key-column", metavar="NAME", help="column with the picture's path (default: image_path, image or id)"
    )
    parser.add_argument("--lower-is-better", action="store_true", help="change the sign of the scores")
    parser.add_argument(
        "--dataset", required=True, metavar="PATH", help="data set folder, raw release folder, or Hub id"
    )
    parser.add_argument(
        "--split", default="test", metavar="NAME", help="split with the ratings (default: %(default)s)"
    )
    add_interval_options(parser)


def run(args: argparse.Namespace) -> int:
    """Print the record."""
    from evalmuse_hf.data import load_pairs
    from evalmuse_hf.meta_evaluation import evaluate_scores

    scores = _read(args)
    pairs = load_pairs(args.dataset, args.split).remove_columns("image").to_list()
    record = evaluate_scores(scores.rows, pairs, n_resamples=args.n_resamples, seed=args.seed)
    if args.json:
        named = {"dataset": args.dataset, "split": args.split, "provenance": scores.provenance}
        print(json.dumps({**record, **named}, indent=2, ensure_ascii=False))
    else:
        print("\n".join(as_table(record)))
    return 0


def _read(args: argparse.Namespace) -> "Scores":
    from evalmuse_hf.scoring import read_scores
    from evalmuse_hf.scoring.foreign_scores import read_foreign_scores

    if args.score_column is None and args.key_column is None and not args.lower_is_better:
        return read_scores(args.scores)
    return read_foreign_scores(
        args.scores,
        score_column=args.score_column or "overall_score",
        key_column=args.key_column,
        lower_is_better=args.lower_is_better,
    )


def as_table(record: dict[str, Any]) -> list[str]:
    """Spell a record in lines of text."""
    join, coverage = record["join"], record["coverage"]
    lines = [f"pairs  {coverage['scored']} scored of {coverage['rated']} rated ({coverage['share']:.1%})"]
    lines += [
        f"       {join[kind]['n']} {kind.replace('_', ' ')}, such as {join[kind]['first'][0]}"
        for kind in ("missing", "unknown", "duplicates", "other_prompts")
        if join[kind]["n"]
    ]
    rows = [(name.upper().replace("_", " "), statistic) for name, statistic in record["overall"].items()]
    rows += [("SRCC within prompts", record["within_prompt"]["srcc"])]
    rows += [("element accuracy", record["elements"]["micro"]), ("balanced accuracy", record["elements"]["balanced"])]
    rows += [(f"  {name}", category["micro"]) for name, category in record["elements"]["by_category"].items()]
    width = max(len(name) for name, _ in rows)
    return [*lines, "", *(f"{name:<{width}}  {spell_statistic(statistic)}" for name, statistic in rows)]


def spell_statistic(statistic: dict[str, Any]) -> str:
    """Spell one statistic: value, interval, number of rows."""
    if statistic["value"] is None:
        return f"    -  ({statistic['status']})"
    interval = "" if statistic["low"] is None else f"  [{statistic['low']:6.3f}, {statistic['high']:6.3f}]"
    return f"{statistic['value']:6.3f}{interval}  n = {statistic['n']}"
