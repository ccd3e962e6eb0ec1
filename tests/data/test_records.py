import pytest

from evalmuse_hf.data.records import RecordError, read_record


def test_a_record_becomes_a_pair_with_our_names(record):
    pair = read_record(record())
    assert (pair.image_path, pair.generator) == ("SDXL/00001.png", "SDXL")
    assert (pair.prompt.prompt_id, pair.prompt.text, pair.prompt.source) == (
        "00001",
        "Two red cats on a sofa.",
        "real",
    )
    assert pair.prompt.synthetic_type is None
    assert [(element.text, element.category) for element in pair.prompt.elements] == [
        ("Two", "counting"),
        ("red", "color"),
        ("cats", "animal/human"),
    ]
    assert pair.overall_ratings == (4, 5, 3)
    assert pair.overall_score == 4
    assert pair.element_ratings == ((1, 1, 0), (1, 1, 1), (0, 0, 0))
    assert pair.prompt_meaningless == (0, 0, 1)
    assert pair.split_confidence == (0, 1, 0)
    assert pair.attribute_confidence == (1, 1, 1)
    assert pair.fidelity_labels == ("", "hand", "")


def test_six_ratings_stay_six(record):
    assert read_record(record(total_score=[1, 2, 3, 4, 5, 5])).overall_ratings == (1, 2, 3, 4, 5, 5)


@pytest.mark.parametrize(
    "text",
    [
        "{'a \\'cat\\' (animal)': [1, 0, 1], 'red (color)': None}",
        '{"a \'cat\' (animal)": [1, 0, 1], "red (color)": null}',
    ],
    ids=["Python literal", "JSON"],
)
def test_an_element_dictionary_may_be_text(record, text):
    pair = read_record(record(element_score=text))
    assert [element.text for element in pair.prompt.elements] == ["a 'cat'", "red"]
    assert pair.element_ratings == ((1, 0, 1), None)


def test_text_that_would_run_code_is_refused_and_not_run(record, tmp_path):
    marker = tmp_path / "ran"
    with pytest.raises(RecordError, match="expected an object like"):
        read_record(record(element_score=f"{{'a (animal)': open({str(marker)!r}, 'w')}}"))
    assert not marker.exists()


def test_a_text_of_deep_brackets_is_refused(record):
    with pytest.raises(RecordError, match="expected an object like"):
        read_record(record(element_score="[" * 100_000))


@pytest.mark.parametrize("value", [4, 4.0, [4.0], "[4]", "4"], ids=repr)
def test_a_single_rating_is_one_rater(record, value):
    assert read_record(record(total_score=value)).overall_ratings == (4,)


@pytest.mark.parametrize("value", [None, [], [None, None, None]], ids=repr)
def test_missing_ratings_are_none_and_never_zero(record, value):
    pair = read_record(record(total_score=value, element_score={"cats (animal)": value}))
    assert pair.overall_ratings is None
    assert pair.element_ratings == (None,)
    assert pair.overall_score != pair.overall_score  # nan


@pytest.mark.parametrize(
    "field, value, expected",
    [
        ("total_score", [4, 6, 3], "whole numbers from 1 to 5, one per rater, got \\[4, 6, 3\\]"),
        ("total_score", 5.5, "a mean rating from 1 to 5"),
        ("total_score", [4, None, 3], "whole numbers from 1 to 5"),
        ("total_score", [True], "whole numbers from 1 to 5"),
        ("total_score", "four", "whole numbers from 1 to 5"),
        ("total_score", float("nan"), "whole numbers from 1 to 5"),
        ("element_score", {"cats (animal)": [2]}, "whole numbers from 0 to 1, one per rater for 'cats \\(animal\\)'"),
        ("element_score", ["cats"], "expected an object like"),
        ("img_path", None, "expected a path below the images folder like 'SDXL/00012.png', got nothing"),
        ("img_path", "../../etc/passwd", "which leads elsewhere"),
        ("img_path", "/etc/passwd", "which leads elsewhere"),
        ("img_path", "C:\\pictures\\1.png", "which leads elsewhere"),
        ("img_path", "00001.png", "without the generator's folder"),
        ("prompt", "  \n", "expected a text with at least one word"),
        ("prompt", 7, "expected a text with at least one word, got 7"),
        ("prompt_id", None, "expected a text or a whole number, got nothing"),
        ("type", 3, "expected 'real' or the kind of a synthetic prompt, got 3"),
        ("promt_meaningless", ["no"], "expected whole numbers, one per rater"),
        ("fidelity_label", [["hand"]], "expected a list of texts"),
    ],
    ids=str,
)
def test_a_bad_field_is_named_with_what_was_expected(record, field, value, expected):
    with pytest.raises(RecordError, match=expected) as caught:
        read_record(record(**{field: value}))
    assert caught.value.field == field
    assert caught.value.reason == f"bad_{field}"


def test_a_record_must_be_an_object():
    with pytest.raises(RecordError, match="expected a JSON object, got \\['a'\\]"):
        read_record(["a"])


@pytest.mark.parametrize(
    "kind, source, synthetic_type",
    [
        ("real", "real", None),
        ("synthetic", "synthetic", None),
        ("naive_object_counts", "synthetic", "naive_object_counts"),
        (None, None, None),
    ],
)
def test_the_type_says_where_a_prompt_comes_from(record, kind, source, synthetic_type):
    prompt = read_record(record(type=kind)).prompt
    assert (prompt.source, prompt.synthetic_type) == (source, synthetic_type)


def test_an_element_without_category_drops_a_released_record_but_not_the_users_own(record):
    keys = {"two cats": [1]}
    with pytest.raises(
        RecordError, match=r"expected element keys that end in their category, .*, got 'two cats'"
    ) as caught:
        read_record(record(element_score=keys))
    assert caught.value.reason == "bad_element_key"
    (element,) = read_record(record(element_score=keys), own=True).prompt.elements
    assert (element.text, element.category) == ("two cats", None)


def test_single_numbers_of_the_processed_file_are_means(record):
    values = {"total_score": 4, "element_score": {"cats (animal)": 0.333333}, "promt_meaningless": 0.3}
    pair = read_record(record(**values, split_confidence=0, attribute_confidence=1, var=0.5))
    assert (pair.overall_ratings, pair.overall_score) == (None, 4.0)
    assert (pair.element_ratings, pair.element_scores) == ((None,), (0.333333,))
    assert (pair.prompt_meaningless, pair.split_confidence) == ((), ())


def test_a_whole_number_alone_is_the_rating_of_one_rater(record):
    assert read_record(record(total_score=4)).overall_ratings == (4,)


@pytest.mark.parametrize(
    "fields", [{"prompt": "a \ud800 cat"}, {"element_score": {"\udfff (object)": [1]}}], ids=["prompt", "element"]
)
def test_half_a_surrogate_pair_is_refused(record, fields):
    with pytest.raises(RecordError, match="expected text that UTF-8 can hold"):
        read_record(record(**fields))


def test_the_users_own_details_count_only_for_own_records(record):
    own = {"generator": "Mine", "generator_license": "cc0", "rater_ids": ["a", None, "b"], "rounds": [1, 1, 2]}
    row = record(own={**own, "source": "real"})
    assert read_record(row).generator == "SDXL"
    pair = read_record(row, own=True)
    assert (pair.generator, pair.generator_license, pair.prompt.source) == ("Mine", "cc0", "real")
    assert (pair.rater_ids, pair.rounds) == (("a", None, "b"), (1, 1, 2))


def test_details_for_another_number_of_ratings_are_refused(record):
    with pytest.raises(RecordError, match=r"`rater_ids` of picture .* has 2 entries, expected 3") as caught:
        read_record(record(own={"rater_ids": ["a", "b"]}), own=True)
    assert caught.value.reason == "bad_rating_details"


def test_a_path_may_be_written_with_backslashes(record):
    assert read_record(record(img_path="SDXL\\00001.png")).image_path == "SDXL/00001.png"
