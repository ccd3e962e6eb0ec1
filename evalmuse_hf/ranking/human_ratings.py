"""Ratings that people gave to some of the scored pictures: reading them, and finding their pictures."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalmuse_hf.meta_evaluation.joining import KEY_COLUMNS
from evalmuse_hf.ranking.scored_pictures import ScoredPictures
from evalmuse_hf.schema import ALIGNMENT_SCALE

Row = Mapping[str, Any]

RATING_COLUMNS = ("rating", "overall_score", "value")
"""Columns that may hold the rating, in the order in which they are tried."""

RATER_COLUMN = "rater"


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanRating:
    """One rating of one picture.

    Attributes:
        picture: Path or id of the picture.
        rating: The overall rating.
        rater: Who gave it; None if unknown.
        prompt_id: Prompt of the picture; None if the file does not say.
        row: Number of the row, from 1.
    """

    picture: str
    rating: float
    rater: str | None
    prompt_id: str | None
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedRatings:
    """Ratings with their pictures.

    Attributes:
        means: Mean rating of each rated picture, by its place in the pictures.
        n_ratings: Ratings behind them.
        unknown: Rated pictures that were not among the scored ones.
        unscored: Rated pictures without a score.
    """

    means: Mapping[int, float]
    n_ratings: int
    unknown: tuple[str, ...] = ()
    unscored: tuple[str, ...] = ()


def read_human_ratings(path: str | Path, *, scale: tuple[float, float] = ALIGNMENT_SCALE) -> list[dict[str, Any]]:
    """Read a file of overall ratings.

    One row is one rating, or the mean of several. The table of ratings that ``evalmuse annotate export`` writes can be
    given as it is: of its rows, those with the target ``overall`` that count are read.

    Args:
        path: ``.csv``, ``.jsonl`` or ``.parquet`` with a column ``image_path``, ``image`` or ``id`` and a column
            ``rating``, ``overall_score`` or ``value``; optionally ``rater`` and ``prompt_id``.
        scale: Lowest and highest rating that can be right.

    Returns:
        Rows for `rank_generators`, with ``image_path``, ``rating``, and ``rater`` and ``prompt_id`` (None if unknown).

    Raises:
        ValueError: If the file is missing or damaged, lacks a column, holds something that is no number or off the
            scale, has no rating at all, or has two ratings of one picture by one rater.
    """
    from evalmuse_hf.scoring.scores import read_table

    path = Path(path)
    if not path.is_file():
        raise ValueError(
            f"There are no ratings at {path}; give a .csv, .jsonl or .parquet file with a row per rating."
        )
    return [
        {"image_path": one.picture, "rating": one.rating, "rater": one.rater, "prompt_id": one.prompt_id}
        for one in parse_ratings(read_table(path).rows, scale=scale, source=str(path))
    ]


def parse_ratings(
    rows: Iterable[Row], *, scale: tuple[float, float] = ALIGNMENT_SCALE, source: str = "The human ratings"
) -> tuple[HumanRating, ...]:
    """Check rows of ratings; those without a rating (None, nan, empty) are left out.

    Args:
        rows: See `read_human_ratings`.
        scale: Lowest and highest rating that can be right.
        source: What messages call the rows.

    Raises:
        ValueError: See `read_human_ratings`.

    >>> parse_ratings([{"image": "SDXL/1.png", "rating": "4"}])[0].rating
    4.0
    """
    require_scale(scale)
    listed = list(rows)
    columns = dict.fromkeys(column for row in listed for column in row)
    key = next((name for name in KEY_COLUMNS if name in columns), None)
    column = next((name for name in RATING_COLUMNS if name in columns), None)
    for found, wanted in ((key, KEY_COLUMNS), (column, RATING_COLUMNS)):
        if found is None:
            raise ValueError(
                f"{source}: expected a column {' or '.join(wanted)}, found {', '.join(columns) or 'none'}."
            )
    ratings: list[HumanRating] = []
    seen: dict[tuple[str, str], int] = {}
    for number, row in enumerate(listed, start=1):
        if row.get("target", "overall") != "overall" or row.get("standing", "counted") != "counted":
            continue
        place = f"{source}, row {number}"
        rating = _rating(row.get(str(column)), place, scale)
        if rating is None:
            continue
        if row.get(str(key)) is None:
            raise ValueError(f"{place}: the rating has no {key}; say which picture it is of.")
        texts = {name: None if row.get(name) is None else str(row[name]) for name in (RATER_COLUMN, "prompt_id")}
        one = HumanRating(picture=str(row[str(key)]), rating=rating, row=number, **texts)
        if one.rater is not None and (first := seen.setdefault((one.picture, one.rater), number)) != number:
            raise ValueError(
                f"{place}: {one.rater} has rated {one.picture} before, in row {first}; keep one of the two ratings."
            )
        ratings.append(one)
    if not ratings:
        raise ValueError(f"{source}: no row has a rating in column {column}; rate some pictures first.")
    return tuple(ratings)


def require_scale(scale: tuple[float, float]) -> None:
    """Refuse a scale that does not go up.

    Args:
        scale: Lowest and highest rating.

    Raises:
        ValueError: If the lowest is not below the highest, or one is no finite number.
    """
    low, high = scale
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(
            f"The scale of the human ratings goes from {low:g} to {high:g}; give the lowest rating, then the highest."
        )


def match_ratings(ratings: Sequence[HumanRating], pictures: ScoredPictures) -> MatchedRatings:
    """Find the scored picture of each rating, by path; several ratings of a picture are averaged.

    The paths may begin differently: ``SDXL/1.png`` is ``raw/images/SDXL/1.png``, whichever of the two was rated.

    Args:
        ratings: From `parse_ratings`.
        pictures: What was scored.

    Raises:
        ValueError: If no rated picture was scored, a rated path fits several pictures, rated paths that name different
            pictures fit one, a rater has rated one twice, or the two sides name different prompts for one picture.
    """
    index = _PathIndex(pictures, ratings)
    found: dict[int, list[float]] = {}
    names: dict[int, HumanRating] = {}
    raters: dict[tuple[int, str], HumanRating] = {}
    unknown: dict[str, None] = {}
    for one in ratings:
        place = index.find(one)
        if place is None:
            unknown[one.picture] = None
            continue
        named = pictures.rows[place].get("prompt_id")
        if one.prompt_id is not None and named is not None and str(named) != one.prompt_id:
            raise ValueError(
                f"Row {one.row} of the human ratings: {one.picture} was rated for prompt {one.prompt_id}, but scored "
                f"for prompt {named}; the two files do not belong together."
            )
        names[place] = _longer(names.get(place, one), one, pictures.rows[place])
        if one.rater is not None and (first := raters.setdefault((place, one.rater), one)) is not one:
            raise ValueError(
                f"Row {one.row} of the human ratings: {one.rater} has rated {one.picture} before, as {first.picture} "
                f"in row {first.row}; keep one of the two ratings."
            )
        found.setdefault(place, []).append(one.rating)
    if not found:
        example = next(str(pictures.rows[0][key]) for key in (*KEY_COLUMNS, "generator") if pictures.rows[0].get(key))
        raise ValueError(
            f"None of the {len(unknown)} rated pictures was scored: {ratings[0].picture} was rated, but the scores "
            f"name pictures like {example}."
        )
    scored = pictures.scored
    return MatchedRatings(
        means={place: float(sum(values) / len(values)) for place, values in found.items() if scored[place]},
        n_ratings=sum(len(values) for place, values in found.items() if scored[place]),
        unknown=tuple(unknown),
        unscored=tuple(_name(pictures.rows[place]) for place in found if not scored[place]),
    )


class _PathIndex:
    """Finds pictures by their path, or by the end of it."""

    def __init__(self, pictures: ScoredPictures, ratings: Iterable[HumanRating]) -> None:
        names = {_parts(one.picture)[-1] for one in ratings}
        self.whole: dict[str, set[int]] = {}
        self.ends: dict[str, set[int]] = {}
        for place, row in enumerate(pictures.rows):
            for value in (row[key] for key in KEY_COLUMNS if isinstance(row.get(key), str | int)):
                parts = _parts(str(value))
                if parts[-1] in names:
                    whole, *ends = _ends(parts)
                    self.whole.setdefault(whole, set()).add(place)
                    for end in ends:
                        self.ends.setdefault(end, set()).add(place)

    def find(self, one: HumanRating) -> int | None:
        """Place of the rated picture; None for a picture that was not scored."""
        whole, *ends = _ends(_parts(one.picture))
        places = self.whole.get(whole) or self.ends.get(whole) or set()
        if not places:
            places = next((self.whole[end] for end in ends if end in self.whole), set())
        if len(places) > 1:
            raise ValueError(
                f"Row {one.row} of the human ratings: {one.picture} fits {len(places)} scored pictures; give more of "
                "its path, such as the folder of the generator."
            )
        return next(iter(places), None)


def _longer(first: HumanRating, second: HumanRating, row: Row) -> HumanRating:
    """Whichever names one picture by more of its path; a name that is not the end of the other is another picture."""
    shorter, longer = sorted((first, second), key=lambda one: len(_parts(one.picture)))
    if "/".join(_parts(shorter.picture)) not in _ends(_parts(longer.picture)):
        raise ValueError(
            f"Rows {first.row} and {second.row} of the human ratings name different pictures, {first.picture} and "
            f"{second.picture}, but both fit only the scored picture {_name(row)}; give the scores the same paths."
        )
    return longer


def _parts(path: str) -> list[str]:
    """Folders and name."""
    return [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")] or [path]


def _ends(parts: Sequence[str]) -> list[str]:
    """The path, and what is left of it without its first, its first two, ... folders."""
    return ["/".join(parts[start:]) for start in range(len(parts))]


def _name(row: Row) -> str:
    return next(str(row[key]) for key in KEY_COLUMNS if row.get(key) is not None)


def _rating(value: Any, place: str, scale: tuple[float, float]) -> float | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        rating = float(value)
    except (TypeError, ValueError):
        raise ValueError(
            f"{place}: expected a number as rating, got {value!r}; correct it, or leave it empty."
        ) from None
    if math.isnan(rating):
        return None
    if not scale[0] <= rating <= scale[1]:
        raise ValueError(
            f"{place}: the rating {rating:g} is outside {scale[0]:g} to {scale[1]:g}; correct it, or bring all "
            "ratings to that scale."
        )
    return rating
