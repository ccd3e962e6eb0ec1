"""Scores of the NTIRE 2025 challenge on text-to-image quality assessment, track 1 (alignment)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from evalmuse_hf.stats.classification import element_accuracy
from evalmuse_hf.stats.correlation import plcc, srcc
from evalmuse_hf.stats.results import NtireTrack1Result
from evalmuse_hf.stats.sample import require_choice

Record = Mapping[str, Any]

SRCC_WEIGHT, PLCC_WEIGHT, ACCURACY_WEIGHT = 0.25, 0.25, 0.5


def ntire_track1(
    *, predictions: Sequence[Record], references: Sequence[Record], compat: Literal["official"] | None = "official"
) -> NtireTrack1Result:
    """Score a submission to track 1 of NTIRE 2025: ``0.25 SRCC + 0.25 PLCC + 0.5 element accuracy``.

    Records are joined by ``img_path``, in any order. Predicted pictures without a reference are not used and counted;
    predicted elements without a reference are not used. A reference without elements counts for the correlations only.

    Args:
        predictions: Records ``{"img_path", "total_score", "element_score": {element: score}}`` with overall scores on
            1-5 and element scores in [0, 1].
        references: The same with mean human ratings.
        compat: ``"official"``, the default because this is a challenge's own score, fits the logistic map of PLCC
            from the references to the predictions, as the organisers' script does; None fits predictions to
            references.

    Returns:
        The three scores and their weighted sum, higher is better.

    Raises:
        ValueError: If a picture is missing or given twice, or an element or a number is missing.

    References:
        The evaluation script of the NTIRE 2025 challenge, track 1; Liu et al., *NTIRE 2025 challenge on text to image
        generation model quality assessment*, https://huggingface.co/papers/2505.16314.

    >>> truth, submission = (
    ...     [
    ...         {"img_path": f"{i}.png", "total_score": score, "element_score": {"a cat (animal)": verdict}}
    ...         for i, (score, verdict) in enumerate(rows)
    ...     ]
    ...     for rows in (
    ...         [(1.0, 0.0), (2.0, 0.0), (3.0, 1.0), (4.0, 1.0), (4.5, 1.0), (5.0, 1.0)],
    ...         [(1.2, 0.1), (2.9, 0.8), (2.5, 0.7), (4.1, 0.9), (4.2, 0.9), (4.8, 0.9)],
    ...     )
    ... )
    >>> result = ntire_track1(predictions=submission, references=truth)
    >>> result.srcc, result.accuracy
    (0.9429, 0.8333)
    """
    require_choice("compat", compat, (None, "official"))
    predicted, actual = _by_picture("predictions", predictions), _by_picture("references", references)
    absent = [picture for picture in actual if picture not in predicted]
    if absent:
        raise ValueError(
            f"`predictions` lacks {len(absent)} of {len(actual)} pictures of `references`, first {absent[0]!r}; every "
            "reference needs a prediction with the same `img_path`."
        )
    scores = [
        _number("predictions", picture, "total_score", predicted[picture].get("total_score")) for picture in actual
    ]
    ratings = [
        _number("references", picture, "total_score", record.get("total_score")) for picture, record in actual.items()
    ]
    element_scores, element_ratings = [], []
    for picture, record in actual.items():
        submitted = _elements("predictions", picture, predicted[picture])
        for element, rating in _elements("references", picture, record).items():
            if element not in submitted:
                raise ValueError(f"`predictions` has no score for element {element!r} of picture {picture!r}.")
            element_scores.append(_number("predictions", picture, element, submitted[element]))
            element_ratings.append(_number("references", picture, element, rating))
    rank = srcc(predictions=scores, references=ratings)
    linear = plcc(predictions=scores, references=ratings, fit="logistic4", compat=compat)
    verdicts = element_accuracy(predictions=element_scores, references=element_ratings)
    return NtireTrack1Result(
        srcc=rank.statistic,
        plcc=linear.statistic,
        accuracy=verdicts.statistic,
        final=SRCC_WEIGHT * rank.statistic + PLCC_WEIGHT * linear.statistic + ACCURACY_WEIGHT * verdicts.statistic,
        n=rank.n,
        n_elements=verdicts.n,
        n_unused=len(predicted) - len(actual),
        status=next((result.status for result in (rank, linear, verdicts) if result.status != "ok"), "ok"),
    )


def _by_picture(name: str, records: Sequence[Record]) -> dict[str, Record]:
    pictures: dict[str, Record] = {}
    for row, record in enumerate(records):
        picture = record.get("img_path")
        if not isinstance(picture, str) or not picture:
            raise ValueError(f"`{name}` has no `img_path` in record {row} (counted from 0); every record needs one.")
        if picture in pictures:
            raise ValueError(f"`{name}` holds picture {picture!r} twice, again in record {row} (counted from 0).")
        pictures[picture] = record
    return pictures


def _elements(name: str, picture: str, record: Record) -> Mapping[str, Any]:
    elements = record.get("element_score")
    if not isinstance(elements, Mapping):
        raise ValueError(f"`{name}` has no `element_score` mapping for picture {picture!r}, got {elements!r}.")
    return elements


def _number(name: str, picture: str, field: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"`{name}` needs a number as {field!r} of picture {picture!r}, got {value!r}.")
    return float(value)
