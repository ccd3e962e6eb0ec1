"""The raw release of the drawn world."""

import json

import numpy as np
import pytest

from evalmuse_hf.mini.release import write_release
from evalmuse_hf.mini.vocabulary import is_test_prompt
from evalmuse_hf.schema import CATEGORIES, Element


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    folder = tmp_path_factory.mktemp("release") / "raw"
    summary = write_release(folder, train_prompts=30, test_prompts=60, seed=3)
    assert (summary.train_pairs, summary.test_pairs) == (150, 300)
    return folder


def read(raw, name):
    return json.loads((raw / name).read_text("utf-8"))


def test_every_record_has_its_picture_and_the_official_fields(raw):
    fields = {
        "prompt_id", "prompt", "type", "img_path", "total_score", "element_score", "promt_meaningless",
        "split_confidence", "attribute_confidence", "fidelity_label",
    }  # fmt: skip
    for record in read(raw, "train_list.json") + read(raw, "test.json"):
        assert set(record) == fields
        assert (raw / "images" / record["img_path"]).is_file()


def test_the_test_file_has_no_labels_and_eval_has_them(raw):
    test, labelled = read(raw, "test.json"), read(raw, "eval.json")
    assert all(record["total_score"] is None for record in test)
    assert all(value is None for record in test for value in record["element_score"].values())
    assert [record["img_path"] for record in test] == [record["img_path"] for record in labelled]
    assert all(len(record["total_score"]) in {3, 6} for record in labelled)


def test_prompts_do_not_straddle_the_sides(raw):
    train = {record["prompt"] for record in read(raw, "train_list.json")}
    test = {record["prompt"] for record in read(raw, "test.json")}
    assert not train & test
    assert not any(map(is_test_prompt, train))


def test_a_quarter_of_the_test_prompts_and_more_shows_a_pair_that_training_never_does(raw):
    truth = read(raw, "drawn_truth.json")
    novel = {record["prompt"]: truth[record["img_path"]]["novel"] for record in read(raw, "test.json")}
    assert sum(novel.values()) / len(novel) >= 0.25


def test_the_ranking_prompts_are_new_and_have_elements_without_scores(raw):
    ranked = read(raw, "prompt_t2i.json")
    rated = {record["prompt"] for name in ("train_list.json", "test.json") for record in read(raw, name)}
    assert len(ranked) == 60
    assert not set(ranked) & rated
    for prompt, record in ranked.items():
        assert record["prompt"] == prompt
        assert set(record["element_score"].values()) == {None}


def test_keys_are_as_dirty_as_released_ones_and_parse(raw):
    keys = {key for record in read(raw, "train_list.json") for key in record["element_score"]}
    assert any(key.endswith("(Color) ") for key in keys)
    assert any("(object-" in key for key in keys)
    assert {Element.parse(key).category for key in keys} <= set(CATEGORIES)


def test_structural_faults_are_recorded(raw):
    truth = read(raw, "drawn_truth.json")
    for record in read(raw, "train_list.json"):
        labels = "".join(record["fidelity_label"])
        assert not labels or truth[record["img_path"]]["faults"]
    assert any("".join(record["fidelity_label"]) for record in read(raw, "train_list.json"))


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        write_release(tmp_path / name, train_prompts=3, test_prompts=3, seed=1)
    one, two = (sorted(p for p in (tmp_path / name).rglob("*") if p.is_file()) for name in ("one", "two"))
    assert [path.relative_to(tmp_path / "one") for path in one] == [path.relative_to(tmp_path / "two") for path in two]
    assert all(first.read_bytes() == second.read_bytes() for first, second in zip(one, two, strict=True))


def test_more_pictures_than_generators_carry_a_suffix(tmp_path):
    write_release(tmp_path / "raw", train_prompts=1, test_prompts=0, images_per_prompt=7, seed=1)
    names = sorted(path.name for path in (tmp_path / "raw" / "images").rglob("*.png"))
    assert names == ["00000.png"] * 5 + ["00000_1.png"] * 2


def test_a_folder_with_files_is_refused(tmp_path):
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(ValueError, match="already contains files"):
        write_release(tmp_path, train_prompts=1, test_prompts=1, seed=0)


def test_truth_agrees_with_the_majority_of_the_raters(raw):
    truth = read(raw, "drawn_truth.json")
    agree = [
        (np.mean(answers) >= 0.5) == bool(truth[record["img_path"]]["elements"][key])
        for record in read(raw, "train_list.json")
        for key, answers in record["element_score"].items()
    ]
    assert np.mean(agree) > 0.93
