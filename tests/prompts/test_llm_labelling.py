import json

import pytest

from evalmuse_hf.llm import ChatReply, StructuredClient
from evalmuse_hf.llm.json_schema import schema_problem
from evalmuse_hf.prompts.labels import DIMENSIONS, NO_LABEL
from evalmuse_hf.prompts.llm_labelling import _EXAMPLES, _SCHEMA, MEANINGS, LLMLabeller


class Fixed:
    """A model that gives its answers in turn, and the last one for ever."""

    name = "fixed"

    def __init__(self, *answers):
        self.answers = [answer if isinstance(answer, str) else json.dumps(answer) for answer in answers]
        self.asked = []

    def reply(self, messages, *, schema, max_tokens, seed):
        self.asked.append(messages)
        return ChatReply(self.answers[min(len(self.asked), len(self.answers)) - 1], "stop", 1, 1)


def answer(category=(), logic=(), style=()):
    return {"category": list(category), "logic": list(logic), "style": list(style)}


def label(*answers, prompt="a red cat"):
    model = Fixed(*answers)
    (found,) = LLMLabeller(StructuredClient(model, workers=1)).label([prompt])
    return found, model


def test_every_label_but_none_is_explained_and_offered():
    for dimension, labels in DIMENSIONS.items():
        assert tuple(MEANINGS[dimension]) == tuple(name for name in labels if name != NO_LABEL)
    for _, labels in _EXAMPLES:
        assert schema_problem(answer() | labels, _SCHEMA) is None


def test_labels_come_in_the_order_of_the_paper():
    found, model = label(answer(["Animals", "Abstract", "Animals"], ["Number", "Color"], ["Design"]))
    assert (found.category, found.logic, found.style) == (("Abstract", "Animals"), ("Color", "Number"), ("Design",))
    assert (found.status, found.message) == ("ok", "")
    assert json.loads(model.asked[0][-1].content) == {"prompt": "a red cat"}


@pytest.mark.parametrize("empty", [[], ["None"], ["none"], "None", None], ids=str)
def test_none_is_what_is_left_where_nothing_fits(empty):
    found, _ = label({"category": [], "logic": empty, "style": empty})
    assert (found.category, found.logic, found.style) == ((), ("None",), ("None",))


def test_none_beside_another_label_is_refused():
    found, model = label(answer(logic=["None", "Color"]))
    assert (found.status, found.logic) == ("failed", ())
    assert "'logic'][0] is 'None', expected one of Anti-reality" in found.message
    assert len(model.asked) == 3


def test_an_unknown_label_is_asked_for_again():
    found, model = label(answer(["Cats"]), answer(["animals"]))
    assert found.category == ("Animals",)
    assert "is 'Cats', expected one of Abstract, Animals" in model.asked[1][-1].content


@pytest.mark.parametrize("text", ["Animals, Color", '{"category": ["Animals"]}', "[]", '{"category": 1, "logic": 2}'])
def test_an_answer_of_another_form_fails_the_prompt(text):
    found, _ = label(text)
    assert found.status == "failed"
    assert found.message.startswith("No usable answer (invalid): ")


def test_prompts_without_words_are_not_asked_for_and_the_same_prompt_once():
    model = Fixed(answer(["Animals"]))
    found = LLMLabeller(StructuredClient(model)).label(["a cat", "", "a cat"])
    assert [one.status for one in found] == ["ok", "failed", "ok"]
    assert len(model.asked) == 1
    assert LLMLabeller(StructuredClient(model)).name == "llm:fixed"


def test_no_category_is_asked_again_and_believed_if_every_answer_says_so():
    found, model = label(answer(logic=["Color"]), answer(["Animals"]))
    assert (found.category, found.logic, found.message, len(model.asked)) == (("Animals",), ("None",), "", 2)
    found, model = label(answer(logic=["Color"]))
    assert (found.category, found.logic, found.status, len(model.asked)) == ((), ("Color",), "ok", 3)
    assert found.message == "No label of the category fits. Every answer says so."


def test_an_answer_that_broke_off_is_marked():
    found, model = label('{"category": ["Animals"], "logic": ["Color"], "style": ["Photography", "Gen')
    assert (found.category, found.style, found.status, len(model.asked)) == (("Animals",), ("Photography",), "ok", 3)
    assert found.message == "The answer broke off; it was closed, and what it has passes."
