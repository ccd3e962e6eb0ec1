import os

import datasets
import pyarrow.parquet
import pytest
import yaml

from evalmuse_hf.data import EvalMuse40K, ReleaseError, build_dataset
from evalmuse_hf.schema import pair_features


def files_below(folder) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_load_dataset_reads_the_folder_from_its_card(raw, tmp_path, monkeypatch):
    report = build_dataset(raw, tmp_path / "evalmuse-40k")
    assert (report.n_records, report.n_pairs, report.dropped) == (6, 6, {})
    assert report.splits["test"].n_rated == 1
    monkeypatch.chdir(tmp_path)
    pairs = datasets.load_dataset("evalmuse-40k")
    assert {name: len(split) for name, split in pairs.items()} == {"train": 4, "test": 2}
    assert pairs["train"].features == pair_features()
    assert list(pairs["test"]["overall_score"]) == [2.5, None]
    assert pairs["train"][0]["image"].size == (8, 6)
    streamed = datasets.load_dataset(str(tmp_path / "evalmuse-40k"), "pairs", split="test", streaming=True)
    assert [row["generator"] for row in streamed] == ["SDXL", "Turbo"]


def test_the_folder_holds_the_card_and_parquet_and_nothing_else(raw, tmp_path):
    out = tmp_path / "built" / "pairs"
    build_dataset(raw, out)
    expected = {"README.md", "data/train-00000-of-00001.parquet", "data/test-00000-of-00001.parquet"}
    assert files_below(out) == expected
    assert os.listdir(out.parent) == ["pairs"]  # no temporary folder stays


def test_pictures_are_inside_the_parquet_files(raw, tmp_path):
    build_dataset(raw, tmp_path / "out")
    table = pyarrow.parquet.read_table(tmp_path / "out" / "data" / "train-00000-of-00001.parquet")
    embedded = [image["bytes"] for image in table["image"].to_pylist()]
    assert embedded[0] == (raw / "images" / "SDXL" / "00001.png").read_bytes()
    assert all(embedded)


def test_a_split_may_have_several_files(raw, tmp_path, monkeypatch):
    monkeypatch.setattr(EvalMuse40K, "DEFAULT_WRITER_BATCH_SIZE", 1)  # a file ends only between two writes
    build_dataset(raw, tmp_path / "out", max_shard_size=1)
    shards = [name for name in files_below(tmp_path / "out") if name.startswith("data/train")]
    assert len(shards) > 1
    pairs = datasets.load_dataset(str(tmp_path / "out"), split="train")
    assert list(pairs["image_path"]) == ["SDXL/00001.png", "Turbo/00001.png", "SDXL/00002.png", "Turbo/00002.png"]


def test_the_declared_sizes_are_those_of_the_files(raw, tmp_path):
    build_dataset(raw, tmp_path / "out")
    info = yaml.safe_load((tmp_path / "out" / "README.md").read_text("utf-8").split("---\n")[1])["dataset_info"]
    assert [(split["name"], split["num_examples"]) for split in info["splits"]] == [("train", 4), ("test", 2)]
    assert info["download_size"] == sum(path.stat().st_size for path in (tmp_path / "out" / "data").iterdir())


def test_what_was_dropped_is_in_the_report_and_in_the_card(write_raw, record, tmp_path):
    raw = write_raw(train=[record(), record(img_path="A/1.png", total_score=[0]), record(img_path="A/2.png")])
    (raw / "images" / "A" / "2.png").write_bytes(b"")
    report = build_dataset(raw, tmp_path / "out")
    assert report.splits["train"].dropped == {"bad_total_score": 1, "undecodable_picture": 1}
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "| train | `bad_total_score` | 1 |" in card
    assert "| train | 3 | 1 | 1 | 1 |" in card
    assert str(tmp_path) not in card


def test_building_twice_replaces_the_first(raw, write_raw, record, tmp_path):
    out = tmp_path / "out"
    build_dataset(raw, out)
    build_dataset(write_raw(train=[record()], name="other"), out)
    assert files_below(out) == {"README.md", "data/train-00000-of-00001.parquet"}
    assert len(datasets.load_dataset(str(out), split="train")) == 1


def test_a_failed_build_leaves_the_earlier_one(raw, tmp_path):
    out = tmp_path / "out"
    build_dataset(raw, out)
    before = {name: (out / name).read_bytes() for name in files_below(out)}
    (raw / "images" / "SDXL" / "00001.png").unlink()
    with pytest.raises(ReleaseError, match=r"record 0, `img_path`: found no file 'SDXL/00001.png'"):
        build_dataset(raw, out, strict=True)
    assert {name: (out / name).read_bytes() for name in files_below(out)} == before
    assert sorted(os.listdir(tmp_path)) == ["out", "raw"]


def test_strict_names_a_bad_record(write_raw, record, tmp_path):
    raw = write_raw(train=[record(), record(img_path="A/1.png", total_score=[0])])
    with pytest.raises(ReleaseError, match=r"record 1, `total_score`: expected whole numbers from 1 to 5"):
        build_dataset(raw, tmp_path / "out", strict=True)
    assert not (tmp_path / "out").exists()


def test_a_folder_with_other_things_is_not_overwritten(raw, tmp_path):
    with pytest.raises(ValueError, match=r"holds something else than an earlier build \('eval.json', for one\)"):
        build_dataset(raw, raw)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "README.md").write_text("mine", "utf-8")
    with pytest.raises(ValueError, match="holds something else than an earlier build"):
        build_dataset(raw, tmp_path / "notes")
    with pytest.raises(ValueError, match="is a file"):
        build_dataset(raw, raw / "test.json")


def test_an_empty_folder_is_used(raw, tmp_path):
    (tmp_path / "out").mkdir()
    assert build_dataset(raw, tmp_path / "out").n_pairs == 6
