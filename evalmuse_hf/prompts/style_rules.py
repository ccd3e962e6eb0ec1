"""How a picture shall look, by words and credits: the rules of the dimension style."""

from collections.abc import Sequence

from evalmuse_hf.prompts import style_words
from evalmuse_hf.prompts.phrase_index import Mention, PhraseIndex, word_set
from evalmuse_hf.prompts.prompt_reading import PromptReading

_INDEX = PhraseIndex(
    {
        "Artist/works": style_words.ARTISTS,
        "Design": style_words.DESIGN,
        "Genre": style_words.GENRE,
        "Material": style_words.MATERIAL,
        "Photography": style_words.PHOTOGRAPHY,
    }
)
_WEAK = word_set("""
    painting painted drawing sculpture sketch pencil marble ink canvas clay felt wool lace crayon charcoal
    fabric cardboard porcelain ceramic pottery terracotta woven acrylic chalk enamel jade parchment stamp badge
    pattern architecture website sticker tattoo font emoji meme cartoon map photo photograph picture lens
    footage screenshot render abstract realistic vintage retro rustic futuristic comic horror fantasy gothic
    baroque renaissance graffiti mosaic tapestry quilt
""")
"""Words that are things as often as looks: they count where they stand as the look of the whole picture."""

_INTRODUCES = word_set("of by showing depicting style styled aesthetic with featuring")
_SEPARATES = word_set(". , ; : ! ? | ( ) - – —")
_ARTICLES = word_set("a an the one two three four five six seven eight")
_LONGEST_LOOK = 4
_REACH = 8


def style_labels(reading: PromptReading) -> set[str]:
    """Labels of the dimension style, without None.

    Args:
        reading: The prompt.
    """
    tokens = reading.tokens
    found = {label for mention in _INDEX.find(tokens) if _counts(tokens, mention) for label in mention.kinds}
    if reading.credits:
        found.add("Artist/works")
    return found


def _counts(tokens: Sequence[str], mention: Mention) -> bool:
    """Whether a phrase says how the picture shall look: a painting of a cat does, a cat beside a painting does not."""
    if mention.stop - mention.start > 1 or tokens[mention.start].removesuffix("s") not in _WEAK:
        return True
    following = tokens[mention.stop] if mention.stop < len(tokens) else "."
    before = tokens[max(0, mention.start - 2) : mention.start]
    if following in _INTRODUCES or (following == "in" and "style" in tokens[mention.stop : mention.stop + _REACH]):
        return True
    if {"as", "in"} & set(before):
        return True
    start = mention.start
    while start > 0 and tokens[start - 1] not in _SEPARATES:
        start -= 1
    stop = mention.stop
    while stop < len(tokens) and tokens[stop] not in _SEPARATES:
        stop += 1
    # A look fills a part between commas; so does a thing in a list of things, but that has an article.
    bare = not _ARTICLES.intersection(tokens[start:stop])
    return bare and (start > 0 or stop < len(tokens)) and stop - start <= _LONGEST_LOOK
