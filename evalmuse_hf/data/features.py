"""Columns of the configurations: as `datasets`, Arrow and the card of a data set describe them."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from evalmuse_hf.schema import ELEMENT_COLUMNS, PAIR_COLUMNS, Column, column_features

if TYPE_CHECKING:
    import datasets

CONFIGS = ("pairs", "prompts", "ratings", "ranking_prompts")
"""Configurations of a built data set, the default one first."""

FOLDERS = {"pairs": "data", "prompts": "prompts", "ratings": "ratings", "ranking_prompts": "ranking_prompts"}
"""Folder of each configuration's Parquet files."""


_ELEMENT = {name: column for name, column in ELEMENT_COLUMNS.items() if name not in ("ratings", "score")}

COLUMNS: Mapping[str, Mapping[str, Column]] = {
    "pairs": PAIR_COLUMNS,
    "prompts": {
        "prompt_id": "string",
        "prompt": "string",
        "source": "string",
        "synthetic_type": "string",
        "elements": [_ELEMENT],
        "n_pairs": "int64",
        "overall_score": "float64",
        "prompt_variance": "float64",
    },
    "ratings": {
        "image_path": "string",
        "prompt_id": "string",
        "generator": "string",
        "target": "string",
        "element_index": "int32",
        "element": "string",
        "category": "string",
        "rating_position": "int32",
        "rating": "int64",
        "sure": "bool",
        "rater_id": "string",
        "round": "int32",
    },
    "ranking_prompts": {"prompt_id": "string", "prompt": "string", "elements": [_ELEMENT]},
}
"""Columns of each configuration.

``prompts`` has one row per `prompt_id`: ``n_pairs`` counts its pictures in the split, ``overall_score`` is the mean of
their scores, and ``prompt_variance`` is that of ``pairs``, over all pictures of the same prompt text.

``ratings`` has one row per rating: ``target`` is ``"overall"`` or ``"element"``, and the three element columns are
null for the former; ``rating_position`` is the place in the released list and no person, so ``rater_id`` is null
unless known. ``sure`` is whether the rater was sure of that answer to that element: null for overall ratings, and for
releases in the official form, which only say it of all elements together (``attribute_confidence`` of ``pairs``).

``ranking_prompts`` has one row per prompt to draw and rank generators with.
"""


def config_features(config: str) -> "datasets.Features":
    """Columns of a configuration, as `datasets` describes them.

    Args:
        config: One of `CONFIGS`.
    """
    return column_features(COLUMNS[config])


def arrow_schema(config: str) -> pa.Schema:
    """Columns of a configuration as Arrow types, with what `datasets` reads its features from.

    The same as ``config_features(config).arrow_schema``, without the second that importing `datasets` takes.

    Args:
        config: One of `CONFIGS`.
    """
    columns = COLUMNS[config]
    features = {name: _described(column) for name, column in columns.items()}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.schema([(name, _arrow_type(column)) for name, column in columns.items()], metadata=metadata)


def card_features(config: str) -> list[dict[str, Any]]:
    """Columns of a configuration as the YAML of a card spells them.

    Args:
        config: One of `CONFIGS`.
    """
    return _spelled(COLUMNS[config])


def _described(column: Column) -> dict[str, Any]:
    if isinstance(column, dict):
        return {name: _described(member) for name, member in column.items()}
    if isinstance(column, list):
        return {"feature": _described(column[0]), "_type": "List"}
    return {"_type": "Image"} if column == "image" else {"dtype": column, "_type": "Value"}


def _arrow_type(column: Column) -> pa.DataType:
    if isinstance(column, dict):
        return pa.struct([(name, _arrow_type(member)) for name, member in column.items()])
    if isinstance(column, list):
        return pa.list_(_arrow_type(column[0]))
    if column == "image":
        return pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    return pa.type_for_alias(column)


def _spelled(columns: Mapping[str, Column]) -> list[dict[str, Any]]:
    return [{"name": name, **_spelled_type(column)} for name, column in columns.items()]


def _spelled_type(column: Column) -> dict[str, Any]:
    if isinstance(column, dict):
        return {"struct": _spelled(column)}
    if not isinstance(column, list):
        return {"dtype": column}
    (member,) = column
    if isinstance(member, dict):
        return {"list": _spelled(member)}
    return {"list": member if isinstance(member, str) else _spelled_type(member)}
