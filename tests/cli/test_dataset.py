import json
import logging

import pytest
from PIL import Image

from evalmuse_hf.cli.main import main


@pytest.fixture
def raw(tmp_path):
    records = [
        {
            "prompt_id": str(row),
            "prompt": "a cat",
            "type": "real",
            "img_path": f"SDXL/{row}.png",
            "total_score": score,
            "element_score": {"a cat (animal)": [1, 0, 1]},
        }
        for row, score in enumerate(([4, 4, 5], [9], [1, 2, 1]))
    ]
    folder = tmp_path / "raw"
    (folder / "images" / "SDXL").mkdir(parents=True)
    (folder / "train_list.json").write_text(json.dumps(records), "utf-8")
    for record in records:
        Image.new("RGB", (4, 4)).save(folder / "images" / record["img_path"])
    return folder


def test_build_prints_what_came_in_and_what_was_dropped(raw, tmp_path, capsys):
    assert main(["dataset", "build", str(raw), str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[1].split() == ["train", "3", "2", "2", "1", "bad_total_score", "1"]
    assert printed.splitlines()[-1] == str(tmp_path / "out")
    assert (tmp_path / "out" / "README.md").is_file()


def test_build_names_the_dropped_records(raw, tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        main(["dataset", "build", str(raw), str(tmp_path / "out")])
    assert "train_list.json, record 1, `total_score`" in caplog.text


def test_build_prints_json_if_asked(raw, tmp_path, capsys):
    assert main(["dataset", "build", str(raw), str(tmp_path / "out"), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["format"] == 1
    assert report["out"] == str(tmp_path / "out")
    train = report["splits"]["train"]
    assert (train["records"], train["pairs"], train["rated"], train["prompts"]) == (3, 2, 2, 1)
    assert train["dropped"] == {"bad_total_score": 1}
    assert [problem["row"] for problem in train["problems"]] == [1]


def test_build_says_where_a_dev_split_comes_from(raw, tmp_path, capsys):
    records = json.loads((raw / "train_list.json").read_text("utf-8"))
    records[2] |= {"prompt": "a dog with a cat", "prompt_id": "dog"}
    (raw / "train_list.json").write_text(json.dumps(records), "utf-8")
    blind = {
        **records[0],
        "prompt": "another cat",
        "prompt_id": "t",
        "img_path": "SDXL/1.png",
        "total_score": None,
        "element_score": {},
    }
    (raw / "test.json").write_text(json.dumps([blind]), "utf-8")
    assert main(["dataset", "build", str(raw), str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert "dev was taken from the training prompts because test has no ratings; --dev 0" in printed
    assert main(["dataset", "build", str(raw), str(tmp_path / "out"), "--dev", "0"]) == 0
    assert "dev was taken" not in capsys.readouterr().out


def test_build_takes_a_list_of_ones_own_ratings(raw, tmp_path, capsys):
    (raw / "mine.csv").write_text("image,prompt,ratings\nimages/SDXL/0.png,a cat,4;5\n", "utf-8")
    assert main(["dataset", "build", str(raw / "mine.csv"), str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:3] == ["train", "1", "1"]


def test_build_names_the_elements_that_are_not_in_their_prompt(raw, tmp_path, capsys):
    records = json.loads((raw / "train_list.json").read_text("utf-8"))
    for record in records:
        record["element_score"] = {"a dog (animal)": [1, 0, 1]}
    (raw / "train_list.json").write_text(json.dumps(records), "utf-8")
    assert main(["dataset", "build", str(raw), str(tmp_path / "out"), "--json"]) == 0
    split = json.loads(capsys.readouterr().out)["splits"]["train"]
    assert split["element_statuses"] == {"unmatched": 1}
    assert split["element_problems"] == [{"element": "a dog", "prompt": "a cat", "status": "unmatched"}]


def test_a_strict_build_stops_with_one_sentence(raw, tmp_path, capsys):
    assert main(["dataset", "build", str(raw), str(tmp_path / "out"), "--strict"]) == 2
    message = capsys.readouterr().err.splitlines()[-1]
    assert message.startswith("evalmuse dataset: train_list.json, record 1, `total_score`: expected whole numbers")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["build", "absent", "out"], "There is no 'absent'; give the folder of the raw release"),
        (["mini", "raw", "--prompts", "1"], "--prompts must be at least 2"),
        (["build", "raw", "raw"], "holds something else than an earlier build"),
        (["mini", "raw/train_list.json"], "is a file"),
    ],
)
def test_a_mistake_is_one_sentence_and_status_2(raw, tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert main(["dataset", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_the_drawn_release_builds_without_a_dropped_record(tmp_path, capsys):
    raw, out = tmp_path / "raw", tmp_path / "out"
    assert main(["dataset", "mini", str(raw), "--prompts", "4", "--seed", "1"]) == 0
    assert capsys.readouterr().out.strip() == str(raw)
    assert main(["dataset", "build", str(raw), str(out), "--strict", "--json"]) == 0
    splits = json.loads(capsys.readouterr().out)["splits"]
    assert {name: split["prompts"] for name, split in splits.items()} == {"train": 3, "test": 1}
    assert all(split["rated"] == split["pairs"] == split["records"] for split in splits.values())
