"""Ratings of a consistency study from two tables, so that anyone can compare two rounds without a store.

A table has a row per rating (``overall``) or a row per item with lists (``overall_ratings``, as a built data set).
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalmuse_hf.annotations.records import ANONYMOUS
from evalmuse_hf.meta_evaluation.studies.consistency_design import fingerprint_items
from evalmuse_hf.meta_evaluation.studies.consistency_ratings import FURTHER, NEW, OLD, StudyItem, StudyRating
from evalmuse_hf.prompts.tables import read_rows
from evalmuse_hf.schema import ALIGNMENT_SCALE, Element

_ITEM_COLUMNS = ("item", "image_path", "image")
_RATING_COLUMNS = ("overall_ratings", "ratings")
_LONGEST_QUOTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoTables:
    """What two tables hold.

    Attributes:
        items: Items that are in both, or in the one that was read.
        ratings: Their ratings.
        only_old: Items that only the first table has.
        only_new: Items that only the second one has.
        population: `fingerprint_items` of all items of the first table.
    """

    items: tuple[StudyItem, ...]
    ratings: tuple[StudyRating, ...]
    only_old: int = 0
    only_new: int = 0
    population: str = ""


@dataclass(frozen=True, slots=True)
class _Answers:
    """One row: an item, and for each of its ratings the overall value, the answers by element, and who."""

    item: StudyItem
    elements: tuple[str, ...]
    overall: tuple[float | None, ...]
    answers: tuple[tuple[int | None, ...], ...]  # per element, per rating
    raters: tuple[str | None, ...]
    guideline_version: str | None


def read_tables(old: Path, new: Path | None, *, first: int) -> TwoTables:
    """Read the ratings of two rounds.

    Args:
        old: CSV, TSV, JSON lines or Parquet with the columns ``item`` (or ``image_path``, ``image``) and ``overall``,
            or the list ``overall_ratings``; if known ``prompt_id``, ``rater`` (or the list ``rater_ids``),
            ``generator``, ``source``, ``synthetic_type``, ``guideline_version`` and ``elements``: a mapping of
            released keys to 1 or 0, or a list of objects with ``text``, ``category`` and ``value`` (or the list
            ``ratings``). Without ``prompt_id`` every item counts as a prompt of its own. A rater called ``anonymous``
            is nobody.
        new: Likewise, of the second round; None reads only one.
        first: Ratings of an item of the first round, in the order of the old table, whether they stand in a list or in
            rows; further ones are those of the range rule.

    Raises:
        ValueError: If a table cannot be read, or no item is in both.
    """
    before = _read(old, OLD, first=first)
    if new is None:
        old_items = tuple(before[0].values())
        return TwoTables(items=old_items, ratings=tuple(before[1]), population=fingerprint_items(old_items))
    after = _read(new, NEW, first=None)
    items, ratings = before
    both = [item for key, item in items.items() if key in after[0]]
    if not both:
        raise ValueError(
            f"No item of {new} is in {old}; both tables need the same names in the column item, image_path or image."
        )
    for item in both:
        again = after[0][item.key]
        if item.categories and again.categories and item.categories != again.categories:
            raise ValueError(
                f"The elements of {item.key!r} have other categories in {new} than in {old}, or stand in another "
                "order; give the same elements in the same order."
            )
    items_known = [item if item.categories else after[0][item.key] for item in both]
    return TwoTables(
        items=tuple(items_known),
        ratings=(*ratings, *after[1]),
        only_old=len(items) - len(both),
        only_new=len(after[0]) - len(both),
        population=fingerprint_items(tuple(items.values())),
    )


def _read(path: Path, phase: int, *, first: int | None) -> tuple[dict[str, StudyItem], list[StudyRating]]:
    items: dict[str, StudyItem] = {}
    elements: dict[str, tuple[str, ...]] = {}
    ratings: list[StudyRating] = []
    n_read: dict[str, int] = {}
    for row in read_rows(path):
        found = _read_row(row.values, row.place)
        key = found.item.key
        if key in elements and elements[key] != found.elements:
            raise ValueError(f"{row.place} has other elements than an earlier row of {key!r}; give the same ones.")
        items.setdefault(key, found.item)
        elements[key] = found.elements
        for number, overall in enumerate(found.overall):
            n_read[key] = n_read.get(key, 0) + 1
            further = first is not None and n_read[key] > first
            ratings.append(
                StudyRating(
                    item=key,
                    phase=FURTHER if further else phase,
                    overall=overall,
                    elements=tuple(answers[number] if number < len(answers) else None for answers in found.answers),
                    rater=found.raters[number] if number < len(found.raters) else None,
                    guideline_version=found.guideline_version,
                )
            )
    if not items:
        raise ValueError(f"{path} holds no ratings.")
    return items, ratings


def _read_row(values: Mapping[str, Any], place: str) -> _Answers:
    key = next((_text(values, name) for name in _ITEM_COLUMNS if _text(values, name)), None)
    if key is None:
        raise ValueError(f"{place} names no item; give a column {', '.join(_ITEM_COLUMNS)}.")
    listed = next((_parsed(values[name]) for name in _RATING_COLUMNS if _given(values.get(name))), None)
    if listed is not None and not isinstance(listed, Sequence):
        raise ValueError(f"{place} has {_quote(listed)} for ratings, expected a list of whole numbers.")
    overall = listed if listed is not None else [values.get("overall")]
    parsed, answers = _elements(values.get("elements"), place)
    raters = _parsed(values.get("rater_ids")) if listed is not None else [_text(values, "rater")]
    return _Answers(
        item=StudyItem(
            key=key,
            prompt_id=_text(values, "prompt_id") or key,
            generator=_text(values, "generator"),
            source=_text(values, "source"),
            synthetic_type=_text(values, "synthetic_type"),
            categories=tuple(element.category for element in parsed),
        ),
        elements=tuple(element.text for element in parsed),
        overall=tuple(_rating(value, place) for value in overall),
        answers=answers,
        raters=tuple(None if name is None or _is_anonymous(name) else str(name) for name in raters or ()),
        guideline_version=_text(values, "guideline_version"),
    )


def _elements(cell: Any, place: str) -> tuple[list[Element], tuple[tuple[int | None, ...], ...]]:
    cell = _parsed(cell)
    if not _given(cell):
        return [], ()
    try:
        if isinstance(cell, Mapping):
            pairs: Iterable[tuple[Element, Any]] = [(Element.read(key), value) for key, value in cell.items()]
        else:
            pairs = [
                (
                    Element.from_columns(one["text"], one.get("category"), one.get("raw_category")),
                    one["value"] if one.get("ratings") is None else one["ratings"],
                )
                for one in cell
            ]
        found = [(element, value if isinstance(value, Sequence) else [value]) for element, value in pairs]
    except (KeyError, TypeError, AttributeError):
        raise ValueError(
            f"{place} has {_quote(cell)} in the column 'elements', expected a mapping of element to 1 or 0, or a list "
            "of objects with text, category and value."
        ) from None
    return [element for element, _ in found], tuple(
        tuple(_answer(value, place) for value in values) for _, values in found
    )


def _rating(value: Any, place: str) -> float | None:
    number = _number(value, place, "overall")
    if number is not None and not ALIGNMENT_SCALE[0] <= number <= ALIGNMENT_SCALE[1]:
        raise ValueError(f"{place} has an overall rating of {number:g}, expected 1 to 5.")
    return number


def _answer(value: Any, place: str) -> int | None:
    number = _number(value, place, "elements")
    if number is not None and number not in (0, 1):
        raise ValueError(f"{place} has the answer {number:g} about an element, expected 1 or 0.")
    return None if number is None else int(number)


def _number(value: Any, place: str, column: str) -> float | None:
    if not _given(value):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.inf
    if math.isinf(number):
        raise ValueError(f"{place} has {_quote(value)} in the column {column!r}, expected a number.")
    return number


def _given(value: Any) -> bool:
    """Whether a cell holds something; an empty cell of CSV and nan do not."""
    return value is not None and value != "" and not (isinstance(value, float) and math.isnan(value))


def _is_anonymous(name: Any) -> bool:
    """Exports write this word for whoever is not named; many people share it."""
    return str(name).strip().casefold() in ("", ANONYMOUS)


def _text(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    if isinstance(value, Mapping):  # a picture with its bytes
        value = value.get("path")
    return str(value) if _given(value) else None


def _parsed(cell: Any) -> Any:
    """A cell of a table of texts may hold JSON."""
    if not isinstance(cell, str) or not cell:
        return cell
    try:
        return json.loads(cell)
    except ValueError:
        return cell


def _quote(value: Any) -> str:
    return repr(value)[:_LONGEST_QUOTE]
