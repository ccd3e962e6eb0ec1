import pytest

from evalmuse_hf.scoring import merging
from evalmuse_hf.scoring.merging import merge_shards
from evalmuse_hf.scoring.run_folder import RunError, RunFolder, ShardPlace
from evalmuse_hf.scoring.scores import read_scores


def row(number, **more):
    return {"id": number, "overall_score": 1.5, "elements": [], "status": "ok", "message": None, **more}


@pytest.fixture
def folder(tmp_path):
    folder = RunFolder(tmp_path / "parts")
    folder.begin({})
    yield folder
    folder.close()


@pytest.mark.parametrize("ending", ["parquet", "jsonl", "csv"])
def test_shards_are_put_together_in_the_order_of_the_rows(folder, tmp_path, monkeypatch, ending):
    monkeypatch.setattr(merging, "_ROWS_PER_GROUP", 2)
    places = [ShardPlace(1, 0), ShardPlace(0, 10), ShardPlace(0, 2)]
    shards = [folder.write(place, [row(3 * place.part + place.block)], {}) for place in places]
    path = tmp_path / "new" / f"s.{ending}"
    merge_shards(folder, shards, path, {"scorer": "x"})
    scores = read_scores(path)
    assert [int(each["id"]) for each in scores.rows] == [2, 10, 3]
    assert scores.provenance["scorer"] == "x"
    assert sorted(file.name for file in path.parent.iterdir()) == sorted(
        {path.name, *([] if ending == "parquet" else [f"s.{ending}.provenance.json"])}
    )


def test_json_lines_are_as_the_rows_were(folder, tmp_path):
    answers = [{"question": "Is it?", "yes": 0.5, "no": 0.25, "text": None}]
    element = {"text": "cat", "category": None, "score": 0.5, "status": "ok"}
    rows = [
        row(1, seed="a", elements=[element]),
        row(2, seed={"b": 1}, elements=[{**element, "answers": answers}], prompt_answers=answers),
    ]
    shards = [folder.write(ShardPlace(0, block), [each], {}) for block, each in enumerate(rows)]
    merge_shards(folder, shards, tmp_path / "s.jsonl", {})
    assert [dict(each) for each in read_scores(tmp_path / "s.jsonl").rows] == rows


def test_a_shard_that_changed_is_refused_and_removed(folder, tmp_path):
    shard = folder.write(ShardPlace(0, 0), [row(1)], {})
    file = folder.path / shard.place.file_name
    file.write_bytes(b"x" + file.read_bytes()[1:])
    with pytest.raises(RunError, match="is damaged; run the same command again"):
        merge_shards(folder, [shard], tmp_path / "s.parquet", {})
    assert not file.exists()
    assert not (tmp_path / "s.parquet").exists()


def test_what_another_session_scored_with_is_told(folder, tmp_path):
    shards = [
        folder.write(ShardPlace(0, block), [row(block)], {"scorer": "x", "device": device})
        for block, device in enumerate(("cuda", "cpu"))
    ]
    merge_shards(folder, shards, tmp_path / "s.parquet", {"scorer": "x", "device": "cpu"})
    provenance = read_scores(tmp_path / "s.parquet").provenance
    assert provenance["other_sessions"] == [{"scorer": "x", "device": "cuda"}]
    merge_shards(folder, shards[1:], tmp_path / "t.parquet", {"scorer": "x", "device": "cpu"})
    assert "other_sessions" not in read_scores(tmp_path / "t.parquet").provenance
