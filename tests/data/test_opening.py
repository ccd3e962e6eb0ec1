import json

import pytest

from evalmuse_hf.data import ReleaseError
from evalmuse_hf.data.opening import open_any
from evalmuse_hf.data.workspace import Workspace


def test_a_raw_release_is_opened_as_it_is(raw, tmp_path):
    opened = open_any(raw, Workspace(tmp_path / "out"))
    assert list(opened.sources) == ["train", "test"]
    assert (opened.name, opened.ranking, opened.n_members) == ("raw", None, 0)
    before = opened.fingerprint()
    (raw / "images" / "SDXL" / "00001.png").write_bytes(b"other")
    assert opened.fingerprint() != before


def test_a_list_becomes_a_release_in_the_workspace(tmp_path):
    rows = [{"image": "a.png", "prompt": "a cat", "ratings": [3]}, {"image": "b.png", "prompt": "b", "split": "test"}]
    (tmp_path / "mine.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    opened = open_any(tmp_path / "mine.jsonl", Workspace(tmp_path / "out"))
    assert {split: source.file for split, source in opened.sources.items()} == {
        "train": "mine.jsonl",
        "test": "mine.jsonl",
    }
    assert all(source.own for source in opened.sources.values())


def test_rows_that_cannot_be_written_down_are_problems_and_end_a_strict_build(tmp_path):
    (tmp_path / "mine.jsonl").write_text('{"image": "a.png", "prompt": "a cat", "ratings": [3]}\n{"image": ', "utf-8")
    opened = open_any(tmp_path / "mine.jsonl", Workspace(tmp_path / "out"))
    assert [problem.file for problem in opened.problems["train"]] == ["mine.jsonl"]
    with pytest.raises(ReleaseError, match="correct it, or build without `strict`"):
        open_any(tmp_path / "mine.jsonl", Workspace(tmp_path / "out"), strict=True)


def test_the_same_rows_have_the_same_fingerprint(tmp_path):
    def fingerprint(rating):
        rows = [{"image": "a.png", "prompt": "a cat", "ratings": [rating]}]
        return open_any(rows, Workspace(tmp_path / "out")).fingerprint()

    assert fingerprint(3) == fingerprint(3) != fingerprint(4)
