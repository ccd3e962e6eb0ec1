"""How a picture as a whole is asked for: medium, view, style, time and weather."""

import re

from evalmuse_hf.elements import scene_words
from evalmuse_hf.elements.lexicon import WEATHER
from evalmuse_hf.elements.question_grammar import (
    PREPOSITIONS,
    QUANTIFIERS,
    head_of,
    indefinite,
    is_adjectival,
    is_plural_phrase,
    lower_words,
)
from evalmuse_hf.elements.question_layout import PromptLayout
from evalmuse_hf.schema import Element

_MEDIA_HEADS = frozenset(
    (
        *("photo", "photograph", "picture", "image", "painting", "drawing", "sketch", "illustration", "render"),
        *("rendering", "portrait", "selfie", "poster", "print", "artwork", "art", "cartoon", "comic", "collage"),
        *("screenshot", "snapshot", "polaroid", "still", "scan", "footage", "animation", "anime", "manga", "cover"),
        *("wallpaper", "sticker", "logo", "engraving", "etching", "woodcut", "mural", "watercolor", "photography"),
        *("panorama", "close-up", "closeup", "shot", "blueprint", "caricature", "doodle", "diagram", "infographic"),
    )
)
_MASS_MEDIA = frozenset({"art", "artwork", "footage", "anime", "manga", "photography", "animation"})
_OF_NO_NUMBER = frozenset({"rain", "snow", "night", "sunshine", "fog"})
TIMES_OF_DAY = frozenset(
    (
        *("noon", "midday", "night", "midnight", "nighttime", "daytime", "morning", "early morning", "late morning"),
        *("afternoon", "late afternoon", "evening", "early evening", "late evening", "dawn", "dusk", "twilight"),
        *("golden hour", "spring", "summer", "autumn", "winter", "christmas", "halloween", "sunset", "sunrise"),
    )
)
_RESOLUTION = re.compile(r"^(?:\d+ ?k|u?hd|full hd)\b|\b\d+ ?k$")
_ENGINES = frozenset({"engine", "render", "octane", "cgi", "vray", "blender"})


def ask_whole(element: Element) -> str | None:
    """Ask for what a picture is as a whole: medium, view, style, time, weather; None for anything else."""
    text = lower_words(element.text)
    lower, raw = element.text.lower(), (element.raw_category or "").lower()
    adjectival = is_adjectival(lower)
    if element.category == "other" and lower in WEATHER and not adjectival:
        return f"Does the picture show {text if lower in _OF_NO_NUMBER else indefinite(text)}?"
    if lower.startswith(("trending ", "featured ")):
        return f"Is the picture {text}?"
    if lower in TIMES_OF_DAY or "-time" in raw or raw == "time":
        return f"Is it {text} in the picture?" if lower in TIMES_OF_DAY else f"Does the picture show {text}?"
    if lower in scene_words.WEATHER or "weather" in raw:
        return f"Is the weather {text}?" if is_adjectival(lower) else f"Does the picture show {indefinite(text)}?"
    if is_view(lower) or "perspective" in raw:
        return _ask_view(text)
    if element.category == "color":
        return None
    if _RESOLUTION.search(lower):
        return f"Is the picture in {text}?"
    if lower.endswith(" font"):
        return f"Is the text in {text}?"
    if lower.endswith((" quality", " resolution", " definition", " contrast", " detail")):
        return f"Is the picture of {text}?"
    if lower.startswith("style of "):
        return f"Is the picture in the {text}?"
    if lower.endswith((" style", "-style", " orientation")):
        return f"Is the picture in {text}?"
    if is_medium(lower) and element.category in ("attribute", "other", "material"):
        return ask_medium(text)
    if raw.startswith("attribute-style") or (
        element.category in ("attribute", "other") and lower in scene_words.STYLES and not adjectival
    ):
        return f"Is the picture in the style of {element.text}?"
    if lower.split(" ")[0] in _ENGINES or head_of(lower) in _ENGINES or "unreal" in lower:
        return f"Does the picture look like {text}?"
    return None


def ask_medium(text: str) -> str:
    """Ask whether the picture is a photo, a painting and so on."""
    text = lower_words(text)
    mass = head_of(text).lower() in _MASS_MEDIA
    words = text if mass else indefinite(text)
    return f"{'Are these' if is_plural_phrase(text) and not mass else 'Is this'} {words}?"


def is_medium(text: str) -> bool:
    """Whether words name a kind of picture, such as "oil painting"."""
    lower = text.lower()
    if lower.split(" ")[0] in QUANTIFIERS:
        return False
    return head_of(lower) in _MEDIA_HEADS or (lower in scene_words.MEDIA and lower.split(" ")[-1] in _MEDIA_HEADS)


def is_view(lower: str) -> bool:
    """Whether words say from where or how near a picture is seen."""
    return lower in scene_words.VIEWS or lower.endswith((" shot", " view", " angle"))


def opens_phrase(index: int, layout: PromptLayout) -> bool:
    """Whether a medium is what the prompt asks for, rather than a picture on a wall."""
    if not layout.spans[index]:
        return False
    before = layout.prompt[: layout.spans[index][0].start].lower().split()
    after = layout.word_after(index)
    return all(word not in PREPOSITIONS for word in before[-3:]) and (len(before) < 5 or after in ("of", ""))


def _ask_view(text: str) -> str:
    last = text.split(" ")[-1].lower()
    if text.lower() in ("wide-angle", "aerial", "overhead", "isometric", "panoramic", "macro", "fisheye"):
        return f"Is this {indefinite(text)} view?"
    if last == "angle" or text.lower() in ("top down", "top-down", "full body", "full-body", "eye level", "eye-level"):
        return f"Is this {indefinite(text)} view?"
    if text.lower().startswith(("from ", "in ")):
        return f"Is the view {text}?"
    return f"Is this {indefinite(text)}?"
