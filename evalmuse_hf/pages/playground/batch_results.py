"""What came of a batch: means with intervals, what failed and why, and the files to take home."""

import csv
import io
import json
import math
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalmuse_hf.pages.uploads import new_result_folder
from evalmuse_hf.ranking.notes import MIN_PROMPTS
from evalmuse_hf.scoring.scores import Scores, plain, write_scores
from evalmuse_hf.stats.clustered import ClusteredEstimate, clustered_means

FILE_NAMES = ("scores.csv", "scores.parquet", "scores.jsonl")
"""For spreadsheets, and twice for `evalmuse rank` and `evalmuse evaluate`."""

MAX_GENERATORS = 50
"""Generators that a summary names; with more, the column is something else."""

# With these a spreadsheet takes a cell for a formula; the wide ones are what some keyboards of East Asia type.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# Where a semicolon or a tab parts the cells, what follows one is a cell of its own, whatever is quoted.
_INNER_FORMULA = re.compile(r"([;|\t\r\n][\s\"]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
_PLAIN_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True)
class Failure:
    """Rows without a score that share a status.

    Attributes:
        status: As in the column ``status``.
        count: How many.
        example: What the first of them says.
    """

    status: str
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """What a page says of a batch.

    Attributes:
        n_rows: Rows of the list.
        n_scored: Those with a score.
        failures: The others by status, the most frequent first.
        mean: Of the scores, with a 95 % interval over prompts, as in a ranking from `MIN_PROMPTS` of them; nan without
            a score.
        generators: The same for each generator that the list names, the highest first; empty if it names none.
    """

    n_rows: int
    n_scored: int
    failures: tuple[Failure, ...]
    mean: ClusteredEstimate
    generators: Mapping[str, ClusteredEstimate]


def summarize_batch(rows: Sequence[Mapping[str, Any]]) -> BatchSummary:
    """Summarize output rows.

    Args:
        rows: Of `evalmuse_hf.pages.playground.batch.score_batch`. Rows of one prompt (``prompt_id``, else ``prompt``)
            are one draw for the interval; the mean is that of the rows.
    """
    scored = [row for row in rows if row["overall_score"] is not None]
    prompts = _number([_prompt_of(row) for row in scored])
    values = [float(row["overall_score"]) for row in scored]
    mean = _means(values, [0] * len(values), prompts, n_labels=1)[0]
    names = [str(row["generator"]) if row.get("generator") not in (None, "") else None for row in scored]
    known = sorted({name for name in names if name is not None})
    generators: dict[str, ClusteredEstimate] = {}
    if 0 < len(known) <= MAX_GENERATORS:
        kept = [index for index, name in enumerate(names) if name is not None]
        estimates = _means(
            [values[index] for index in kept],
            [known.index(str(names[index])) for index in kept],
            [prompts[index] for index in kept],
            n_labels=len(known),
        )
        pairs = sorted(zip(known, estimates, strict=True), key=lambda pair: (-pair[1].statistic, pair[0]))
        generators = dict(pairs)
    return BatchSummary(len(rows), len(scored), _failures(rows), mean, generators)


def summary_record(summary: BatchSummary) -> dict[str, Any]:
    """Spell a summary for JSON, nan as None.

    Args:
        summary: Of `summarize_batch`.
    """
    return {
        "rows": summary.n_rows,
        "scored": summary.n_scored,
        "failed": [
            {"status": failure.status, "rows": failure.count, "example": failure.example}
            for failure in summary.failures
        ],
        "mean": _spell_mean(summary.mean),
        "generators": {name: _spell_mean(mean) for name, mean in summary.generators.items()},
    }


def write_batch_files(rows: Sequence[Mapping[str, Any]], provenance: Mapping[str, Any]) -> tuple[Path, ...]:
    """Write the files to take home, into a folder of their own; all of them or none.

    Args:
        rows: Of `evalmuse_hf.pages.playground.batch.score_batch`.
        provenance: See `evalmuse_hf.scoring.provenance.provenance_of`; in the metadata of the Parquet file.

    Returns:
        Paths with the names `FILE_NAMES`. Parquet and JSON lines are what ``evalmuse score --out`` writes; in the CSV,
        an apostrophe stands before whatever a spreadsheet would take for a formula.
    """
    folder = new_result_folder()
    paths = tuple(folder / name for name in FILE_NAMES)
    try:
        paths[0].write_text(spreadsheet_text(rows), encoding="utf-8-sig", newline="")
        for path in paths[1:]:
            write_scores(Scores(rows, provenance), path)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return paths


def spreadsheet_text(rows: Sequence[Mapping[str, Any]]) -> str:
    r"""Spell rows as CSV that no spreadsheet executes.

    Args:
        rows: Output rows; lists become JSON.

    >>> spreadsheet_text([{"prompt": "=1+1;=2", "overall_score": -0.5}])
    '"prompt","overall_score"\r\n"\'=1+1;\'=2","-0.5"\r\n'
    """
    spelled = [plain(row) for row in rows]
    columns = list(dict.fromkeys(key for row in spelled for key in row))
    target = io.StringIO(newline="")
    writer = csv.writer(target, quoting=csv.QUOTE_ALL)
    writer.writerow([_safe_cell(column) for column in columns])
    writer.writerows([_safe_cell(row.get(column)) for column in columns] for row in spelled)
    return target.getvalue()


def _means(
    values: Sequence[float], labels: Sequence[int], prompts: Sequence[int], *, n_labels: int
) -> list[ClusteredEstimate]:
    return clustered_means(values=values, labels=labels, clusters=prompts, n_labels=n_labels, min_clusters=MIN_PROMPTS)


def _safe_cell(value: Any) -> Any:
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
    if not isinstance(text, str) or _PLAIN_NUMBER.fullmatch(text):
        return text
    inert = _INNER_FORMULA.sub(r"\1'", text)
    begins_like_one = text.startswith(_FORMULA_STARTS) or text.lstrip().startswith(_FORMULA_STARTS)
    return f"'{inert}" if begins_like_one else inert


def _failures(rows: Sequence[Mapping[str, Any]]) -> tuple[Failure, ...]:
    found: dict[str, Failure] = {}
    for row in rows:
        if row["overall_score"] is None:
            status = str(row["status"])
            known = found.get(status, Failure(status, 0, str(row.get("message") or "")))
            found[status] = Failure(status, known.count + 1, known.example)
    return tuple(sorted(found.values(), key=lambda failure: -failure.count))


def _prompt_of(row: Mapping[str, Any]) -> tuple[str, str]:
    """What rows of one prompt share."""
    if row.get("prompt_id") not in (None, ""):
        return "prompt_id", str(row["prompt_id"])
    return "prompt", str(row.get("prompt"))


def _number(keys: Sequence[Any]) -> list[int]:
    numbers: dict[Any, int] = {}
    return [numbers.setdefault(key, len(numbers)) for key in keys]


def _spell_mean(mean: ClusteredEstimate) -> dict[str, Any]:
    interval = mean.confidence_interval
    return {
        "mean": mean.statistic if math.isfinite(mean.statistic) else None,
        "confidence_interval": None if interval is None else [interval.low, interval.high],
        "prompts": mean.n_clusters,
        "status": mean.status,
    }
