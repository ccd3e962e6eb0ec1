import pytest

from evalmuse_hf.llm.json_schema import schema_problem, sent_schema

SCHEMA = {
    "type": "object",
    "properties": {
        "items": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"enum": ["a", "b"]}},
        "name": {"type": "string", "minLength": 2, "maxLength": 4},
        "n": {"type": "integer"},
        "x": {"type": "number"},
        "yes": {"type": "boolean"},
        "nothing": {"type": "null"},
    },
    "required": ["items"],
    "additionalProperties": False,
}


def test_a_value_that_fits_has_no_problem():
    value = {"items": ["a", "b"], "name": "abc", "n": 1, "x": 1.5, "yes": True, "nothing": None}
    assert schema_problem(value, SCHEMA) is None
    assert schema_problem({"items": ["a"], "x": 1}, SCHEMA) is None


@pytest.mark.parametrize(
    "value, problem",
    [
        ([], "the answer is [], expected an object."),
        ({}, "the answer lacks 'items'."),
        ({"items": []}, "the answer['items'] has 0 items, expected 1 or more."),
        ({"items": ["a"] * 3}, "the answer['items'] has 3 items, expected 2 or fewer."),
        ({"items": ["a", "c"]}, "the answer['items'][1] is 'c', expected one of a, b."),
        ({"items": ["a"], "name": "x"}, "the answer['name'] has 1 characters, expected 2 or more."),
        ({"items": ["a"], "name": "xxxxx"}, "the answer['name'] has 5 characters, expected 4 or fewer."),
        ({"items": ["a"], "n": True}, "the answer['n'] is True, expected an integer."),
        ({"items": ["a"], "n": 1.0}, "the answer['n'] is 1.0, expected an integer."),
        ({"items": ["a"], "x": True}, "the answer['x'] is True, expected a number."),
        ({"items": ["a"], "yes": 1}, "the answer['yes'] is 1, expected a boolean."),
        ({"items": ["a"], "nothing": 0}, "the answer['nothing'] is 0, expected a null."),
        ({"items": ["a"], "more": 0}, "the answer has 'more', which was not asked for."),
        ({"items": {"a": "x" * 100}}, "the answer['items'] is {'a': 'xxxx"),
    ],
)
def test_a_value_that_does_not_fit_has_one_sentence(value, problem):
    found = schema_problem(value, SCHEMA)
    assert found.startswith(problem)
    assert len(found) < 130


def test_an_enum_tells_one_from_true():
    assert schema_problem(True, {"enum": [1]}) is not None
    assert schema_problem(1, {"enum": [1]}) is None


@pytest.mark.parametrize("schema", [{"oneOf": []}, {"type": "date"}], ids=str)
def test_what_is_not_known_is_no_silent_pass(schema):
    with pytest.raises(ValueError, match="does not know the"):
        schema_problem("x", schema)


def test_our_own_keywords_stay_here_at_every_depth():
    inner = {"type": "string", "x-substring-of": "a"}
    schema = {"type": "object", "x-y": 1, "properties": {"a": {"type": "array", "items": inner}}}
    assert sent_schema(schema) == {
        "type": "object",
        "properties": {"a": {"type": "array", "items": {"type": "string"}}},
    }
    assert inner["x-substring-of"] == "a"
