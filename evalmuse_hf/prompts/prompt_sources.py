"""Prompts that others have published: DiffusionDB, PartiPrompts, Gecko, T2I-CompBench, and any table or text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalmuse_hf.prompts.tables import ENDINGS, read_rows

SOURCES = ("diffusiondb", "parti_prompts", "gecko", "t2i_compbench", "table", "text")
"""Kinds of sources.

``diffusiondb``, and any ``table``, is a table with a column ``prompt``; ``parti_prompts`` is a TSV with the columns
``Prompt``, ``Category`` and ``Challenge``; ``gecko`` a CSV with ``prompt``, ``dataset_id`` and ``prompt_type``;
``t2i_compbench`` a folder with a text per category; ``text`` has one prompt a line.
"""

_ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "parti_prompts": {"Category": "category", "Challenge": "challenge"},
    "gecko": {"dataset_id": "category", "prompt_type": "challenge"},
}
"""By source, columns that are carried along, and what they are called here."""


@dataclass(frozen=True, slots=True)
class SourcePrompt:
    """A prompt as it was found.

    Attributes:
        prompt_id: Name of its file and its number there, from 1: ``"parti-000012"``.
        text: The prompt.
        source: One of `SOURCES`.
        attributes: What else the source says of it, such as ``{"category": "Animals"}``.
    """

    prompt_id: str
    text: str
    source: str
    attributes: Mapping[str, str] = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        """The prompt as a row of a table."""
        return {"id": self.prompt_id, "prompt": self.text, "source": self.source, **self.attributes}


def read_prompts(path: Path, *, source: str | None = None, column: str | None = None) -> Iterator[SourcePrompt]:
    """Read the prompts of a source, without empty ones.

    Args:
        path: A table, a text, or a folder of texts.
        source: One of `SOURCES`; None takes the one that the path and its columns look like.
        column: Column with the prompt; None takes that of the source.

    Yields:
        The prompts in order, as they were written.

    Raises:
        ValueError: If there is nothing at the path, it cannot be read, or lacks the column.
    """
    if source is not None and source not in SOURCES:
        raise ValueError(f"There is no source {source!r}, only {', '.join(SOURCES)}.")
    if path.is_dir():
        yield from _folder_prompts(path)
    elif path.suffix.lower() in ENDINGS:
        yield from _table_prompts(path, source, column)
    else:
        yield from _text_prompts(path, source or "text", {})


def _folder_prompts(path: Path) -> Iterator[SourcePrompt]:
    files = sorted(path.glob("*.txt"))
    if not files:
        raise ValueError(f"The folder {path} has no .txt files; give one with a text per category.")
    for file in files:
        yield from _text_prompts(file, "t2i_compbench", {"category": file.stem})


def _text_prompts(path: Path, source: str, attributes: Mapping[str, str]) -> Iterator[SourcePrompt]:
    if not path.is_file():
        raise ValueError(f"There are no prompts at {path}.")
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if text := line.strip():
                    yield SourcePrompt(f"{path.stem}-{number:06d}", text, source, attributes)
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not a text in UTF-8; save it as such.") from None


def _table_prompts(path: Path, source: str | None, column: str | None) -> Iterator[SourcePrompt]:
    for number, row in enumerate(read_rows(path), start=1):
        if source is None:
            source = _recognise(row.values)
        if column is None:
            column = "Prompt" if source == "parti_prompts" else "prompt"
        if column not in row.values:
            raise ValueError(f"{row.place} has no column {column!r}, only {', '.join(row.values)}; name one.")
        text = row.values[column]
        if not isinstance(text, str) or not text.strip():
            continue
        attributes = {
            ours: str(row.values[theirs])
            for theirs, ours in _ATTRIBUTES.get(source, {}).items()
            if row.values.get(theirs)
        }
        yield SourcePrompt(f"{path.stem}-{number:06d}", text.strip(), source, attributes)


def _recognise(columns: Mapping[str, Any]) -> str:
    if {"Prompt", "Category", "Challenge"} <= columns.keys():
        return "parti_prompts"
    if {"prompt", "dataset_id", "prompt_type"} <= columns.keys():
        return "gecko"
    return "diffusiondb" if {"prompt", "image_name"} <= columns.keys() else "table"
