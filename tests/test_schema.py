import dataclasses
import math

import pytest

from evalmuse_hf.schema import CATEGORIES, Element, Pair, Prompt, Rating, pair_features, reporting_category

PROMPT = Prompt("00805", "a cat", elements=(Element.parse("cat (animal)"), Element.parse("a (counting)")))
# Every category as the released prompt_t2i.json spells it, and where it is reported: spec of the data set, section 3.
RELEASED = {
    "attribute": "attribute",
    "object": "object",
    "activity": "activity",
    "human": "animal/human",
    "other": "other",
    "location": "location",
    "animal": "animal/human",
    "Color) ": "color",
    "Material) ": "material",
    "Counting": "counting",
    "spatial": "spatial",
    "color": "color",
    "food": "food",
    "other-perspective": "other",
    "Other-writing&symbol": "other",
    "object-cloth&accessories": "object",
    "object-other": "object",
    "counting": "counting",
    "material": "material",
    "attribute-style-artist/works": "attribute",
    "Other-weather": "other",
    "Other-time": "other",
    "Spatial": "spatial",
    "object-vehicle": "object",
    "object-household goods": "object",
    "object-electronic": "object",
    "animal/human": "animal/human",
    "shape": "shape",
    "comparison": "other",
    "time": "other",
}


def pair(**changes: object) -> Pair:
    fields = {
        "image_path": "SDXL/00805.png",
        "prompt": PROMPT,
        "generator": "SDXL",
        "overall_ratings": (3, 4, 4),
        "element_ratings": ((1, 0, 1), None),
    }
    return Pair(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("raw", RELEASED, ids=repr)
def test_released_categories_merge_into_twelve(raw: str):
    assert reporting_category(raw) == RELEASED[raw]


@pytest.mark.parametrize(
    "raw, expected",
    [
        (" OBJECT ", "object"),
        ("object – vehicle", "object"),
        ("Animal / Human", "animal/human"),
        ("human/animal", "animal/human"),
        ("mood", "other"),
        ("", "other"),
    ],
    ids=["spaces and case", "dash", "spaced slash", "reversed", "unknown", "empty"],
)
def test_variant_spellings_merge_too(raw: str, expected: str):
    assert reporting_category(raw) == expected


def test_a_reporting_category_reports_as_itself():
    assert [reporting_category(category) for category in CATEGORIES] == list(CATEGORIES)


@pytest.mark.parametrize(
    "key, text, category, raw_category",
    [
        ("puffin (animal)", "puffin", "animal/human", "animal"),
        ("Lavender (Color) ", "Lavender", "color", "Color"),
        ("Lavender (Color)) ", "Lavender", "color", "Color"),
        ("Lavender (Color", "Lavender", "color", "Color"),
        ("  scooter  ( object-vehicle )", "scooter", "object", "object-vehicle"),
        ("a boy (animal/human)", "a boy", "animal/human", "animal/human"),
        ("sign (left) (object)", "sign (left)", "object", "object"),
        ("4(counting)", "4", "counting", "counting"),
        ("Hope (Other-writing&symbol)", "Hope", "other", "Other-writing&symbol"),
        ("( (object)", "(", "object", "object"),
        ("(object)", "", "object", "object"),
        ("قطة (animal)", "قطة", "animal/human", "animal"),
    ],
    ids=[
        "plain",
        "trailing space",
        "surplus parenthesis",
        "missing parenthesis",
        "spaces everywhere",
        "slash",
        "text with parentheses",
        "no space",
        "sign in the category",
        "text is a parenthesis",
        "no text",
        "right to left",
    ],
)
def test_released_keys_parse(key: str, text: str, category: str, raw_category: str):
    element = Element.parse(key)
    assert (element.text, element.category, element.raw_category) == (text, category, raw_category)
    assert element.key == element.raw_key == key


@pytest.mark.parametrize(
    "key",
    ["", "a cat", "a cat ()", "Color)", "a sign (left) of a door"],
    ids=["empty", "none", "blank", "half", "mid"],
)
def test_a_key_without_category_is_refused(key: str):
    with pytest.raises(ValueError, match="Expected an element key that ends in its category"):
        Element.parse(key)


def test_keys_are_made_of_text_and_category():
    assert Element("two cats", "counting").key == "two cats (counting)"
    assert Element("car", "object", "object-vehicle").key == "car (object-vehicle)"
    assert Element.from_text("a cat").key == "a cat"


def test_elements_compare_by_words_and_category_and_not_by_raw_key():
    assert Element.parse("Lavender (Color) ") == Element("Lavender", "color", "Color")


@pytest.mark.parametrize(
    "given, category",
    [
        ("a red cat", None),
        ("a red cat (animal)", "animal/human"),
        ("later (time)", "other"),
        ("door (left)", None),
        ("", None),
    ],
    ids=["text", "key", "released category without a class", "text with parentheses", "empty"],
)
def test_texts_and_keys_are_told_apart(given: str, category: str | None):
    element = Element.read(given)
    assert element.category == category
    assert element.key == given


@pytest.mark.parametrize(
    "columns, expected",
    [
        (("Monday", "other", "weekday"), ("Monday", "other", "weekday")),
        ((" car ", "object", "object-vehicle "), ("car", "object", "object-vehicle")),
        (("Lavender", None, "Color"), ("Lavender", "color", "Color")),
        (("Lavender", "Color"), ("Lavender", "color", "Color")),
        (("sign (left)", "", None), ("sign (left)", None, None)),
        (("red (color)", None, None), ("red (color)", None, None)),
    ],
    ids=["unknown to the release", "both", "raw only", "category only", "none", "text that looks like a key"],
)
def test_columns_of_the_data_set_make_its_elements(columns, expected):
    element = Element.from_columns(*columns)
    assert (element.text, element.category, element.raw_category) == expected
    assert Element.read(element) is element


def test_a_category_outside_the_twelve_is_refused():
    with pytest.raises(ValueError, match="`category` of element 'cat' is 'animal', expected one of attribute, "):
        Element("cat", "animal")


def test_scores_are_plain_means():
    assert pair().overall_score == 3.6666666666666665  # 11 thirds in float64
    assert pair().element_scores[0] == 0.6666666666666666  # 2 thirds in float64
    assert pair(overall_ratings=(1, 2, 3, 4, 5, 5)).overall_score == 20 / 6


def test_scores_without_ratings_are_undefined():
    assert math.isnan(pair().element_scores[1])
    assert math.isnan(pair(overall_ratings=None).overall_score)
    assert math.isnan(pair(overall_ratings=()).overall_score)


@pytest.mark.parametrize(
    "changes, message",
    [
        (
            {"overall_ratings": (3, 6)},
            r"`overall_ratings` of picture 'SDXL/00805.png': .* 1 to 5, got 6 at position 1",
        ),
        ({"overall_ratings": (0,)}, "got 0 at position 0"),
        ({"overall_ratings": (3.5,)}, "expected whole numbers from 1 to 5, got 3.5"),
        ({"overall_ratings": (float("nan"),)}, "got nan"),
        ({"overall_ratings": (True,)}, "got True"),
        ({"element_ratings": ((1, 2), None)}, r"`element_ratings` of 'cat \(animal\)' of picture .* 0 to 1, got 2"),
        ({"element_ratings": ((1,),)}, "has 1 entries for 2 elements"),
    ],
    ids=["too high", "too low", "fraction", "nan", "boolean", "element", "entry missing"],
)
def test_ratings_off_their_scale_are_refused(changes: dict[str, object], message: str):
    with pytest.raises(ValueError, match=message):
        pair(**changes)


def test_records_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Rating(value=3, position=0).value = 4  # type: ignore[misc]


def test_columns_hold_a_pair_and_survive_parquet(tmp_path):
    import datasets

    element = {
        "text": "cat",
        "category": "animal/human",
        "raw_category": "animal",
        "ratings": [1, 0, 1],
        "score": 2 / 3,
        "spans": [[2, 5], [8, 11]],
    }
    unrated = {**element, "ratings": None, "score": None, "spans": []}
    row = dict.fromkeys(pair_features())
    row |= {"prompt": "a cat", "overall_ratings": [3, 4], "overall_score": 3.1, "elements": [element, unrated]}
    path = tmp_path / "pairs.parquet"
    datasets.Dataset.from_list([row], features=pair_features()).to_parquet(path)
    loaded = datasets.Dataset.from_parquet(str(path), cache_dir=str(tmp_path))
    assert loaded.features == pair_features()
    assert loaded[0] == row


def test_columns_are_those_that_were_promised():
    assert list(pair_features()) == [
        "image",
        "image_path",
        "prompt_id",
        "prompt",
        "source",
        "synthetic_type",
        "generator",
        "generator_license",
        "overall_ratings",
        "overall_score",
        "prompt_variance",
        "elements",
        "prompt_meaningless",
        "split_confidence",
        "attribute_confidence",
        "fidelity_labels",
        "content_hash",
    ]
