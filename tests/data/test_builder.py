import hashlib
import json
import shutil
import zipfile

import datasets
import pytest

from evalmuse_hf.data import EvalMuse40K, ReleaseError, build_dataset
from evalmuse_hf.data.features import config_features
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
    assert [(problem.reason, problem.row) for problem in builder.problems["train"]] == [
        ("missing_picture", 0),
        ("undecodable_picture", 3),
    ]
    kept = builder.as_dataset(split="train")
    assert list(kept["overall_score"]) == [2.0, 3.0]
    assert list(kept["prompt_variance"]) == [0.5, 0.5]


@pytest.mark.parametrize("config", ["pairs", "prompts", "ratings"])
def test_the_builder_and_the_build_make_the_same_rows(raw, tmp_path, config):
    build_dataset(raw, tmp_path / "out")
    builder = EvalMuse40K(config_name=config, data_dir=raw, cache_dir=str(tmp_path / "cache"))
    builder.download_and_prepare()
    built = datasets.load_dataset(str(tmp_path / "out"), config)
    assert list(builder.as_dataset()) == list(built)
    for split, expected in built.items():
        rows = builder.as_dataset(split=split)
        assert rows.features == expected.features == config_features(config)
        assert rows.to_list() == expected.to_list()


def test_several_processes_and_streaming_give_the_same_rows(raw, tmp_path):
    alone = prepare(raw, tmp_path / "a").as_dataset(split="train").to_list()
    builder = EvalMuse40K(data_dir=raw, cache_dir=str(tmp_path / "b"))
    builder.download_and_prepare(num_proc=2)
    assert builder.as_dataset(split="train").to_list() == alone
    streamed = EvalMuse40K(data_dir=raw, cache_dir=str(tmp_path / "c")).as_streaming_dataset(split="train")
    assert [row["image_path"] for row in streamed] == [row["image_path"] for row in alone]


def test_an_archive_is_read_without_unpacking_it(raw, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "release"), "zip", raw)
    alone = prepare(raw, tmp_path / "a").as_dataset(split="train").to_list()
    assert prepare(archive, tmp_path / "b").as_dataset(split="train").to_list() == alone


def test_strict_stops_at_a_bad_member_of_an_archive(raw, tmp_path):
    with zipfile.ZipFile(shutil.make_archive(str(tmp_path / "release"), "zip", raw), "a") as archive:
        archive.writestr("../evil.png", b"x")
    assert prepare(tmp_path / "release.zip", tmp_path).as_dataset(split="train").num_rows == 4
    with pytest.raises(ReleaseError, match=r"mend it, or build without `strict`"):
        EvalMuse40K(data_dir=tmp_path / "release.zip", cache_dir=str(tmp_path), strict=True)


def test_the_ranking_prompts_come_from_their_file(raw, tmp_path):
    with pytest.raises(ReleaseError, match=r"has no prompt_t2i.json"):
        EvalMuse40K(config_name="ranking_prompts", data_dir=raw, cache_dir=str(tmp_path)).download_and_prepare()
    (raw / "prompt_t2i.json").write_text(json.dumps({"a cat": {"prompt": "a cat", "element_score": {}}}), "utf-8")
    builder = EvalMuse40K(config_name="ranking_prompts", data_dir=raw, cache_dir=str(tmp_path))
    builder.download_and_prepare()
    assert list(builder.as_dataset(split="test")["prompt"]) == ["a cat"]


def test_a_changed_release_is_not_served_from_the_cache(raw, tmp_path):
    prepare(raw, tmp_path)
    records = json.loads((raw / "train_list.json").read_text("utf-8"))
    (raw / "train_list.json").write_text(json.dumps(records[:1]), "utf-8")
    assert len(prepare(raw, tmp_path).as_dataset(split="train")) == 1


def test_nothing_left_is_an_error_and_not_an_empty_split(write_raw, record, tmp_path):
    raw = write_raw(train=[record()])
    picture = raw / "images" / "SDXL" / "00001.png"
    picture.write_bytes(b"not a picture")
    with pytest.raises(datasets.exceptions.DatasetGenerationError) as caught:
        prepare(raw, tmp_path)
    assert "Nothing is left of split 'train' of 'raw': {'undecodable_picture': 1}" in str(caught.value.__cause__)
    picture.rename(picture.with_name("2.png"))
    with pytest.raises(ReleaseError, match=r"all 1 records were dropped \(\{'missing_picture': 1\}\)"):
        prepare(raw, tmp_path)


def test_strict_stops_at_the_first_bad_record_and_picture(raw, tmp_path):
    (raw / "images" / "Turbo" / "00001.png").write_bytes(b"not a picture")
    with pytest.raises(datasets.exceptions.DatasetGenerationError) as caught:
        prepare(raw, tmp_path, strict=True)
    assert "train_list.json, record 1, `img_path`: Cannot read picture" in str(caught.value.__cause__)
    (raw / "images" / "Turbo" / "00001.png").unlink()
    with pytest.raises(ReleaseError, match=r"train_list.json, record 1, `img_path`: found no file"):
        prepare(raw, tmp_path, strict=True)


def test_a_folder_is_needed():
    with pytest.raises(ReleaseError, match="`data_dir` is missing"):
        EvalMuse40K(config_name="pairs")


def test_an_unknown_configuration_is_refused(raw):
    with pytest.raises(ValueError, match="'pictures' not found"):
        EvalMuse40K(config_name="pictures", data_dir=raw)
