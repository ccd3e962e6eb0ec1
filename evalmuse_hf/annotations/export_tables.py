"""The log of ratings as one long table: a row for each overall rating, and one for each answer to an element.

What is said once per rating (comment, structural problems, whether the prompt is meaningless or its split may be
wrong) stands on the overall row and is null on the others, so that nothing is counted twice.

In CSV a text that begins with ``=``, ``+``, ``-``, ``@`` (or their full-width forms), a tab or the end of a line gets
an apostrophe before it: a spreadsheet would take it for a formula and run it. Parquet and JSON lines hold every text
as it is.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.records import RatingRow, RoundRow, StoredItem
from evalmuse_hf.prompts.tables import write_rows, writing_whole
from evalmuse_hf.schema import Column, column_features

if TYPE_CHECKING:
    import datasets

ENDINGS = (".parquet", ".jsonl", ".csv")
"""Ends of the names of tables that are written."""

_BOX: Column = {side: "float64" for side in ("left", "top", "right", "bottom")}
COLUMNS: Mapping[str, Column] = {
    "rating_id": "int64",
    "assignment_id": "int64",
    "revision": "int64",
    "round": "string",
    "round_kind": "string",
    "item_id": "int64",
    "image_path": "string",
    "prompt_id": "string",
    "prompt": "string",
    "generator": "string",
    "rater": "string",
    "rated_at": "string",
    "duration_s": "float64",
    "client": "string",
    "guideline_version": "string",
    "standing": "string",
    "verdict": "string",
    "gold": "bool",
    "target": "string",
    "element_index": "int64",
    "element": "string",
    "category": "string",
    "value": "int64",
    "sure": "bool",
    "prompt_meaningless": "bool",
    "split_wrong": "bool",
    "problems": [{"label": "string", "box": _BOX}],
    "comment": "string",
}
"""Columns; ``rated_at`` is UTC in the form of ISO 8601, ``verdict`` is that of the last inspection, and ``value`` is 1
to 5 where ``target`` is ``"overall"``, and 1 (yes) or 0 (no) where it is ``"element"``."""

_FORMULA_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_ROWS_AT_ONCE = 10_000


def table_rows(
    rows: Iterable[RatingRow],
    items: Mapping[int, StoredItem],
    rounds: Iterable[RoundRow],
    *,
    name: Callable[[str], str] | None = None,
    comments: bool = True,
) -> Iterator[dict[str, Any]]:
    """Spell ratings as rows of the table.

    Args:
        rows: The ratings, whatever their standing.
        items: The items by number; every rated one is there.
        rounds: The rounds; every one of a rating is there.
        name: What to call a rater; None for the own name.
        comments: Whether comments are kept: free text may say who wrote it.

    Yields:
        The overall row of each rating, then a row for each element of the prompt.
    """
    names = {round_.round_id: round_.name for round_ in rounds}
    for row in rows:
        item = items[row.item_id]
        shared = {
            "rating_id": row.rating_id,
            "assignment_id": row.assignment_id,
            "revision": row.revision,
            "round": names[row.round_id],
            "round_kind": row.round_kind,
            "item_id": row.item_id,
            "image_path": item.image_path,
            "prompt_id": item.prompt.prompt_id,
            "prompt": item.prompt.text,
            "generator": item.generator,
            "rater": row.rater if name is None or row.rater is None else name(row.rater),
            "rated_at": spell_time(row.rated_at),
            "duration_s": row.duration_s,
            "client": row.client,
            "guideline_version": row.guideline_version,
            "standing": row.standing,
            "verdict": row.verdict,
            "gold": row.gold,
        }
        yield {**shared, **_overall(row, comments=comments)}
        answers = {answer.element_id: answer for answer in row.elements}
        for index, (element_id, element) in enumerate(zip(item.element_ids, item.prompt.elements, strict=True)):
            if (answer := answers.get(element_id)) is not None:
                yield {
                    **dict.fromkeys(COLUMNS),
                    **shared,
                    "target": "element",
                    "element_index": index,
                    "element": element.text,
                    "category": element.category,
                    "value": answer.value,
                    "sure": answer.sure,
                }


def _overall(row: RatingRow, *, comments: bool) -> dict[str, Any]:
    return {
        "target": "overall",
        "element_index": None,
        "element": None,
        "category": None,
        "value": row.overall,
        "sure": all(answer.sure for answer in row.elements),
        "prompt_meaningless": row.prompt_meaningless,
        "split_wrong": row.split_wrong,
        "problems": [
            {"label": problem.label, "box": None if box is None else {side: getattr(box, side) for side in _BOX}}
            for problem in row.problems
            for box in [problem.box]
        ],
        "comment": row.comment if comments else None,
    }


def spell_time(seconds: float) -> str:
    """Spell a time as ISO 8601 in UTC, with milliseconds.

    Args:
        seconds: Since 1970.

    >>> spell_time(1.5)
    '1970-01-01T00:00:01.500Z'
    """
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write_table(rows: Iterable[Mapping[str, Any]], path: Path) -> int:
    """Write the table to a file, row by row; the file appears when it is whole.

    Args:
        rows: From `table_rows`.
        path: A ``.parquet``, ``.jsonl`` or ``.csv`` file; an earlier one is replaced.

    Returns:
        How many rows were written.

    Raises:
        StoreError: If the name says no kind of table.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise StoreError(f"Cannot tell which kind of table {str(path)!r} is; name it {', '.join(ENDINGS)}.")
    if ending == ".jsonl":
        return write_rows(rows, path)
    return _write_parquet(rows, path) if ending == ".parquet" else _write_csv(rows, path)


def as_dataset(rows: Iterable[Mapping[str, Any]]) -> "datasets.Dataset":
    """The table as a `datasets.Dataset`.

    Args:
        rows: From `table_rows`.
    """
    from datasets import Dataset

    return Dataset.from_list([dict(row) for row in rows], features=column_features(COLUMNS))


def _write_parquet(rows: Iterable[Mapping[str, Any]], path: Path) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = column_features(COLUMNS).arrow_schema
    left = map(dict, rows)
    number = 0
    with writing_whole(path) as file, pq.ParquetWriter(file, schema) as writer:
        while block := list(islice(left, _ROWS_AT_ONCE)):
            writer.write_table(pa.Table.from_pylist(block, schema=schema))
            number += len(block)
    return number


def _write_csv(rows: Iterable[Mapping[str, Any]], path: Path) -> int:
    number = 0
    with writing_whole(path) as file:
        text = io.TextIOWrapper(file, "utf-8", errors="replace", newline="", write_through=True)
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow([spell_csv_cell(row[column]) for column in COLUMNS])
            number += 1
        text.detach()
    return number


def spell_csv_cell(value: Any) -> Any:
    """Spell a value for CSV: lists as JSON, and no text that a spreadsheet would run as a formula.

    Args:
        value: Of a cell.

    >>> [spell_csv_cell(value) for value in ("=1+1", "a cat", -1, True, None, [])]
    ["'=1+1", 'a cat', -1, 'true', '', '[]']
    """
    if value is None:
        return ""
    if isinstance(value, bool | list | dict):
        return json.dumps(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value
