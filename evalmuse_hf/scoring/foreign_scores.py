"""Scores that another program wrote: a file with a key and a number in each row."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalmuse_hf.scoring.lists import ListError
from evalmuse_hf.scoring.scores import Scores, read_table

KEY_COLUMNS = ("image_path", "image", "id")
NOT_SCORED = "not_scored"


def read_foreign_scores(
    path: str | Path,
    *,
    score_column: str = "overall_score",
    key_column: str | None = None,
    lower_is_better: bool = False,
) -> Scores:
    """Read scores of a program that knows nothing of this package.

    Args:
        path: ``.parquet``, ``.jsonl`` or ``.csv`` with one row per picture. A column ``prompt`` is compared with that
            of the data set, ``elements`` may hold mappings with ``text``, ``score`` in [0, 1] and ``category`` (JSON
            in CSV), and ``status`` is kept.
        score_column: Column with the score, on any scale.
        key_column: Column with the path of the picture; None takes the first of `KEY_COLUMNS` that there is.
        lower_is_better: Change the sign, so that a higher score means a better picture.

    Returns:
        Rows with ``image_path``, ``overall_score`` (None where the file has none, or nan), ``elements`` and
        ``status``, and the prompt if there is one.

    Raises:
        ListError: If the file is missing, damaged or without rows, lacks a column, or holds something
            that is no number.
    """
    path = Path(path)
    if not path.exists():
        raise ListError(f"There is no file {str(path)!r}; give the path of the scores.")
    table = read_table(path)
    if not table.rows:
        raise ListError(f"{path} holds no rows; give the file that holds the scores, with one row per picture.")
    columns = list(dict.fromkeys(column for row in table.rows for column in row))
    key = key_column or next((column for column in KEY_COLUMNS if column in columns), None)
    for name, option in ((score_column, "--score-column"), (key, "--key-column")):
        if name not in columns:
            wanted = f"column {name!r}" if name else f"column {' or '.join(KEY_COLUMNS)}"
            raise ListError(f"{path} has no {wanted}; name one of {', '.join(columns)} by {option}.")
    sign = -1.0 if lower_is_better else 1.0
    rows = [
        _read_row(row, f"{path}, row {number}", str(key), score_column, sign)
        for number, row in enumerate(table.rows, start=1)
    ]
    source = {"file": str(path), "score_column": score_column, "lower_is_better": lower_is_better}
    return Scores(rows, {"scorer": f"{path.stem}:{score_column}", **table.provenance, "foreign": source})


def _read_row(row: Mapping[str, Any], place: str, key: str, score_column: str, sign: float) -> dict[str, Any]:
    number = _number(row.get(score_column), f"{place}, {score_column}")
    score = None if number is None else sign * number
    kept = {"prompt": row["prompt"]} if row.get("prompt") is not None else {}
    return {
        "image_path": None if row.get(key) is None else str(row[key]),
        **kept,
        "overall_score": score,
        "elements": _read_elements(row.get("elements"), place),
        "status": str(row.get("status") or ("ok" if score is not None else NOT_SCORED)),
    }


def _number(value: Any, place: str) -> float | None:
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ListError(f"{place}: expected a number, got {value!r}; correct it, or leave it empty.") from None
    if math.isinf(number):
        raise ListError(f"{place}: expected a finite number, got {value!r}; correct it, or leave it empty.")
    return None if math.isnan(number) else number


def _read_elements(value: Any, place: str) -> list[dict[str, Any]]:
    try:
        listed = json.loads(value) if isinstance(value, str) else list(value or [])
    except (TypeError, ValueError):
        listed = None
    if not isinstance(listed, list) or not all(isinstance(item, Mapping) and "text" in item for item in listed):
        raise ListError(f"{place}, elements: expected a list of objects with text and score, got {value!r}.")
    elements = []
    for item in listed:
        score = _number(item.get("score"), f"{place}, element {item['text']!r}")
        status = str(item.get("status") or ("ok" if score is not None else NOT_SCORED))
        category = {} if item.get("category") is None else {"category": str(item["category"])}
        elements.append({"text": str(item["text"]), **category, "score": score, "status": status})
    return elements
