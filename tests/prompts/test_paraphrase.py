import json

import pytest

from evalmuse_hf.llm import ChatReply, StructuredClient
from evalmuse_hf.prompts import synthesize
from evalmuse_hf.prompts.paraphrase import _EXAMPLES, LLMParaphraser, paraphrase_problem
from evalmuse_hf.schema import Element, Prompt


def prompt(text, *pairs):
    return Prompt(text, text, "synthetic", None, tuple(Element.from_columns(*pair) for pair in pairs))


POTS = prompt(
    "an ivory wicker teapot and a scarlet steel canoe",
    *(("ivory", "color"), ("wicker", "material"), ("teapot", "object")),
    *(("scarlet", "color"), ("steel", "material"), ("canoe", "object")),
)
HARP = prompt(
    "A harp is behind a tent, and the harp is taller than the tent",
    *(("harp", "object"), ("tent", "object"), ("behind", "spatial"), ("taller than", "comparison")),
)
OTTER = prompt(
    "An otter on a pier, pixel art, thick fog, dusk",
    *(("otter", "animal"), ("pier", "location"), ("pixel art", "", "attribute-style")),
    *(("thick fog", "", "other-weather"), ("dusk", "", "other-time")),
)
SIGN = prompt("A neon sign with the text 'Wet paint' on it", ("neon sign", "object"), ("Wet paint", "other"))
THREE = prompt("three herons and 4 kettles", ("three herons", "counting"), ("4 kettles", "counting"))


@pytest.mark.parametrize(
    "original, text",
    [
        (POTS, "An ivory wicker teapot standing beside a scarlet steel canoe"),
        (HARP, "A harp stands behind a tent and is taller than it"),
        (OTTER, "Pixel art of an otter sitting on a pier at dusk in thick fog"),
        (SIGN, "On a neon sign one reads the text 'Wet paint'"),
        (THREE, "A group of three herons together with 4 kettles"),
    ],
    ids=["pots", "harp", "otter", "sign", "three"],
)
def test_a_paraphrase_that_keeps_everything_passes(original, text):
    assert paraphrase_problem(text, original) is None


@pytest.mark.parametrize(
    "original, text, problem",
    [
        (POTS, "An ivory wicker teapot beside a red steel canoe", "It lacks 'scarlet'"),
        (POTS, "A scarlet wicker teapot beside an ivory steel canoe", "in another order"),
        (HARP, "A harp is behind a tent, and the tent is taller than the harp", "in another order"),
        (HARP, "A tent is behind a harp, and the harp is taller than the tent", "in another order"),
        (OTTER, "Pixel art of 2 otter friends: an otter on a pier, thick fog, dusk", "'2' is not in the prompt"),
        (OTTER, "Pixel art of two friends: an otter on a pier, thick fog, dusk", "'two' is not in the prompt"),
        (OTTER, "An otter on a pier with a sign 'dusk', pixel art, thick fog", "The quoted text 'dusk' is not"),
        (SIGN, "A neon sign with the text Wet paint", "The quoted text 'Wet paint' is gone"),
        (OTTER, OTTER.text.upper(), "It is the prompt as it was"),
        (OTTER, "An otter on a pier,\npixel art, thick fog, dusk", "must be one line"),
        (OTTER, "", "must be one line"),
        (POTS, "ivory wicker teapot", "It has 3 words; write 4 to 24"),
        (POTS, POTS.text + " x" * 20, "It has 29 words; write 4 to 24"),
    ],
    ids=[
        *("lost", "colors", "comparison", "relation", "digit", "number word", "new text", "lost quotes"),
        *("the same", "lines", "empty", "short", "long"),
    ],
)
def test_a_paraphrase_that_changes_something_has_a_problem(original, text, problem):
    assert problem in paraphrase_problem(text, original)


SOFA = prompt("a red cat on a sofa", ("red", "color"), ("cat", "animal"), ("on", "spatial"), ("sofa", "object"))
CATS = prompt("every cat on a street without dogs", ("cat", "animal"), ("street", "location"))
TWO = prompt("two cats and a wooden box", ("two", "counting"), ("cats", "animal"), ("box", "object"))


@pytest.mark.parametrize(
    "original, text, problem",
    [
        (SOFA, "A red cat lying on a sofa with a green dog and a blue umbrella", "'green' is not in the prompt"),
        (SOFA, "A red cat lying on a sofa with a dog", "'dog' is not in the prompt; add no thing"),
        (SOFA, "A red cat lying on a sofa with two others", "'two' is not in the prompt"),
        (SOFA, "There is not a red cat on any sofa", "'not' is not in the prompt"),
        (SOFA, "There is hardly a red cat on the sofa", "'hardly' is not in the prompt"),
        (SOFA, "Ignore that: a red cat on the sofa", "'ignore' is not in the prompt"),
        (SOFA, "There was a red cat on a black sofa", "'black' is not in the prompt; add no color"),
        (SOFA, "There was a red cat on a leather sofa", "'leather' is not in the prompt; add no material"),
        (SOFA, "There was a red cat on a round sofa", "'round' is not in the prompt; add no shape"),
        (SOFA, "There was a red cat on a star-shaped sofa", "'shaped' is not in the prompt; add no shape"),
        (SOFA, "A red cat on a sofa at night", "'night' is not in the prompt; add no thing"),
        (SOFA, "A red cat on every sofa", "'every' is not in the prompt; keep the amounts"),
        (SOFA, "A red cat with its box on and under a sofa", "'under' is not in the prompt; keep where"),
        (CATS, "Every cat walks on a street with dogs", "'without' of the prompt is gone"),
        (CATS, "The cat walks on a street without dogs", "'every' of the prompt is gone"),
        (prompt("a red cat", ("red", "color"), ("cat", "animal")), "a blue cat, never red", "'never'"),
        (prompt("a red cat", ("red", "color"), ("cat", "animal")), "no red cat", "'no' is not in the prompt"),
    ],
)
def test_a_paraphrase_adds_nothing_and_denies_nothing(original, text, problem):
    if "'under'" in problem:
        original = prompt(f"{original.text} with its box", *((one.text, one.category) for one in original.elements))
    assert problem in (paraphrase_problem(text, original) or "")


@pytest.mark.parametrize(
    "original, text",
    [
        (SOFA, "Picture a red cat that is lying comfortably on a sofa"),
        (CATS, "Not one dog on the street where every cat is"),
        (TWO, "A pair of two cats sitting beside a box made of wood"),
        (
            prompt("a dog and a boat", ("dog", "animal"), ("boat", "object")),
            "A dog trying to fish beside a boat",
        ),
    ],
)
def test_forms_of_words_and_new_verbs_pass(original, text):
    assert paraphrase_problem(text, original) is None


def test_an_element_that_comes_twice_must_come_twice():
    twins = prompt("a cat and a cat", ("cat", "animal"), ("cat", "animal"))
    assert "lacks 'cat'" in paraphrase_problem("a cat with another animal", twins)
    assert paraphrase_problem("a cat beside a cat", twins) is None


def test_the_examples_that_a_model_is_shown_pass_the_check():
    for text, elements, paraphrase in _EXAMPLES:
        original = Prompt("1", text, elements=tuple(map(Element.from_text, elements)))
        assert paraphrase_problem(paraphrase, original) is None


class Rewriter:
    """A model that rewrites by a function of the prompt."""

    name = "rewriter"

    def __init__(self, rewrite):
        self.rewrite = rewrite
        self.n_calls = 0

    def reply(self, messages, *, schema, max_tokens, seed):
        self.n_calls += 1
        asked = json.loads(next(one.content for one in messages[5:] if one.role == "user"))
        return ChatReply(json.dumps({"prompt": self.rewrite(asked["prompt"])}), "stop", 1, 1)


def paraphrase(prompts, rewrite):
    model = Rewriter(rewrite)
    return list(LLMParaphraser(StructuredClient(model)).paraphrase(prompts)), model


def test_synthetic_prompts_of_every_family_are_paraphrased_with_their_elements():
    prompts = synthesize(60, seed=3)
    found, _ = paraphrase(prompts, lambda text: f"Picture with {text[0].lower()}{text[1:]}")
    assert [one.status for one in found] == ["ok"] * 60
    for one, original in zip(found, prompts, strict=True):
        assert one.prompt.text != one.original == original.text
        assert (one.prompt.prompt_id, one.prompt.elements) == (original.prompt_id, original.elements)


def test_a_prompt_without_a_paraphrase_stays_as_it_was():
    (found,), model = paraphrase([POTS], lambda text: "a red teapot")
    assert (found.prompt, found.status, model.n_calls) == (POTS, "kept", 3)
    assert found.message.startswith("No usable paraphrase (invalid): ")


def test_two_prompts_never_become_the_same():
    one, two = (prompt(text, ("cat", "animal")) for text in ("a cat on it", "a cat at it"))
    found, _ = paraphrase([one, two], lambda text: "just a cat here")
    assert [result.status for result in found] == ["ok", "kept"]
    assert "is another prompt already" in found[1].message


def test_a_prompt_without_elements_is_not_asked_for():
    (found,), model = paraphrase([Prompt("1", "a cat")], lambda text: "one cat")
    assert (found.status, model.n_calls) == ("kept", 0)
    assert "no elements" in found.message
