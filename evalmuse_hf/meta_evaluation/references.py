"""Ratings and drawn truth in the place of scores, so that people and truth are judged by the same code as scorers.

The drawn truth is what `evalmuse_hf.mini.write_release` knows of its pictures. Judged as if it were a scorer, it gives
the ceiling: no scorer can be expected to agree better with noisy raters than the truth itself.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from evalmuse_hf.meta_evaluation.joining import Row
from evalmuse_hf.schema import Element

TRUTH_FILE = "drawn_truth.json"

Truth = Mapping[str, Any]


def read_drawn_truth(raw: str | Path) -> dict[str, Truth]:
    """Read what is true of the pictures of a drawn release.

    Args:
        raw: Folder of the release.

    Returns:
        For each ``image_path``: ``overall`` (1 to 5), ``elements`` (0 or 1 by released key), ``novel`` (whether the
        prompt holds a combination that training never shows).

    Raises:
        ValueError: If the folder has no such file.
    """
    path = Path(raw) / TRUTH_FILE
    if not path.is_file():
        raise ValueError(f"{raw} has no {TRUTH_FILE}; only a release that `evalmuse dataset mini` drew has one.")
    return dict(json.loads(path.read_text("utf-8")))


def ratings_as_scores(pairs: Iterable[Row]) -> list[Row]:
    """Rows of scores that hold the mean ratings of people.

    Args:
        pairs: Rows of a data set; see `evalmuse_hf.schema.pair_features`.

    >>> element = {"text": "a cat", "category": "animal/human", "score": 1.0}
    >>> pair = {"image_path": "SDXL/1.png", "prompt_id": "1", "prompt": "a cat", "generator": "SDXL",
    ...         "overall_score": 4.5, "elements": [element]}
    >>> row = ratings_as_scores([pair])[0]
    >>> row["overall_score"], row["elements"][0]["status"]
    (4.5, 'ok')
    """
    return [
        _score_row(pair, overall=pair["overall_score"], elements=[element["score"] for element in _elements(pair)])
        for pair in pairs
    ]


def truth_as_scores(pairs: Iterable[Row], truth: Mapping[str, Truth]) -> list[Row]:
    """Rows of scores that hold the drawn truth; pairs without a truth are left out.

    Args:
        pairs: Rows of a data set.
        truth: See `read_drawn_truth`.
    """
    return [
        _score_row(pair, overall=known["overall"], elements=_true_elements(pair, known))
        for pair in pairs
        if (known := truth.get(str(pair["image_path"]))) is not None
    ]


def truth_as_ratings(pairs: Iterable[Row], truth: Mapping[str, Truth]) -> list[Row]:
    """Rows of the data set with the drawn truth in the place of ratings; pairs without a truth are left out.

    Args:
        pairs: Rows of a data set.
        truth: See `read_drawn_truth`.
    """
    rows: list[Row] = []
    for pair in pairs:
        known = truth.get(str(pair["image_path"]))
        if known is not None:
            scores = zip(_elements(pair), _true_elements(pair, known), strict=True)
            elements = [{**element, "score": score} for element, score in scores]
            rows.append({**pair, "overall_score": known["overall"], "elements": elements})
    return rows


def _elements(pair: Row) -> list[Row]:
    return list(pair["elements"] or ())


def _true_elements(pair: Row, known: Truth) -> list[float | None]:
    """Truth of each element of a pair, in its order; None where the truth lacks it."""
    by_element: dict[tuple[str, str | None], float] = {}
    for key, holds in known["elements"].items():
        element = Element.parse(key)
        by_element[element.text, element.category] = float(holds)
    return [by_element.get((element["text"], element["category"])) for element in _elements(pair)]


def _score_row(pair: Row, *, overall: float | None, elements: list[float | None]) -> Row:
    scored = [
        {"text": element["text"], "category": element["category"], "score": score, "status": _status(score)}
        for element, score in zip(_elements(pair), elements, strict=True)
    ]
    named = {column: pair.get(column) for column in ("image_path", "prompt_id", "prompt", "generator")}
    return {**named, "overall_score": overall, "elements": scored, "status": _status(overall)}


def _status(score: float | None) -> str:
    return "ok" if score is not None else "not_rated"
