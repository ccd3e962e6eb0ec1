import pyarrow.parquet as pq
import pytest

from evalmuse_hf.data.features import config_features
from evalmuse_hf.data.raw_release import open_release
from evalmuse_hf.data.scan import scan_splits, split_sources
from evalmuse_hf.data.shards import ShardTask, finished_shard, plan_shards, shard_folder, write_shard
from evalmuse_hf.data.sources import PromptGroup


def sizes(shards) -> list[list[int]]:
    return [[group.n_bytes for group in shard] for shard in shards]


def test_a_shard_is_full_before_the_next_begins_and_prompts_stay_whole():
    groups = [PromptGroup(str(index), b"", size) for index, size in enumerate([3, 4, 5, 20, 1])]
    assert sizes(plan_shards(groups, max_bytes=8)) == [[3, 4], [5], [20], [1]]


def test_without_a_limit_a_small_release_is_one_shard_and_a_large_one_has_about_sixteen():
    small = [PromptGroup(str(index), b"", 1000) for index in range(100)]
    assert len(list(plan_shards(small))) == 1
    large = [PromptGroup(str(index), b"", 5_000_000) for index in range(400)]
    assert len(list(plan_shards(large))) == 16
    assert list(plan_shards([])) == []


@pytest.fixture
def task(raw, tmp_path):
    scan = scan_splits(split_sources(open_release(raw, scratch=tmp_path)))["train"]
    return ShardTask(index=7, split="train", fold=None, source=scan.source, groups=scan.groups)


@pytest.fixture
def schemas():
    return {name: config_features(name).arrow_schema for name in ("pairs", "prompts", "ratings")}


def test_a_finished_shard_is_found_with_what_became_of_it(task, schemas, tmp_path):
    assert finished_shard(tmp_path, 7) is None
    result = write_shard(task, tmp_path, schemas)
    assert finished_shard(tmp_path, 7) == result
    assert (result.n_pairs, result.n_rated, result.n_prompts) == (4, 4, 2)
    assert result.rows == {"pairs": 4, "prompts": 2, "ratings": 2 * (3 + 9) + 2 * 2}
    for name, rows in result.rows.items():
        assert pq.read_metadata(shard_folder(tmp_path, 7) / f"{name}.parquet").num_rows == rows


def test_an_interrupted_shard_is_not_finished(task, schemas, tmp_path, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("evalmuse_hf.data.shards.file_sha256", stop)
    with pytest.raises(KeyboardInterrupt):
        write_shard(task, tmp_path, schemas)
    assert finished_shard(tmp_path, 7) is None


def test_row_groups_are_small_enough_to_read_one_row(task, schemas, tmp_path, monkeypatch):
    monkeypatch.setattr("evalmuse_hf.data.shards._ROW_GROUP_ROWS", 3)
    write_shard(task, tmp_path, schemas)
    metadata = pq.read_metadata(shard_folder(tmp_path, 7) / "pairs.parquet")
    assert [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)] == [3, 1]
