from contextlib import closing

import pytest
from PIL import Image

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.records import GoldAnswer
from evalmuse_hf.annotations.store.gold_answers import read_gold
from evalmuse_hf.annotations.store.items import add_items
from evalmuse_hf.prompts.tables import TableRow


@pytest.fixture
def gold(tmp_path, store_file):
    """Read gold answers about one picture of a red cat."""
    (tmp_path / "pictures").mkdir()
    for name in ("0.png", "stranger.png"):
        Image.new("RGB", (4, 4)).save(tmp_path / "pictures" / name)
    with closing(open_store(store_file)) as store:
        rows = [{"image": "0.png", "prompt": "a red cat", "elements": ["red (color)", "cat (animal)"]}]
        add_items(store, rows, pictures=tmp_path / "pictures")

        def read(*rows, image="0.png", folder="pictures"):
            places = [
                TableRow(f"line {number} of gold.csv", {"image": image, **row}) for number, row in enumerate(rows)
            ]
            return read_gold(store, places, pictures=tmp_path / folder)

        yield read


@pytest.mark.parametrize(
    "row, answer",
    [
        ({"overall": "4.5", "elements": ""}, GoldAnswer(overall=4.5)),
        ({"overall": 4, "elements": [1, None]}, GoldAnswer(overall=4.0, elements=(1, None))),
        ({"overall": float("nan"), "elements": "[true, 0]"}, GoldAnswer(elements=(1, 0))),
        ({"elements": ["yes", "No"]}, GoldAnswer(elements=(1, 0))),
        ({"elements": {"cat": 1}}, GoldAnswer(elements=(None, 1))),
        ({"elements": '{"red (color)": 0, "cat": null}'}, GoldAnswer(elements=(0, None))),
    ],
)
def test_gold_answers_are_read(gold, row, answer):
    assert gold(row) == {1: answer}


def test_a_repeated_answer_is_one_and_a_contradiction_is_refused(gold):
    assert gold({"overall": 4}, {"overall": 4.0}) == {1: GoldAnswer(overall=4.0)}
    with pytest.raises(StoreError, match=r"line 1 of gold\.csv contradicts"):
        gold({"overall": 4}, {"overall": 5})


def test_paths_may_start_in_another_folder(gold):
    assert gold({"overall": 4}, image="pictures/0.png", folder=".") == {1: GoldAnswer(overall=4.0)}


@pytest.mark.parametrize(
    "row, said",
    [
        ({"image": None, "overall": 4}, "no path of a picture"),
        ({"image": "../a.db", "overall": 4}, "is no path of a picture"),
        ({"image": "9.png", "overall": 4}, "There is no picture"),
        ({"image": "stranger.png", "overall": 4}, "add it with --pairs first"),
        ({"overall": "good"}, "give a number from 1 to 5"),
        ({"elements": "maybe"}, "give JSON"),
        ({"elements": 3}, "give a list"),
        ({"overall": 7}, r"has overall 7\.0; give 1 to 5"),
        ({"elements": [1]}, "has 1 elements, its prompt 2"),
        ({"overall": None, "elements": {}}, "says nothing; .* or delete it"),
        ({"elements": [2, 1]}, "give 1, 0 or null"),
        ({"elements": ["perhaps", 1]}, "give 1, 0 or null"),
        ({"elements": {"dog": 1}}, "is no element of its prompt"),
    ],
)
def test_an_answer_that_cannot_be_used_is_refused_by_name(gold, row, said):
    with pytest.raises(StoreError, match=said) as caught:
        gold(row)
    assert str(caught.value).startswith("line 0 of gold.csv")
