"""First look at a release: every record is checked once, and what can be used is sorted by prompt.

Nothing of a record is kept but its place in the file, so that a release of any size fits.
"""

import struct
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from evalmuse_hf.data.errors import ReleaseError
from evalmuse_hf.data.identity import prompt_identity
from evalmuse_hf.data.json_records import iterate_records
from evalmuse_hf.data.picture_store import PictureError, PictureStore
from evalmuse_hf.data.records import RecordError
from evalmuse_hf.data.report import RecordProblem
from evalmuse_hf.data.sources import (
    PACKED_PLACES_SIZE,
    Place,
    PromptGroup,
    RecordPlaces,
    SplitSource,
    pack_places,
    unpack_places,
)

TRAIN_FILES = ("train_list.json", "train.json")
TEST_FILE = "test.json"
LABELS_FILE = "eval.json"
"""Ratings of the test records, as the NTIRE 2025 challenge published them after it ended."""

RANKING_FILE = "prompt_t2i.json"


class ReleaseFiles(Protocol):
    """What a scan needs of a release; `evalmuse_hf.data.raw_release.RawRelease` has it."""

    @property
    def name(self) -> str:
        """What to call it in messages."""

    @property
    def files(self) -> Mapping[str, Path]:
        """Path of each JSON file that is there, by its released name."""

    @property
    def pictures(self) -> PictureStore:
        """Its pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitScan:
    """What the records of one split came to, before a picture was opened.

    Attributes:
        source: Where they are.
        n_records: Records read.
        groups: Those that can be used, by prompt, prompts in the order of their first record.
        problems: One entry for each of the others.
        n_rated: Usable records with overall ratings.
    """

    source: SplitSource
    n_records: int
    groups: tuple[PromptGroup, ...]
    problems: tuple[RecordProblem, ...]
    n_rated: int


class _Label(NamedTuple):
    """Published ratings of a test record, and the prompt that they name."""

    place: Place
    prompt_id: object
    prompt: object

    def refuse_other_prompt(self, record: object) -> None:
        """Refuse ratings that were given for another prompt than that of the record."""
        if not isinstance(record, dict):
            return
        said, meant = (self.prompt_id, self.prompt), (record.get("prompt_id"), record.get("prompt"))
        for field_name, here, there in zip(("prompt_id", "prompt"), said, meant, strict=True):
            if here is not None and there is not None and prompt_identity(str(here)) != prompt_identity(str(there)):
                message = (
                    f"expected the `{field_name}` of the test record, {str(there)[:80]!r}, got {str(here)[:80]!r}"
                )
                raise RecordError(field_name, message, reason="prompt_id_conflict")


class _Key(NamedTuple):
    """A prompt and one of the ids that records give it."""

    prompt: str
    prompt_id: str


class _Row(NamedTuple):
    """What is kept of a record that can be used."""

    places: bytes
    row: int
    n_bytes: int
    is_rated: bool
    is_label: bool


_ROW = struct.Struct(f"<{PACKED_PLACES_SIZE}s2q2?")


@dataclass(slots=True)
class _Side:
    """Records of one split, packed, because all of them are in memory at once."""

    source: SplitSource
    n_records: int = 0
    members: dict[_Key, bytearray] = field(default_factory=dict)
    problems: list[RecordProblem] = field(default_factory=list)

    def keep(self, key: _Key, row: _Row) -> None:
        self.members.setdefault(key, bytearray()).extend(_ROW.pack(*row))

    def rows(self, key: _Key) -> list[_Row]:
        return [_Row(*values) for values in _ROW.iter_unpack(self.members[key])]

    def drop(self, file: str, row: int, problem: RecordError) -> None:
        self.problems.append(RecordProblem(file, row, problem.field, problem.reason, str(problem)))

    def drop_prompts(self, problems: Mapping[_Key, RecordError]) -> None:
        """Drop all records of some prompts, and name them in the order of the file."""
        dropped = [(row.places, row, problem) for key, problem in problems.items() for row in self.rows(key)]
        for _, row, problem in sorted(dropped, key=lambda entry: unpack_places(entry[0])[0].record.row):
            self.drop(self.source.labels_file if row.is_label else self.source.file, row.row, problem)
        for key in problems:
            del self.members[key]


def split_sources(release: ReleaseFiles, *, own: bool = False, shown_as: str | None = None) -> dict[str, SplitSource]:
    """Find the files of each split.

    Args:
        release: An opened release.
        own: Whether its records are the user's own.
        shown_as: Name of the file in messages; None is that of each file.

    Returns:
        ``train`` and ``test``, in this order, as far as they are there. Without ``test.json`` the labels file is the
        test split by itself.

    Raises:
        ReleaseError: If there is none.
    """
    files = release.files
    sources = {}
    train = next((name for name in TRAIN_FILES if name in files), None)
    if train is not None:
        sources["train"] = SplitSource(
            split="train", path=files[train], file=shown_as or train, pictures=release.pictures, own=own
        )
    test = TEST_FILE if TEST_FILE in files else LABELS_FILE if LABELS_FILE in files else None
    if test is not None:
        labels = LABELS_FILE if test == TEST_FILE and LABELS_FILE in files else None
        sources["test"] = SplitSource(
            split="test",
            path=files[test],
            file=shown_as or test,
            pictures=release.pictures,
            labels_path=files[labels] if labels else None,
            labels_file=labels or "",
            own=own,
        )
    if not sources:
        raise ReleaseError(
            f"{release.name!r} holds none of {', '.join([*TRAIN_FILES, TEST_FILE, LABELS_FILE])}; give the folder or "
            "the archive of the raw release."
        )
    return sources


def scan_splits(
    sources: Mapping[str, SplitSource], *, look_for_pictures: bool = True, strict: bool = False
) -> dict[str, SplitScan]:
    """Check every record.

    Dropped and named in ``problems`` are: a record that is no sound one; a picture that occurred before; a training
    record whose prompt occurs in the test file; a record whose prompt is not that of most records with its
    `prompt_id`; a record whose picture is not there.

    Args:
        sources: See `split_sources`.
        look_for_pictures: Whether a picture that is not there is a problem.
        strict: Raise on the first problem instead.

    Raises:
        ReleaseError: If a file cannot be read, or, with ``strict``, for the first problem.
    """
    seen: set[str] = set()
    sides = {
        split: _read_side(sources[split], seen, look_for_pictures=look_for_pictures)
        for split in ("test", "train")
        if split in sources
    }
    _refuse_ambiguous_ids(sides)
    _refuse_leaks(sides)
    scans = {}
    for split in sources:
        side = sides[split]
        if strict and side.problems:
            raise ReleaseError(f"{side.problems[0]}; correct it, or build without `strict` to leave it out.")
        scans[split] = SplitScan(
            source=side.source,
            n_records=side.n_records,
            groups=_grouped(side),
            problems=tuple(side.problems),
            n_rated=sum(row.is_rated for key in side.members for row in side.rows(key)),
        )
    return scans


def _read_side(source: SplitSource, seen: set[str], *, look_for_pictures: bool) -> _Side:
    side = _Side(source)
    labels, repeated = _label_places(source)
    for placed in iterate_records(source.path):
        if placed.key is not None:
            raise ReleaseError(
                f"{source.file} must hold a JSON list of records, got an object that begins with {placed.key[:80]!r}; "
                "download it again."
            )
        side.n_records += 1
        place = Place(placed.row, placed.offset, placed.length)
        label = labels.pop(_path_of(placed.record), None) if labels else None
        places = RecordPlaces(place, label.place if label else None)
        row = label.place.row if label else source.row_of(placed.record, places)
        file = source.labels_file if label else source.file
        try:
            if label is not None:
                label.refuse_other_prompt(placed.record)
            located = source.read(places) if label else source.locate(placed.record, places)
            if located.pair.image_path in seen:
                message = f"expected each picture once, got {located.pair.image_path!r} again"
                raise RecordError("img_path", message, reason="duplicate_img_path")
            size = _picture_size(source.pictures, located.picture) if look_for_pictures else 0
        except RecordError as error:
            side.drop(file, row, error)
            continue
        seen.add(located.pair.image_path)
        prompt, rated = located.pair.prompt, located.pair.overall_score == located.pair.overall_score
        key = _Key(sys.intern(prompt_identity(prompt.text)), sys.intern(prompt.prompt_id))
        side.keep(key, _Row(pack_places(places), row, size, rated, label is not None))
    for path, label in labels.items():
        side.n_records += 1
        message = f"expected the `img_path` of a record of {source.file}, got {path!r}"
        side.drop(source.labels_file, label.place.row, RecordError("img_path", message, reason="not_in_test"))
    for row, path in repeated:
        side.n_records += 1
        message = f"expected each picture once, got {path!r} again"
        side.drop(source.labels_file, row, RecordError("img_path", message, reason="duplicate_img_path"))
    return side


def _picture_size(pictures: PictureStore, name: str) -> int:
    size = pictures.size(name)
    if size is not None:
        return size
    try:
        return len(pictures.read(name))  # says why it cannot be read
    except PictureError as error:
        raise RecordError("img_path", str(error), reason=error.reason) from error


def _label_places(source: SplitSource) -> tuple[dict[str, _Label], list[tuple[int, str]]]:
    """Where the ratings of each picture are, and further rows for the same picture; empty if they are not apart."""
    labels: dict[str, _Label] = {}
    repeated = []
    for placed in iterate_records(source.labels_path) if source.labels_path else ():
        path = _path_of(placed.record)
        if path in labels:
            repeated.append((placed.row, path))
            continue
        record = placed.record if isinstance(placed.record, dict) else {}
        labels[path or f"row {placed.row}"] = _Label(
            Place(placed.row, placed.offset, placed.length), record.get("prompt_id"), record.get("prompt")
        )
    return labels, repeated


def _path_of(record: object) -> str:
    path = record.get("img_path") if isinstance(record, dict) else None
    return path if isinstance(path, str) else ""


def _refuse_leaks(sides: Mapping[str, _Side]) -> None:
    """Drop the training records of prompts that are tested."""
    if sides.keys() < {"train", "test"}:
        return
    tested = {key.prompt for key in sides["test"].members}
    sides["train"].drop_prompts(
        {
            key: RecordError(
                "prompt",
                f"expected a prompt that no test record has, got {key.prompt[:80]!r}",
                reason="prompt_in_test",
            )
            for key in sides["train"].members
            if key.prompt in tested
        }
    )


def _refuse_ambiguous_ids(sides: Mapping[str, _Side]) -> None:
    """Drop the records whose prompt is not that of most records with the same `prompt_id`, in whatever split."""
    prompts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for side in sides.values():
        for key in side.members:
            prompts[key.prompt_id][key.prompt] += len(side.rows(key))
    meant = {prompt_id: counts.most_common(1)[0][0] for prompt_id, counts in prompts.items() if len(counts) > 1}
    for side in sides.values():
        side.drop_prompts(
            {
                key: RecordError(
                    "prompt_id",
                    f"expected one prompt for each id, got {key.prompt[:80]!r} where most records with id "
                    f"{key.prompt_id!r} have {meant[key.prompt_id][:80]!r}",
                    reason="prompt_id_conflict",
                )
                for key in side.members
                if key.prompt != meant.get(key.prompt_id, key.prompt)
            }
        )


def _grouped(side: _Side) -> tuple[PromptGroup, ...]:
    keys: defaultdict[str, list[_Key]] = defaultdict(list)
    for key in side.members:
        keys[key.prompt].append(key)
    groups = []
    for prompt, members in keys.items():
        rows = [row for key in members for row in side.rows(key)]
        if len(members) > 1:
            rows.sort(key=lambda row: unpack_places(row.places)[0].record.row)
        groups.append(PromptGroup(prompt, b"".join(row.places for row in rows), sum(row.n_bytes for row in rows)))
    return tuple(groups)
