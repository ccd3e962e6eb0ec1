import io

import pytest
from PIL import Image

from evalmuse_hf.annotations.errors import AnnotationError
from evalmuse_hf.annotations.server.pictures import PictureSize, locate_picture, picture_size, read_picture

LEFT_TURN = 6  # EXIF: to be shown turned by a quarter


def picture(form, **options):
    buffer = io.BytesIO()
    Image.new("RGB", (30, 20), (9, 99, 199)).save(buffer, form, **options)
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "secret.png").write_bytes(picture("png"))
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "a.png").write_bytes(picture("png"))
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / "circle.png").symlink_to(folder / "circle.png")
    (folder / "broken.png").write_bytes(b"<html>no picture</html>")
    return folder


def refusal_of(folder, name):
    with pytest.raises(AnnotationError) as caught:
        read_picture(folder, name)
    assert str(folder) not in str(caught.value)
    return caught.value.http_status, caught.value.status


@pytest.mark.parametrize(
    "name", ["b.png", "../secret.png", "link.png", "circle.png", ".", "", "a.png\0", "a.png/x", "x" * 5000, "~/a.png"]
)
def test_what_leads_out_of_the_folder_or_is_not_there_is_gone(folder, name):
    assert refusal_of(folder, name) == (410, "picture_gone")
    assert picture_size(folder, name) == PictureSize(None, None)


def test_an_absolute_name_outside_is_gone_and_so_is_everything_without_the_folder(folder):
    assert refusal_of(folder, str(folder.parent / "secret.png")) == (410, "picture_gone")
    assert refusal_of(folder / "missing", "a.png") == (410, "picture_gone")


def test_what_is_no_picture_is_not_sent(folder):
    assert refusal_of(folder, "broken.png") == (410, "picture_broken")
    assert picture_size(folder, "broken.png") == PictureSize(None, None)


@pytest.mark.parametrize("form, kind", [("png", "png"), ("jpeg", "jpeg"), ("webp", "webp")])
def test_what_browsers_show_is_sent_as_it_is_whatever_its_name(folder, form, kind):
    content = picture(form)
    (folder / "named.gif").write_bytes(content)
    served = read_picture(folder, "named.gif")
    assert (served.content, served.media_type) == (content, f"image/{kind}")
    assert picture_size(folder, "named.gif") == PictureSize(30, 20)


def test_other_forms_become_png(folder):
    (folder / "old.bmp").write_bytes(picture("bmp"))
    served = read_picture(folder, "old.bmp")
    assert served.media_type == "image/png"
    with Image.open(io.BytesIO(served.content)) as image:
        assert (image.size, image.getpixel((0, 0))) == ((30, 20), (9, 99, 199))


def test_the_size_is_that_of_the_upright_picture(folder):
    turned = Image.Exif()
    turned[0x0112] = LEFT_TURN
    (folder / "turned.jpg").write_bytes(picture("jpeg", exif=turned))
    assert picture_size(folder, "turned.jpg") == PictureSize(20, 30)


def test_a_link_within_the_folder_is_followed(folder):
    (folder / "inner.png").symlink_to(folder / "a.png")
    assert locate_picture(folder, "inner.png").name == "inner.png"
    assert read_picture(folder, "inner.png").content == (folder / "a.png").read_bytes()
