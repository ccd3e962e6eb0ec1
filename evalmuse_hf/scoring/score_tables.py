"""Rows of scores as Arrow tables, and many small tables as one."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

AS_JSON = {b"evalmuse_hf": b"json"}
"""Metadata of a column whose values are JSON texts, because they are of several kinds or have no Arrow type."""

LAST_COLUMNS = ("overall_score", "elements", "status", "message", "prompt_answers")
"""They follow the columns of the list."""


def to_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> "pa.Table":
    """Make a table of rows.

    Args:
        rows: Values that JSON knows, absent ones included.
        columns: Names of the columns, in their order.

    Returns:
        The table; a column of mixed kinds, or of numbers that Arrow does not have, holds JSON and says so.
    """
    import pyarrow as pa

    types = _known_types(rows)
    arrays, fields = [], []
    for column in columns:
        values = [row.get(column) for row in rows]
        metadata = None
        try:
            if column not in types and any(map(_holds_mapping, values)):
                raise pa.ArrowInvalid  # Arrow would give every mapping the keys of all
            array = pa.array(values, type=types.get(column))
        except (pa.ArrowException, OverflowError):
            array, metadata = pa.array(_as_json(values), type=pa.string()), AS_JSON
        arrays.append(array)
        fields.append(pa.field(column, array.type, metadata=metadata))
    return pa.table(arrays, schema=pa.schema(fields))


def to_rows(table: "pa.Table") -> list[dict[str, Any]]:
    """Make rows of a table again.

    Args:
        table: Of `to_table`, or put together of such.

    Returns:
        Mappings; what had become JSON is what it was.
    """
    rows: list[dict[str, Any]] = table.to_pylist()
    for name in [field.name for field in table.schema if _is_json(field)]:
        for row in rows:
            row[name] = None if row[name] is None else json.loads(row[name])
    return rows


def unify(schemas: Iterable["pa.Schema"]) -> "pa.Schema":
    """Find a schema that every table fits into.

    Args:
        schemas: Of tables that `to_table` made.

    Returns:
        Columns in the order of their first appearance, those of scores last. A column that has types which do not go
        together becomes one of JSON.
    """
    import pyarrow as pa

    found: dict[str, pa.Field] = {}
    for schema in schemas:
        for field in schema:
            known = found.get(field.name)
            found[field.name] = field if known is None else _common(known, field)
    names = sorted(found, key=lambda name: LAST_COLUMNS.index(name) + 1 if name in LAST_COLUMNS else 0)
    return pa.schema([found[name] for name in names])


def conform(table: "pa.Table", schema: "pa.Schema") -> "pa.Table":
    """Give a table another schema.

    Args:
        table: Of `to_table`.
        schema: Of `unify`.

    Returns:
        The same rows; columns that it lacks are null.
    """
    import pyarrow as pa

    arrays = []
    for field in schema:
        if field.name not in table.column_names:
            arrays.append(pa.nulls(table.num_rows, field.type))
            continue
        column = table.column(field.name)
        own = table.schema.field(field.name)
        if _is_json(field) and not _is_json(own):
            column = pa.array(_as_json(column.to_pylist()), type=pa.string())
        elif pa.types.is_floating(field.type) and pa.types.is_integer(column.type):
            column = column.cast(field.type, safe=False)  # beyond 2**53 to the nearest, as any float
        elif column.type != field.type:
            column = pa.array(column.to_pylist(), type=field.type)
        arrays.append(column)
    return pa.table(arrays, schema=schema)


def gather(tables: Iterable["pa.Table"], schema: "pa.Schema", *, n_rows: int) -> Iterator["pa.Table"]:
    """Put small tables together.

    Args:
        tables: Of `to_table`.
        schema: Of `unify`.
        n_rows: Rows from which on a table is large enough.

    Yields:
        The same rows in the same order in fewer tables.
    """
    import pyarrow as pa

    small: list[pa.Table] = []
    for table in tables:
        small.append(conform(table, schema))
        if sum(each.num_rows for each in small) >= n_rows:
            yield pa.concat_tables(small)
            small = []
    if small:
        yield pa.concat_tables(small)


def _known_types(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    import pyarrow as pa

    answers = pa.list_(
        pa.struct([("question", pa.string()), ("yes", pa.float64()), ("no", pa.float64()), ("text", pa.string())])
    )
    element = [("text", pa.string()), ("category", pa.string()), ("score", pa.float64()), ("status", pa.string())]
    if any("answers" in element for row in rows for element in row.get("elements") or ()):
        element.append(("answers", answers))
    return {
        "overall_score": pa.float64(),
        "elements": pa.list_(pa.struct(element)),
        "prompt_answers": answers,
        "status": pa.string(),
        "message": pa.string(),
    }


def _holds_mapping(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_holds_mapping, value))
    return isinstance(value, Mapping)


def _as_json(values: Iterable[Any]) -> list[str | None]:
    return [None if value is None else json.dumps(value, default=str) for value in values]


def _is_json(field: "pa.Field") -> bool:
    return (field.metadata or {}).get(b"evalmuse_hf") == b"json"


def _common(one: "pa.Field", other: "pa.Field") -> "pa.Field":
    """A field that holds both."""
    import pyarrow as pa

    if one.equals(other, check_metadata=True):
        return one
    if not _is_json(one) and not _is_json(other):
        if one.name == "elements":  # in some tables with answers, in some without
            return max(one, other, key=lambda field: field.type.value_type.num_fields)
        try:
            return pa.unify_schemas([pa.schema([one]), pa.schema([other])], promote_options="permissive").field(0)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            pass
    elif pa.types.is_null(one.type) or pa.types.is_null(other.type):
        return one if _is_json(one) else other
    return pa.field(one.name, pa.string(), metadata=AS_JSON)
