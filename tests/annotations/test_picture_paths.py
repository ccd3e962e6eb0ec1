import pytest

from evalmuse_hf.annotations.errors import AnnotationError
from evalmuse_hf.annotations.picture_paths import find_picture


@pytest.fixture
def folder(tmp_path):
    pictures = tmp_path / "pictures"
    (pictures / "a").mkdir(parents=True)
    (pictures / "a" / "0.png").write_bytes(b"x")
    (tmp_path / "secret.png").write_bytes(b"s")
    return pictures


def refusal(folder, name):
    with pytest.raises(AnnotationError) as caught:
        find_picture(folder, name)
    return caught.value.status


def test_a_picture_below_the_folder_is_found(folder):
    place = find_picture(folder, "./a//0.png")
    assert (place.relative, place.path) == ("a/0.png", folder / "a" / "0.png")


def test_an_absolute_path_into_the_folder_becomes_relative(folder):
    assert find_picture(folder, str(folder / "a" / "0.png")).relative == "a/0.png"


def test_the_folder_itself_may_be_reached_by_a_link(folder, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert find_picture(link, "a/0.png").relative == "a/0.png"
    assert find_picture(link, str(link / "a" / "0.png")).relative == "a/0.png"
    assert find_picture(link, str(folder / "a" / "0.png")).relative == "a/0.png"


@pytest.mark.parametrize(
    "name",
    [
        "../secret.png",
        "a/../../secret.png",
        "a/../a/0.png",
        "..\\secret.png",
        "a\\0.png",
        "a/0.png\0",
        "",
        " ",
        "a\ud800",
    ],
)
def test_a_path_that_could_leave_the_folder_is_refused(folder, name):
    assert refusal(folder, name) == "bad_path"


def test_an_absolute_path_elsewhere_is_refused(folder, tmp_path):
    assert refusal(folder, str(tmp_path / "secret.png")) == "bad_path"


def test_a_link_out_of_the_folder_is_refused_and_one_inside_is_not(folder, tmp_path):
    (folder / "out.png").symlink_to(tmp_path / "secret.png")
    (folder / "out").symlink_to(tmp_path)
    (folder / "in.png").symlink_to(folder / "a" / "0.png")
    assert refusal(folder, "out.png") == "bad_path"
    assert refusal(folder, "out/secret.png") == "bad_path"
    assert find_picture(folder, "in.png").relative == "in.png"


def test_links_in_a_circle_are_no_picture(folder):
    (folder / "b").symlink_to(folder / "c")
    (folder / "c").symlink_to(folder / "b")
    assert refusal(folder, "b") in ("bad_path", "no_picture")


def test_a_deleted_picture_and_a_folder_are_no_picture(folder):
    assert refusal(folder, "a/1.png") == "no_picture"
    assert refusal(folder, "a") == "no_picture"


def test_a_path_that_no_file_system_takes_is_refused(folder):
    assert refusal(folder, "a" * 5000) in ("bad_path", "no_picture")
    with pytest.raises(AnnotationError) as caught:
        find_picture(folder, "a" * 5000)
    assert len(str(caught.value)) < 300
