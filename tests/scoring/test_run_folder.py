import json

import pyarrow.parquet as pq
import pytest

from evalmuse_hf.scoring.run_folder import Progress, RunError, RunFolder, ShardPlace, shard_hash

ROWS = [
    {"id": 1, "overall_score": 2.5, "elements": [], "status": "truncated", "message": "It is cut."},
    {"id": 2, "overall_score": None, "elements": [], "status": "image_error", "message": "No picture."},
]


def test_a_shard_counts_once_it_is_journaled(tmp_path):
    folder = RunFolder(tmp_path / "run", rank=3)
    assert folder.begin({"scorer": "x"}) == Progress()
    shard = folder.write(ShardPlace(0, 2), ROWS, {"scorer": "x"})
    folder.end_part(0, 3)
    folder.close()
    path = tmp_path / "run" / "part-000000-000002.parquet"
    assert pq.read_table(path).column("id").to_pylist() == [1, 2]
    assert json.loads(pq.read_schema(path).metadata[b"evalmuse_hf"])["scorer"] == "x"
    assert (shard.n_rows, shard.scored, shard.failed) == (2, {"truncated": 1}, {"image_error": 1})
    assert (shard.messages, shard.sha256) == (("It is cut.", "No picture."), shard_hash(path))
    progress = RunFolder(tmp_path / "run").begin({"scorer": "x"})
    assert progress == Progress({shard.place: shard}, {0: 3})
    assert not progress.is_complete(0)
    assert progress.n_rows == 2


def test_a_part_is_complete_when_its_end_is_known_and_every_block_is_there(tmp_path):
    folder = RunFolder(tmp_path)
    folder.begin({})
    for block in range(2):
        folder.write(ShardPlace(1, block), ROWS, {})
    assert not folder.read_progress().is_complete(1)
    folder.end_part(1, 2)
    folder.end_part(2, 0)
    progress = folder.read_progress()
    assert [progress.is_complete(part) for part in (0, 1, 2)] == [False, True, True]
    folder.close()


def test_what_no_process_finished_is_removed(tmp_path):
    folder = RunFolder(tmp_path)
    folder.begin({})
    folder.close()
    (tmp_path / "part-000000-000000.parquet.unfinished").write_bytes(b"half")
    RunFolder(tmp_path).begin({})
    assert not list(tmp_path.glob("*.unfinished"))


def test_settings_that_changed_or_are_damaged_are_refused(tmp_path):
    for settings in ({"model": "a", "dtype": None}, {"model": "a", "dtype": None}):
        folder = RunFolder(tmp_path)
        folder.begin(settings)
        folder.close()
    folder = RunFolder(tmp_path)
    with pytest.raises(RunError, match=r"another model \('a', now 'b'\)"):
        folder.begin({"model": "b", "dtype": None})
    folder.close()
    (tmp_path / "_run.json").write_text("{")
    with pytest.raises(RunError, match=r"_run\.json is damaged; throw .* --restart"):
        RunFolder(tmp_path).begin({})


def test_a_journal_of_another_kind_says_nothing(tmp_path):
    (tmp_path / "_journal-00000.jsonl").write_text(
        '{"part": "0"}\n{"part": 0, "block": 1}\n{"part": 0, "blocks": 4}\n'
    )
    assert RunFolder(tmp_path).read_progress() == Progress({}, {0: 4})


def test_what_is_written_anew_counts_whichever_process_wrote_the_damaged_one(tmp_path):
    place = ShardPlace(0, 0)
    for rank, rows in ((1, ROWS), (0, ROWS[:1])):  # the second takes the place of the first, which is damaged
        first = RunFolder(tmp_path)
        assert place not in first.begin({}).shards
        folder = RunFolder(tmp_path, rank=rank)
        folder.write(place, rows, {})
        folder.write(ShardPlace(0, 1), ROWS, {})
        folder.end_part(3, 1)
        folder.close()
        first.close()
        if rank == 1:
            (tmp_path / place.file_name).write_bytes(b"damaged")
    last = RunFolder(tmp_path)
    progress = last.begin({})
    last.close()
    assert {place: shard.n_rows for place, shard in progress.shards.items()} == {place: 1, ShardPlace(0, 1): 2}
    assert progress.ends == {3: 1}


def test_finishing_keeps_the_shards_or_nothing(tmp_path):
    for keep in (True, False):
        folder = RunFolder(tmp_path / str(keep))
        folder.begin({})
        folder.write(ShardPlace(0, 0), ROWS, {})
        folder.finish(keep_shards=keep)
        assert (tmp_path / str(keep)).exists() is keep


def test_places_sort_like_their_files():
    places = [ShardPlace(0, 2), ShardPlace(0, 10), ShardPlace(1, 0)]
    assert sorted(places) == places == sorted(places, key=lambda place: place.file_name)


def test_a_kill_while_the_folder_is_removed_leaves_none_that_counts(tmp_path, monkeypatch):
    path = tmp_path / "s.parquet.parts"
    folder = RunFolder(path)
    folder.begin({"a": 1})
    folder.write(ShardPlace(0, 0), ROWS, {})
    with monkeypatch.context() as patch:
        patch.setattr("evalmuse_hf.scoring.run_folder.shutil.rmtree", lambda *arguments, **options: None)
        folder.finish(keep_shards=False)  # nothing was removed: the process was killed
    assert not path.exists()
    again = RunFolder(path)
    assert again.begin({"a": 2}) == Progress()
    again.finish(keep_shards=False)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_removed_spoils_no_run(tmp_path, monkeypatch, caplog):
    def fail(*paths):
        raise OSError(39, "Directory not empty")

    folder = RunFolder(tmp_path / "run")
    folder.begin({})
    monkeypatch.setattr("evalmuse_hf.scoring.run_folder.os.replace", fail)
    folder.finish(keep_shards=False)
    assert "cannot be removed" in caplog.text


def test_damaged_settings_can_be_thrown_away_and_foreign_files_cannot(tmp_path):
    (tmp_path / "_run.json").write_text("{")
    folder = RunFolder(tmp_path)
    assert folder.begin({}, restart=True) == Progress()
    folder.close()
    (tmp_path / "_run.json").unlink()
    (tmp_path / "part-0001.parquet").write_bytes(b"of another program")
    with pytest.raises(RunError, match="Parquet files of no run"):
        RunFolder(tmp_path).begin({}, restart=True)
