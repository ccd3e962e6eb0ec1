"""Common words by what they say of a picture, for the rule splitter and for counterfactual questions.

They cover the drawn world of `evalmuse_hf.mini` completely and everyday prompts in part.
"""

from types import MappingProxyType

COLORS = (
    *("red", "orange", "yellow", "green", "blue", "purple", "pink", "black", "white", "brown", "gray", "grey"),
    *("golden", "silver", "beige", "turquoise", "teal", "violet", "magenta", "cyan", "navy", "crimson", "colorful"),
)
MATERIALS = (
    *("wooden", "metal", "glass", "knitted", "stone", "plastic", "leather", "paper", "ceramic", "marble", "bronze"),
    *("rubber", "velvet", "silk", "woolen", "cotton", "concrete", "brick", "porcelain", "fluffy", "metallic"),
)
SHAPES = (
    *("round", "square", "triangular", "star-shaped", "heart-shaped", "oval", "rectangular", "circular", "spherical"),
    *("cubic", "conical", "cylindrical", "hexagonal", "diamond-shaped"),
)
ATTRIBUTES = (
    *("giant", "tiny", "glowing", "broken", "big", "large", "small", "little", "huge", "old", "young", "new", "tall"),
    *("short", "long", "beautiful", "cute", "happy", "sad", "angry", "dirty", "clean", "empty", "ancient", "modern"),
    *("shiny", "dark", "bright", "majestic", "elegant", "rusty", "wet", "dry", "open", "closed", "transparent"),
)
ACTIVITIES = (
    *("sleeping", "jumping", "running", "singing", "sitting", "standing", "walking", "flying", "swimming", "dancing"),
    *("reading", "eating", "drinking", "playing", "smiling", "laughing", "crying", "fighting", "climbing", "riding"),
    *("driving", "cooking", "looking", "holding", "wearing", "lying", "working", "talking", "surfing", "skiing"),
)
NUMBERS = MappingProxyType({
    **{"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8},
    **{"nine": 9, "ten": 10, "eleven": 11, "twelve": 12},
})  # fmt: skip
OPPOSITES = MappingProxyType({
    **{"left of": "right of", "right of": "left of", "above": "below", "below": "above", "over": "under"},
    **{"under": "over", "on top of": "underneath", "underneath": "on top of", "in front of": "behind"},
    **{"behind": "in front of", "inside": "outside", "outside": "inside", "next to": "far from", "near": "far from"},
    **{"beside": "far from", "to the left of": "to the right of", "to the right of": "to the left of"},
})  # fmt: skip
ATTRIBUTE_OPPOSITES = MappingProxyType({
    **{"giant": "tiny", "tiny": "giant", "glowing": "broken", "broken": "glowing", "big": "small", "small": "big"},
    **{"large": "small", "little": "big", "huge": "tiny", "old": "new", "new": "old", "young": "old"},
    **{"tall": "short", "short": "long", "long": "short", "happy": "sad", "sad": "happy", "angry": "happy"},
    **{"dirty": "clean", "clean": "dirty", "ancient": "modern", "modern": "ancient", "dark": "bright"},
    **{"bright": "dark", "wet": "dry", "dry": "wet", "open": "closed", "closed": "open", "empty": "full"},
})  # fmt: skip
ANIMALS = (
    *("cat", "bird", "fish", "snail", "rabbit", "turtle", "dog", "horse", "cow", "sheep", "elephant", "bear", "lion"),
    *("tiger", "monkey", "fox", "wolf", "frog", "snake", "duck", "owl", "butterfly", "dragon", "panda", "giraffe"),
    *("zebra", "mouse", "pig", "goat", "penguin", "shark", "whale", "spider", "bee"),
)
PEOPLE = (
    *("man", "woman", "wizard", "boy", "girl", "child", "baby", "person", "people", "lady", "king", "queen"),
    *("princess", "knight", "astronaut", "doctor", "soldier", "robot", "warrior", "witch", "chef", "farmer"),
)
FOODS = (
    *("apple", "banana", "pizza", "carrot", "cake", "bread", "cheese", "strawberry", "lemon", "tomato", "sandwich"),
    *("burger", "cookie", "egg", "soup", "sushi", "grape", "cherry", "pear", "watermelon"),
)
OBJECTS = (
    *("car", "house", "tree", "boat", "chair", "cup", "umbrella", "key", "hat", "lamp", "sign", "kite", "balloon"),
    *("clock", "table", "book", "ball", "box", "bottle", "phone", "guitar", "sword", "flower", "bag", "bicycle"),
    *("train", "bus", "airplane", "bed", "mirror", "candle", "vase", "door", "window", "bench", "castle", "bridge"),
)
PLACES = (
    *("at the beach", "in a forest", "in the desert", "in the city", "in a room", "in space", "on a mountain"),
    *("in a kitchen", "in a garden", "on a street", "in a classroom", "under the sea", "in a field", "on a farm"),
)
WEATHER = (
    "rain",
    "snow",
    "night",
    "sunshine",
    "fog",
    "storm",
    "sunset",
    "sunrise",
    "rainy",
    "snowy",
    "sunny",
    "foggy",
)
WEATHER_OPPOSITES = MappingProxyType({
    **{"rain": "sunshine", "snow": "sunshine", "night": "sunshine", "sunshine": "night", "fog": "sunshine"},
    **{"storm": "sunshine", "sunset": "night", "sunrise": "night", "rainy": "sunny", "snowy": "sunny"},
    **{"sunny": "rainy", "foggy": "sunny"},
})  # fmt: skip
IRREGULAR_PLURALS = MappingProxyType({
    **{"men": "man", "women": "woman", "children": "child", "people": "person", "mice": "mouse", "sheep": "sheep"},
    **{"fish": "fish", "geese": "goose", "feet": "foot", "teeth": "tooth", "wolves": "wolf", "leaves": "leaf"},
    **{"knives": "knife", "buses": "bus", "foxes": "fox", "boxes": "box", "glasses": "glass"},
})  # fmt: skip


def singular(noun: str) -> str:
    """Singular of a noun in lower case; what looks like no plural is returned as it is.

    >>> singular("cats"), singular("women"), singular("strawberries"), singular("glass"), singular("bus")
    ('cat', 'woman', 'strawberry', 'glass', 'bus')
    """
    if noun in IRREGULAR_PLURALS:
        return IRREGULAR_PLURALS[noun]
    if noun.endswith("ies") and len(noun) > len("pies"):
        return noun[:-3] + "y"
    if noun.endswith(("sses", "shes", "ches")):
        return noun[:-2]
    if noun.endswith("s") and not noun.endswith(("ss", "us", "is")):
        return noun[:-1]
    return noun


def is_plural(noun: str) -> bool:
    """Whether a noun looks like a plural; one that is spelled alike in both, such as fish, counts as singular.

    >>> is_plural("cats"), is_plural("fish"), is_plural("people"), is_plural("glass")
    (True, False, True, False)
    """
    return singular(noun.lower()) != noun.lower()


def with_article(words: str) -> str:
    """Put "a" or "an" before words, unless they begin with an article, a number or a possessive, or are plural.

    >>> with_article("umbrella"), with_article("cats"), with_article("the moon"), with_article("two cats")
    ('an umbrella', 'cats', 'the moon', 'two cats')
    """
    first, last = words.split(" ")[0].lower(), words.split(" ")[-1].lower()
    determined = first in {"a", "an", "the", "my", "his", "her", "their", "some", "many"}
    if determined or first in NUMBERS or first.isdigit() or is_plural(last):
        return words
    return f"an {words}" if first[:1] in tuple("aeiou") else f"a {words}"
