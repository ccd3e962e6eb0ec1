"""Scores a list with any scorer; a bad row gets a status and never stops the others."""

import logging
from typing import Any

from evalmuse_hf.models.scorer import Scorer
from evalmuse_hf.scoring.lists import ScoreList
from evalmuse_hf.scoring.provenance import provenance_of
from evalmuse_hf.scoring.scores import ADDED_COLUMNS, KEPT_PREFIX, PICTURE_TIMEOUT_S, Scores

logger = logging.getLogger(__name__)

PROGRESS_DELAY_S = 2.0
ROWS_AT_ONCE = 256


def score_list(
    scorer: Scorer,
    rows: ScoreList,
    *,
    batch_size: int = ROWS_AT_ONCE,
    progress: bool = False,
    workers: int = 0,
    timeout: float = PICTURE_TIMEOUT_S,
) -> Scores:
    """Score every row of a list.

    Args:
        scorer: What judges the pictures.
        rows: The list.
        batch_size: Rows handed to the scorer at once, at least 1; it never changes a score.
        progress: Show a bar on stderr once it takes more than two seconds.
        workers: Processes that read pictures; 0 leaves it to the scorer.
        timeout: Seconds that a process may take for one picture.

    Returns:
        One row per row of the list, in order: the columns of the list, then those that `Scores` names. A column of the
        list with such a name (other than ``elements``) is kept as ``input_NAME``.

    Raises:
        ValueError: If ``batch_size`` is below 1.
    """
    from tqdm import tqdm

    from evalmuse_hf.scoring.engine import ScoringEngine

    if batch_size < 1:
        raise ValueError(f"`batch_size` must be at least 1, got {batch_size}.")
    warn_of_clashes(rows.columns)
    blocks = [rows.rows[start : start + batch_size] for start in range(0, len(rows.rows), batch_size)]
    columns = [
        f"{KEPT_PREFIX}{name}" if name in ADDED_COLUMNS else name for name in rows.columns if name != "elements"
    ]
    scored: list[dict[str, Any]] = []
    with (
        tqdm(total=len(rows.rows), unit="pair", delay=PROGRESS_DELAY_S, disable=not progress) as bar,
        ScoringEngine(scorer, workers=workers, processes=True, timeout=timeout) as engine,
    ):
        for block in engine.score_blocks(blocks):
            scored += [{**dict.fromkeys(columns), **row} for row in block]
            bar.update(len(block))
    return Scores(scored, provenance_of(scorer))


def warn_of_clashes(columns: tuple[str, ...]) -> None:
    """Say which columns of a list will have another name in the output.

    Args:
        columns: Of the list.
    """
    for name in columns:
        if name in ADDED_COLUMNS and name != "elements":
            logger.warning("Column %r of the list is kept as %r.", name, f"{KEPT_PREFIX}{name}")
