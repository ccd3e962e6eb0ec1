import pytest

from evalmuse_hf.elements.question_checks import question_parents, question_problem
from evalmuse_hf.schema import Element


def elements_of(*keys):
    return [Element.read(key) for key in keys]


def problem(question, prompt, *keys, index=0, **others):
    elements = elements_of(*keys)
    return question_problem(question, element=elements[index], elements=elements, prompt=prompt, **others)


CAT = ("a red cat on a sofa", "red (color)", "cat (animal)", "sofa (object)", "on (spatial)")


@pytest.mark.parametrize(
    "question, index",
    [
        *(("Is the cat red?", 0), ("Is there a cat in the picture?", 1), ("Is the cat on the sofa?", 3)),
        *(("Does the picture show a sofa?", 2), ("Can you see something red?", 0), ("Is the cat's fur red?", 0)),
    ],
)
def test_valid_questions(question, index):
    assert problem(question, *CAT, index=index) is None


@pytest.mark.parametrize(
    "question, index, said",
    [
        ("What color is the red cat?", 0, "must begin with a word such as Is"),
        ("Is the cat red", 0, "its only question mark"),
        ("Is the cat red? Is it big?", 0, "its only question mark"),
        ("Is the cat red and is it on it?", 0, "ask one question"),
        ("Is the cat red or blue?", 0, "alternatives with 'or'"),
        ("Isn't the cat red?", 0, "must begin with"),
        ("Is the cat not red?", 0, "leave out 'not'"),
        ("Is the red cat missing?", 0, "leave out 'missing'"),
        ("Is the cat\nred?", 0, "one line"),
        ("Is red?", 0, "3 to 30 words"),
        ("Is the cat " + "very " * 40 + "red?", 0, "3 to 30 words"),
        ("Is the cat green?", 0, "must name 'red'"),
        ("Is there a red cat in the picture?", 1, "names 'red'"),
        ("Is there a cat on the sofa in the picture?", 1, "names 'sofa'"),
        ("Is the red cat on the sofa?", 3, "names 'red'"),
        ("Is the red cat blue?", 0, "'blue' is a color that the prompt does not give"),
        ("Are there two red cats?", 0, "the number 'two'"),
    ],
)
def test_what_is_refused_and_why(question, index, said):
    assert said in problem(question, *CAT, index=index)


SOFA = ("a red cat on a blue sofa", "red (color)", "cat (animal)", "sofa (object)", "blue (color)", "on (spatial)")


@pytest.mark.parametrize(
    "question, index, said",
    [
        ("Is the sofa on the cat?", 4, "in the order of the prompt"),
        ("Is the cat less red?", 0, "leave out 'less'"),
        ("Is there anything other than a cat?", 1, "leave out 'other than'"),
        ("Are there few cats?", 1, "leave out 'few'"),
        ("Is there a fake cat?", 1, "leave out 'fake'"),
        ("Is red hard to see?", 0, "leave out 'hard to'"),
        ("Is the cat under the sofa, on?", 4, "'under' is the opposite of 'on'"),
        ("Is there a cat in a photo of Paris with the Eiffel tower?", 1, "'paris' is not in the prompt"),
        ("Is there a cat with an umbrella?", 1, "'umbrella' is not in the prompt"),
    ],
)
def test_questions_whose_answer_is_no_are_refused(question, index, said):
    assert said in (problem(question, *SOFA, index=index) or "")


def test_what_the_prompt_says_itself_may_be_asked():
    assert problem("Are there few cats?", "few cats", "few (counting)", "cats (animal)") is None
    assert problem("Is there a fake cat?", "a cat that is fake", "cat (animal)") is None


def test_the_order_of_two_nouns_counts_where_a_verb_or_relation_is_between_them():
    crab = ("a crab finds a shell", "finds (activity)", "crab (animal)", "shell (object)")
    assert problem("Does the crab find the shell?", *crab) is None
    assert problem("Is the shell found by the crab?", *crab) is None
    assert "in the order" in problem("Does the shell find the crab?", *crab)
    beside = ("a crab next to a shell", "next to (spatial)", "crab (animal)", "shell (object)")
    assert problem("Is the shell next to the crab?", *beside) is None


def test_a_color_is_not_asked_of_the_noun_with_another():
    prompt = ("a red cat and a blue dog", "red (color)", "cat (animal)", "blue (color)", "dog (animal)")
    assert "the prompt says 'blue' of 'dog'" in problem("Is the dog red?", *prompt)
    assert problem("Is the dog blue?", *prompt, index=2) is None


def test_an_opposite_is_refused():
    assert "opposite" in problem(
        "Is the left of the hat right of the cup?", "a cup left of a hat", "left of (spatial)"
    )


def test_a_question_that_another_element_has_is_refused():
    prompt = ("a cat", "cat (animal)")
    assert "same question" in problem("Is there a cat?", *prompt, others=["is there a cat?"])


def test_forms_of_words_name_the_element():
    assert problem("Does he find it?", "he found a coin", "found (activity)", "he (human)") is None
    assert problem("Is the chair made of wood?", "a wooden chair", "wooden (material)", "chair (object)") is None
    assert problem("Are there 2 cats?", "two cats", "two (counting)", "cats (animal)") is None


def test_what_is_written_is_its_own():
    prompt = ("a sign 'to be or not to be?'", "to be or not to be? (other-writing&symbol)", "sign (object)")
    assert problem("Is the text 'to be or not to be?' in the picture?", *prompt) is None
    assert problem("Is the text '@' in the picture?", "a sign '@'", "@ (other-writing&symbol)") is None
    assert "must name '@'" in problem("Is the text in the picture?", "a sign '@'", "@ (other-writing&symbol)")


def test_nothing_that_the_prompt_rules_out_has_yes_as_its_answer():
    prompt = ("0 dogs and a cat", "0 (counting)", "dogs (animal)", "cat (animal)")
    assert "wants no 'dogs'" in problem("Are there dogs in the picture?", *prompt, index=1)
    assert problem("Are there 0 dogs in the picture?", *prompt) is None
    assert "wants no 'dogs'" in problem("Are there dogs?", "a street without dogs", "dogs (animal)")


def test_given_parents_are_what_may_be_named():
    prompt = ("a man with a beard", "beard (object)", "man (human)")
    assert "names 'man'" in problem("Is there a beard on the man?", *prompt)
    assert problem("Is there a beard on the man?", *prompt, parents=[1]) is None
    assert problem("Does the man have a beard?", *prompt) is None


def test_the_picture_itself_is_no_element():
    prompt = ("a photo of a cat", "cat (animal)", "photo (attribute)")
    assert problem("Is there a cat in the photo?", *prompt) is None


def test_parents_are_the_nouns_that_a_question_names():
    elements = elements_of("red (color)", "cat (animal)", "on (spatial)", "sofa (object)")
    assert question_parents("Is the cat on the sofa?", element=elements[2], elements=elements) == (1, 3)
    assert question_parents("Is there a cat?", element=elements[1], elements=elements) == ()


def test_the_element_must_be_one_of_the_prompt():
    with pytest.raises(ValueError, match="not one of the 1 `elements`"):
        question_problem(
            "Is there an x?", element=Element("x", "object"), elements=[Element("y", "object")], prompt="y"
        )
