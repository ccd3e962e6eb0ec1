"""The raw official release: ``images/``, ``train_list.json``, ``test.json`` and, at times, ``eval.json``."""

import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalmuse_hf.data.records import RecordError, read_record
from evalmuse_hf.data.report import ElementProblem, RecordProblem, SplitReport
from evalmuse_hf.elements import PLACED_STATUSES, SpanStatus, find_spans
from evalmuse_hf.schema import Pair

logger = logging.getLogger(__name__)

IMAGES_FOLDER = "images"
SPLIT_FILES = {"train": "train_list.json", "test": "test.json"}
LABELS_FILE = "eval.json"
"""Ratings of the test records, as the NTIRE 2025 challenge published them after it ended."""

_LABEL_FIELDS = (
    *("total_score", "element_score", "promt_meaningless", "split_confidence", "attribute_confidence"),
    "fidelity_label",
)


class ReleaseError(ValueError):
    """A release that cannot be read, or, where that was asked for, one bad record in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedSplit:
    """The pairs of one split, and what became of the other records.

    Attributes:
        name: ``"train"`` or ``"test"``.
        n_records: Records read.
        pairs: Those that could be used, in the released order.
        sources: For each pair, the file and row (from 0) that it comes from.
        problems: One entry for each of the others.
    """

    name: str
    n_records: int
    pairs: tuple[Pair, ...]
    sources: tuple[tuple[str, int], ...]
    problems: tuple[RecordProblem, ...]

    def without(self, problems: dict[int, RecordProblem]) -> "ReleasedSplit":
        """The split less the pairs at the given places, whose problems are added."""
        kept = [place for place in range(len(self.pairs)) if place not in problems]
        return ReleasedSplit(
            name=self.name,
            n_records=self.n_records,
            pairs=tuple(self.pairs[place] for place in kept),
            sources=tuple(self.sources[place] for place in kept),
            problems=(*self.problems, *problems.values()),
        )

    def report(self) -> SplitReport:
        """Count, and look every element up in its prompt."""
        asked = {(pair.prompt.text, tuple(element.text for element in pair.prompt.elements)) for pair in self.pairs}
        return SplitReport(
            n_records=self.n_records,
            n_pairs=len(self.pairs),
            n_rated=sum(pair.overall_ratings is not None for pair in self.pairs),
            n_prompts=len({prompt_identity(pair.prompt.text) for pair in self.pairs}),
            problems=self.problems,
            n_elements=sum(len(elements) for _, elements in asked),
            element_problems=_element_problems(sorted(asked)),
        )


def prompt_identity(text: str) -> str:
    """What two spellings of one prompt share: the words, whatever their case and the spaces around them.

    >>> prompt_identity(" A red  cat") == prompt_identity("a red cat")
    True
    """
    return " ".join(text.split()).casefold()


def released_splits(raw: Path) -> tuple[str, ...]:
    """Splits that a folder holds.

    Args:
        raw: Folder of the release.

    Raises:
        ReleaseError: If it is no such folder, or holds no split.
    """
    if not raw.is_dir():
        raise ReleaseError(f"There is no folder {str(raw)!r}; give the folder of the raw release.")
    splits = tuple(split for split, file in SPLIT_FILES.items() if (raw / file).is_file())
    if not splits:
        raise ReleaseError(
            f"{str(raw)!r} holds neither {' nor '.join(SPLIT_FILES.values())}; give the folder of the raw release, "
            f"which has these files beside the folder {IMAGES_FOLDER!r}."
        )
    return splits


def read_release(raw: str | Path, *, split: str, strict: bool = False) -> ReleasedSplit:
    """Read the records of one split; pictures are not opened.

    A bad record is dropped and named in ``problems``. So is a record whose picture occurred before, and a training
    record whose prompt occurs in the test file, so that no prompt straddles the splits. Where ``eval.json`` exists,
    the ratings in it replace those of the test record with the same ``img_path``.

    Args:
        raw: Folder of the release.
        split: ``"train"`` or ``"test"``.
        strict: Raise on the first problem instead.

    Raises:
        ReleaseError: If the folder or the file is not there, if the file is not a JSON list, or, with ``strict``, for
            the first record with a problem.
    """
    raw = Path(raw)
    available = released_splits(raw)
    if split not in available:
        raise ReleaseError(f"{str(raw)!r} has no split {split!r}; it has {' and '.join(available)}.")
    records = _load_records(raw / SPLIT_FILES[split])
    labels = _load_labels(raw / LABELS_FILE) if split == "test" else {}
    held_out = _test_prompts(raw) if split == "train" else frozenset()
    pairs: list[Pair] = []
    sources: list[tuple[str, int]] = []
    problems = list(_unclaimed_labels(labels, records)) if labels else []
    n_unclaimed = len(problems)
    seen: set[str] = set()
    for row, original in enumerate(records):
        file, place, record = SPLIT_FILES[split], row, original
        if (label := labels.get(_path_of(original))) is not None:
            file, place, record = LABELS_FILE, label[0], _relabelled(original, label[1])
        try:
            pair = read_record(record)
            _refuse_known(pair, seen=seen, held_out=held_out)
        except RecordError as error:
            problems.append(RecordProblem(file, place, error.field, error.reason, str(error)))
            continue
        seen.add(pair.image_path)
        pairs.append(pair)
        sources.append((file, place))
    if strict and problems:
        raise ReleaseError(f"{problems[0]}; correct it, or build without `strict` to leave it out.")
    return ReleasedSplit(
        name=split,
        n_records=len(records) + n_unclaimed,
        pairs=tuple(pairs),
        sources=tuple(sources),
        problems=tuple(problems),
    )


def release_fingerprint(raw: Path) -> str:
    """Hash that changes when a JSON file of the release changes, or a picture's size or time of change does.

    Args:
        raw: Folder of the release.
    """
    digest = hashlib.sha256()
    for file in (*SPLIT_FILES.values(), LABELS_FILE):
        if (raw / file).is_file():
            digest.update(file.encode() + (raw / file).read_bytes())
    for path in sorted((raw / IMAGES_FOLDER).rglob("*")):
        status = path.stat()
        digest.update(f"{path.relative_to(raw).as_posix()} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def _element_problems(asked: list[tuple[str, tuple[str, ...]]]) -> tuple[ElementProblem, ...]:
    problems = [
        ElementProblem(spans.text, prompt, spans.status)
        for prompt, elements in asked
        for spans in find_spans(prompt, elements)
        if spans.status != SpanStatus.OK
    ]
    return tuple(sorted(problems, key=lambda problem: problem.status in PLACED_STATUSES))


def _refuse_known(pair: Pair, *, seen: set[str], held_out: frozenset[str]) -> None:
    """Refuse a sound record of which another one has the picture or, in the other split, the prompt."""
    if pair.image_path in seen:
        message = f"expected each picture once, got {pair.image_path!r} again"
        raise RecordError("img_path", message, reason="duplicate_img_path")
    if prompt_identity(pair.prompt.text) in held_out:
        message = f"expected a prompt that no test record has, got {pair.prompt.text[:80]!r}"
        raise RecordError("prompt", message, reason="prompt_in_test")


def _load_records(path: Path) -> list[Any]:
    try:
        records = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ReleaseError(f"{path} is not JSON ({error}); download or write it again.") from error
    if not isinstance(records, list):
        raise ReleaseError(f"{path} must hold a JSON list of records, got {type(records).__name__}.")
    return records


def _load_labels(path: Path) -> dict[str, tuple[int, dict[str, Any]]]:
    """Row and record of each picture with published ratings; empty if there is no such file."""
    if not path.is_file():
        return {}
    records = enumerate(_load_records(path))
    return {_path_of(record) or f"row {row}": (row, record) for row, record in records}


def _unclaimed_labels(labels: dict[str, tuple[int, dict[str, Any]]], records: list[Any]) -> Iterator[RecordProblem]:
    """Records with ratings for pictures that the test file does not have."""
    known = {_path_of(record) for record in records}
    for path, (row, _) in labels.items():
        if path not in known:
            message = f"expected the `img_path` of a record of {SPLIT_FILES['test']}, got {path!r}"
            yield RecordProblem(LABELS_FILE, row, "img_path", "not_in_test", message)


def _relabelled(record: dict[str, Any], label: dict[str, Any]) -> dict[str, Any]:
    """The test record with the ratings of the other record."""
    return {**record, **{field: label[field] for field in _LABEL_FIELDS if label.get(field) is not None}}


def _path_of(record: object) -> str:
    path = record.get("img_path") if isinstance(record, dict) else None
    return path if isinstance(path, str) else ""


def _test_prompts(raw: Path) -> frozenset[str]:
    path = raw / SPLIT_FILES["test"]
    records = _load_records(path) if path.is_file() else []
    prompts = [record.get("prompt") for record in records if isinstance(record, dict)]
    return frozenset(prompt_identity(prompt) for prompt in prompts if isinstance(prompt, str))
