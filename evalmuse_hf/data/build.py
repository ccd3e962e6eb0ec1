"""Builds the data set: Parquet with embedded pictures, and a card."""

import errno
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalmuse_hf import __version__
from evalmuse_hf.data.annotation_store import is_store_place
from evalmuse_hf.data.errors import ReleaseError
from evalmuse_hf.data.features import arrow_schema
from evalmuse_hf.data.finishing import finish
from evalmuse_hf.data.opening import OpenedRelease, open_any
from evalmuse_hf.data.partition import DEFAULT_DEV_SHARE, partition
from evalmuse_hf.data.report import FORMAT, BuildReport, SplitReport, count_reasons
from evalmuse_hf.data.scan import SplitScan, scan_splits
from evalmuse_hf.data.shards import SHARD_CONFIGS, ShardResult, ShardTask, finished_shard, plan_shards
from evalmuse_hf.data.workers import ShardWriters, choose_processes
from evalmuse_hf.data.workspace import WORK_FOLDER, Workspace, refuse_foreign_folder
from evalmuse_hf.elements import PLACED_STATUSES
from evalmuse_hf.schema import Pair

logger = logging.getLogger(__name__)

_N_LOGGED_PROBLEMS = 5
_PROGRESS_DELAY_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """How to build.

    Attributes:
        strict: Raise on the first bad record, picture or archive member, instead of leaving it out and counting it.
        dev: Share of the training prompts that form the split ``dev``. None is a tenth where the release has a test
            split without a single rating, and no such split otherwise.
        folds: Number of folds of the training prompts, each a configuration ``fold_0`` .. of its own; 0 for none.
        seed: For ``dev`` and ``folds``.
        max_shard_size: Most bytes of pictures in one file; None follows from the whole, see `plan_shards`.
        include_unfinished: Of a campaign's store: also use items that lack some of their ratings.
    """

    strict: bool = False
    dev: float | None = None
    folds: int = 0
    seed: int = 0
    max_shard_size: int | None = None
    include_unfinished: bool = False


def build_dataset(
    raw: str | Path | Iterable[Mapping[str, Any] | Pair],
    out: str | Path,
    *,
    strict: bool = False,
    dev: float | None = None,
    folds: int = 0,
    seed: int = 0,
    max_shard_size: int | None = None,
    include_unfinished: bool = False,
    num_proc: int | None = 1,
    progress: bool = False,
) -> BuildReport:
    """Build a folder that `datasets.load_dataset` reads, from a raw release or from one's own ratings.

    The folder holds ``README.md``, ``build.json`` (see `BuildReport.as_json`) and a folder of Parquet files for each
    configuration (`evalmuse_hf.data.features.CONFIGS`). It is complete or has no card: a killed build leaves its
    finished shards in ``out/.build``, and the same call goes on from there. Nothing is written outside ``out``.

    Args:
        raw: Folder or archive of the raw release (see `evalmuse_hf.data.raw_release.open_release`); a list of one's
            own ratings as CSV, JSON lines or Parquet; the store of an annotation campaign, as a file or a URL (see
            `evalmuse_hf.data.annotation_store`); or an iterable of such rows or of pairs (see
            `evalmuse_hf.data.own_data`).
        out: Folder to write. It must not exist, be empty, or hold an earlier build, which is replaced.
        strict: See `BuildOptions`; likewise ``dev``, ``folds``, ``seed`` and ``max_shard_size``.
        dev: See `BuildOptions`.
        folds: See `BuildOptions`.
        seed: See `BuildOptions`.
        max_shard_size: See `BuildOptions`.
        include_unfinished: See `BuildOptions`.
        num_proc: Processes that decode and write; the files do not depend on it. With more than one, a script must
            call this below ``if __name__ == "__main__":``. None is one for each core, as far as there is work for
            them.
        progress: Show a bar on stderr.

    Returns:
        The counts, which are also in the card and in ``build.json``.

    Raises:
        ReleaseError: If the release cannot be read, if nothing of a split is left, or, with ``strict``, for the first
            problem.
        ValueError: If ``out`` holds something that a build would destroy, or an option is out of its range.
        OSError: If the disk is full; the same call goes on when there is room.
    """
    out = Path(out).expanduser().absolute()
    options = BuildOptions(
        strict=strict,
        dev=dev,
        folds=folds,
        seed=seed,
        max_shard_size=max_shard_size,
        include_unfinished=include_unfinished,
    )
    if num_proc is not None and num_proc < 1:
        raise ValueError(f"`num_proc` must be at least 1, got {num_proc!r}.")
    refuse_foreign_folder(out)
    _check_place(raw, include_unfinished=include_unfinished)
    workspace = Workspace(out)
    with workspace.locked():
        try:
            report = _build(raw, workspace, options, num_proc=num_proc, progress=progress)
        except ReleaseError as error:
            unpacked = f"{workspace.release}{os.sep}"  # a folder that the user never made, and that goes away
            if unpacked not in str(error):
                raise
            raise ReleaseError(str(error).replace(unpacked, f"{raw}: ")) from error
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise OSError(
                f"The disk of {str(out)!r} is full; make room and run the same command again: finished shards are "
                f"kept in its folder {WORK_FOLDER}."
            ) from error
    logger.info("Built %s: %d of %d records.", out, report.n_pairs, report.n_records)
    return report


def _check_place(raw: str | Path | Iterable[Mapping[str, Any] | Pair], *, include_unfinished: bool) -> None:
    is_store = isinstance(raw, str | Path) and is_store_place(raw)
    if isinstance(raw, str) and "://" in raw and not is_store:  # whose text may hold a password
        raise ReleaseError(
            f"A data set is built from nothing at a URL of kind {raw.partition('://')[0]!r}; download it and give the "
            "file, or give the store of a campaign as sqlite:///PATH or postgresql://..."
        )
    if isinstance(raw, str | Path) and not is_store and not Path(raw).expanduser().exists():
        raise ReleaseError(
            f"There is no {str(raw)!r}; give the folder of the raw release, its archive, a list, or a store."
        )
    if include_unfinished and not is_store:
        raise ValueError(
            "`include_unfinished` is for the store of an annotation campaign; other lists hold whatever there is."
        )


def _build(
    raw: str | Path | Iterable[Mapping[str, Any] | Pair],
    workspace: Workspace,
    options: BuildOptions,
    *,
    num_proc: int | None,
    progress: bool,
) -> BuildReport:
    opened = open_any(raw, workspace, strict=options.strict, include_unfinished=options.include_unfinished)
    scans = scan_splits(opened.sources, strict=options.strict)
    tasks = plan_tasks(scans, options)
    workspace.adopt(_plan(opened, options, tasks))
    found = {task.index: finished_shard(workspace.shards, task.index) for task in tasks}
    results = {index: result for index, result in found.items() if result is not None}
    left = [task for task in tasks if task.index not in results]
    if len(left) < len(tasks):
        logger.warning("Going on: %d of %d shards are finished.", len(tasks) - len(left), len(tasks))
    with ShardWriters(num_proc or choose_processes(left)) as writers, _bar(tasks, left, progress=progress) as bar:
        schemas = {config: arrow_schema(config) for config in SHARD_CONFIGS}
        for task, result in writers.write(left, workspace.shards, schemas):
            results[task.index] = result
            bar.update(task.n_records)
    finished = [(task, results[task.index]) for task in tasks]
    report = BuildReport(
        out=workspace.out,
        splits=split_reports(scans, finished, opened),
        raw=opened.name,
        options={
            "strict": options.strict,
            "dev": _dev_share(scans, options),
            "dev_was_chosen": options.dev is None,
            **_seeded(options),
        },
        n_members=opened.n_members,
        member_problems=opened.member_problems,
    )
    _refuse_nothing_left(report)
    report = finish(workspace, finished, report, opened)
    _log_problems(report)
    return report


def plan_tasks(scans: Mapping[str, SplitScan], options: BuildOptions) -> list[ShardTask]:
    """Decide what goes into which shard; the same records and options give the same shards.

    Args:
        scans: The records.
        options: How to build.
    """
    groups = {split: scan.groups for split, scan in scans.items()}
    parts = partition(groups, dev=_dev_share(scans, options), folds=options.folds, seed=options.seed)
    planned = [(part, shard) for part in parts for shard in plan_shards(part.groups, max_bytes=options.max_shard_size)]
    return [
        ShardTask(
            index=index,
            split=part.split,
            fold=part.fold,
            source=scans["test" if part.split == "test" else "train"].source,
            groups=shard,
            strict=options.strict,
        )
        for index, (part, shard) in enumerate(planned)
    ]


def split_reports(
    scans: Mapping[str, SplitScan], finished: Sequence[tuple[ShardTask, ShardResult]], opened: OpenedRelease
) -> dict[str, SplitReport]:
    """Count what became of the records of each split.

    Args:
        scans: What the scan made of them.
        finished: What the shards made of the rest.
        opened: Where they come from.
    """
    n_dev = sum(task.n_records for task, _ in finished if task.split == "dev")
    reports = {}
    for split in ("train", "dev", "test"):
        shards = [result for task, result in finished if task.split == split]
        scan = scans.get(split)
        if scan is None and not shards:
            continue
        n_records = n_dev if scan is None else scan.n_records - (n_dev if split == "train" else 0)
        element_problems = [problem for shard in shards for problem in shard.element_problems]
        own_problems = opened.problems.get(split, ())
        problems = (*own_problems, *(scan.problems if scan else ()))
        reports[split] = SplitReport(
            n_records=n_records + len(own_problems),
            n_pairs=sum(shard.n_pairs for shard in shards),
            n_rated=sum(shard.n_rated for shard in shards),
            n_prompts=sum(shard.n_prompts for shard in shards),
            problems=(*problems, *(problem for shard in shards for problem in shard.problems)),
            n_elements=sum(shard.n_elements for shard in shards),
            element_problems=tuple(sorted(element_problems, key=lambda problem: problem.status in PLACED_STATUSES)),
        )
    return reports


def _dev_share(scans: Mapping[str, SplitScan], options: BuildOptions) -> float:
    if options.dev is not None:
        return options.dev
    has_blind_test = "test" in scans and bool(scans["test"].groups) and scans["test"].n_rated == 0
    enough = "train" in scans and len(scans["train"].groups) > 1
    return DEFAULT_DEV_SHARE if has_blind_test and enough and scans["train"].n_rated else 0.0


def _seeded(options: BuildOptions) -> dict[str, int]:
    return {"folds": options.folds, "seed": options.seed}


def _plan(opened: OpenedRelease, options: BuildOptions, tasks: Sequence[ShardTask]) -> dict[str, Any]:
    """Everything on which the files of a build depend."""
    return {
        "format": FORMAT,
        "package_version": __version__,
        "release": opened.fingerprint(),
        "options": {**_seeded(options), "strict": options.strict, "dev": options.dev},
        "shards": [[task.split, task.fold, len(task.groups), task.n_records, task.n_bytes] for task in tasks],
    }


def _refuse_nothing_left(report: BuildReport) -> None:
    for name, split in report.splits.items():
        if not split.n_records:
            raise ReleaseError(f"Split {name!r} of {report.raw!r} holds no records; remove its file, or fill it.")
        if not split.n_pairs:
            members = count_reasons(report.member_problems)
            refused = f", and members of the archive were left out ({members})" if members else ""
            raise ReleaseError(
                f"Nothing is left of split {name!r} of {report.raw!r}: all {split.n_records} records were dropped "
                f"({split.dropped}){refused}; mend these, and check that the pictures lie in its folder 'images'."
            )


def _log_problems(report: BuildReport) -> None:
    for name, split in report.splits.items():
        if split.problems:
            logger.warning(
                "Split %s: kept %d of %d records; dropped: %s. First of them: %s",
                name,
                split.n_pairs,
                split.n_records,
                split.dropped,
                "; ".join(map(str, split.problems[:_N_LOGGED_PROBLEMS])),
            )


def _bar(tasks: Sequence[ShardTask], left: Sequence[ShardTask], *, progress: bool) -> Any:
    from tqdm import tqdm

    n_left = sum(task.n_records for task in left)
    total = sum(task.n_records for task in tasks)
    return tqdm(total=total, initial=total - n_left, unit="picture", delay=_PROGRESS_DELAY_S, disable=not progress)
