"""Scores a batch in small blocks: what is scored when the time is over is kept, and whoever cancels leaves nothing."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from evalmuse_hf.elements.splitter import Splitter
from evalmuse_hf.models.scorer import ElementScore, PairScore
from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.pages.playground.batch_inputs import BatchInputs
from evalmuse_hf.pages.scorers import PageError, PageScorers
from evalmuse_hf.pages.uploads import decode_picture
from evalmuse_hf.schema import Element
from evalmuse_hf.scoring.engine import output_row
from evalmuse_hf.scoring.lists import ListRow
from evalmuse_hf.scoring.scores import ADDED_COLUMNS, KEPT_PREFIX

TIME_LIMIT = "time_limit"
"""Status of rows whose turn did not come before the time of a batch was over."""

ROWS_PER_BLOCK = 4
"""Rows that are scored together; between two blocks others have their turn, and a cancelled batch stops."""

_NAN = float("nan")


def score_batch(
    scorers: PageScorers,
    label: str | None,
    inputs: BatchInputs,
    *,
    limits: PageLimits,
    splitter: Splitter | None = None,
    start: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[list[dict[str, Any]]]:
    """Score the rows of a batch, a few at a time.

    Args:
        scorers: Those of the server.
        label: The one that is asked.
        inputs: The rows and their pictures.
        limits: What a picture may have, and how long a batch may take.
        splitter: Proposes elements for rows without; None leaves them without.
        start: When the batch began, by the clock; None for now.
        clock: Seconds that only go forward.

    Yields:
        Output rows in order, with the columns that ``evalmuse score --out`` writes; after the time limit all others
        at once, with the status `TIME_LIMIT`.

    Raises:
        PageError: If the server has no such scorer.
    """
    scorers.find(label)
    began = clock() if start is None else start
    columns = [
        f"{KEPT_PREFIX}{name}" if name in ADDED_COLUMNS else name for name in inputs.columns if name != "elements"
    ]
    rows = inputs.rows
    for first in range(0, len(rows), ROWS_PER_BLOCK):
        if clock() - began >= limits.time_limit_s:
            sentence = (
                f"This server works on a batch for at most {limits.time_limit_s:g} s; send the rows with the status "
                f"{TIME_LIMIT} again."
            )
            late = [
                output_row(row, None if row.problem else _failed(row, TIME_LIMIT, sentence)) for row in rows[first:]
            ]
            yield [{**dict.fromkeys(columns), **row} for row in late]
            return
        block = _propose(rows[first : first + ROWS_PER_BLOCK], splitter, limits)
        scored = _score_block(scorers, label, block, inputs, limits)
        yield [{**dict.fromkeys(columns), **row} for row in scored]


def _propose(rows: Sequence[ListRow], splitter: Splitter | None, limits: PageLimits) -> list[ListRow]:
    """Give rows that name no elements those that the splitter finds."""
    without = [row for row in rows if row.problem is None and not row.elements]
    if splitter is None or not without:
        return list(rows)
    found = {
        id(row): split for row, split in zip(without, splitter.split([row.prompt for row in without]), strict=True)
    }
    return [
        replace(row, elements=found[id(row)].elements[: limits.max_elements]) if id(row) in found else row
        for row in rows
    ]


def _score_block(
    scorers: PageScorers, label: str | None, rows: Sequence[ListRow], inputs: BatchInputs, limits: PageLimits
) -> list[dict[str, Any]]:
    results: dict[int, PairScore] = {}
    images: dict[int, Any] = {}
    for index, row in enumerate(rows):
        if row.problem is not None:
            continue
        name = str(row.values["image"])
        try:
            place = inputs.pictures.find(name, folder=inputs.folder)
            images[index] = decode_picture(inputs.pictures.read(place), name=name[:80], limits=limits)
        except PageError as error:
            results[index] = _failed(row, "image_error", str(error))
    if images:
        scores = scorers.score(
            label,
            images=list(images.values()),
            prompts=[rows[index].prompt for index in images],
            elements=[rows[index].elements or () for index in images],
        )
        results.update(zip(images, scores, strict=True))
    return [output_row(row, results.get(index)) for index, row in enumerate(rows)]


def _failed(row: ListRow, status: str, sentence: str) -> PairScore:
    elements = map(Element.read, row.elements or ())
    return PairScore(
        _NAN,
        tuple(ElementScore(element.text, element.category, _NAN, status) for element in elements),
        status,
        sentence,
    )
