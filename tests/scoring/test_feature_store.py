import logging
import multiprocessing
import pickle
import shutil
from collections import namedtuple

import numpy as np
import pytest
import torch
from PIL import Image

from evalmuse_hf.images import ImageDecodingError
from evalmuse_hf.scoring.feature_store import FeatureError, FeatureStore

SHAPE = (2, 3)
ROW_BYTES = 24


class GreyEncoder:
    """Features are the grey value of the picture, so that each can be told."""

    key = "grey"
    shape = SHAPE

    def __init__(self):
        self.batches = []

    def encode(self, images):
        self.batches.append(len(images))
        greys = torch.tensor([float(np.asarray(image)[0, 0, 0]) for image in images])
        return greys[:, None, None].expand(-1, *SHAPE) / 7


def read_images(positions):
    return [np.full((4, 4, 3), position, dtype=np.uint8) for position in positions]


def features_of(position):
    return torch.full(SHAPE, position / 7)


@pytest.fixture
def open_store(tmp_path):
    return lambda **options: FeatureStore(tmp_path / "cache", **{"key": "grey", "shape": SHAPE, **options})


@pytest.fixture
def contents():
    return [f"{number:064x}" for number in range(7)]


def test_what_is_written_is_read_to_the_last_bit(open_store, contents):
    torch.manual_seed(0)
    features = torch.randn(SHAPE)
    written = open_store()
    assert written.read(contents[0]) is None
    assert torch.equal(written.write(contents[0], features), features)
    other = open_store()
    assert contents[0] in other
    assert torch.equal(other.read(contents[0]), features)
    assert other.bytes_per_picture == ROW_BYTES


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_the_space_gives_the_rounded_features(open_store, contents, dtype):
    store = open_store(dtype=dtype)
    features = torch.linspace(-3, 3, 6).reshape(SHAPE) / 7
    rounded = features.to(getattr(torch, dtype)).float()
    assert torch.equal(store.write(contents[0], features), rounded)
    assert torch.equal(open_store(dtype=dtype).read(contents[0]), rounded)
    assert store.bytes_per_picture == ROW_BYTES / 2


def test_other_weights_shapes_and_precisions_never_meet(open_store, contents):
    open_store().write(contents[0], features_of(1))
    for options in ({"key": "other"}, {"shape": (3, 2)}, {"dtype": "bfloat16"}):
        assert contents[0] not in open_store(**options)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"dtype": "int8"}, "`dtype` must be one of float32, bfloat16, float16, got 'int8'"),
        ({"shape": (0, 3)}, r"`shape` must be the positions and the width .* got \(0, 3\)"),
    ],
    ids=["dtype", "shape"],
)
def test_nonsense_is_refused(open_store, options, message):
    with pytest.raises(ValueError, match=message):
        open_store(**options)


def test_features_of_another_shape_are_refused(open_store, contents):
    with pytest.raises(ValueError, match=r"must have the shape \(2, 3\), got \(3, 2\)"):
        open_store().write(contents[0], torch.zeros(3, 2))


@pytest.mark.parametrize(
    "dtype, number, message",
    [
        ("float32", float("nan"), "not finite numbers; check the model's weights"),
        ("float16", 1e6, "do not fit float16; store them as bfloat16"),
    ],
    ids=["nan", "range"],
)
def test_what_is_no_number_is_not_kept(open_store, contents, dtype, number, message):
    store = open_store(dtype=dtype)
    with pytest.raises(FeatureError, match=message):
        store.write(contents[0], torch.full(SHAPE, number))
    assert contents[0] not in store


def test_missing_pictures_are_encoded_once_and_in_batches(open_store, contents):
    encoder = GreyEncoder()
    store = open_store()
    report = store.encode_missing([*contents, *contents[:2]], read_images, encoder, batch_size=3)
    assert (report.n_pictures, report.n_reused, report.n_encoded, report.n_bytes) == (7, 0, 7, 7 * ROW_BYTES)
    assert encoder.batches == [3, 3, 1]
    for position, content in enumerate(contents):
        assert torch.equal(store.read(content), features_of(position))
    again = open_store().encode_missing(contents, read_images, encoder)
    assert (again.n_reused, again.n_encoded, len(encoder.batches)) == (7, 0, 3)


def test_a_run_that_was_stopped_goes_on_where_it_was(open_store, contents):
    def stop(positions):
        if 4 in positions:
            raise KeyboardInterrupt
        return read_images(positions)

    with pytest.raises(KeyboardInterrupt):
        open_store().encode_missing(contents, stop, GreyEncoder(), batch_size=2)
    report = open_store().encode_missing(contents, read_images, GreyEncoder(), batch_size=2)
    assert (report.n_reused, report.n_encoded) == (2, 5)  # the batch before the interruption was not encoded yet


@pytest.mark.parametrize("damage", ["cut", "spoiled", "removed"])
def test_damaged_features_are_computed_again_with_one_warning(open_store, contents, damage, caplog):
    store = open_store(shard_bytes=4 * ROW_BYTES)
    store.encode_missing(contents, read_images, GreyEncoder())
    shard = store.folder / "shard-00000.bin"
    if damage == "removed":
        shard.unlink()
    else:
        content = bytearray(shard.read_bytes())
        content[ROW_BYTES + 5] ^= 1
        content[2 * ROW_BYTES + 5] ^= 1
        shard.write_bytes(content if damage == "spoiled" else content[: ROW_BYTES + 5])
    with caplog.at_level(logging.WARNING, "evalmuse_hf"):
        report = open_store().encode_missing(contents, read_images, GreyEncoder())
        assert report.n_encoded == {"spoiled": 2, "cut": 3, "removed": 4}[damage]
        later = open_store()
        assert later.encode_missing(contents, read_images, GreyEncoder()).n_encoded == 0
    for position, content in enumerate(contents):
        assert torch.equal(later.read(content, check=False), features_of(position))
    assert len(caplog.records) == 1
    assert "damaged or cut off, first those in row" in caplog.text


def test_a_store_in_use_notices_what_is_damaged_when_it_reads_it(open_store, contents):
    open_store().encode_missing(contents, read_images, GreyEncoder())
    store = open_store()
    shard = store.folder / "shard-00000.bin"
    shard.write_bytes(b"\1" + shard.read_bytes()[1:])
    assert store.read(contents[0]) is None
    assert contents[0] not in open_store()


def test_what_another_process_writes_is_found(open_store, contents):
    reader, writer = open_store(), open_store()
    writer.write(contents[0], features_of(1))
    assert torch.equal(reader.read(contents[0]), features_of(1))
    writer.write(contents[1], features_of(2))
    assert torch.equal(reader.read(contents[1]), features_of(2))


def test_a_store_travels_to_worker_processes(open_store, contents):
    store = open_store()
    store.write(contents[0], features_of(1))
    store.read(contents[0])
    copy = pickle.loads(pickle.dumps(store))
    assert torch.equal(copy.read(contents[0]), features_of(1))


def _encode_share(folder, contents, process, barrier, results):
    encoder = GreyEncoder()
    store = FeatureStore(folder, key="grey", shape=SHAPE)
    store.encode_missing(
        *(contents, read_images, encoder), batch_size=2, process=process, n_processes=2, wait=barrier.wait
    )
    results.put((process, sum(encoder.batches), [store.read(content)[0, 0].item() for content in contents]))


def test_two_processes_share_the_work_and_see_the_same(open_store, contents, tmp_path):
    open_store().write(contents[0], features_of(0))
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(2), context.Queue()
    children = [
        context.Process(
            target=_encode_share, args=(tmp_path / "cache", contents, number, barrier, results), daemon=True
        )
        for number in range(2)
    ]
    for child in children:
        child.start()
    found = sorted(results.get(timeout=60) for _ in children)
    for child in children:
        child.join(30)
        child.kill()  # a fork of a process with threads may never end
    assert [n_encoded for _, n_encoded, _ in found] == [3, 3]
    assert found[0][2] == found[1][2] == pytest.approx([position / 7 for position in range(7)])


def test_processes_that_do_not_see_each_others_folder_are_told_so(open_store, contents):
    with pytest.raises(FeatureError, match=r"3 of the 7 pictures .* need a folder that all of them see"):
        open_store().encode_missing(contents, read_images, GreyEncoder(), process=0, n_processes=2)


def test_the_space_is_said_and_refused_before_anything_is_encoded(open_store, contents, monkeypatch, caplog):
    store = open_store(shape=(677, 1408))
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(0, 0, 10 * 10**9))
    with caplog.at_level(logging.WARNING, "evalmuse_hf"):
        store.check_space(100)
        assert caplog.text == ""
        store.check_space(1000)
    assert "The features of 1000 pictures of 3.8 MB take 3.8 GB in" in caplog.text
    with pytest.raises(FeatureError, match=r"need 15\.3 GB, and the disk of .* has 10\.0 GB left; .* as bfloat16"):
        store.check_space(4000)
    store.check_space(0)
    encoder = GreyEncoder()
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(0, 0, 100))
    with pytest.raises(FeatureError, match="need 168 B"):
        open_store().encode_missing(contents, read_images, encoder)
    assert encoder.batches == []


def test_another_encoder_and_empty_batches_are_refused(open_store, contents):
    encoder = GreyEncoder()
    with pytest.raises(ValueError, match="`batch_size` must be at least 1, got 0"):
        open_store().encode_missing(contents, read_images, encoder, batch_size=0)
    with pytest.raises(ValueError, match="`encoder` is another one"):
        open_store(key="other").encode_missing(contents, read_images, encoder)
    encoder.encode = lambda images: torch.zeros(len(images), 3, 2)
    with pytest.raises(ValueError, match=r"gave features of shape \(7, 3, 2\), expected \(7, 2, 3\)"):
        open_store().encode_missing(contents, read_images, encoder)


def test_a_picture_that_cannot_be_read_is_named(open_store, contents):
    with pytest.raises(ImageDecodingError, match=r"'cut\.png'"):
        open_store().encode_missing(contents[:1], lambda rows: [{"bytes": b"no", "path": "cut.png"}], GreyEncoder())


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FeatureError, match=r"No features can be kept in .*file \(.*\); give a folder"):
        FeatureStore(tmp_path / "file", key="grey", shape=SHAPE)


def test_a_disk_that_is_full_is_one_sentence(open_store, contents, monkeypatch):
    from evalmuse_hf.scoring import feature_shards

    def fail(stream, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(feature_shards, "write_all", fail)
    with pytest.raises(FeatureError, match=r"cannot be written to .* \(No space left on device\); make room"):
        open_store().write(contents[0], features_of(0))


def test_damage_that_cannot_be_noted_is_one_sentence(open_store, contents, monkeypatch):
    from evalmuse_hf.scoring import feature_shards

    def fail(stream, content):
        raise OSError(30, "Read-only file system")

    store = open_store()
    store.write(contents[0], features_of(0))
    store.close()
    (store.folder / "shard-00000.bin").write_bytes(b"")
    monkeypatch.setattr(feature_shards, "add_record", fail)
    with pytest.raises(FeatureError, match=r"cannot be written to .* \(Read-only file system\)"):
        open_store().read(contents[0])


def test_a_picture_stays_a_picture_in_every_form(open_store, contents):
    store = open_store()
    store.encode_missing(contents[:1], lambda rows: [Image.new("RGB", (4, 4), (14, 0, 0))], GreyEncoder())
    assert torch.equal(store.read(contents[0]), features_of(14))
