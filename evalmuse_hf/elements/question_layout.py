"""Where the elements of a prompt stand in it, and which of them belong together."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from evalmuse_hf.elements.cleaning import Span, clean_prompt
from evalmuse_hf.elements.question_grammar import DETERMINERS, PREPOSITIONS
from evalmuse_hf.elements.spans import find_spans
from evalmuse_hf.elements.word_forms import STOP_WORDS
from evalmuse_hf.schema import Element

NOUN_CATEGORIES = frozenset({"object", "animal/human", "food"})
PROPERTY_CATEGORIES = frozenset({"color", "material", "shape", "attribute", "activity"})
_BREAKS = re.compile(r"[,;.:!?|()\[\]\n]|\s-\s")
_SENTENCES = re.compile(r"[.!?;\n]")
_SAYS = re.compile(r"\b(?:reads?|reading|says|saying|the text|the words?|written|writing)\W*$", re.IGNORECASE)
_GROUNDS = frozenset({"background", "foreground"})
_ALL_WORDS = 100_000  # the model's limit is none here
_FEW_WORDS = 4
_SOME_WORDS = 6
_COPULAS = frozenset(
    {"is", "are", "was", "were", "has", "been", "being", "very", "made", "of", "painted", "colored", "in"}
)


@dataclass(frozen=True, slots=True)
class PromptLayout:
    """Places of the elements of a prompt.

    Attributes:
        prompt: The prompt.
        elements: Its elements.
        spans: All places of each element, in characters of the prompt; empty where it does not stand there.
    """

    prompt: str
    elements: tuple[Element, ...]
    spans: tuple[tuple[Span, ...], ...]

    def start(self, index: int) -> int | None:
        """Where an element begins first; None if it is not in the prompt."""
        return self.spans[index][0].start if self.spans[index] else None

    def neighbours(self, index: int, categories: Collection[str] = NOUN_CATEGORIES) -> tuple[int | None, int | None]:
        """The nouns that stand last before an element and first after its beginning.

        Where nothing was found in the prompt, or a relation is named last, the order of the elements decides.

        Args:
            index: The element.
            categories: What counts as a noun.
        """
        nouns = [n for n in self._of(categories) if n != index]
        if not self.spans[index]:
            return max((n for n in nouns if n < index), default=None), min(
                (n for n in nouns if n > index), default=None
            )
        here = self.spans[index][0]
        before = [(span.start, n) for n in nouns for span in self.spans[n] if span.start < here.start]
        after = [(span.start, n) for n in nouns for span in self.spans[n] if span.start >= here.start]
        return (max(before)[1] if before else None), (min(after)[1] if after else None)

    def next_thing(self, index: int) -> int | None:
        """The thing that an element stands directly before, or within; only adjectives may be between them."""
        if not self.spans[index]:
            return None
        here = self.spans[index][0]
        found = []
        for number in filter(self.is_thing, range(len(self.elements))):
            for span in self.spans[number] if number != index else ():
                within = span.start <= here.start and here.end <= span.end and span != here
                if within or (span.start >= here.end and self._is_close(here.end, span.start)):
                    found.append((span.start, number))
        return min(found)[1] if found else None

    def next_element(self, index: int) -> int | None:
        """The element of any kind that begins right after another, with at most an article between."""
        found = [
            (len(gap), number)
            for number in range(len(self.elements))
            if number != index
            and self.spans[index]
            and (gap := self.gap(index, number)) is not None
            and all(word in DETERMINERS for word in gap.lower().split())
        ]
        return min(found)[1] if found else None

    def is_thing(self, index: int) -> bool:
        """Whether an element names a thing or a place, which may have properties."""
        element = self.elements[index]
        if _begins_with_preposition(element):
            return False
        known = element.category in NOUN_CATEGORIES or element.category == "location"
        unsorted = element.category == "other" and (element.raw_category or "").lower() == "other"
        return known or unsorted or element.text.lower() in _GROUNDS

    def gap(self, first: int, second: int) -> str | None:
        """Text between two elements, the second being the nearest one after the first; None if it is not after it."""
        pairs = [
            (after.start - before.end, self.prompt[before.end : after.start])
            for before in self.spans[first]
            for after in self.spans[second]
            if after.start >= before.end
        ]
        return min(pairs)[1] if pairs else None

    def is_direct(self, first: int, second: int) -> bool:
        """Whether only articles and adjectives stand between two elements, as between a verb and its object."""
        gap = self.gap(first, second)
        if gap is None or _BREAKS.search(gap):
            return False
        words = gap.lower().split()
        return len(words) <= _SOME_WORDS and all(
            word in DETERMINERS or word not in STOP_WORDS or word in {"some", "each", "other"} for word in words
        )

    def is_said_of(self, noun: int, index: int) -> bool:
        """Whether only "is" and its like stand between a noun and an element, as in *the sky is blue*."""
        gap = self.gap(noun, index)
        return gap is not None and not _BREAKS.search(gap) and all(word in _COPULAS for word in gap.lower().split())

    def in_phrase(self, index: int, other: int) -> bool:
        """Whether two elements stand between the same commas."""
        return any(
            not _BREAKS.search(self.prompt[min(a.end, b.end) : max(a.start, b.start)])
            for a in self.spans[index]
            for b in self.spans[other]
        )

    def in_sentence(self, first: int, second: int) -> bool:
        """Whether no sentence ends between an element and a later one."""
        gap = self.gap(first, second)
        return gap is not None and not _SENTENCES.search(gap)

    def word_before(self, index: int) -> str:
        """The word before an element, in lower case; empty at the beginning of a phrase."""
        if not self.spans[index]:
            return ""
        words = _BREAKS.split(self.prompt[: self.spans[index][0].start])[-1].split()
        return words[-1].lower() if words else ""

    def word_after(self, index: int) -> str:
        """The word after an element, in lower case; empty at the end of a phrase."""
        if not self.spans[index]:
            return ""
        words = _BREAKS.split(self.prompt[self.spans[index][0].end :])[0].split()
        return words[0].lower() if words else ""

    def is_quoted(self, index: int) -> bool:
        """Whether the prompt wants the words of an element written: "a sign that reads: dream"."""
        return any(_SAYS.search(self.prompt[: span.start]) for span in self.spans[index])

    def is_name(self, index: int) -> bool:
        """Whether an element is written as a name, with capitals where the prompt around it has none."""
        words = [word for word in re.findall(r"[\w'-]+", self.elements[index].text) if word.lower() not in STOP_WORDS]
        if not self.spans[index] or not words:
            return False
        span = self.spans[index][0]
        written = [word for word in re.findall(r"[\w'-]+", self.prompt[span.start : span.end])]
        capitals = all(word[:1].isupper() or word.isdigit() for word in written if word.lower() not in STOP_WORDS)
        others = [word for word in re.findall(r"[^\W\d_]{4,}", self.prompt[: span.start] + self.prompt[span.end :])]
        mostly_small = sum(word[0].isupper() for word in others) * 2 <= len(others)
        return capitals and mostly_small and len(words) > 1 and written[0][:1].isupper()

    def _of(self, categories: Collection[str]) -> Iterable[int]:
        return (number for number, element in enumerate(self.elements) if element.category in categories)

    def _is_close(self, end: int, start: int) -> bool:
        """Whether between two places there are at most a few words, adjectives all, or "and" with another property."""
        gap = self.prompt[end:start]
        if _BREAKS.search(gap):
            return False
        words = gap.lower().split()
        if len(words) > _FEW_WORDS:
            return False
        if "and" in words:
            rest = words[words.index("and") + 1 :]
            known = {
                word for number in self._of(PROPERTY_CATEGORIES) for word in self.elements[number].text.lower().split()
            }
            return words[0] == "and" and bool(rest) and all(word in known for word in rest)
        return all(word not in STOP_WORDS for word in words)


def read_layout(prompt: str, elements: Sequence[Element]) -> PromptLayout:
    """Find the elements of a prompt in it.

    Args:
        prompt: The prompt.
        elements: Its elements.

    >>> layout = read_layout("a red cat", [Element("red", "color"), Element("cat", "animal/human")])
    >>> layout.start(1), layout.next_thing(0)
    (6, 1)
    """
    found = find_spans(clean_prompt(prompt, max_words=_ALL_WORDS), [element.text for element in elements])
    return PromptLayout(prompt, tuple(elements), tuple(spans.prompt for spans in found))


def _begins_with_preposition(element: Element) -> bool:
    return element.text.split(" ")[0].lower() in PREPOSITIONS
