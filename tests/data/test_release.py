import pytest

from evalmuse_hf.data import ReleaseError, read_release
from evalmuse_hf.data.identity import prompt_identity


def test_a_split_is_read_in_the_released_order(raw):
    released = read_release(raw, split="train")
    assert released.n_records == 4
    assert [pair.image_path for pair in released.pairs] == [
        "SDXL/00001.png",
        "Turbo/00001.png",
        "SDXL/00002.png",
        "Turbo/00002.png",
    ]
    assert released.problems == ()


def test_the_ratings_of_test_records_come_from_the_labels_file(raw):
    released = read_release(raw, split="test")
    assert [pair.overall_ratings for pair in released.pairs] == [(2, 2, 5, 1, 2, 3), None]
    assert released.pairs[0].element_ratings == ((1, 0, 1, 0, 1, 1),)


def test_a_release_without_labels_has_an_unrated_test_split(write_raw, record):
    raw = write_raw(test=[record(total_score=None, element_score={"cats (animal)": None})])
    (pair,) = read_release(raw, split="test").pairs
    assert pair.overall_ratings is None
    assert pair.element_ratings == (None,)


def test_bad_records_are_dropped_and_named(write_raw, record):
    raw = write_raw(
        train=[record(), "nonsense", record(img_path="SDXL/2.png", total_score=[9]), record(img_path="SDXL/3.png")]
    )
    released = read_release(raw, split="train")
    assert [pair.image_path for pair in released.pairs] == ["SDXL/00001.png", "SDXL/3.png"]
    assert [(problem.row, problem.field) for problem in released.problems] == [(1, "record"), (2, "total_score")]
    assert str(released.problems[1]) == (
        "train_list.json, record 2, `total_score`: expected whole numbers from 1 to 5, one per rater, got [9]"
    )
    assert [problem.reason for problem in released.problems] == ["bad_record", "bad_total_score"]


def test_strict_reading_stops_at_the_first_problem(write_raw, record):
    raw = write_raw(train=[record(), record(img_path="SDXL/2.png", prompt=None)])
    with pytest.raises(ReleaseError, match=r"train_list.json, record 1, `prompt`: expected a text"):
        read_release(raw, split="train", strict=True)


def test_a_picture_counts_once(write_raw, record):
    released = read_release(write_raw(train=[record(), record()]), split="train")
    assert len(released.pairs) == 1
    assert [problem.reason for problem in released.problems] == ["duplicate_img_path"]


def test_pairs_of_one_prompt_never_straddle_the_splits(write_raw, record):
    spellings = ["Two red cats on a sofa.", " two red  cats on a sofa.\n", "a dog"]
    train = [record(prompt=text, prompt_id=text, img_path=f"SDXL/{index}.png") for index, text in enumerate(spellings)]
    raw = write_raw(train=train, test=[record(img_path="Turbo/9.png")])
    sides = {split: read_release(raw, split=split) for split in ("train", "test")}
    prompts = {split: {prompt_identity(pair.prompt.text) for pair in side.pairs} for split, side in sides.items()}
    assert prompts == {"train": {"a dog"}, "test": {"two red cats on a sofa."}}
    assert [problem.reason for problem in sides["train"].problems] == ["prompt_in_test"] * 2


def test_labels_for_unknown_pictures_are_counted(write_raw, record):
    raw = write_raw(test=[record()], eval_=[record(), record(img_path="SDXL/7.png"), "nonsense"])
    released = read_release(raw, split="test")
    assert len(released.pairs) == 1
    assert released.n_records == 3
    assert [problem.reason for problem in released.problems] == ["not_in_test"] * 2


def test_a_bad_label_is_reported_at_its_place_in_the_labels_file(write_raw, record):
    raw = write_raw(test=[record(total_score=None)], eval_=[record(img_path="SDXL/5.png"), record(total_score=[7])])
    (bad, unclaimed) = read_release(raw, split="test").problems
    assert (unclaimed.file, unclaimed.row, unclaimed.reason) == ("eval.json", 0, "not_in_test")
    assert (bad.file, bad.row, bad.field) == ("eval.json", 1, "total_score")


def test_a_missing_split_is_refused_with_those_that_exist(write_raw, record):
    with pytest.raises(ReleaseError, match="has no split 'test'; it has train"):
        read_release(write_raw(train=[record()]), split="test")
