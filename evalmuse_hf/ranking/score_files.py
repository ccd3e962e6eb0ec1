"""Reads the scores to rank: a file of ours, or any file with a number per picture."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalmuse_hf.data.table_advice import PICTURES
from evalmuse_hf.scoring import Scores, read_scores
from evalmuse_hf.scoring.foreign_scores import KEY_COLUMNS, read_foreign_scores
from evalmuse_hf.scoring.lists import ListError
from evalmuse_hf.scoring.scores import read_table

GENERATOR_COLUMN = "generator"
STATUS_COLUMN = "status"
PROMPT_COLUMNS = ("prompt_id", "prompt")


def read_scores_to_rank(
    path: str | Path,
    *,
    score_column: str | None = None,
    key_column: str | None = None,
    generator_column: str | None = None,
    prompt_column: str | None = None,
    lower_is_better: bool = False,
) -> Scores:
    """Read scores with the generator and the prompt of each picture.

    Args:
        path: A file that ``evalmuse score`` wrote; if any option is given, or there is no column ``status``, any
            Parquet, JSON lines or CSV file.
        score_column: Column with the score; None takes ``overall_score``.
        key_column: Column with the picture's path; None takes ``image_path``, ``image`` or ``id``, or none.
        generator_column: Column with the name of the generator; None takes ``generator``.
        prompt_column: Column that tells prompts apart; None takes ``prompt_id`` or ``prompt``.
        lower_is_better: Change the sign of the scores.

    Raises:
        ListError: If the file is missing or damaged, or lacks a column.
    """
    named = (score_column, key_column, generator_column, prompt_column)
    _refuse_pictures(Path(path))
    table = read_table(Path(path))
    columns = {column: None for row in table.rows for column in row}
    if not lower_is_better and all(name is None for name in named):
        plain = STATUS_COLUMN not in columns and {"overall_score", GENERATOR_COLUMN} <= set(columns)
        if not plain:
            return read_scores(path)
    generator = _column(path, columns, generator_column, (GENERATOR_COLUMN,), "--generator-column")
    prompt = _column(path, columns, prompt_column, PROMPT_COLUMNS, "--prompt-column")
    # A picture's path is needed only to find its human rating, so any column will do where there is none.
    has_key = key_column is not None or any(name in columns for name in KEY_COLUMNS)
    foreign = read_foreign_scores(
        path,
        score_column=score_column or "overall_score",
        key_column=key_column if has_key else generator,
        lower_is_better=lower_is_better,
    )
    rows = [
        {
            **row,
            "image_path": row["image_path"] if has_key else None,
            "generator": raw[generator],
            "prompt_id": raw[prompt],
        }
        for row, raw in zip(foreign.rows, table.rows, strict=True)
    ]
    return Scores(rows, foreign.provenance)


def _refuse_pictures(path: Path) -> None:
    """Say how pictures get scores where a folder of them was given, and never advise to write scores into it."""
    if not path.is_dir() or any(path.glob("part-*.parquet")):
        return
    for _, _, names in os.walk(path):
        if any(Path(name).suffix.lower() in PICTURES for name in names):
            raise ListError(
                f"{path} holds pictures and no scores; take them in with `evalmuse images import {path} --prompts "
                "FILE --out pictures`, then score pictures/pairs.jsonl with `evalmuse score`, and rank that."
            )


def _column(
    path: str | Path, columns: Mapping[str, Any], named: str | None, usual: tuple[str, ...], option: str
) -> str:
    found = named if named is not None else next((name for name in usual if name in columns), None)
    if found is None or found not in columns:
        wanted = repr(named) if named is not None else " or ".join(usual)
        raise ListError(
            f"{path} has no column {wanted}; name one of {', '.join(columns) or 'its columns'} by {option}."
        )
    return found
