"""Scores of pictures as tables of generators and prompts."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.meta_evaluation.joining import KEY_COLUMNS
from evalmuse_hf.schema import CATEGORIES, ELEMENT_SCALE
from evalmuse_hf.stats.sample import FloatArray, IntArray

Row = Mapping[str, Any]

_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class ScoredPictures:
    """Pictures of known generators, each once.

    Attributes:
        rows: The pictures, in the order given.
        generators: Their names, sorted.
        prompts: Prompts that occur, in order of first appearance.
        scores: Overall score of each picture, nan without one.
        generator_codes: Place of each picture's generator in ``generators``.
        prompt_codes: Place of each picture's prompt in ``prompts``.
        n_repeated: Rows left out because their picture had come before.
        n_anonymous: Rows left out because they name no generator.
    """

    rows: tuple[Row, ...]
    generators: tuple[str, ...]
    prompts: tuple[str, ...]
    scores: FloatArray
    generator_codes: IntArray
    prompt_codes: IntArray
    n_repeated: int = 0
    n_anonymous: int = 0

    @property
    def scored(self) -> NDArray[np.bool_]:
        """Whether each picture has a score."""
        return ~np.isnan(self.scores)


@dataclass(frozen=True, slots=True, eq=False)
class CellTable:
    """Means by generator and prompt.

    Attributes:
        means: Shape ``(generators, prompts)``; nan without anything to average.
        counts: How many numbers each mean is of.
    """

    means: FloatArray
    counts: FloatArray


def read_pictures(scores: Iterable[Row]) -> ScoredPictures:
    """Sort rows of scores into pictures, generators and prompts.

    Args:
        scores: Rows with ``generator``, ``overall_score``, ``prompt_id`` (or ``prompt``); the first of several rows of
            one picture counts, where rows name their picture.

    Raises:
        ValueError: If no row names a generator, a row names no prompt, rows of one picture name two generators or
            prompts, or a score is no finite number.
    """
    kept: dict[object, Row] = {}
    owners: dict[object, tuple[str, str]] = {}
    values, generators, prompts = [], [], []
    n_repeated = n_anonymous = 0
    for number, row in enumerate(scores, start=1):
        if _is_missing(row.get("generator")):
            n_anonymous += 1
            continue
        generator, prompt = str(row["generator"]), _prompt(row, number)
        picture = next((row[key] for key in KEY_COLUMNS if isinstance(row.get(key), str)), None)
        key = number if picture is None else picture
        if key in kept:
            _require_same(key, owners[key], (generator, prompt))
            n_repeated += 1
            continue
        owners[key] = generator, prompt
        kept[key] = row
        values.append(_score(row, number))
        generators.append(generator)
        prompts.append(prompt)
    if not kept:
        raise ValueError(
            "The scores name no generator; add a column generator to the list before it is scored (or name another "
            "column: `--generator-column NAME`)."
        )
    names, prompt_names = sorted(set(generators)), list(dict.fromkeys(prompts))
    places = {name: place for place, name in enumerate(names)}
    prompt_places = {name: place for place, name in enumerate(prompt_names)}
    return ScoredPictures(
        rows=tuple(kept.values()),
        generators=tuple(names),
        prompts=tuple(prompt_names),
        scores=np.asarray(values, dtype=np.float64),
        generator_codes=np.asarray([places[name] for name in generators], dtype=np.intp),
        prompt_codes=np.asarray([prompt_places[name] for name in prompts], dtype=np.intp),
        n_repeated=n_repeated,
        n_anonymous=n_anonymous,
    )


def overall_table(pictures: ScoredPictures) -> CellTable:
    """Mean overall score of each generator's scored pictures of each prompt."""
    scored = pictures.scored
    cells = pictures.generator_codes[scored] * len(pictures.prompts) + pictures.prompt_codes[scored]
    return _table(pictures, cells, pictures.scores[scored])


def category_tables(pictures: ScoredPictures) -> dict[str, CellTable]:
    """Mean element score of each generator's scored pictures of each prompt, by category.

    The categories of `evalmuse_hf.schema.CATEGORIES` come first, in their order, then others by name; those without
    a single scored element are left out. There are none if an element score is off its scale.

    Args:
        pictures: What was scored.
    """
    if element_off_scale(pictures) is not None:
        return {}
    cells: dict[str, list[int]] = {}
    values: dict[str, list[float]] = {}
    places = pictures.generator_codes * len(pictures.prompts) + pictures.prompt_codes
    for row, place, scored in zip(pictures.rows, places.tolist(), pictures.scored.tolist(), strict=True):
        for element in (row.get("elements") or ()) if scored else ():
            category, score = element.get("category"), element.get("score")
            if category is not None and score is not None and not math.isnan(score):
                cells.setdefault(category, []).append(place)
                values.setdefault(category, []).append(float(score))
    order = [*CATEGORIES, *sorted(set(cells) - set(CATEGORIES))]
    return {
        name: _table(pictures, np.asarray(cells[name], dtype=np.intp), np.asarray(values[name], dtype=np.float64))
        for name in order
        if name in cells
    }


def element_off_scale(pictures: ScoredPictures) -> float | None:
    """The first element score that is not in [0, 1]; None if all are.

    Args:
        pictures: What was scored.
    """
    low, high = ELEMENT_SCALE[0] - _ROUNDING, ELEMENT_SCALE[1] + _ROUNDING
    for row in pictures.rows:
        for element in row.get("elements") or ():
            score = element.get("score")
            if score is not None and (score < low or score > high):  # nan is neither
                return float(score)
    return None


def count_unscored(pictures: ScoredPictures) -> Counter[str]:
    """Pictures without a score, by generator."""
    return Counter(pictures.generators[code] for code in pictures.generator_codes[~pictures.scored].tolist())


def _table(pictures: ScoredPictures, cells: IntArray, values: FloatArray) -> CellTable:
    shape = len(pictures.generators), len(pictures.prompts)
    size = shape[0] * shape[1]
    counts = np.bincount(cells, minlength=size).reshape(shape).astype(np.float64)
    sums = np.bincount(cells, weights=values, minlength=size).reshape(shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        return CellTable(sums / counts, counts)


def _prompt(row: Row, number: int) -> str:
    name = next((row[key] for key in ("prompt_id", "prompt") if not _is_missing(row.get(key))), None)
    if name is None:
        raise ValueError(
            f"Row {number} of the scores names no prompt; generators are compared on the same prompts, so add a "
            "column prompt_id or prompt."
        )
    return str(name)


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _require_same(picture: object, first: tuple[str, str], second: tuple[str, str]) -> None:
    """Refuse rows of one picture that do not agree on whose it is."""
    for what, one, other in zip(("generators", "prompts"), first, second, strict=True):
        if one != other:
            raise ValueError(
                f"The scores have picture {picture} for two {what}, {one} and {other}; a path names one picture, so "
                "correct one of the rows, or remove it."
            )


def _score(row: Row, number: int) -> float:
    value = row.get("overall_score")
    if value is None:
        return float("nan")
    try:
        score = float(value)
    except (TypeError, ValueError):
        score = float("inf")
    if math.isinf(score):
        raise ValueError(
            f"Row {number} of the scores: expected a finite overall_score, got {value!r}; correct it, or leave it "
            "empty."
        )
    return score
