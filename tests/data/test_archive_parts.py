import io
import os
import random
import re
import zipfile

import pytest

from evalmuse_hf.data.archive_parts import JoinedFile, archive_name, describe_parts, find_parts
from evalmuse_hf.data.errors import ReleaseError

CONTENT = bytes(range(256)) * 4 + b"the end"


@pytest.fixture
def cut(tmp_path):
    """Write pieces of CONTENT under the given names, as `split` does."""

    def write(*names, size=100):
        for index, name in enumerate(names):
            (tmp_path / name).write_bytes(CONTENT[index * size : (index + 1) * size])
        return tuple(tmp_path / name for name in names)

    return write


@pytest.fixture
def parts(cut):
    """CONTENT in eleven files, one of them empty."""
    paths = cut(*(f"images.zip.part-a{letter}" for letter in "abcdefghijk"))
    empty = paths[0].with_name("empty")
    empty.write_bytes(b"")
    return (*paths[:4], empty, *paths[4:])


def test_reading_and_seeking_are_those_of_the_whole_file(parts):
    joined, whole, rng = JoinedFile(parts), io.BytesIO(CONTENT), random.Random(0)
    for _ in range(500):
        size, place = rng.choice([-1, None, 0, 1, 99, 100, 101, 350, 5000]), rng.randrange(len(CONTENT) + 50)
        offset, whence = rng.choice(
            [(place, os.SEEK_SET), (-place % len(CONTENT) - len(CONTENT), os.SEEK_END), (0, os.SEEK_CUR)]
        )
        assert joined.seek(offset, whence) == whole.seek(offset, whence)
        assert joined.read(size) == whole.read(size)
        assert joined.tell() == whole.tell()
    assert joined.readable()
    assert joined.seekable()
    assert not joined.writable()


def test_a_buffered_reader_can_stand_on_it(parts):
    with io.BufferedReader(JoinedFile(parts), buffer_size=64) as stream:
        assert stream.read() == CONTENT


def test_zipfile_reads_an_archive_from_its_parts(tmp_path):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images/SDXL/1.png", CONTENT)
        archive.writestr("images/SDXL/2.png", CONTENT[::-1])
    content = whole.getvalue()
    paths = [tmp_path / f"images.zip.{index:03}" for index in range(1, 9)]
    size = -(-len(content) // len(paths))
    for index, path in enumerate(paths):
        path.write_bytes(content[index * size : (index + 1) * size])
    with zipfile.ZipFile(JoinedFile(tuple(paths))) as archive:
        assert archive.testzip() is None
        assert archive.read("images/SDXL/2.png") == CONTENT[::-1]


def test_there_is_nothing_before_the_first_byte(parts):
    with pytest.raises(OSError, match="There is no byte -1 in a file"):
        JoinedFile(parts).seek(-1)


def test_more_than_a_table_of_contents_is_not_read_at_once(parts):
    joined = JoinedFile(parts, largest_read=1000)
    assert len(joined.read(1000)) == 1000
    joined.seek(0)
    with pytest.raises(
        ReleaseError, match=r"part-aa claims a table of contents of 1,001 bytes, more than any release"
    ):
        joined.read(1001)


def test_a_part_that_is_not_there_or_vanishes_is_named(parts):
    joined = JoinedFile(parts)
    parts[3].unlink()
    with pytest.raises(ReleaseError, match=r"part-ad cannot be read \(No such file or directory\); check the file"):
        JoinedFile(parts)
    with pytest.raises(ReleaseError, match=r"part-ad cannot be read \(No such file or directory\); check the file"):
        joined.read()


def test_a_part_that_becomes_shorter_is_named(parts):
    joined = JoinedFile(parts)
    parts[2].write_bytes(b"x")
    with pytest.raises(ReleaseError, match=r"part-ac became shorter while it was read; download it again"):
        joined.read()


@pytest.mark.parametrize(
    "names",
    [
        ["images.zip"],
        ["images.zip.part-aa", "images.zip.part-ab", "images.zip.part-ac"],
        ["images.zip.partaa", "images.zip.partab"],
        ["images.zip.part-aaa", "images.zip.part-aab"],
        ["images.zip.aa", "images.zip.ab"],
        ["images.zip.001", "images.zip.002", "images.zip.003"],
        ["images.zip.part-00", "images.zip.part-01"],
        [f"images.zip.part{number}" for number in range(1, 13)],
    ],
    ids=lambda names: f"{names[0]} to {names[-1]}",
)
def test_parts_are_found_in_their_order(cut, names, tmp_path):
    paths = cut(*names)
    cut("train_list.json", "images.zip.md5", "images.zip.part-ab.incomplete", "images.zip.tmp", "other.zip.part-ab")
    assert find_parts(tmp_path) == paths


def test_all_parts_that_two_letters_can_name_are_found(cut, tmp_path):
    letters = "abcdefghijklmnopqrstuvwxyz"
    paths = cut(*(f"images.zip.part-{first}{second}" for first in letters[:3] for second in letters), size=1)
    assert find_parts(tmp_path) == paths


def test_the_whole_archive_counts_where_its_parts_are_left_over(cut, tmp_path):
    whole, *_ = cut("images.zip", "images.zip.part-aa", "images.zip.part-ac")
    assert find_parts(tmp_path) == (whole,)


def test_a_folder_without_archive_has_no_parts(cut, tmp_path):
    cut("train_list.json", "release.zip")
    (tmp_path / "images.zip.part-aa").mkdir()
    assert find_parts(tmp_path) == ()
    assert [path.name for path in find_parts(tmp_path, "release.zip")] == ["release.zip"]


@pytest.mark.parametrize(
    "names, lacking",
    [
        (["part-aa", "part-ab", "part-ad", "part-ae"], "images.zip.part-ac"),
        (["part-ab", "part-ac"], "images.zip.part-aa"),
        (["part-aa", "part-ba"], "images.zip.part-ab, images.zip.part-ac, images.zip.part-ad and 22 more"),
        (["001", "003", "005"], "images.zip.002, images.zip.004"),
        (["002", "003"], "images.zip.001"),
        (["part1", "part9", "part10"], "images.zip.part02, images.zip.part03, images.zip.part04 and 4 more"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_missing_part_is_named(cut, tmp_path, names, lacking):
    cut(*(f"images.zip.{name}" for name in names))
    message = f"The archive in {str(tmp_path)!r} lacks {lacking}; download what is missing into the same folder."
    with pytest.raises(ReleaseError, match=re.escape(message)):
        find_parts(tmp_path)


def test_parts_of_two_kinds_are_refused(cut, tmp_path):
    cut("images.zip.part-aa", "images.zip.001")
    with pytest.raises(
        ReleaseError, match=r"parts of images\.zip of two kinds, 'images\.zip\.001' and 'images\.zip\."
    ):
        find_parts(tmp_path)


def test_volumes_of_a_split_zip_are_refused_with_the_way_out(cut, tmp_path):
    cut("images.z01", "images.zip")
    with pytest.raises(ReleaseError, match=r"images\.z01 is a volume .* `zip -s 0 images\.zip --out whole\.zip`"):
        find_parts(tmp_path)


@pytest.mark.parametrize(
    "part, name",
    [
        ("images.zip.part-ab", "images.zip"),
        ("evalmuse.zip.001", "evalmuse.zip"),
        ("a.zip", "a.zip"),
        ("notes.txt", "notes.txt"),
        ("a.zip.md5", "a.zip.md5"),
    ],
)
def test_the_name_of_an_archive_is_that_of_its_parts_without_the_number(tmp_path, part, name):
    assert archive_name(tmp_path / part) == name


def test_a_short_part_between_others_is_pointed_out(cut):
    paths = cut("images.zip.part-aa", "images.zip.part-ab", "images.zip.part-ac", "images.zip.part-ad")
    assert describe_parts(paths[:1]) == "It has 100 bytes."
    paths[3].write_bytes(b"the last part may be short")
    assert describe_parts(paths) == "Found 4 parts, images.zip.part-aa to images.zip.part-ad."
    paths[1].write_bytes(b"cut")
    assert describe_parts(paths).endswith("part-ad. Shorter than the longest part: images.zip.part-ab.")
