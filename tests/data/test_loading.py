import datasets
import pytest
from PIL import Image

from evalmuse_hf.data import build_dataset, load_pairs


def test_a_built_folder_and_its_raw_release_give_the_same_rows(raw, tmp_path):
    build_dataset(raw, tmp_path / "out")
    built, direct = (
        load_pairs(folder, "train").cast_column("image", datasets.Image(decode=False)).remove_columns("image")
        for folder in (tmp_path / "out", raw)
    )
    assert built.to_list() == direct.to_list()


def test_a_part_of_a_split_is_a_split(raw, tmp_path):
    build_dataset(raw, tmp_path / "out")
    assert len(load_pairs(str(tmp_path / "out"), "test[:1]")) == 1
    assert len(load_pairs(raw, "train[:50%]+test")) == 4


def test_an_unknown_split_is_refused_with_those_that_exist(raw, tmp_path):
    build_dataset(raw, tmp_path / "out")
    for folder in (raw, tmp_path / "out"):
        with pytest.raises(ValueError, match="has no split 'dev'; it has train and test"):
            load_pairs(folder, "dev")


@pytest.mark.parametrize("name", ["no-such-folder", "a/b/c", "/no/such/folder"])
def test_what_is_neither_folder_nor_hub_id_is_refused(name):
    with pytest.raises(ValueError, match="No data set at"):
        load_pairs(name, "test")


def test_another_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match="neither a built data set"):
        load_pairs(tmp_path, "test")


def test_a_hub_id_without_network_says_so():
    with pytest.raises(ValueError, match="Cannot load the data set 'owner/pairs' from the Hub"):
        load_pairs("owner/pairs", "test")


def test_missing_columns_are_named(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "README.md").write_text("# other\n", "utf-8")
    rows = {"prompt": ["a"], "image": [Image.new("RGB", (2, 2))]}
    datasets.Dataset.from_dict(rows).to_parquet(tmp_path / "data" / "test-0.parquet")
    with pytest.raises(ValueError, match="lacks the columns image_path, prompt_id, source"):
        load_pairs(tmp_path, "test")
