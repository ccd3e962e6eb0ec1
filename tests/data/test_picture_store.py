import multiprocessing
import os
import pickle
import zipfile

import pytest

from evalmuse_hf.data import picture_store
from evalmuse_hf.data.errors import ReleaseError
from evalmuse_hf.data.picture_store import MAX_PICTURE_BYTES, ArchivePictures, FolderPictures, PictureError

NAMES = ("SDXL/1.png", "SDXL/2.png", "Kolors/sub folder/ä 1.png")
CONTENTS = {name: f"picture {name} ".encode() * 5000 for name in NAMES}


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "images"
    for name, content in CONTENTS.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return FolderPictures(root)


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "images.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in CONTENTS.items():
            target.writestr(f"images/{name}", content)
    return ArchivePictures((path,), "images/")


@pytest.fixture(params=["folder", "archive"])
def store(request):
    return request.getfixturevalue(request.param)


def error_of(store, name):
    with pytest.raises(PictureError) as caught:
        store.read(name)
    return caught.value


def test_a_store_gives_the_bytes_of_each_picture(store):
    assert {name: store.read(name) for name in NAMES} == CONTENTS
    assert {name: store.size(name) for name in NAMES} == {name: len(content) for name, content in CONTENTS.items()}


@pytest.mark.parametrize("name", ["SDXL/3.png", "SDXL", "", "x" * 5000, "SDXL/1.png/2.png", "\ud800.png", "a\0b.png"])
def test_a_picture_that_is_not_there_has_no_size(store, name):
    assert store.size(name) is None
    error = error_of(store, name)
    assert error.reason == "missing_picture"
    assert str(error).startswith(f"found no file {name!r} in the ")


@pytest.mark.parametrize("name", ["../secret.png", "SDXL/../../secret.png", "/etc/passwd"])
def test_a_path_out_of_the_store_is_not_followed(store, name, tmp_path):
    (tmp_path / "secret.png").write_bytes(b"secret")
    assert store.size(name) is None
    assert error_of(store, name).reason in ("unsafe_path", "missing_picture")


def test_the_folder_says_that_a_path_leads_elsewhere(folder):
    error = error_of(folder, "SDXL/../../secret.png")
    assert error.reason == "unsafe_path"
    assert str(error) == (
        "expected a path below the images folder, got 'SDXL/../../secret.png', which leads elsewhere"
    )


def test_a_link_may_lead_to_another_picture_but_not_out_of_the_folder(folder, tmp_path):
    (tmp_path / "secret.png").write_bytes(b"secret")
    (tmp_path / "images-old").mkdir()
    (tmp_path / "images-old" / "1.png").write_bytes(b"secret")
    (folder.root / "SDXL" / "same.png").symlink_to("1.png")
    (folder.root / "SDXL" / "out.png").symlink_to(tmp_path / "secret.png")
    (folder.root / "SDXL" / "relative.png").symlink_to("../../secret.png")
    (folder.root / "Old").symlink_to(tmp_path / "images-old")
    assert folder.read("SDXL/same.png") == CONTENTS["SDXL/1.png"]
    for name in ("SDXL/out.png", "SDXL/relative.png", "Old/1.png"):
        assert folder.size(name) is None
        error = error_of(folder, name)
        assert (error.reason, str(error)) == ("link", f"{name!r} is a link that leads out of the images folder")


def test_a_link_to_nothing_or_to_itself_is_a_missing_picture(folder):
    (folder.root / "SDXL" / "nothing.png").symlink_to("absent.png")
    (folder.root / "SDXL" / "loop.png").symlink_to("loop.png")
    assert error_of(folder, "SDXL/nothing.png").reason == "missing_picture"
    assert error_of(folder, "SDXL/loop.png").reason == "missing_picture"


def test_the_images_folder_itself_may_be_a_link(folder, tmp_path):
    (tmp_path / "link").symlink_to(folder.root)
    assert FolderPictures(tmp_path / "link").read("SDXL/1.png") == CONTENTS["SDXL/1.png"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_no_picture_and_nobody_waits_for_it(folder):
    os.mkfifo(folder.root / "SDXL" / "pipe.png")
    assert error_of(folder, "SDXL/pipe.png").reason == "missing_picture"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is closed to root")
def test_a_file_without_permission_cannot_be_opened(folder):
    (folder.root / "SDXL" / "1.png").chmod(0)
    error = error_of(folder, "SDXL/1.png")
    assert (error.reason, str(error)) == ("undecodable_picture", "cannot open 'SDXL/1.png': Permission denied")


def test_a_file_that_breaks_while_it_is_read_cannot_be_opened(folder, monkeypatch):
    def broken(*_, **__):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("builtins.open", broken)
    error = error_of(folder, "SDXL/1.png")
    assert (error.reason, str(error)) == ("undecodable_picture", "cannot open 'SDXL/1.png': Input/output error")


def test_a_file_larger_than_any_picture_is_not_read(folder):
    with (folder.root / "SDXL" / "huge.png").open("wb") as stream:
        stream.truncate(MAX_PICTURE_BYTES + 1)  # sparse: takes no room
    error = error_of(folder, "SDXL/huge.png")
    assert folder.size("SDXL/huge.png") == MAX_PICTURE_BYTES + 1
    assert (error.reason, str(error)) == (
        "picture_too_large",
        "'SDXL/huge.png' has more than 268,435,456 bytes; no picture should",
    )


def test_the_limit_is_that_of_the_store(store, monkeypatch):
    monkeypatch.setattr(picture_store, "MAX_PICTURE_BYTES", 1000)
    assert error_of(store, "SDXL/1.png").reason == "picture_too_large"


def test_a_damaged_member_is_an_undecodable_picture(archive):
    content = bytearray(archive.parts[0].read_bytes())
    start = content.index(b"images/SDXL/1.png") + len("images/SDXL/1.png")
    content[start : start + 8] = b"\xff" * 8
    archive.parts[0].write_bytes(content)
    error = error_of(archive, "SDXL/1.png")
    assert error.reason == "undecodable_picture"
    assert str(error).startswith("cannot unpack 'SDXL/1.png': it is damaged in the archive (")
    assert archive.read("SDXL/2.png") == CONTENTS["SDXL/2.png"]


def test_messages_do_not_tell_where_the_release_lies(store, tmp_path):
    for name in ("SDXL/absent.png", "../x.png"):
        assert str(tmp_path) not in str(error_of(store, name))


def test_a_store_is_small_to_send_even_after_use(store):
    store.read("SDXL/1.png")
    sent = pickle.dumps(store)
    assert len(sent) < 500
    assert pickle.loads(sent) == store
    assert pickle.loads(sent).read("SDXL/2.png") == CONTENTS["SDXL/2.png"]


def _read_often(store):
    return all(store.read(name) == CONTENTS[name] for _ in range(50) for name in NAMES)


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_processes_forked_while_the_archive_is_open_do_not_disturb_each_other(archive):
    assert _read_often(archive)
    with multiprocessing.get_context("fork").Pool(3) as pool:
        assert pool.map_async(_read_often, [archive] * 6).get(timeout=60) == [True] * 6
    assert _read_often(archive)


def test_an_archive_is_opened_once(archive, monkeypatch):
    opened = []
    original = picture_store.Archive
    monkeypatch.setattr(picture_store, "Archive", lambda parts: opened.append(parts) or original(parts))
    assert _read_often(archive)
    assert _read_often(ArchivePictures(archive.parts, "images/"))
    assert opened == [archive.parts]


def test_an_archive_that_was_replaced_is_opened_again(archive):
    archive.read("SDXL/1.png")
    with zipfile.ZipFile(archive.parts[0], "w") as target:
        target.writestr("images/SDXL/1.png", b"another")
    assert archive.read("SDXL/1.png") == b"another"


def test_an_archive_that_is_gone_ends_the_reading(archive):
    archive.read("SDXL/1.png")
    archive.parts[0].unlink()
    with pytest.raises(ReleaseError, match=r"images\.zip cannot be read \(No such file or directory\)"):
        archive.read("SDXL/1.png")


def test_an_error_keeps_its_reason_on_the_way_back_from_a_worker():
    error = pickle.loads(pickle.dumps(PictureError("found no file", reason="missing_picture")))
    assert (type(error), str(error), error.reason) == (PictureError, "found no file", "missing_picture")
