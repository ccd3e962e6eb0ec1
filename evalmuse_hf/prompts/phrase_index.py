"""Finds the phrases of a lexicon in a tokenised text, the longest first."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evalmuse_hf.elements.lexicon import IRREGULAR_PLURALS

_IRREGULAR: dict[str, list[str]] = {}
for _plural, _singular in IRREGULAR_PLURALS.items():
    _IRREGULAR.setdefault(_singular, []).append(_plural)

_TOKEN = re.compile(r"\d+(?:[.,/:]\d+)+|[^\W_]+(?:['\u2019-][^\W_]+)*|['\u2019]s\b|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Mention:
    """A phrase that was found.

    Attributes:
        start: Its first token.
        stop: The token after its last.
        kinds: Of the phrase, sorted.
    """

    start: int
    stop: int
    kinds: tuple[str, ...]


class PhraseIndex:
    """Phrases of one word or more, each of one kind or more.

    A phrase matches its words as they are, or with the last one in the plural. Where two match at one place, the
    longer one counts and no other begins inside it.
    """

    def __init__(self, lexicon: Mapping[str, str]) -> None:
        """Index a lexicon.

        Args:
            lexicon: By kind, a text of phrases with commas between them.
        """
        kinds: dict[tuple[str, ...], set[str]] = {}
        for kind, text in lexicon.items():
            for phrase in split_phrases(text):
                words = tokenize(phrase)
                for last in (words[-1], *plurals(words[-1])):
                    kinds.setdefault((*words[:-1], last), set()).add(kind)
        self._kinds = {words: tuple(sorted(names)) for words, names in kinds.items()}
        lengths: dict[str, set[int]] = {}
        for phrase_words in kinds:
            lengths.setdefault(phrase_words[0], set()).add(len(phrase_words))
        self._lengths = {first: sorted(numbers, reverse=True) for first, numbers in lengths.items()}

    def find(self, tokens: Sequence[str]) -> Iterator[Mention]:
        """Find phrases from left to right.

        Args:
            tokens: As `tokenize` makes them.
        """
        known, lengths, after = self._kinds, self._lengths, 0
        for place, token in enumerate(tokens):
            if token not in lengths or place < after:
                continue
            for length in lengths[token]:
                words = tuple(tokens[place : place + length])
                kinds = known.get(words)
                if kinds is not None:
                    after = place + len(words)  # at the end of a text a slice is shorter than asked for
                    yield Mention(place, after, kinds)
                    break

    def has(self, tokens: Sequence[str]) -> bool:
        """Whether any phrase is there.

        Args:
            tokens: As `tokenize` makes them.
        """
        return next(self.find(tokens), None) is not None


def plurals(noun: str) -> list[str]:
    """Spellings that the plural of a noun may have; no real word is among those that are wrong.

    Args:
        noun: In lower case.

    >>> plurals("cat"), plurals("fox"), plurals("pony"), plurals("goose")
    (['cats'], ['foxes'], ['ponies'], ['geese'])
    """
    if noun in _IRREGULAR:
        return list(_IRREGULAR[noun])
    if not noun.isalpha() or noun.endswith("ss") or len(noun) < len("cat"):
        return [f"{noun}es"] if noun.endswith("ss") else []
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return [f"{noun[:-1]}ies"]
    if noun.endswith(("s", "x", "ch", "sh", "z")):
        return [f"{noun}es"]
    if noun.endswith(("fe", "lf", "af")):
        return [f"{noun[: noun.rindex('f')]}ves"]
    return [f"{noun}s", f"{noun}es"] if noun.endswith("o") else [f"{noun}s"]


def tokenize(text: str, *, keep_case: bool = False) -> list[str]:
    """Cut a text into words and single signs; a possessive ending is a token of its own.

    Args:
        text: The text.
        keep_case: Leave capitals as they are.

    >>> tokenize("A corgi's head, 3/4 view")
    ['a', 'corgi', "'s", 'head', ',', '3/4', 'view']
    """
    tokens = []
    for token in _TOKEN.findall((text if keep_case else text.lower()).replace("\u2019", "'")):
        if token.endswith(("'s", "'S")) and len(token) > len("'s"):
            tokens += [token[:-2], "'s"]
        else:
            tokens.append(token)
    return tokens


def word_set(text: str) -> frozenset[str]:
    """Words of a text that stand between spaces.

    Args:
        text: The text.

    >>> sorted(word_set("red fox"))
    ['fox', 'red']
    """
    return frozenset(text.split())


def split_phrases(text: str) -> list[str]:
    r"""Phrases of a text that stand between commas.

    Args:
        text: The text; line breaks are spaces.

    >>> split_phrases("red fox,\n owl")
    ['red fox', 'owl']
    """
    return [phrase for part in text.replace("\n", " ").split(",") if (phrase := " ".join(part.split()))]
