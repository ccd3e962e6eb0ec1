import gzip
import io
import json
import os
import tarfile
import tracemalloc

import pytest

from evalmuse_hf.scoring import ListError, tar_source
from evalmuse_hf.scoring.sources import PairSource, SourceError, open_source
from evalmuse_hf.scoring.tar_source import TarSource

BLOCK = tarfile.BLOCKSIZE


def write_tar(path, members, *, mode="w", form=tarfile.PAX_FORMAT):
    """Write members, each a name with a content or a ready header."""
    with tarfile.open(path, mode, format=form) as tar:
        for name, content in members:
            if isinstance(content, tarfile.TarInfo):
                tar.addfile(content)
                continue
            header = tarfile.TarInfo(name)
            header.size = len(content)
            tar.addfile(header, io.BytesIO(content))
    return path


def sample(key, *, picture=b"picture", prompt=b"a cat", columns=None):
    members = [(f"{key}.jpg", picture + key.encode()), (f"{key}.txt", prompt)]
    return members if columns is None else [*members, (f"{key}.json", json.dumps(columns).encode())]


def samples(count, first=0):
    return [member for number in range(first, first + count) for member in sample(f"{number:04d}")]


def rows_of(source):
    return [row for part in range(source.n_parts) for row in source.rows(part)]


def only_row(path, **options):
    (row,) = TarSource([path], **options).rows(0)
    return row


def test_a_sample_is_a_picture_and_a_prompt_of_one_name(tmp_path):
    columns = {"elements": ["a cat (animal)"], "seed": 3, "caption": "another text", "image": "else.png"}
    path = write_tar(tmp_path / "a.tar", [*sample("x/0001", columns=columns), *sample("x/0002", prompt=b" a dog\n")])
    source: PairSource = open_source(path)
    assert (source.name, source.n_parts) == ("a.tar", 1)
    one, other = source.rows(0)
    assert one.place == "sample x/0001 of a.tar"
    assert one.image == {"bytes": b"picturex/0001", "path": "a.tar/x/0001.jpg"}
    assert (one.prompt, one.elements) == ("a cat", ("a cat (animal)",))
    assert dict(one.values) == {
        **{"id": "x/0001", "elements": ["a cat (animal)"], "seed": 3, "caption": "another text", "prompt": "a cat"},
        "image": "a.tar/x/0001.jpg",
    }
    assert (other.prompt, other.elements, other.values["id"]) == ("a dog", None, "x/0002")


@pytest.mark.parametrize(
    "columns, options, prompt",
    [
        ({"prompt": "one", "caption": "two"}, {}, "one"),
        ({"prompt": None, "caption": "two"}, {}, "two"),
        ({"prompt": "one", "text": "three"}, {"prompt_column": "text"}, "three"),
    ],
    ids=["prompt", "caption", "a key"],
)
def test_the_prompt_may_stand_in_the_json_member(tmp_path, columns, options, prompt):
    members = [("0.png", b"picture"), ("0.json", json.dumps({**columns, "id": 7}).encode())]
    row = only_row(write_tar(tmp_path / "a.tar", members), **options)
    assert (row.prompt, row.values["id"], row.problem) == (prompt, 7, None)


def test_one_of_several_pictures_is_named_by_its_extension(tmp_path):
    members = [("0.mask.PNG", b"mask"), ("0.jpg", b"picture"), ("0.txt", b"a cat")]
    path = write_tar(tmp_path / "a.tar", members)
    assert only_row(path).image["bytes"] == b"picture"
    assert only_row(path, image_column="mask.png").image["bytes"] == b"mask"


@pytest.mark.parametrize("end, mode", [(".tar", "w"), (".tar.gz", "w:gz"), (".tgz", "w:gz")])
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT], ids=["pax", "gnu"])
def test_every_kind_of_tar_is_read_from_any_sample_on(tmp_path, end, mode, form):
    members = [*samples(4), *sample("long/" * 50 + "ü")]
    source = open_source(write_tar(tmp_path / f"a{end}", members, mode=mode, form=form))
    whole = list(source.rows(0))
    assert [row.problem for row in whole] == [None] * 5
    assert whole[4].values["id"] == "long/" * 50 + "ü"
    for start in range(7):
        assert list(source.rows(0, start=start)) == whole[start:]


def test_several_tars_are_parts_that_cover_every_sample_once(tmp_path):
    for shard in (10, 2, 0):
        write_tar(tmp_path / f"a-{shard:03d}.tar", samples(3, first=shard))
    for what in ("", "a-*.tar", "a-{000,002,010}.tar"):
        source = open_source(tmp_path / what)
        assert source.n_parts == 3
        assert [int(row.values["id"]) for row in rows_of(source)] == [0, 1, 2, 2, 3, 4, 10, 11, 12]


def test_content_before_the_start_is_not_read(tmp_path, monkeypatch):
    source = open_source(write_tar(tmp_path / "a.tar", samples(5)))
    read = []
    original = tarfile.TarFile.extractfile
    monkeypatch.setattr(
        tarfile.TarFile, "extractfile", lambda self, member: read.append(member.name) or original(self, member)
    )
    assert next(source.rows(0, start=3)).values["id"] == "0003"
    assert read == ["0003.jpg", "0003.txt"]


def test_one_sample_is_in_memory_at_a_time(tmp_path):
    members = [member for number in range(40) for member in sample(f"{number}", picture=bytes(2**20))]
    source = open_source(write_tar(tmp_path / "a.tar", members))
    tracemalloc.start()
    count = sum(1 for _ in source.rows(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 40
    assert peak < 8 * 2**20


def test_headers_are_not_kept(tmp_path, monkeypatch):
    source = open_source(write_tar(tmp_path / "a.tar", samples(50)))
    kept = []
    original = tarfile.TarFile.next
    monkeypatch.setattr(tarfile.TarFile, "next", lambda self: kept.append(len(self.members)) or original(self))
    assert len(list(source.rows(0))) == 50
    assert max(kept) <= 1


@pytest.mark.parametrize(
    "members, problem",
    [
        ([("0.txt", b"a cat")], "sample 0 of a.tar has no picture (it holds .txt); add one"),
        ([("0.jpg", b"x")], "sample 0 of a.tar has no prompt (it holds .jpg); add a .txt member, or prompt or"),
        ([("0.jpg", b"x"), ("0.json", b"{}")], "has no prompt (it holds .jpg, .json)"),
        ([("0.jpg", b"x"), ("0.png", b"x"), ("0.txt", b"a")], "has more than one picture (.jpg, .png); give every"),
        ([("0.jpg", b"x"), ("0.txt", b"a"), ("0.txt", b"b")], "has more than one .txt member (.jpg, .txt, .txt)"),
        ([("0.jpg", b"x"), ("0.txt", b"\xff")], "has a .txt member that is not UTF-8 text"),
        ([("0.jpg", b"x"), ("0.json", b"\xff")], "has a .json member that is not UTF-8 text"),
        ([("0.jpg", b"x"), ("0.json", b"{")], "has a .json member that is not JSON"),
        ([("0.jpg", b"x"), ("0.json", b"[" * 90_000)], "has a .json member that is not JSON"),
        ([("0.jpg", b"x"), ("0.json", b"[1]")], "has a .json member that is no object ([1])"),
        ([("0.jpg", b"x"), ("0.json", b'{"prompt": 3}')], "`prompt` of sample 0 of a.tar must be a text, got 3"),
        ([(f"0.{end}", b"") for end in "abcdefghij"], "(it holds .a, .b, .c, .d, .e, .f, .g, .h, ...)"),
    ],
    ids=["no picture", "no prompt", "no prompt in JSON", "two pictures", "two texts", "bad text", "bad JSON text",
         "no JSON", "nested JSON", "list", "number as prompt", "many members"],
)  # fmt: skip
def test_a_bad_sample_is_a_problem_of_its_row_only(tmp_path, members, problem):
    path = write_tar(tmp_path / "a.tar", [*sample("before"), *members, *sample("x")])
    rows = list(open_source(path).rows(0))
    assert [row.problem is None for row in rows] == [True, False, True]
    assert problem in rows[1].problem
    assert list(open_source(path).rows(0, start=1)) == rows[1:]


def test_what_is_too_large_is_not_read(tmp_path, monkeypatch):
    members = [*sample("0", picture=bytes(100)), *sample("1", prompt=b"a" * 60), *sample("2")]
    monkeypatch.setattr(tar_source, "MAX_PICTURE_BYTES", 90)
    monkeypatch.setattr(tar_source, "MAX_TEXT_BYTES", 50)
    read = []
    original = tarfile.TarFile.extractfile
    monkeypatch.setattr(
        tarfile.TarFile, "extractfile", lambda self, member: read.append(member.name) or original(self, member)
    )
    rows = list(open_source(write_tar(tmp_path / "a.tar", members)).rows(0))
    assert rows[0].problem == "sample 0 of a.tar has a .jpg member of 101 bytes; the limit is 90."
    assert rows[1].problem == "sample 1 of a.tar has a .txt member of 60 bytes; the limit is 50."
    assert rows[2].problem is None
    assert "0.jpg" not in read
    assert "1.txt" not in read


def special(name, kind, target=""):
    header = tarfile.TarInfo(name)
    header.type, header.linkname = kind, target
    return name, header


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE],
    ids=["link", "hard", "pipe", "device"],
)
def test_links_and_devices_are_passed_over(tmp_path, kind):
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(b"secret")
    members = [*sample("0"), special("1.jpg", kind, str(secret)), ("1.txt", b"a cat")]
    rows = list(open_source(write_tar(tmp_path / "a.tar", members)).rows(0))
    assert [row.problem is None for row in rows] == [True, False]
    assert "has no picture" in rows[1].problem


def test_what_belongs_to_no_sample_is_passed_over(tmp_path):
    folder = special("x", tarfile.DIRTYPE)
    members = [folder, ("./x/._0.jpg", b"x"), ("LICENSE", b"x"), *sample("./x/0"), (".hidden.txt", b"x")]
    (row,) = open_source(write_tar(tmp_path / "a.tar", members)).rows(0)
    assert (row.problem, row.values["id"]) == (None, "x/0")


def test_nothing_is_written_wherever_names_point(tmp_path):
    path = write_tar(tmp_path / "a.tar", [*sample("../../escaped"), *sample("/escaped")])
    before = sorted(os.listdir(tmp_path))
    rows = list(open_source(path).rows(0))
    assert [row.values["id"] for row in rows] == ["../../escaped", "/escaped"]
    assert sorted(os.listdir(tmp_path)) == before


def test_a_name_that_is_not_utf8_can_still_be_written_down(tmp_path):
    path = write_tar(tmp_path / "a.tar", samples(1), form=tarfile.USTAR_FORMAT)
    content = bytearray(path.read_bytes())
    for offset in (0, 2 * BLOCK):
        content[offset] = 0xFF
        content[offset + 148 : offset + 156] = b" " * 8
        content[offset + 148 : offset + 156] = b"%06o\0 " % sum(content[offset : offset + BLOCK])
    path.write_bytes(content)
    (row,) = open_source(path).rows(0)
    assert row.values["id"] == "\\xff000"
    assert row.place.encode("utf-8")


def damaged(tmp_path, change, *, end=".tar", count=4):
    path = write_tar(tmp_path / f"a{end}", samples(count), mode="w:gz" if end.endswith("gz") else "w")
    path.write_bytes(change(path.read_bytes()))
    return path


# A sample is two members of two blocks each.
SAMPLE = 4 * BLOCK


@pytest.mark.parametrize(
    "change, kept, reason",
    [
        (lambda content: content[: 2 * SAMPLE + BLOCK + 3], 2, "end of data"),
        (lambda content: content[: 2 * SAMPLE + 100], 1, "truncated header"),
        (lambda content: content[: 2 * SAMPLE], 1, "empty header"),
        (lambda content: content[: 2 * SAMPLE] + b"x" * BLOCK + content[2 * SAMPLE + BLOCK :], 1, "header"),
        (
            lambda content: content[: 2 * SAMPLE] + bytes(BLOCK) + content[2 * SAMPLE + BLOCK :],
            2,
            "behind the mark of",
        ),
        (lambda content: content + content, 4, "there is something behind the mark of its end"),
    ],
    ids=["in a picture", "in a header", "between samples", "overwritten header", "erased header", "two tars in one"],
)
def test_a_damaged_shard_gives_what_is_before_the_damage_and_says_so(tmp_path, change, kept, reason):
    source = open_source(damaged(tmp_path, change))
    rows = list(source.rows(0))
    good = rows[:-1]
    assert all(row.problem is None for row in good)
    assert [int(row.values["id"]) for row in good] == list(range(len(good)))
    assert rows[-1].problem.startswith(f"a.tar is damaged after sample {len(good) - 1:04d} (")
    assert reason in rows[-1].problem
    assert len(good) == kept
    for start in range(len(rows) + 2):
        assert list(source.rows(0, start=start)) == rows[start:]


def test_a_truncated_compressed_shard_says_so(tmp_path):
    # Content that does not compress, so that half the file is half the samples.
    members = [member for number in range(8) for member in sample(f"{number}", picture=os.urandom(9000))]
    path = write_tar(tmp_path / "a.tar.gz", members, mode="w:gz")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    source = open_source(path)
    rows = list(source.rows(0))
    assert 2 <= len(rows) <= 5
    assert [row.problem is None for row in rows] == [True] * (len(rows) - 1) + [False]
    assert "a.tar.gz is damaged after sample" in rows[-1].problem
    for start in range(len(rows) + 2):
        assert list(source.rows(0, start=start)) == rows[start:]


@pytest.mark.parametrize(
    "end, content, reason",
    [
        (".tar", b"", "empty"),
        (".tar", b"no tar" * 1000, "no tar, or it is damaged at its beginning"),
        (".tar", bytes(10240), "There are no samples in a.tar"),
        (".tar.gz", b"no gzip", "no tar, or it is damaged at its beginning"),
        (".tar.gz", gzip.compress(b"no tar" * 1000), "no tar, or it is damaged at its beginning"),
        (".tar.gz", gzip.compress(bytes(10240))[:-9], "no tar, or it is damaged at its beginning"),
    ],
    ids=["empty", "no tar", "no member", "no gzip", "no tar in it", "truncated"],
)
def test_a_shard_of_which_nothing_can_be_read_is_refused(tmp_path, end, content, reason):
    (tmp_path / f"a{end}").write_bytes(content)
    with pytest.raises(ListError, match=reason):
        open_source(tmp_path / f"a{end}")


def test_one_unreadable_shard_among_others_is_one_bad_row(tmp_path):
    (tmp_path / "a.tar").write_bytes(b"no tar" * 1000)
    write_tar(tmp_path / "b.tar", samples(2))
    rows = rows_of(open_source(tmp_path))
    assert [row.problem is None for row in rows] == [False, True, True]
    assert rows[0].problem.startswith("a.tar is damaged at its beginning (")


def forged(size, kind, content=b"x" * BLOCK):
    """A header of any size, with a right checksum, and a block of content."""
    header = bytearray(BLOCK)
    header[:5] = b"0.jpg"
    header[124:136] = size
    header[156:157] = kind
    header[257:265] = b"ustar\x0000"
    header[148:156] = b"%06o\0 " % (sum(header) + 8 * 32)
    return bytes(header) + content


def pax(text):
    record = text.encode()
    length = len(record) + 3
    length += len(str(length)) - 2 + 1
    record = f"{length} ".encode() + record + b"\n"
    return forged(b"%011o\0" % len(record), tarfile.XHDTYPE, record.ljust(BLOCK, b"\0"))


@pytest.mark.parametrize(
    "attack",
    [
        forged(b"77777777777\0", tarfile.GNUTYPE_LONGNAME),
        forged(b"\xff" * 11 + b"\0", tarfile.GNUTYPE_LONGNAME),
        forged(b"\xff" * 11 + b"\0", tarfile.REGTYPE),
        forged(b"00000001000\0", tarfile.GNUTYPE_LONGNAME) * 3000,
        pax("size=-2048") + forged(b"00000000001\0", tarfile.REGTYPE),
        pax("size=x") + forged(b"00000000001\0", tarfile.REGTYPE),
    ],
    ids=["huge name", "name of negative size", "negative size", "nested names", "backwards", "no number"],
)
def test_a_forged_header_ends_the_shard_and_no_more(tmp_path, attack):
    path = write_tar(tmp_path / "a.tar", samples(2))
    path.write_bytes(path.read_bytes()[: 2 * SAMPLE] + attack + bytes(2 * BLOCK))
    rows = list(open_source(path).rows(0))
    assert rows[0].problem is None
    assert len(rows) <= 4
    assert rows[-1].problem is not None


def test_a_sparse_member_is_not_unpacked(tmp_path):
    path = write_tar(tmp_path / "a.tar", samples(1))
    sparse = pax("GNU.sparse.map=0,1") + forged(b"00000000001\0", tarfile.REGTYPE)
    path.write_bytes(path.read_bytes()[:SAMPLE] + sparse + bytes(2 * BLOCK))
    assert len(list(open_source(path).rows(0))) >= 1


def test_the_fingerprint_follows_names_sizes_and_times(tmp_path, monkeypatch):
    path = write_tar(tmp_path / "a.tar", samples(2))
    before = open_source(path).fingerprint
    monkeypatch.chdir(tmp_path)
    assert open_source("a.tar").fingerprint == before
    assert open_source("a.tar", prompt_column="text").fingerprint != before
    os.utime(path, ns=(0, 7))
    assert open_source(path).fingerprint != before


def test_a_shard_that_vanishes_stops_the_run_with_one_sentence(tmp_path):
    source = open_source(write_tar(tmp_path / "a.tar", samples(2)))
    (tmp_path / "a.tar").unlink()
    with pytest.raises(SourceError, match=r"a.tar cannot be opened or read \(No such file .*\); once it can"):
        next(source.rows(0))


def test_a_failing_disk_is_no_damage(tmp_path, monkeypatch):
    source = open_source(write_tar(tmp_path / "a.tar", samples(2)))

    def fail(self, member):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(tarfile.TarFile, "extractfile", fail)
    with pytest.raises(SourceError, match="Input/output error"):
        next(source.rows(0))
