"""One record of the released JSON becomes one `Pair`; the released spellings are translated here and nowhere else.

The reserved key ``own`` carries what the official format has no field for (see `evalmuse_hf.data.own_data`). It is
read only where the caller says that the record is the user's own: a downloaded file could point it anywhere.
"""

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


def read_record(record: object, *, own: bool = False) -> Pair:
    """Read one record of ``train_list.json``, ``test.json``, ``eval.json`` or the processed ``train.json``.

    ``element_score`` may be an object or the text of one (JSON or Python literal; nothing is evaluated). Ratings may
    be a list with one whole number per rater, a single whole number (one rater), or null (not published). Single
    numbers are means instead where the record has the field ``var``, as the official preprocessing writes it, or
    where they are no whole numbers.

    Args:
        record: The record as the JSON parser returned it.
        own: Whether it is the user's own: its key ``own`` counts, and an element may have no category.

    Returns:
        The pair. ``type`` has become ``source`` and ``synthetic_type``, and the generator is the first folder of
        ``img_path``.

    Raises:
        RecordError: If a needed field is missing, or if a field holds something else than it should.
    """
    if not isinstance(record, Mapping):
        raise RecordError("record", f"expected a JSON object, got {_quote(record)}")
    path = _image_path(record.get("img_path"))
    text = _prompt_text(record.get("prompt"))
    answers = read_answers(record.get("element_score"))
    extra = _extra(record) if own else {}
    source, synthetic_type = _source(record.get("type"))
    prompt = Prompt(
        prompt_id=_prompt_id(record.get("prompt_id")),
        text=text,
        source=extra.get("source", source),
        synthetic_type=extra.get("synthetic_type", synthetic_type),
        elements=tuple(read_element(key, own=own) for key in answers),
    )
    is_mean = "var" in record or _is_fraction(record.get("total_score")) or any(map(_is_fraction, answers.values()))
    overall, overall_mean = _score(record.get("total_score"), "total_score", ALIGNMENT_SCALE, is_mean=is_mean)
    scores = [
        _score(answer, "element_score", ELEMENT_SCALE, of=key, is_mean=is_mean) for key, answer in answers.items()
    ]
    means = tuple(mean for _, mean in scores)
    try:
        pair = Pair(
            image_path=path.as_posix(),
            prompt=prompt,
            generator=extra.get("generator") or path.parts[0],
            generator_license=extra.get("generator_license"),
            overall_ratings=overall,
            element_ratings=tuple(ratings for ratings, _ in scores),
            prompt_meaningless=_votes(record, "promt_meaningless"),
            split_confidence=_votes(record, "split_confidence"),
            attribute_confidence=_votes(record, "attribute_confidence"),
            fidelity_labels=_labels(record.get("fidelity_label")),
            overall_mean=overall_mean,
            element_means=means if any(mean is not None for mean in means) else (),
            rater_ids=tuple(extra.get("rater_ids") or ()),
            rounds=tuple(extra.get("rounds") or ()),
            element_sure=tuple(None if sure is None else tuple(sure) for sure in extra.get("element_sure") or ()),
        )
    except ValueError as error:
        if isinstance(error, RecordError):
            raise
        raise RecordError("own", str(error), reason="bad_rating_details") from error
    _refuse_lone_surrogates(pair)
    return pair


def _extra(record: Mapping[str, Any]) -> dict[str, Any]:
    """What the user's own record knows beyond the official fields; what is null there is left out."""
    extra = record.get("own")
    return {key: value for key, value in extra.items() if value is not None} if isinstance(extra, Mapping) else {}


def _refuse_lone_surrogates(pair: Pair) -> None:
    """Refuse half of a surrogate pair, which JSON can spell and no UTF-8 file can hold."""
    keys = [element.key for element in pair.prompt.elements]
    texts = {
        "prompt": [pair.prompt.text],
        "prompt_id": [pair.prompt.prompt_id],
        "type": [pair.prompt.synthetic_type or ""],
        "img_path": [pair.image_path],
        "element_score": keys,
        "fidelity_label": pair.fidelity_labels,
    }
    for field, values in texts.items():
        try:
            "".join(values).encode()
        except UnicodeEncodeError:
            message = f"expected text that UTF-8 can hold, got half of a surrogate pair in {_quote(values[0])}"
            raise RecordError(field, message) from None


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


def read_answers(value: object) -> dict[str, object]:
    """Answers to each element key of ``element_score``, in the released order.

    Args:
        value: An object, the text of one, or None.

    Raises:
        RecordError: If it is something else.
    """
    if value is None:
        return {}
    scores = _literal(value) if isinstance(value, str) else value
    if not isinstance(scores, Mapping) or not all(isinstance(key, str) for key in scores):
        raise RecordError(
            "element_score", f"expected an object like {{'two cats (counting)': [1, 0, 1]}}, got {_quote(value)}"
        )
    return {key: _literal(score) if isinstance(score, str) else score for key, score in scores.items()}


def read_element(key: str, *, own: bool = False) -> Element:
    """Read an element key.

    Args:
        key: The key as it is released.
        own: Whether it is the user's own, so that it may have no category.

    Raises:
        RecordError: If it has no category.
    """
    if own and key.strip():
        return Element.read(key)
    try:
        return Element.parse(key)
    except ValueError as error:
        message = f"expected element keys that end in their category, like 'two cats (counting)', got {_quote(key)}"
        raise RecordError("element_score", message, reason="bad_element_key") from error


def _is_fraction(value: object) -> bool:
    return isinstance(value, float) and math.isfinite(value) and value != int(value)


def _score(
    value: object, field: str, scale: tuple[float, float], *, of: str = "", is_mean: bool
) -> tuple[tuple[int, ...] | None, float | None]:
    """Ratings, or the mean where only that was published."""
    number = _literal(value) if isinstance(value, str) else value
    if not is_mean or isinstance(number, list | tuple) or number is None:
        return _ratings(number, field, scale, of=of), None
    if isinstance(number, bool) or not isinstance(number, int | float) or not scale[0] <= number <= scale[1]:
        where = f" for {of!r}" if of else ""
        expected = f"expected a mean rating from {scale[0]:.0f} to {scale[1]:.0f}{where}"
        raise RecordError(field, f"{expected}, got {_quote(value)}")
    return None, float(number)


def _votes(record: Mapping[str, Any], field: str) -> tuple[int, ...]:
    """Answers to a question about the pair; none where only their mean was published."""
    value = record.get(field)
    return () if "var" in record or _is_fraction(value) else _ratings(value, field, _ANY_SCALE) or ()


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
