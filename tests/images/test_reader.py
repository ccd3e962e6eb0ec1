import os
import signal
import threading
import time

import numpy as np
import pytest
from PIL import Image

from evalmuse_hf.images import PictureReader, Preparation, read_picture
from evalmuse_hf.images import reader as reader_module
from evalmuse_hf.images.reader import choose_workers
from evalmuse_hf.images.reading_process import ReadingProcess

RNG = np.random.default_rng(0)
WAYS = {
    "when taken": {},
    "in threads": {"workers": 2},
    "in processes": {"workers": 1, "processes": True},
}


@pytest.fixture
def paths(tmp_path):
    paths = []
    for number in range(6):
        path = tmp_path / f"{number}.png"
        Image.fromarray(RNG.integers(0, 256, (9 + number, 12, 3), dtype=np.uint8)).save(path)
        paths.append(path)
    return paths


@pytest.fixture
def slow_picture(tmp_path):
    """A valid picture that takes some seconds to decode."""
    path = tmp_path / "slow.png"
    Image.new("RGB", (13_000, 13_000)).save(path, compress_level=1)
    return path


def same(one, other):
    return one.content == other.content and one.problem == other.problem and np.array_equal(one.pixels, other.pixels)


@pytest.mark.parametrize("options", WAYS.values(), ids=list(WAYS))
def test_every_way_reads_the_same_in_any_order(paths, options):
    sources = [*paths, paths[0].read_bytes(), {"bytes": None, "path": str(paths[1])}, paths[0].with_name("absent.png")]
    sources += [{"bytes": paths[2].read_bytes(), "path": "two.png"}, np.zeros((4, 4), np.uint8), 7, {"bytes": 3}]
    expected = [read_picture(source, Preparation(8)) for source in sources]
    with PictureReader(Preparation(8), ahead=2, **options) as reader:
        pictures = [reader.defer(source, number) for number, source in enumerate(sources)]
        for number in [*range(0, len(sources), 2), *reversed(range(1, len(sources), 2))]:
            assert same(pictures[number].take(), expected[number])
        assert same(pictures[0].take(), expected[0])  # taken again: read again


def test_no_more_is_read_ahead_than_was_allowed(paths):
    with PictureReader(workers=2, ahead=3) as reader:
        pictures = [reader.defer(path, path) for path in paths]
        deadline = time.monotonic() + 5
        while reader._held < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.05)
        assert sum(picture._result is not None for picture in pictures) == 3
        for picture in pictures[:3]:
            picture.discard()
        assert pictures[5].take().problem is None


def test_what_is_discarded_leaves_room_for_others(paths):
    with PictureReader(workers=1, ahead=1) as reader:
        pictures = [reader.defer(path, path) for path in paths]
        for picture in pictures[:-1]:
            picture.discard()
        assert pictures[-1].take().problem is None
        assert reader._held == 0


def test_a_picture_that_is_discarded_while_it_is_read_is_dropped(paths, monkeypatch):
    began, go_on = threading.Event(), threading.Event()

    def read(*arguments, **options):
        began.set()
        assert go_on.wait(5)
        return read_picture(*arguments, **options)

    monkeypatch.setattr(reader_module, "read_picture", read)
    with PictureReader(workers=1, ahead=1) as reader:
        first, second = (reader.defer(path, path) for path in paths[:2])
        assert began.wait(5)
        first.discard()
        go_on.set()
        assert second.take().problem is None


@pytest.mark.parametrize("options", WAYS.values(), ids=list(WAYS))
def test_pixels_that_nobody_wants_are_not_sent(paths, options):
    known = read_picture(paths[0]).content
    with PictureReader(wanted=lambda content: content != known, **options) as reader:
        first, second = (reader.defer(path, path) for path in paths[:2])
        assert (first.take().content, second.take().pixels is None) == (known, False)


def test_a_decoder_that_takes_too_long_is_stopped_and_the_next_picture_is_read(slow_picture, paths):
    with PictureReader(workers=1, processes=True, timeout=0.3) as reader:
        slow, other = (reader.defer(path, path) for path in (slow_picture, paths[0]))
        assert "did not finish within 0.3 s" in slow.take().problem
        assert other.take().problem is None


def test_a_process_that_dies_is_replaced(paths):
    with PictureReader(workers=1, processes=True) as reader:
        assert reader.defer(paths[0], 0).take().problem is None
        (process,) = reader._running
        os.kill(process._process.pid, signal.SIGKILL)
        assert reader.defer(paths[1], 1).take().problem is None


def test_a_picture_that_kills_its_decoder_twice_becomes_a_sentence(paths, monkeypatch):
    read = ReadingProcess.read

    def die(self, source, *arguments, **options):
        if source == paths[0]:
            self.kill()
        return read(self, source, *arguments, **options)

    monkeypatch.setattr(ReadingProcess, "read", die)
    with PictureReader(workers=1, processes=True) as reader:
        bad, good = (reader.defer(path, path) for path in paths[:2])
        assert "its decoder died (status -9)" in bad.take().problem
        assert good.take().problem is None


def test_closing_ends_threads_and_processes(paths, slow_picture):
    reader = PictureReader(workers=1, processes=True)
    reader.defer(paths[0], 0).take()
    reader.defer(slow_picture, 1)
    (process,) = reader._running
    time.sleep(0.1)
    reader.close()
    assert process._process.poll() is not None
    assert not reader._threads
    with pytest.raises(RuntimeError, match="closed"):
        reader.defer(paths[0], 2).take()


@pytest.mark.parametrize(
    "options, words",
    [({"workers": -1}, "`workers` must be at least 0"), ({"ahead": 0}, "`ahead`"), ({"timeout": 0}, "`timeout`")],
    ids=["workers", "ahead", "timeout"],
)
def test_numbers_outside_their_range_are_refused(options, words):
    with pytest.raises(ValueError, match=words):
        PictureReader(**options)


def test_there_is_always_a_worker():
    assert choose_workers(n_processes=10_000) == 1
    assert choose_workers() >= 1


def test_what_makes_reading_impossible_is_told_to_whoever_waits(paths, monkeypatch):
    def fail(*arguments, **options):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(reader_module, "ReadingProcess", fail)
    fail.can_send = lambda source: True
    with PictureReader(workers=1, processes=True) as reader:
        with pytest.raises(RuntimeError, match="cannot be read any more") as caught:
            reader.defer(paths[0], 0).take()
        assert "Cannot allocate memory" in str(caught.value.__cause__)
