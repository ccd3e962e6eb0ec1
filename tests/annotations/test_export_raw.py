import json
import shutil

import pytest
from PIL import Image

from evalmuse_hf.annotations.aggregation import count_ratings
from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.export_raw import picture_file, write_raw
from evalmuse_hf.data import build_dataset
from evalmuse_hf.data.loading import load_pairs
from tests.annotations.fabricated import item, rating


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    (folder / "images" / "SDXL").mkdir(parents=True)
    for number in range(1, 9):
        Image.new("RGB", (8, 6), (25 * number, 0, 0)).save(folder / "images" / "SDXL" / f"{number}.png")
    return folder


@pytest.fixture
def counted():
    """Two pictures of each of four prompts."""
    items = {number: item(number, prompt_id=f"p{(number + 1) // 2}") for number in range(1, 9)}
    rows = [
        rating(one, rater, 1 + (number + place) % 2, (1, number % 2))
        for number, one in items.items()
        for place, rater in enumerate(("ann", "bob", "cid"))
    ]
    return count_ratings(rows, items).items


def read(path):
    return json.loads(path.read_text("utf-8"))


def test_a_data_set_is_built_from_what_was_written_and_holds_the_same_lists(counted, pictures, tmp_path):
    export = write_raw(counted, tmp_path / "raw", pictures=pictures)
    assert (export.n_train, export.n_test, export.n_prompts, export.n_ratings) == (8, 0, 4, 24)
    assert (export.missing, export.notes) == ((), ())
    build_dataset(tmp_path / "raw", tmp_path / "out", strict=True)
    rows = {row["image_path"]: row for row in load_pairs(tmp_path / "out", "train").remove_columns("image")}
    for one in counted:
        row = rows[f"SDXL/{one.item.item_id}.png"]
        assert row["overall_ratings"] == [row.overall for row in one.ratings]
        assert [element["ratings"] for element in row["elements"]] == [[1] * 3, [one.item.item_id % 2] * 3]
        assert row["attribute_confidence"] == [1, 1, 1]


def test_a_test_part_is_blind_keeps_prompts_together_and_has_its_labels_apart(counted, pictures, tmp_path):
    export = write_raw(counted, tmp_path / "raw", pictures=pictures, test_share=0.25, seed=1)
    train, test, labels = (read(tmp_path / "raw" / name) for name in ("train_list.json", "test.json", "eval.json"))
    assert (export.n_train, export.n_test) == (len(train), len(test)) == (6, 2)
    assert len({record["prompt"] for record in test}) == 1
    assert not {record["prompt"] for record in test} & {record["prompt"] for record in train}
    assert [record["total_score"] for record in test] == [None, None]
    assert [record["img_path"] for record in labels] == [record["img_path"] for record in test]
    assert all(len(record["total_score"]) == 3 for record in labels)
    again = write_raw(counted, tmp_path / "again", pictures=pictures, test_share=0.25, seed=1)
    assert again.n_test == 2
    assert read(tmp_path / "again" / "test.json") == test


def test_a_missing_picture_is_left_out_and_named(counted, pictures, tmp_path):
    (pictures / "images" / "SDXL" / "3.png").unlink()
    export = write_raw(counted, tmp_path / "raw", pictures=pictures)
    assert export.missing == ("images/SDXL/3.png",)
    assert export.n_train == 7
    assert "not there any more (1)" in export.notes[0]


def test_elements_without_category_are_noted(pictures, tmp_path):
    one = item(1, keys=("a sign",))
    counted = count_ratings([rating(one, rater, 4) for rater in "abc"], {1: one}).items
    export = write_raw(counted, tmp_path / "raw", pictures=pictures)
    assert export.notes[0].startswith("Elements without a category (1)")
    assert list(read(tmp_path / "raw" / "train_list.json")[0]["element_score"]) == ["a sign (other)"]


def test_nothing_is_overwritten_and_nothing_is_no_release(counted, pictures, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(StoreError, match="there already; name a new or empty folder"):
        write_raw(counted, tmp_path / "full", pictures=pictures)
    with pytest.raises(StoreError, match="nothing to export"):
        write_raw([], tmp_path / "raw", pictures=pictures)
    with pytest.raises(StoreError, match="None of the 8 pictures to export"):
        write_raw(counted, tmp_path / "raw", pictures=tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="leaves none for training"):
        write_raw(counted, tmp_path / "raw2", pictures=pictures, test_share=0.9)
    with pytest.raises(ValueError, match="`test_share` must be"):
        write_raw(counted, tmp_path / "raw3", pictures=pictures, test_share=1)


def test_a_picture_outside_the_folder_is_not_there(pictures, tmp_path):
    (tmp_path / "secret.png").write_bytes(b"secret")
    (pictures / "link.png").symlink_to(tmp_path / "secret.png")
    for path in ("../secret.png", "link.png", str(tmp_path / "secret.png"), "images", "a\0b"):
        assert picture_file(path, pictures=pictures) is None
    assert picture_file("images/SDXL/1.png", pictures=pictures).name == "1.png"


def test_an_export_that_is_killed_leaves_no_release_and_the_next_one_is_whole(
    counted, pictures, tmp_path, monkeypatch
):
    def killed(*paths):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", killed)
        patch.setattr(shutil, "rmtree", lambda *args, **options: None)  # a killed process cleans nothing up
        with pytest.raises(KeyboardInterrupt):
            write_raw(counted, tmp_path / "raw", pictures=pictures)
    assert not (tmp_path / "raw").exists()
    (tmp_path / ".raw.part" / "images" / "rest.png").touch()
    (tmp_path / "raw").mkdir()  # an empty folder is fine
    assert write_raw(counted, tmp_path / "raw", pictures=pictures).n_train == 8
    assert sorted(path.name for path in (tmp_path / "raw").iterdir()) == ["images", "train_list.json"]
    assert not (tmp_path / "raw" / "images" / "rest.png").exists()
    assert not (tmp_path / ".raw.part").exists()


def test_an_export_that_fails_midway_leaves_nothing(counted, pictures, tmp_path, monkeypatch):
    def full(*paths):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space"):
        write_raw(counted, tmp_path / "raw", pictures=pictures)
    assert [path.name for path in tmp_path.iterdir()] == ["pictures"]
