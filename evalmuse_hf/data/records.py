"""One record of the released JSON becomes one `Pair`; the released spellings are translated here and nowhere else."""

import ast
import json
import math
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from evalmuse_hf.elements import clean_prompt
from evalmuse_hf.schema import ALIGNMENT_SCALE, ELEMENT_SCALE, Element, Pair, Prompt

_LONGEST_LITERAL = 1_000_000  # characters; a released element dictionary has some hundred
_LONGEST_QUOTE = 80  # characters of a wrong value that a message shows
_MIN_PATH_PARTS = 2  # generator and file
_ANY_SCALE = (-math.inf, math.inf)


class RecordError(ValueError):
    """A record that cannot become a pair.

    Attributes:
        field: The offending field, as released; ``"record"`` for the record as a whole.
        reason: One word for counting; by default ``bad_<field>``.
    """

    def __init__(self, field: str, message: str, *, reason: str | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.reason = reason or f"bad_{field}"


def read_record(record: object) -> Pair:
    """Read one record of ``train_list.json``, ``test.json`` or ``eval.json``.

    ``element_score`` may be an object or the text of one (JSON or Python literal; nothing is evaluated). Ratings may
    be a list with one whole number per rater, a single whole number (one rater), or null (not published). An element
    key without a category keeps its whole text and has category None.

    Args:
        record: The record as the JSON parser returned it.

    Returns:
        The pair. ``type`` has become ``source`` and ``synthetic_type``, and the generator is the first folder of
        ``img_path``.

    Raises:
        RecordError: If a needed field is missing, or if a field holds something else than it should.
    """
    if not isinstance(record, Mapping):
        raise RecordError("record", f"expected a JSON object, got {_quote(record)}")
    path = _image_path(record.get("img_path"))
    elements = _elements(record.get("element_score"))
    source, synthetic_type = _source(record.get("type"))
    prompt = Prompt(
        prompt_id=_prompt_id(record.get("prompt_id")),
        text=_prompt_text(record.get("prompt")),
        source=source,
        synthetic_type=synthetic_type,
        elements=tuple(_element(key) for key in elements),
    )
    return Pair(
        image_path=path.as_posix(),
        prompt=prompt,
        generator=path.parts[0],
        overall_ratings=_ratings(record.get("total_score"), "total_score", ALIGNMENT_SCALE),
        element_ratings=tuple(elements.values()),
        prompt_meaningless=_votes(record, "promt_meaningless"),
        split_confidence=_votes(record, "split_confidence"),
        attribute_confidence=_votes(record, "attribute_confidence"),
        fidelity_labels=_labels(record.get("fidelity_label")),
    )


def _image_path(value: object) -> PurePosixPath:
    """Path below the images folder; it must name a generator, and must not leave the folder."""
    expected = "expected a path below the images folder like 'SDXL/00012.png'"
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise RecordError("img_path", f"{expected}, got {_quote(value)}")
    path = PurePosixPath(value.strip().replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise RecordError("img_path", f"{expected}, got {_quote(value)}, which leads elsewhere")
    if len(path.parts) < _MIN_PATH_PARTS:
        raise RecordError("img_path", f"{expected}, got {_quote(value)} without the generator's folder")
    return path


def _prompt_text(value: object) -> str:
    if not isinstance(value, str) or not clean_prompt(value).text:
        raise RecordError("prompt", f"expected a text with at least one word, got {_quote(value)}")
    return value


def _prompt_id(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise RecordError("prompt_id", f"expected a text or a whole number, got {_quote(value)}")
    return value.strip()


def _source(value: object) -> tuple[str | None, str | None]:
    """Source and synthetic type; every type that is not "real" is a kind of synthetic prompt."""
    if value is None or value == "":
        return None, None
    if not isinstance(value, str):
        raise RecordError("type", f"expected 'real' or the kind of a synthetic prompt, got {_quote(value)}")
    kind = value.strip()
    if kind.lower() == "real":
        return "real", None
    return "synthetic", None if kind.lower() in ("synthetic", "synth") else kind


def _elements(value: object) -> dict[str, tuple[int, ...] | None]:
    """Ratings of each element key, in the released order."""
    if value is None:
        return {}
    scores = _literal(value) if isinstance(value, str) else value
    if not isinstance(scores, Mapping) or not all(isinstance(key, str) for key in scores):
        raise RecordError(
            "element_score", f"expected an object like {{'two cats (counting)': [1, 0, 1]}}, got {_quote(value)}"
        )
    return {key: _ratings(score, "element_score", ELEMENT_SCALE, of=key) for key, score in scores.items()}


def _element(key: str) -> Element:
    try:
        return Element.parse(key)
    except ValueError:
        return Element.from_text(key)


def _votes(record: Mapping[str, Any], field: str) -> tuple[int, ...]:
    return _ratings(record.get(field), field, _ANY_SCALE) or ()


def _ratings(value: object, field: str, scale: tuple[float, float], *, of: str = "") -> tuple[int, ...] | None:
    """Whole numbers on the scale, one per rater; None where none are published."""
    values = _literal(value) if isinstance(value, str) else value
    if not isinstance(values, list | tuple):
        values = [values]
    if all(item is None for item in values):
        return None
    ratings = tuple(_whole(item) for item in values)
    if any(rating is None or not scale[0] <= rating <= scale[1] for rating in ratings):
        limits = "" if scale == _ANY_SCALE else f" from {scale[0]:.0f} to {scale[1]:.0f}"
        where = f" for {of!r}" if of else ""
        raise RecordError(field, f"expected whole numbers{limits}, one per rater{where}, got {_quote(value)}")
    return ratings  # type: ignore[return-value]  # None was refused above


def _whole(value: object) -> int | None:
    """The whole number that a JSON number stands for; None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value) if value == int(value) else None


def _labels(value: object) -> tuple[str, ...]:
    """Structural-problem labels, one text per rater; a rater who saw none has an empty text."""
    if value is None:
        return ()
    labels: list[Any] = value if isinstance(value, list) else [value]
    if not all(label is None or isinstance(label, str) for label in labels):
        raise RecordError("fidelity_label", f"expected a list of texts, one per rater, got {_quote(value)}")
    return tuple(label or "" for label in labels)


def _literal(text: str) -> object:
    """Value of a JSON or Python literal; the text itself if it is neither."""
    if len(text) > _LONGEST_LITERAL:
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return text


def _quote(value: object) -> str:
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."
