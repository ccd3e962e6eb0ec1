import json
import subprocess
import sys
import zlib

import pytest

from evalmuse_hf.scoring.feature_shards import RowPlace, ShardIndex, ShardWriter, StoredRow, shard_file


def rows_of(folder) -> dict[str, StoredRow | None]:
    index = ShardIndex(folder)
    index.refresh()
    return {content: index.find(content) for content in ("a", "b", "c", "d")}


def places_of(folder) -> dict[str, tuple[int, int]]:
    return {content: (row.place.shard, row.place.row) for content, row in rows_of(folder).items() if row is not None}


def write(folder, *contents, shard_bytes=100) -> None:
    writer = ShardWriter(folder, row_bytes=4, shard_bytes=shard_bytes)
    for content in contents:
        writer.append(content, content.encode() * 4)
    writer.close()


def test_a_folder_that_does_not_exist_has_no_rows(tmp_path):
    assert places_of(tmp_path / "nowhere") == {}


def test_rows_follow_each_other_and_a_full_shard_is_followed_by_another(tmp_path):
    write(tmp_path, "a", "b", "c", shard_bytes=8)
    assert places_of(tmp_path) == {"a": (0, 0), "b": (0, 1), "c": (1, 0)}
    assert shard_file(tmp_path, 0).read_bytes() == b"aaaabbbb"
    assert rows_of(tmp_path)["c"].checksum == zlib.crc32(b"cccc")
    assert rows_of(tmp_path)["c"].matches(b"cccc")
    assert not rows_of(tmp_path)["c"].matches(b"ccc!")


def test_a_row_larger_than_a_shard_has_a_shard_of_its_own(tmp_path):
    write(tmp_path, "a", "b", shard_bytes=1)
    assert places_of(tmp_path) == {"a": (0, 0), "b": (1, 0)}


def test_the_next_writer_goes_on_with_a_shard_that_has_room(tmp_path):
    write(tmp_path, "a")
    write(tmp_path, "b")
    assert places_of(tmp_path) == {"a": (0, 0), "b": (0, 1)}


def test_two_writers_at_once_never_share_a_shard(tmp_path):
    first, second = (ShardWriter(tmp_path, row_bytes=4) for _ in range(2))
    for writer, content in ((first, "a"), (second, "b"), (first, "c"), (second, "d")):
        writer.append(content, b"1234")
    assert places_of(tmp_path) == {"a": (0, 0), "b": (1, 0), "c": (0, 1), "d": (1, 1)}
    first.close()
    second.close()


@pytest.mark.parametrize("rest", [b'{"row": 1, "content": "b", "crc', b'{"row": 1, "content": "b", "crc32": 5}'])
def test_what_a_killed_writer_left_behind_its_last_line_does_not_count_and_is_overwritten(tmp_path, rest):
    write(tmp_path, "a")
    with shard_file(tmp_path, 0).open("ab") as stream:
        stream.write(b"bb")
    journal = shard_file(tmp_path, 0).with_suffix(".jsonl")
    with journal.open("ab") as stream:
        stream.write(rest)  # without the end of the line
    assert places_of(tmp_path) == {"a": (0, 0)}
    write(tmp_path, "c")
    assert places_of(tmp_path)["c"][0] == 0
    row = places_of(tmp_path)["c"][1]
    assert shard_file(tmp_path, 0).read_bytes()[4 * row : 4 * row + 4] == b"cccc"


def test_a_writer_that_was_killed_leaves_no_lock(tmp_path):
    program = (
        "import os, sys; from pathlib import Path; from evalmuse_hf.scoring.feature_shards import ShardWriter\n"
        "ShardWriter(Path(sys.argv[1]), row_bytes=4).append('a', b'1234'); os.kill(os.getpid(), 9)"
    )
    child = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert child.returncode == -9
    write(tmp_path, "b")
    assert places_of(tmp_path) == {"a": (0, 0), "b": (0, 1)}


def test_an_index_reads_on_where_it_ended_also_after_half_a_line(tmp_path):
    write(tmp_path, "a")
    index = ShardIndex(tmp_path)
    index.refresh()
    journal = shard_file(tmp_path, 0).with_suffix(".jsonl")
    line = json.dumps({"row": 1, "content": "b", "crc32": 7}).encode() + b"\n"
    for part in (line[:9], line[9:]):
        assert index.find("b") is None
        with journal.open("ab") as stream:
            stream.write(part)
        index.refresh()
    assert index.find("b") == StoredRow(RowPlace(0, 1), 7)


@pytest.mark.parametrize("line", ["[]", "nonsense", '{"row": -1, "content": "d", "crc32": 0}', '{"row": "1"}', "\xff"])
def test_a_spoiled_line_costs_its_row_only(tmp_path, line):
    write(tmp_path, "a")
    with shard_file(tmp_path, 0).with_suffix(".jsonl").open("ab") as stream:
        stream.write(line.encode("latin-1") + b"\n")
    write(tmp_path, "b")
    assert places_of(tmp_path) == {"a": (0, 0), "b": (0, 1)}


def test_a_damaged_row_is_void_for_everybody_and_a_second_one_takes_its_place(tmp_path):
    write(tmp_path, "a", "a")
    writer = ShardWriter(tmp_path, row_bytes=4)
    writer.void(RowPlace(0, 0))
    writer.close()
    assert places_of(tmp_path) == {"a": (0, 1)}
    index = ShardIndex(tmp_path)
    index.refresh()
    index.discard(RowPlace(0, 1))
    assert index.find("a") is None
    index.add("a", StoredRow(RowPlace(5, 0), 0))
    assert index.find("a").place == RowPlace(5, 0)


def test_a_row_that_cannot_be_written_is_not_in_the_journal_and_the_next_one_is(tmp_path, monkeypatch):
    from evalmuse_hf.scoring import feature_shards

    def fail(stream, record):
        stream.write(b'{"row": 0')
        raise OSError(28, "No space left on device")

    writer = ShardWriter(tmp_path, row_bytes=4)
    with monkeypatch.context() as patch:
        patch.setattr(feature_shards, "add_record", fail)
        with pytest.raises(OSError, match="No space left"):
            writer.append("a", b"1234")
    writer.append("b", b"1234")
    writer.close()
    assert places_of(tmp_path) == {"b": (0, 0)}
