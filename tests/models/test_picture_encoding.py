import contextlib
import io
import threading

import numpy as np
import pytest
import torch
from PIL import Image

from evalmuse_hf.images import PictureReader, Preparation, content_hash
from evalmuse_hf.models import picture_encoding
from evalmuse_hf.models.picture_encoding import BATCH_SIZE, PictureEncoder
from evalmuse_hf.models.rows import PairRow, fail_bad_prompts, read_rows

CPU = torch.device("cpu")
CUDA = torch.device("cuda")


class Network:
    """Says of a picture how red it is; remembers what it was given, and has room for so many at a time."""

    def __init__(self, fits: int = 1000) -> None:
        self.fits = fits
        self.batches: list[list[float]] = []

    def __call__(self, pictures):
        reds = [float(picture.pixels[0, 0, 0]) for picture in pictures]
        self.batches.append(reds)
        if len(reds) > self.fits:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return torch.tensor(reds)[:, None]

    @property
    def seen(self) -> list[float]:
        return [red for batch in self.batches for red in batch]


class Shelf(dict):
    """The least that can keep features."""

    def find(self, content):
        return self.get(content)

    def keep(self, content, features):
        return self.setdefault(content, features)


def png(red: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (4, 4), (red, 0, 0)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def reds(tmp_path):
    """Five files, the red of a picture being its number."""
    paths = []
    for red in range(5):
        paths.append(tmp_path / f"{red}.png")
        paths[-1].write_bytes(png(red))
    return paths


def rows_of(images) -> list[PairRow]:
    return read_rows(images, ["a cat"] * len(images), None)


def encode(encoder, rows, device=CPU):
    """The red of every row, None for those that have failed."""
    found = {}
    for group, features in encoder.encode_groups(rows, device=device):
        for row in group:
            assert id(row) not in found
            found[id(row)] = features.item()
    return [found.get(id(row)) for row in rows]


def test_a_content_is_encoded_once_however_many_paths_forms_and_rows_have_it(reds, tmp_path):
    copy = tmp_path / "copy.png"
    copy.write_bytes(png(1))
    images = [reds[0], reds[1], copy, str(reds[1]), png(1), {"path": "x.png", "bytes": png(1)}, reds[1], reds[0]]
    network = Network()
    assert encode(PictureEncoder(network, batch_size=3), rows_of(images)) == [0, 1, 1, 1, 1, 1, 1, 0]
    assert sorted(network.seen) == [0, 1]


def test_arrays_and_pillow_pictures_of_the_same_pixels_are_one_picture():
    images = [Image.new("RGB", (4, 4), (7, 0, 0)), Image.new("RGB", (4, 4), (7, 0, 0)), np.zeros((4, 4, 3), np.uint8)]
    images.append(images[2].copy())
    network = Network()
    assert encode(PictureEncoder(network, batch_size=1), rows_of(images)) == [7, 7, 0, 0]
    assert network.seen == [7, 0]


def test_a_picture_comes_with_all_its_rows_in_the_order_of_first_appearance(reds):
    images = [reds[2], reds[0], reds[2], reds[1], reds[0], reds[2]]
    rows = rows_of(images)
    places = {id(row): place for place, row in enumerate(rows)}
    groups = PictureEncoder(Network(), batch_size=2).encode_groups(rows, device=CPU)
    assert [([places[id(row)] for row in group], features.item()) for group, features in groups] == [
        ([0, 2, 5], 2),
        ([1, 4], 0),
        ([3], 1),
    ]


@pytest.mark.parametrize("batch_size", [1, 2, 3, 5, 8])
def test_batches_hold_as_many_pictures_as_were_asked_for(reds, batch_size):
    network = Network()
    assert encode(PictureEncoder(network, batch_size=batch_size), rows_of(reds)) == [0, 1, 2, 3, 4]
    assert [len(batch) for batch in network.batches[:-1]] == [batch_size] * (len(network.batches) - 1)
    assert network.seen == [0, 1, 2, 3, 4]


def test_pictures_that_cannot_be_read_fail_their_rows_only(reds, tmp_path):
    (tmp_path / "cut.png").write_bytes(png(1)[:40])
    rows = rows_of([reds[0], tmp_path / "cut.png", tmp_path / "none.png", reds[1], 3.5, tmp_path / "cut.png"])
    network = Network()
    assert encode(PictureEncoder(network, batch_size=2), rows) == [0, None, None, 1, None, None]
    assert [row.result and row.result.status for row in rows] == [
        None,
        *["image_error"] * 2,
        None,
        *["image_error"] * 2,
    ]
    assert "cut.png" in rows[1].result.message
    assert rows[1].result.message == rows[5].result.message
    assert network.seen == [0, 1]


def test_rows_that_have_failed_before_need_no_picture(reds):
    rows = read_rows(reds[:2], ["", "a cat"], None)
    fail_bad_prompts(rows)
    network = Network()
    assert encode(PictureEncoder(network, batch_size=2), rows) == [None, 1]
    assert network.seen == [1]


def test_without_a_picture_that_can_be_read_the_network_does_not_run():
    network = Network()
    assert encode(PictureEncoder(network, batch_size=2), rows_of(["none.png"])) == [None]
    assert encode(PictureEncoder(network, batch_size=2), []) == []
    assert network.batches == []


def test_a_picture_of_an_earlier_run_is_remembered(reds):
    network = Network()
    encoder = PictureEncoder(network, batch_size=2)
    encode(encoder, rows_of(reds[:3]))
    assert encode(encoder, rows_of(reds)) == [0, 1, 2, 3, 4]
    assert sorted(network.seen) == [0, 1, 2, 3, 4]


def test_kept_features_are_used_and_new_ones_are_added(reds):
    shelf = Shelf({content_hash(png(1)): torch.tensor([100.0])})
    network = Network()
    assert encode(PictureEncoder(network, batch_size=2, kept=shelf), rows_of(reds[:3])) == [0, 100, 2]
    assert network.seen == [0, 2]
    assert {content: features.item() for content, features in shelf.items()} == {
        content_hash(png(red)): value for red, value in ((0, 0), (1, 100), (2, 2))
    }


def test_the_first_run_uses_what_later_runs_will_find(reds):
    """A store may round; scores must not depend on whether it was there."""

    class Rounding(Shelf):
        def keep(self, content, features):
            return super().keep(content, features + 0.5)

    shelf = Rounding()
    first, second = (encode(PictureEncoder(Network(), batch_size=2, kept=shelf), rows_of(reds)) for _ in range(2))
    assert first == second == [0.5, 1.5, 2.5, 3.5, 4.5]


def test_what_the_store_had_is_asked_for_once(reds):
    asked = []

    class Asked(Shelf):
        def find(self, content):
            asked.append(content)
            return super().find(content)

    encoder = PictureEncoder(Network(), batch_size=2, kept=Asked({content_hash(png(0)): torch.tensor([9.0])}))
    assert [encode(encoder, rows_of(reds[:1])) for _ in range(3)] == [[9.0]] * 3
    assert asked == [content_hash(png(0))]


def test_only_pictures_without_features_are_wanted(reds):
    shelf = Shelf({content_hash(png(1)): torch.tensor([1.0])})
    encoder = PictureEncoder(Network(), batch_size=2, kept=shelf)
    encode(encoder, rows_of(reds[:1]))
    assert [encoder.wants(content_hash(png(red))) for red in range(3)] == [False, False, True]
    shelf.clear()
    encoder.memory.clear()
    assert [encoder.wants(content_hash(png(red))) for red in range(3)] == [True, True, True]


@pytest.mark.parametrize("workers", [0, 2], ids=["at once", "in threads"])
def test_pictures_that_are_read_ahead_are_decoded_only_if_they_are_wanted(reds, workers, monkeypatch):
    decoded = []
    load = Image.open
    monkeypatch.setattr(Image, "open", lambda file, **options: decoded.append(file) or load(file, **options))
    network = Network()
    encoder = PictureEncoder(network, batch_size=2)
    encode(encoder, rows_of(reds[:2]))
    decoded.clear()
    with PictureReader(workers=workers, wanted=encoder.wants) as reader:
        images = [reader.defer(path, path) for path in reds[:4]]
        assert encode(encoder, rows_of(images)) == [0, 1, 2, 3]
    assert len(decoded) == 2
    assert network.seen == [0, 1, 2, 3]


def test_a_picture_that_was_forgotten_between_asking_and_using_is_read_again(reds):
    network = Network()
    encoder = PictureEncoder(network, batch_size=1, memory_bytes=4)  # room for one picture
    encode(encoder, rows_of(reds[:1]))
    content, answers, was_read = content_hash(png(0)), [], threading.Event()

    def wanted(asked):
        answer = encoder.wants(asked)
        if asked == content:
            answers.append(answer)
            was_read.set()
        return answer

    with PictureReader(workers=1, wanted=wanted) as reader:
        images = [reader.defer(path, path) for path in (reds[1], reds[0], reds[2])]
        assert was_read.wait(timeout=30)
        assert encode(encoder, rows_of(images)) == [1, 0, 2]  # encoding 1 pushes 0 out of the memory
    assert answers == [False, True]
    assert network.seen == [0, 1, 0, 2]


class Leaky(Shelf):
    """A store that has features when it is asked whether it has them, and not when it is asked for them."""

    def __contains__(self, content):
        return True

    def find(self, content):
        return None


@pytest.mark.parametrize("workers", [0, 2], ids=["at once", "in threads"])
def test_a_picture_whose_kept_features_are_lost_is_read_again(reds, workers):
    network = Network()
    encoder = PictureEncoder(network, batch_size=2, kept=Leaky())
    with PictureReader(workers=workers, wanted=encoder.wants) as reader:
        images = [reader.defer(path, path) for path in reds]
        assert encode(encoder, rows_of(images)) == [0, 1, 2, 3, 4]
    assert network.seen == [0, 1, 2, 3, 4]
    assert not encoder.wants(content_hash(png(0)))  # the second reading is over


def test_a_picture_that_cannot_be_read_a_second_time_fails_its_rows_only(reds):
    class Burning(Leaky):
        def find(self, content):
            reds[1].unlink(missing_ok=True)

    network = Network()
    encoder = PictureEncoder(network, batch_size=3, kept=Burning())
    with PictureReader(wanted=encoder.wants) as reader:
        first, *rest = (reader.defer(path, path) for path in (reds[1], reds[0], reds[2], reds[1]))
        rows = rows_of([first, *rest])
        assert encode(encoder, rows) == [None, 0, 2, None]
    assert (rows[0].result.status, rows[3].result.status) == ("image_error", "image_error")
    assert "there is no file" in rows[0].result.message
    assert network.seen == [0, 2]


def test_a_batch_that_does_not_fit_is_halved_and_the_size_is_remembered(reds):
    network = Network(fits=2)
    encoder = PictureEncoder(network, batch_size=5)
    assert encode(encoder, rows_of(reds)) == [0, 1, 2, 3, 4]
    assert [len(batch) for batch in network.batches] == [5, 2, 2, 1]
    assert encoder.batch_size == 2
    network.batches.clear()
    encoder.memory.clear()
    encode(encoder, rows_of(reds))
    assert [len(batch) for batch in network.batches] == [2, 2, 1]


def test_one_picture_that_does_not_fit_is_an_error(reds):
    encoder = PictureEncoder(Network(fits=0), batch_size=2)
    with pytest.raises(RuntimeError, match="CUDA out of memory"):
        encode(encoder, rows_of(reds))


def test_without_a_batch_size_a_processor_takes_16():
    network = Network()
    encoder = PictureEncoder(network, batch_size=None)
    images = [Image.new("RGB", (4, 4), (red, 0, 0)) for red in range(20)]
    assert encode(encoder, rows_of(images)) == list(range(20))
    assert encoder.batch_size == BATCH_SIZE == 16
    assert [len(batch) for batch in network.batches] == [16, 4]


class Gpu:
    """Stands in for what `memory_limits` says of a GPU."""

    def __init__(self, monkeypatch, *, free: int, of_two: int) -> None:
        self.blocks = 0
        monkeypatch.setattr(picture_encoding, "free_memory", lambda device: free)
        monkeypatch.setattr(picture_encoding, "measured_memory", self.measure)
        self.of_two = of_two

    @contextlib.contextmanager
    def measure(self, device):
        self.blocks += 1
        yield lambda: self.of_two


@pytest.mark.parametrize(
    "free, expected",
    [(1000, 4), (10**9, 256), (10, 1)],  # 0.7 * 1000 / 150 = 4.67
    ids=["some", "much", "little"],
)
def test_without_a_batch_size_a_gpu_takes_what_fits(monkeypatch, free, expected):
    gpu = Gpu(monkeypatch, free=free, of_two=300)
    network = Network()
    encoder = PictureEncoder(network, batch_size=None)
    images = [Image.new("RGB", (4, 4), (red, 0, 0)) for red in range(9)]
    assert encode(encoder, rows_of(images), CUDA) == list(range(9))
    assert encoder.batch_size == expected
    assert network.batches[0] == [0, 1]
    assert max(len(batch) for batch in network.batches[1:]) == min(expected, 7)
    encoder.memory.clear()
    encode(encoder, rows_of(images), CUDA)
    assert gpu.blocks == 1


def test_a_single_picture_is_enough_to_measure(monkeypatch):
    Gpu(monkeypatch, free=1000, of_two=300)
    encoder = PictureEncoder(Network(), batch_size=None)
    assert encode(encoder, rows_of([Image.new("RGB", (4, 4))]), CUDA) == [0]
    assert encoder.batch_size == 2  # 0.7 * 1000 / 300 = 2.3


def test_where_not_even_two_pictures_fit_a_gpu_takes_one(monkeypatch):
    Gpu(monkeypatch, free=1000, of_two=300)
    network = Network(fits=1)
    encoder = PictureEncoder(network, batch_size=None)
    images = [Image.new("RGB", (4, 4), (red, 0, 0)) for red in range(3)]
    assert encode(encoder, rows_of(images), CUDA) == [0, 1, 2]
    assert encoder.batch_size == 1
    assert network.batches == [[0, 1], [0], [1], [2]]


def test_an_error_while_measuring_that_is_not_of_memory_is_raised(monkeypatch):
    Gpu(monkeypatch, free=1000, of_two=300)

    def broken(pictures):
        raise RuntimeError("wrong shapes")

    with pytest.raises(RuntimeError, match="wrong shapes"):
        encode(PictureEncoder(broken, batch_size=None), rows_of([Image.new("RGB", (4, 4))]), CUDA)


def test_the_network_gets_pictures_as_the_reader_has_prepared_them(reds):
    shapes = []

    def run(pictures):
        shapes.extend(picture.pixels.shape for picture in pictures)
        return torch.zeros(len(pictures), 1)

    with PictureReader(Preparation(9), workers=2) as reader:
        encode(PictureEncoder(run, batch_size=2), rows_of([reader.defer(path, path) for path in reds[:3]]))
    assert shapes == [(9, 9, 3)] * 3


@pytest.mark.parametrize(
    "options, message",
    [
        ({"batch_size": 0}, "`batch_size` must be at least 1, got 0"),
        ({"batch_size": 1, "memory_bytes": -1}, "`max_bytes` must be at least 0, got -1"),
    ],
    ids=["batch size", "memory"],
)
def test_nonsense_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        PictureEncoder(Network(), **options)
