"""Words and their forms, by rule: which words carry content, and whether two words are forms of one.

The rules know no dictionary. They err on the generous side (*flower* may be a form of *flow*), which is right where
they are used: to see that a question names what it asks for, whatever form its grammar needs.
"""

import re
from types import MappingProxyType

from evalmuse_hf.elements.lexicon import IRREGULAR_PLURALS, NUMBERS

STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "this",
        "that",
        "these",
        "those",
        "some",
        "any",
        "each",
        "every",
        "all",
        "both",
        "either",
        "neither",
        "such",
        "other",
        "another",
        "i",
        "me",
        "my",
        "mine",
        "you",
        "your",
        "yours",
        "he",
        "him",
        "his",
        "she",
        "her",
        "hers",
        "it",
        "its",
        "we",
        "us",
        "our",
        "ours",
        "they",
        "them",
        "their",
        "theirs",
        "itself",
        "himself",
        "herself",
        "themselves",
        "who",
        "whom",
        "whose",
        "which",
        "what",
        "there",
        "here",
        "am",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "do",
        "does",
        "did",
        "done",
        "doing",
        "has",
        "have",
        "had",
        "having",
        "will",
        "would",
        "shall",
        "should",
        "can",
        "could",
        "may",
        "might",
        "must",
        "and",
        "or",
        "but",
        "nor",
        "so",
        "if",
        "as",
        "than",
        "then",
        "while",
        "of",
        "in",
        "on",
        "at",
        "by",
        "for",
        "from",
        "to",
        "with",
        "into",
        "onto",
        "upon",
        "about",
        "over",
        "under",
        "between",
        "among",
        "through",
        "during",
        "before",
        "after",
        "above",
        "below",
        "up",
        "down",
        "out",
        "off",
        "near",
        "within",
        "without",
        "against",
        "across",
        "along",
        "around",
        "behind",
        "beside",
        "beneath",
        "inside",
        "outside",
        "toward",
        "towards",
        "via",
        "per",
        "not",
        "no",
        "very",
        "too",
        "also",
        "just",
        "only",
    ]
)
"""Words that carry grammar rather than content."""

_IRREGULAR_FORMS = MappingProxyType({
    form: base
    for base, forms in {
        "bear": "bore borne", "bend": "bent", "bite": "bit bitten", "blow": "blew blown", "break": "broke broken",
        "bring": "brought", "build": "built", "buy": "bought", "catch": "caught", "choose": "chose chosen",
        "come": "came", "cling": "clung", "dig": "dug", "draw": "drew drawn", "drink": "drank drunk",
        "drive": "drove driven", "eat": "ate eaten", "fall": "fell fallen", "feed": "fed", "feel": "felt",
        "fight": "fought", "find": "found", "fly": "flew flown", "freeze": "froze frozen", "give": "gave given",
        "go": "went gone", "grow": "grew grown", "hang": "hung", "hide": "hid hidden", "hold": "held",
        "have": "has had", "keep": "kept", "kneel": "knelt", "lay": "laid", "lead": "led", "lean": "leant",
        "leave": "left",
        "lie": "lay lain lying", "die": "dying", "tie": "tying", "light": "lit", "lose": "lost", "make": "made",
        "meet": "met", "pay": "paid", "ride": "rode ridden", "ring": "rang rung", "rise": "rose risen", "run": "ran",
        "say": "said", "see": "saw seen", "sell": "sold", "send": "sent", "shake": "shook shaken", "shine": "shone",
        "shoot": "shot", "show": "shown", "sing": "sang sung", "sink": "sank sunk", "sit": "sat", "sleep": "slept",
        "slide": "slid", "speak": "spoke spoken", "spend": "spent", "spin": "spun", "stand": "stood",
        "steal": "stole stolen", "stick": "stuck", "strike": "struck", "sweep": "swept", "swim": "swam swum",
        "swing": "swung", "take": "took taken", "teach": "taught", "tear": "tore torn", "tell": "told",
        "think": "thought", "throw": "threw thrown", "wake": "woke woken", "wear": "wore worn", "weave": "wove woven",
        "wind": "wound", "win": "won", "write": "wrote written",
    }.items()
    for form in forms.split()
})  # fmt: skip
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_POSSESSIVE = re.compile(r"['\u2019]s?$")
# An ending, the letters that may have stood in its place, and the shortest word that it is looked for in.
_ENDINGS = (
    *(("ies", ("y", "ie"), 5), ("ied", ("y", "ie"), 5), ("iest", ("y",), 6), ("ier", ("y",), 5), ("ily", ("y",), 5)),
    *(("ves", ("f", "fe"), 5), ("es", ("", "e"), 4), ("s", ("",), 3), ("ing", ("", "e"), 5), ("ed", ("", "e"), 4)),
    *(("est", ("", "e"), 5), ("er", ("", "e"), 5), ("en", ("", "e"), 5), ("ly", ("", "le"), 5), ("y", ("", "e"), 5)),
)
_SHORTEST_STEM = 2
_VOWELS = "aeiou"
_SAME_SPELLING = MappingProxyType({
    **{"grey": "gray", "colour": "color", "coloured": "colored", "colourful": "colorful", "centre": "center"},
    **{word: str(value) for word, value in NUMBERS.items()},
})  # fmt: skip


def read_words(text: str) -> list[str]:
    """Words of a text in lower case, in order; hyphens divide, possessive endings go.

    >>> read_words("The cat's award-winning T-shirt, 4 k")
    ['the', 'cat', 'award', 'winning', 't', 'shirt', '4', 'k']
    """
    return [_POSSESSIVE.sub("", word) for word in _WORD.findall(text.lower())]


def content_words(text: str) -> list[str]:
    """Words of a text that carry content; all of them if none does, so that *on* or *he* is still something.

    >>> content_words("in the dark forest"), content_words("on")
    (['dark', 'forest'], ['on'])
    """
    words = read_words(text)
    return [word for word in words if word not in STOP_WORDS] or words


def word_bases(word: str) -> frozenset[str]:
    """What a word may be a form of, itself included.

    Args:
        word: One word in lower case.

    >>> sorted(word_bases("riding"))
    ['rid', 'ride', 'riding']
    >>> "run" in word_bases("running"), "woman" in word_bases("women"), "two" in word_bases("2")
    (True, True, False)
    >>> word_bases("two") & word_bases("2")
    frozenset({'2'})
    """
    word = _SAME_SPELLING.get(word, word)
    bases = {word}
    for known in (IRREGULAR_PLURALS, _IRREGULAR_FORMS):
        if word in known:
            bases.add(known[word])
    for ending, instead, shortest in _ENDINGS:
        if not word.endswith(ending) or len(word) < shortest or word.endswith("ss"):
            continue
        stem = word[: -len(ending)]
        bases |= {stem + letters for letters in instead if len(stem + letters) >= _SHORTEST_STEM}
        doubled = len(stem) > _SHORTEST_STEM and stem[-1] == stem[-2] and stem[-1] not in _VOWELS
        if doubled and ending not in ("s", "es"):
            bases.add(stem[:-1])
    return frozenset(bases)


def same_word(first: str, second: str) -> bool:
    """Whether two words may be forms of one.

    >>> same_word("riding", "rides"), same_word("wooden", "wood"), same_word("cat", "category")
    (True, True, False)
    """
    return not word_bases(first).isdisjoint(word_bases(second))
