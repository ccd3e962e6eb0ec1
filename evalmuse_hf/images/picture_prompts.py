"""The prompts that pictures are made for: a table or a text, and the copy of it that stays beside the pictures."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_ID_COLUMNS = ("prompt_id", "id")
_CARRIED = ("elements", "source", "synthetic_type")  # what the pairs keep of a prompt
_DIGITS = 5  # as in the file names of the release


@dataclass(frozen=True, slots=True)
class PicturePrompt:
    """A prompt to draw.

    Attributes:
        prompt_id: Its identifier.
        text: The prompt.
        columns: What else the pairs shall say of it: ``elements``, ``source``, ``synthetic_type``.
    """

    prompt_id: str
    text: str
    columns: Mapping[str, Any] = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        """The prompt as a row of a table."""
        return {"prompt_id": self.prompt_id, "prompt": self.text, **self.columns}


def read_picture_prompts(path: Path) -> list[PicturePrompt]:
    """Read prompts with their identifiers.

    Args:
        path: A table (JSON lines, CSV, TSV, Parquet) with a column ``prompt`` and, if it likes, ``prompt_id`` or
            ``id``, and ``elements``; or a text with one prompt a line. Without identifiers they are numbered from
            00000.

    Raises:
        ValueError: If the file cannot be read, holds no prompt, or names two prompts alike.
    """
    # Not at the top: the package of the prompts brings SciPy, and processes that only read pictures import this one.
    from evalmuse_hf.prompts.tables import ENDINGS, read_rows

    if path.suffix.lower() not in ENDINGS:
        prompts = _read_text(path)
    else:
        prompts = [_read_row(row.values, number, row.place) for number, row in enumerate(read_rows(path))]
    if not prompts:
        raise ValueError(f"There is no prompt in {path}; give one a line, or a table with a column 'prompt'.")
    seen: dict[str, PicturePrompt] = {}
    for prompt in prompts:
        if prompt.prompt_id in seen:
            raise ValueError(f"Two prompts in {path} are called {prompt.prompt_id!r}; give each an id of its own.")
        seen[prompt.prompt_id] = prompt
    return prompts


def _read_text(path: Path) -> list[PicturePrompt]:
    if not path.is_file():
        raise ValueError(
            f"There is no list of prompts at {path}; give a text file with a prompt per line, or a table."
        )
    try:
        lines = [line.strip() for line in path.read_text("utf-8-sig").splitlines()]
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not a text in UTF-8; save it as such.") from None
    return [PicturePrompt(f"{number:0{_DIGITS}d}", line) for number, line in enumerate(filter(None, lines))]


def _read_row(values: Mapping[str, Any], number: int, place: str) -> PicturePrompt:
    text = values.get("prompt")
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{place} has no prompt: expected a text in the column 'prompt', got {text!r}.")
    if text != text.encode("utf-8", "replace").decode():
        raise ValueError(f"The prompt of {place} holds half a character ({text[:60]!r}); correct or delete it.")
    column = next((name for name in _ID_COLUMNS if values.get(name) not in (None, "")), None)
    prompt_id = f"{number:0{_DIGITS}d}" if column is None else str(values[column])
    columns = {name: values[name] for name in _CARRIED if values.get(name) not in (None, "")}
    elements = columns.get("elements")
    if isinstance(elements, str):  # CSV has no lists
        columns["elements"] = _read_list(elements, place)
    return PicturePrompt(prompt_id, text, columns)


def _read_list(text: str, place: str) -> list[Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list):
        raise ValueError(f'The elements of {place} are no JSON list, got {text[:60]!r}; write them as ["a", "b"].')
    return value
