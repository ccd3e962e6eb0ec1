import json

import pytest

from evalmuse_hf.data.picture_store import PictureError
from evalmuse_hf.data.sources import LocalPictures, Place, RecordPlaces, SplitSource, relabelled


def source(tmp_path, record, *, own: bool) -> tuple[SplitSource, RecordPlaces]:
    text = json.dumps(record)
    (tmp_path / "list.json").write_text(text, "utf-8")
    places = RecordPlaces(Place(4, 0, len(text)))
    made = SplitSource(split="train", path=tmp_path / "list.json", file="mine.csv", pictures=LocalPictures(), own=own)
    return made, places


def test_an_own_record_names_its_row_and_its_picture(record, tmp_path):
    row = record(own={"row": 9, "picture": "/somewhere/cat.png"})
    made, places = source(tmp_path, row, own=True)
    located = made.read(places)
    assert (located.file, located.row, located.picture) == ("mine.csv", 9, "/somewhere/cat.png")


def test_a_released_record_cannot_point_at_other_files(record, tmp_path):
    made, places = source(tmp_path, record(own={"row": 9, "picture": "/etc/passwd"}), own=False)
    located = made.read(places)
    assert (located.row, located.picture) == (4, "SDXL/00001.png")


def test_labels_replace_ratings_and_nothing_else(record):
    label = {"total_score": [1], "prompt": "another prompt", "element_score": None}
    assert relabelled(record(), label) == record(total_score=[1])
    assert relabelled("nonsense", label) == "nonsense"


def test_local_pictures_are_read_where_they_are(tmp_path):
    (tmp_path / "cat.png").write_bytes(b"miau")
    store = LocalPictures()
    assert (store.size(str(tmp_path / "cat.png")), store.read(str(tmp_path / "cat.png"))) == (4, b"miau")
    assert store.size(str(tmp_path / "dog.png")) is None
    with pytest.raises(PictureError, match=r"found no file 'dog.png' where the list says") as caught:
        store.read(str(tmp_path / "dog.png"))
    assert caught.value.reason == "missing_picture"


def test_a_file_that_is_too_large_for_a_picture_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr("evalmuse_hf.data.sources.MAX_PICTURE_BYTES", 3)
    (tmp_path / "cat.png").write_bytes(b"miau")
    with pytest.raises(PictureError, match=r"'cat.png' has 4 bytes; a picture has less"):
        LocalPictures().read(str(tmp_path / "cat.png"))
