"""Scores of a list on disk: Parquet, JSON lines or CSV, with what produced them."""

import csv
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalmuse_hf.scoring.lists import ListError

FORMAT = 1
"""Raised when a column or key changes its meaning or goes away."""

METADATA_KEY = b"evalmuse_hf"
ADDED_COLUMNS = ("overall_score", "elements", "status", "message")
SUFFIXES = (".parquet", ".jsonl", ".csv")
KEPT_PREFIX = "input_"
"""Put before a column of the list whose name a column of scores needs."""

PICTURE_TIMEOUT_S = 60.0
"""Time that a process may take to read one picture."""


@dataclass(frozen=True, slots=True)
class Scores:
    """A scored list.

    Attributes:
        rows: One mapping per row of the list: its own columns, then ``overall_score`` (1 to 5), ``elements`` (mappings
            with ``text``, ``category``, ``score`` in [0, 1] and ``status``), ``status`` and ``message``. What could
            not be scored is None and never 0. Where a model was asked, elements also have ``answers``, and the row
            ``prompt_answers`` if it was asked about the prompt as a whole: ``question``, probabilities ``yes`` and
            ``no``, and ``text`` where it answered in words.
        provenance: What produced them; see `evalmuse_hf.scoring.provenance_of`.
    """

    rows: Sequence[Mapping[str, Any]]
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def n_scored(self) -> int:
        """Rows with an overall score, whatever their status."""
        return sum(row["overall_score"] is not None for row in self.rows)

    @property
    def statuses(self) -> dict[str, int]:
        """Rows per status, the most frequent first."""
        counts: dict[str, int] = {}
        for row in self.rows:
            counts[row["status"]] = counts.get(row["status"], 0) + 1
        return dict(sorted(counts.items(), key=lambda item: -item[1]))


def write_scores(scores: Scores, path: str | Path) -> None:
    r"""Write scores; the kind of file follows from the end of its name.

    Provenance goes into the metadata of a Parquet file (key ``evalmuse_hf``, JSON) and beside any other file, as
    ``NAME.provenance.json``. In CSV, lists are JSON. Half of a character, which no file can hold, is spelled out
    (``\ud83d``). The file appears when it is complete.

    Args:
        scores: What `evalmuse_hf.scoring.score_list` returned.
        path: ``.parquet``, ``.jsonl`` or ``.csv``; the folder is made.

    Raises:
        ValueError: If the name ends otherwise.
    """
    path = Path(path)
    writers: dict[str, Callable[[Scores, Path], None]] = {
        ".parquet": _write_parquet,
        ".jsonl": _write_json_lines,
        ".csv": _write_csv,
    }
    check_scores_path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        writers[path.suffix.lower()](scores, unfinished)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    if path.suffix.lower() != ".parquet":
        write_provenance(scores.provenance, path)


def write_provenance(provenance: Mapping[str, Any], path: Path) -> None:
    """Write what produced scores beside a file that cannot say it itself.

    Args:
        provenance: See `evalmuse_hf.scoring.provenance_of`.
        path: The file of scores.
    """
    text = json.dumps({"format": FORMAT, **provenance}, indent=2, ensure_ascii=False)
    _provenance_path(path).write_text(f"{text}\n", encoding="utf-8")


def check_scores_path(path: Path) -> None:
    """Refuse a name that does not say what kind of file it is.

    Raises:
        ValueError: If the name does not end in one of `SUFFIXES`.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"Cannot tell how to write {path}; name it {', '.join(SUFFIXES)}.")


def read_scores(path: str | Path) -> Scores:
    """Read what `write_scores` wrote.

    Args:
        path: ``.parquet``, ``.jsonl`` or ``.csv``, or the folder of shards that ``evalmuse score --out FOLDER`` wrote.

    Raises:
        ListError: If the file is missing, empty, damaged, or holds no scores.
    """
    path = Path(path)
    scores = read_table(path)
    if path.suffix.lower() == ".csv":
        scores = Scores(_read_numbers(scores.rows, path), scores.provenance)
    columns = set(scores.rows[0]) if scores.rows else set()
    missing = {"overall_score", "status"} - columns
    if missing:
        raise ListError(
            f"{path} has no column {' and '.join(sorted(missing))}, so it holds no scores; "
            "write them with `evalmuse score`."
        )
    return scores


def read_table(path: Path) -> Scores:
    """Read a table as it is; what is empty in CSV is None.

    Args:
        path: ``.parquet``, ``.jsonl`` or ``.csv``, or a folder of shards.

    Raises:
        ListError: If the file is missing, damaged, or of no such kind.
    """
    if path.is_dir():
        return _read_folder(path)
    if not path.is_file():
        raise ListError(f"There are no scores at {path}; write them with `evalmuse score LIST --out {path}`.")
    readers: dict[str, Callable[[Path], Scores]] = {
        ".parquet": _read_parquet,
        ".jsonl": _read_json_lines,
        ".csv": _read_csv,
    }
    if path.suffix.lower() not in readers:
        raise ListError(f"Cannot tell how to read {path}; expected a name that ends in {', '.join(SUFFIXES)}.")
    return readers[path.suffix.lower()](path)


def json_line(row: Mapping[str, Any]) -> str:
    """Spell one row as JSON, nan as null."""
    return json.dumps(plain(row), ensure_ascii=False, allow_nan=False)


def plain(value: Any) -> Any:
    """Replace what JSON does not know: nan by None, other values by their text.

    Args:
        value: Anything.
    """
    if isinstance(value, Mapping):
        return {_text(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, int | float | bool) else _text(str(value))


def _text(text: str) -> str:
    """Spell out half characters (lone surrogates), which UTF-8 cannot hold."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(key for row in rows for key in row))


def _provenance_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.provenance.json")


def _write_parquet(scores: Scores, path: Path) -> None:
    import pyarrow.parquet as pq

    from evalmuse_hf.scoring.score_tables import to_table

    rows = [plain(row) for row in scores.rows]
    table = to_table(rows, _columns(rows))
    pq.write_table(table.replace_schema_metadata(file_metadata(scores.provenance)), path)


def file_metadata(provenance: Mapping[str, Any]) -> dict[bytes, bytes]:
    """What a Parquet file of scores says of itself.

    Args:
        provenance: See `evalmuse_hf.scoring.provenance_of`.
    """
    return {METADATA_KEY: json.dumps({"format": FORMAT, **provenance}).encode()}


def _write_json_lines(scores: Scores, path: Path) -> None:
    path.write_text("".join(f"{json_line(row)}\n" for row in scores.rows), encoding="utf-8")


def _write_csv(scores: Scores, path: Path) -> None:
    rows = [plain(row) for row in scores.rows]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _columns(rows))
        writer.writeheader()
        for row in rows:
            writer.writerow(
                {
                    key: json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
                    for key, value in row.items()
                }
            )


def _read_folder(folder: Path) -> Scores:
    """Read the shards that a run left in a folder, in the order of their rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from evalmuse_hf.scoring.score_tables import gather, to_rows, unify

    files = sorted(folder.glob("part-*.parquet"))
    if not files:
        raise ListError(f"{folder} holds no scores; write them with `evalmuse score LIST --out {folder}`.")
    try:
        schemas = [pq.read_schema(file) for file in files]
        tables = list(gather(map(pq.read_table, files), unify(schemas), n_rows=1))
    except (pa.ArrowException, OSError) as error:
        raise ListError(
            f"A shard in {folder} is damaged ({error}); run the command that wrote them again, which mends it."
        ) from None
    metadata = schemas[0].metadata or {}
    rows = [row for table in tables for row in to_rows(table)]
    return Scores(rows, json.loads(metadata.get(METADATA_KEY, b"{}")))


def _read_parquet(path: Path) -> Scores:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from evalmuse_hf.scoring.score_tables import to_rows

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise ListError(f"{path} is not a Parquet file, or it is damaged ({error}).") from None
    metadata = table.schema.metadata or {}
    return Scores(to_rows(table), json.loads(metadata.get(METADATA_KEY, b"{}")))


def _read_json_lines(path: Path) -> Scores:
    try:
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    except ValueError as error:
        raise ListError(f"{path} is not JSON lines ({error}).") from None
    if not all(isinstance(row, dict) for row in rows):
        raise ListError(f"{path} is not JSON lines; every line must be one object.")
    return Scores(rows, _read_provenance(path))


def _read_csv(path: Path) -> Scores:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [{key: value or None for key, value in row.items()} for row in csv.DictReader(file)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ListError(f"{path} is not a CSV file ({error}).") from None
    return Scores(rows, _read_provenance(path))


def _read_numbers(rows: Sequence[Mapping[str, Any]], path: Path) -> list[dict[str, Any]]:
    """Make numbers and lists of the texts that a CSV file of ours holds."""
    read = []
    try:
        for row in rows:
            score = None if row.get("overall_score") is None else float(row["overall_score"])
            lists = {key: json.loads(row[key]) for key in ("elements", "prompt_answers") if row.get(key) is not None}
            read.append({"elements": [], **row, "overall_score": score, **lists})
    except (ValueError, TypeError) as error:
        raise ListError(f"{path} is not a CSV file of scores ({error}).") from None
    return read


def _read_provenance(path: Path) -> dict[str, Any]:
    beside = _provenance_path(path)
    return dict(json.loads(beside.read_text("utf-8"))) if beside.is_file() else {}
