import dataclasses

import pytest

from evalmuse_hf.annotations.aggregation import count_ratings, counted_pair
from evalmuse_hf.annotations.export_records import blind_record, released_keys, released_paths, released_record
from evalmuse_hf.data.records import read_record
from evalmuse_hf.schema import Element, Prompt
from tests.annotations.fabricated import item, rating


@pytest.fixture
def pair():
    """Four further answers, each of which says one thing that the others do not."""
    one = item(keys=("two cats (counting)", "red (Color) "))
    rows = [
        rating(one, "ann", 5, (1, 0), problems=("object", "human-hand")),
        rating(one, "bob", 4, (1, 1), split_wrong=True),
        rating(one, "cid", 2, (0, 1), unsure=(0,)),
        rating(one, "dan", 1, (0, 0), round_id=2, round_kind="reannotation", prompt_meaningless=True),
        rating(one, "eva", 3, (1, 0), round_id=2, round_kind="reannotation"),
        rating(one, "fay", 3, (1, 0), round_id=2, round_kind="reannotation"),
    ]
    return counted_pair(count_ratings(rows, {1: one}).items[0], path="SDXL/1.png")


def test_every_field_has_the_released_name_form_and_polarity(pair):
    assert released_record(pair) == {
        "prompt_id": "p1",
        "prompt": "a red cat, number 1",
        "type": None,
        "img_path": "SDXL/1.png",
        "total_score": [5, 4, 2, 1, 3, 3],
        "element_score": {"two cats (counting)": [1, 1, 0, 0, 1, 1], "red (Color) ": [0, 1, 1, 0, 0, 0]},
        "promt_meaningless": [0, 0, 0, 1, 0, 0],  # 1 = meaningless
        "split_confidence": [0, 1, 0, 0, 0, 0],  # 1 = the split may be wrong
        "attribute_confidence": [1, 1, 0, 1, 1, 1],  # 0 = not sure about an element
        "fidelity_label": ["human-hand,object", "", "", "", "", ""],
    }


def test_the_reader_of_the_official_release_gives_the_same_pair_back(pair):
    again = read_record(released_record(pair))
    assert again == dataclasses.replace(pair, rater_ids=(), rounds=(), element_means=(), element_sure=())


def test_a_blind_record_keeps_the_question_and_no_answer(pair):
    blind = blind_record(released_record(pair))
    assert blind["prompt"] == "a red cat, number 1"
    assert list(blind["element_score"]) == ["two cats (counting)", "red (Color) "]
    read = read_record(blind)
    assert (read.overall_ratings, read.element_ratings) == (None, (None, None))
    assert (read.fidelity_labels, read.split_confidence) == ((), ())


@pytest.mark.parametrize("synthetic_type, source", [("naive_object_counts", "synthetic"), (None, "real")])
def test_source_and_type_survive(pair, synthetic_type, source):
    prompt = Prompt("1", "a cat", source=source, synthetic_type=synthetic_type, elements=pair.prompt.elements)
    again = read_record(released_record(dataclasses.replace(pair, prompt=prompt)))
    assert (again.prompt.source, again.prompt.synthetic_type) == (source, synthetic_type)


@pytest.mark.parametrize(
    "element",
    [
        Element.parse("Lavender (Color) "),
        Element("Monday", "other", "weekday"),
        Element("a man (left)", "animal/human"),
        Element("sign (object)", "color"),
        Element("a ) b (", "shape"),
        Element("car", "object", "object-vehicle"),
    ],
)
def test_a_key_reads_as_its_element_again(element):
    (key,) = released_keys([element])
    again = Element.parse(key)
    assert (again.text, again.category) == (element.text, element.category)


def test_the_same_element_twice_keeps_both_answers():
    one = item(keys=("red (Color)", "red (Color)", "red (Color) "))
    pair = counted_pair(count_ratings([rating(one, rater, 4, (1, 0, 1)) for rater in "abc"], {1: one}).items[0])
    record = released_record(dataclasses.replace(pair, image_path="SDXL/1.png"))
    assert list(record["element_score"].values()) == [[1, 1, 1], [0, 0, 0], [1, 1, 1]]
    assert read_record(record).element_ratings == pair.element_ratings


def test_paths_begin_with_the_generator_and_never_leave_or_meet():
    items = [
        item(1, image_path="images/SDXL/1.png"),
        item(2, image_path="SDXL/1.png"),
        item(3, image_path="upload/1.png"),
        item(4, image_path="SDXL/../../../etc/1.png"),
        item(5, generator="owner/model", image_path="1.png"),
        item(6, image_path="1.png"),
    ]
    paths = released_paths(items)
    assert paths[1] == "SDXL/1.png"
    assert len({path.casefold() for path in paths.values()}) == len(items)
    assert all(len(path.split("/")) == 2 and ".." not in path for path in paths.values())
    assert all(paths[number].startswith("SDXL/") for number in (2, 3, 4, 6))
    assert paths[5].startswith("owner-model-")
