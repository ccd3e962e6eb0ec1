"""People's own ratings in a CSV, JSON lines or Parquet file: a row per picture, or a row per rating."""

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalmuse_hf.data.identity import prompt_identity
from evalmuse_hf.meta_evaluation.benchmarks.rated_rows import (
    finite_number,
    one_row_per_picture,
    rated_row,
    rating_list,
    rating_on,
    require_columns,
    score_row,
    table_rows,
)
from evalmuse_hf.meta_evaluation.rated_data import UNKNOWN_GENERATOR, DataFacts, RatedData, Row, known_generator
from evalmuse_hf.schema import ALIGNMENT_SCALE, ELEMENT_SCALE, Element

KEY_COLUMNS = ("image_path", "image", "id", "filename", "name")
LIST_COLUMNS = ("overall_ratings", "ratings")
MEAN_COLUMNS = ("overall_score", "rating", "human_score")
RATER_COLUMNS = ("rater_id", "rater", "worker_id", "annotator")
RATERS_COLUMN = "rater_ids"  # of all ratings of a picture, as in lists that become a data set

_LIST_EXAMPLE = '{"a red cat (animal)": [1, 0, 1]}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What the columns of a table hold.

    Attributes:
        key: The picture.
        rating: The overall rating, or all of them.
        rater: Who gave it; None for a table with a row per picture.
        scale: Lowest and highest rating.
        lower_is_better: Whether the scale is turned over.
    """

    key: str
    rating: str
    rater: str | None
    scale: tuple[float, float]
    lower_is_better: bool

    def rating_of(self, value: object, what: str) -> float | None:
        """A rating that is on the scale, with the higher the better.

        Args:
            value: As the table has it.
            what: What messages call it.
        """
        number = finite_number(value, what)
        if number is None:
            return None
        low, high = self.scale
        if not low <= number <= high:
            raise ValueError(
                f"{what} is {value!r}, off the scale of {low:g} to {high:g}; correct it, or name the scale of the "
                "ratings (`--scale LOW HIGH`, or scale=(low, high) in Python)."
            )
        return low + high - number if self.lower_is_better else number


def read_own_csv(
    path: Path,
    *,
    split: str | None = None,
    key_column: str | None = None,
    rating_column: str | None = None,
    scale: tuple[float, float] = ALIGNMENT_SCALE,
    lower_is_better: bool = False,
    score_columns: Mapping[str, str] | Sequence[str] = (),
) -> RatedData:
    """Read a table of ratings; pictures are not looked at.

    Args:
        path: ``.csv``, ``.jsonl``, ``.ndjson`` or ``.parquet``. Columns: the key (`KEY_COLUMNS`), ``prompt`` or
            ``prompt_id`` or both, the ratings (`LIST_COLUMNS`: all of a picture, such as ``4;5;4``; `MEAN_COLUMNS`:
            one number), and, as far as they are known, ``generator``, ``source``, ``synthetic_type``, ``elements``
            (JSON such as ``{"a red cat (animal)": [1, 0, 1]}``) and ``rater_ids`` (who gave each of the ratings of a
            list). With one of `RATER_COLUMNS` every row is one rating.
        split: Rows to keep, of a table that has a column ``split``; None keeps all.
        key_column: Column with the key; None takes the first of `KEY_COLUMNS` that there is.
        rating_column: Column with the ratings; None takes the first of `LIST_COLUMNS` and `MEAN_COLUMNS`.
        scale: Lowest and highest rating.
        lower_is_better: Turn the scale over, so that a higher score means a better picture.
        score_columns: Columns with scores of programs, or the column of each name; higher must be better.

    Returns:
        One row per picture. ``prompt_id`` falls back on the words of the prompt, whatever their case.

    Raises:
        ValueError: If the file or a row cannot be read, a column is missing, a rating is off the scale, or a picture
            comes twice, twice from one rater, or for two prompts.
    """
    table = _of_split(table_rows(path), split, where=path.name)
    present = list(dict.fromkeys(column for row in table for column in row))
    columns = _columns(present, key_column, rating_column, scale, lower_is_better, where=path.name)
    named = dict(score_columns) if isinstance(score_columns, Mapping) else {name: name for name in score_columns}
    require_columns(present, named.values(), where=path.name)
    by_picture: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in table:
        key = str(row.get(columns.key) or "").strip()
        if not key:
            raise ValueError(f"{path.name} has a row without {columns.key!r}, whose prompt is {row.get('prompt')!r}.")
        by_picture[key].append(row)
    rated = [_rated(key, members, columns, path.name) for key, members in by_picture.items()]
    rows = one_row_per_picture([row for row, _ in rated], where=path.name)
    return RatedData(
        facts=_facts(path, columns, rows, named=any(raters for _, raters in rated)),
        rows=rows,
        scores={name: _scores(by_picture, column, path.name) for name, column in named.items()},
        raters={str(row["image_path"]): raters for row, raters in rated if raters},
    )


def _of_split(table: list[Mapping[str, Any]], split: str | None, *, where: str) -> list[Mapping[str, Any]]:
    """Rows of a split; all of them if the table has none."""
    splits = list(dict.fromkeys(_text(row, "split") for row in table))
    if split is None or splits in ([], [None]):
        return table
    kept = [row for row in table if _text(row, "split") == split]
    if not kept:
        known = " and ".join(repr(name) for name in splits if name is not None)
        raise ValueError(f"{where} has no row of the split {split!r}; its column `split` has {known}.")
    return kept


def _columns(
    present: Sequence[str],
    key_column: str | None,
    rating_column: str | None,
    scale: tuple[float, float],
    lower_is_better: bool,
    *,
    where: str,
) -> Columns:
    low, high = scale
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"`scale` is {scale!r}, expected the lowest and the highest rating, such as (1, 5).")
    key = key_column or _first(KEY_COLUMNS, present, "the key of the picture", where)
    rating = rating_column or _first((*LIST_COLUMNS, *MEAN_COLUMNS), present, "the rating", where)
    require_columns(present, (key, rating), where=where)
    if "prompt" not in present and "prompt_id" not in present:
        raise ValueError(
            f"{where} has neither `prompt` nor `prompt_id`; it has {', '.join(present)}. Pictures of one prompt are "
            "drawn together, so one of the two is needed."
        )
    rater = next((name for name in RATER_COLUMNS if name in present), None)
    return Columns(key=key, rating=rating, rater=rater, scale=(low, high), lower_is_better=lower_is_better)


def _first(names: Sequence[str], present: Sequence[str], what: str, where: str) -> str:
    found = next((name for name in names if name in present), None)
    if found is None:
        raise ValueError(
            f"{where} has no column with {what}; expected one of {', '.join(names)}, it has "
            f"{', '.join(present) or 'none'}."
        )
    return found


def _rated(
    key: str, members: Sequence[Mapping[str, Any]], columns: Columns, where: str
) -> tuple[Row, tuple[str, ...]]:
    """The row of a picture, and its raters where they are known."""
    first = members[0]
    for column in ("prompt", "prompt_id", "generator"):
        values = list(dict.fromkeys(_text(row, column) for row in members))
        if len(values) > 1:
            what = "generators" if column == "generator" else "prompts"
            raise ValueError(
                f"{where} rates picture {key!r} for two {what}, {values[0]!r} and {values[1]!r}; a key names one "
                "picture of one prompt, so give them different keys, or remove one."
            )
    ratings = _ratings(key, members, columns, where)
    single = columns.rater is not None or columns.rating in LIST_COLUMNS
    mean = None if single else next(iter(ratings.values()), None)
    if single and not ratings:
        mean = columns.rating_of(first.get(MEAN_COLUMNS[0]), f"{where}: the overall score of picture {key!r}")
    prompt, prompt_id = _text(first, "prompt"), _text(first, "prompt_id")
    if prompt is None and prompt_id is None:
        raise ValueError(
            f"{where} names neither `prompt` nor `prompt_id` for picture {key!r}; pictures of one prompt are drawn "
            "together, so give one of the two."
        )
    row = rated_row(
        image_path=key,
        prompt_id=prompt_id or prompt_identity(prompt or ""),
        prompt=prompt,
        generator=_text(first, "generator") or UNKNOWN_GENERATOR,
        overall_score=mean,
        overall_ratings=[_whole(rating) for rating in ratings.values()] if single else None,
        elements=_elements(first.get("elements"), f"{where}: `elements` of picture {key!r}"),
    )
    known = {column: _text(first, column) for column in ("source", "synthetic_type")}
    named = columns.rater is not None or _text(first, RATERS_COLUMN) is not None
    return {**row, **known}, tuple(ratings) if single and named else ()


def _ratings(key: str, members: Sequence[Mapping[str, Any]], columns: Columns, where: str) -> dict[str, float]:
    """Ratings by rater, or by a place that means nothing."""
    what = f"{where}: a rating of picture {key!r}"
    if columns.rater is None:
        if len(members) > 1:
            raise ValueError(
                f"{where} has picture {key!r} in {len(members)} rows; keep one, or name who rated in a column "
                f"{RATER_COLUMNS[0]!r} if every row is a rating."
            )
        cell = members[0].get(columns.rating)
        values = rating_list(cell) if columns.rating in LIST_COLUMNS else [cell]
        names = [str(name) for name in rating_list(members[0].get(RATERS_COLUMN))]
        if names and columns.rating in LIST_COLUMNS and (len(names) != len(values) or len({*names}) < len(names)):
            raise ValueError(
                f"{where}: picture {key!r} has {len(values)} ratings by {names}; name one rater for each, "
                "all different."
            )
        numbers = [columns.rating_of(value, what) for value in values]
        labels = names or [str(place) for place in range(len(numbers))]
        return {name: number for name, number in zip(labels, numbers, strict=False) if number is not None}
    ratings: dict[str, float] = {}
    for row in members:
        rater = _text(row, columns.rater)
        if rater is None:
            raise ValueError(f"{what} has no {columns.rater!r}; name who gave it.")
        number = columns.rating_of(row.get(columns.rating), f"{what} by {rater}")
        if rater in ratings:
            raise ValueError(f"{what} by {rater} stands there twice; keep one of the two.")
        if number is not None:
            ratings[rater] = number
    return ratings


def _text(row: Mapping[str, Any], column: str) -> str | None:
    value = row.get(column)
    missing = value is None or (isinstance(value, float) and math.isnan(value)) or not str(value).strip()
    return None if missing else str(value).strip()


def _whole(number: float) -> int:
    """The number as it is, but whole ones as the whole numbers that they are."""
    return int(number) if number == int(number) else number  # type: ignore[return-value]  # also 3.5 may be rated


def _elements(value: object, what: str) -> list[Row]:
    """Elements in JSON, by released key or as objects with ``text, category, score`` or ``ratings``."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return []
    try:
        given = json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError(f"{what} is not JSON ({error}); expected {_LIST_EXAMPLE}.") from error
    if isinstance(given, Mapping):
        items = [(Element.read(str(key)), score) for key, score in given.items()]
    elif isinstance(given, Sequence) and all(isinstance(item, Mapping) and item.get("text") for item in given):
        items = [
            (Element.from_columns(str(item["text"]), item.get("category")), item.get("ratings", item.get("score")))
            for item in given
        ]
    else:
        raise ValueError(f"{what} is {str(given)[:60]!r}, expected {_LIST_EXAMPLE}.")
    return [_element(element, score, f"{what}, {element.text!r},") for element, score in items]


def _element(element: Element, given: object, what: str) -> Row:
    several = isinstance(given, list | tuple)
    values = given if isinstance(given, list | tuple) else [given]
    numbers = [number for value in values if (number := rating_on(value, ELEMENT_SCALE, what)) is not None]
    broken = next((number for number in numbers if several and number not in ELEMENT_SCALE), None)
    if broken is not None:
        raise ValueError(
            f"{what} has the rating {broken:g}, expected 0 or 1 from each rater; give a share as one number, without "
            "the brackets."
        )
    return {
        "text": element.text,
        "category": element.category,
        "raw_category": element.raw_category,
        "ratings": [int(number) for number in numbers] if several else None,
        "score": sum(numbers) / len(numbers) if numbers else None,
        "spans": None,
    }


def _scores(by_picture: Mapping[str, Sequence[Mapping[str, Any]]], column: str, where: str) -> tuple[Row, ...]:
    rows = []
    for key, members in by_picture.items():
        what = f"{where}: `{column}` of picture {key!r}"
        numbers = list(dict.fromkeys(finite_number(row.get(column), what) for row in members))
        if len(numbers) > 1:
            raise ValueError(f"{what} is {numbers[0]} in one row and {numbers[1]} in another; correct one of the two.")
        rows.append(score_row(key, numbers[0]))
    return tuple(rows)


def _facts(path: Path, columns: Columns, rows: Sequence[Row], *, named: bool) -> DataFacts:
    single = columns.rater is not None or columns.rating in LIST_COLUMNS
    who = "named raters" if named else "raters without names"
    turned = ", turned over so that higher is better" if columns.lower_is_better else ""
    given = f"plain mean of the ratings of {who}" if single else f"the number in column `{columns.rating}`"
    nameless = sum(known_generator(row) is None for row in rows)
    unrated = [str(row["image_path"]) for row in rows if row["overall_score"] is None]
    notes = []
    if nameless:
        notes.append(f"{nameless:,} of {len(rows):,} pictures have no generator, so nothing is said of generators.")
    if unrated:
        notes.append(f"{len(unrated):,} of {len(rows):,} pictures have no rating, the first is {unrated[0]}.")
    return DataFacts(
        name=path.stem,
        title=path.stem,
        source=f"file {path.name}",
        rating_scale=columns.scale,
        aggregation=given + turned,
        element_ratings=any(element["score"] is not None for row in rows for element in row["elements"]),
        notes=tuple(notes),
    )
