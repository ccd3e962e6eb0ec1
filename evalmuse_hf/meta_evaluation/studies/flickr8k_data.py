"""Flickr8k as it is distributed: photographs, five captions each, and people's judgements of some pairs.

Hodosh, Young and Hockenmaier, *Framing Image Description as a Ranking Task*, JAIR 47, 2013. The pictures may be used
for non-commercial research only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

CAPTIONS_FILE = "Flickr8k.token.txt"
EXPERTS_FILE = "ExpertAnnotations.txt"
CROWD_FILES = ("CrowdFlowerAnnotations.txt", "CrowdFlowerAnnotations.utf8.txt")
PICTURE_FOLDERS = ("Flicker8k_Dataset", "Flickr8k_Dataset", "Images")
EXPERT_SCALE = (1, 4)
_N_EXPERTS = 3

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RatedPairs:
    """Pairs that people judged.

    Attributes:
        pictures: int64, shape (N,), positions in `Flickr8k.names`.
        captions: int64, shape (N,), positions in `Flickr8k.captions`.
        ratings: float64, shape (N, 3), 1 (unrelated) to 4 (describes the picture without errors).
        own: bool, shape (N,), whether the caption was written for the picture.
    """

    pictures: IntArray
    captions: IntArray
    ratings: NDArray[np.float64]
    own: NDArray[np.bool_]

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean rating of each pair, shape (N,)."""
        return np.asarray(self.ratings.mean(axis=1))


@dataclass(frozen=True)
class Flickr8k:
    """The data set.

    Attributes:
        folder: Where it is.
        names: File name of each picture.
        captions: Text of each caption.
        caption_pictures: int64, shape (C,), picture of each caption, a position in ``names``.
        rated: The pairs of the expert judgements.
        judged: Names of all pictures that occur in a judgement by experts or crowd, or whose caption does.
    """

    folder: Path
    names: tuple[str, ...]
    captions: tuple[str, ...]
    caption_pictures: IntArray
    rated: RatedPairs
    judged: frozenset[str]

    @cached_property
    def training_pictures(self) -> IntArray:
        """Positions of the pictures that nobody judged and that have a caption, ascending."""
        described = set(self.caption_pictures.tolist())
        return np.array(
            [row for row, name in enumerate(self.names) if name not in self.judged and row in described],
            dtype=np.int64,
        )

    @cached_property
    def pictures_in_use(self) -> IntArray:
        """Positions of the pictures that are trained on or judged, ascending."""
        return np.union1d(self.training_pictures, self.rated.pictures)

    @cached_property
    def captions_in_use(self) -> IntArray:
        """Positions of the captions of the training pictures and of those that were judged, ascending."""
        trained = np.flatnonzero(np.isin(self.caption_pictures, self.training_pictures))
        return np.union1d(trained, self.rated.captions)

    @cached_property
    def captions_of(self) -> tuple[tuple[int, ...], ...]:
        """Positions of each picture's captions, one tuple per picture."""
        found: list[list[int]] = [[] for _ in self.names]
        for caption, picture in enumerate(self.caption_pictures.tolist()):
            found[picture].append(caption)
        return tuple(map(tuple, found))

    def shorten(self, *, n_training: int, n_rated: int) -> "Flickr8k":
        """Keep the first training pictures and the first rated pairs, for a run that only shows that it runs.

        Args:
            n_training: Training pictures to keep.
            n_rated: Rated pairs to keep.
        """
        kept = {self.names[row] for row in self.training_pictures[:n_training]}
        rated, part = self.rated, slice(n_rated)
        return replace(
            self,
            rated=RatedPairs(rated.pictures[part], rated.captions[part], rated.ratings[part], rated.own[part]),
            judged=frozenset(name for name in self.names if name not in kept),
        )

    def read_pictures(self, rows: Sequence[int]) -> list[Any]:
        """Read pictures as they are stored.

        Args:
            rows: Positions in ``names``.

        Returns:
            Bytes or paths of the files, which `evalmuse_hf.images.load_image` opens.
        """
        if self._table is None:
            return [self._picture_folder / self.names[row] for row in rows]
        return [self._table["image"][row].as_py()["bytes"] for row in rows]

    @cached_property
    def _table(self) -> Any:
        path = _parquet_file(self.folder)
        if path is None:
            return None
        import pyarrow.parquet as pq

        return pq.read_table(path, columns=["file_name", "image"])

    @cached_property
    def _picture_folder(self) -> Path:
        return _picture_folder(self.folder)


def read_flickr8k(folder: Path) -> Flickr8k:
    """Read the data set.

    Args:
        folder: Holds ``Flickr8k.token.txt``, ``ExpertAnnotations.txt``, ``CrowdFlowerAnnotations.txt`` and the
            pictures: a Parquet file with the columns ``file_name`` and ``image``, or the folder
            ``Flicker8k_Dataset`` of JPEG files.

    Returns:
        The data set; captions whose picture is missing are left out.

    Raises:
        ValueError: If a file is missing or has a line of another form.
    """
    names = _picture_names(folder)
    rows = {name: row for row, name in enumerate(names)}
    texts: list[str] = []
    pictures: list[int] = []
    keys: dict[str, int] = {}
    for number, (key, text) in _lines(folder / CAPTIONS_FILE, 2):
        name, mark, _ = key.partition("#")
        if not mark:
            raise ValueError(
                f"Line {number} of {folder / CAPTIONS_FILE} has the key {key!r}; expected PICTURE#NUMBER."
            )
        if name in rows:
            keys[key] = len(texts)
            texts.append(text.strip())
            pictures.append(rows[name])
    crowd = next((folder / name for name in CROWD_FILES if (folder / name).is_file()), folder / CROWD_FILES[0])
    judged = {_picture_of(field) for path in (folder / EXPERTS_FILE, crowd) for field in _judged_fields(path)}
    rated = _read_experts(folder / EXPERTS_FILE, rows, keys)
    return Flickr8k(folder, names, tuple(texts), np.array(pictures, dtype=np.int64), rated, frozenset(judged))


def _read_experts(path: Path, rows: dict[str, int], keys: dict[str, int]) -> RatedPairs:
    pictures, captions, ratings, own = [], [], [], []
    low, high = EXPERT_SCALE
    for number, (name, key, *given) in _lines(path, 2 + _N_EXPERTS):
        if name not in rows or key not in keys:
            raise ValueError(
                f"Line {number} of {path} names {name} and {key}, of which there is no picture or caption."
            )
        if not all(value.isdecimal() and low <= int(value) <= high for value in given):
            raise ValueError(f"Line {number} of {path} has the ratings {given}; expected {low} to {high}.")
        pictures.append(rows[name])
        captions.append(keys[key])
        ratings.append([float(value) for value in given])
        own.append(name == _picture_of(key))
    return RatedPairs(np.array(pictures), np.array(captions), np.array(ratings), np.array(own))


def _judged_fields(path: Path) -> Iterator[str]:
    """Picture and caption key of every line of a file of judgements."""
    for _, fields in _lines(path, 5):
        yield from fields[:2]


def _picture_of(key: str) -> str:
    return key.partition("#")[0]


def _lines(path: Path, n_fields: int) -> Iterator[tuple[int, list[str]]]:
    """Numbered lines, cut at tabs."""
    if not path.is_file():
        raise ValueError(f"There is no file {path}; give a folder with the files of Flickr8k.")
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        fields = line.split("\t")
        if len(fields) != n_fields:
            raise ValueError(f"Line {number} of {path} has {len(fields)} fields, expected {n_fields}: {line[:60]!r}.")
        yield number, fields


def _picture_names(folder: Path) -> tuple[str, ...]:
    path = _parquet_file(folder)
    if path is None:
        return tuple(sorted(file.name for file in _picture_folder(folder).glob("*.jpg")))
    import pyarrow.parquet as pq

    return tuple(pq.read_table(path, columns=["file_name"])["file_name"].to_pylist())


def _parquet_file(folder: Path) -> Path | None:
    return next(iter(sorted(folder.glob("*.parquet"))), None)


def _picture_folder(folder: Path) -> Path:
    for name in PICTURE_FOLDERS:
        if (folder / name).is_dir():
            return folder / name
    raise ValueError(f"There are no pictures in {folder}; expected a Parquet file or a folder {PICTURE_FOLDERS[0]}.")
