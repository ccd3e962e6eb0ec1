import json

import pytest

from evalmuse_hf.llm.json_text import find_json

VALUE = {"elements": [{"text": "dog's bone", "category": "object"}, {"text": "two", "category": "counting"}]}
PLAIN = json.dumps(VALUE)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        f"Sure! Here are the elements [as asked]:\n\n{PLAIN}\n\nLet me know.",
        f"I found [2] of them: {PLAIN} as in [1].",
        f"```json\n{PLAIN}\n```",
        f"```\n{PLAIN}",
        f"<think>Perhaps {{'a': 1}}? No, {{}}.</think>\n{PLAIN}",
        PLAIN.replace("}]", "},]").replace("}", ",}"),
        PLAIN.replace('"', "'"),
        PLAIN.replace('"text"', "\u201ctext\u201d").replace('"category"', "\u2018category\u2019"),
        json.dumps(VALUE, indent=2).replace("dog's bone", "dog\\'s bone"),
    ],
    ids=[
        "plain",
        "prose",
        "references",
        "fence",
        "open fence",
        "thoughts",
        "commas",
        "single quotes",
        "typographic",
        "escaped",
    ],
)
def test_a_whole_value_is_found(text):
    found = find_json(text)
    assert found.value == VALUE
    assert not found.closed


@pytest.mark.parametrize(
    "text, value",
    [
        ("{'a': True, 'b': None, 'c': 'it says \"hi\"'}", {"a": True, "b": None, "c": 'it says "hi"'}),
        ('{"a": "one\ntwo"}', {"a": "one\ntwo"}),
        ("['a', 'b',]", ["a", "b"]),
        ('{"a": []}', {"a": []}),
    ],
    ids=["Python", "line break", "list", "empty"],
)
def test_the_usual_damage_is_repaired(text, value):
    assert find_json(text).value == value


@pytest.mark.parametrize(
    "kept, text",
    [
        ([{"a": 1}], '{"x": [{"a": 1}, {"a": 2'),
        ([{"a": 1}, {"a": 2}], '{"x": [{"a": 1}, {"a": 2}'),
        ([{"a": 1}, {"a": 2}], '{"x": [{"a": 1}, {"a": 2}]'),
        ([{"a": 1}], '{"x": [{"a": 1}, {"a": "a text that br'),
        ([{"a": 1}], '{"x": [{"a": 1}, '),
        ([{"a": 1}], '{"x": [{"a": 1}, {"a": 2, "b": "wh'),
    ],
    ids=["in a number", "after an item", "last bracket", "in a text", "after a comma", "in an object"],
)
def test_a_value_that_broke_off_is_closed_and_marked(kept, text):
    """What is not known to be whole is dropped: the 2 may have been the beginning of 20."""
    found = find_json(text)
    assert found.closed
    assert found.value["x"] == kept


@pytest.mark.parametrize(
    "text",
    ["", "I cannot help with that.", "<html><body>Bad gateway</body></html>", '{"a', "{]}", "[" * 5000, '{"a": NaN}'],
    ids=["nothing", "prose", "HTML", "no item", "wrong bracket", "deep", "no number"],
)
def test_no_value_is_one_sentence(text):
    with pytest.raises(ValueError, match="The answer holds no JSON object or list"):
        find_json(text)


def test_a_huge_text_is_not_searched():
    with pytest.raises(ValueError, match=r"100,001 characters"):
        find_json("x" * 100_001)


def test_many_brackets_take_no_time():
    """Each start is tried; their number is bounded, or this would take minutes."""
    with pytest.raises(ValueError, match="no JSON"):
        find_json("{x " * 10_000)


def test_a_value_of_the_kind_that_is_asked_for_comes_first():
    text = 'See [1, 2, 3, 4, 5, 6]: {"a": 1}'
    assert find_json(text).value == [1, 2, 3, 4, 5, 6]
    assert find_json(text, kind="object").value == {"a": 1}
    assert find_json("```\n[1, 2]\n```\n{'a': 1}", kind="object").value == {"a": 1}
    assert find_json("[1, 2]", kind="object").value == [1, 2]
