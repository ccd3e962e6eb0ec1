"""Where records and pictures are: small descriptions that travel to worker processes."""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

from evalmuse_hf.data.json_records import read_record_at
from evalmuse_hf.data.picture_store import MAX_PICTURE_BYTES, PictureError, PictureStore
from evalmuse_hf.data.records import read_record
from evalmuse_hf.schema import Pair

LABEL_FIELDS = (
    *("total_score", "element_score", "promt_meaningless", "split_confidence", "attribute_confidence"),
    "fidelity_label",
)
"""Fields of a test record that the published labels replace."""


class Place(NamedTuple):
    """Where a record stands in its file.

    Attributes:
        row: Number of the record, from 0.
        offset: Its first byte.
        length: Its bytes.
    """

    row: int
    offset: int
    length: int


class RecordPlaces(NamedTuple):
    """Where a record and, if they were published apart, its ratings stand."""

    record: Place
    label: Place | None = None


_PACKED = struct.Struct("<6q")  # both places of a record; a label in row -1 is none
PACKED_PLACES_SIZE = _PACKED.size
"""Bytes that `pack_places` makes."""


@dataclass(frozen=True, slots=True)
class PromptGroup:
    """All records of one prompt in one split.

    Attributes:
        identity: See `evalmuse_hf.data.identity.prompt_identity`.
        packed_places: Of its records, in the released order, as bytes: a build holds those of every record.
        n_bytes: Size of their pictures.
    """

    identity: str
    packed_places: bytes
    n_bytes: int

    @classmethod
    def of(cls, identity: str, places: Iterable[RecordPlaces], n_bytes: int) -> Self:
        """Pack the places of a prompt's records.

        Args:
            identity: See the class.
            places: Of its records, in order.
            n_bytes: See the class.
        """
        return cls(identity, b"".join(map(pack_places, places)), n_bytes)

    @property
    def n_records(self) -> int:
        """How many records it has."""
        return len(self.packed_places) // _PACKED.size

    @property
    def places(self) -> tuple[RecordPlaces, ...]:
        """Of its records, in the released order."""
        return unpack_places(self.packed_places)


def pack_places(places: RecordPlaces) -> bytes:
    """Bytes of the places of one record, see `PromptGroup`.

    Args:
        places: Of the record.
    """
    return _PACKED.pack(*places.record, *(places.label or (-1, 0, 0)))


def unpack_places(packed: bytes) -> tuple[RecordPlaces, ...]:
    """Places of records that `pack_places` packed.

    Args:
        packed: Those of one record after the other.
    """
    return tuple(
        RecordPlaces(Place(*numbers[:3]), None if numbers[3] < 0 else Place(*numbers[3:]))
        for numbers in _PACKED.iter_unpack(packed)
    )


class LocatedPair(NamedTuple):
    """A pair, where messages should say that it comes from, and the name of its picture in the store."""

    pair: Pair
    file: str
    row: int
    picture: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitSource:
    """The records of one split, and the pictures.

    Attributes:
        split: ``"train"`` or ``"test"``.
        path: The JSON file.
        file: Its name for messages.
        pictures: The store of the pictures.
        labels_path: The JSON file of the ratings, if they were published apart.
        labels_file: Its name for messages.
        own: Whether the records are the user's own, so that their key ``own`` counts.
    """

    split: str
    path: Path
    file: str
    pictures: PictureStore
    labels_path: Path | None = None
    labels_file: str = ""
    own: bool = False

    def read(self, places: RecordPlaces) -> LocatedPair:
        """Read one record again.

        Args:
            places: Where it stands.

        Raises:
            RecordError: If it is no sound record.
        """
        record = read_record_at(self.path, places.record.offset, places.record.length)
        label = None
        if places.label is not None and self.labels_path is not None:
            label = read_record_at(self.labels_path, places.label.offset, places.label.length)
        return self.locate(record, places, label)

    def locate(self, record: object, places: RecordPlaces, label: object = None) -> LocatedPair:
        """Make the pair of a record that has been read.

        Args:
            record: The record.
            places: Where it stands.
            label: The record with its ratings; None where they are not apart.

        Raises:
            RecordError: If it is no sound record.
        """
        pair = read_record(relabelled(record, label) if label is not None else record, own=self.own)
        if places.label is not None:
            return LocatedPair(pair, self.labels_file, places.label.row, pair.image_path)
        return LocatedPair(pair, self.file, self.row_of(record, places), self.picture_of(record, pair))

    def row_of(self, record: object, places: RecordPlaces) -> int:
        """Number of a record in the file that the user knows.

        Args:
            record: The record.
            places: Where it stands.
        """
        row = _own(record).get("row") if self.own else None
        return row if isinstance(row, int) else places.record.row

    def picture_of(self, record: object, pair: Pair) -> str:
        """Name of a record's picture in the store.

        Args:
            record: The record.
            pair: What it became.
        """
        picture = _own(record).get("picture") if self.own else None
        return picture if isinstance(picture, str) else pair.image_path


@dataclass(frozen=True, slots=True)
class LocalPictures:
    """Pictures of the user's own list, wherever on this machine they are; names are absolute paths."""

    def size(self, name: str) -> int | None:
        """Bytes of a picture; None if there is no such file."""
        path = Path(name)
        return path.stat().st_size if path.is_file() else None

    def read(self, name: str) -> bytes:
        """Read a picture.

        Raises:
            PictureError: If it is not there, cannot be opened, or is larger than any picture should be.
        """
        path = Path(name)
        size = self.size(name)
        if size is None:
            raise PictureError(f"found no file {path.name!r} where the list says", reason="missing_picture")
        if size > MAX_PICTURE_BYTES:
            raise PictureError(f"{path.name!r} has {size:,} bytes; a picture has less", reason="picture_too_large")
        try:
            return path.read_bytes()
        except OSError as error:
            message = f"cannot open {path.name!r}: {error.strerror}"
            raise PictureError(message, reason="undecodable_picture") from error


def relabelled(record: object, label: object) -> object:
    """Replace the ratings of a test record by those that were published apart.

    Args:
        record: The test record.
        label: The record with the ratings.
    """
    if not isinstance(record, Mapping) or not isinstance(label, Mapping):
        return record
    return {**record, **{field: label[field] for field in LABEL_FIELDS if label.get(field) is not None}}


def _own(record: object) -> Mapping[str, Any]:
    extra = record.get("own") if isinstance(record, Mapping) else None
    return extra if isinstance(extra, Mapping) else {}
