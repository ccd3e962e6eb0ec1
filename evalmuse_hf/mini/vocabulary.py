"""Words of the drawn world, and which pairs of them are kept out of training.

Every word has exactly one drawing (`evalmuse_hf.mini.sprites`), so whether a picture shows it is known, not judged.
"""

import hashlib
from types import MappingProxyType

OBJECTS = ("car", "house", "tree", "boat", "chair", "cup", "umbrella", "key", "hat", "lamp")
SHAPED_OBJECTS = ("sign", "kite", "balloon", "clock")
ANIMALS = ("cat", "bird", "fish", "snail", "rabbit", "turtle")
PEOPLE = ("man", "woman", "wizard")
FOODS = ("apple", "banana", "pizza", "carrot", "cake")
NOUNS = OBJECTS + SHAPED_OBJECTS + ANIMALS + PEOPLE + FOODS

COLORS = MappingProxyType({
    "red": (214, 32, 38),
    "orange": (245, 134, 20),
    "yellow": (250, 222, 40),
    "green": (34, 150, 60),
    "blue": (36, 84, 214),
    "purple": (140, 50, 170),
    "pink": (250, 140, 190),
    "black": (30, 30, 34),
})  # fmt: skip
MATERIALS = ("wooden", "metal", "glass", "knitted", "stone")
SHAPES = ("round", "square", "triangular", "star-shaped", "heart-shaped")
ATTRIBUTES = ("giant", "tiny", "glowing", "broken")
ACTIVITIES = ("sleeping", "jumping", "running", "singing")
WORDS = ("GO", "HI", "UP", "NO", "YES", "X")
PLACES = MappingProxyType({
    "beach": "at the beach",
    "forest": "in a forest",
    "desert": "in the desert",
    "city": "in the city",
    "room": "in a room",
    "space": "in space",
})  # fmt: skip
WEATHER = ("rain", "snow", "night", "sunshine")
RELATIONS = ("left of", "right of", "above", "below")
OPPOSITE = MappingProxyType({"left of": "right of", "right of": "left of", "above": "below", "below": "above"})
NUMBER_WORDS = ("zero", "one", "two", "three", "four", "five")
PLURALS = MappingProxyType({"fish": "fish", "man": "men", "woman": "women", "pizza": "pizzas"})

ALIVE = ANIMALS + PEOPLE
HELD_OUT_SHARE = 0.1  # of the pairs of modifier and noun, and of noun and noun under a relation
TEST_SHARE = 0.1  # of the prompts without such a pair


def noun_category(noun: str) -> str:
    """Name the reporting category of a noun: object, animal/human or food."""
    if noun in ALIVE:
        return "animal/human"
    return "food" if noun in FOODS else "object"


def plural(noun: str) -> str:
    """Inflect a noun of the drawn world.

    >>> plural("woman"), plural("cat")
    ('women', 'cats')
    """
    return PLURALS.get(noun, noun + "s")


def is_held_out(modifier: str, noun: str) -> bool:
    """Whether training never says or draws this pair together.

    About one pair in ten is held out, chosen by a hash, so that the set does not depend on any seed.

    Args:
        modifier: A colour, material, shape, activity or attribute; for a relation the noun that is named first.
        noun: Whom it describes; for a relation the noun that is named second.
    """
    return _share(f"pair:{modifier}|{noun}") < HELD_OUT_SHARE


def is_test_prompt(prompt: str) -> bool:
    """Whether a prompt belongs to the test side of the drawn world; one in ten does, chosen by a hash of its text.

    Args:
        prompt: Its text; case does not matter.
    """
    return _share(f"prompt:{prompt.lower()}") < TEST_SHARE


def _share(text: str) -> float:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") / 2**32
