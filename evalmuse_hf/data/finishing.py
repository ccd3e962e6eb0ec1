"""The last step of a build: final names, the small files, the card, and all of it into place at once."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from evalmuse_hf.data.card import ConfigCard, write_card
from evalmuse_hf.data.errors import ReleaseError
from evalmuse_hf.data.features import FOLDERS, arrow_schema
from evalmuse_hf.data.json_records import iterate_records
from evalmuse_hf.data.opening import OpenedRelease
from evalmuse_hf.data.records import RecordError, read_answers, read_element
from evalmuse_hf.data.report import BUILD_FILE, BuildReport, RecordProblem
from evalmuse_hf.data.rows import element_rows
from evalmuse_hf.data.shards import ShardResult, ShardTask, file_sha256, shard_folder, writer_options
from evalmuse_hf.data.workspace import CARD_FILE, Workspace

Finished = Sequence[tuple[ShardTask, ShardResult]]

_SMALL_CONFIGS = ("prompts", "ratings")  # have one file per split, whatever the number of shards
RANKING_SPLIT = "test"
"""Split of the configuration ``ranking_prompts``, which has only one."""


def finish(workspace: Workspace, finished: Finished, report: BuildReport, opened: OpenedRelease) -> BuildReport:
    """Complete a build whose shards are all written.

    Args:
        workspace: Holds the shards.
        finished: Each task and what became of it.
        report: The counts.
        opened: What was read, for the ranking prompts.

    Returns:
        The report with everything that is only known now.
    """
    files: dict[str, dict[str, Any]] = {}
    cards = [_place_pairs(workspace, finished, files)]
    cards += [card for config in _SMALL_CONFIGS if (card := _merge(workspace, finished, config, files)) is not None]
    ranking, ranking_problems = ranking_rows(opened.ranking) if opened.ranking else ([], ())
    if ranking_problems and report.options["strict"]:
        raise ReleaseError(f"{ranking_problems[0]}; correct it, or build without `strict` to leave it out.")
    if ranking:
        cards.append(_write_ranking(workspace, ranking, files))
    cards += _fold_cards(finished, cards[0])
    report = replace(report, n_ranking_prompts=len(ranking), ranking_problems=ranking_problems, files=files)
    if not workspace.is_ready:
        page = write_card(configs=cards, report=report, name=workspace.out.name)
        content = json.dumps(report.as_json(), indent=1, ensure_ascii=False) + "\n"
        (workspace.finished / BUILD_FILE).write_text(content, encoding="utf-8")
        (workspace.finished / CARD_FILE).write_text(page, encoding="utf-8")
    workspace.put_in_place()
    return report


def _place_pairs(workspace: Workspace, finished: Finished, files: dict[str, dict[str, Any]]) -> ConfigCard:
    """Give every shard of pictures its name; nothing is copied."""
    names = _pair_names(finished)
    for task, result in finished:
        name = names[task.index]
        if name is None:
            continue
        workspace.place(shard_folder(workspace.shards, task.index) / "pairs.parquet", name)
        files[name] = {
            "rows": result.rows["pairs"],
            "bytes": result.file_bytes["pairs"],
            "sha256": result.sha256["pairs"],
        }
    return ConfigCard(
        name="pairs",
        columns="pairs",
        data_files={split: f"data/{split}-*.parquet" for split in _splits(finished)},
        rows=_totals(finished, "rows", "pairs"),
        table_bytes=_totals(finished, "table_bytes", "pairs"),
        file_bytes=sum(result.file_bytes["pairs"] for _, result in finished if result.n_pairs),
    )


def _pair_names(finished: Finished) -> dict[int, str | None]:
    """Final name of each shard's pictures; None for a shard of which nothing is left."""
    members: dict[tuple[str, int | None], list[int]] = {}
    for task, result in finished:
        if result.n_pairs:
            members.setdefault((task.split, task.fold), []).append(task.index)
    names: dict[int, str | None] = {task.index: None for task, _ in finished}
    for (split, fold), indices in members.items():
        part = split if fold is None else f"{split}-fold{fold}"
        for place, index in enumerate(indices):
            names[index] = f"{FOLDERS['pairs']}/{part}-{place:05d}-of-{len(indices):05d}.parquet"
    return names


def _merge(
    workspace: Workspace, finished: Finished, config: str, files: dict[str, dict[str, Any]]
) -> ConfigCard | None:
    """Join the small files of all shards of each split; None if there is no row."""
    rows = {split: n for split, n in _totals(finished, "rows", config).items() if n}
    if not rows:
        return None
    n_bytes = 0
    for split in rows:
        name = f"{FOLDERS[config]}/{split}-00000-of-00001.parquet"
        path = workspace.finished / name
        if not workspace.is_ready:
            path.parent.mkdir(parents=True, exist_ok=True)
            schema = arrow_schema(config)
            parts = [shard_folder(workspace.shards, task.index) for task, _ in finished if task.split == split]
            _write_tables(path, schema, (table for part in parts for table in _row_groups(part / f"{config}.parquet")))
        files[name] = _facts(path if path.exists() else workspace.out / name, rows[split])
        n_bytes += files[name]["bytes"]
    return ConfigCard(
        name=config,
        columns=config,
        data_files={split: f"{FOLDERS[config]}/{split}-*.parquet" for split in rows},
        rows=rows,
        table_bytes={split: _totals(finished, "table_bytes", config)[split] for split in rows},
        file_bytes=n_bytes,
    )


def _write_ranking(workspace: Workspace, rows: list[dict[str, Any]], files: dict[str, dict[str, Any]]) -> ConfigCard:
    name = f"{FOLDERS['ranking_prompts']}/{RANKING_SPLIT}-00000-of-00001.parquet"
    table = pa.Table.from_pylist(rows, schema=arrow_schema("ranking_prompts"))
    path = workspace.finished / name
    if not workspace.is_ready:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_tables(path, table.schema, iter([table]))
    files[name] = _facts(path if path.exists() else workspace.out / name, len(rows))
    return ConfigCard(
        name="ranking_prompts",
        columns="ranking_prompts",
        data_files={RANKING_SPLIT: f"{FOLDERS['ranking_prompts']}/{RANKING_SPLIT}-*.parquet"},
        rows={RANKING_SPLIT: len(rows)},
        table_bytes={RANKING_SPLIT: table.nbytes},
        file_bytes=files[name]["bytes"],
    )


def ranking_rows(path: Path) -> tuple[list[dict[str, Any]], tuple[RecordProblem, ...]]:
    """Rows of ``ranking_prompts``; the official file has no ids, so the place in the file is the id.

    Args:
        path: ``prompt_t2i.json``: an object, or a list, of prompts with ``element_score``.

    Returns:
        The rows, and one entry for each record that cannot become one.
    """
    rows, problems = [], []
    for placed in iterate_records(path):
        record = placed.record if isinstance(placed.record, Mapping) else {}
        prompt = record.get("prompt", placed.key)
        try:
            elements = [read_element(key) for key in read_answers(record.get("element_score"))]
        except RecordError as error:
            problems.append(RecordProblem(path.name, placed.row, error.field, error.reason, str(error)))
            continue
        if not isinstance(placed.record, Mapping) or not isinstance(prompt, str) or not prompt.strip():
            message = "expected a prompt with its elements, like {'prompt': 'a cat', 'element_score': {...}}"
            problems.append(RecordProblem(path.name, placed.row, "record", "bad_ranking_prompt", message))
            continue
        rows.append({"prompt_id": f"{placed.row:05d}", "prompt": prompt, "elements": element_rows(prompt, elements)})
    return rows, tuple(problems)


def _fold_cards(finished: Finished, pairs: ConfigCard) -> list[ConfigCard]:
    """One configuration per fold: it is ``dev``, the others are ``train``; the files are those of ``pairs``."""
    folds = sorted({task.fold for task, result in finished if task.fold is not None and result.n_pairs})
    cards = []
    for held in folds:
        sides: dict[str, list[ShardResult]] = {"train": [], "dev": []}
        for task, result in finished:
            if task.fold is not None:
                sides["dev" if task.fold == held else "train"].append(result)
        cards.append(
            ConfigCard(
                name=f"fold_{held}",
                columns=pairs.columns,
                data_files={
                    "train": [f"data/train-fold{fold}-*.parquet" for fold in folds if fold != held],
                    "dev": f"data/train-fold{held}-*.parquet",
                },
                rows={split: sum(result.n_pairs for result in results) for split, results in sides.items()},
                table_bytes={
                    split: sum(result.table_bytes["pairs"] for result in results) for split, results in sides.items()
                },
                file_bytes=sum(result.file_bytes["pairs"] for results in sides.values() for result in results),
            )
        )
    return cards


def _splits(finished: Finished) -> list[str]:
    return list(dict.fromkeys(task.split for task, result in finished if result.n_pairs))


def _totals(finished: Finished, kind: str, config: str) -> dict[str, int]:
    totals = dict.fromkeys(_splits(finished), 0)
    for task, result in finished:
        if task.split in totals:
            totals[task.split] += getattr(result, kind)[config]
    return totals


def _row_groups(path: Path) -> Iterator[pa.Table]:
    with pq.ParquetFile(path) as file:
        for index in range(file.num_row_groups):
            yield file.read_row_group(index)


def _write_tables(path: Path, schema: pa.Schema, tables: Iterator[pa.Table]) -> None:
    with pq.ParquetWriter(path, schema, **writer_options(schema)) as writer:
        for table in tables:
            writer.write_table(table.cast(schema))


def _facts(path: Path, rows: int) -> dict[str, Any]:
    return {"rows": rows, "bytes": path.stat().st_size, "sha256": file_sha256(path)}
