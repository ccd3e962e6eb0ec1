import json
import os
import shutil
import signal
import subprocess
import sys
import time

import datasets
import pyarrow.parquet as pq
import pytest
import yaml
from PIL import Image

from evalmuse_hf.data import ReleaseError, build_dataset
from evalmuse_hf.data.features import config_features
from evalmuse_hf.data.shards import write_shard
from evalmuse_hf.schema import pair_features


def files_below(folder) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def rows_of(out) -> dict[str, list]:
    return {
        path.relative_to(out).as_posix(): pq.read_table(path).to_pylist() for path in sorted(out.glob("*/*.parquet"))
    }


@pytest.fixture
def many(write_raw, record):
    """Twelve prompts with two pictures each."""
    train = [
        record(
            prompt=f"{number} red cats",
            prompt_id=str(number),
            img_path=f"{model}/{number}.png",
            total_score=[1 + rank],
        )
        for number in range(12)
        for rank, model in enumerate(("A", "B"))
    ]
    return write_raw(train=train, name="many")


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
    assert len(datasets.load_dataset("evalmuse-40k", split="train[:50%]")) == 2


def test_every_configuration_has_its_columns_and_rows(raw, tmp_path):
    out = tmp_path / "out"
    build_dataset(raw, out)
    assert datasets.get_dataset_config_names(str(out)) == ["pairs", "prompts", "ratings"]
    prompts = datasets.load_dataset(str(out), "prompts", split="train")
    assert prompts.features == config_features("prompts")
    assert prompts[0] | {"elements": 0} == {
        "prompt_id": "00001",
        "prompt": "Two red cats on a sofa.",
        "source": "real",
        "synthetic_type": None,
        "elements": 0,
        "n_pairs": 2,
        "overall_score": 3.0,  # the pictures have 4 and 2
        "prompt_variance": 2.0,
    }
    ratings = datasets.load_dataset(str(out), "ratings", split="test")
    assert ratings.features == config_features("ratings")
    overall = [row["rating"] for row in ratings if row["target"] == "overall"]
    assert overall == [2, 2, 5, 1, 2, 3]
    assert {row["rater_id"] for row in ratings} == {None}


def test_the_ranking_prompts_are_a_configuration_of_their_own(raw, tmp_path):
    ranked = {
        "a red cat": {"prompt": "a red cat", "element_score": {"red (color)": None, "cat (animal)": None}},
        "": {"prompt": "", "element_score": {}},
    }
    (raw / "prompt_t2i.json").write_text(json.dumps(ranked), "utf-8")
    report = build_dataset(raw, tmp_path / "out")
    assert (report.n_ranking_prompts, len(report.ranking_problems)) == (1, 1)
    (row,) = datasets.load_dataset(str(tmp_path / "out"), "ranking_prompts", split="test")
    assert (row["prompt_id"], row["prompt"]) == ("00000", "a red cat")
    assert [(element["category"], element["spans"]) for element in row["elements"]] == [
        ("color", [[2, 5]]),
        ("animal/human", [[6, 9]]),
    ]
    with pytest.raises(
        ReleaseError, match=r"prompt_t2i.json, record 1, `record`: expected a prompt with its elements"
    ):
        build_dataset(raw, tmp_path / "strict", strict=True)


def test_the_folder_holds_nothing_but_the_data_set(raw, tmp_path):
    out = tmp_path / "built" / "pairs"
    report = build_dataset(raw, out)
    parquet = {
        f"{folder}/{split}-00000-of-00001.parquet"
        for folder in ("data", "prompts", "ratings")
        for split in ("train", "test")
    }
    assert files_below(out) == {"README.md", "build.json", *parquet}
    assert os.listdir(out.parent) == ["pairs"]  # nothing is written beside it
    assert set(report.files) == parquet


def test_build_json_says_what_was_counted_and_written(raw, tmp_path):
    report = build_dataset(raw, tmp_path / "out")
    noted = json.loads((tmp_path / "out" / "build.json").read_text("utf-8"))
    assert noted == json.loads(json.dumps(report.as_json()))
    assert noted["stages"][0] == {"stage": "records", "in": 6, "out": 6, "dropped": {}}
    for name, facts in noted["files"].items():
        assert facts["rows"] == pq.read_metadata(tmp_path / "out" / name).num_rows
        assert facts["bytes"] == (tmp_path / "out" / name).stat().st_size


def test_pictures_are_inside_the_parquet_files(raw, tmp_path):
    build_dataset(raw, tmp_path / "out")
    table = pq.read_table(tmp_path / "out" / "data" / "train-00000-of-00001.parquet")
    embedded = [image["bytes"] for image in table["image"].to_pylist()]
    assert embedded[0] == (raw / "images" / "SDXL" / "00001.png").read_bytes()
    assert all(embedded)


def test_a_split_may_have_several_files_and_processes_change_nothing(many, tmp_path):
    build_dataset(many, tmp_path / "one", max_shard_size=300, num_proc=1)
    build_dataset(many, tmp_path / "two", max_shard_size=300, num_proc=2)
    assert len(list((tmp_path / "one" / "data").iterdir())) > 2
    assert rows_of(tmp_path / "one") == rows_of(tmp_path / "two")
    whole = build_dataset(many, tmp_path / "whole")
    assert list(whole.files) == [f"{name}/train-00000-of-00001.parquet" for name in ("data", "prompts", "ratings")]
    pairs = datasets.load_dataset(str(tmp_path / "one"), split="train")
    assert list(pairs["image_path"]) == [f"{model}/{number}.png" for number in range(12) for model in "AB"]


def test_the_declared_sizes_are_those_of_the_files(raw, tmp_path):
    build_dataset(raw, tmp_path / "out")
    card = yaml.safe_load((tmp_path / "out" / "README.md").read_text("utf-8").split("---\n")[1])
    (pairs, *_) = card["dataset_info"]
    assert [(split["name"], split["num_examples"]) for split in pairs["splits"]] == [("train", 4), ("test", 2)]
    assert pairs["download_size"] == sum(path.stat().st_size for path in (tmp_path / "out" / "data").iterdir())


def test_what_was_dropped_is_in_the_report_and_in_the_card(write_raw, record, tmp_path):
    raw = write_raw(train=[record(), record(img_path="A/1.png", total_score=[0]), record(img_path="A/2.png")])
    (raw / "images" / "A" / "2.png").write_bytes(b"")
    report = build_dataset(raw, tmp_path / "out")
    assert report.splits["train"].dropped == {"bad_total_score": 1, "undecodable_picture": 1}
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "| train | `bad_total_score` | 1 |" in card
    assert "| train | 3 | 1 | 1 | 1 |" in card
    assert str(tmp_path) not in card + (tmp_path / "out" / "build.json").read_text("utf-8")


def test_a_dropped_picture_does_not_count_in_the_variance_of_its_prompt(write_raw, record, tmp_path):
    train = [record(img_path=f"SDXL/{index}.png", total_score=[1 + index]) for index in range(4)]
    raw = write_raw(train=train, undrawn=("SDXL/0.png",))
    (raw / "images" / "SDXL" / "3.png").write_bytes(b"not a picture")
    report = build_dataset(raw, tmp_path / "out").splits["train"]
    assert [(problem.reason, problem.row) for problem in report.problems] == [
        ("missing_picture", 0),
        ("undecodable_picture", 3),
    ]
    pairs = datasets.load_dataset(str(tmp_path / "out"), split="train")
    assert list(pairs["prompt_variance"]) == [0.5, 0.5]  # scores 2 and 3


def test_a_prompt_with_many_bytes_is_read_a_second_time(many, tmp_path, monkeypatch):
    build_dataset(many, tmp_path / "held")
    monkeypatch.setattr("evalmuse_hf.data.groups._HELD_BYTES", 0)
    build_dataset(many, tmp_path / "read")
    assert rows_of(tmp_path / "held") == rows_of(tmp_path / "read")


def test_a_test_split_without_ratings_brings_a_dev_split(write_raw, record, tmp_path):
    train = [record(prompt=f"cat {n}", prompt_id=str(n), img_path=f"A/{n}.png") for n in range(20)]
    blind = {"total_score": None, "element_score": {"dog (animal)": None}}
    raw = write_raw(train=train, test=[record(prompt="a dog", prompt_id="d", img_path="A/d.png", **blind)])
    report = build_dataset(raw, tmp_path / "out")
    assert {name: split.n_pairs for name, split in report.splits.items()} == {"train": 18, "dev": 2, "test": 1}
    pairs = datasets.load_dataset(str(tmp_path / "out"))
    assert not set(pairs["train"]["prompt"]) & set(pairs["dev"]["prompt"])
    assert report.n_records == 21
    whole = build_dataset(raw, tmp_path / "whole", dev=0)
    assert list(whole.splits) == ["train", "test"]


def test_folds_share_the_files_of_the_pairs(many, tmp_path):
    build_dataset(many, tmp_path / "out", folds=3)
    out = str(tmp_path / "out")
    assert datasets.get_dataset_config_names(out) == ["pairs", "prompts", "ratings", "fold_0", "fold_1", "fold_2"]
    held = [datasets.load_dataset(out, f"fold_{fold}", split="dev") for fold in range(3)]
    assert [len(fold) for fold in held] == [8, 8, 8]
    assert len({prompt for fold in held for prompt in fold["prompt"]}) == 12
    train = datasets.load_dataset(out, "fold_1", split="train")
    assert not set(train["prompt"]) & set(held[1]["prompt"])
    assert len(datasets.load_dataset(out, split="train")) == 24


def test_building_twice_replaces_the_first(raw, write_raw, record, tmp_path):
    out = tmp_path / "out"
    build_dataset(raw, out)
    (out / "notes.txt").write_text("mine", "utf-8")
    build_dataset(write_raw(train=[record()], name="other"), out)
    folders = ("data", "prompts", "ratings")
    parquet = {f"{folder}/train-00000-of-00001.parquet" for folder in folders}
    assert files_below(out) == {"README.md", "build.json", "notes.txt", *parquet}
    assert len(datasets.load_dataset(str(out), split="train")) == 1


def test_a_failed_build_leaves_the_earlier_one(raw, tmp_path):
    out = tmp_path / "out"
    build_dataset(raw, out)
    before = {name: (out / name).read_bytes() for name in files_below(out)}
    (raw / "images" / "SDXL" / "00001.png").unlink()
    with pytest.raises(ReleaseError, match=r"record 0, `img_path`: .*'SDXL/00001.png'"):
        build_dataset(raw, out, strict=True)
    assert {name: (out / name).read_bytes() for name in files_below(out)} == before
    assert sorted(os.listdir(tmp_path)) == ["out", "raw"]


@pytest.mark.parametrize("num_proc", [1, 2])
def test_strict_stops_at_the_first_bad_picture(raw, tmp_path, num_proc):
    (raw / "images" / "Turbo" / "00001.png").write_bytes(b"nothing")
    with pytest.raises(ReleaseError, match=r"train_list.json, record 1, `img_path`: Cannot read picture"):
        build_dataset(raw, tmp_path / "out", strict=True, num_proc=num_proc)
    assert not (tmp_path / "out").exists()


def test_strict_names_a_bad_record(write_raw, record, tmp_path):
    raw = write_raw(train=[record(), record(img_path="A/1.png", total_score=[0])])
    with pytest.raises(ReleaseError, match=r"record 1, `total_score`: expected whole numbers from 1 to 5"):
        build_dataset(raw, tmp_path / "out", strict=True)
    assert not (tmp_path / "out").exists()


def test_nothing_left_is_an_error_and_not_an_empty_split(write_raw, record, tmp_path):
    raw = write_raw(train=[record()], undrawn=("SDXL/00001.png",))
    (raw / "images").mkdir()
    (raw / "images" / "other.png").touch()
    with pytest.raises(ReleaseError, match=r"all 1 records were dropped \(\{'missing_picture': 1\}\)"):
        build_dataset(raw, tmp_path / "out")
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


def test_options_out_of_range_and_a_missing_release_are_refused(raw, tmp_path):
    with pytest.raises(ValueError, match="`num_proc` must be at least 1, got 0"):
        build_dataset(raw, tmp_path / "out", num_proc=0)
    with pytest.raises(ValueError, match=r"`dev` must be at least 0 and below 1, got 1"):
        build_dataset(raw, tmp_path / "out", dev=1)
    with pytest.raises(ReleaseError, match=r"There is no '.*absent'; give the folder of the raw release"):
        build_dataset(tmp_path / "absent", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_full_disk_is_one_sentence_and_the_next_call_goes_on(many, tmp_path, monkeypatch):
    whole = build_dataset(many, tmp_path / "whole", max_shard_size=300)
    shards = len([name for name in whole.files if name.startswith("data/")])
    written = []

    def write(task, *arguments):
        if task.index == 3:
            raise OSError(28, "No space left on device")
        written.append(task.index)
        return original(task, *arguments)

    original = write_shard
    monkeypatch.setattr("evalmuse_hf.data.workers.write_shard", write)
    with pytest.raises(OSError, match=r"The disk of .* is full; make room and run the same command again"):
        build_dataset(many, tmp_path / "out", max_shard_size=300, num_proc=1)
    assert files_below(tmp_path / "out")
    assert not (tmp_path / "out" / "README.md").exists()
    monkeypatch.setattr(
        "evalmuse_hf.data.workers.write_shard", lambda task, *rest: written.append(task.index) or original(task, *rest)
    )
    build_dataset(many, tmp_path / "out", max_shard_size=300, num_proc=1)
    assert sorted(written) == list(range(shards))  # none twice
    assert rows_of(tmp_path / "out") == rows_of(tmp_path / "whole")
    assert not (tmp_path / "out" / ".build").exists()


def test_work_of_another_plan_is_not_taken_over(many, tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("evalmuse_hf.data.build.finish", stop)
    with pytest.raises(KeyboardInterrupt):
        build_dataset(many, tmp_path / "out", max_shard_size=300)
    monkeypatch.undo()
    records = json.loads((many / "train_list.json").read_text("utf-8"))
    records[0]["total_score"] = [5]
    (many / "train_list.json").write_text(json.dumps(records), "utf-8")
    build_dataset(many, tmp_path / "out", max_shard_size=300)
    assert datasets.load_dataset(str(tmp_path / "out"), split="train")[0]["overall_score"] == 5.0


@pytest.mark.parametrize("step", ["place", "put_in_place"])
def test_an_interruption_of_the_last_moves_is_made_good(many, tmp_path, monkeypatch, step):
    build_dataset(many, tmp_path / "whole", max_shard_size=300)
    moves = []
    replace = os.replace

    def stumble(source, target):
        moves.append(target)
        if len(moves) == (4 if step == "place" else 14):
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr("evalmuse_hf.data.workspace.os.replace", stumble)
    with pytest.raises(KeyboardInterrupt):
        build_dataset(many, tmp_path / "out", max_shard_size=300, num_proc=1)
    monkeypatch.undo()
    assert not (tmp_path / "out" / "README.md").exists()
    report = build_dataset(many, tmp_path / "out", max_shard_size=300)
    assert rows_of(tmp_path / "out") == rows_of(tmp_path / "whole")
    assert report.n_pairs == 24


def test_a_killed_build_goes_on(many, tmp_path):
    for path in (many / "images").rglob("*.png"):
        Image.effect_noise((700, 700), 50).convert("RGB").save(path)
    build_dataset(many, tmp_path / "whole", max_shard_size=600_000)
    out = tmp_path / "out"
    program = (
        f"from evalmuse_hf.data import build_dataset\nif __name__ == '__main__':\n"
        f"    build_dataset({str(many)!r}, {str(out)!r}, max_shard_size=600_000, num_proc=2)\n"
    )
    (tmp_path / "program.py").write_text(program, "utf-8")
    child = subprocess.Popen([sys.executable, str(tmp_path / "program.py")])
    while not list(out.glob(".build/shards/?????")) and child.poll() is None:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not (out / "README.md").exists()
    with pytest.raises((ValueError, FileNotFoundError)):  # what is there does not look like a data set
        datasets.load_dataset(str(out))
    build_dataset(many, out, max_shard_size=600_000)
    assert rows_of(out) == rows_of(tmp_path / "whole")


def test_two_builds_of_one_folder_do_not_mix(raw, tmp_path):
    import filelock

    (tmp_path / "out" / ".build").mkdir(parents=True)
    lock = filelock.FileLock(tmp_path / "out" / ".build" / "lock")
    with lock, pytest.raises(ReleaseError, match=r"Another process is building .*out'; wait for it"):
        build_dataset(raw, tmp_path / "out")
    assert build_dataset(raw, tmp_path / "out").n_pairs == 6


def test_a_file_cut_inside_an_archive_is_named_as_the_user_knows_it(raw, tmp_path):
    content = (raw / "train_list.json").read_bytes()
    (raw / "train_list.json").write_bytes(content[: len(content) // 2])
    archive = shutil.make_archive(str(tmp_path / "release"), "zip", raw)
    with pytest.raises(ReleaseError, match=r"release\.zip: train_list\.json") as caught:
        build_dataset(archive, tmp_path / "out")
    assert ".build" not in str(caught.value)


def test_a_split_without_records_is_named(write_raw, record, tmp_path):
    raw = write_raw(train=[record()], test=[])
    with pytest.raises(ReleaseError, match="Split 'test' of 'raw' holds no records; remove its file, or fill it"):
        build_dataset(raw, tmp_path / "out")
