import datasets
import pytest
from PIL import Image

from evalmuse_hf.data import build_dataset, load_pairs
from evalmuse_hf.data.loading import build_list, load_ratings


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


@pytest.fixture
def own_list(tmp_path):
    """Four rated pictures of two prompts, the last for the test split."""
    rows = ["image,prompt,ratings,rater_ids,split"]
    for number in range(4):
        Image.new("RGB", (4, 4), (60 * number, 0, 0)).save(tmp_path / f"{number}.png")
        split = "test" if number == 3 else "train"
        rows.append(f"{number}.png,a {'dog' if number == 3 else 'cat'},4;{number + 1},ann;bob,{split}")
    (tmp_path / "mine.csv").write_text("\n".join(rows) + "\n", "utf-8")
    return tmp_path / "mine.csv"


def test_a_list_is_built_once_and_loaded(own_list):
    pairs = load_pairs(own_list, "train")
    assert pairs["overall_ratings"][:] == [[4, 1], [4, 2], [4, 3]]
    assert len(load_pairs(str(own_list), "test")) == 1
    folder = build_list(own_list)
    card = (folder / "README.md").stat().st_mtime_ns
    assert build_list(own_list) == folder
    assert (folder / "README.md").stat().st_mtime_ns == card


def test_another_rating_or_picture_is_another_data_set(own_list):
    folder = build_list(own_list)
    own_list.write_text(own_list.read_text("utf-8").replace("4;1", "4;2"), "utf-8")
    changed = build_list(own_list)
    assert changed != folder
    Image.new("RGB", (5, 5)).save(own_list.parent / "0.png")
    assert build_list(own_list) != changed


def test_a_list_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"There is no list at .*absent\.csv"):
        load_pairs(tmp_path / "absent.csv", "train")


def test_single_ratings_come_with_their_raters(own_list, raw, tmp_path):
    ratings = load_ratings(own_list, "train[:1]+train[1:]")
    assert set(ratings["rater_id"]) == {"ann", "bob"}
    assert len(ratings) == 6
    build_dataset(raw, tmp_path / "out")
    for folder in (raw, tmp_path / "out"):
        assert set(load_ratings(folder, "train")["target"]) == {"overall", "element"}


def test_what_has_no_single_ratings_gives_none(raw, tmp_path):
    build_dataset(raw, tmp_path / "out")
    assert load_ratings(tmp_path / "out", "dev") is None
    with pytest.raises(ValueError, match="No data set at"):
        load_ratings("no-such-folder", "train")


def test_an_empty_part_is_one_sentence(raw, tmp_path):
    build_dataset(raw, tmp_path / "out")
    with pytest.raises(ValueError, match=r"The split 'train\[:0\]' of .* is empty, or no part of one"):
        load_pairs(tmp_path / "out", "train[:0]")
