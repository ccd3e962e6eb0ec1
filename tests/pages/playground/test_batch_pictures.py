"""Pictures of a batch are found by name and read in place; no archive writes anything anywhere."""

import stat
import struct
import zipfile

import pytest

from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.pages.playground.batch_pictures import BatchPictures
from evalmuse_hf.pages.scorers import PageError
from tests.pages.batch_files import png, uploaded, zip_of

LIMITS = PageLimits(max_archive_files=50, max_archive_bytes=1_000_000, max_file_size=100_000)


def open_zip(tmp_path, members, *, limits=LIMITS, loose=(), **options):
    archives = uploaded(tmp_path / "up", pictures_zip=zip_of(members, **options))
    return BatchPictures(loose, archives, limits=limits)


def test_a_picture_is_found_by_path_by_folder_of_its_list_and_by_its_last_part(tmp_path):
    loose = uploaded(tmp_path / "loose", loose_png=png(3))
    members = [("top/pictures/a.png", png(1)), ("top/b.png", png(2)), ("top/list.csv", "image,prompt\n")]
    with open_zip(tmp_path, members, loose=loose) as pictures:
        assert pictures.count == 3
        for name, folder, level in [
            ("top/pictures/a.png", "", 1),
            ("pictures/a.png", "top", 1),
            ("./pictures//a.png", "top", 1),
            ("../top/b.png", "top", 2),
            ("C:\\Users\\me\\a.png", "", 1),
            ("/home/me/b.png", "", 2),
            ("loose.png", "top", 3),
        ]:
            assert pictures.read(pictures.find(name, folder=folder)) == png(level), name
        assert list(pictures.lists) == ["top/list.csv"]
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["loose.png", "pictures.zip"]


def test_a_name_that_two_pictures_share_and_one_that_none_has_are_sentences(tmp_path):
    with open_zip(tmp_path, [("a/x.png", png()), ("b/x.png", png())]) as pictures:
        with pytest.raises(PageError, match="2 of the pictures are called"):
            pictures.find("x.png")
        assert pictures.find("b/x.png").member == "b/x.png"
        for name in ("/etc/passwd", "../../etc/passwd", "http://localhost/x", ""):
            with pytest.raises(PageError, match=r"There is no picture .* among those that were uploaded"):
                pictures.find(name)


def test_names_of_every_system_are_understood(tmp_path):
    as_macos = "a\u0308pfel.png".encode().decode("cp437")  # UTF-8, decomposed, without the mark that says so
    folders = zipfile.ZipInfo("x")
    folders.filename = "pictures\\windows.png"
    junk = [("__MACOSX/._a.png", b"junk"), (".DS_Store", b"junk"), ("Thumbs.db", b"junk")]
    info = zipfile.ZipInfo("x")
    info.filename = as_macos
    with open_zip(tmp_path, [(info, png(1)), (folders, png(2)), ("日本.png", png(3)), *junk]) as pictures:
        assert pictures.count == 3
        found = [pictures.read(pictures.find(name)) for name in ("äpfel.png", "pictures/windows.png", "日本.png")]
        assert found == [png(1), png(2), png(3)]
        assert not pictures.notes


def test_members_that_lead_elsewhere_are_left_out_and_named(tmp_path):
    link = zipfile.ZipInfo("link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    members = [
        ("../../x.png", png()),
        ("/etc/passwd.png", png()),
        ("C:/x.png", png()),
        (link, "/etc/passwd"),
        ("good.png", png(9)),
    ]
    with open_zip(tmp_path, members) as pictures:
        assert pictures.count == 1
        with pytest.raises(PageError):
            pictures.find("../../x.png")
        assert "'../../x.png'" in pictures.notes[0]
        assert "and 3 more" in pictures.notes[0]
    assert not (tmp_path.parent / "x.png").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_members_with_one_name_the_first_counts(tmp_path):
    with open_zip(tmp_path, [("a.png", png(1)), ("a.png", png(2))]) as pictures:
        assert pictures.read(pictures.find("a.png")) == png(1)
        assert "expected each member once" in pictures.notes[0]


def test_a_bomb_is_left_out_by_its_ratio_and_refused_by_its_total(tmp_path):
    bomb = ("bomb.png", bytes(2_000_000))
    with open_zip(tmp_path, [bomb, ("a.png", png())], compression=zipfile.ZIP_DEFLATED) as pictures:
        assert pictures.count == 1
        assert "times its size" in pictures.notes[0]
    many = [(f"{number}.png", bytes(900_000)) for number in range(2)]
    with pytest.raises(PageError, match=r"hold 1\.7 MB when unpacked; 976\.6 KB are allowed"):
        open_zip(tmp_path, many, compression=zipfile.ZIP_DEFLATED)


def test_a_member_is_never_unpacked_beyond_the_size_of_a_file(tmp_path):
    with (
        open_zip(tmp_path, [("large.png", bytes(200_000))]) as pictures,
        pytest.raises(PageError, match=r"'large\.png' cannot be unpacked: it has more than 100,000 bytes"),
    ):
        pictures.read(pictures.find("large.png"))


def test_archives_within_an_archive_stay_closed(tmp_path):
    inner = zip_of([("a.png", png())])
    with open_zip(tmp_path, [("inner.zip", inner)]) as pictures:
        assert (pictures.count, pictures.lists) == (0, {})


@pytest.mark.parametrize("n_files", [51, 20_000])
def test_an_archive_of_too_many_files_is_refused_however_many(tmp_path, n_files):
    # A table of contents written by hand: `zipfile` would take its time over so many.
    header = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0)
    local = struct.pack("<4s2B4HL2L2H", b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0) + b"0.png"
    table = b"".join(header + b"%05d" % number for number in range(n_files))
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, n_files, n_files, len(table), len(local), 0)
    archives = uploaded(tmp_path, many_zip=local + table + end)
    with pytest.raises(PageError, match=r"'many\.zip' holds more than 50 files; send fewer at once"):
        BatchPictures([], archives, limits=LIMITS)


def test_what_is_no_archive_is_a_sentence_without_a_folder(tmp_path):
    for content in (b"", b"PK\3\4", b"<html>", zip_of([("a.png", png())])[:-5]):
        with pytest.raises(PageError, match=r"^'broken\.zip' is no complete zip archive") as caught:
            BatchPictures([], uploaded(tmp_path, broken_zip=content), limits=LIMITS)
        assert str(tmp_path) not in str(caught.value)


def test_an_encrypted_picture_is_left_out(tmp_path):
    content = bytearray(zip_of([("a.png", png()), ("b.png", png())]))
    content[content.rindex(b"PK\1\2", 0, content.index(b"PK\5\6")) + 8] |= 1
    with BatchPictures([], uploaded(tmp_path, locked_zip=bytes(content)), limits=LIMITS) as pictures:
        assert pictures.count == 1
        assert "without a password" in pictures.notes[0]
