import json
import os
import shutil
import stat
import zipfile
from pathlib import Path

import pytest

from evalmuse_hf.data.errors import ReleaseError
from evalmuse_hf.data.picture_store import ArchivePictures, FolderPictures, PictureError
from evalmuse_hf.data.raw_release import open_release

PICTURE = b"not decoded here"
PICTURES = ("SDXL/00001.png", "Turbo/00001.png")
JSON = {"train_list.json": [{"row": 1}], "test.json": [{"row": 2}], "prompt_t2i.json": {"a cat": {}}}


@pytest.fixture
def scratch(tmp_path):
    return tmp_path / "out" / ".build" / "release"


@pytest.fixture
def put(tmp_path):
    """Write a release into a folder: JSON files at one place, pictures at another."""

    def write(name="raw", *, json_at="", files=JSON, images_at="images"):
        raw = tmp_path / name
        (raw / json_at).mkdir(parents=True, exist_ok=True)
        for file, content in files.items():
            (raw / json_at / file).write_text(json.dumps(content))
        for picture in PICTURES if images_at is not None else ():
            (raw / images_at / picture).parent.mkdir(parents=True, exist_ok=True)
            (raw / images_at / picture).write_bytes(PICTURE)
        return raw

    return write


def pack(path, *, files=(), prefix="images/", top="", extra=()):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(f"{top}{file}", json.dumps(JSON.get(file, [])))
        for picture in PICTURES:
            archive.writestr(f"{top}{prefix}{picture}", PICTURE)
        for info, content in extra:
            archive.writestr(info, content)
    return path


def cut(path, n_parts=3):
    """Replace an archive by parts, as `split` does."""
    content = path.read_bytes()
    path.unlink()
    size = -(-len(content) // n_parts)
    parts = [path.with_name(f"{path.name}.part-a{chr(ord('a') + index)}") for index in range(n_parts)]
    for index, part in enumerate(parts):
        part.write_bytes(content[index * size : (index + 1) * size])
    return parts


def read(release):
    return {file: json.loads(path.read_text()) for file, path in release.files.items()}


def assert_is_whole(release, files=JSON):
    assert read(release) == {file: content for file, content in JSON.items() if file in files}
    for picture in PICTURES:
        assert release.pictures.size(picture) == len(PICTURE)
        assert release.pictures.read(picture) == PICTURE
    assert release.member_problems == ()


@pytest.mark.parametrize(
    "json_at, images_at",
    [
        ("", "images"),
        ("dataset", "dataset/images"),
        ("data", "data/images"),
        ("dataset", "images"),
        ("", "dataset/images"),
        ("EvalMuse", "EvalMuse/images"),
        ("EvalMuse/dataset", "EvalMuse/dataset/images"),
        ("", "images/images"),
    ],
)
def test_a_folder_is_searched_where_releases_have_their_files(put, scratch, json_at, images_at):
    raw = put(json_at=json_at, images_at=images_at)
    (raw / ".cache").mkdir()
    release = open_release(raw, scratch=scratch)
    assert_is_whole(release)
    assert isinstance(release.pictures, FolderPictures)
    assert (release.name, release.n_members) == ("raw", 0)
    assert not scratch.exists()


@pytest.mark.parametrize("place", ["", "dataset", "EvalMuse", "EvalMuse/data"])
@pytest.mark.parametrize("prefix", ["images/", "", "dataset/images/"])
@pytest.mark.parametrize("is_cut", [False, True], ids=["whole", "in parts"])
def test_the_archive_of_pictures_may_be_whole_or_in_parts(put, scratch, place, prefix, is_cut):
    raw = put(json_at=place, images_at=None)
    archive = pack(raw / place / "images.zip", prefix=prefix)
    if is_cut:
        cut(archive)
    release = open_release(raw, scratch=scratch)
    assert_is_whole(release)
    assert isinstance(release.pictures, ArchivePictures)
    assert (release.name, release.n_members) == ("raw", 2)
    assert not scratch.exists()


@pytest.mark.parametrize("part", [0, 1, 2], ids=["first", "second", "last"])
def test_any_part_stands_for_the_archive(put, scratch, part):
    raw = put(images_at=None)
    parts = cut(pack(raw / "images.zip"))
    release = open_release(parts[part], scratch=scratch)
    assert_is_whole(release)
    assert release.name == "raw"


def test_the_archive_stands_for_its_folder(put, scratch):
    assert_is_whole(open_release(pack(put(images_at=None) / "images.zip"), scratch=scratch))


@pytest.mark.parametrize("top", ["", "EvalMuse-40K/", "a/b/"])
@pytest.mark.parametrize("is_cut", [False, True], ids=["whole", "in parts"])
def test_one_archive_may_hold_everything(tmp_path, scratch, top, is_cut):
    archive = pack(tmp_path / "downloads" / "evalmuse.zip", files=JSON, top=top)
    (archive.parent / "train.json").write_text('"of another project"')
    release = open_release(cut(archive)[0] if is_cut else archive, scratch=scratch)
    assert_is_whole(release)
    assert release.name == "evalmuse"
    assert {path.parent for path in release.files.values()} == {scratch}
    assert sorted(path.name for path in scratch.iterdir()) == sorted(JSON)
    assert release.n_members == 5


def test_the_archive_in_a_folder_may_hold_everything(put, scratch):
    raw = put(files={}, images_at=None)
    pack(raw / "images.zip", files=JSON)
    assert_is_whole(open_release(raw, scratch=scratch))


def test_json_beside_counts_where_the_archive_has_ranking_prompts_only(put, scratch):
    raw = put(files={"test.json": JSON["test.json"]}, images_at=None)
    pack(raw / "images.zip", files=["prompt_t2i.json"])
    assert_is_whole(open_release(raw, scratch=scratch), files=["test.json"])


def test_nothing_is_written_outside_scratch(put, tmp_path, scratch):
    evil = [("../../evil.json", "{}"), ("/tmp/evil.json", "{}"), ("..\\evil.json", "{}")]
    raw = pack(tmp_path / "raw" / "evalmuse.zip", files=JSON, extra=evil)
    before = sorted(path for path in tmp_path.rglob("*"))
    release = open_release(raw, scratch=scratch)
    assert [problem.reason for problem in release.member_problems] == ["unsafe_path"] * 3
    after = {path for path in tmp_path.rglob("*") if scratch not in path.parents and path not in scratch.parents}
    assert after - {scratch} == set(before)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_that_no_sound_release_has_are_named_and_their_pictures_missing(put, scratch):
    raw = put(images_at=None)
    link = zipfile.ZipInfo("images/SDXL/2.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    bomb = zipfile.ZipInfo("images/SDXL/3.png")
    bomb.compress_type = zipfile.ZIP_DEFLATED
    extra = [
        (link, "/etc/passwd"),
        (bomb, bytes(4_000_000)),
        ("images/../../4.png", b"x"),
        ("images/SDXL/00001.png", b""),
    ]
    pack(raw / "images.zip", extra=extra)
    release = open_release(raw, scratch=scratch)
    reasons = [problem.reason for problem in release.member_problems]
    assert reasons == ["link", "archive_bomb", "unsafe_path", "duplicate_member"]
    assert release.n_members == 6
    for name in ("SDXL/2.png", "SDXL/3.png", "../4.png"):
        assert release.pictures.size(name) is None
        with pytest.raises(PictureError, match="found no file"):
            release.pictures.read(name)
    assert release.pictures.read("SDXL/00001.png") == PICTURE


def test_the_processed_file_counts_only_without_the_released_one(put, scratch, tmp_path):
    both = {"train_list.json": [1], "train.json": [2]}
    assert read(open_release(put(files=both), scratch=scratch)) == {"train_list.json": [1]}
    assert read(open_release(put("other", files={"train.json": [2]}), scratch=scratch)) == {"train.json": [2]}
    archive = pack(tmp_path / "both.zip", files=both)
    assert set(open_release(archive, scratch=scratch).files) == {"train_list.json"}
    assert not (scratch / "train.json").exists()


def test_labels_alone_are_a_release(put, scratch):
    release = open_release(put(files={"eval.json": []}), scratch=scratch)
    assert set(release.files) == {"eval.json"}


def test_pictures_that_were_unpacked_count_before_their_archive(put, scratch):
    raw = put()
    (raw / "images.zip").write_bytes(b"cut")
    assert isinstance(open_release(raw, scratch=scratch).pictures, FolderPictures)


def test_an_empty_images_folder_does_not_hide_the_archive(put, scratch):
    raw = put(images_at=None)
    (raw / "images").mkdir()
    pack(raw / "images.zip")
    assert_is_whole(open_release(raw, scratch=scratch))


def test_a_home_folder_is_found(put, scratch, monkeypatch):
    monkeypatch.setenv("HOME", str(put().parent))
    assert_is_whole(open_release(Path("~/raw"), scratch=scratch))


def test_what_is_not_there_or_no_release_is_refused(put, tmp_path, scratch):
    with pytest.raises(ReleaseError, match=r"There is no folder or archive '.*absent'; give the raw release\."):
        open_release(tmp_path / "absent", scratch=scratch)
    raw = put()
    with pytest.raises(ReleaseError, match=r"train_list\.json' is no raw release; give its folder, its zip archive"):
        open_release(raw / "train_list.json", scratch=scratch)


def test_a_release_without_records_or_pictures_is_refused(put, scratch):
    none = r"holds none of train_list\.json, train\.json, test\.json, eval\.json; give the raw release"
    with pytest.raises(ReleaseError, match=none):
        open_release(put("a", files={"prompt_t2i.json": {}}), scratch=scratch)
    with pytest.raises(ReleaseError, match=none):
        open_release(pack(put("b", files={}, images_at=None) / "images.zip"), scratch=scratch)
    with pytest.raises(
        ReleaseError, match=r"holds no pictures: neither a folder 'images' nor images\.zip nor its parts"
    ):
        open_release(put("c", images_at=None), scratch=scratch)
    empty = put("d", images_at=None) / "images.zip"
    with zipfile.ZipFile(empty, "w"):
        pass
    with pytest.raises(ReleaseError, match=r"images\.zip holds no pictures; give the archive that has them"):
        open_release(empty, scratch=scratch)


def test_a_missing_part_and_a_cut_archive_are_named(put, scratch):
    raw = put(images_at=None)
    parts = cut(pack(raw / "images.zip"))
    parts[1].rename(raw / "kept")
    with pytest.raises(ReleaseError, match=r"lacks images\.zip\.part-ab; download what is missing"):
        open_release(raw, scratch=scratch)
    (raw / "kept").rename(parts[1])
    parts[2].unlink()
    with pytest.raises(
        ReleaseError, match=r"images\.zip is no complete zip archive .*part-aa to images\.zip\.part-ab"
    ):
        open_release(raw, scratch=scratch)
    with pytest.raises(ReleaseError, match=r"images\.zip is no complete zip archive"):
        open_release(parts[0], scratch=scratch)


def test_a_json_file_that_cannot_be_used_is_an_error_and_not_a_smaller_data_set(tmp_path, scratch):
    bomb = zipfile.ZipInfo("test.json")
    bomb.compress_type = zipfile.ZIP_DEFLATED
    raw = pack(tmp_path / "all.zip", files=["train_list.json"], extra=[(bomb, " " * 5_000_000)])
    with pytest.raises(
        ReleaseError, match=r"test\.json in .*all\.zip cannot be used: expected a file that unpacks to"
    ):
        open_release(raw, scratch=scratch)


def test_a_damaged_json_file_is_an_error_and_leaves_no_half(tmp_path, scratch):
    raw = tmp_path / "all.zip"
    text = json.dumps(list(range(300)))
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("train_list.json", text)
        archive.writestr("images/SDXL/1.png", PICTURE)
    raw.write_bytes(raw.read_bytes().replace(b"299]", b"298]"))
    with pytest.raises(
        ReleaseError, match=r"train_list\.json in .*all\.zip cannot be unpacked: it is damaged .*again"
    ):
        open_release(raw, scratch=scratch)
    assert not (scratch / "train_list.json").exists()


def test_a_full_disk_is_named(tmp_path, scratch):
    raw = pack(tmp_path / "all.zip", files=JSON)
    scratch.parent.mkdir(parents=True)
    scratch.write_bytes(b"a file where the folder should be")
    with pytest.raises(ReleaseError, match=r"Cannot write to '.*release' \(.+\); make room there\."):
        open_release(raw, scratch=scratch)


def test_a_folder_that_cannot_be_listed_is_named(put, scratch, monkeypatch):
    def refuse(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(ReleaseError, match=r"images cannot be read \(Permission denied\); check the path"):
        open_release(put(), scratch=scratch)


@pytest.mark.parametrize("is_archive", [False, True], ids=["folder", "archive"])
def test_the_fingerprint_changes_with_what_is_read_and_with_nothing_else(put, scratch, tmp_path, is_archive):
    raw = put(images_at=None if is_archive else "images")
    changing = pack(raw / "images.zip") if is_archive else raw / "images" / PICTURES[0]
    seen = [open_release(raw, scratch=scratch).fingerprint()]
    assert open_release(raw, scratch=scratch).fingerprint() == seen[0]
    shutil.copytree(raw, tmp_path / "copy")  # copies the times too
    assert open_release(tmp_path / "copy", scratch=scratch).fingerprint() == seen[0]
    (raw / "notes.txt").write_text("of no interest")
    assert open_release(raw, scratch=scratch).fingerprint() == seen[0]
    status = changing.stat()
    os.utime(changing, ns=(status.st_atime_ns, status.st_mtime_ns + 10**9))
    seen.append(open_release(raw, scratch=scratch).fingerprint())
    (raw / "test.json").write_text("[ ]")
    seen.append(open_release(raw, scratch=scratch).fingerprint())
    if not is_archive:
        (raw / "images" / "SDXL" / "new.png").write_bytes(b"")
        (raw / "images" / "SDXL" / "nothing.png").symlink_to("absent")
        seen.append(open_release(raw, scratch=scratch).fingerprint())
    assert len(set(seen)) == len(seen)


def test_the_fingerprint_of_a_release_that_is_gone_is_an_error(put, scratch):
    release = open_release(put(), scratch=scratch)
    release.files["test.json"].unlink()
    with pytest.raises(ReleaseError, match=r"test\.json cannot be read \(No such file or directory\); put it back"):
        release.fingerprint()
