import hashlib
import json

import datasets
import pytest

from evalmuse_hf.data import EvalMuse40K, ReleaseError
from evalmuse_hf.schema import pair_features


def prepare(raw, tmp_path, **options) -> EvalMuse40K:
    builder = EvalMuse40K(config_name="pairs", data_dir=raw, cache_dir=str(tmp_path / "cache"), **options)
    builder.download_and_prepare()
    return builder


def test_the_builder_makes_both_splits_with_the_promised_columns(raw, tmp_path):
    pairs = prepare(raw, tmp_path).as_dataset()
    assert {name: len(split) for name, split in pairs.items()} == {"train": 4, "test": 2}
    assert pairs["train"].features == pair_features()


def test_a_row_holds_the_picture_as_released_and_its_ratings(raw, tmp_path):
    train = prepare(raw, tmp_path).as_dataset(split="train")
    row = train.cast_column("image", datasets.Image(decode=False))[0]
    content = (raw / "images" / "SDXL" / "00001.png").read_bytes()
    assert row["image"]["bytes"] == content
    assert row["content_hash"] == hashlib.sha256(content).hexdigest()
    assert row["overall_ratings"] == [4, 5, 3]
    assert row["overall_score"] == 4.0
    assert row["prompt_variance"] == 2.0  # means 4 and 2
    assert row["elements"][1] == {
        "text": "red",
        "category": "color",
        "raw_category": "Color",
        "ratings": [1, 1, 1],
        "score": 1.0,
        "spans": [[4, 7]],
    }
    assert train[0]["image"].size == (8, 6)


def test_bad_pictures_are_dropped_counted_and_left_out_of_the_variance(write_raw, record, tmp_path):
    train = [record(img_path=f"SDXL/{index}.png", total_score=[1 + index]) for index in range(4)]
    raw = write_raw(train=train, undrawn=("SDXL/0.png",))
    (raw / "images" / "SDXL" / "3.png").write_bytes(b"not a picture")
    builder = prepare(raw, tmp_path)
    report = builder.reports["train"]
    assert report.dropped == {"missing_picture": 1, "undecodable_picture": 1}
    assert [(problem.file, problem.row) for problem in report.problems] == [
        ("train_list.json", 0),
        ("train_list.json", 3),
    ]
    assert (report.n_records, report.n_pairs) == (4, 2)
    kept = builder.as_dataset(split="train")
    assert list(kept["overall_score"]) == [2.0, 3.0]
    assert list(kept["prompt_variance"]) == [0.5, 0.5]


def test_a_changed_release_is_not_served_from_the_cache(raw, tmp_path):
    prepare(raw, tmp_path)
    records = json.loads((raw / "train_list.json").read_text("utf-8"))
    (raw / "train_list.json").write_text(json.dumps(records[:1]), "utf-8")
    assert len(prepare(raw, tmp_path).as_dataset(split="train")) == 1


def test_nothing_left_is_an_error_and_not_an_empty_split(write_raw, record, tmp_path):
    raw = write_raw(train=[record()], undrawn=("SDXL/00001.png",))
    with pytest.raises(datasets.exceptions.DatasetGenerationError) as caught:
        prepare(raw, tmp_path)
    assert "all 1 records were dropped ({'missing_picture': 1})" in str(caught.value.__cause__)


def test_strict_stops_at_the_first_bad_picture(raw, tmp_path):
    (raw / "images" / "Turbo" / "00001.png").unlink()
    with pytest.raises(datasets.exceptions.DatasetGenerationError) as caught:
        prepare(raw, tmp_path, strict=True)
    assert "train_list.json, record 1, `img_path`: found no file" in str(caught.value.__cause__)


def test_a_folder_is_needed():
    with pytest.raises(ReleaseError, match="`data_dir` is missing"):
        EvalMuse40K(config_name="pairs")


def test_an_unknown_configuration_is_refused(raw):
    with pytest.raises(ValueError, match="'prompts' not found"):
        EvalMuse40K(config_name="prompts", data_dir=raw)
