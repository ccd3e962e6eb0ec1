"""What ``evalmuse score`` and ``python -m evalmuse_hf.scoring`` do, up to printing."""

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evalmuse_hf.models.scorer import Scorer
from evalmuse_hf.scoring.arguments import find_mistake
from evalmuse_hf.scoring.feature_store import FeatureError
from evalmuse_hf.scoring.features import FeatureCache
from evalmuse_hf.scoring.lists import ScoreList, list_from_records, read_list
from evalmuse_hf.scoring.loading import QUESTION_SCORERS, load_scorer
from evalmuse_hf.scoring.scores import Scores, check_scores_path, json_line, write_scores
from evalmuse_hf.scoring.scoring import score_list

_ROWS_AT_ONCE = 16


class MistakeError(ValueError):
    """Options that do not go together."""


@dataclass(frozen=True, slots=True)
class CommandOutput:
    """What a command wants to be printed.

    Attributes:
        result: For stdout; may be empty.
        note: For stderr.
        status: The exit status.
        n_failed: Rows without a score; a note about them is printed even if little is to be said.
    """

    result: str
    note: str
    status: int = 0
    n_failed: int = 0


def run_command(args: argparse.Namespace, *, progress: bool = True) -> CommandOutput:
    """Score what the options ask for, and write it if they say where.

    Args:
        args: Parsed options of `evalmuse_hf.scoring.arguments.add_arguments`.
        progress: Show a bar on stderr once it takes more than two seconds.

    Returns:
        What to print; the status is 1 if no row of a list could be scored, and 2 for a single picture that cannot be.

    Raises:
        ValueError: For a user's mistake, in one sentence.
    """
    mistake = find_mistake(args)
    if mistake:
        raise MistakeError(mistake)
    if args.out is not None:
        check_scores_path(args.out)
    rows = read_list(args.list) if args.list is not None else _single_row(args)
    scorer = _load(args, rows)
    scores = score_list(scorer, rows, batch_size=args.batch_size or _ROWS_AT_ONCE, progress=progress)
    if args.out is not None:
        write_scores(scores, args.out)
    if args.list is None:
        return _describe_single(scores, args)
    n_scored = scores.n_scored
    return CommandOutput(
        "\n".join(map(json_line, scores.rows)) if args.out is None else str(args.out),
        _summary(scores),
        status=0 if n_scored else 1,
        n_failed=len(scores.rows) - n_scored,
    )


def _load(args: argparse.Namespace, rows: ScoreList) -> Scorer:
    """Load the scorer, and see whether the disk holds the features that it is to keep."""
    from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer

    try:
        scorer = load_scorer(
            args.scorer,
            model=args.model,
            device=args.device,
            compat=args.compat,
            batch_size=args.batch_size,
            feature_cache=args.feature_cache,
        )
        if isinstance(scorer, FGABlip2Scorer) and isinstance(scorer.features, FeatureCache):
            scorer.features.reserve(row.image for row in rows.rows if row.problem is None)
    except FeatureError as error:
        raise MistakeError(str(error)) from None
    return scorer


def _single_row(args: argparse.Namespace) -> ScoreList:
    return list_from_records([{"image": str(args.image), "prompt": args.prompt, "elements": args.element}])


def _describe_single(scores: Scores, args: argparse.Namespace) -> CommandOutput:
    row = scores.rows[0]
    note = "" if row["status"] == "ok" else (row["message"] or row["status"]).removeprefix("row 0: ")  # the only one
    if row["overall_score"] is None:
        return CommandOutput(_pretty(row, scores) if args.json else "", note, status=2, n_failed=1)
    if args.json:
        return CommandOutput(_pretty(row, scores), note)
    scale = (
        "1 to 5" if args.scorer == "fga_blip2" else "0 to 1" if args.scorer in QUESTION_SCORERS else "its own scale"
    )
    lines = [f"overall  {row['overall_score']:.{2 if args.scorer == 'fga_blip2' else 4}f}  on {scale}"]
    for element in row["elements"]:
        value = "  -  " if element["score"] is None else f"{element['score']:.3f}"
        remark = "" if element["status"] == "ok" else f"  ({element['status']})"
        lines.append(f"element  {value}  {element['text']}{remark}")
    return CommandOutput("\n".join(lines), note)


def _pretty(row: Mapping[str, Any], scores: Scores) -> str:
    record = {**json.loads(json_line(row)), "provenance": scores.provenance}
    return json.dumps(record, indent=2, ensure_ascii=False)


def _summary(scores: Scores) -> str:
    """One line: how many rows were scored, what is to be known of some, and what became of the others."""
    scored: dict[str, int] = {}
    failed: dict[str, int] = {}
    for row in scores.rows:
        counts = failed if row["overall_score"] is None else scored
        counts[row["status"]] = counts.get(row["status"], 0) + 1
    scored.pop("ok", None)
    remarks = ", ".join(f"{count} {status}" for status, count in _most_first(scored))
    others = "".join(f"; {count} {status}" for status, count in _most_first(failed))
    messages = [(row["overall_score"] is not None, row["message"]) for row in scores.rows if row["message"]]
    example = f". The first: {min(messages, key=lambda pair: pair[0])[1]}" if messages else "."
    scorer = scores.provenance.get("scorer")
    noted = f" ({remarks})" if remarks else ""
    return f"Scored {scores.n_scored} of {len(scores.rows)} rows with {scorer}{noted}{others}{example}"


def _most_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: -item[1])
