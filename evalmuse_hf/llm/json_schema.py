"""The part of JSON Schema that our requests use: whether a value fits, and what is wrong with it."""

from collections.abc import Mapping
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_KEYWORDS = frozenset(
    {"type", "properties", "required", "items", "enum", "minItems", "maxItems", "minLength", "maxLength"}
    | {"additionalProperties", "description"}
)


def schema_problem(value: Any, schema: Mapping[str, Any], *, place: str = "the answer") -> str | None:
    """Say in what a value does not fit a schema.

    Known are ``type``, ``properties``, ``required``, ``items``, ``enum``, ``minItems``, ``maxItems``, ``minLength``,
    ``maxLength`` and ``additionalProperties`` (true or false); ``description`` and keywords that begin with ``x-`` say
    nothing here.

    Args:
        value: A value as `json.loads` returns it.
        schema: The schema.
        place: How to call the value.

    Returns:
        A sentence, or None.

    Raises:
        ValueError: If the schema has another keyword.

    >>> schema_problem({"a": [1, "b"]}, {"properties": {"a": {"items": {"type": "integer"}}}})
    "the answer['a'][1] is 'b', expected an integer."
    """
    if unknown := [word for word in schema if word not in _KEYWORDS and not word.startswith("x-")]:
        raise ValueError(f"This package does not know the keyword {unknown[0]!r} of a JSON schema.")
    kind = schema.get("type")
    if kind is not None and not _is_of(value, kind):
        article = "an" if kind[0] in "aio" else "a"
        return f"{place} is {_short(value)}, expected {article} {kind}."
    if "enum" in schema and not any(value == one and type(value) is type(one) for one in schema["enum"]):
        return f"{place} is {_short(value)}, expected one of {', '.join(map(str, schema['enum']))}."
    if isinstance(value, str):
        return _length_problem(len(value), schema, place, ("minLength", "maxLength", "characters"))
    if isinstance(value, list):
        return _length_problem(len(value), schema, place, ("minItems", "maxItems", "items")) or next(
            filter(
                None,
                (
                    schema_problem(item, schema.get("items", {}), place=f"{place}[{number}]")
                    for number, item in enumerate(value)
                ),
            ),
            None,
        )
    if isinstance(value, dict):
        return _object_problem(value, schema, place)
    return None


def sent_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema as other programs take it: without keywords that begin with ``x-``.

    Args:
        schema: The schema.

    >>> sent_schema({"type": "array", "items": {"type": "string", "x-substring-of": "a cat"}})
    {'type': 'array', 'items': {'type': 'string'}}
    """
    kept = {word: value for word, value in schema.items() if not word.startswith("x-")}
    if "items" in kept:
        kept["items"] = sent_schema(kept["items"])
    if "properties" in kept:
        kept["properties"] = {name: sent_schema(part) for name, part in kept["properties"].items()}
    return kept


def _is_of(value: Any, kind: str) -> bool:
    if kind not in _TYPES:
        raise ValueError(f"This package does not know the type {kind!r} of a JSON schema.")
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])


def _length_problem(length: int, schema: Mapping[str, Any], place: str, words: tuple[str, str, str]) -> str | None:
    least, most, unit = words
    if least in schema and length < schema[least]:
        return f"{place} has {length} {unit}, expected {schema[least]} or more."
    if most in schema and length > schema[most]:
        return f"{place} has {length} {unit}, expected {schema[most]} or fewer."
    return None


def _object_problem(value: dict[str, Any], schema: Mapping[str, Any], place: str) -> str | None:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            return f"{place} lacks {name!r}."
    if schema.get("additionalProperties", True) is False:
        for name in value:
            if name not in properties:
                return f"{place} has {name!r}, which was not asked for."
    for name, part in properties.items():
        if name in value and (problem := schema_problem(value[name], part, place=f"{place}[{name!r}]")):
            return problem
    return None


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
