import json

import pytest

from evalmuse_hf.elements.llm_questions import _EXAMPLES, LLMQuestionWriter, QuestionWish
from evalmuse_hf.llm import ChatReply, StructuredClient
from evalmuse_hf.schema import Element

PROMPT = "a red cat sleeps"
ELEMENTS = (Element("red", "color"), Element("cat", "animal/human"), Element("sleeps", "activity"))


class Writer:
    """A model that writes questions by a function of what it is asked."""

    name = "writer"

    def __init__(self, write):
        self.write = write
        self.asked = []

    def reply(self, messages, *, schema, max_tokens, seed):
        self.asked.append(messages)
        asked = json.loads(next(one.content for one in messages[7:] if one.role == "user"))
        return ChatReply(json.dumps({"question": self.write(asked, len(messages))}), "stop", 1, 1)


def check(question, *, element, elements, prompt, others):
    """A check of this test: the question names the element."""
    return None if element.text.rstrip("s") in question else f"The question does not name {element.text!r}."


def writer(write, **options):
    model = Writer(write)
    return LLMQuestionWriter(StructuredClient(model, workers=1), **{"check": check, **options}), model


def test_a_question_is_written_for_each_element():
    asking, model = writer(lambda asked, length: f"Is it  {asked['element']}?")
    found = asking.write(PROMPT, ELEMENTS)
    assert [(one.text, one.status) for one in found] == [
        ("Is it red?", "ok"),
        ("Is it cat?", "ok"),
        ("Is it sleeps?", "ok"),
    ]
    said = json.loads(model.asked[0][-1].content)
    assert said == {
        "prompt": PROMPT,
        "element": "red",
        "category": "color",
        "other_elements": "cat, sleeps",
        "problem": "",
        "taken": [],
    }


def test_only_questions_with_a_problem_are_written_anew():
    asking, model = writer(lambda asked, length: f"Is it {asked['element']}?")
    found = asking.write(PROMPT, ELEMENTS, [None, "It names 'red'.", None])
    assert [one and one.text for one in found] == [None, "Is it cat?", None]
    assert json.loads(model.asked[0][-1].content)["problem"] == "It names 'red'."
    with pytest.raises(ValueError, match="1 problems for 3 elements"):
        asking.write(PROMPT, ELEMENTS, [None])


def test_a_question_that_fails_its_check_is_asked_for_again():
    asking, model = writer(lambda asked, length: "Is it a dog?" if length < 9 else "Is there a cat?")
    (found,) = asking.write_each([QuestionWish(PROMPT, ELEMENTS, 1)])
    assert (found.text, found.status) == ("Is there a cat?", "ok")
    assert "The question does not name 'cat'." in model.asked[1][-1].content


def test_a_question_that_never_passes_does_not_come_back():
    asking, _ = writer(lambda asked, length: "Is it a dog?")
    (found,) = asking.write_each([QuestionWish(PROMPT, ELEMENTS, 1)])
    assert (found.text, found.status) == ("", "failed")
    assert "does not name 'cat'" in found.message


def test_without_a_check_the_one_of_the_package_decides():
    asking, _ = writer(lambda asked, length: "What color is the cat?", check=None)
    (found,) = asking.write_each([QuestionWish(PROMPT, ELEMENTS, 0)])
    assert found.status == "failed"
    asking, _ = writer(lambda asked, length: "Is the cat red?", check=None)
    (found,) = asking.write_each([QuestionWish(PROMPT, ELEMENTS, 0)])
    assert found.text == "Is the cat red?"


def test_the_examples_that_a_model_is_shown_pass_the_check_of_the_package():
    from evalmuse_hf.elements.question_checks import question_problem

    for (prompt, text, category, others, _, taken), question in _EXAMPLES:
        element = Element(text, category)
        nouns = [Element(name, "object") for name in others.split(", ")]
        about = {"element": element, "elements": [element, *nouns], "prompt": prompt, "others": taken}
        assert question_problem(question, **about) is None


def test_the_model_is_told_which_questions_are_taken_and_may_not_repeat_them():
    taken = ("Is there a cat in the picture?",)
    asking, model = writer(
        lambda asked, length: asked["taken"][0] if length < 9 else "Does the picture show a cat?", check=None
    )
    (found,) = asking.write_each([QuestionWish(PROMPT, ELEMENTS, 1, taken=taken)])
    assert json.loads(model.asked[0][-1].content)["taken"] == list(taken)
    assert "Another element of the prompt has the same question" in model.asked[1][-1].content
    assert (found.text, found.status) == ("Does the picture show a cat?", "ok")
