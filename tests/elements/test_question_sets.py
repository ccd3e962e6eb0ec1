import numpy as np
import pytest

from evalmuse_hf.elements.llm_questions import WrittenQuestion
from evalmuse_hf.elements.question_sets import open_wishes, write_question_sets, write_questions
from evalmuse_hf.elements.questions import ask_elements
from evalmuse_hf.mini.prompts import write_prompt
from evalmuse_hf.mini.questions import read_elements
from evalmuse_hf.schema import Element

DOG = ("a brown dog and a cat", [Element.read(key) for key in ("brown (color)", "dog (animal)", "cat (animal)")])
# Nothing about a thing of which there shall be none has yes as its answer.
NO_DOG = ("no dogs", [Element("dogs", "animal/human")])
# A question with 60 words is too long, however it is worded.
LONG = " ".join(["long"] * 60)
LONG_CAT = (f"a {LONG} cat", [Element(f"{LONG} cat", "animal/human")])


class Writer:
    """A writer with ready answers that remembers what it was asked for."""

    name = "writer"

    def __init__(self, *answers):
        self.answers = list(answers)
        self.wishes = []

    def write_each(self, wishes):
        for wish in wishes:
            self.wishes.append(wish)
            yield self.answers.pop(0)


def test_rules_alone():
    brown, dog, cat = write_questions(*DOG)
    assert (brown.question, brown.parents, brown.attempts) == ("Is the dog brown?", (1,), 1)
    assert brown.negative == 'Is the answer to "Is the dog brown?" no?'
    assert brown.counterfactual.startswith("Is the dog ")
    assert (dog.parents, cat.question) == ((), "Is there a cat in the picture?")


def test_a_valid_given_question_is_kept_and_a_wrong_one_is_replaced():
    given = ["Does the dog have brown fur?", "Is there a brown dog?", None]
    brown, dog, cat = write_questions(*DOG, given=given)
    assert (brown.question, brown.parents, brown.attempts) == ("Does the dog have brown fur?", (1,), 1)
    assert (dog.question, dog.attempts) == ("Is there a dog in the picture?", 2)
    assert cat.attempts == 1


def test_two_equal_elements_have_two_questions():
    first, second = write_questions("a cat and a cat", [Element("cat", "animal/human")] * 2)
    assert first.question == "Is there a cat in the picture?"
    assert (second.question, second.status) == ("Is there a second cat in the picture?", "ok")


def test_an_element_without_a_valid_question_says_why():
    (result,) = write_questions(*NO_DOG)
    assert (result.status, result.question, result.negative, result.counterfactual) == (
        "no_valid_question",
        "",
        None,
        None,
    )
    assert "No question about 'dogs' is valid: The prompt wants no 'dogs'" in result.message
    assert result.attempts == 0
    (empty,) = write_questions("a cat", [Element("", "color")])
    assert (empty.status, empty.attempts) == ("no_valid_question", 0)


def test_the_writer_is_asked_only_for_what_is_open_and_is_checked_too():
    writer = Writer(WrittenQuestion("Is the cat not long?"), WrittenQuestion("", "failed", "It said nothing."))
    results = write_question_sets([DOG, LONG_CAT, LONG_CAT], writer=writer)
    assert [(wish.prompt, wish.index) for wish in writer.wishes] == [(LONG_CAT[0], 0)] * 2
    assert all("3 to 30 words" in wish.problem for wish in writer.wishes)
    assert [result.status for result in results[0]] == ["ok"] * 3
    assert results[1][0].status == "no_valid_question"
    assert "writer found none either: It said nothing." in results[2][0].message
    assert [wish.prompt for wish in open_wishes([DOG, LONG_CAT])] == [LONG_CAT[0]]


def test_a_writer_is_not_asked_for_what_the_prompt_rules_out():
    writer = Writer()
    florist = (
        "a harp and 0 florist",
        [Element.read(key) for key in ("harp (object)", "0 (counting)", "florist (human)")],
    )
    harp, zero, nobody = write_question_sets([florist], writer=writer, given=[[None, None, "Is there a florist?"]])[0]
    assert (harp.status, zero.status, nobody.status) == ("ok", "ok", "no_valid_question")
    assert "wants no 'florist'" in nobody.message
    assert writer.wishes == open_wishes([florist, NO_DOG]) == []


def test_a_writer_knows_the_questions_that_are_taken():
    """The second cat of 60 words gets its own question after the first has taken the one that both were given."""
    prompt = (f"{LONG_CAT[0]}, a dog, {LONG_CAT[0]}", [*LONG_CAT[1], Element("dog", "animal/human"), *LONG_CAT[1]])
    cat, other = "Is there a long cat in the picture?", "Is there a second long cat in the picture?"
    writer = Writer(*map(WrittenQuestion, (cat, cat, other)))
    first, dog, second = write_question_sets([prompt], writer=writer)[0]
    assert (first.question, second.question, second.status) == (cat, other, "ok")
    assert [wish.taken for wish in writer.wishes] == [(dog.question,), (dog.question,), (cat, dog.question)]


def test_what_a_writer_finds_is_used():
    """A question of 300 letters fails every rule, and the writer's shorter one passes."""
    assert write_questions(*LONG_CAT)[0].status == "no_valid_question"
    (result,) = write_questions(*LONG_CAT, writer=Writer(WrittenQuestion("Is there a long cat in the picture?")))
    assert (result.question, result.status) == ("Is there a long cat in the picture?", "ok")


def test_each_element_needs_its_given_question():
    with pytest.raises(ValueError, match="2 questions for 3 elements"):
        write_questions(*DOG, given=["Is it?", None])
    with pytest.raises(ValueError, match="1 lists for 2 prompts"):
        write_question_sets([DOG, DOG], given=[[None] * 3])


def test_the_first_question_of_the_drawn_world_is_always_valid():
    """Where nothing is counted to zero: of what shall not be there no question has yes as its answer."""
    rng = np.random.default_rng(3)
    n_elements = 0
    for _ in range(60):
        prompt = write_prompt(rng)
        elements = read_elements(prompt)
        if any(element.text in ("zero", "0") for element in elements):
            continue
        results = write_questions(prompt.text, elements)
        assert [result.question for result in results] == [one.text for one in ask_elements(prompt.text, elements)]
        n_elements += len(elements)
    assert n_elements > 150
