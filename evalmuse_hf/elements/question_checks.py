"""Whether a question may stand for an element of a prompt: a yes/no question about it alone, answered yes.

Every question passes through here, whoever wrote it. The checks look at words, not at meaning: a question that passes
may still be clumsy, and what they cannot see (a wrong verb, a fact about the world) stays unseen.
"""

import re
from collections.abc import Sequence

from evalmuse_hf.elements.lexicon import ATTRIBUTE_OPPOSITES, COLORS, NUMBERS, OPPOSITES, WEATHER_OPPOSITES
from evalmuse_hf.elements.question_additions import DOUBTS, NEGATIONS, is_turned_around, new_noun, opposite_side
from evalmuse_hf.elements.question_layout import NOUN_CATEGORIES, PromptLayout, read_layout
from evalmuse_hf.elements.question_owners import find_counted, find_owner
from evalmuse_hf.elements.question_scenes import is_medium
from evalmuse_hf.elements.word_forms import STOP_WORDS, content_words, read_words, word_bases
from evalmuse_hf.schema import Element

LENGTH_IN_WORDS = (3, 30)
"""Fewest and most words of a question."""

MOST_CHARACTERS = 200
"""Longest question."""

_AUXILIARIES = frozenset(("is", "are", "was", "were", "does", "do", "did", "has", "have", "can", "could"))
_SECOND_QUESTION = re.compile(r"\b(?:and|but)\s+(?:is|are|was|were|does|do|did|has|have|can)\b", re.IGNORECASE)
_NEXT_SENTENCE = re.compile(r"[.!?;:]\s+\S")
# The picture itself is no element, even where a prompt begins with "a photo of".
_FRAME = frozenset(
    (
        "picture",
        "image",
        "photo",
        "photograph",
        "scene",
        "depict",
        "show",
        "see",
        "style",
        "view",
        "text",
        "word",
        "made",
    )
)
_NOUNS = frozenset(("object", "animal/human", "food", "location"))
_BINDING = frozenset(("color", "material", "shape", "attribute", "counting"))
_BETWEEN = frozenset(("between", "among", "amid"))
_NONE = frozenset({"no", "zero", "0", "none", "without"})
_HAVE = frozenset(("have", "has", "wear", "wearing", "hold", "holding"))
_ALTERNATIVE = re.compile(r"\bor\b", re.IGNORECASE)
_COLOR_WORDS = frozenset(COLORS) - {"colorful", "golden", "silver"}


def question_problem(
    question: str,
    *,
    element: Element,
    elements: Sequence[Element],
    prompt: str,
    parents: Sequence[int] | None = None,
    others: Sequence[str] = (),
) -> str | None:
    """Say what is wrong with a question about an element.

    Args:
        question: The question.
        element: The element that it shall ask for; one of ``elements``.
        elements: All elements of the prompt.
        prompt: The prompt, for where the elements stand in it.
        parents: Places, among the elements, of those that the question may name beside its own. None takes nouns that
            it names: one for a property or a number (two with "of" or "'s"), two for what happens or where it is,
            three with "between"; for a noun only the one that has or wears it.
        others: Questions about the other elements.

    Returns:
        One sentence for whoever writes the next one; None if the question is valid.

    >>> dog, brown, cat = Element("dog", "animal/human"), Element("brown", "color"), Element("cat", "animal/human")
    >>> about = {"elements": [dog, brown, cat], "prompt": "a brown dog and a cat"}
    >>> question_problem("Is the dog brown?", element=brown, **about)
    >>> question_problem("What color is the dog?", element=brown, **about)
    "It must begin with a word such as Is, Are or Does, got 'What'."
    >>> question_problem("Is there a brown dog?", element=dog, **about)
    "It names 'brown', which is another element; ask for 'dog' alone."
    """
    names = [one.text for one in elements]
    problem = _form_problem(question, names, prompt) or _mention_problem(question, element)
    if problem is not None:
        return problem
    if _spelled(question) in {_spelled(other) for other in others}:
        return "Another element of the prompt has the same question; say what is asked for here in other words."
    index = _index(element, elements)
    leaked = _leaked(question, index, elements, parents)
    if leaked is not None:
        return f"It names {leaked.text!r}, which is another element; ask for {element.text!r} alone."
    return _answer_problem(question, index, elements, prompt)


def question_parents(question: str, *, element: Element, elements: Sequence[Element]) -> tuple[int, ...]:
    """The elements without which a question makes no sense: the nouns that it names beside its own element.

    Args:
        question: The question.
        element: The element that it asks for; one of ``elements``.
        elements: All elements of the prompt.

    >>> elements = [Element("dog", "animal/human"), Element("brown", "color")]
    >>> question_parents("Is the dog brown?", element=elements[1], elements=elements)
    (0,)
    """
    index = _index(element, elements)
    own = _bases(element.text)
    named = [number for number, other in enumerate(elements) if number != index and _names(question, other, own)]
    return tuple(sorted(_allowed(question, element, elements, named)))


def _form_problem(question: str, quoted: Sequence[str], prompt: str) -> str | None:
    """What is wrong with the form: length, first word, and that it is one question and no alternative or negation."""
    words = read_words(question)
    low, high = LENGTH_IN_WORDS
    if "\n" in question or question != question.strip() or not question.isprintable():
        return "It must be one line of text without spaces at its ends."
    if not low <= len(words) <= high or len(question) > MOST_CHARACTERS:
        return f"It must have {low} to {high} words and at most {MOST_CHARACTERS} characters, got {len(words)} words."
    first = question.split()[0]
    if first.lower() not in _AUXILIARIES:
        return f"It must begin with a word such as Is, Are or Does, got {first[:20]!r}."
    # What elements say is theirs: a sign may read "to be or not to be?".
    rest = _without(question, quoted)
    if not question.endswith("?") or rest.count("?") > 1:
        return "It must end with its only question mark."
    if _NEXT_SENTENCE.search(rest) or _SECOND_QUESTION.search(rest):
        return "It must ask one question, and say nothing beside it."
    if _ALTERNATIVE.search(rest):
        return "It must leave yes and no as the only answers; it offers alternatives with 'or'."
    found = NEGATIONS.search(rest) or next(
        (doubt for doubt in DOUBTS.finditer(rest) if not _contains(read_words(prompt), read_words(doubt[0]))), None
    )
    if found:
        return f"It must not be negative, or yes would mean no; leave out {found[0]!r}."
    return None


def _mention_problem(question: str, element: Element) -> str | None:
    """Whether every word of the element stands in the question, in some form."""
    wanted = content_words(element.text)
    if not wanted:  # "@" on a sign
        written = element.text.strip()
        return None if written and written in question else f"It must name {element.text!r}."
    asked = frozenset[str]().union(*map(word_bases, read_words(question)))
    # "a" and "an" say one; "'s" and "made of" hide nothing.
    missing = [
        word for word in wanted if word_bases(word).isdisjoint(asked | ({"1"} if _has_one(question) else set()))
    ]
    if missing:
        return f"It must name {element.text!r}; {missing[0]!r} is not in it."
    return None


def _has_one(question: str) -> bool:
    return not {"a", "an", "single"}.isdisjoint(read_words(question))


def _leaked(question: str, index: int, elements: Sequence[Element], parents: Sequence[int] | None) -> Element | None:
    """The first other element that the question names without having to; None if there is none."""
    element = elements[index]
    own = _bases(element.text)
    named = [number for number, other in enumerate(elements) if number != index and _names(question, other, own)]
    # "the child's arm": whose it is goes with what it is.
    allowed = set(parents or ()) | {number for number in named if _owns_something(elements[number], question)}
    if parents is None or element.category == "counting":  # no count without what is counted, even where it is zero
        allowed |= _allowed(question, element, elements, named)
    theirs = own.union(*(_bases(elements[number].text) for number in allowed))
    for number in named:
        if number not in allowed and not all(
            _is_one_of(word, theirs) for word in _telling_words(elements[number].text)
        ):
            return elements[number]
    return None


def _owns_something(element: Element, question: str) -> bool:
    return element.category in _NOUNS and any(
        f"{element.text.lower()}{ending}" in question.lower() for ending in ("'s ", "\u2019s ", "' ")
    )


def _allowed(question: str, element: Element, elements: Sequence[Element], named: Sequence[int]) -> set[int]:
    """Which of the named elements may be parents, the longest first, as many as the category may have."""
    nouns = [number for number in named if elements[number].category in _NOUNS]
    nouns.sort(key=lambda number: (-len(content_words(elements[number].text)), number))
    words = set(read_words(question))
    if element.category in _NOUNS:
        n_parents = 0 if words.isdisjoint(_HAVE) and not re.search(r"['\u2019]s\b", question) else 1
    elif element.category in _BINDING:
        n_parents = 2 if "of" in words or re.search(r"['\u2019]s\b", question) else 1
    elif element.category in ("spatial", "activity") or "than" in words:
        n_parents = 2 if words.isdisjoint(_BETWEEN) else 3
    else:
        n_parents = 1
    chosen: list[int] = []
    for number in nouns:
        # A noun within another ("table" in "wooden table") costs nothing.
        within = any(_within(elements[number], elements[other]) for other in chosen)
        if (
            within
            or sum(not any(_within(elements[a], elements[b]) for b in chosen if b != a) for a in chosen) < n_parents
        ):
            chosen.append(number)
    return set(chosen)


def _within(inner: Element, outer: Element) -> bool:
    bases = _bases(outer.text)
    return all(_is_one_of(word, bases) for word in content_words(inner.text))


def _answer_problem(question: str, index: int, elements: Sequence[Element], prompt: str) -> str | None:
    """Whether yes is the true answer, as far as words tell: no other color, number or opposite, and the right noun."""
    element = elements[index]
    layout = read_layout(prompt, elements)
    unwanted = unwanted_problem(index, layout)
    if unwanted is not None:
        return unwanted
    said = _bases(" ".join(one.text for one in elements))
    words = read_words(question)
    for word in words:
        if word in _COLOR_WORDS and not _is_one_of(word, said):
            return f"Yes must be the true answer; {word!r} is a color that the prompt does not give."
        if (
            (word in NUMBERS or word.isdecimal())
            and word != "one"
            and not _is_one_of(word, _bases(element.text) | said)
        ):
            return f"Yes must be the true answer; the number {word!r} is not in the element {element.text!r}."
    for opposites in (OPPOSITES, ATTRIBUTE_OPPOSITES, WEATHER_OPPOSITES):
        opposite = opposites.get(" ".join(read_words(element.text)))
        if opposite and _contains(words, opposite.split()) and not _contains(read_words(prompt), opposite.split()):
            return f"Yes must be the true answer; {opposite!r} is the opposite of {element.text!r}."
    return _binding_problem(question, index, layout) or _scene_problem(question, index, layout)


def unwanted_problem(index: int, layout: PromptLayout) -> str | None:
    """Why no question about an element can have yes as its answer: the prompt rules it out. None if it does not.

    Args:
        index: Place of the element.
        layout: The prompt.
    """
    element = layout.elements[index]
    if element.category not in NOUN_CATEGORIES or not _is_unwanted(index, layout):
        return None
    return f"The prompt wants no {element.text!r} in the picture, so that no question about it has yes as its answer."


def _scene_problem(question: str, index: int, layout: PromptLayout) -> str | None:
    """Whether the question brings in a thing that the prompt does not have, or turns a relation around."""
    text = layout.elements[index].text
    if opposite := opposite_side(question, text, layout.prompt):
        return f"Yes must be the true answer; {opposite!r} is the opposite of {text!r}."
    if is_turned_around(question, index, layout):
        return f"Yes must be the true answer; name what stands around {text!r} in the order of the prompt."
    known = " ".join([layout.prompt, *(one.text for one in layout.elements), *_FRAME])
    if noun := new_noun(question, known):
        return f"Yes must be the true answer; {noun!r} is not in the prompt."
    return None


def _is_unwanted(index: int, layout: PromptLayout) -> bool:
    """Whether the prompt asks for none of a thing: "no cats", "0 cats"."""
    if layout.word_before(index) in _NONE:
        return True
    counts = (number for number, other in enumerate(layout.elements) if other.category == "counting")
    return any(
        read_words(layout.elements[number].text)[:1] in ([word] for word in _NONE)
        and find_counted(number, layout) == index
        for number in counts
    )


def _binding_problem(question: str, index: int, layout: PromptLayout) -> str | None:
    """Whether a property is asked of a noun that has another property of the same kind instead."""
    element, elements = layout.elements[index], layout.elements
    if element.category not in _BINDING - {"attribute"}:
        return None
    find = find_counted if element.category == "counting" else find_owner
    own = _bases(element.text)
    named = [n for n, other in enumerate(elements) if other.category in _NOUNS and _names(question, other, own)]
    owner = find(index, layout)
    if len(named) != 1 or owner is None or _spelled(elements[owner].text) == _spelled(elements[named[0]].text):
        return None
    noun = elements[named[0]].text
    for number, other in enumerate(elements):
        theirs = find(number, layout) if number != index and other.category == element.category else None
        if theirs == named[0] and not _is_one_of(content_words(element.text)[-1], _bases(other.text)):
            said = f"the prompt says {other.text!r} of {noun!r}, and {element.text!r} of another"
            return f"Yes must be the true answer; {said}."
    return None


def _names(question: str, other: Element, own: frozenset[str]) -> bool:
    """Whether a question names another element by words that are not the own ones or those of any picture."""
    wanted = _telling_words(other.text)
    if not wanted or is_medium(other.text) or all(_is_one_of(word, own) for word in wanted):
        return False
    asked = _bases_of_all(question)
    return all(_is_one_of(word, asked) for word in wanted)


def _telling_words(text: str) -> list[str]:
    """Content words without those that any question may use; none for an element such as "in"."""
    words = [word for word in read_words(text) if word not in STOP_WORDS]
    return [word for word in words if word_bases(word).isdisjoint(_FRAME)]


def _is_one_of(word: str, bases: frozenset[str]) -> bool:
    return not word_bases(word).isdisjoint(bases)


def _bases(text: str) -> frozenset[str]:
    return frozenset[str]().union(*map(word_bases, content_words(text)))


def _bases_of_all(text: str) -> frozenset[str]:
    return frozenset[str]().union(*map(word_bases, read_words(text)))


def _contains(words: Sequence[str], wanted: Sequence[str]) -> bool:
    n = len(wanted)
    return any(list(words[start : start + n]) == list(wanted) for start in range(len(words) - n + 1))


def _index(element: Element, elements: Sequence[Element]) -> int:
    """Place of the element, by identity first: a prompt may have the same element twice."""
    for number, other in enumerate(elements):
        if other is element:
            return number
    if element not in elements:
        raise ValueError(f"`element` is {element.text!r}, which is not one of the {len(elements)} `elements`.")
    return list(elements).index(element)


def _without(text: str, pieces: Sequence[str]) -> str:
    """A text without the words of elements, however they are spelled."""
    for piece in sorted(filter(None, pieces), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(piece)}(?!\w)", "_", text, flags=re.IGNORECASE)
    return text


def _spelled(question: str) -> str:
    return " ".join(read_words(question))
