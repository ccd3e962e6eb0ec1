"""A prompt read once for all label rules: its tokens, and which of them are colors, names or credits."""

from collections.abc import Sequence
from dataclasses import dataclass

from evalmuse_hf.prompts import concept_words, style_words, subject_words
from evalmuse_hf.prompts.phrase_index import PhraseIndex, split_phrases, tokenize, word_set

COLORS = word_set("""
    red green blue yellow purple pink black white brown gray grey beige turquoise teal violet magenta cyan
    maroon crimson scarlet indigo burgundy azure aqua aquamarine khaki fuchsia mauve ochre golden colored
    coloured blond multicolored multicoloured multi-colored rainbow-colored monochrome reddish greenish bluish
    yellowish pinkish purplish brownish grayish greyish whitish blackish
""")
"""Words that are colors wherever they stand."""

_OR_THING = word_set("""
    orange rose peach plum olive lime salmon lavender lilac gold silver coral ruby emerald sapphire amber mint
    navy tan periwinkle
""")
_COLOR_ENDINGS = ("-colored", "-coloured", "-red", "-green", "-blue", "-yellow", "-black", "-white", "-pink", "-brown")
_NO_COLOR = PhraseIndex({
    "no color": """
        red panda, black hole, white house, golden gate, golden ratio, golden hour, golden age, golden
        retriever, blue whale, red wine, white wine, green tea, orange juice, orange peel, green energy, red
        square, red sox, blue jay, black panther, black widow, snow white, black friday, pink floyd, black
        metal, deep purple, white noise, silver lining, black sheep, red carpet, green screen, silver surfer,
        olive oil, lime green screen, great white, white rice, black box, black mirror, red dead, blue note,
        green lantern, gold leaf, gold medal, silver medal, silver screen, brown sugar, rose petal, olive tree,
        lemon tree, orange tree, plum tree, peach tree, coral reef, bald eagle, black belt, mint leaf, golden
        section, golden eagle, white balance, red herring, whole wheat, ice cream, whipped cream, wine glass,
        wine bottle, lemon juice, silver spoon, gold coin, rose garden, lavender field, black ops, white walker,
        green envy, green thumb
    """
})  # fmt: skip
_NO_NOUN = word_set("""
    . , ; : ! ? | ) ( and or with in on at of by to from is are was were that which who next near over under
    behind for as while wearing holding into the a an 's
""")
_SMALL_WORDS = word_set("""
    a an the of and or in on at to by from with for is are was were be been being as that this these those it
    its his her their my your our not no very some any each every all both he she they we you i there here which
    who whom what when where while into onto over under above below behind beside near next through after before
    during without inside outside up down out off so but if than then
""")
_KNOWN = frozenset(
    word
    for module in (concept_words, style_words, subject_words)
    for name, phrases in vars(module).items()
    if name.isupper() and name not in ("WORLD", "FIGURES", "ARTISTS")
    for phrase in split_phrases(phrases)
    for word in phrase.split()
)
_ARTISTS = PhraseIndex({"artist": style_words.ARTISTS})
_LOOKS = PhraseIndex(
    {"look": ",".join((style_words.GENRE, style_words.MATERIAL, style_words.DESIGN, style_words.PHOTOGRAPHY))}
)
_MAKING = word_set("""
    art painting paintings painted drawn drawing drawings illustration illustrated photo photograph photographed
    photography made designed design directed created artwork style portrait render rendered poster print
    sculpture sketch sketched concept comic film movie work works album cover done shot , . | ( and
""")
_SEPARATES = word_set(". , ; : ! ? | ( ) [ ] { } - – — + & /")
_LONGEST_NAME = 4
_ALL_CAPS_NAME = 4
_SHOUTED = 0.6  # of the words with a capital, from which capitals say nothing


@dataclass(frozen=True, slots=True)
class PromptReading:
    """A prompt and what its tokens are.

    Attributes:
        text: The prompt.
        tokens: In lower case.
        colors: Places of tokens that are colors.
        credits: Places of tokens that name an artist, a studio or a work whose style is wanted.
        names: Places of tokens that look like the name of somebody or something else.
    """

    text: str
    tokens: tuple[str, ...]
    colors: frozenset[int]
    credits: frozenset[int]
    names: frozenset[int]


def read_prompt(text: str) -> PromptReading:
    """Read a prompt.

    Args:
        text: The prompt.

    >>> reading = read_prompt("an orange cat and an orange, oil painting by Jane Doe")
    >>> [reading.tokens[place] for place in sorted(reading.colors | reading.credits)]
    ['orange', 'jane', 'doe']
    """
    cased = tokenize(text, keep_case=True)
    tokens = [token.lower() for token in cased]
    credited = _find_credits(tokens, cased)
    colors = _find_colors(tokens)
    return PromptReading(text, tuple(tokens), colors, credited, _find_names(cased, credited | colors))


def _find_colors(tokens: Sequence[str]) -> frozenset[int]:
    found = {
        place
        for place, token in enumerate(tokens)
        if token in COLORS
        or token.endswith(_COLOR_ENDINGS)
        or (token in _OR_THING and place + 1 < len(tokens) and tokens[place + 1] not in _NO_NOUN)
    }
    if found:
        for mention in _NO_COLOR.find(tokens):
            found.difference_update(range(mention.start, mention.stop))
    return frozenset(found)


def _find_credits(tokens: Sequence[str], cased: Sequence[str]) -> frozenset[int]:
    found: set[int] = set()
    for place, token in enumerate(tokens):
        if token == "by":
            found.update(_name_after(tokens, cased, place))
        elif token == "style" and place + 1 < len(tokens) and tokens[place + 1] == "of":
            found.update(_style_after(tokens, place + 2))
    for mention in _ARTISTS.find(tokens):
        before = tokens[mention.start - 1] if mention.start else ""
        after = tokens[mention.stop] if mention.stop < len(tokens) else ""
        if before in ("by", "and", ",", "from", "|", "&", "+", ")", "(") or after in ("style", "'s", "painting"):
            found.update(range(mention.start, mention.stop))
    return frozenset(found)


def _name_after(tokens: Sequence[str], cased: Sequence[str], by: int) -> range:
    """Places of a name after the word by; none if it is "by the sea" or "surrounded by flowers"."""
    start = by + 1
    stop = start
    while stop < min(len(tokens), start + _LONGEST_NAME) and tokens[stop] not in _SEPARATES | _SMALL_WORDS:
        stop += 1
    if stop == start or tokens[start].isdigit():
        return range(0)
    known = next(_ARTISTS.find(tokens[start:stop]), None)
    if known is not None and known.start == 0:
        return range(start, start + known.stop)
    if cased[start][0].isupper() and tokens[start] not in _KNOWN:
        return range(start, stop)
    made = by > 0 and tokens[by - 1] in _MAKING
    strange = sum(token not in _KNOWN for token in tokens[start:stop])
    return range(start, stop) if made and strange * 2 > stop - start and stop - start > 1 else range(0)


def _style_after(tokens: Sequence[str], start: int) -> range:
    """Places of what stands after "in the style of", unless it is a genre, a material or a way to make pictures."""
    stop = start
    while stop < min(len(tokens), start + _LONGEST_NAME) and tokens[stop] not in _SEPARATES:
        stop += 1
    if stop == start or _LOOKS.has(tokens[start:stop]):
        return range(0)
    return range(start, stop)


def _find_names(cased: Sequence[str], known: frozenset[int]) -> frozenset[int]:
    words = [token for token in cased if token[0].isalpha()]
    capitals = sum(token[0].isupper() for token in words)
    if not capitals or (capitals > _SHOUTED * len(words) and len(words) > _LONGEST_NAME):
        return frozenset()
    found = set()
    quoted = _quoted_places(cased)
    for place, token in enumerate(cased):
        if place in known or place in quoted or not token[0].isupper() or len(token) == 1:
            continue
        if token.isupper() and len(token) > _ALL_CAPS_NAME:
            continue
        lower = token.lower()
        if lower in _SMALL_WORDS or lower in _KNOWN or lower.removesuffix("s") in _KNOWN or lower in COLORS:
            continue
        starts = place == 0 or cased[place - 1] in _SEPARATES or cased[place - 1] in ("'", '"')
        follows = (
            place + 1 < len(cased) and cased[place + 1][0].isupper() and cased[place + 1].lower() not in _SMALL_WORDS
        )
        if not starts or follows:
            found.add(place)
    return frozenset(found)


def _quoted_places(cased: Sequence[str]) -> set[int]:
    found: set[int] = set()
    opened = None
    for place, token in enumerate(cased):
        if token in ("'", '"', "\u201c", "\u201d", "\u2018"):
            if opened is None:
                opened = place
            else:
                found.update(range(opened, place))
                opened = None
    return found
