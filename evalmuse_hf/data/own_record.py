"""One row of the user's own list becomes one record of the official raw form.

Only what the official form cannot express is refused here. Everything else is written as it came, so that one reader
(`evalmuse_hf.data.records`) decides what a sound record is.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath
from typing import Any

from evalmuse_hf.data.identity import prompt_identity
from evalmuse_hf.data.records import RecordError
from evalmuse_hf.schema import Element, Pair

SPLITS = ("train", "test")
UNKNOWN_GENERATOR = "unknown"

RATING_COLUMNS = ("ratings", "overall_ratings")
"""Names for the overall ratings: that of a list, and that of the built data set."""

VOTE_FIELDS = {
    "prompt_meaningless": "promt_meaningless",
    "split_confidence": "split_confidence",
    "attribute_confidence": "attribute_confidence",
    "fidelity_labels": "fidelity_label",
}
"""Released field of each column with one answer per rater."""

COLUMNS = frozenset(
    {
        *("image", "image_path", "prompt", "prompt_id", "elements", *RATING_COLUMNS, "overall_score", *VOTE_FIELDS),
        *("generator", "generator_license", "source", "synthetic_type", "split", "rater_ids", "rounds"),
    }
)
"""Columns that are read."""

COMPUTED_COLUMNS = frozenset({"prompt_variance", "content_hash"})
"""Columns of a built data set that every build computes anew."""

_SOURCES = ("real", "synthetic")
_LONGEST_QUOTE = 80  # characters of a wrong value that a message shows
_LONGEST_NAME = 100  # characters of a file name, well below what file systems allow
_NOT_IN_NAMES = re.compile(r"[^\w.+-]+")


@dataclass(frozen=True, slots=True)
class OwnPicture:
    """Where the picture of a row is.

    Attributes:
        path: Absolute path of the file.
        name: What tells it from other pictures, whatever machine the list is on: the path as the row gives it, or the
            name of the file that was made of a picture that came as content.
        stamp: Size and time of change of the file, so that a build notices another picture in its place; None if
            there is no such file.
    """

    path: str
    name: str
    stamp: tuple[int, int] | None = None


def own_record(values: Mapping[str, Any], *, row: int, picture: OwnPicture) -> dict[str, Any]:
    """Write a row as a record.

    Args:
        values: Columns of the row, see `COLUMNS`; others do not matter.
        row: Its number in the list, from 0.
        picture: Its picture.

    Returns:
        A record for ``train_list.json`` or ``test.json``. The key ``own`` holds what the official form has no field
        for.

    Raises:
        RecordError: If a column holds what a record cannot express; its field is the column.
    """
    generator = _text(values, "generator") or UNKNOWN_GENERATOR
    source, synthetic_type = _source(values)
    prompt = values.get("prompt")
    ratings = _ratings(values)
    elements, has_means, sure = _elements(_given(values.get("elements")))
    if ratings is None and (mean := _given(values.get("overall_score"))) is not None:
        ratings, has_means = _number(mean), True
    record = {
        "prompt_id": _prompt_id(values, prompt),
        "prompt": prompt,
        "type": synthetic_type or source,
        "img_path": _image_path(values, prompt=prompt, generator=generator, picture=picture),
        "total_score": ratings,
        "element_score": elements,
        **{field: _votes(values.get(column), column) for column, field in VOTE_FIELDS.items()},
        "own": {
            "row": row,
            "picture": picture.path,
            "stamp": picture.stamp,
            "rater_ids": _rater_ids(values),
            "rounds": _rounds(values),
            "element_sure": sure,
            "source": source,
            "synthetic_type": synthetic_type,
            "generator": generator,
            "generator_license": _text(values, "generator_license"),
        },
    }
    return {**record, "var": None} if has_means else record


def split_of(values: Mapping[str, Any]) -> str:
    """The split that a row asks for; ``"train"`` if it does not.

    Args:
        values: Columns of the row.

    Raises:
        RecordError: If there is no such split.

    >>> split_of({"split": "Test"}), split_of({"split": None})
    ('test', 'train')
    """
    split = (_text(values, "split") or SPLITS[0]).lower()
    if split not in SPLITS:
        raise RecordError("split", f"expected 'train', 'test' or nothing, got {_quote(split)}")
    return split


def columns_of(pair: Pair) -> dict[str, Any]:
    """The columns that a pair would have in a list; its picture is called by its path.

    Args:
        pair: The pair.

    >>> from evalmuse_hf.schema import Prompt
    >>> pair = Pair(image_path="SDXL/0.png", prompt=Prompt("1", "a cat"), generator="SDXL", overall_ratings=(4, 5))
    >>> columns_of(pair)["ratings"]
    [4, 5]
    """
    means = pair.element_means or (None,) * len(pair.element_ratings)
    sure = pair.element_sure or (None,) * len(pair.element_ratings)
    elements = [
        {**_element_columns(element), "ratings": ratings, "score": mean, "sure": own}
        for element, ratings, mean, own in zip(pair.prompt.elements, pair.element_ratings, means, sure, strict=True)
    ]
    return {
        "image": pair.image_path,
        "image_path": pair.image_path,
        "prompt_id": pair.prompt.prompt_id,
        "prompt": pair.prompt.text,
        "source": pair.prompt.source,
        "synthetic_type": pair.prompt.synthetic_type,
        "generator": pair.generator,
        "generator_license": pair.generator_license,
        "ratings": None if pair.overall_ratings is None else list(pair.overall_ratings),
        "overall_score": pair.overall_mean,
        "elements": elements,
        "rater_ids": list(pair.rater_ids),
        "rounds": list(pair.rounds),
        **{column: list(getattr(pair, column)) for column in VOTE_FIELDS},
    }


def _element_columns(element: Element) -> dict[str, str | None]:
    return {"text": element.text, "category": element.category, "raw_category": element.raw_category}


def _given(value: Any) -> Any:
    """The value; None for an empty text, and for the nan by which pandas spells an empty cell."""
    if isinstance(value, str):
        return value if value.strip() else None
    return None if isinstance(value, float) and math.isnan(value) else value


def _text(values: Mapping[str, Any], column: str) -> str | None:
    """A column that holds a text, or a number that stands for one."""
    value = _given(values.get(column))
    if _is_whole(value):
        return str(value)
    if value is not None and not isinstance(value, str):
        raise RecordError(column, f"expected a text, got {_quote(value)}")
    return value.strip() if isinstance(value, str) else None


def _source(values: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Source and synthetic type, of which the second implies the first."""
    source, synthetic_type = _text(values, "source"), _text(values, "synthetic_type")
    if source is None:
        return ("synthetic" if synthetic_type else None), synthetic_type
    if source.lower() not in _SOURCES:
        raise RecordError("source", f"expected 'real', 'synthetic' or nothing, got {_quote(source)}")
    if synthetic_type and source.lower() == "real":
        raise RecordError("synthetic_type", f"expected nothing for a real prompt, got {_quote(synthetic_type)}")
    return source.lower(), synthetic_type


def _prompt_id(values: Mapping[str, Any], prompt: Any) -> Any:
    """The id as it is given, or one that only depends on the prompt."""
    given = _given(values.get("prompt_id"))
    if given is not None or not isinstance(prompt, str):
        return given
    return f"p{_hash(prompt_identity(prompt))[:12]}"


def _image_path(values: Mapping[str, Any], *, prompt: Any, generator: str, picture: OwnPicture) -> str:
    """``generator/file``: as the row has it, or with a hash that keeps files of one name apart.

    The same picture for the same prompt gets the same path, so that a repeated row is found.
    """
    folder = _file_name(generator)
    released = _given(values.get("image_path"))
    if isinstance(released, str):
        path = PurePosixPath(released.strip())
        if len(path.parts) > 1 and path.parts[0] in (generator, folder) and ".." not in path.parts:
            return path.as_posix()
    name = PurePath(picture.name.replace("\\", "/"))
    stem, suffix = _file_name(name.stem)[:_LONGEST_NAME], _file_name(name.suffix)[:_LONGEST_NAME]
    mark = _hash(f"{picture.name}\0{prompt}")[:8]
    return f"{folder}/{stem}-{mark}{suffix if name.suffix else ''}"


def _file_name(text: str) -> str:
    """The text without what a file name cannot hold on every system, and never a folder by itself."""
    name = _NOT_IN_NAMES.sub("_", text)
    return name if name.strip(".") else "_"


def _ratings(values: Mapping[str, Any]) -> Any:
    given = (_given(values.get(column)) for column in RATING_COLUMNS)
    return _answers(next((value for value in given if value is not None), None))


def _votes(value: Any, column: str) -> Any:
    return _split(value) if column == "fidelity_labels" else _answers(value)


def _answers(value: Any) -> Any:
    """One answer per rater, or a single one; a text may spell them as JSON, or with semicolons between them."""
    value = _split(value)
    if not isinstance(value, list):
        return value
    numbers = [_number(item) for item in value]
    return numbers if len(numbers) != 1 else numbers[0]


def _split(value: Any) -> Any:
    """The items of a text; anything else as it is."""
    value = _given(value)
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return [part.strip() for part in value.split(";")]


def _number(value: Any) -> Any:
    """The number that a text stands for; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    if not math.isfinite(number):
        return value
    return int(number) if number == int(number) else number


def _details(values: Mapping[str, Any], column: str) -> list[Any]:
    """What is known of each rating; a single value stands for a single rating."""
    given = _split(values.get(column))
    if given is None:
        return []
    return [_given(item) for item in given] if isinstance(given, list | tuple) else [given]


def _rater_ids(values: Mapping[str, Any]) -> list[str | None] | None:
    ids = [str(item) if _is_whole(item) else item for item in _details(values, "rater_ids")]
    if not all(item is None or isinstance(item, str) for item in ids):
        raise RecordError("rater_ids", f"expected one text per rating, got {_quote(values['rater_ids'])}")
    return ids or None


def _rounds(values: Mapping[str, Any]) -> list[int | None] | None:
    rounds = [_number(item) for item in _details(values, "rounds")]
    if not all(item is None or (_is_whole(item) and item > 0) for item in rounds):
        message = f"expected one whole number from 1 per rating, got {_quote(values['rounds'])}"
        raise RecordError("rounds", message)
    return rounds or None


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _elements(value: Any) -> tuple[dict[str, Any] | None, bool, list[list[bool | None] | None] | None]:
    """Answers by element key, whether some are means because nothing else is known, and who was sure of which.

    Args:
        value: A mapping from keys to ratings, a list of texts, keys or structs, or JSON text of one of these.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise RecordError(
                "elements", f'expected JSON such as {{"a red cat (color)": [1, 0]}}, got {_quote(value)} ({error})'
            ) from None
    if value is None:
        return None, False, None
    sure: list[list[bool | None] | None] = []
    if isinstance(value, Mapping):
        value = list(value.items())
    elif isinstance(value, list | tuple):
        sure = [_sure(item.get("sure")) if isinstance(item, Mapping) else None for item in value]
        value = [_element(item) for item in value]
    else:
        raise RecordError("elements", f"expected a list, or ratings by element, got {_quote(value)}")
    scores: dict[str, Any] = {}
    has_means = False
    for key, answer in value:
        if not isinstance(key, str):
            raise RecordError("elements", f"expected texts as elements, got {_quote(key)}")
        has_means |= isinstance(answer, _Mean)
        scores[_unused(key, scores)] = answer.value if isinstance(answer, _Mean) else _answers(answer)
    return scores, has_means, sure if any(own is not None for own in sure) else None


def _sure(value: Any) -> list[bool | None] | None:
    """Whether each rater was sure: true or false, or 1 or 0; null where it is not known."""
    given = _split(value)
    if given is None:
        return None
    answers = [
        _number(item) if isinstance(item, str) else item
        for item in (given if isinstance(given, list | tuple) else [given])
    ]
    if not all(item is None or item in (0, 1) for item in answers):
        raise RecordError("elements", f"expected true or false per rater as `sure`, got {_quote(value)}")
    return [None if item is None else bool(item) for item in answers]


@dataclass(frozen=True, slots=True)
class _Mean:
    """The mean of ratings that are not known one by one."""

    value: Any


def _element(item: Any) -> tuple[Any, Any]:
    """Key and answers of one entry of a list."""
    if not isinstance(item, Mapping):
        return item, None
    text, category, raw_category = (_given(item.get(name)) for name in ("text", "category", "raw_category"))
    columns = [text, category, raw_category]
    if text is None or not all(column is None or isinstance(column, str) for column in columns):
        raise RecordError("elements", f"expected texts or {{text, category, ratings}}, got {_quote(item)}")
    key = _key(Element.from_columns(text, category, raw_category))
    ratings, mean = _given(item.get("ratings")), _given(item.get("score"))
    return key, _Mean(mean) if ratings is None and mean is not None else ratings


def _key(element: Element) -> str:
    """A key from which `Element.read` makes the element again, as far as there is one."""
    if element.category is None:
        return element.key
    spellings = [element.key, f"{element.text} ({element.category}-{element.raw_category})"]
    for key in spellings:
        found = Element.read(key)
        if (found.text, found.category) == (element.text, element.category):
            return key
    return f"{element.text} ({element.category})"


def _unused(key: str, scores: Mapping[str, Any]) -> str:
    """The key, with spaces behind it, which do not count, if the prompt has the same element twice."""
    while key in scores:
        key += " "
    return key


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _quote(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."
