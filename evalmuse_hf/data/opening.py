"""One door to whatever a data set can be built from."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalmuse_hf.data.annotation_store import convert_store, is_store_place
from evalmuse_hf.data.errors import ReleaseError
from evalmuse_hf.data.own_data import OwnRelease, convert_list, convert_records
from evalmuse_hf.data.raw_release import RawRelease, open_release
from evalmuse_hf.data.report import RecordProblem
from evalmuse_hf.data.scan import RANKING_FILE, split_sources
from evalmuse_hf.data.sources import LocalPictures, SplitSource
from evalmuse_hf.data.tables import READERS
from evalmuse_hf.data.workspace import Workspace
from evalmuse_hf.schema import Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedRelease:
    """What a build reads.

    Attributes:
        name: What to call it in the card.
        sources: Records and pictures of each split.
        fingerprint: Returns a text that changes when what is read changes.
        ranking: File of the ranking prompts; None without one.
        problems: Rows of the user's own list that could not even be written down, by split.
        n_members: Members of the archive of pictures; 0 for a folder.
        member_problems: Members that were left out.
    """

    name: str
    sources: Mapping[str, SplitSource]
    fingerprint: Callable[[], str]
    ranking: Path | None = None
    problems: Mapping[str, tuple[RecordProblem, ...]] = field(default_factory=dict)
    n_members: int = 0
    member_problems: tuple[RecordProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class _OwnFiles:
    """A converted list in the form in which a scan wants a release."""

    name: str
    files: Mapping[str, Path]
    pictures: LocalPictures


def open_any(
    raw: str | Path | Iterable[Mapping[str, Any] | Pair],
    workspace: Workspace,
    *,
    strict: bool = False,
    include_unfinished: bool = False,
) -> OpenedRelease:
    """Open a raw release, or write one's own ratings, or those of a campaign, down in the form of one.

    Args:
        raw: As in `build_dataset`.
        workspace: Takes what has to be written for that.
        strict: Raise on the first bad row or archive member.
        include_unfinished: As in `build_dataset`.

    Raises:
        ReleaseError: If it cannot be read, or, with ``strict``, for the first problem.
    """
    if isinstance(raw, str | Path):
        if is_store_place(raw):
            release = convert_store(raw, workspace.own, include_unfinished=include_unfinished)
            return _open_own(release, strict=strict)
        path = Path(raw).expanduser().absolute()
        if path.is_file() and path.suffix.lower() in READERS:
            return _open_own(convert_list(path, workspace.own), strict=strict)
        workspace.release.mkdir(parents=True, exist_ok=True)
        return _open_official(open_release(path, scratch=workspace.release), strict=strict)
    return _open_own(convert_records(raw, workspace.own), strict=strict)


def _open_official(release: RawRelease, *, strict: bool) -> OpenedRelease:
    _refuse_problems(release.member_problems, strict=strict)
    return OpenedRelease(
        name=release.name,
        sources=split_sources(release),
        fingerprint=release.fingerprint,
        ranking=release.files.get(RANKING_FILE),
        n_members=release.n_members,
        member_problems=release.member_problems,
    )


def _open_own(release: OwnRelease, *, strict: bool) -> OpenedRelease:
    _refuse_problems(release.problems, strict=strict)
    files = _OwnFiles(release.name, {path.name: path for path in release.files.values()}, LocalPictures())
    sources = split_sources(files, own=True, shown_as=release.name)
    first = "train" if "train" in sources else "test"

    def fingerprint() -> str:
        digest = hashlib.sha256()
        for path in files.files.values():
            digest.update(path.name.encode() + path.read_bytes())
        return digest.hexdigest()[:16]

    return OpenedRelease(
        name=release.name, sources=sources, fingerprint=fingerprint, problems={first: tuple(release.problems)}
    )


def _refuse_problems(problems: Iterable[RecordProblem], *, strict: bool) -> None:
    first = next(iter(problems), None)
    if strict and first is not None:
        raise ReleaseError(f"{first}; correct it, or build without `strict` to leave it out.")
