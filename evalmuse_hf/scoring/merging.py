"""Puts the shards of a finished run together, in the order of the rows, whatever process wrote them."""

import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalmuse_hf.scoring.run_folder import RunError, RunFolder, Shard, shard_hash
from evalmuse_hf.scoring.scores import METADATA_KEY, file_metadata, json_line, write_provenance

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_PER_GROUP = 8192  # of the merged file; fewer are held at a time


def merge_shards(folder: RunFolder, shards: Iterable[Shard], path: Path, provenance: Mapping[str, Any]) -> None:
    """Write one file of all shards; it appears when it is complete.

    Args:
        folder: Where the shards are.
        shards: All of them, in any order.
        path: ``.parquet``, ``.jsonl`` or ``.csv``.
        provenance: Of the scores.

    Raises:
        RunError: If a shard is not as it was written; it is removed, so that the same command writes it anew.
        OSError: If the file cannot be written.
    """
    import pyarrow.parquet as pq

    from evalmuse_hf.scoring.score_tables import gather, unify

    ordered = sorted(shards, key=lambda shard: shard.place)
    _verify(folder, ordered)
    files = [folder.path / shard.place.file_name for shard in ordered]
    schemas = [pq.read_schema(file) for file in files]
    provenance = {**provenance, **_other_sessions(schemas, provenance)}
    schema = unify(schemas)
    tables = gather(map(pq.read_table, files), schema, n_rows=_ROWS_PER_GROUP)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    writers = {".parquet": _write_parquet, ".jsonl": _write_json_lines, ".csv": _write_csv}
    try:
        writers[path.suffix.lower()](tables, schema, unfinished, provenance)
        with unfinished.open("r+b") as file:
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    if path.suffix.lower() != ".parquet":
        write_provenance(provenance, path)


def _other_sessions(schemas: Iterable["pa.Schema"], provenance: Mapping[str, Any]) -> dict[str, Any]:
    """What produced shards that an earlier session wrote, where it was not the same as now."""
    texts = dict.fromkeys((schema.metadata or {}).get(METADATA_KEY, b"{}") for schema in schemas)
    found = [{key: value for key, value in json.loads(text).items() if key != "format"} for text in texts]
    other = [each for each in found if each != json.loads(json.dumps(provenance))]
    return {"other_sessions": other} if other else {}


def _verify(folder: RunFolder, shards: Sequence[Shard]) -> None:
    for shard in shards:
        file = folder.path / shard.place.file_name
        if not file.is_file() or shard_hash(file) != shard.sha256:
            folder.discard(shard)
            raise RunError(f"{file} is damaged; run the same command again, which scores its rows anew.")


def _write_parquet(
    tables: Iterator["pa.Table"], schema: "pa.Schema", path: Path, provenance: Mapping[str, Any]
) -> None:
    import pyarrow.parquet as pq

    schema = schema.with_metadata(file_metadata(provenance))
    with pq.ParquetWriter(path, schema) as writer:
        for table in tables:
            writer.write_table(table.replace_schema_metadata(schema.metadata))


def _write_json_lines(tables: Iterator["pa.Table"], schema: "pa.Schema", path: Path, _: Mapping[str, Any]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in _rows(tables, schema):
            file.write(f"{json_line(row)}\n")


def _write_csv(tables: Iterator["pa.Table"], schema: "pa.Schema", path: Path, _: Mapping[str, Any]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, schema.names)
        writer.writeheader()
        for row in _rows(tables, schema):
            writer.writerow(
                {
                    key: json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
                    for key, value in row.items()
                }
            )


def _rows(tables: Iterator["pa.Table"], schema: "pa.Schema") -> Iterator[dict[str, Any]]:
    """Rows as they were before they became a table: JSON read again, and nothing where a scorer asked nothing."""
    from evalmuse_hf.scoring.score_tables import to_rows

    for table in tables:
        for row in to_rows(table.cast(schema)):
            for element in row.get("elements") or ():
                if element.get("answers", ()) is None:
                    del element["answers"]
            if row.get("prompt_answers", ()) is None:
                del row["prompt_answers"]
            yield row
