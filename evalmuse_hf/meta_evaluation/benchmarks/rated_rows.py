"""Rows of rated pictures and of shipped scores, checked where they enter, whatever file they come from."""

import json
import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalmuse_hf.data.json_records import iterate_records
from evalmuse_hf.data.tables import read_table
from evalmuse_hf.meta_evaluation.rated_data import UNKNOWN_GENERATOR, Row
from evalmuse_hf.schema import PAIR_COLUMNS

NOT_SCORED = "not_scored"

N_NAMED = 5  # things that a note names of each kind; the rest is counted


def rated_row(
    *,
    image_path: str,
    prompt_id: str,
    prompt: str | None,
    generator: str,
    overall_score: float | None = None,
    overall_ratings: Sequence[int] | None = None,
    elements: Sequence[Row] = (),
) -> Row:
    """A row with the columns of `evalmuse_hf.schema.pair_features` but for ``image``; what is not known is None.

    Args:
        image_path: Key of the picture.
        prompt_id: Label that the pictures of one prompt share.
        prompt: Its words.
        generator: What drew the picture; empty is `UNKNOWN_GENERATOR`.
        overall_score: Mean overall rating; None takes that of ``overall_ratings``.
        overall_ratings: One per rater.
        elements: Elements with ``text, category, raw_category, ratings, score, spans``.

    >>> row = rated_row(image_path="1.png", prompt_id="1", prompt="a cat", generator="A", overall_ratings=[4, 5])
    >>> row["overall_score"], row["source"]
    (4.5, None)
    """
    ratings = list(overall_ratings) if overall_ratings else None
    if overall_score is None and ratings:
        overall_score = sum(ratings) / len(ratings)
    known = {
        "image_path": image_path,
        "prompt_id": prompt_id,
        "prompt": prompt,
        "generator": generator or UNKNOWN_GENERATOR,
        "overall_ratings": ratings,
        "overall_score": overall_score,
        "elements": [dict(element) for element in elements],
    }
    return {**{column: None for column in PAIR_COLUMNS if column != "image"}, **known}


def score_row(image_path: str, score: float | None) -> Row:
    """A row of scores, as `evalmuse_hf.meta_evaluation.evaluate_scores` takes it.

    Args:
        image_path: Key of the picture.
        score: Its score; None if it has none.

    >>> score_row("1.png", None)["status"]
    'not_scored'
    """
    status = NOT_SCORED if score is None else "ok"
    return {"image_path": image_path, "overall_score": score, "elements": [], "status": status}


def finite_number(value: object, what: str) -> float | None:
    """A number; None for nothing, an empty text or nan.

    Args:
        value: As the file has it.
        what: What messages call it.

    Raises:
        ValueError: If it is no number, or infinite.

    >>> finite_number("3.5", "the rating"), finite_number("", "the rating")
    (3.5, None)
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        number = float("inf") if isinstance(value, bool) else float(value)  # type: ignore[arg-type]  # or an error
    except (TypeError, ValueError):
        number = float("inf")
    if math.isinf(number):
        raise ValueError(f"{what} is {value!r}, expected a number; correct it, or leave it empty.")
    return None if math.isnan(number) else number


def rating_on(value: object, scale: tuple[float, float], what: str) -> float | None:
    """A rating that is on its scale; None for nothing.

    Args:
        value: As the file has it.
        scale: Lowest and highest rating.
        what: What messages call it.

    Raises:
        ValueError: If it is no number, or off the scale.
    """
    number = finite_number(value, what)
    if number is not None and not scale[0] <= number <= scale[1]:
        raise ValueError(
            f"{what} is {value!r}, off the scale of {scale[0]:g} to {scale[1]:g}; correct it, or leave it empty."
        )
    return number


def whole_ratings(values: Iterable[object], scale: tuple[float, float], what: str) -> list[int]:
    """Single ratings: whole numbers on their scale; nothings are left out.

    Args:
        values: As the file has them.
        scale: Lowest and highest rating.
        what: What messages call each of them.

    Raises:
        ValueError: If one is no whole number, or off the scale.
    """
    ratings = []
    for value in values:
        number = rating_on(value, scale, what)
        if number is not None:
            if number != int(number):
                raise ValueError(f"{what} is {value!r}, expected a whole number; give means as one overall score.")
            ratings.append(int(number))
    return ratings


def one_row_per_picture(rows: Iterable[Row], *, where: str) -> tuple[Row, ...]:
    """The rows, if no picture has two.

    Args:
        rows: Rated rows.
        where: Name of the file, for messages.

    Raises:
        ValueError: If there is no row, or a picture has two, naming it.
    """
    by_path: dict[str, Row] = {}
    for row in rows:
        path = str(row["image_path"])
        other = by_path.setdefault(path, row)
        if other is not row:
            _refuse_second(other, row, where)
    if not by_path:
        raise ValueError(f"{where} holds no rated picture; give the file that holds the ratings.")
    return tuple(by_path.values())


def _refuse_second(first: Row, second: Row, where: str) -> None:
    path = first["image_path"]
    for column in ("prompt", "prompt_id"):
        if first.get(column) != second.get(column):
            raise ValueError(
                f"{where} rates picture {path!r} for two prompts, {first[column]!r} and {second[column]!r}; a key "
                "names one picture of one prompt, so give them different keys, or remove one."
            )
    raise ValueError(f"{where} has picture {path!r} twice; keys must be unique, so remove one of the two.")


def require_columns(columns: Collection[str], wanted: Iterable[str], *, where: str) -> None:
    """Refuse a table that lacks a column.

    Args:
        columns: Those that there are.
        wanted: Those that are needed.
        where: Name of the file, for messages.

    Raises:
        ValueError: If one is missing.
    """
    missing = [name for name in wanted if name not in columns]
    if missing:
        raise ValueError(
            f"{where} lacks the column {', '.join(map(repr, missing))}; it has {', '.join(columns) or 'none'}."
        )


def table_rows(path: Path, wanted: Iterable[str] = ()) -> list[Mapping[str, Any]]:
    """All rows of a CSV, JSON lines or Parquet file.

    Args:
        path: The file.
        wanted: Columns that at least one row must have.

    Raises:
        ValueError: If the file or a row of it cannot be read or there is no row, or a column is missing.
    """
    _require_file(path)
    rows = []
    for row in read_table(path):
        if row.problem is not None:
            raise ValueError(f"{path.name} cannot be read as a whole: {row.problem}")
        rows.append(row.values)
    if not rows:
        raise ValueError(f"{path.name} holds no rows; give the file that holds the ratings.")
    columns = list(dict.fromkeys(column for row in rows for column in row))
    require_columns(columns, wanted, where=path.name)
    return rows


def json_objects(path: Path, wanted: Iterable[str] = ()) -> dict[str, Mapping[str, Any]]:
    """Records of a JSON file that is an object of objects, by name.

    Args:
        path: The file.
        wanted: Fields that every record must have.

    Raises:
        ValueError: If the file cannot be read, is of another form, names a record twice, or a record lacks a field.
    """
    _require_file(path)
    records: dict[str, Mapping[str, Any]] = {}
    for placed in iterate_records(path):
        if placed.key is None or not isinstance(placed.record, Mapping):
            raise ValueError(f"{path.name} is no JSON object of objects; give the file as it was published.")
        if placed.key in records:
            raise ValueError(f"{path.name} has the key {placed.key!r} twice; keys must be unique, so remove one.")
        missing = [name for name in wanted if name not in placed.record]
        if missing:
            raise ValueError(f"{path.name}, {placed.key!r}, lacks the field {missing[0]!r}; correct the record.")
        records[placed.key] = placed.record
    return records


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise ValueError(f"There is no file {str(path)!r}; give the path of the ratings.")


def unknown_generators(rows: Iterable[Row], published: Collection[str]) -> tuple[str, ...]:
    """A note on the generators that a data set should not have, if there are any.

    Args:
        rows: Rated rows.
        published: Generators that it was published with.

    >>> unknown_generators([{"generator": "A"}, {"generator": "B"}], ["A"])
    ('1 picture is of a generator that was not published with this data set: B (1).',)
    """
    others = Counter(str(row["generator"]) for row in rows if row["generator"] not in published)
    if not others:
        return ()
    n = others.total()
    subject = "1 picture is" if n == 1 else f"{n:,} pictures are"
    names = named([f"{name} ({count:,})" for name, count in others.most_common()])
    return (f"{subject} of a generator that was not published with this data set: {names}.",)


def named(things: Sequence[str]) -> str:
    """The first of some things, and how many more there are.

    Args:
        things: Their names.

    >>> named(["a", "b", "c", "d", "e", "f", "g"])
    'a, b, c, d, e and 2 more'
    """
    first = ", ".join(things[:N_NAMED])
    return first if len(things) <= N_NAMED else f"{first} and {len(things) - N_NAMED:,} more"


def rating_list(value: object) -> list[object]:
    """Single ratings in a cell: a list, JSON, or numbers apart from each other by spaces, commas or semicolons.

    Args:
        value: As the file has it.

    >>> rating_list("4; 5"), rating_list("[4, 5]"), rating_list(None)
    (['4', '5'], [4, 5], [])
    """
    if isinstance(value, str):
        if value.strip().startswith("["):
            try:
                return list(json.loads(value))
            except ValueError:
                return [value]
        return [*value.replace(",", " ").replace(";", " ").split()]
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return []
    return list(value) if isinstance(value, Sequence) else [value]
