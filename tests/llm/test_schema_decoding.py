import json

import pytest
import torch

from evalmuse_hf.llm import SOURCE_KEYWORD
from evalmuse_hf.llm.json_schema import schema_problem
from evalmuse_hf.llm.schema_decoding import SchemaDecoder, _Source
from evalmuse_hf.llm.token_stream import Vocabulary


class Wisher:
    """A stream whose logits ask for the tokens of one text, character by character; it knows only what was fed."""

    def __init__(self, vocabulary, wish):
        self.vocabulary = vocabulary
        self.wish = wish
        self.n_tokens = 0
        self.fed = ""

    def feed(self, ids):
        self.fed += self.vocabulary.spell(ids) if ids else ""
        self.n_tokens += len(ids)

    def logits(self):
        wanted = self.wish[len(self.fed) :] if self.wish.startswith(self.fed) else ""
        scores = torch.zeros(400)
        for text, number in self.vocabulary.by_text.items():
            if wanted and wanted.startswith(text):
                scores[number] = len(text)
        return scores


@pytest.fixture(scope="module")
def vocabulary(chat_model):
    return Vocabulary(chat_model._tokenizer)


def write(vocabulary, schema, wish, *, max_tokens=500):
    stream = Wisher(vocabulary, wish)
    decoder = SchemaDecoder(stream, vocabulary, lambda logits: int(logits.argmax()), max_tokens)
    return decoder.write(schema), decoder


PAIR = {
    "type": "object",
    "properties": {"text": {"type": "string", SOURCE_KEYWORD: "a red cat, and a cat"}, "kind": {"enum": ["x", "y"]}},
}


@pytest.mark.parametrize(
    "schema, value",
    [
        ({"type": "array", "items": PAIR}, [{"text": "red cat", "kind": "y"}, {"text": "cat", "kind": "x"}]),
        ({"type": "array", "items": PAIR}, []),
        ({"type": "array", "items": {"enum": ["a b", "a c", "d"]}}, ["a c", "a b"]),
        ({"type": "array", "items": {"type": "string"}}, ["Is the cat red?", "no"]),
        (
            {"type": "object", "properties": {"a": {"type": "boolean"}, "b": {"type": "boolean"}}},
            {"a": True, "b": False},
        ),
        ({"type": "object", "properties": {"n": {"type": "integer"}, "m": {"type": "null"}}}, {"n": 120, "m": None}),
        ({"type": "array", "items": {"type": "array", "items": {"enum": ["d"]}}}, [["d"], []]),
        ({"type": "string", SOURCE_KEYWORD: 'say "hi" \\ é\n2'}, 'hi" \\ é'),
    ],
    ids=["excerpts", "empty", "choices", "texts", "booleans", "numbers", "nested", "escapes"],
)
def test_what_the_model_wants_is_written_where_the_schema_allows_it(vocabulary, schema, value):
    wish = json.dumps(value, ensure_ascii=False)
    assert write(vocabulary, schema, wish)[0] == wish


@pytest.mark.parametrize(
    "schema, wish, expected",
    [
        ({"type": "string", SOURCE_KEYWORD: "a red cat"}, '"a red dog"', "a red cat"),
        ({"type": "string", SOURCE_KEYWORD: "category"}, '"cat"', "category"),
        ({"type": "string", SOURCE_KEYWORD: "?!"}, '"cat"', ""),
        ({"type": "string", SOURCE_KEYWORD: "near a cat."}, '"cat."', "cat"),
        ({"enum": ["one", "two"]}, '"three"', None),
        ({"type": "string", "maxLength": 4}, '"a red cat"', "a re"),
        ({"type": "string", "minLength": 3}, '""', None),
        ({"type": "array", "maxItems": 1, "items": {"enum": ["a", "b"]}}, '["a", "b"]', ["a"]),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, '["a", "b", "a"]', ["a", "b"]),
    ],
    ids=["excerpt", "whole words", "no words", "last word", "enum", "maxLength", "minLength", "maxItems", "once"],
)
def test_what_the_schema_forbids_is_not_written(vocabulary, schema, wish, expected):
    value = json.loads(write(vocabulary, schema, wish)[0])
    assert schema_problem(value, schema) is None
    if expected is not None:
        assert value == expected


def test_excerpts_of_a_list_follow_each_other(vocabulary):
    schema = {"type": "array", "items": {"type": "string", SOURCE_KEYWORD: "a red cat"}}
    value = json.loads(write(vocabulary, schema, '["cat", "a"]')[0])
    assert value == ["cat"]


def test_a_list_is_closed_when_the_tokens_are_used_up(vocabulary):
    schema = {
        "type": "object",
        "properties": {"a": {"type": "array", "items": {"type": "string"}}, "b": {"enum": ["d"]}},
    }
    text, decoder = write(vocabulary, schema, '{"a": ["' + "x" * 300, max_tokens=20)
    value = json.loads(text)
    assert value["b"] == "d"
    assert len(text) < 60
    assert decoder.was_cut


@pytest.mark.parametrize("schema", [{}, {"type": "array", "items": {"type": "integer"}}, {"enum": [1, 10]}], ids=str)
def test_a_schema_that_says_too_little_is_one_sentence(vocabulary, schema):
    with pytest.raises(ValueError, match="A local model"):
        write(vocabulary, schema, "[1]")


def test_words_begin_and_end_at_their_letters():
    source = _Source('a "red" cat')
    assert source.text == 'a \\"red\\" cat'
    assert (sorted(source.starts), sorted(source.ends)) == ([0, 4, 10], [1, 7, 13])
    # Between two Chinese or Japanese characters there may be a boundary anywhere.
    assert sorted(_Source("赤い猫").starts) == [0, 1, 2]
