"""What a frozen network says of pictures, computed once and kept on disk: one row per picture content."""

import hashlib
import json
import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.images import load_image
from evalmuse_hf.scoring.feature_shards import SHARD_BYTES, RowPlace, ShardIndex, ShardWriter, StoredRow, shard_file

if TYPE_CHECKING:
    from torch import Tensor

    from evalmuse_hf.scoring.features import FrozenEncoder

logger = logging.getLogger(__name__)

FeatureDtype = Literal["float32", "bfloat16", "float16"]
FEATURE_DTYPES: tuple[FeatureDtype, ...] = ("float32", "bfloat16", "float16")

_STORED = {"float32": np.float32, "bfloat16": np.uint16, "float16": np.float16}  # NumPy has no bfloat16
_VERSION = 1
_ABOUT_FILE = "about.json"
_SPARE_BYTES = 2**26  # journals, and what else happens on the disk meanwhile
_LARGE_BYTES = 2**30
_MAX_READERS = 8
_PROGRESS_DELAY_S = 2.0


class FeatureError(ValueError):
    """Features that cannot be kept or read; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class EncodingReport:
    """What `FeatureStore.encode_missing` did, in all processes together.

    Attributes:
        n_pictures: Different pictures that were asked for.
        n_reused: Those that were in the store, undamaged.
        n_encoded: Those that were encoded.
        n_bytes: Size of what was added.
    """

    n_pictures: int
    n_reused: int
    n_encoded: int
    n_bytes: int


class FeatureStore:
    """Features of pictures by the hash of their content, shared by every run and process that names the same folder.

    The rows of one encoder, shape and precision are in a folder of their own below ``folder``, so that features of
    different weights or preprocessing never meet. They are read by memory mapping. A row that is damaged or cut off is
    reported once, and is then as good as absent.

    Args:
        folder: Where the features of all encoders are; it is made if need be.
        key: What tells the encoder from every other, see `evalmuse_hf.scoring.features.FrozenEncoder`.
        shape: Positions and width of one picture's features, ``(P, D)``.
        dtype: How they are stored: ``"float32"`` exactly, ``"bfloat16"`` (3 significant digits) and ``"float16"`` in
            half the space. They are read as float32.
        shard_bytes: Size at which a file is full.

    Raises:
        FeatureError: If the folder cannot be used.
        ValueError: If ``dtype`` or ``shape`` is outside its range.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        key: str,
        shape: tuple[int, int],
        dtype: FeatureDtype = "float32",
        shard_bytes: int = SHARD_BYTES,
    ) -> None:
        if dtype not in FEATURE_DTYPES:
            raise ValueError(f"`dtype` must be one of {', '.join(FEATURE_DTYPES)}, got {dtype!r}.")
        if len(shape) != 2 or min(shape) < 1:
            raise ValueError(f"`shape` must be the positions and the width of one picture's features, got {shape!r}.")
        self.key, self.shape, self.dtype = key, (int(shape[0]), int(shape[1])), dtype
        about = {"version": _VERSION, "key": key, "shape": list(self.shape), "dtype": dtype, "order": sys.byteorder}
        digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
        self.folder = Path(folder).expanduser() / digest[:32]
        self._shard_bytes = shard_bytes
        self._maps: dict[int, NDArray[Any]] = {}
        self._checked: set[RowPlace] = set()
        self._warned = False
        self._writer: ShardWriter | None = None
        _make_folder(self.folder, about)
        self._index = ShardIndex(self.folder)
        self._index.refresh()

    def __getstate__(self) -> dict[str, Any]:
        """Leave open files behind: a worker process maps them again, and writes to shards of its own."""
        return {**self.__dict__, "_maps": {}, "_writer": None}

    def __contains__(self, content: str) -> bool:
        return self._index.find(content) is not None

    @property
    def bytes_per_picture(self) -> int:
        """Disk space of one picture's features."""
        return self.shape[0] * self.shape[1] * np.dtype(_STORED[self.dtype]).itemsize

    def refresh(self) -> None:
        """Take in what other processes wrote."""
        self._index.refresh()

    def read(self, content: str, *, check: bool = True) -> "Tensor | None":
        """Read the features of one picture.

        Args:
            content: Content hash of the picture.
            check: Compare with the checksum, the first time that this process reads the row.

        Returns:
            float32, shape ``(P, D)``; None if there are none that are whole.

        Raises:
            FeatureError: If they are damaged, and that cannot be noted in the folder.
        """
        if content not in self:
            self.refresh()
        row = self._find_row(content, check=check)
        return None if row is None else self._decode(row)

    def write(self, content: str, features: "Tensor") -> "Tensor":
        """Store the features of one picture, unless they are there.

        Args:
            content: Content hash of the picture.
            features: Shape ``(P, D)``.

        Returns:
            float32, what `read` will give: the features as rounded to ``dtype``.

        Raises:
            FeatureError: If a number is not finite or not in the range of ``dtype``, or nothing can be written.
            ValueError: If they have another shape.
        """
        if tuple(features.shape) != self.shape:
            raise ValueError(f"`features` must have the shape {self.shape}, got {tuple(features.shape)}.")
        row = self._encode(features)
        if not self._decode(row).isfinite().all():
            advice = " or do not fit float16; store them as bfloat16" if self.dtype == "float16" else ""
            raise FeatureError(f"The features of a picture are not finite numbers{advice}; check the model's weights.")
        if content not in self:
            try:
                stored = self._writing().append(content, row.tobytes())
            except OSError as error:
                raise self._unwritable(error) from error
            self._index.add(content, stored)
            self._checked.add(stored.place)
        return self._decode(row)

    def close(self) -> None:
        """Close the files; reading or writing opens them again."""
        self._maps.clear()
        if self._writer is not None:
            self._writer.close()

    def check_space(self, n_pictures: int, *, say: bool = True) -> None:
        """Say how much disk space pictures need, and refuse if there is less.

        Args:
            n_pictures: Pictures that would be added.
            say: Log it; from 1 GB on as a warning.

        Raises:
            FeatureError: If the disk does not hold them.
        """
        needed, free = n_pictures * self.bytes_per_picture, shutil.disk_usage(self.folder).free
        each = f"{n_pictures} pictures of {_size(self.bytes_per_picture)}"
        if needed and needed + _SPARE_BYTES > free:
            smaller = ", store them as bfloat16 (half of it)" if self.dtype == "float32" else ""
            raise FeatureError(
                f"The features of {each} need {_size(needed)}, and the disk of {self.folder.parent} has {_size(free)} "
                f"left; give a folder on another disk{smaller}, or go on without a feature cache."
            )
        if say and needed:
            level = logging.WARNING if needed >= _LARGE_BYTES else logging.INFO
            logger.log(level, "The features of %s take %s in %s.", each, _size(needed), self.folder)

    def encode_missing(
        self,
        contents: Sequence[str],
        read_images: Callable[[Sequence[int]], Sequence[Any]],
        encoder: "FrozenEncoder",
        *,
        batch_size: int = 16,
        progress: bool = False,
        process: int = 0,
        n_processes: int = 1,
        wait: Callable[[], None] = lambda: None,
    ) -> EncodingReport:
        """Encode the pictures whose features are absent or damaged; a run that was killed goes on where it was.

        Several processes that call it with the same pictures share the work.

        Args:
            contents: Content hash of each picture.
            read_images: Gives the pictures at some positions of ``contents``, as anything that
                `evalmuse_hf.images.load_image` opens.
            encoder: Makes the features; its ``key`` and ``shape`` are those of the store.
            batch_size: Pictures per pass, at least 1.
            progress: Show bars on stderr once they take more than two seconds.
            process: Number of this process, from 0.
            n_processes: How many call it.
            wait: Returns once every process has called it; needed by several only.

        Raises:
            FeatureError: If the disk does not hold the features, or they cannot be written.
            ValueError: If ``encoder`` is another one, or ``batch_size`` is below 1.
            evalmuse_hf.images.ImageDecodingError: If a picture cannot be read.
        """
        self._check_encoder(encoder, batch_size)
        first = {content: position for position, content in reversed(list(enumerate(contents)))}
        ordered = sorted(first, key=first.__getitem__)
        self.refresh()
        for content in _bar(ordered[process::n_processes], progress, "checking features"):
            self._find_row(content, check=True)
        wait()  # for what the others found damaged
        self.refresh()
        missing = [content for content in ordered if content not in self]
        self.check_space(len(missing), say=process == 0)
        wait()  # nobody writes before everybody has counted
        share = {content: first[content] for content in missing[process::n_processes]}
        with _bar(range(len(share)), progress, "encoding pictures") as bar:
            for batch, images in _batches(share, read_images, batch_size):
                self._write_batch(batch, encoder.encode(images))
                bar.update(len(batch))
        self.close()
        wait()
        self.refresh()
        if lost := sum(content not in self for content in missing):
            raise FeatureError(
                f"{lost} of the {len(missing)} pictures that were encoded are not in {self.folder}; processes on "
                "several machines need a folder that all of them see."
            )
        n_bytes = len(missing) * self.bytes_per_picture
        return EncodingReport(len(ordered), len(ordered) - len(missing), len(missing), n_bytes)

    def _write_batch(self, contents: Sequence[str], features: "Tensor") -> None:
        if tuple(features.shape) != (len(contents), *self.shape):
            raise ValueError(
                f"The encoder gave features of shape {tuple(features.shape)}, expected {(len(contents), *self.shape)}."
            )
        for content, picture in zip(contents, features, strict=True):
            self.write(content, picture)

    def _check_encoder(self, encoder: "FrozenEncoder", batch_size: int) -> None:
        if batch_size < 1:
            raise ValueError(f"`batch_size` must be at least 1, got {batch_size}.")
        if (encoder.key, tuple(encoder.shape)) != (self.key, self.shape):
            raise ValueError(f"`encoder` is another one than that of the store in {self.folder}; open a store for it.")

    def _find_row(self, content: str, *, check: bool) -> NDArray[Any] | None:
        """Mapped row of a picture; damaged ones are discarded on the way."""
        while (stored := self._index.find(content)) is not None:
            row = self._map_row(stored.place)
            if row is not None and (not check or stored.place in self._checked or stored.matches(row)):
                if check:
                    self._checked.add(stored.place)
                return row
            self._discard(stored)
        return None

    def _map_row(self, place: RowPlace) -> NDArray[Any] | None:
        """View of a row on disk; None if the file ends before."""
        rows = self._maps.get(place.shard)
        if rows is None or place.row >= len(rows):
            path = shard_file(self.folder, place.shard)
            n_rows = path.stat().st_size // self.bytes_per_picture if path.is_file() else 0
            if place.row >= n_rows:
                return None
            rows = np.memmap(path, dtype=_STORED[self.dtype], mode="r", shape=(n_rows, *self.shape))
            self._maps[place.shard] = rows
        return np.asarray(rows[place.row])

    def _discard(self, stored: StoredRow) -> None:
        if not self._warned:
            logger.warning(
                "Features in %s are damaged or cut off, first those in row %d of %s; they are computed again.",
                *(self.folder, stored.place.row, shard_file(self.folder, stored.place.shard).name),
            )
        self._warned = True
        self._index.discard(stored.place)
        try:
            self._writing().void(stored.place)
        except OSError as error:
            raise self._unwritable(error) from error

    def _writing(self) -> ShardWriter:
        if self._writer is None:
            self._writer = ShardWriter(self.folder, row_bytes=self.bytes_per_picture, shard_bytes=self._shard_bytes)
        return self._writer

    def _unwritable(self, error: OSError) -> FeatureError:
        return FeatureError(
            f"Features cannot be written to {self.folder} ({error.strerror or error}); make room or give another "
            "folder, then run the same again: what was computed is kept."
        )

    def _encode(self, features: "Tensor") -> NDArray[Any]:
        import torch

        stored = features.detach().to(device="cpu", dtype=getattr(torch, self.dtype)).contiguous()
        if self.dtype == "bfloat16":
            return stored.view(torch.int16).numpy().view(np.uint16)
        return stored.numpy()

    def _decode(self, row: NDArray[Any]) -> "Tensor":
        """Float32 copy of a row."""
        import torch

        if self.dtype == "bfloat16":
            return torch.from_numpy(row.view(np.int16).copy()).view(torch.bfloat16).float()
        return torch.from_numpy(row.astype(np.float32))


def _batches(
    share: Mapping[str, int], read_images: Callable[[Sequence[int]], Sequence[Any]], batch_size: int
) -> Iterator[tuple[list[str], list[Any]]]:
    """Hashes and opened pictures, batch by batch; the next batch is decoded while this one is encoded."""
    from concurrent.futures import ThreadPoolExecutor

    contents = list(share)
    starts = range(0, len(contents), batch_size)
    with ThreadPoolExecutor(min(_MAX_READERS, os.cpu_count() or 1)) as readers:

        def submit(start: int) -> Iterator[Any]:
            positions = [share[content] for content in contents[start : start + batch_size]]
            return readers.map(load_image, read_images(positions))

        coming = submit(0) if contents else iter(())
        for start in starts:
            images = list(coming)
            if start + batch_size < len(contents):
                coming = submit(start + batch_size)
            yield contents[start : start + batch_size], images


def _bar(items: Sequence[Any], progress: bool, what: str) -> Any:
    from tqdm import tqdm

    return tqdm(items, desc=what, unit="picture", delay=_PROGRESS_DELAY_S, disable=not progress)


def _make_folder(folder: Path, about: dict[str, Any]) -> None:
    """Make the folder and write down in it what its features are of."""
    path = folder / _ABOUT_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            unfinished = path.with_name(f"{_ABOUT_FILE}.{os.getpid()}")
            unfinished.write_text(json.dumps(about, indent=2) + "\n", "utf-8")
            os.replace(unfinished, path)
    except OSError as error:
        raise FeatureError(
            f"No features can be kept in {folder.parent} ({error.strerror or error}); give a folder that can be "
            "written to."
        ) from error


def _size(n_bytes: int) -> str:
    """Spell a size: 3.8 MB."""
    units = ("B", "kB", "MB", "GB", "TB")
    power = min((len(str(n_bytes)) - 1) // 3, len(units) - 1)
    return f"{n_bytes / 1000**power:.{1 if power else 0}f} {units[power]}"
