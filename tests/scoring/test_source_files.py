import os

import pytest

from evalmuse_hf.scoring import ListError, source_files
from evalmuse_hf.scoring.source_files import find_files, fingerprint_files


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def names_of(files):
    return [file.name for file in files]


@pytest.mark.parametrize(
    "pattern, expected",
    [
        ("", ["b-000.tar", "b-001.tar", "b-010.tar"]),
        ("*.tar", ["b-000.tar", "b-001.tar", "b-010.tar"]),
        ("b-{000..001}.tar", ["b-000.tar", "b-001.tar"]),
        ("b-{010,000}.tar", ["b-000.tar", "b-010.tar"]),
        ("?-0{0,1}0.t*", ["b-000.tar", "b-010.tar"]),
        ("b-001.tar", ["b-001.tar"]),
    ],
    ids=["folder", "star", "range", "words", "star and words", "one"],
)
def test_a_folder_or_pattern_names_its_files_in_order(tmp_path, pattern, expected):
    touch(tmp_path, "b-010.tar", "b-000.tar", "b-001.tar", "notes.txt")
    assert names_of(find_files(tmp_path / pattern)) == expected


@pytest.mark.parametrize(
    "braces, expected",
    [("{8..11}", ["10", "11", "8", "9"]), ("{08..11}", ["08", "09", "10", "11"]), ("{0..10..2}", None)],
    ids=["without zeros", "with zeros", "unknown form"],
)
def test_a_range_has_zeros_where_its_ends_have_some(tmp_path, braces, expected):
    touch(tmp_path, *(f"{number}.tar" for number in ("8", "9", "10", "11", "08", "09")))
    if expected is None:
        with pytest.raises(ListError, match="There is no shard at"):
            find_files(tmp_path / f"{braces}.tar")
    else:
        assert names_of(find_files(tmp_path / f"{braces}.tar")) == [f"{number}.tar" for number in expected]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path):
    touch(tmp_path, "pairs[1].jsonl", "pairs1.jsonl")
    assert names_of(find_files(tmp_path / "pairs[1].jsonl")) == ["pairs[1].jsonl"]


@pytest.mark.parametrize(
    "what, sentence",
    [
        ("none.jsonl", "There is no list at .*none.jsonl; give a file with columns image and prompt"),
        ("none.tar", "There is no shard at .*none.tar"),
        (
            "notes.txt",
            r"Cannot tell what .*notes.txt is; name a list .jsonl, .ndjson, .csv, .parquet, and a shard",
        ),
        ("*.parquet", "No file matches .*parquet; correct the pattern"),
        ("b-{000..002}.tar", "There is no shard at .*b-001.tar"),
        ("{3..1}.tar", "No file matches .*; correct the pattern"),
        ("empty", r"Folder .*empty holds no list \(.jsonl, .ndjson, .csv, .parquet\), no .tar and no card"),
        (
            "pictures",
            r"Folder .*pictures holds no list .* It has pictures \(2\): name them with their prompts in a list",
        ),
        ("pictures/a.png", r"a\.png is a picture and no list; score it with --image .*a\.png --prompt TEXT"),
        ("", "names both lists and tars; name one kind"),
    ],
    ids=[
        "no list",
        "no shard",
        "no known kind",
        "no match",
        "gap",
        "empty range",
        "empty folder",
        "pictures",
        "a picture",
        "mixed",
    ],
)
def test_what_names_no_file_is_told_in_one_sentence(tmp_path, what, sentence):
    touch(tmp_path, "b-000.tar", "b-002.tar", "notes.txt", "pairs.jsonl")
    (tmp_path / "empty").mkdir()
    (tmp_path / "pictures").mkdir()
    touch(tmp_path / "pictures", "a.png", "b.JPG", "notes.txt")
    with pytest.raises(ListError, match=sentence):
        find_files(tmp_path / what)


def test_a_pattern_of_too_many_files_is_not_spelled_out(tmp_path, monkeypatch):
    monkeypatch.setattr(source_files, "MAX_FILES", 1000)
    with pytest.raises(ListError, match="names more than 1,000 files; name fewer at once"):
        find_files(tmp_path / "{0..999999999999}.tar")


def test_a_fingerprint_follows_content_and_names_but_not_the_place(tmp_path):
    one, other = touch(tmp_path / "one", "a.csv", "b.csv"), touch(tmp_path / "other", "a.csv", "b.csv")
    files = [one / "a.csv", one / "b.csv"]
    before = fingerprint_files(files, {})
    assert fingerprint_files([other / "a.csv", other / "b.csv"], {}) == before
    assert fingerprint_files(files[::-1], {}) != before
    assert fingerprint_files(files[:1], {}) != before
    assert fingerprint_files(files, {"prompt": "text"}) != before
    os.utime(files[0], ns=(0, 0))
    assert fingerprint_files(files, {}) == before
    files[0].write_text("b.csv")
    assert fingerprint_files(files, {}) != before


def test_the_fingerprint_of_large_files_follows_their_times(tmp_path):
    files = [touch(tmp_path, "a.tar") / "a.tar"]
    before = fingerprint_files(files, {}, hashed_bytes=0)
    assert fingerprint_files(files, {}, hashed_bytes=0) == before
    os.utime(files[0], ns=(0, 7))
    assert fingerprint_files(files, {}, hashed_bytes=0) != before


def test_a_file_that_is_gone_has_no_fingerprint(tmp_path):
    with pytest.raises(ListError, match=r"gone.csv cannot be opened or read"):
        fingerprint_files([tmp_path / "gone.csv"], {})
