"""Every picture and path that a visitor may send, and what is said of it."""

import io
import os
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.pages.scorers import PageError
from evalmuse_hf.pages.uploads import (
    find_foreign_files,
    find_upload,
    new_result_folder,
    open_upload,
    read_upload,
    shown_name,
    sweep_leftovers,
    upload_folder,
)

LIMITS = PageLimits(max_pixels=10_000, max_file_size=100_000)
META = {"meta": {"_type": "gradio.FileData"}}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of uploads of a server; what lies beside it is none of a visitor's business."""
    path = tmp_path / "uploads"
    (path / "abc").mkdir(parents=True)
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(path))
    (tmp_path / "secret.png").write_bytes(png())
    return path


def png(size=(8, 8), color="red", **options):
    target = io.BytesIO()
    Image.new("RGB", size, color).save(target, "PNG", **options)
    return target.getvalue()


def png_that_claims(width, height):
    """A picture of few bytes and many pixels."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(10_000))) + chunk(b"IEND", b"")


def upload(folder, name, content):
    path = folder / "abc" / name
    path.write_bytes(content)
    return str(path)


def animation():
    frames = [Image.new("RGB", (4, 4), color) for color in ("red", "blue")]
    target = io.BytesIO()
    frames[0].save(target, "GIF", save_all=True, append_images=frames[1:])
    return target.getvalue()


def test_a_picture_is_opened_whatever_its_name_says(folder):
    assert open_upload(upload(folder, "a.png", png()), limits=LIMITS).getpixel((0, 0)) == (255, 0, 0)
    picture = open_upload({"path": upload(folder, "b.txt", png()), "orig_name": "b.txt", **META}, limits=LIMITS)
    assert (picture.mode, picture.size) == ("RGB", (8, 8))
    assert open_upload(upload(folder, "c.gif", animation()), limits=LIMITS).getpixel((0, 0)) == (255, 0, 0)


def test_a_picture_that_gradio_decoded_is_held_to_the_same_pixels(folder):
    assert open_upload(Image.new("L", (8, 8), 7), limits=LIMITS).getpixel((0, 0)) == (7, 7, 7)
    assert open_upload(np.zeros((8, 8, 3), np.uint8), limits=LIMITS).size == (8, 8)
    with pytest.raises(PageError, match="exceed the limit of 10,000"):
        open_upload(Image.new("1", (1_000, 1_000)), limits=LIMITS)
    with pytest.raises(PageError, match="must be a path"):
        open_upload(7, limits=LIMITS)


@pytest.mark.parametrize(
    "name, content, expected",
    [
        (
            "drawing.svg",
            b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
            "'drawing.svg' is an SVG",
        ),
        ("page.png", b"<!DOCTYPE html><script>alert(1)</script>", "'page.png' is a web page, not pixels"),
        ("page2.png", b"\n<html>", "'page2.png' is a web page"),
        ("empty.png", b"", "'empty.png': the file has zero bytes"),
        ("cut.png", png((64, 64))[:60], "'cut.png': the file is truncated"),
        ("bomb.png", png_that_claims(100_000, 100_000), "'bomb.png': it has so many pixels"),
        ("large.png", png((101, 100)), "exceed the limit of 10,000"),
        ("noise.png", bytes(range(256)), "'noise.png': it is not a PNG"),
        ("script.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage", "'script.eps': it is not a PNG"),
        ("heavy.png", b"\x89PNG" + bytes(200_000), "'heavy.png' has 195.3 KB; 97.7 KB are allowed"),
    ],
)
def test_what_is_no_picture_of_modest_size_is_one_sentence_without_a_folder(folder, name, content, expected):
    with pytest.raises(PageError) as caught:
        open_upload(upload(folder, name, content), limits=LIMITS)
    assert expected in str(caught.value)
    assert str(folder) not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        "/etc/passwd",
        "file:///etc/passwd",
        "http://localhost:9/x.png",
        "data:image/png;base64,iVBORw0KGgo=",
        "{folder}/../secret.png",
        "{folder}/abc/../../secret.png",
        "{folder}/link.png",
        "{folder}/ring.png",
        "{folder}/abc",
        "{folder}",
        "{folder}/pipe",
        "abc/none.png",
        "\0",
        "x" * 5_000,
    ],
)
def test_a_path_that_was_not_uploaded_is_refused_in_words_that_are_always_the_same(folder, given):
    (folder / "link.png").symlink_to(folder.parent / "secret.png")
    (folder / "ring.png").symlink_to(folder / "ring.png")
    os.mkfifo(folder / "pipe")
    for value in (given.format(folder=folder), {"path": given.format(folder=folder), **META}):
        with pytest.raises(PageError) as caught:
            open_upload(value, limits=LIMITS)
        assert str(caught.value).startswith("The picture is no uploaded file; upload it")


def test_no_picture_at_all_is_a_sentence(folder):
    for value in (None, ""):
        with pytest.raises(PageError, match="There is no picture; upload one"):
            open_upload(value, limits=LIMITS)


def test_an_example_of_the_server_is_taken_and_its_neighbour_is_not(folder):
    example = folder.parent / "example.png"
    example.write_bytes(png())
    assert open_upload(str(example), limits=LIMITS, examples=[example]).size == (8, 8)
    with pytest.raises(PageError, match="no uploaded file"):
        open_upload(str(folder.parent / "secret.png"), limits=LIMITS, examples=[example])


def test_a_file_that_went_meanwhile_is_a_sentence(folder):
    path = upload(folder, "a.png", png())
    file = find_upload(path, limits=LIMITS)
    os.unlink(path)
    with pytest.raises(PageError, match=r"'a\.png' is not there any more; upload it again"):
        read_upload(file, limits=LIMITS)


def test_a_name_is_shown_on_one_line(folder):
    value = {"path": upload(folder, "a.png", png()), "orig_name": "../../e\nvil\u202e.png"}
    assert find_upload(value, limits=LIMITS).name == "evil.png"
    assert shown_name("C:\\pictures\\cat.png") == "cat.png"
    assert shown_name("\x00/") == "the file"


def test_foreign_files_of_a_request_are_found_wherever_they_stand(folder):
    good = {"path": upload(folder, "a.png", png()), **META}
    bad = {"path": "/etc/passwd", **META}
    assert not list(find_foreign_files([good, "/etc/passwd", {"path": "/etc/passwd"}, None, 7]))
    for data in ([bad], [[{"image": {"value": bad}}]], [{"path": "http://localhost:9/x.png", **META}]):
        assert list(find_foreign_files([good, *data])) == [
            "A file of the request is no uploaded file; upload it, as the page or `gradio_client.handle_file(PATH)` "
            "does."
        ]
    nested = bad
    for _ in range(1_000):
        nested = [nested]
    assert "nested too deeply" in next(find_foreign_files(nested))


def test_a_name_that_no_file_system_would_take_is_refused_at_the_door(folder):
    file = {"path": upload(folder, "a.png", png()), **META}
    assert not list(find_foreign_files([{**file, "orig_name": name} for name in (None, "a.png", "x" * 255)]))
    for name in ("x" * 256, ["x"], 7):
        assert list(find_foreign_files([{**file, "orig_name": name}])) == [
            "The name of a file is longer than 255 characters; shorten it."
        ]


def test_an_entry_that_cannot_be_looked_at_does_not_stop_the_sweep(folder, monkeypatch):
    old = new_result_folder()
    os.utime(old, (0, 0))
    real = os.scandir

    class Broken:
        name = "batch-broken"

        def is_dir(self, **_):
            raise PermissionError("not yours")

    monkeypatch.setattr(os, "scandir", lambda path=".": [Broken(), *real(path)] if path == folder else real(path))
    sweep_leftovers(1)
    assert not old.exists()


def test_only_old_leftovers_of_ours_are_swept(folder):
    result = new_result_folder()
    (result / "scores.csv").write_text("a")
    fresh = new_result_folder()
    assert result.parent == folder == upload_folder()
    assert result.stat().st_mode & 0o077 == 0
    (folder / "tmpabcdefgh").write_text("half an upload")
    (folder / "operator.txt").write_text("not ours")
    upload(folder, "a.png", png())
    for path in (result, folder / "tmpabcdefgh", folder / "operator.txt", folder / "abc"):
        os.utime(path, (time.time() - 100, time.time() - 100))
    sweep_leftovers(50)
    assert sorted(path.name for path in folder.iterdir()) == sorted(["abc", "operator.txt", fresh.name])


def test_nothing_is_swept_where_programs_share_a_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    other = tmp_path / "tmpabcdefgh"
    other.write_text("of another program")
    os.utime(other, (0, 0))
    sweep_leftovers(1)
    assert other.exists()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "none"))
    sweep_leftovers(1)
