import bz2
import io
import json
import stat
import struct
import threading
import zipfile
import zlib

import pytest

from evalmuse_hf.data import archive as archive_module
from evalmuse_hf.data.archive import MAX_MEMBER_BYTES, Archive, MemberError, scan_archive, stamp_parts
from evalmuse_hf.data.errors import ReleaseError

PICTURE = bytes(range(256)) * 8  # what a member holds is of no interest here


def member(name, *, mode=0, compress_type=zipfile.ZIP_STORED):
    info = zipfile.ZipInfo("placeholder", (2024, 12, 23, 0, 0, 0))
    info.filename = name  # as it is: the constructor would cut it at NUL
    info.external_attr = mode << 16
    info.compress_type = compress_type
    return info


@pytest.fixture
def zipped(tmp_path):
    """Write an archive; values are contents, or a `ZipInfo` and content."""

    def write(members, *, name="images.zip"):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w") as archive:
            for info, content in members:
                archive.writestr(info if isinstance(info, zipfile.ZipInfo) else member(info), content)
        return (path,)

    return write


def patched(path, *, name, **fields):
    """Change what the table of contents says of a member; `zipfile` itself writes no lies."""
    places = {
        "flag_bits": (8, "<H"),
        "compress_type": (10, "<H"),
        "compress_size": (20, "<L"),
        "file_size": (24, "<L"),
    }
    content = bytearray(path.read_bytes())
    entry = content.rindex(name.encode()) - 46
    assert content[entry : entry + 4] == b"PK\x01\x02"
    for field, value in fields.items():
        offset, form = places[field]
        struct.pack_into(form, content, entry + offset, value)
    path.write_bytes(content)


def reasons(contents):
    return [(problem.row, problem.reason) for problem in contents.problems]


@pytest.mark.parametrize(
    "prefix, extra",
    [
        ("images/", ["README.md"]),
        ("", ["README.md"]),
        ("dataset/images/", ["dataset/README.md", "docs/images/plot.png"]),
        ("EvalMuse/", ["EvalMuse/README.md"]),
        ("images/images/", ["__MACOSX/images/images/SDXL/._1.png"]),
    ],
)
def test_pictures_are_found_below_their_folder(zipped, prefix, extra):
    names = ["SDXL/1.png", "SDXL/2.png", "SD_v1.2/1.JPG"]
    members = [("images/", b""), *((prefix + name, PICTURE) for name in names), *((name, b"x") for name in extra)]
    contents = scan_archive(zipped(members[1:] if prefix in ("", "EvalMuse/") else members))
    assert contents.prefix == prefix
    assert {name: contents.members[name] for name in names} == dict.fromkeys(names, len(PICTURE))
    assert contents.problems == ()


def test_a_lone_generator_is_no_top_folder(zipped):
    contents = scan_archive(zipped([("SDXL/1.png", PICTURE), ("SDXL/2.png", PICTURE)]))
    assert contents.prefix == ""
    assert set(contents.members) == {"SDXL/1.png", "SDXL/2.png"}


def test_json_files_are_found_nearest_to_the_top(zipped):
    members = [
        ("release/old/train_list.json", "[]"),
        ("release/train_list.json", "[]"),
        ("release/dataset/test.json", "[]"),
        ("release/other.json", "[]"),
        ("release/images/SDXL/eval.json", "[]"),
        ("release/images/SDXL/1.png", PICTURE),
    ]
    contents = scan_archive(zipped(members))
    assert contents.json_members == {
        "train_list.json": "release/train_list.json",
        "test.json": "release/dataset/test.json",
    }
    assert contents.n_members == 6
    assert contents.refused_json == {}


def test_two_equal_json_files_are_refused(zipped):
    with pytest.raises(
        ReleaseError, match=r"images\.zip holds test\.json twice, as 'a/test\.json' and 'b/test\.json'"
    ):
        scan_archive(zipped([("b/test.json", "[]"), ("a/test.json", "[]"), ("images/SDXL/1.png", PICTURE)]))


@pytest.mark.parametrize(
    "name",
    [
        "../1.png",
        "images/../../1.png",
        "images/SDXL/..",
        "/etc/passwd",
        "//server/share/1.png",
        "C:/1.png",
        "c:1.png",
        "..\\..\\1.png",
        "\\1.png",
        "\\\\server\\share\\1.png",
        "C:\\1.png",
        "images/SDXL\\..\\..\\..\\1.png",
        "images/SDXL/1.png\0.txt",
        "./",
        "../images/",
    ],
)
def test_a_path_that_leads_out_of_the_archive_is_left_out(zipped, name):
    contents = scan_archive(zipped([("images/SDXL/2.png", PICTURE), (name, PICTURE)]))
    assert contents.members == {"SDXL/2.png": len(PICTURE)}
    assert contents.n_members == 2
    (problem,) = contents.problems
    assert (problem.file, problem.row, problem.field, problem.reason) == ("images.zip", 1, "member", "unsafe_path")
    assert problem.message == f"expected a path within the archive, got {name!r}"


def test_slashes_of_windows_separate_folders_too(zipped):
    members = [("images\\", b""), ("images\\SDXL\\1.png", PICTURE), ("./images//SDXL/./2.png", PICTURE)]
    contents = scan_archive(zipped(members))
    assert set(contents.members) == {"SDXL/1.png", "SDXL/2.png"}
    assert contents.problems == ()


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_links_and_special_files_are_left_out(zipped, kind):
    link = (member("images/SDXL/1.png", mode=kind | 0o777), "/etc/passwd")
    contents = scan_archive(zipped([link, (member("images/SDXL/2.png", mode=stat.S_IFREG | 0o644), PICTURE)]))
    assert set(contents.members) == {"SDXL/2.png"}
    assert reasons(contents) == [(0, "link")]
    assert "expected a plain file, not a link or another special file" in contents.problems[0].message


def test_encrypted_members_are_left_out(zipped):
    parts = zipped([("images/SDXL/1.png", PICTURE), ("images/SDXL/2.png", PICTURE)])
    patched(parts[0], name="images/SDXL/1.png", flag_bits=1)
    contents = scan_archive(parts)
    assert set(contents.members) == {"SDXL/2.png"}
    assert reasons(contents) == [(0, "encrypted")]
    assert "expected a file that can be read without a password" in contents.problems[0].message


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 93])
def test_members_whose_unpacking_cannot_be_kept_small_are_left_out(zipped, method):
    parts = zipped([("images/SDXL/1.png", PICTURE), ("images/SDXL/2.png", PICTURE)])
    patched(parts[0], name="images/SDXL/1.png", compress_type=method)
    contents = scan_archive(parts)
    assert set(contents.members) == {"SDXL/2.png"}
    assert reasons(contents) == [(0, "unsupported_compression")]
    assert f"expected a file stored or deflated, not packed by method {method}" in contents.problems[0].message


def test_a_member_that_says_that_it_is_huge_is_left_out(zipped):
    parts = zipped([("images/SDXL/1.png", PICTURE), ("images/SDXL/2.png", PICTURE)])
    patched(parts[0], name="images/SDXL/1.png", file_size=MAX_MEMBER_BYTES + 1)
    contents = scan_archive(parts)
    assert set(contents.members) == {"SDXL/2.png"}
    assert reasons(contents) == [(0, "archive_bomb")]
    assert "expected at most 268,435,456 bytes, not 268,435,457" in contents.problems[0].message


def test_a_member_that_unpacks_to_hundreds_of_times_its_size_is_left_out(zipped):
    bomb = member("images/SDXL/1.png", compress_type=zipfile.ZIP_DEFLATED)
    small = member("images/SDXL/2.png", compress_type=zipfile.ZIP_DEFLATED)
    contents = scan_archive(zipped([(bomb, bytes(5_000_000)), (small, bytes(999_999))]))
    assert contents.members == {"SDXL/2.png": 999_999}
    assert reasons(contents) == [(0, "archive_bomb")]
    assert "unpacks to at most 200 times its size, not 4," in contents.problems[0].message


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_members_with_one_name_the_first_stays(zipped):
    parts = zipped([("images/SDXL/1.png", b"first"), ("images/SDXL/1.png", b"2"), ("images//SDXL/./1.png", b"3")])
    contents = scan_archive(parts)
    assert reasons(contents) == [(1, "duplicate_member"), (2, "duplicate_member")]
    assert Archive(parts).read("images/SDXL/1.png") == b"first"


def test_a_json_file_that_was_left_out_is_remembered(zipped):
    link = (member("test.json", mode=stat.S_IFLNK | 0o777), "/etc/passwd")
    sound = [("train_list.json", "[]"), ("images/SDXL/1.png", PICTURE)]
    contents = scan_archive(zipped([link, ("../eval.json", "[]"), *sound]))
    assert contents.refused_json == {
        "test.json": "expected a plain file, not a link or another special file, got 'test.json'"
    }
    assert reasons(contents) == [(0, "link"), (1, "unsafe_path")]
    assert scan_archive(zipped([link, ("a/test.json", "[]"), *sound])).refused_json == {}


def test_a_picture_is_read_from_parts(zipped, tmp_path):
    content = zipped([(f"images/SDXL/{index}.png", PICTURE[index:]) for index in range(5)])[0].read_bytes()
    parts = tuple(tmp_path / f"images.zip.part-a{letter}" for letter in "abcdef")
    size = -(-len(content) // 6)
    for index, part in enumerate(parts):
        part.write_bytes(content[index * size : (index + 1) * size])
    archive = Archive(parts)
    assert archive.name == "images.zip"
    assert [archive.read(f"images/SDXL/{index}.png") for index in range(5)] == [PICTURE[index:] for index in range(5)]
    assert archive.size("images/SDXL/4.png") == len(PICTURE) - 4
    assert archive.size("images/SDXL/5.png") is None
    archive.close()


def test_threads_can_share_an_archive(zipped):
    names = [f"images/SDXL/{index}.png" for index in range(40)]
    archive = Archive(zipped([(name, name.encode() * 9000) for name in names]))
    wrong = []

    def read():
        wrong.extend(name for name in names if archive.read(name) != name.encode() * 9000)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_member_that_unpacks_to_more_than_it_says_gives_no_more(zipped):
    bomb = member("images/SDXL/1.png", compress_type=zipfile.ZIP_DEFLATED)
    parts = zipped([(bomb, bytes(5_000_000))])
    patched(parts[0], name="images/SDXL/1.png", file_size=1000)
    with pytest.raises(MemberError, match=r"it is damaged in the archive \(Bad CRC-32"):
        Archive(parts).read("images/SDXL/1.png")


def test_reading_stops_at_the_size_that_was_allowed(zipped):
    archive = Archive(zipped([("train_list.json", "x" * 5_000_000), ("images/SDXL/1.png", PICTURE)]))
    target = io.BytesIO()
    with pytest.raises(MemberError, match=r"it has more than 1,500,000 bytes"):
        archive.extract("train_list.json", target, max_bytes=1_500_000)
    assert len(target.getvalue()) <= 1_500_000


def test_a_damaged_member_is_an_error_of_its_own(zipped):
    packed = member("images/SDXL/1.png", compress_type=zipfile.ZIP_DEFLATED)
    parts = zipped([(packed, PICTURE), ("images/SDXL/2.png", PICTURE)])
    content = bytearray(parts[0].read_bytes())
    start = content.index(zlib.compress(PICTURE, wbits=-15)[:20])
    content[start : start + 4] = b"\xff\xff\xff\xff"
    content[content.index(PICTURE)] ^= 1
    parts[0].write_bytes(content)
    archive = Archive(parts)
    for name in ("1.png", "2.png"):
        with pytest.raises(MemberError, match="it is damaged in the archive"):
            archive.read(f"images/SDXL/{name}")


def test_an_archive_behind_other_bytes_is_read(zipped):
    parts = zipped([("images/SDXL/1.png", PICTURE)])
    parts[0].write_bytes(b"#!/bin/sh unpack me" + parts[0].read_bytes())
    assert Archive(parts).read("images/SDXL/1.png") == PICTURE


CUT = r"images\.zip is no complete zip archive \({}.*\): a part is missing, or one is cut\. .*download again what"


@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, 0.9, -1, -22, -100], ids=lambda kept: f"kept {kept}")
def test_an_archive_cut_at_its_end_is_no_archive(zipped, kept):
    parts = zipped([(f"images/SDXL/{index}.png", PICTURE) for index in range(9)])
    content = parts[0].read_bytes()
    parts[0].write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    with pytest.raises(ReleaseError, match=CUT.format("File is not a zip file")):
        scan_archive(parts)


def test_a_part_cut_within_is_noticed_though_the_table_of_contents_is_whole(zipped, tmp_path):
    content = zipped([(f"images/SDXL/{index}.png", PICTURE) for index in range(9)])[0].read_bytes()
    parts = tuple(tmp_path / f"images.zip.part-a{letter}" for letter in "abc")
    for index, part in enumerate(parts):
        part.write_bytes(content[index * 7000 : (index + 1) * 7000])
    parts[1].write_bytes(parts[1].read_bytes()[:-123])
    with pytest.raises(ReleaseError, match=CUT.format("123 bytes are missing")) as caught:
        scan_archive(parts)
    assert "Shorter than the longest part: images.zip.part-ab." in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_the_last_part_missing_is_noticed(zipped, tmp_path):
    content = zipped([("images/SDXL/1.png", PICTURE)])[0].read_bytes()
    parts = (tmp_path / "images.zip.part-aa", tmp_path / "images.zip.part-ab")
    parts[0].write_bytes(content[:900])
    parts[1].write_bytes(content[900:1800])
    message = CUT.format("File is not a zip file").replace(
        "cut\\. ", "cut\\. Found 2 parts, .*part-aa to .*part-ab\\. "
    )
    with pytest.raises(ReleaseError, match=message):
        scan_archive(parts)


def test_parts_in_a_wrong_order_are_noticed(zipped, tmp_path):
    content = zipped([(f"images/SDXL/{index}.png", PICTURE) for index in range(9)])[0].read_bytes()
    parts = tuple(tmp_path / f"images.zip.part-a{letter}" for letter in "abc")
    for part, piece in zip(parts, (content[7000:14000], content[:7000], content[14000:]), strict=True):
        part.write_bytes(piece)
    with pytest.raises(ReleaseError, match=CUT.format("its first member is not where its table of contents says")):
        scan_archive(parts)


def test_a_broken_table_of_contents_is_an_error(zipped):
    parts = zipped([("images/SDXL/1.png", PICTURE)])
    content = parts[0].read_bytes()
    parts[0].write_bytes(content.replace(b"PK\x01\x02", b"PK\x07\x07"))
    with pytest.raises(ReleaseError, match=CUT.format("Bad magic number for central directory")):
        scan_archive(parts)


def test_a_name_that_is_no_utf_8_is_an_error(zipped):
    parts = zipped([("images/SDXL/ä.png", PICTURE)])
    parts[0].write_bytes(parts[0].read_bytes().replace("ä".encode(), b"\xc3("))
    with pytest.raises(ReleaseError, match=CUT.format("'utf-8' codec can't decode")):
        scan_archive(parts)


def test_a_table_of_contents_beyond_the_given_size_is_not_read(zipped):
    parts = zipped([(f"images/{number:04}.png", b"") for number in range(2_000)])
    with pytest.raises(ReleaseError, match="claims a table of contents"):
        Archive(parts, max_table_bytes=100_000)
    archive = Archive(parts, max_table_bytes=200_000)
    assert archive.paths[:2] == ("images/0000.png", "images/0001.png")
    assert len(archive.paths) == 2_000
    archive.close()


def test_an_empty_archive_has_no_members(zipped):
    contents = scan_archive(zipped([]))
    assert (contents.members, contents.json_members, contents.n_members, contents.prefix) == ({}, {}, 0, "")


def test_a_bomb_in_another_packing_never_unpacks(zipped):
    # `zipfile` would unpack all of it in one piece, whatever the table of contents says.
    packed = bz2.compress(bytes(5_000_000))
    parts = zipped([("images/SDXL/1.png", packed), ("images/SDXL/2.png", PICTURE)])
    patched(parts[0], name="images/SDXL/1.png", compress_type=zipfile.ZIP_BZIP2, file_size=1000)
    archive = Archive(parts)
    assert archive.size("images/SDXL/1.png") is None
    assert [problem.reason for problem in archive.problems] == ["unsupported_compression"]


def test_a_message_stays_short_whatever_the_name(zipped):
    contents = scan_archive(zipped([("../" + "x" * 60_000, b""), ("images/SDXL/1.png", PICTURE)]))
    assert len(str(contents.problems[0])) < 200


def test_json_may_be_larger_than_a_picture(zipped, monkeypatch):
    monkeypatch.setattr(archive_module, "MAX_MEMBER_BYTES", 100)
    text = json.dumps(list(range(100)))
    contents = scan_archive(zipped([("train_list.json", text), ("images/SDXL/1.png", PICTURE)]))
    assert contents.json_members == {"train_list.json": "train_list.json"}
    assert reasons(contents) == [(1, "archive_bomb")]


def test_the_stamp_of_an_archive_tells_when_a_part_changes(zipped, tmp_path):
    parts = zipped([("images/SDXL/1.png", PICTURE)])
    before = stamp_parts(parts)
    assert before == stamp_parts(parts)
    parts[0].write_bytes(parts[0].read_bytes() + b"\0")
    assert stamp_parts(parts) != before
    with pytest.raises(ReleaseError, match=r"absent\.zip cannot be read \(No such file or directory\); put it back"):
        stamp_parts((tmp_path / "absent.zip",))
