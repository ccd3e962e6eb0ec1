"""Shards of a build: what goes into each, and the worker that writes one.

A shard holds whole prompts, so that everything that its rows say of their prompt is known to the worker that writes
it, and any number of workers in any order make the same files.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from evalmuse_hf.data.groups import CheckedGroup, check_group
from evalmuse_hf.data.report import ElementProblem, RecordProblem
from evalmuse_hf.data.rows import Row
from evalmuse_hf.data.sources import PromptGroup, SplitSource
from evalmuse_hf.elements import SpanStatus, find_spans

SHARD_CONFIGS = ("pairs", "prompts", "ratings")
JOURNAL_FILE = "done.json"
WRITER_OPTIONS: Mapping[str, Any] = {
    "compression": "snappy",
    "use_dictionary": ["prompt_id", "prompt", "source", "synthetic_type", "generator", "generator_license"],
    "write_page_index": True,
    "use_content_defined_chunking": {"min_chunk_size": 256 * 1024, "max_chunk_size": 1024 * 1024, "norm_level": 0},
}
"""How Parquet is written; chunks that follow the content let the Hub store a picture once."""

_ROW_GROUP_ROWS = 100  # as `datasets` writes pictures: a reader of one row reads no more than these
_ROW_GROUP_SMALL_ROWS = 2000  # without pictures
_ROW_GROUP_BYTES = 32_000_000
_SMALLEST_SHARD, _LARGEST_SHARD = 16_000_000, 256_000_000  # bytes of pictures
_SHARDS_AIMED_AT = 16
_MOST_RECORDS = 2000  # in a shard, however small its pictures: what a writer holds grows with its row groups


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardTask:
    """What a worker needs to know to write one shard.

    Attributes:
        index: Number of the shard in the build.
        split: The split that it belongs to; ``"dev"`` is taken from the training records.
        fold: The fold that its prompts belong to; None without folds.
        source: Where the records are.
        groups: The prompts.
        strict: Whether a bad picture ends the build.
    """

    index: int
    split: str
    fold: int | None
    source: SplitSource
    groups: tuple[PromptGroup, ...]
    strict: bool = False

    @property
    def n_records(self) -> int:
        """Records of all prompts."""
        return sum(group.n_records for group in self.groups)

    @property
    def n_bytes(self) -> int:
        """Bytes of all pictures."""
        return sum(group.n_bytes for group in self.groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardResult:
    """What became of a shard.

    Attributes:
        n_pairs: Pairs that were kept.
        n_rated: Those with an overall score.
        n_prompts: Prompts of the kept pairs.
        rows: Rows of each configuration.
        table_bytes: Size of each configuration's rows in memory.
        file_bytes: Size of each configuration's file.
        sha256: Of each configuration's file.
        problems: One entry for each record that was dropped.
        n_elements: Elements of the kept pairs, those of each prompt once.
        element_problems: Those that are not exactly in their prompt.
    """

    n_pairs: int
    n_rated: int
    n_prompts: int
    rows: Mapping[str, int]
    table_bytes: Mapping[str, int]
    file_bytes: Mapping[str, int]
    sha256: Mapping[str, str]
    problems: tuple[RecordProblem, ...]
    n_elements: int
    element_problems: tuple[ElementProblem, ...]

    @classmethod
    def read(cls, journal: Path) -> "ShardResult":
        """Read what `write_shard` noted."""
        values = json.loads(journal.read_text("utf-8"))
        values["problems"] = tuple(RecordProblem(**problem) for problem in values["problems"])
        values["element_problems"] = tuple(ElementProblem(**problem) for problem in values["element_problems"])
        return cls(**values)


def plan_shards(groups: Sequence[PromptGroup], *, max_bytes: int | None = None) -> Iterator[tuple[PromptGroup, ...]]:
    """Cut a list of prompts into shards.

    Args:
        groups: The prompts.
        max_bytes: Most bytes of pictures in a shard; a single prompt may exceed it. None is a sixteenth of the whole,
            but between 16 and 256 MB, whatever the machine: the same release gives the same shards everywhere. No
            shard has more than 2,000 records, except for a single prompt with more.

    Yields:
        The prompts of each shard, in order.
    """
    total = sum(group.n_bytes for group in groups)
    limit = max_bytes or min(max(total // _SHARDS_AIMED_AT, _SMALLEST_SHARD), _LARGEST_SHARD)
    shard: list[PromptGroup] = []
    size = n_records = 0
    for group in groups:
        if shard and (size + group.n_bytes > limit or n_records + group.n_records > _MOST_RECORDS):
            yield tuple(shard)
            shard, size, n_records = [], 0, 0
        shard.append(group)
        size += group.n_bytes
        n_records += group.n_records
    if shard:
        yield tuple(shard)


def shard_folder(shards: Path, index: int) -> Path:
    """Folder of one finished shard."""
    return shards / f"{index:05d}"


def finished_shard(shards: Path, index: int) -> ShardResult | None:
    """What became of a shard; None if it is not finished."""
    journal = shard_folder(shards, index) / JOURNAL_FILE
    return ShardResult.read(journal) if journal.is_file() else None


def write_shard(task: ShardTask, shards: Path, schemas: Mapping[str, pa.Schema]) -> ShardResult:
    """Write the Parquet files of one shard, and a note of what became of it.

    Args:
        task: What to write.
        shards: Folder of all shards; this one's appears there, see `shard_folder`, when it is complete.
        schemas: Arrow schema of each of `SHARD_CONFIGS`, with the features of `datasets` in its metadata.

    Raises:
        ReleaseError: For a bad picture, with ``task.strict``, and if the release changed since it was scanned.
        OSError: If the disk is full, for one.
    """
    # Its own name until it is complete: what a killed worker left there is in nobody's way.
    folder = shards / f"{task.index:05d}.{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    counts = {"n_pairs": 0, "n_rated": 0, "n_prompts": 0, "n_elements": 0}
    problems: list[RecordProblem] = []
    element_problems: list[ElementProblem] = []
    writers = {config: _Writer(folder / f"{config}.parquet", schema) for config, schema in schemas.items()}
    try:
        for group in task.groups:
            checked = check_group(task.source, group, strict=task.strict)
            problems += checked.problems
            n_elements, misplaced = _element_problems(checked)
            element_problems += misplaced
            counts["n_pairs"] += len(checked.pairs)
            counts["n_rated"] += sum(pair.overall_score == pair.overall_score for pair in checked.pairs)
            counts["n_prompts"] += bool(checked.pairs)
            counts["n_elements"] += n_elements
            for config, writer in writers.items():
                writer.write(checked.rows(config))
    finally:
        for writer in writers.values():
            writer.close()
    result = ShardResult(
        **counts,
        rows={config: writer.n_rows for config, writer in writers.items()},
        table_bytes={config: writer.n_bytes for config, writer in writers.items()},
        file_bytes={config: writer.path.stat().st_size for config, writer in writers.items()},
        sha256={config: file_sha256(writer.path) for config, writer in writers.items()},
        problems=tuple(problems),
        element_problems=tuple(element_problems),
    )
    (folder / JOURNAL_FILE).write_text(json.dumps(asdict(result)), encoding="utf-8")
    finished = shard_folder(shards, task.index)
    shutil.rmtree(finished, ignore_errors=True)
    os.replace(folder, finished)
    return result


class _Writer:
    """Collects rows and writes them in groups of bounded size."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path, self.schema = path, schema
        self.n_rows = self.n_bytes = 0
        self._rows: list[Row] = []
        self._size = 0
        self._is_pictures = "image" in schema.names
        self._file = pq.ParquetWriter(path, schema, **writer_options(schema))

    def write(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._rows.append(row)
            self._size += len(row["image"]["bytes"]) if self._is_pictures else 0
            limit = _ROW_GROUP_ROWS if self._is_pictures else _ROW_GROUP_SMALL_ROWS
            if len(self._rows) >= limit or self._size >= _ROW_GROUP_BYTES:
                self._flush()

    def close(self) -> None:
        self._flush()
        self._file.close()

    def _flush(self) -> None:
        if not self._rows:
            return
        table = pa.Table.from_pylist(self._rows, schema=self.schema)
        self.n_rows += table.num_rows
        self.n_bytes += table.nbytes
        self._rows, self._size = [], 0
        self._file.write_table(table)


def writer_options(schema: pa.Schema) -> dict[str, Any]:
    """`WRITER_OPTIONS` for a table with these columns."""
    names = [name for name in WRITER_OPTIONS["use_dictionary"] if name in schema.names]
    return {**WRITER_OPTIONS, "use_dictionary": names}


def _element_problems(group: CheckedGroup) -> tuple[int, list[ElementProblem]]:
    """Look every element of a prompt up in it, those that several pictures share once."""
    asked = {(pair.prompt.text, tuple(element.text for element in pair.prompt.elements)): None for pair in group.pairs}
    problems = [
        ElementProblem(spans.text, prompt, spans.status)
        for prompt, texts in asked
        for spans in find_spans(prompt, texts)
        if spans.status != SpanStatus.OK
    ]
    return sum(len(texts) for _, texts in asked), problems


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
