"""Parquet with embedded pictures and a card: the form in which the data set is used and published."""

import logging
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from evalmuse_hf.data.builder import EvalMuse40K
from evalmuse_hf.data.card import write_card
from evalmuse_hf.data.release import ReleaseError
from evalmuse_hf.data.report import BuildReport

logger = logging.getLogger(__name__)

DATA_FOLDER = "data"
CARD_FILE = "README.md"
MAX_SHARD_SIZE = "500MB"


def build_dataset(
    raw: str | Path, out: str | Path, *, strict: bool = False, max_shard_size: str | int = MAX_SHARD_SIZE
) -> BuildReport:
    """Build a folder that `datasets.load_dataset` reads, from a raw release.

    The folder holds ``README.md`` and ``data/<split>-<shard>.parquet``. It appears when it is complete: an error or an
    interruption leaves what was there before. An earlier build in the same place is replaced.

    Args:
        raw: Folder of the raw release, with ``images/``, ``train_list.json`` and ``test.json``; see `read_release`.
        out: Folder to write. It must not exist, be empty, or hold an earlier build and nothing else.
        strict: Raise on the first bad record or picture, instead of leaving it out and counting it.
        max_shard_size: Largest size of one file, in bytes or as in ``"500MB"``, before compression.

    Returns:
        The counts, which are also in the card.

    Raises:
        ReleaseError: If the release cannot be read, if nothing of a split is left, or, with ``strict``, for the first
            problem.
        ValueError: If ``out`` holds something that a build would destroy.
    """
    out = Path(out).expanduser().absolute()
    _refuse_foreign_folder(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        built = scratch / "built"
        builder = _prepare(raw, scratch / "prepared", strict=strict, max_shard_size=max_shard_size)
        _move_shards(builder, scratch / "prepared" / "shards", built / DATA_FOLDER)
        reports = {split: builder.reports[split] for split in builder.info.splits}
        card = write_card(dataset_info=_dataset_info(builder, built), reports=reports, name=out.name)
        (built / CARD_FILE).write_text(card, encoding="utf-8")
        _put_in_place(built, out, attic=scratch / "earlier")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    report = BuildReport(out=out, splits=reports)
    logger.info("Built %s: %d of %d records.", out, report.n_pairs, report.n_records)
    return report


def is_built(folder: Path) -> bool:
    """Whether a folder looks like the result of `build_dataset`.

    Args:
        folder: Any path.
    """
    return (folder / CARD_FILE).is_file() and any((folder / DATA_FOLDER).glob("*.parquet"))


def _refuse_foreign_folder(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise ValueError(f"{str(out)!r} is a file; give the name of a folder to write.")
    if not out.exists():
        return
    others = sorted(path.name for path in out.iterdir() if path.name not in (CARD_FILE, DATA_FOLDER))
    if others or (any(out.iterdir()) and not is_built(out)):
        found = f" ({others[0]!r}, for one)" if others else ""
        raise ValueError(
            f"{str(out)!r} holds something else than an earlier build{found}; give a new folder, or empty this one."
        )


def _prepare(raw: str | Path, folder: Path, *, strict: bool, max_shard_size: str | int) -> EvalMuse40K:
    """Run the builder, away from the cache that it would share with others."""
    builder = EvalMuse40K(config_name="pairs", data_dir=raw, cache_dir=str(folder / "cache"), strict=strict)
    try:
        builder.download_and_prepare(str(folder / "shards"), file_format="parquet", max_shard_size=max_shard_size)
    except Exception as error:
        # datasets wraps what a generator raises; its cause is the sentence that the user can act on.
        if isinstance(error.__cause__, ReleaseError):
            raise ReleaseError(str(error.__cause__)) from error
        raise
    return builder


def _move_shards(builder: EvalMuse40K, prepared: Path, data: Path) -> None:
    """Name the files of each split ``<split>-<shard>-of-<shards>.parquet``."""
    data.mkdir(parents=True)
    for split in builder.info.splits:
        paths = sorted(prepared.glob(f"{builder.dataset_name}-{split}*.parquet"))
        for index, path in enumerate(paths):
            os.replace(path, data / f"{split}-{index:05d}-of-{len(paths):05d}.parquet")


def _dataset_info(builder: EvalMuse40K, built: Path) -> dict[str, Any]:
    """What the card's YAML says of features, splits and sizes."""
    info: dict[str, Any] = builder.info._to_yaml_dict()
    size = sum(path.stat().st_size for path in (built / DATA_FOLDER).glob("*.parquet"))
    return {
        "features": info["features"],
        "splits": [
            {"name": split.name, "num_bytes": split.num_bytes, "num_examples": split.num_examples}
            for split in builder.info.splits.values()
        ],
        "download_size": size,
        "dataset_size": sum(split.num_bytes for split in builder.info.splits.values()),
    }


def _put_in_place(built: Path, out: Path, *, attic: Path) -> None:
    """Move the finished folder to its name; an earlier one goes, or comes back if the move fails."""
    if out.exists():
        os.replace(out, attic)
    try:
        os.replace(built, out)
    except OSError:
        if attic.exists():
            os.replace(attic, out)
        raise
