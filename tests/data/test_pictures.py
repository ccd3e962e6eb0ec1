import hashlib

from PIL import Image

from evalmuse_hf.data.pictures import check_picture, check_pictures


def test_a_sound_picture_gets_the_hash_of_its_file(tmp_path):
    Image.new("L", (3, 2)).save(tmp_path / "grey.png")
    checked = check_picture(tmp_path, "grey.png")
    assert checked.content_hash == hashlib.sha256((tmp_path / "grey.png").read_bytes()).hexdigest()
    assert checked.reason is None


def test_bad_pictures_are_told_apart_in_order(tmp_path):
    Image.new("RGB", (40, 40)).save(tmp_path / "good.png")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "cut.png").write_bytes((tmp_path / "good.png").read_bytes()[:-30])
    names = ["good.png", "empty.png", "cut.png", "absent.png"]
    checked = check_pictures(tmp_path, names)
    reasons = [picture.reason for picture in checked]
    assert reasons == [None, "undecodable_picture", "undecodable_picture", "missing_picture"]
    assert "'empty.png': the file has zero bytes" in checked[1].message
    assert str(tmp_path) not in "".join(picture.message or "" for picture in checked)
