"""Parts of a prompt that are one element as a whole: a style, a camera view, a time, praise, an artist, a font."""

import re
from collections.abc import Iterator

from evalmuse_hf.elements.parse_rules import FoundPart
from evalmuse_hf.elements.scene_words import MEDIA, QUALITY, STYLES, TIMES, VIEWS, WEATHER

ARTIST = "other-artist"
"""Raw category of the names of artists."""

_LEAD = re.compile(r"(?:and |or )?(?:(?:in|at|on|with|during|of|from|as|very|is|but) )*(?:(?:a|an|the|its|it's) )?")
_RESOLUTION = re.compile(
    r"(?:ultra )?(?:\d+ ?k|\d{3,4} ?p|u?hd|full hd)(?: (?:u?hd|hdr|resolution|wallpaper|render|quality))*$"
)
_NUMBERS = re.compile(r"[\d ]+$|\d+[a-z]{2} century$|(?:in )?(?:the )?\d{4}'?s$")
_LETTERING = re.compile(r".*\b(?:fonts?|typeface|lettering|orientation|calligraphy|script)$")
_TRENDING = re.compile(r"(?:trending|featured|popular|winner) (?:on|of) .+$|#\w+$")
_STYLE = re.compile(r".*\b(?:styles?|aesthetics?|core|punk|wave|art|render|engine|genre)$")
_STYLE_OF = re.compile(r"(?:done |drawn |painted |made )?(?:in|with)? ?(?:the )?(style of .+)$")
_ARTIST = re.compile(
    r"(?:(?:art|artwork|painting|painted|illustration|illustrated|photo|photograph|photographed|drawn|designed|directed"
    r"|created|made|concept art|digital art|character design|render|sculpture|film|movie|poster) )?"
    r"by (?!the \w+ (?:of|in|on)\b)(.+)$"
)
_JOINT = re.compile(r"\s+(?:and|&|x|\+)\s+|\s*,\s*|\s+by\s+")
_LIGHT = re.compile(
    r".*\b(?:lighting|light|shadows|colors|colours|tones|palette|lens|exposure|resolution|quality|composition|focus"
    r"|effects?|atmosphere|mood|vibes?|details?)$"
)
_MOST_WORDS = 5


def read_whole(text: str) -> list[FoundPart]:
    """Read a segment as a whole.

    Args:
        text: The segment, in lower case.

    Returns:
        Its elements, more than one only for artists who are named together; none if it has to be parsed.

    >>> [text[part.start : part.end] for text in ["art by alphonse mucha and klimt"] for part in read_whole(text)]
    ['alphonse mucha', 'klimt']
    >>> read_whole("a man in the rain")
    []
    """
    lead = _LEAD.match(text)
    start = lead.end() if lead else 0
    core = text[start:]
    if not core:
        return []
    if match := _ARTIST.match(text):
        return list(_names(match[1], match.start(1)))
    if match := _STYLE_OF.match(text):
        return [FoundPart(match.start(1), len(text), "attribute", "attribute-style-artist/works")]
    if core.endswith(" weather") and core.removesuffix(" weather") in WEATHER:
        return [FoundPart(start, len(text) - len(" weather"), "other", "other-weather")]
    kind = _kind(core)
    return [FoundPart(start, len(text), *kind)] if kind else []


def _kind(core: str) -> tuple[str, str] | None:
    tables = (
        (VIEWS, ("other", "other-perspective")),
        (TIMES, ("other", "other-time")),
        (WEATHER, ("other", "other-weather")),
        (QUALITY, ("attribute", "attribute")),
        (STYLES, ("attribute", "attribute-style-artist/works")),
        (MEDIA, ("attribute", "attribute-style-artist/works")),
    )
    for listed, kind in tables:
        if core in listed:
            return kind
    if _RESOLUTION.match(core) or _NUMBERS.match(core):
        return ("other", "other")
    if len(core.split(" ")) > _MOST_WORDS:
        return None
    if _TRENDING.match(core) or _LETTERING.match(core):
        return ("attribute", "attribute")
    if " of " in core or " with " in core or " in " in core:
        return None
    if _STYLE.match(core):
        return ("attribute", "attribute-style-artist/works")
    if _LIGHT.match(core):
        return ("attribute", "attribute")
    return None


def _names(text: str, offset: int) -> Iterator[FoundPart]:
    position = 0
    for joint in [*_JOINT.finditer(text), None]:
        end = len(text) if joint is None else joint.start()
        if end > position:
            yield FoundPart(offset + position, offset + end, "other", ARTIST)
        position = len(text) if joint is None else joint.end()
