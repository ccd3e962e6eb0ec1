"""Scores a list with any scorer; a bad row gets a status and never stops the others."""

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalmuse_hf.models.scorer import Answer, PairScore, Scorer
from evalmuse_hf.schema import Element
from evalmuse_hf.scoring.lists import ROW_ERROR, ListRow, ScoreList
from evalmuse_hf.scoring.provenance import provenance_of
from evalmuse_hf.scoring.scores import ADDED_COLUMNS, Scores

logger = logging.getLogger(__name__)

PROGRESS_DELAY_S = 2.0
KEPT_PREFIX = "input_"
"""Put before a column of the list whose name a column of scores needs."""


def score_list(scorer: Scorer, rows: ScoreList, *, batch_size: int = 16, progress: bool = False) -> Scores:
    """Score every row of a list.

    Args:
        scorer: What judges the pictures.
        rows: The list.
        batch_size: Rows handed to the scorer at once, at least 1; it never changes a score.
        progress: Show a bar on stderr once it takes more than two seconds.

    Returns:
        One row per row of the list, in order: the columns of the list, then those that `Scores` names. A column of the
        list with such a name (other than ``elements``) is kept as ``input_NAME``.

    Raises:
        ValueError: If ``batch_size`` is below 1.
    """
    from tqdm import tqdm

    if batch_size < 1:
        raise ValueError(f"`batch_size` must be at least 1, got {batch_size}.")
    clashes = [name for name in rows.columns if name in ADDED_COLUMNS and name != "elements"]
    for name in clashes:
        logger.warning("Column %r of the list is kept as %r.", name, f"{KEPT_PREFIX}{name}")
    results: dict[int, PairScore] = {}
    good = [index for index, row in enumerate(rows.rows) if row.problem is None]
    with tqdm(total=len(good), unit="pair", delay=PROGRESS_DELAY_S, disable=not progress) as bar:
        for start in range(0, len(good), batch_size):
            batch = good[start : start + batch_size]
            results.update(zip(batch, _score_batch(scorer, [rows.rows[index] for index in batch]), strict=True))
            bar.update(len(batch))
    scored = [_output_row(row, results.get(index), rows.columns) for index, row in enumerate(rows.rows)]
    return Scores(scored, provenance_of(scorer))


def _score_batch(scorer: Scorer, batch: list[ListRow]) -> list[PairScore]:
    return scorer.score(
        images=[row.image for row in batch],
        prompts=[row.prompt for row in batch],
        elements=[row.elements or () for row in batch],
    )


def _output_row(row: ListRow, score: PairScore | None, columns: tuple[str, ...]) -> dict[str, Any]:
    kept = {
        f"{KEPT_PREFIX}{name}" if name in ADDED_COLUMNS else name: row.values.get(name)
        for name in columns
        if name != "elements"
    }
    if score is None:
        elements = [
            {"text": element.text, "category": element.category, "score": None, "status": ROW_ERROR}
            for element in map(Element.read, row.elements or ())
        ]
        added = {"overall_score": None, "elements": elements, "status": ROW_ERROR, "message": row.problem}
        return {**kept, **added}
    return {**kept, **_spell(score, row)}


def _spell(score: PairScore, row: ListRow) -> Mapping[str, Any]:
    return {
        "overall_score": _null(score.overall),
        "elements": list(_spell_elements(score)),
        "status": score.status,
        "message": score.message and f"{row.place}: {score.message}",
        **_spell_answers(score.answers, "prompt_answers"),
    }


def _spell_elements(score: PairScore) -> Iterator[dict[str, Any]]:
    for element in score.elements:
        yield {
            "text": element.text,
            "category": element.category,
            "score": _null(element.score),
            "status": element.status,
            **_spell_answers(element.answers, "answers"),
        }


def _spell_answers(answers: Sequence[Answer], key: str) -> dict[str, Any]:
    """What a model was asked and said; nothing where it was not asked, so that other files stay as they are."""
    spelled = [
        {"question": answer.question, "yes": _null(answer.yes), "no": _null(answer.no), "text": answer.text}
        for answer in answers
    ]
    return {key: spelled} if spelled else {}


def _null(value: float) -> float | None:
    return value if math.isfinite(value) else None
