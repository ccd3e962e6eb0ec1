import numpy as np
import pytest

from evalmuse_hf.mini.prompts import write_prompt
from evalmuse_hf.mini.questions import KINDS, PARAPHRASES, draw_questions, read_elements, structure_truths
from evalmuse_hf.mini.scene import Scene, Thing

SCENE = Scene(
    (
        Thing("cat", "red", x=0.2, activity="sleeping"),
        Thing("cat", "red", x=0.5, fault=True),
        Thing("cup", "blue", x=0.8, material="glass"),
    ),
    place="beach",
)
TRUE = ["Is there a cat in the picture?", "Is the cat red?", "Is this at the beach?", "Is the cup glass?"]
FALSE = ["Is there a dog in the picture?", "Is the cat blue?", "Is this in space?", "Is the cup wooden?"]


def drawn(shares, size=300, **options):
    return draw_questions(SCENE, np.random.default_rng(0), size=size, shares=shares, **options)


def test_plain_questions_are_answered_by_what_the_picture_shows():
    answers = {question.text: question.answer for question in drawn({"plain": 1}, size=1500)}
    told = {text: answers.get(text) for text in (*TRUE, *FALSE) if text in answers}
    assert len(told) >= 6
    assert all((answer == "yes") == (text in TRUE) for text, answer in told.items())


@pytest.mark.parametrize("kind", ["paraphrase", "pn"])
def test_a_question_for_no_has_the_opposite_answer(kind):
    plain = {question.text: question.answer for question in drawn({"plain": 1}, size=1500)}
    compared = 0
    for question in drawn({kind: 1}):
        inner = question.text.split('"')[1]
        asks_no = " no?" in question.text or " no " in question.text.replace(inner, "")
        if inner in plain:
            assert (question.answer == plain[inner]) != asks_no
            compared += 1
    assert compared > 100


def test_paraphrases_never_use_the_wording_of_pn_vqa():
    texts = {question.text.split('"')[0] for question in drawn({"paraphrase": 1})}
    assert texts == {template.split('"')[0] for pair in PARAPHRASES.values() for template in pair}
    assert "Is the answer to " not in texts


def test_open_questions_have_one_answer():
    answers = {question.text: question.answer for question in drawn({"open": 1})}
    assert answers["How many cats are in the picture?"] == "two"
    assert answers["What color is the cat?"] == "red"
    assert answers.get("What material is the cup?", "glass") == "glass"


@pytest.mark.parametrize("yes_share", [0.5, 0.8])
def test_the_share_of_yes_is_what_was_asked_for(yes_share):
    answers = [question.answer for question in drawn({"plain": 1, "pn": 1}, size=1000, yes_share=yes_share)]
    assert np.mean([answer == "yes" for answer in answers]) == pytest.approx(yes_share, abs=0.05)


def test_structure_questions_know_where_the_fault_is():
    assert structure_truths(SCENE) == {"human": False, "animal": True, "thing": False}
    answers = {question.text: question.answer for question in drawn({"structure": 1})}
    assert {text: answer for text, answer in answers.items() if "animal" in text} == {
        "Does an animal in the picture have a wrong body?": "yes"
    }
    assert sorted(answers.values()) == ["no", "no", "yes"]


def test_every_kind_can_be_asked():
    assert {question.kind for question in drawn(dict.fromkeys(KINDS, 1))} == set(KINDS)


def test_the_same_seed_asks_the_same():
    assert drawn({"plain": 1}, size=20) == drawn({"plain": 1}, size=20)


def test_extra_templates_are_asked_more_often():
    texts = [question.text for question in drawn({"plain": 1}, extra_templates={"counting": 1.0})]
    assert all(text.startswith(("Is there", "Are there")) for text in texts)


def test_elements_of_a_drawn_prompt_keep_their_spelling_of_the_category():
    prompt = write_prompt(np.random.default_rng(0), template="counting")
    assert read_elements(prompt)[0].raw_category == "Counting"
