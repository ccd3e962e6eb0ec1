"""What ``evalmuse score`` and ``python -m evalmuse_hf.scoring`` do, up to printing."""

import argparse
import itertools
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalmuse_hf.models.scorer import Scorer
from evalmuse_hf.scoring.arguments import find_mistake, parse_size
from evalmuse_hf.scoring.lists import ListError, ScoreList, list_from_records
from evalmuse_hf.scoring.loading import QUESTION_SCORERS, load_scorer
from evalmuse_hf.scoring.scores import Scores, check_scores_path, json_line
from evalmuse_hf.scoring.scoring import score_list
from evalmuse_hf.scoring.team import Team

if TYPE_CHECKING:
    from evalmuse_hf.scoring.run import RunSummary
    from evalmuse_hf.scoring.sources import PairSource

logger = logging.getLogger(__name__)

EXIT_INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it

_PLAIN = (".jsonl", ".csv")  # what can be written without pyarrow
_DETERMINISTIC_BATCH = 16
_ROWS_CHECKED = 100_000  # rows for whose features the disk must have room before a run starts


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


def run_command(
    args: argparse.Namespace, *, progress: bool = True, on_loading: Callable[[], object] | None = None
) -> CommandOutput:
    """Score what the options ask for, and write it if they say where.

    Args:
        args: Parsed options of `evalmuse_hf.scoring.arguments.add_arguments`.
        progress: Show a bar on stderr once it takes more than two seconds.
        on_loading: Called once nothing seems wrong with what is asked, before libraries and model are loaded.

    Returns:
        What to print; the status is 1 if no row of a list could be scored, 2 for a single picture that cannot be, and
        130 after Ctrl-C. Of the processes of a team, all but the first have nothing to say.

    Raises:
        ValueError: For a user's mistake, in one sentence.
    """
    mistake = find_mistake(args)
    if mistake:
        raise MistakeError(mistake)
    if args.out is not None and (args.list is None or args.out.suffix):
        check_scores_path(args.out)
    if args.list is None:
        _refuse_absent_picture(args.image)
        if on_loading is not None:
            on_loading()
        scores = score_list(_load(args), _single_row(args))
        _write(scores, args.out)
        return _describe_single(scores, args)
    if args.out is not None:
        _refuse_input_as_output(args.list, args.out)
    team = Team(args.device)
    if args.out is None and team.size > 1:
        raise MistakeError("Several processes need a place for what each of them scores; give --out FILE.")
    try:
        source = _open_source(args)
        if on_loading is not None and team.is_first:
            on_loading()
        if args.out is None or (team.size == 1 and args.out.suffix in _PLAIN and find_spec("pyarrow") is None):
            return _score_in_memory(args, source, progress=progress)
        return _score_to_disk(args, source, team, progress=progress)
    except KeyboardInterrupt:
        kept = "" if args.out is None else " What was scored is kept: the same command goes on from there."
        return CommandOutput("", f"interrupted before it had finished.{kept}", status=EXIT_INTERRUPTED)
    finally:
        team.close()


def _refuse_absent_picture(path: Path) -> None:
    """Refuse a name that is no file before a model is looked for, which may take minutes and gigabytes.

    Raises:
        MistakeError: If it is none.
    """
    if not path.exists() or path.is_dir():
        raise MistakeError(f"There is no file at {path}; check the path given as --image.")


def _score_in_memory(args: argparse.Namespace, source: "PairSource", *, progress: bool) -> CommandOutput:
    """Score a list that fits into memory: for stdout, and where nothing can write Parquet shards."""
    if args.out is not None:
        logger.warning("Without pyarrow nothing is kept until the end; install it to be able to go on after a kill.")
    rows = tuple(itertools.chain.from_iterable(source.rows(part) for part in range(source.n_parts)))
    columns = tuple(dict.fromkeys(name for row in rows for name in row.values))
    scorer = _load(args, source=source)
    workers = _workers(args, Team()) if len(rows) > 1 else 0
    scores = score_list(
        scorer,
        ScoreList(rows, columns),
        progress=progress,
        workers=workers,
        timeout=args.picture_timeout,
    )
    failed = [row for row in scores.rows if row["overall_score"] is None]
    remarked = [row for row in scores.rows if row["overall_score"] is not None]
    message = next((row["message"] for row in (*failed, *remarked) if row["message"]), None)
    scored_counts, failed_counts = _count(remarked), _count(failed)
    note = _summary(len(scores.rows), scored_counts, failed_counts, message, scorer.name)
    _write(scores, args.out)
    result = "\n".join(map(json_line, scores.rows)) if args.out is None else str(args.out)
    return CommandOutput(result, note, status=0 if remarked else 1, n_failed=len(failed))


def _score_to_disk(args: argparse.Namespace, source: "PairSource", team: Team, *, progress: bool) -> CommandOutput:
    """Score a source of any size, shard by shard."""
    from evalmuse_hf.scoring.run import RunOptions, score_source

    scorer = _load(args, source=source, device=team.device)
    settings = {"scorer": args.scorer, "model": args.model, "compat": args.compat, "dtype": args.dtype}
    if args.deterministic:
        settings["batch_size"] = _batch_size(args)
    options = RunOptions(
        shard_rows=args.shard_rows,
        workers=_workers(args, team),
        timeout=args.picture_timeout,
        restart=args.restart,
        progress=progress,
        deterministic=args.deterministic,
    )
    summary = score_source(scorer, source, args.out, settings=settings, team=team, options=options)
    if not team.is_first:
        return CommandOutput("", "", status=0 if summary.scored else 1)
    return CommandOutput(
        str(args.out),
        _describe_run(summary, scorer.name),
        status=0 if summary.scored else 1,
        n_failed=sum(summary.failed.values()),
    )


def _refuse_input_as_output(what: str, out: Path) -> None:
    """Refuse an output that is a part of the input, or would become one.

    Raises:
        MistakeError: If it is.
    """
    from evalmuse_hf.scoring.source_files import find_files

    path, target = Path(what).expanduser().absolute(), out.expanduser().absolute()
    try:
        files = {file.absolute() for file in find_files(path)}
    except ListError:
        files = set()  # no list, or a data set: whoever opens it says so
    if target in files or target.match(str(path)) or (path.is_dir() and path in (target, target.parent)):
        raise MistakeError(f"--out {out} is, or would become, a part of what is scored; give another place.")


def _open_source(args: argparse.Namespace) -> "PairSource":
    from evalmuse_hf.scoring.sources import open_source

    return open_source(
        args.list,
        split=args.split,
        config=args.config,
        image_column=args.image_column,
        prompt_column=args.prompt_column,
    )


def _load(args: argparse.Namespace, *, source: "PairSource | None" = None, device: str | None = None) -> Scorer:
    """Load the scorer, and see whether the disk holds the features that it is to keep."""
    from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer
    from evalmuse_hf.scoring.feature_store import FeatureError
    from evalmuse_hf.scoring.features import FeatureCache

    try:
        limit = None if args.feature_cache_limit is None else parse_size(args.feature_cache_limit)
        scorer = load_scorer(
            args.scorer,
            model=args.model,
            device=device or args.device,
            compat=args.compat,
            batch_size=_batch_size(args),
            feature_cache=args.feature_cache,
            feature_cache_bytes=limit,
            dtype=args.dtype,
        )
        kept = scorer.encoder.kept if isinstance(scorer, FGABlip2Scorer) else None
        if isinstance(kept, FeatureCache) and source is not None and limit is None:
            rows = itertools.chain.from_iterable(source.rows(part) for part in range(source.n_parts))
            first = itertools.islice(rows, _ROWS_CHECKED)
            # Of embedded pictures only what the disk holds anyway could be compared, at the price of all their bytes.
            kept.reserve(row.image for row in first if row.problem is None and isinstance(row.image, str))
    except FeatureError as error:
        raise MistakeError(str(error)) from None
    if args.deterministic:
        _compute_deterministically()
    if args.compile:
        if not isinstance(scorer, FGABlip2Scorer):
            raise MistakeError(f"--compile is for fga_blip2 only; leave it out for {args.scorer}.")
        scorer.compile_tower()
    return scorer


def _batch_size(args: argparse.Namespace) -> int | None:
    """Pictures per pass; with --deterministic a number that does not depend on what memory is free."""
    if args.batch_size is None and args.deterministic and args.scorer not in QUESTION_SCORERS:
        return _DETERMINISTIC_BATCH
    return int(args.batch_size) if args.batch_size is not None else None


def _compute_deterministically() -> None:
    import torch

    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False


def _workers(args: argparse.Namespace, team: Team) -> int:
    if args.workers is not None:
        return int(args.workers)
    from evalmuse_hf.images.reader import choose_workers

    return choose_workers(n_processes=team.local_size)


def _single_row(args: argparse.Namespace) -> ScoreList:
    return list_from_records([{"image": str(args.image), "prompt": args.prompt, "elements": args.element}])


def _write(scores: Scores, out: Path | None) -> None:
    from evalmuse_hf.scoring.scores import write_scores

    if out is not None:
        write_scores(scores, out)


def _describe_single(scores: Scores, args: argparse.Namespace) -> CommandOutput:
    row = scores.rows[0]
    note = _single_note(row)
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


def _single_note(row: Mapping[str, Any]) -> str:
    """What is to be known of one picture, in words for somebody who has no list."""
    if row["status"] != "ok":
        message: str = (row["message"] or row["status"]).removeprefix("row 0: ")  # the only one
        return message.replace("leave the row out", "give another --prompt")
    absent = [repr(element["text"]) for element in row["elements"] if element["status"] == "unmatched"]
    if not absent:
        return ""
    return (
        f"{', '.join(absent)}: not among the words of the prompt, so without a score (unmatched; "
        "docs/concepts/statuses.md lists what can be done)."
    )


def _pretty(row: Mapping[str, Any], scores: Scores) -> str:
    record = {**json.loads(json_line(row)), "provenance": scores.provenance}
    return json.dumps(record, indent=2, ensure_ascii=False)


def _describe_run(summary: "RunSummary", scorer: str) -> str:
    note = _summary(summary.n_rows, summary.scored, summary.failed, summary.message, scorer)
    return f"{summary.n_resumed} rows had been scored before. {note}" if summary.n_resumed else note


def _summary(
    n_rows: int, scored: Mapping[str, int], failed: Mapping[str, int], message: str | None, scorer: str
) -> str:
    """One line: how many rows were scored, what is to be known of some, and what became of the others."""
    remarks = ", ".join(f"{count} {status}" for status, count in _most_first(scored) if status != "ok")
    others = "".join(f"; {count} {status}" for status, count in _most_first(failed))
    noted = f" ({remarks})" if remarks else ""
    example = f". The first: {message}" if message else "."
    return f"Scored {sum(scored.values())} of {n_rows} rows with {scorer}{noted}{others}{example}"


def _count(rows: list[Mapping[str, Any]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["status"]] = counts.get(row["status"], 0) + 1
    return counts


def _most_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: -item[1])
