"""Room for uploads: measured seldom, counted in between, and said in a sentence when there is none."""

import pytest

from evalmuse_hf.pages import disk_space
from evalmuse_hf.pages.disk_space import DiskSpace, free_bytes, measure_folder
from evalmuse_hf.pages.limits import PageLimits

FULL = "This server has no room for more files now; older ones go within 2 min, so try again later."


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    return tmp_path / "uploads"


def space(clock, **limits):
    return DiskSpace(PageLimits(keep_uploads_s=61, **limits), clock=clock)


def test_small_files_and_folders_count_as_the_blocks_that_they_take(folder):
    assert measure_folder(folder) == 0
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "small").write_bytes(b"x")
    (folder / "a" / "b" / "large").write_bytes(bytes(10_000))
    (folder / "link").symlink_to("/etc")
    assert measure_folder(folder) == 2 * 4_096 + 4_096 + 10_000 + 4_096


def test_what_comes_between_two_measurements_is_counted(folder):
    now = [0.0]
    room = space(lambda: now[0], max_upload_bytes=10_000)
    assert room.find_refusal() is None
    room.add(10_000)
    assert not room.is_over
    room.add(1)
    assert room.is_over
    assert room.find_refusal() == FULL == room.sentence
    now[0] = 4.9
    assert room.find_refusal() == FULL
    now[0] = 5.0  # it is measured again, and what was refused did not stay
    assert room.find_refusal() is None
    folder.mkdir()
    (folder / "file").write_bytes(bytes(10_001))
    assert room.find_refusal() is None
    now[0] = 10.0
    assert room.find_refusal() == FULL


def test_measuring_that_takes_long_is_done_less_often(folder, monkeypatch):
    now, measured = [0.0], []

    def slow(path):
        measured.append(path)
        now[0] += 2.0
        return 0

    monkeypatch.setattr(disk_space, "measure_folder", slow)
    room = space(lambda: now[0])
    for moment in (0.0, 10.0, 41.9, 42.0):
        now[0] = moment
        room.find_refusal()
    assert len(measured) == 2


def test_the_last_free_bytes_of_the_disk_stay_free(folder, monkeypatch):
    assert free_bytes(folder) == free_bytes(folder.parent) > 0
    room = space(lambda: 0.0)
    monkeypatch.setattr(disk_space, "free_bytes", lambda path: disk_space.MIN_FREE_BYTES)
    assert room.find_refusal() is None
    monkeypatch.setattr(disk_space, "free_bytes", lambda path: disk_space.MIN_FREE_BYTES - 1)
    assert room.find_refusal() == FULL
