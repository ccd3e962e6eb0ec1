import logging
from contextlib import closing

import pytest
from PIL import Image

from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.store.items import add_items
from evalmuse_hf.annotations.store.present_pictures import (
    PresentPictures,
    look_for_pictures,
    warn_of_missing_pictures,
)


@pytest.fixture
def store(store_file, tmp_path):
    (tmp_path / "pictures").mkdir()
    for number in range(3):
        Image.new("RGB", (4, 3), (number, 0, 0)).save(tmp_path / "pictures" / f"{number}.png")
    with closing(open_store(store_file)) as opened:
        rows = [{"image": f"{number}.png", "prompt": "a cat"} for number in range(3)]
        add_items(opened, rows, pictures=tmp_path / "pictures")
        yield opened


def test_pictures_that_are_there_are_counted(store, tmp_path):
    assert look_for_pictures(store) == PresentPictures(n_looked_for=3, n_found=3, missing=None)
    (tmp_path / "pictures" / "1.png").unlink()
    assert look_for_pictures(store) == PresentPictures(n_looked_for=3, n_found=2, missing="1.png")
    assert look_for_pictures(store, limit=1) == PresentPictures(n_looked_for=1, n_found=1, missing=None)


def test_a_store_without_its_pictures_is_warned_of(store, tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        warn_of_missing_pictures(store)
        assert caplog.messages == []
        (tmp_path / "pictures").rename(tmp_path / "elsewhere")
        warn_of_missing_pictures(store)
    (message,) = caplog.messages
    assert "0 are in" in message
    assert "`evalmuse annotate assign STORE --pictures DIR`" in message


def test_a_store_without_items_has_no_pictures_to_warn_of(store_file, caplog):
    with closing(open_store(store_file)) as opened, caplog.at_level(logging.WARNING):
        warn_of_missing_pictures(opened)
    assert caplog.messages == []
