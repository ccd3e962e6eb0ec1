import json
import math

import pytest

from evalmuse_hf.data.own_record import COLUMNS, OwnPicture, columns_of, own_record, split_of
from evalmuse_hf.data.records import RecordError, read_record
from evalmuse_hf.schema import Element, Pair, Prompt

PICTURE = OwnPicture("/lists/pictures/0.png", "pictures/0.png")


def convert(**values):
    values = {"image": "pictures/0.png", "prompt": "a red cat", **values}
    return own_record(values, row=3, picture=PICTURE)


def read(**values) -> Pair:
    """What the reader of the release makes of a row, by way of the file."""
    return read_record(json.loads(json.dumps(convert(**values))), own=True)


def test_a_row_with_nothing_but_picture_and_prompt_is_a_pair_without_ratings():
    pair = read()
    assert pair.prompt.text == "a red cat"
    assert (pair.generator, pair.overall_ratings, pair.prompt.elements) == ("unknown", None, ())
    assert (pair.prompt.source, pair.prompt.synthetic_type, pair.generator_license) == (None, None, None)


def test_every_column_arrives_in_the_pair():
    pair = read(
        prompt_id=7,
        ratings=[4, 5],
        elements={"red (color)": [1, 0], "cat": [1, 1]},
        generator="owner/Model XL",
        generator_license="CC BY 4.0",
        synthetic_type="naive_color",
        rater_ids=["ann", 12],
        rounds=[1, 2],
        prompt_meaningless=[0, 1],
        split_confidence=[0, 0],
        attribute_confidence=[1, 1],
        fidelity_labels=["", "hand"],
    )
    assert pair == Pair(
        image_path=pair.image_path,
        prompt=Prompt(
            "7",
            "a red cat",
            "synthetic",
            "naive_color",
            (Element("red", "color", "color"), Element("cat", None)),
        ),
        generator="owner/Model XL",
        generator_license="CC BY 4.0",
        overall_ratings=(4, 5),
        element_ratings=((1, 0), (1, 1)),
        rater_ids=("ann", "12"),
        rounds=(1, 2),
        prompt_meaningless=(0, 1),
        split_confidence=(0, 0),
        attribute_confidence=(1, 1),
        fidelity_labels=("", "hand"),
    )
    assert pair.image_path.startswith("owner_Model_XL/0-")


def test_the_cells_of_a_csv_say_the_same_as_lists():
    listed = convert(
        ratings=[4, 5],
        elements={"red (color)": [1, 0]},
        rater_ids=["007", "ann"],
        rounds=[1, 2],
        prompt_meaningless=[0, 1],
        fidelity_labels=["", "hand"],
    )
    spelled = convert(
        ratings="4; 5",
        elements='{"red (color)": "1;0"}',
        rater_ids="007;ann",
        rounds="[1, 2]",
        prompt_meaningless="0;1",
        fidelity_labels=";hand",
        generator="",
        split=" ",
    )
    assert spelled == listed


@pytest.mark.parametrize("ratings", [4, 4.0, "4", "4.0", "[4]", [4]], ids=repr)
def test_a_single_number_is_the_rating_of_one_rater(ratings):
    assert read(ratings=ratings).overall_ratings == (4,)
    assert read(overall_ratings=ratings).overall_ratings == (4,)


@pytest.mark.parametrize("empty", [None, "", " ", math.nan], ids=repr)
def test_an_empty_cell_is_the_same_as_no_column(empty):
    assert convert(**dict.fromkeys(COLUMNS - {"image", "prompt"}, empty)) == convert()


@pytest.mark.parametrize("ratings", [7, [4, "x"], "4;;5", "[4", "good", [True]], ids=repr)
def test_a_rating_off_the_scale_is_left_to_the_reader(ratings):
    with pytest.raises(RecordError) as caught:
        read(ratings=ratings)
    assert caught.value.reason == "bad_total_score"


@pytest.mark.parametrize("prompt", [None, "", 3, ["a cat"]], ids=repr)
def test_a_row_without_a_prompt_is_left_to_the_reader(prompt):
    with pytest.raises(RecordError) as caught:
        read(prompt=prompt, prompt_id="1")
    assert caught.value.reason == "bad_prompt"


@pytest.mark.parametrize(
    "elements",
    [
        ["red (color)", "sofa"],
        [{"text": "red", "category": "color"}, {"text": "sofa", "category": None}],
        [{"text": "red", "category": "color", "raw_category": "Color", "ratings": None, "spans": [[2, 5]]}, "sofa"],
        '["red (color)", "sofa"]',
        {"red (color)": None, "sofa": None},
    ],
    ids=["texts", "structs", "both, as in the built data set", "JSON text", "mapping"],
)
def test_elements_need_no_ratings(elements):
    pair = read(elements=elements)
    assert [(element.text, element.category) for element in pair.prompt.elements] == [("red", "color"), ("sofa", None)]
    assert pair.element_ratings == (None, None)


def test_elements_as_structs_bring_their_ratings():
    pair = read(elements=[{"text": "red", "category": "color", "ratings": [1, 0]}, {"text": "cat", "ratings": 1}])
    assert pair.element_ratings == ((1, 0), (1,))


def test_a_category_that_the_release_does_not_know_is_other():
    element = read(elements=[{"text": "Monday (next)", "category": "weekday"}]).prompt.elements[0]
    assert (element.text, element.category) == ("Monday (next)", "other")
    key = next(
        iter(convert(elements=[{"text": "Monday", "category": "other", "raw_category": "a (b"}])["element_score"])
    )
    assert key == "Monday (other)"


def test_an_element_that_the_prompt_has_twice_stays_two():
    pair = read(elements=[{"text": "cat", "category": "animal", "ratings": rating} for rating in (1, 0, 1)])
    assert [element.text for element in pair.prompt.elements] == ["cat", "cat", "cat"]
    assert pair.element_ratings == ((1,), (0,), (1,))


def test_means_are_kept_as_means_where_nothing_else_is_known():
    pair = read(
        overall_score=4.0, elements=[{"text": "red", "category": "color", "score": 1.0}, {"text": "cat", "score": 0.5}]
    )
    assert (pair.overall_ratings, pair.element_ratings) == (None, (None, None))
    assert (pair.overall_score, pair.element_scores) == (4.0, (1.0, 0.5))
    assert read(ratings="4.25").overall_score == 4.25
    assert read(ratings=[4, 5], overall_score=4.5).overall_ratings == (4, 5)


def test_a_source_may_be_left_out_where_the_type_says_it():
    assert [convert(source=source)["own"]["source"] for source in ("Real", "synthetic", None)] == [
        "real",
        "synthetic",
        None,
    ]
    assert convert(synthetic_type="naive_color")["own"]["source"] == "synthetic"
    assert read(source="real").prompt.source == "real"


def test_the_id_of_a_prompt_depends_on_its_words_only():
    ids = [convert(prompt=prompt)["prompt_id"] for prompt in ("a red cat", " A red  cat", "a cat")]
    assert ids[0] == ids[1] != ids[2]
    assert convert(prompt_id="00012")["prompt_id"] == "00012"


def path_of(picture: str, prompt: str = "a red cat", **values: str) -> str:
    return own_record({"prompt": prompt, **values}, row=0, picture=OwnPicture(f"/somewhere/{picture}", picture))[
        "img_path"
    ]


def test_the_same_picture_for_the_same_prompt_has_one_path_and_others_differ():
    assert path_of("a/0.png") == path_of("a/0.png")
    assert len({path_of("a/0.png"), path_of("b/0.png"), path_of("a/0.png", prompt="a dog")}) == 3


@pytest.mark.parametrize(
    "picture, generator, expected",
    [
        ("a/0.png", "SDXL", "SDXL/0-"),
        ("C:\\pictures\\the cat?.PNG", "..", "_/the_cat_-"),
        ("/0", "/", "_/0-"),
        ("\0\ud800.png", "C:", "C_/_-"),
        (".." * 300, "a/../b", "a_.._b/"),
    ],
    ids=["plain", "of Windows", "without end", "no text", "long"],
)
def test_a_path_is_a_generator_and_a_file_whatever_the_list_says(picture, generator, expected):
    path = path_of(picture, generator=generator)
    assert path.startswith(expected)
    assert path.count("/") == 1
    assert len(path.split("/")[1]) < 255
    assert read_record({"prompt": "a", "prompt_id": "1", "img_path": path}).image_path == path


def test_the_path_of_a_built_data_set_is_kept():
    assert path_of("0.png", image_path="SDXL/00001.png", generator="SDXL") == "SDXL/00001.png"
    assert path_of("0.png", image_path="owner_model/1.png", generator="owner/model") == "owner_model/1.png"


@pytest.mark.parametrize("released", ["/etc/0.png", "SDXL/../0.png", "Turbo/0.png", "0.png", 3], ids=repr)
def test_another_path_is_not(released):
    assert path_of("0.png", image_path=released, generator="SDXL").startswith("SDXL/0-")


@pytest.mark.parametrize(
    "values, field, sentence",
    [
        ({"generator": ["SDXL"]}, "generator", r"expected a text, got \['SDXL'\]"),
        ({"generator_license": 1.5}, "generator_license", "expected a text, got 1.5"),
        ({"source": "web"}, "source", "expected 'real', 'synthetic' or nothing, got 'web'"),
        ({"source": "real", "synthetic_type": "x"}, "synthetic_type", "expected nothing for a real prompt, got 'x'"),
        ({"rater_ids": [1.5]}, "rater_ids", r"expected one text per rating, got \[1.5\]"),
        ({"rounds": "0;1"}, "rounds", "expected one whole number from 1 per rating, got '0;1'"),
        ({"rounds": [True]}, "rounds", r"expected one whole number from 1 per rating, got \[True\]"),
        ({"elements": "red"}, "elements", r"expected JSON such as .*, got 'red' \("),
        ({"elements": "[" * 100_000}, "elements", r"expected JSON such as .*, got '\[\[.*\.\.\. \("),
        ({"elements": 3}, "elements", "expected a list, or ratings by element, got 3"),
        ({"elements": [3]}, "elements", "expected texts as elements, got 3"),
        ({"elements": {3: 1}}, "elements", "expected texts as elements, got 3"),
        ({"elements": [{"category": "color"}]}, "elements", "expected texts or {text, category, ratings}, got {'cat"),
        ({"elements": [{"text": "a", "category": 3}]}, "elements", "expected texts or {text, category, ratings}"),
    ],
    ids=lambda value: None,
)
def test_what_a_record_cannot_express_names_the_column(values, field, sentence):
    with pytest.raises(RecordError, match=sentence) as caught:
        convert(**values)
    assert (caught.value.field, caught.value.reason) == (field, f"bad_{field}")


def test_an_unknown_split_names_those_that_there_are():
    assert [split_of({"split": split}) for split in ("train", "TEST ", "", None)] == [
        "train",
        "test",
        "train",
        "train",
    ]
    with pytest.raises(RecordError, match="expected 'train', 'test' or nothing, got 'dev'"):
        split_of({"split": "dev"})


@pytest.mark.parametrize("means", [False, True], ids=["ratings", "means"])
def test_a_pair_is_the_same_after_the_way_through_columns_and_record(means):
    elements = (Element.parse("red (Color)"), Element("cat", None), Element.from_columns("Monday", "other", "other-x"))
    known = (
        {"overall_mean": 3.5, "element_means": (1.0, None, 0.25), "element_ratings": (None, None, None)}
        if means
        else {
            "overall_ratings": (3, 4, 5),
            "element_ratings": ((1, 0, 1), None, (1, 1, 1)),
            "rater_ids": ("a", None, "c"),
            "rounds": (1, 1, 2),
            "fidelity_labels": ("", "hand", ""),
            "split_confidence": (0, 0, 1),
            "element_sure": ((True, False, None), None, None),
        }
    )
    prompt = Prompt("00001", "a red cat on Monday", "real", None, elements)
    pair = Pair(image_path="SDXL/00001.png", prompt=prompt, generator="SDXL", generator_license="MIT", **known)
    assert read(**columns_of(pair)) == pair


@pytest.mark.parametrize("sure", [[True, False, None], [1, 0, None], "[true, false, null]"], ids=repr)
def test_each_element_may_say_who_was_sure(sure):
    pair = read(elements=[{"text": "red", "ratings": [1, 0, 1], "sure": sure}, {"text": "cat", "ratings": [1, 1, 1]}])
    assert pair.element_sure == ((True, False, None), None)


@pytest.mark.parametrize("sure", ["true;0", [2, 0], ["yes"], [[1]]], ids=repr)
def test_sure_is_true_or_false(sure):
    with pytest.raises(RecordError, match=r"expected true or false per rater as `sure`, got "):
        convert(elements=[{"text": "red", "ratings": [1, 0], "sure": sure}])


def test_elements_that_do_not_say_so_have_nothing_known():
    assert read(elements={"red (color)": [1, 0]}).element_sure == ()
    assert read(elements=[{"text": "red", "ratings": [1, 0]}], attribute_confidence=[1, 0]).element_sure == ()


def test_another_number_of_answers_than_of_ratings_is_refused():
    with pytest.raises(RecordError, match=r"`element_sure` of 'red' .* has 1 entries, expected one for each of its 2"):
        read(elements=[{"text": "red", "ratings": [1, 0], "sure": [True]}])
