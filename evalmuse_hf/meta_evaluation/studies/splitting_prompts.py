"""Prompts of the splitting study: the published ones with their elements, a table of one's own, or templates."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalmuse_hf.prompts.synthetic import synthesize
from evalmuse_hf.prompts.tables import ENDINGS, read_rows
from evalmuse_hf.schema import Element

REAL, SYNTHETIC, UNKNOWN = "real", "synthetic", "unknown"
KINDS = (REAL, SYNTHETIC, UNKNOWN)
# The published file lists its real prompts first; those from templates begin with the first blackboard.
_FIRST_TEMPLATE = "a blackboard with text "


@dataclass(frozen=True, slots=True)
class StudyPrompt:
    """A prompt to be split.

    Attributes:
        text: The prompt.
        kind: One of `KINDS`.
        gold: Its known elements; None where they are not known.
    """

    text: str
    kind: str
    gold: tuple[Element, ...] | None = None


def make_study_prompts(n: int, *, seed: int) -> list[StudyPrompt]:
    """Make prompts from templates, whose elements are known by construction.

    Args:
        n: How many.
        seed: Same seed, same prompts.
    """
    return [StudyPrompt(prompt.text, SYNTHETIC, prompt.elements) for prompt in synthesize(n, seed=seed)]


def read_study_prompts(path: Path) -> list[StudyPrompt]:
    """Read prompts, with their elements where there are any.

    Args:
        path: ``prompt_t2i.json`` as DYEvaLab/EvalMuse publishes it, or a table with the column ``prompt`` and, if
            known, ``elements`` (released keys, or objects with text and category) and ``source`` (real or synthetic).

    Raises:
        ValueError: If there is no such file, or it is not what is expected.
    """
    if path.suffix.lower() in ENDINGS:
        prompts = [_read_row(row.values, row.place) for row in read_rows(path)]
    else:
        prompts = _read_published(path)
    if not prompts:
        raise ValueError(f"{path} holds no prompts.")
    first: dict[str, StudyPrompt] = {}
    for prompt in prompts:
        first.setdefault(prompt.text, prompt)
    return list(first.values())


def choose_prompts(prompts: Sequence[StudyPrompt], n: int | None) -> list[StudyPrompt]:
    """Choose prompts by the SHA-256 of their text, so that a smaller choice is part of a larger one.

    Args:
        prompts: The prompts.
        n: How many; None takes all.
    """
    if n is not None and n < 1:
        raise ValueError(f"The number of prompts is {n}, expected 1 or more.")
    return sorted(prompts, key=lambda prompt: _hash(prompt.text))[:n]


def _hash(text: str) -> str:
    # JSON may hold half a character, which UTF-8 has no bytes for.
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _read_published(path: Path) -> list[StudyPrompt]:
    expected = "expected prompt_t2i.json of DYEvaLab/EvalMuse, or a table " + ", ".join(ENDINGS)
    try:
        released = json.loads(path.read_text("utf-8"))
        rows = [(row["prompt"], list(row["element_score"])) for row in released.values()]
    except FileNotFoundError:
        raise ValueError(f"There is no file {path}; {expected}.") from None
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        raise ValueError(f"{path} is not a list of prompts; {expected}.") from None
    prompts: list[StudyPrompt] = []
    kind = REAL
    for text, keys in rows:
        kind = SYNTHETIC if text.startswith(_FIRST_TEMPLATE) else kind
        prompts.append(StudyPrompt(text, kind, tuple(map(Element.parse, keys))))
    return prompts


def _read_row(values: Any, place: str) -> StudyPrompt:
    text, source = values.get("prompt"), values.get("source")
    if not isinstance(text, str):
        raise ValueError(f"{place} has no text in the column 'prompt'.")
    cells = values.get("elements")
    try:
        cells = json.loads(cells) if isinstance(cells, str) else cells
        gold = None if cells is None else tuple(map(_read_element, cells))
    except (ValueError, TypeError, KeyError):
        raise ValueError(
            f"{place} has {str(cells)[:60]!r} in the column 'elements', expected a list of texts with a category, or "
            "nothing."
        ) from None
    return StudyPrompt(text, source if source in (REAL, SYNTHETIC) else UNKNOWN, gold)


def _read_element(cell: Any) -> Element:
    if isinstance(cell, str):
        return Element.read(cell)
    return Element.from_columns(cell["text"], cell.get("category"), cell.get("raw_category"))
