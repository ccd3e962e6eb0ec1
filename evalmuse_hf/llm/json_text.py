"""JSON out of what a language model wrote: found in prose, with the usual damage repaired."""

import json
import re
from dataclasses import dataclass
from typing import Any

_MOST_CHARACTERS = 100_000
_MOST_STARTS = 10
_FENCE = re.compile(r"```(?:json|JSON)?[ \t]*\n?(.*?)(?:```|\Z)", re.DOTALL)
_OPENING = re.compile(r"[{\[]")
_CLOSERS = {"{": "}", "[": "]"}
_SINGLE_QUOTES = {"'": "'", "\u2018": "\u2019", "\u201c": "\u201d"}
_CONSTANTS = {"True": "true", "False": "false", "None": "null"}
_END_OF_THOUGHT = "</think>"  # what a reasoning model wrote before is no answer
_WORD = re.compile(r"[A-Za-z_]\w*")
_ENDS_A_STRING = re.compile(r"\s*(?:[,:}\]]|\Z)")


@dataclass(frozen=True, slots=True)
class JsonInText:
    """A JSON value that was found in a text.

    Attributes:
        value: The value.
        closed: The text broke off; what was open has been closed, and an unfinished last item dropped.
    """

    value: Any
    closed: bool = False


def find_json(text: str, *, kind: str | None = None) -> JsonInText:
    r"""Find the JSON value in an answer: alone, in a fence, or between prose.

    Commas before a closing bracket, single and typographic quotes, Python's constants and raw line breaks in strings
    are repaired. Of several values the longest counts; where a kind is asked for, the longest of that kind.

    Args:
        text: The answer.
        kind: "object" or "array", as a schema names the type of its answer; None for either.

    Raises:
        ValueError: If there is none; a sentence that can be told to the model.

    >>> find_json('Sure! Here it is:\n```json\n{"a": [1, 2,],}\n```').value
    {'a': [1, 2]}
    >>> find_json('{"a": [{"b": 1}, {"b"')
    JsonInText(value={'a': [{'b': 1}]}, closed=True)
    """
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"The answer has {len(text):,} characters, which is too long to be read.")
    text = text.rpartition(_END_OF_THOUGHT)[2]
    wanted = {"object": dict, "array": list}.get(kind or "", object)
    found = [
        one
        for block in [*filter(None, map(str.strip, _FENCE.findall(text))), text]
        if (one := _longest(block, wanted)) is not None
    ]
    if not found:
        raise ValueError("The answer holds no JSON object or list.")
    return next((one for one in found if isinstance(one.value, wanted)), found[0])


def _longest(text: str, wanted: type) -> JsonInText | None:
    """The longest value in a text, of the wanted type if there is one: prose may hold something like ``[1]``."""
    best: tuple[tuple[bool, int], JsonInText] | None = None
    end = 0
    for start in [match.start() for match in _OPENING.finditer(text)][:_MOST_STARTS]:
        if start < end:
            continue  # inside the value before
        if parsed := _parse(text[start:]):
            found, length = parsed
            end = start + length
            rank = isinstance(found.value, wanted), length
            if best is None or rank > best[0]:
                best = rank, found
    return best[1] if best else None


def _parse(text: str) -> tuple[JsonInText, int] | None:
    """The value that a text begins with, and its length; None where there is none."""
    try:
        value, length = json.JSONDecoder(strict=False, parse_constant=_no_constant).raw_decode(text)
        return JsonInText(value), length
    except (ValueError, RecursionError):
        pass
    repaired, length, closed = _repair(text)
    try:
        return JsonInText(json.loads(repaired, strict=False, parse_constant=_no_constant), closed), length
    except (ValueError, RecursionError):
        return None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON.")


def _repair(text: str) -> tuple[str, int, bool]:
    """The value that a text begins with in proper JSON, its length, and whether its end was missing."""
    written: list[str] = []
    open_ones: list[str] = []
    safe: tuple[int, tuple[str, ...]] | None = None  # how much stands after the last whole item
    place = 0
    while place < len(text):
        character = text[place]
        if character == '"' or character in _SINGLE_QUOTES:
            string, place = _read_string(text, place)
            if string is None:
                break
            written.append(string)
            continue
        if word := _WORD.match(text, place):
            written.append(_CONSTANTS.get(word[0], word[0]))
            place = word.end()
            continue
        if character in _CLOSERS:
            open_ones.append(character)
        elif character in "}]":
            if not open_ones or _CLOSERS[open_ones[-1]] != character:
                return "", 0, False
            open_ones.pop()
            _drop_comma(written)
        elif character == "," and (open_ones[-1] == "[" or "[" not in open_ones):
            safe = (len(written), tuple(open_ones))  # an object of a list that is not whole is dropped
        written.append(character)
        place += 1
        if not open_ones:
            return "".join(written), place, False
        if character in "}]":
            safe = (len(written), tuple(open_ones))
    if safe is None:
        return "", 0, False
    # Keys without a value and unfinished items are dropped: the last comma or closing bracket ends what is whole.
    length, open_at = safe
    kept = written[:length]
    _drop_comma(kept)
    return "".join([*kept, *(_CLOSERS[bracket] for bracket in reversed(open_at))]), len(text), True


def _drop_comma(written: list[str]) -> None:
    last = len(written) - 1
    while last >= 0 and written[last].isspace():
        last -= 1
    if last >= 0 and written[last] == ",":
        del written[last]


def _read_string(text: str, start: int) -> tuple[str | None, int]:
    """A string in any quotes as JSON, and the place after it; None where its end is missing.

    In single quotes an apostrophe ends the string only where a separator follows, as in ``'a dog's bone', 'cat'``.
    """
    closing = _SINGLE_QUOTES.get(text[start], '"')
    characters: list[str] = []
    place = start + 1
    while place < len(text):
        character = text[place]
        if character == "\\" and place + 1 < len(text):
            pair = text[place : place + 2]
            characters.append("'" if pair == "\\'" else pair)
            place += 2
            continue
        if character == closing and (closing == '"' or _ENDS_A_STRING.match(text, place + 1)):
            return '"' + "".join(characters) + '"', place + 1
        characters.append('\\"' if character == '"' else character)
        place += 1
    return None, place
