"""A row of a list of pictures with their prompts, as `evalmuse make` writes it, or as people do."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalmuse_hf.annotations.errors import AnnotationError
from evalmuse_hf.elements import LONE_SURROGATE
from evalmuse_hf.elements.spans import find_spans
from evalmuse_hf.prompts.prompt_sources import SOURCES as COLLECTED
from evalmuse_hf.schema import Element, Prompt

UNKNOWN_GENERATOR = "unknown"

_SOURCES = ("real", "synthetic")
_LONGEST = {"prompt_id": 200, "generator": 200, "synthetic_type": 100, "prompt": 20_000, "generator_license": 2_000}
_LONGEST_ELEMENT = 2_000
_MOST_ELEMENTS = 200
_LONGEST_QUOTE = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """A picture and its prompt, as a list gives them.

    Attributes:
        image: Path of the picture.
        prompt: The prompt; without elements where the row says nothing of them.
        questions: One per element; empty texts where there is none.
        has_elements: Whether the row says which elements there are, be it none.
        generator: The text-to-image model.
        generator_license: Terms of its pictures; None where unknown.
    """

    image: str
    prompt: Prompt
    questions: tuple[str, ...] = ()
    has_elements: bool = False
    generator: str = UNKNOWN_GENERATOR
    generator_license: str | None = None


def parse_item_row(values: Mapping[str, Any]) -> ItemRow:
    """Read a row.

    Args:
        values: Its columns: ``image`` (or ``image_path``) and ``prompt``; if known ``prompt_id``, ``generator``,
            ``generator_license``, ``source``, ``synthetic_type`` and ``elements``, which are texts, released keys, or
            mappings with ``text``, ``category``, ``raw_category`` and ``question``. Others do not matter.

    Raises:
        AnnotationError: If a column is missing, or holds what it cannot hold; the message names it.

    >>> row = parse_item_row({"image": "a.png", "prompt": "a red cat", "elements": ["red (color)"]})
    >>> row.prompt.prompt_id, row.prompt.elements[0].category
    ('pff966ff162b9', 'color')
    """
    prompt = _text(values, "prompt", strip=False)
    if prompt is None:
        raise _bad("prompt", _missing(values), "give the prompt that the picture was made for")
    elements, questions, has_elements = _elements(_given(values.get("elements")))
    source, synthetic_type = _source(values)
    return ItemRow(
        image=_image(values),
        prompt=Prompt(
            prompt_id=_text(values, "prompt_id") or f"p{hashlib.sha256(prompt.encode()).hexdigest()[:12]}",
            text=prompt,
            source=source,
            synthetic_type=synthetic_type,
            elements=elements,
        ),
        questions=questions,
        has_elements=has_elements,
        generator=_text(values, "generator") or UNKNOWN_GENERATOR,
        generator_license=_text(values, "generator_license"),
    )


def strange_elements(row: ItemRow) -> list[str]:
    """Elements whose words are not in the prompt, so that the page can mark none for them.

    Args:
        row: The row.

    >>> strange_elements(parse_item_row({"image": "a.png", "prompt": "a red cat", "elements": ["red", "kite"]}))
    ['kite']
    """
    texts = [element.text for element in row.prompt.elements]
    return [text for text, found in zip(texts, find_spans(row.prompt.text, texts), strict=True) if not found.prompt]


def _image(values: Mapping[str, Any]) -> str:
    """Path of the picture; a picture that came as content has none."""
    for column in ("image", "image_path"):
        value = _given(values.get(column))
        if isinstance(value, Mapping):
            value = _given(value.get("path"))
        if isinstance(value, str):
            return value.strip()
        if value is not None:
            raise _bad("image", f"is {_quote(value)}", "give the path of the picture")
    raise _bad(
        "image", _missing(values), "give the path of the picture; one inside the table must be saved as a file first"
    )


def _missing(values: Mapping[str, Any]) -> str:
    names = ", ".join(map(str, values))
    return f"is missing among {names if len(names) <= _LONGEST_QUOTE else f'{names[:_LONGEST_QUOTE]}...'}"


def _source(values: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Source and synthetic type, of which the second implies the first."""
    source, synthetic_type = _text(values, "source"), _text(values, "synthetic_type")
    if source is None:
        return ("synthetic" if synthetic_type else None), synthetic_type
    if source in COLLECTED:  # `evalmuse prompts collect` says where it found a prompt that people wrote
        source = "real"
    if source.lower() not in _SOURCES:
        raise _bad("source", f"is {_quote(source)}", "give 'real', 'synthetic' or nothing")
    if synthetic_type and source.lower() == "real":
        raise _bad("synthetic_type", f"is {_quote(synthetic_type)} for a real prompt", "leave it empty")
    return source.lower(), synthetic_type


def _elements(value: Any) -> tuple[tuple[Element, ...], tuple[str, ...], bool]:
    """Elements and their questions, and whether anything was said."""
    if value is None:
        return (), (), False
    if isinstance(value, str):  # a cell of CSV
        value = _listed(value)
    if isinstance(value, Mapping):  # as released: ratings by key
        value = list(value)
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise _bad("elements", f"is {_quote(value)}", "give a list")
    if len(value) > _MOST_ELEMENTS:
        raise _bad("elements", f"has {len(value)} entries", f"give at most {_MOST_ELEMENTS}")
    pairs = [_element(entry) for entry in value]
    return tuple(element for element, _ in pairs), tuple(question for _, question in pairs), True


def _listed(cell: str) -> Any:
    """A list as a cell of CSV holds it: JSON, or texts with semicolons between them."""
    if not cell.lstrip().startswith(("[", "{", '"')):
        return [text.strip() for text in cell.split(";") if text.strip()]
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        raise _bad(
            "elements",
            f"is {_quote(cell)}",
            'give texts such as two cats; kite, or JSON such as ["two cats (counting)"]',
        ) from None


def _element(entry: Any) -> tuple[Element, str]:
    if isinstance(entry, str) and entry.strip():
        element, question = Element.read(entry), None
    elif isinstance(entry, Mapping):
        texts = [_given(entry.get(name)) for name in ("text", "category", "raw_category", "question")]
        if texts[0] is None or not all(text is None or isinstance(text, str) for text in texts):
            raise _bad("elements", f"has {_quote(entry)}", "give a text or {text, category, question}")
        text, category, raw_category, question = texts
        element = Element.from_columns(text, category, raw_category)
    else:
        raise _bad("elements", f"has {_quote(entry)}", "give a text or {text, category, question}")
    for text in (element.text, element.key, element.raw_category, question):
        _check_text("elements", text, _LONGEST_ELEMENT)
    if not element.text:
        raise _bad("elements", f"has {_quote(entry)}, which has no words", "name what should be in the picture")
    return element, (question or "").strip()


def _text(values: Mapping[str, Any], column: str, *, strip: bool = True) -> str | None:
    """A column that holds a text, or a number that stands for one."""
    value = _given(values.get(column))
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is None:
        return None
    if not isinstance(value, str):
        raise _bad(column, f"is {_quote(value)}", "give a text")
    _check_text(column, value, _LONGEST.get(column, _LONGEST_QUOTE))
    return value.strip() if strip else value


def _check_text(column: str, text: str | None, longest: int) -> None:
    if text is None:
        return
    if len(text) > longest:
        raise _bad(column, f"has {len(text):,} characters", f"give at most {longest:,}")
    if "\0" in text or LONE_SURROGATE.search(text):
        raise _bad(column, "has a character that no file can hold", "delete it")


def _given(value: Any) -> Any:
    """The value; None for an empty text, and for the nan by which pandas spells an empty cell."""
    if isinstance(value, str):
        return value if value.strip() else None
    return None if isinstance(value, float) and math.isnan(value) else value


def _bad(column: str, problem: str, advice: str) -> AnnotationError:
    return AnnotationError(f"`{column}` {problem}; {advice}.", status="bad_row")


def _quote(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."
