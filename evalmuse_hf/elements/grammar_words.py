"""Small words and exceptions that the rules over a parse need by name, in lower case."""

_PLACE_PREPOSITIONS = """
in, at, on, near, inside, through, into, across, from, to, by, towards, toward, along, within, outside, around
"""
_EMPTY_VERBS = """
be, have, do, see, can, could, will, would, may, might, must, shall, should, seem, appear, contain, include, show,
depict, feature, go, get, let, become
"""
_EMPTY_NOUNS = """
thing, something, anything, everything, someone, somebody, lot, kind, type, sort, front, back, left, right, top,
bottom, middle, center, edge, side, way, ii
"""
_VAGUE = (
    "other, such, same, own, more, most, less, least, able, many, much, few, several, some, various, certain, only"
)
_NEVER_VERBS = """
building, painting, drawing, clothing, lightning, wedding, ceiling, monitor, post, string, earring, evening,
morning
"""
_THING_OR_MATERIAL = """
glass, glasses, paper, stone, brick, tile, straw, sponge, felt, canvas, cloth, fabric, iron, feather, bone, pearl,
mesh, crystal, clay, mud, lead, tin, cork, bamboo, wax
"""
_NOT_ALONE = "opposite, over, across, around, against, towards, toward, outside, among"
_BUILT = """
house, home, cottage, cabin, hut, villa, igloo, castle, palace, fortress, tower, temple, shrine, church, cathedral,
chapel, mosque, pyramid, tomb, bridge, lighthouse, lair, pool, fountain, stage, track, bar, square, platform, deck,
cockpit, tunnel, mine, planet, earth, galaxy, camp, mansion, garage, elevator, closet, shed, mountain, hill,
volcano, island, tree, river, lake, waterfall
"""

PLACE_PREPOSITIONS = frozenset(" ".join(word.split()) for word in _PLACE_PREPOSITIONS.split(","))
EMPTY_VERBS = frozenset(" ".join(word.split()) for word in _EMPTY_VERBS.split(","))
"""Verbs, in their base form, that show nothing by themselves."""
EMPTY_NOUNS = frozenset(" ".join(word.split()) for word in _EMPTY_NOUNS.split(","))
"""Nouns that name nothing when they stand alone."""
VAGUE = frozenset(" ".join(word.split()) for word in _VAGUE.split(","))
"""Adjectives that nobody could look for in a picture."""
NEVER_VERBS = frozenset(" ".join(word.split()) for word in _NEVER_VERBS.split(","))
"""Nouns that a parser takes for verbs."""
THING_OR_MATERIAL = frozenset(" ".join(word.split()) for word in _THING_OR_MATERIAL.split(","))
"""Nouns that are a material only before another noun or after "made of"."""
NOT_ALONE = frozenset(" ".join(word.split()) for word in _NOT_ALONE.split(","))
"""Relations that are too weak to count as one word."""
BUILT = frozenset(" ".join(word.split()) for word in _BUILT.split(","))
"""What is a place if something is in or at it, and a thing to look at otherwise."""
