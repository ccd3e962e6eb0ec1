"""Writes the rated items of a campaign as a release in the official raw form, pictures included."""

import json
import logging
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evalmuse_hf.annotations.aggregation import CountedItem, counted_pair
from evalmuse_hf.annotations.errors import AnnotationError, StoreError
from evalmuse_hf.annotations.export_records import blind_record, released_paths, released_record
from evalmuse_hf.annotations.picture_paths import find_picture
from evalmuse_hf.elements import clean_prompt

logger = logging.getLogger(__name__)

_N_NAMED = 3  # of the pictures with a problem


@dataclass(frozen=True, slots=True, kw_only=True)
class RawExport:
    """What was written.

    Attributes:
        out: The folder.
        n_train: Records of ``train_list.json``.
        n_test: Records of ``test.json``, whose labels are in ``eval.json``; 0 without such a part.
        n_prompts: Different prompts among them.
        n_ratings: Overall ratings among them.
        missing: Pictures that are not there any more, whose records were left out.
        notes: What the official form cannot say, one sentence each.
    """

    out: Path
    n_train: int
    n_test: int
    n_prompts: int
    n_ratings: int
    missing: tuple[str, ...]
    notes: tuple[str, ...]


def write_raw(
    counted: Sequence[CountedItem], out: Path, *, pictures: Path, test_share: float = 0.0, seed: int = 0
) -> RawExport:
    """Write a folder that `evalmuse dataset build` reads: ``images/`` and ``train_list.json``.

    It is written beside its place, under a name that begins with a dot, and appears when it is whole. What a killed
    export has left there is replaced by the next one.

    Args:
        counted: The items with the ratings that count.
        out: New or empty folder.
        pictures: Folder of the campaign's pictures.
        test_share: Share of the prompts, in [0, 1), that go to ``test.json`` without labels; ``eval.json`` holds
            their labels. Pictures of one prompt stay together.
        seed: Chooses these prompts.

    Returns:
        Counts and notes.

    Raises:
        StoreError: If nothing can be written, or ``out`` holds something.
        ValueError: If ``test_share`` is out of its range or leaves no prompt for training.
    """
    if not 0 <= test_share < 1:
        raise ValueError(f"`test_share` must be at least 0 and below 1, got {test_share!r}.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise StoreError(f"{str(out)!r} is there already; name a new or empty folder to export to.")
    if not counted:
        raise StoreError(
            "No item has all of its ratings, so there is nothing to export; wait, or give --include-unfinished."
        )
    part = _part_of(out)
    shutil.rmtree(part, ignore_errors=True)
    try:
        written = _write_parts(counted, part, pictures=pictures, test=_test_prompts(counted, test_share, seed))
        out.parent.mkdir(parents=True, exist_ok=True)
        os.replace(part, out.resolve())
    finally:
        shutil.rmtree(part, ignore_errors=True)
    records, missing = written.records, written.missing
    notes = tuple(_notes(counted, missing))
    for note in notes:
        logger.warning("%s", note)
    everything = [*records[False], *records[True]]
    return RawExport(
        out=out,
        n_train=len(records[False]),
        n_test=len(records[True]),
        n_prompts=len({record["prompt_id"] for record in everything}),
        n_ratings=sum(len(record["total_score"]) for record in everything),
        missing=missing,
        notes=notes,
    )


@dataclass(frozen=True, slots=True)
class _Written:
    """Records of the training part (False) and the test part (True), and pictures that are not there."""

    records: Mapping[bool, Sequence[Mapping[str, Any]]]
    missing: tuple[str, ...]


def _part_of(out: Path) -> Path:
    place = out.resolve()
    return place.with_name(f".{place.name}.part")


def _write_parts(counted: Sequence[CountedItem], out: Path, *, pictures: Path, test: frozenset[str]) -> _Written:
    records: dict[bool, list[dict[str, Any]]] = {False: [], True: []}
    missing: list[str] = []
    paths = released_paths(one.item for one in counted)
    for one in counted:
        path = paths[one.item.item_id]
        if not _copy_picture(one.item.image_path, pictures=pictures, target=out / "images" / path):
            missing.append(one.item.image_path)
            continue
        records[_identity(one) in test].append(released_record(counted_pair(one, path=path)))
    if not records[False] and not records[True]:
        raise StoreError(
            f"None of the {len(missing)} pictures to export is in {str(pictures)!r}, such as {missing[0]!r}; put "
            "them back, or say where they are with `evalmuse annotate assign STORE --pictures DIR`."
        )
    if records[True]:
        _write_records(out / "eval.json", records[True])
        _write_records(out / "test.json", map(blind_record, records[True]))
    _write_records(out / "train_list.json", records[False])
    return _Written(records, tuple(missing))


def picture_file(image_path: str, *, pictures: Path) -> Path | None:
    """The file of a picture; None if it is not there, or not below the folder of pictures.

    Args:
        image_path: Its path in the store.
        pictures: Folder of the campaign's pictures.
    """
    try:
        return find_picture(pictures, image_path).path
    except AnnotationError:
        return None


def _copy_picture(image_path: str, *, pictures: Path, target: Path) -> bool:
    source = picture_file(image_path, pictures=pictures)
    if source is None:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    return True


def _identity(counted: CountedItem) -> str:
    """What two spellings of one prompt share, so that they never straddle the parts."""
    return clean_prompt(counted.item.prompt.text).text


def _test_prompts(counted: Sequence[CountedItem], share: float, seed: int) -> frozenset[str]:
    if not share:
        return frozenset()
    prompts = sorted({_identity(one) for one in counted})
    number = max(1, round(share * len(prompts)))
    if number >= len(prompts):
        raise ValueError(
            f"A test share of {share} of {len(prompts)} prompts leaves none for training; collect more, or lower it."
        )
    chosen = np.random.default_rng(seed).permutation(len(prompts))[:number]
    return frozenset(prompts[index] for index in chosen)


def _notes(counted: Sequence[CountedItem], missing: Sequence[str]) -> Iterable[str]:
    plain = {element.text for one in counted for element in one.item.prompt.elements if element.category is None}
    if plain:
        yield (
            f"Elements without a category ({len(plain)}), which the official form wants, are written as 'other', such "
            f"as {min(plain)!r}; `evalmuse dataset build` on the store itself keeps them without one."
        )
    if missing:
        named = ", ".join(map(repr, missing[:_N_NAMED]))
        yield f"Pictures that are not there any more ({len(missing)}) were left out, such as {named}; put them back."


def _write_records(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """A JSON list with a record on each line."""
    # Half of a surrogate pair, which UTF-8 cannot hold, becomes the escape by which JSON spells it.
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        start = "["
        for record in records:
            file.write(f"{start}\n{json.dumps(record, ensure_ascii=False)}")
            start = ","
        file.write("\n]\n" if start == "," else "[]\n")
