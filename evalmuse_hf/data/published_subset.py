"""The part of EvalMuse-40K's true scores that can be had without the release: means, recovered from quotations.

The Apache-2.0 repository BUPT-COST-lab/EvalMuse_RFT holds rationales that quote the mean scores of 7,947 training
pairs. A JSON lines file of them (``img_path, prompt_id, model, total_score_mean, element_score_mean``) is read here
into the columns of ``pairs``; what the quotations do not hold (pictures, words of prompts, single ratings) is null.
"""

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evalmuse_hf.schema import ALIGNMENT_SCALE, ELEMENT_SCALE, Element

SOURCE = "BUPT-COST-lab/EvalMuse_RFT on GitHub (Apache-2.0)"

FIRST_SYNTHETIC = 1985
"""Prompts with a smaller number are real, the others synthetic."""

_FIELDS = ("img_path", "prompt_id", "model", "total_score_mean", "element_score_mean")


def read_published_subset(path: str | Path) -> Iterator[dict[str, Any]]:
    """Read the means as rows with the columns of `evalmuse_hf.schema.pair_features`, without ``image``.

    Args:
        path: The JSON lines file.

    Yields:
        One row per line that is not empty, in order. A prompt's source follows from its number.

    Raises:
        ValueError: If the file is not there, or a line does not hold the fields or has a mean off its scale.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"There is no file {str(path)!r}; give the JSON lines file of published means.")
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield _row(line, where=f"{path.name}, line {number}")


def _row(line: bytes, *, where: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where} is not JSON ({error}); give a JSON lines file of published means.") from error
    missing = [name for name in _FIELDS if not isinstance(record, Mapping) or name not in record]
    if missing:
        raise ValueError(
            f"{where} has no field {missing[0]!r}; expected the fields {', '.join(_FIELDS)} of published means."
        )
    elements = record["element_score_mean"]
    prompt_id = str(record["prompt_id"])
    if not isinstance(elements, Mapping) or not prompt_id.isdecimal():
        raise ValueError(f"{where}: expected a number as `prompt_id` and an object as `element_score_mean`.")
    return {
        "image_path": str(record["img_path"]),
        "prompt_id": prompt_id,
        "prompt": None,
        "source": "real" if int(prompt_id) < FIRST_SYNTHETIC else "synthetic",
        "synthetic_type": None,
        "generator": str(record["model"]),
        "generator_license": None,
        "overall_ratings": None,
        "overall_score": _mean(record["total_score_mean"], ALIGNMENT_SCALE, where=f"{where}, `total_score_mean`"),
        "prompt_variance": None,
        "elements": [_element(key, mean, where=f"{where}, element {key!r}") for key, mean in elements.items()],
        "prompt_meaningless": None,
        "split_confidence": None,
        "attribute_confidence": None,
        "fidelity_labels": None,
        "content_hash": None,
    }


def _element(key: str, mean: object, *, where: str) -> dict[str, Any]:
    try:
        element = Element.parse(key)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    return {
        "text": element.text,
        "category": element.category,
        "raw_category": element.raw_category,
        "ratings": None,
        "score": _mean(mean, ELEMENT_SCALE, where=where),
        "spans": None,
    }


def _mean(value: object, scale: tuple[float, float], *, where: str) -> float | None:
    if value is None:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not number or not scale[0] <= value <= scale[1]:  # type: ignore[operator]  # it is a number
        raise ValueError(f"{where}: expected a mean from {scale[0]:.0f} to {scale[1]:.0f}, got {value!r}.")
    return float(value)  # type: ignore[arg-type]
