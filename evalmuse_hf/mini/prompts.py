"""Prompts of the drawn world: eleven templates, each with its elements and what they claim.

The chances in the templates are those that an optional word is said.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from evalmuse_hf.mini.asking import Ask
from evalmuse_hf.mini.scene import Claim, Scene
from evalmuse_hf.mini.vocabulary import (
    ACTIVITIES,
    ALIVE,
    ATTRIBUTES,
    COLORS,
    FOODS,
    MATERIALS,
    NOUNS,
    NUMBER_WORDS,
    OBJECTS,
    PLACES,
    SHAPED_OBJECTS,
    SHAPES,
    WEATHER,
    WORDS,
    is_held_out,
    is_test_prompt,
    noun_category,
    plural,
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a prompt asks of one noun; None means that the prompt leaves it open.

    The fields are those of `evalmuse_hf.mini.scene.Thing`, and `count`, the number of such things, from 0 to 5.
    """

    noun: str
    count: int | None = None
    color: str | None = None
    material: str | None = None
    shape: str | None = None
    activity: str | None = None
    state: str | None = None
    word: str | None = None


@dataclass(frozen=True, slots=True)
class ElementClaim:
    """One element of a drawn prompt.

    Attributes:
        text: Its words, as they stand in the prompt.
        category: One of `evalmuse_hf.schema.CATEGORIES`.
        raw_category: The category in a spelling of the release.
        claim: What it says, exactly.
    """

    text: str
    category: str
    raw_category: str
    claim: Claim


@dataclass(frozen=True, slots=True)
class DrawnPrompt:
    """A prompt with everything that is known about it.

    Attributes:
        text: The prompt.
        kind: The release's synthetic type that the template imitates, in the release's spelling.
        subjects: What is asked for, in order.
        elements: In order of their place in the prompt, except that a relation comes last.
        relation: How the first subject stands to the second; None where nothing is said.
        place: A key of `PLACES`; None where nothing is said.
        weather: One of `WEATHER`; None where nothing is said.
        novel: Whether it says a pair that training never shows (`evalmuse_hf.mini.vocabulary.is_held_out`).
    """

    text: str
    kind: str
    subjects: tuple[Subject, ...]
    elements: tuple[ElementClaim, ...]
    relation: str | None = None
    place: str | None = None
    weather: str | None = None
    novel: bool = False


def _noun_element(subject: Subject, *, text: str | None = None) -> ElementClaim:
    category = noun_category(subject.noun)
    raw = {"animal/human": "human" if subject.noun in ("man", "woman", "wizard") else "animal", "object": "object"}
    return ElementClaim(
        text or subject.noun, category, raw.get(category, category), Claim("present", subject.noun, subject.noun)
    )


def _property(kind: str, category: str, raw: str, subject: Subject) -> ElementClaim:
    value = getattr(subject, kind)
    return ElementClaim(value, category, raw, Claim(kind, value, subject.noun))


def _article(words: str) -> str:
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


def _counting(ask: Ask) -> DrawnPrompt:
    first, second = ask.noun(), ask.noun()
    numbers = [ask.count(first)]
    numbers.append(ask.count(second, taken=numbers[0]))
    spelled = ask.rng.random() < 0.5
    subjects, elements, phrases = [], [], []
    for noun, number in zip((first, second), numbers, strict=True):
        subject = Subject(noun, count=number)
        word = NUMBER_WORDS[number] if spelled else str(number)
        shown = noun if number == 1 else plural(noun)
        phrases.append(f"{word} {shown}")
        elements += [
            ElementClaim(word, "counting", "Counting", Claim("count", str(number), noun)),
            _noun_element(subject, text=shown),
        ]
        subjects.append(subject)
    return DrawnPrompt(" and ".join(phrases), "naive_object_counts", tuple(subjects), tuple(elements))


def _color_material(ask: Ask) -> DrawnPrompt:
    subjects, elements, phrases = [], [], []
    for _ in range(2):
        noun = ask.noun(OBJECTS + FOODS)
        subject = Subject(
            noun, color=ask.word(noun, "color", tuple(COLORS)), material=ask.word(noun, "material", MATERIALS)
        )
        phrases.append(_article(f"{subject.color} {subject.material} {noun}"))
        elements += [
            _property("color", "color", "Color", subject),
            _property("material", "material", "Material", subject),
            _noun_element(subject),
        ]
        subjects.append(subject)
    return DrawnPrompt(" and ".join(phrases), "object_color_material", tuple(subjects), tuple(elements))


def _setting(ask: Ask) -> DrawnPrompt:
    noun = ask.noun()
    color = ask.word(noun, "color", tuple(COLORS)) if ask.rng.random() < 0.6 else None
    subject = Subject(noun, color=color)
    place, weather = ask.setting("place", tuple(PLACES)), ask.setting("weather", WEATHER)
    elements = [
        *([_property("color", "color", "color", subject)] if color else []),
        _noun_element(subject),
        ElementClaim(PLACES[place], "location", "location", Claim("place", place)),
        ElementClaim(
            weather, "other", "Other-time" if weather == "night" else "Other-weather", Claim("weather", weather)
        ),
    ]
    text = f"{_article(f'{color} {noun}' if color else noun)} {PLACES[place]}, {weather}"
    return DrawnPrompt(
        text, "object_location_weather_timeline_style", (subject,), tuple(elements), place=place, weather=weather
    )


def _activity(ask: Ask) -> DrawnPrompt:
    noun = ask.noun(ALIVE)
    subject = Subject(noun, activity=ask.word(noun, "activity", ACTIVITIES))
    elements = [_noun_element(subject), _property("activity", "activity", "activity", subject)]
    text, subjects, place = f"{_article(noun)} {subject.activity}", [subject], None
    if ask.rng.random() < 0.5:
        other = ask.noun(ALIVE)
        subjects.append(Subject(other, activity=ask.word(other, "activity", ACTIVITIES)))
        elements += [_noun_element(subjects[1]), _property("activity", "activity", "activity", subjects[1])]
        text += f" and {_article(other)} {subjects[1].activity}"
    if ask.rng.random() < 0.5:
        place = ask.setting("place", tuple(PLACES))
        elements.append(ElementClaim(PLACES[place], "location", "location", Claim("place", place)))
        text += f" {PLACES[place]}"
    kind = "attribute_object_activity_persepective_view"
    return DrawnPrompt(text, kind, tuple(subjects), tuple(elements), place=place)


def _writing(ask: Ask) -> DrawnPrompt:
    ask.used.append("sign")
    subject = Subject(
        "sign",
        color=ask.word("sign", "color", tuple(COLORS)) if ask.rng.random() < 0.7 else None,
        shape=ask.word("sign", "shape", SHAPES) if ask.rng.random() < 0.4 else None,
        word=ask.word("sign", "word", WORDS),
    )
    modifiers = [word for word in (subject.color, subject.shape) if word]
    elements = [
        *([_property("color", "color", "color", subject)] if subject.color else []),
        *([_property("shape", "shape", "shape", subject)] if subject.shape else []),
        _noun_element(subject),
        _property("word", "other", "Other-writing&symbol", subject),
    ]
    text = f"{_article(' '.join([*modifiers, 'sign']))} with the text '{subject.word}' on it"
    return DrawnPrompt(text, "navie_WritingSymbols", (subject,), tuple(elements))


def _plain(ask: Ask) -> DrawnPrompt:
    noun = ask.noun()
    color = ask.word(noun, "color", tuple(COLORS)) if ask.rng.random() < 0.5 else None
    subject = Subject(noun, color=color)
    elements = (*((_property("color", "color", "color", subject),) if color else ()), _noun_element(subject))
    return DrawnPrompt(_article(f"{color} {noun}" if color else noun), "object_color", (subject,), elements)


def _color_drill(ask: Ask) -> DrawnPrompt:
    noun, color = ask.colored_noun()
    subject = Subject(noun, color=color)
    elements = (_property("color", "color", "color", subject), _noun_element(subject))
    return DrawnPrompt(_article(f"{color} {noun}"), "object_color", (subject,), elements)


def _spatial(ask: Ask) -> DrawnPrompt:
    first = ask.noun()
    second = ask.noun([noun for noun in NOUNS if ask.held_out or not is_held_out(first, noun)])
    relation = ask.relation(first, second)
    subjects = tuple(
        Subject(noun, color=ask.word(noun, "color", tuple(COLORS)) if ask.rng.random() < 0.25 else None)
        for noun in (first, second)
    )
    elements: list[ElementClaim] = []
    for subject in subjects:
        elements += [
            *([_property("color", "color", "color", subject)] if subject.color else []),
            _noun_element(subject),
        ]
    elements.append(ElementClaim(relation, "spatial", "spatial", Claim("relation", relation, first, second)))
    named = [f"{subject.color} {subject.noun}" if subject.color else subject.noun for subject in subjects]
    text = f"{_article(named[0])} {relation} {_article(named[1])}"
    return DrawnPrompt(text, "attribute_spatial_composition", subjects, tuple(elements), relation=relation)


def _shape(ask: Ask) -> DrawnPrompt:
    subjects, elements, phrases = [], [], []
    for _ in range(2):
        noun = ask.noun(SHAPED_OBJECTS)
        color = ask.word(noun, "color", tuple(COLORS)) if ask.rng.random() < 0.3 else None
        subject = Subject(noun, shape=ask.word(noun, "shape", SHAPES), color=color)
        phrases.append(_article(" ".join(word for word in (color, subject.shape, noun) if word)))
        elements += [
            *([_property("color", "color", "color", subject)] if color else []),
            _property("shape", "shape", "shape", subject),
            _noun_element(subject),
        ]
        subjects.append(subject)
    return DrawnPrompt(" and ".join(phrases), "object_shape", tuple(subjects), tuple(elements))


def _attribute(ask: Ask) -> DrawnPrompt:
    subjects, elements, phrases = [], [], []
    for _ in range(2):
        noun = ask.noun()
        subject = Subject(noun, state=ask.word(noun, "state", ATTRIBUTES))
        phrases.append(_article(f"{subject.state} {noun}"))
        elements += [_property("state", "attribute", "attribute", subject), _noun_element(subject)]
        subjects.append(subject)
    return DrawnPrompt(" and ".join(phrases), "object_attribute", tuple(subjects), tuple(elements))


def _mixed(ask: Ask) -> DrawnPrompt:
    first, second = ask.noun(), ask.noun(OBJECTS + FOODS)
    subjects = (
        Subject(first, color=ask.word(first, "color", tuple(COLORS)), state=ask.word(first, "state", ATTRIBUTES)),
        Subject(second, material=ask.word(second, "material", MATERIALS)),
    )
    place = ask.setting("place", tuple(PLACES))
    elements = (
        _property("state", "attribute", "attribute", subjects[0]),
        _property("color", "color", "color", subjects[0]),
        _noun_element(subjects[0]),
        _property("material", "material", "material", subjects[1]),
        _noun_element(subjects[1]),
        ElementClaim(PLACES[place], "location", "location", Claim("place", place)),
    )
    text = (
        f"{_article(f'{subjects[0].state} {subjects[0].color} {first}')} and "
        f"{_article(f'{subjects[1].material} {second}')} {PLACES[place]}"
    )
    return DrawnPrompt(text, "real", subjects, elements, place=place)


# How to write a prompt, and how often that happens when no template is asked for (relative to the others).
TEMPLATES: dict[str, tuple[Callable[[Ask], DrawnPrompt], float]] = {
    "plain": (_plain, 0.0),
    "color_drill": (_color_drill, 0.0),
    "counting": (_counting, 1.2),
    "color_material": (_color_material, 1.0),
    "setting": (_setting, 1.0),
    "activity": (_activity, 1.2),
    "writing": (_writing, 0.8),
    "spatial": (_spatial, 1.8),
    "shape": (_shape, 1.0),
    "attribute": (_attribute, 1.0),
    "mixed": (_mixed, 1.0),
}


def write_prompt(
    rng: np.random.Generator,
    *,
    scene: Scene | None = None,
    template: str | None = None,
    test: bool = False,
    novel: bool | None = None,
) -> DrawnPrompt:
    """Write one prompt, by default of a random template.

    Args:
        rng: Source of every choice.
        scene: A picture's content that the prompt shall be about, so that roughly half of its elements hold.
        template: A key of `TEMPLATES`; None draws one.
        test: Write a prompt of the test side; otherwise of the training side, where no held-out pair occurs.
        novel: With `test`, require (True) or forbid (False) a held-out pair; None takes what comes.
    """
    names = list(TEMPLATES)
    weights = np.array([weight for _, weight in TEMPLATES.values()])
    while True:
        name = template or names[int(rng.choice(len(names), p=weights / weights.sum()))]
        ask = Ask(rng, scene, held_out=test)
        prompt = TEMPLATES[name][0](ask)
        prompt = replace(prompt, novel=_has_held_out_pair(prompt))
        if not test and not is_test_prompt(prompt.text):
            return prompt
        # A prompt with a held-out pair cannot occur in training, so it needs no hash to be a test prompt.
        is_wanted = novel is None or prompt.novel == novel
        if test and is_wanted and (prompt.novel or is_test_prompt(prompt.text)):
            return prompt


def _has_held_out_pair(prompt: DrawnPrompt) -> bool:
    for element in prompt.elements:
        claim = element.claim
        if claim.kind == "relation" and is_held_out(claim.noun, claim.other):
            return True
        if claim.kind in {"color", "material", "shape", "activity", "state"} and is_held_out(claim.value, claim.noun):
            return True
    return False
