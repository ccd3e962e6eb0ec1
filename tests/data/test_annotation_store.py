import json

import pytest
from datasets import load_dataset

from evalmuse_hf.annotations.pseudonyms import pseudonymiser
from evalmuse_hf.annotations.store.campaign_reading import pseudonym_key, read_campaign
from evalmuse_hf.annotations.store.inspection import return_batch
from evalmuse_hf.annotations.store.ratings import read_ratings
from evalmuse_hf.data import build_dataset
from evalmuse_hf.data.annotation_store import convert_store, is_store_place
from evalmuse_hf.data.errors import ReleaseError
from tests.annotations.campaign import make_store
from tests.annotations.rated import rated_campaign


def load(out, config, cache):
    return load_dataset(str(out), config, split="train", cache_dir=str(cache))


def test_a_data_set_is_built_from_a_store_with_the_same_lists_raters_and_rounds(tmp_path):
    built = rated_campaign(tmp_path)
    counted = read_campaign(built.store).count().items
    name = pseudonymiser(pseudonym_key(built.store))
    report = build_dataset(built.place, tmp_path / "out", strict=True)
    assert (report.n_pairs, report.raw) == (5, "store.sqlite")
    pairs = load(tmp_path / "out", "pairs", tmp_path / "cache").remove_columns("image").to_list()
    by_ratings = {tuple(row["overall_ratings"]): row for row in pairs}
    wide = by_ratings[1, 5, 3, 4, 4, 5]
    assert wide["overall_score"] == pytest.approx(22 / 6)
    assert [element["ratings"] for element in wide["elements"]] == [[1, 0, 1, 0, 1, 0]] * 2
    assert [element["category"] for element in wide["elements"]] == ["color", "counting"]
    assert wide["split_confidence"] == [0, 0, 1, 0, 0, 0]
    assert wide["attribute_confidence"] == [1, 0, 1, 1, 1, 1]
    ratings = load(tmp_path / "out", "ratings", tmp_path / "cache").to_list()
    overall = [row for row in ratings if row["target"] == "overall" and row["image_path"] == wide["image_path"]]
    assert [row["rater_id"] for row in overall] == [name(row.rater) for row in counted[0].ratings]
    assert [row["round"] for row in overall] == [1, 1, 1, 2, 2, 2]
    assert {row["sure"] for row in overall} == {None}
    own = [row for row in ratings if row["target"] == "element" and row["image_path"] == wide["image_path"]]
    assert [row["sure"] for row in own] == [True, False, True, True, True, True] * 2  # the second rater was not sure


def test_no_name_and_no_comment_of_a_rater_gets_into_a_data_set(tmp_path):
    built = rated_campaign(tmp_path)
    build_dataset(built.place, tmp_path / "out")
    for file in (tmp_path / "out").rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert b"rater_00" not in content, file  # the raters are called rater_000 and so on


def test_a_picture_that_is_gone_is_dropped_and_named(tmp_path):
    built = rated_campaign(tmp_path)
    (tmp_path / "pictures" / "picture_0002.png").unlink()
    report = build_dataset(built.place, tmp_path / "out")
    assert report.n_pairs == 4
    (problem,) = report.splits["train"].problems
    assert "picture_0002.png" in str(problem)


def test_the_same_store_gives_the_same_files(tmp_path):
    built = rated_campaign(tmp_path)
    first, second = (convert_store(built.place, tmp_path / name).files["train"].read_bytes() for name in "ab")
    assert first == second
    assert len(json.loads(first)) == 5


def test_a_store_without_finished_items_is_no_release(tmp_path):
    built = make_store(tmp_path / "store.sqlite", pictures=tmp_path / "pictures")
    with pytest.raises(ReleaseError, match=r"No item of .*store\.sqlite has all of its ratings"):
        build_dataset(built.place, tmp_path / "out")


def test_stores_are_told_from_other_things(tmp_path):
    built = make_store(tmp_path / "store.sqlite")
    (tmp_path / "ratings.csv").write_text("image,prompt\n")
    assert is_store_place(built.place)
    assert is_store_place("postgresql://ann:secret@localhost/db")
    assert not is_store_place(tmp_path)
    assert not is_store_place(tmp_path / "ratings.csv")
    assert not is_store_place(tmp_path / "absent")


def test_a_password_is_not_repeated(tmp_path):
    with pytest.raises((ValueError, ImportError)) as caught:
        build_dataset("nosuchdatabase://ann:secret@localhost/db", tmp_path / "out")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://ann:secret@hub.example/ratings.csv", "s3://ann:secret@bucket/x"])
def test_other_addresses_are_no_stores_and_are_refused_with_a_sentence(tmp_path, url):
    assert not is_store_place(url)
    with pytest.raises(ReleaseError, match=r"nothing at a URL of kind '(https|s3)'; download it") as caught:
        build_dataset(url, tmp_path / "out")
    assert "secret" not in str(caught.value)
    assert is_store_place("postgresql+psycopg://ann@localhost/db")
    assert is_store_place("sqlite:////tmp/x.sqlite")


def test_disputed_items_are_missed_by_name_and_can_be_included(tmp_path, caplog):
    built = rated_campaign(tmp_path)
    (again,) = [row for row in read_ratings(built.store) if row.round_kind == "reannotation"][-1:]
    return_batch(built.store, [again.rating_id], inspector="me", reason="too fast", redo_by="others")
    assert build_dataset(built.place, tmp_path / "out").n_pairs == 4
    assert "Those that are further_unfinished are the items on which the first raters differ" in caplog.text
    assert build_dataset(built.place, tmp_path / "all", include_unfinished=True).n_pairs == 6
    pairs = load(tmp_path / "all", "pairs", tmp_path / "cache").remove_columns("image").to_list()
    assert sorted(len(row["overall_ratings"]) for row in pairs) == [2, 3, 3, 3, 3, 5]


def test_only_a_store_has_unfinished_items(tmp_path):
    (tmp_path / "ratings.csv").write_text("image,prompt\n")
    with pytest.raises(ValueError, match="`include_unfinished` is for the store"):
        build_dataset(tmp_path / "ratings.csv", tmp_path / "out", include_unfinished=True)


def test_a_store_that_was_moved_without_its_pictures_says_how_to_name_their_folder(tmp_path):
    built = rated_campaign(tmp_path)
    (tmp_path / "pictures").rename(tmp_path / "elsewhere")
    with pytest.raises(ReleaseError, match=r"None of the 5 pictures of .* assign STORE --pictures DIR"):
        build_dataset(built.place, tmp_path / "out")
