"""Questions about drawn pictures with their true answers: what a small multimodal model learns from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalmuse_hf.elements.questions import ElementQuestion, ask_elements
from evalmuse_hf.elements.templates import QuestionTemplates
from evalmuse_hf.mini.prompts import DrawnPrompt, write_prompt
from evalmuse_hf.mini.raters import element_truths
from evalmuse_hf.mini.scene import Claim, Scene
from evalmuse_hf.mini.vocabulary import ANIMALS, NUMBER_WORDS, PEOPLE
from evalmuse_hf.schema import Element

PARAPHRASES = {
    "yes": ('Is yes the answer to "{question}"?', 'To "{question}", is the answer yes?'),
    "no": ('Is no the answer to "{question}"?', 'To "{question}", is the answer no?'),
}
"""Words of PN-VQA's questions in another order, for models that shall not have seen its own."""

KINDS = ("plain", "open", "paraphrase", "pn", "whole", "structure")
_TEMPLATES = QuestionTemplates()
_LEAST_TRIES = 40


@dataclass(frozen=True, slots=True)
class DrawnQuestion:
    """A question about a drawn picture.

    Attributes:
        text: The question.
        answer: "yes", "no", or a word such as "red" or "three".
        kind: One of `KINDS`.
    """

    text: str
    answer: str
    kind: str


def read_elements(prompt: DrawnPrompt) -> tuple[Element, ...]:
    """Elements of a drawn prompt as every scorer takes them."""
    return tuple(Element.from_columns(item.text, item.category, item.raw_category) for item in prompt.elements)


def structure_truths(scene: Scene) -> dict[str, bool]:
    """Whether a person, an animal, another thing of a picture is drawn with a structural error."""
    truths = {"human": False, "animal": False, "thing": False}
    for thing in scene.things:
        kind = "human" if thing.noun in PEOPLE else "animal" if thing.noun in ANIMALS else "thing"
        truths[kind] = truths[kind] or thing.fault
    return truths


def draw_questions(
    scene: Scene,
    rng: np.random.Generator,
    *,
    size: int,
    shares: Mapping[str, float],
    yes_share: float = 0.5,
    extra_templates: Mapping[str, float] | None = None,
) -> list[DrawnQuestion]:
    """Draw questions about a picture.

    Args:
        scene: What it shows.
        rng: Source of every choice.
        size: Number of questions.
        shares: How often each of `KINDS` is asked, relative to the others.
        yes_share: Chance that a question that asks for yes or no is one whose answer is yes, as far as there are any.
        extra_templates: Chance that a prompt is of this template; else it is of any.

    Returns:
        ``size`` questions; all the words that they say together are on the training side.
    """
    names = list(shares)
    weights = np.array([shares[name] for name in names])
    drawn: list[DrawnQuestion] = []
    pending: list[tuple[DrawnPrompt, int, bool, ElementQuestion]] = []
    while len(drawn) < size:
        kind = names[int(rng.choice(len(names), p=weights / weights.sum()))]
        wanted = bool(rng.random() < yes_share)
        for _ in range(_LEAST_TRIES):
            if not pending:
                pending = _about(write_prompt(rng, scene=scene, template=_template(rng, extra_templates)), scene)
            question = _say(pending.pop(), kind, wanted, scene, rng)
            if question is not None:
                drawn.append(question)
                break
    return drawn


def _template(rng: np.random.Generator, extra: Mapping[str, float] | None) -> str | None:
    draw = rng.random()
    for name, share in (extra or {}).items():
        if draw < share:
            return name
        draw -= share
    return None


def _about(prompt: DrawnPrompt, scene: Scene) -> list[tuple[DrawnPrompt, int, bool, ElementQuestion]]:
    truths = element_truths(prompt, scene)
    asked = ask_elements(prompt.text, read_elements(prompt))
    return [(prompt, index, truths[index], question) for index, question in enumerate(asked)]


def _say(
    item: tuple[DrawnPrompt, int, bool, ElementQuestion],
    kind: str,
    wanted: bool,
    scene: Scene,
    rng: np.random.Generator,
) -> DrawnQuestion | None:
    """Put one element into words; None if it has no question of this kind, or not the wanted answer."""
    prompt, index, truth, asked = item
    if kind == "open":
        return _ask_openly(prompt.elements[index].claim, asked, scene)
    if kind == "whole":
        holds = all(element_truths(prompt, scene))
        text = _TEMPLATES.fill("whole", prompt=prompt.text)
        return DrawnQuestion(text, "yes" if holds else "no", kind) if holds == wanted or holds else None
    if kind == "structure":
        truths = structure_truths(scene)
        about = ("human", "animal", "thing")[int(rng.integers(3))]
        return DrawnQuestion(getattr(_TEMPLATES, about), "yes" if truths[about] else "no", kind)
    if kind == "plain":
        return DrawnQuestion(asked.text, "yes" if truth else "no", kind) if truth == wanted else None
    polarity = "yes" if rng.random() < 0.5 else "no"
    holds = truth == (polarity == "yes")
    if holds != wanted:
        return None
    if kind == "pn":
        text = _TEMPLATES.fill("positive" if polarity == "yes" else "negative", question=asked.text)
    else:
        phrases: Sequence[str] = PARAPHRASES[polarity]
        text = phrases[int(rng.integers(len(phrases)))].replace("{question}", asked.text)
    return DrawnQuestion(text, "yes" if holds else "no", kind)


def _ask_openly(claim: Claim, asked: ElementQuestion, scene: Scene) -> DrawnQuestion | None:
    """The open question with what the picture shows, where that is one word."""
    if asked.open_text is None:
        return None
    named = [thing for thing in scene.things if thing.noun == claim.noun]
    if claim.kind == "count":
        return DrawnQuestion(asked.open_text, NUMBER_WORDS[len(named)], "open") if len(named) < 6 else None
    shown = {getattr(thing, claim.kind) for thing in named}
    word = next(iter(shown)) if len(shown) == 1 else None
    return None if word is None else DrawnQuestion(asked.open_text, word, "open")
