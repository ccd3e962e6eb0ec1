"""The raw official release as Python objects, for a look at it; `build_dataset` is the way to use it."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from evalmuse_hf.data.errors import ReleaseError
from evalmuse_hf.data.raw_release import open_release
from evalmuse_hf.data.report import RecordProblem
from evalmuse_hf.data.scan import scan_splits, split_sources
from evalmuse_hf.schema import Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedSplit:
    """The pairs of one split, and what became of the other records.

    Attributes:
        name: ``"train"`` or ``"test"``.
        n_records: Records read.
        pairs: Those that can be used; those of one prompt stand together, prompts in the order of their first record.
        problems: One entry for each of the others.
    """

    name: str
    n_records: int
    pairs: tuple[Pair, ...]
    problems: tuple[RecordProblem, ...]


def read_release(raw: str | Path, *, split: str, strict: bool = False) -> ReleasedSplit:
    """Read the records of one split into memory; pictures are not looked for.

    A bad record is dropped and named in ``problems``; `evalmuse_hf.data.scan.scan_splits` says which are bad. Where
    ``eval.json`` exists, the ratings in it replace those of the test record with the same ``img_path``.

    Args:
        raw: Folder or archive of the release.
        split: ``"train"`` or ``"test"``.
        strict: Raise on the first problem instead.

    Raises:
        ReleaseError: If the release, the split or a file cannot be read, or, with ``strict``, for the first problem.
    """
    with tempfile.TemporaryDirectory() as scratch:
        release = open_release(Path(raw), scratch=Path(scratch))
        sources = split_sources(release)
        if split not in sources:
            raise ReleaseError(f"{release.name!r} has no split {split!r}; it has {' and '.join(sources)}.")
        scan = scan_splits(sources, look_for_pictures=False)[split]
        if strict and scan.problems:
            raise ReleaseError(f"{scan.problems[0]}; correct it, or read without `strict` to leave it out.")
        pairs = tuple(scan.source.read(places).pair for group in scan.groups for places in group.places)
    return ReleasedSplit(name=split, n_records=scan.n_records, pairs=pairs, problems=scan.problems)
