"""Whether a prompt shows what cannot be: animals that act like people, things of the wrong stuff, myths, magic."""

import re
from collections.abc import Sequence
from itertools import pairwise

from evalmuse_hf.prompts import subject_words
from evalmuse_hf.prompts.phrase_index import Mention, PhraseIndex, split_phrases, word_set
from evalmuse_hf.prompts.prompt_reading import PromptReading

_MYTHS = PhraseIndex({
    "myth": """
        dragon, unicorn, pegasus, phoenix, griffin, gryphon, hydra, kraken, sea serpent, cerberus, chimera,
        hippogriff, minotaur, centaur, wyvern, basilisk, werewolf, elf, elves, dwarf warrior, dwarves, fairy,
        fairies, gnome, goblin, orc, troll, ogre, mermaid, vampire, zombie, ghost, ghoul, demon, devil, alien,
        extraterrestrial, ufo, flying saucer, cyborg, humanoid, monster, eldritch, cthulhu, godzilla, kaiju,
        king kong, sorcerer, sorceress, wizard, witch, mage, warlock, necromancer, lich, wraith, succubus,
        valkyrie, nymph, dryad, satyr, cyclops, medusa, gorgon, grim reaper, undead, leprechaun, yeti, bigfoot,
        superhero, supervillain, transformer, gundam, mecha, pokemon, pikachu, totoro, jedi, lightsaber, death
        star, time machine, teleporter, portal, magic, magical, spell, sorcery, wizardry, enchanted, mystical,
        mythical, mythological, supernatural, paranormal, haunted, possessed, levitating, levitation, levitates,
        floating island, floating city, flying car, flying boat, flying ship, flying house, flying castle,
        flying pig, space elevator, space whale, alternate universe, parallel universe, other dimension, another
        dimension, fourth dimension, 4-dimensional, surreal, surrealism, surrealist, surrealistic, impossible,
        absurd, dreamlike, otherworldly, fever dream, hallucination, hybrid, mutant, mutated, anthropomorphic,
        anthropomorphized, talking animal, sentient, living object, invisible man, invisible woman, invisible
        person, shapeshifter, giant robot, giantess, colossal, anti-gravity, zero gravity city, upside down
        city, fantasy, sci-fi, sci fi, scifi, cosmic horror, apocalypse, post-apocalyptic, cyberpunk, steampunk,
        alien planet, underwater city, crystal castle, cloud castle, melting clock, third eye, human souls, cats
        and dogs from the sky, raining cats and dogs, raining money
    """
})  # fmt: skip
_BEINGS = PhraseIndex(
    {
        "animal": subject_words.ANIMALS,
        "person": subject_words.PEOPLE + ", robot, android, puppet",
        "food": subject_words.FOOD + "," + subject_words.PLANTS,
        "vehicle": subject_words.VEHICLES,
        "thing": subject_words.ARTIFACTS + ", tower, castle, building, house, mountain, tree",
    }
)
_ACTS = word_set("""
    reading reads writing writes playing plays driving drives singing sings cooking cooks painting paints
    wearing wears dressed typing types dancing dances smoking smokes talking talks speaking speaks fencing
    meditating teaching teaches sipping sips shouting shouts skateboarding surfing surfs boxing skiing
    snowboarding knitting sewing juggling texting gaming bowling golfing lecturing praying proposing marrying
    cheering programming coding riding rides operating flying piloting drinking meditates holding using baking
    grilling giving lifting thinking philosophizing arguing conducting drumming cycling jogging smiling laughing
    crying fighting grapples imitating carrying carries working works
""")
_BY_ANIMALS = word_set("""
    playing plays drinking holding flying fighting carrying carries surfing crying smiling holds
""")
_PLAYED_BY_PEOPLE = word_set("""
    piano guitar violin drums cello trumpet saxophone bagpipe chess checkers poker cards tennis golf basketball
    soccer football baseball ping-pong pong game games video tug-of-war instrument flute harp hockey
""")
_HELD_BY_PEOPLE = word_set("""
    sign flag sword gun phone camera book newspaper cup beer wine martini cocktail coffee umbrella microphone
    cane briefcase shield staff bow longbow arrow skateboard guitar laptop quarterstaff pen brush glass trophy
    bag map
""")
_WORN_BY_ANIMALS = word_set("collar saddle leash harness bridle bell bandana")
_BODIES = word_set("""
    face arms legs hands eyes mouth smile beard mustache sunglasses glasses hat bowtie tuxedo tophat
""")
_ROLES_WITH_ANIMALS = word_set("""
    owner walker trainer whisperer handler rider racer breeder lady man woman boy girl farmer fighter watcher
    keeper hunter person people family families baby babies crew player child herder lover model catcher team
    tribe army
""")
_GENERIC = word_set("""
    animal creature beast pet dog cat bird fish bear monkey horse beetle snake frog shark cub puppy kitten herd
    flock baby
""")
_ANY_ANIMAL = word_set("animal wildlife livestock pet")
_STUFFS = word_set("""
    wood wooden metal glass stone brick bricks plastic paper gold silver clay wool leather cardboard steel iron
    concrete marble bronze copper brass fabric cloth cotton silk felt rubber ceramic porcelain straw bamboo
    granite lego legos yarn fur linen denim velvet titanium aluminum tin wax rope wire crystal crystals
    sandstone mud snow ice sand plasticine origami obsidian jade ivory bone recycled parts scrap materials
    circles squares triangles numbers letters dots lines
""")
_NATURAL_HUES = word_set("""
    bird parrot frog snake fish dragonfly butterfly chameleon whale jay lizard peacock macaw beetle crab
    jellyfish gecko spider caterpillar flamingo hummingbird starfish coral iguana lobster octopus toad
""")
_ODD_HUES = word_set("blue green purple pink violet turquoise teal magenta cyan")
_SINGLE_HUED = word_set("""
    banana apple strawberry tomato carrot lemon orange potato cherry sun milk coffee
""")
_SPACE = word_set("moon mars saturn jupiter venus sun neptune pluto mercury")
_SPARE = word_set("astronaut cosmonaut rover lander spaceship spacecraft rocket flag footprint")
_PLAIN_FORMS = "heart|circle|square|triangle|star|cube|ring"
_WITHOUT_LIFE = (
    "clock|house|tree|car|building|sun|moon|cloud|mountain|fruit|vegetable|banana|apple|potato|carrot|tomato|cookie|"
    "burger|toaster|lamp|chair|table|book|umbrella"
)
_ROUND_THINGS = (
    "apple|banana|orange|tomato|egg|watermelon|melon|lemon|carrot|potato|onion|moon|sun|tree|spiderweb|cat|dog|fish"
)
_PATTERNS = re.compile(
    "|".join(
        (
            rf"\bin the (?:shape|form) of an? (?!{_PLAIN_FORMS})",
            rf"\b(?:shaped|looks?) like an? (?!{_PLAIN_FORMS})\w+",
            rf"\b(?:square|cubic|cube-shaped|triangular|square-shaped) (?:{_ROUND_THINGS})s?\b",
            rf"\b(?:melting|walking|smiling|talking|laughing|angry|crying|dancing|sleeping) (?:{_WITHOUT_LIFE})s?\b",
            r"\bgiant (?!panda|squid|tortoise|sequoia|screen|anteater|slalom)\w+",
            r"\bsize of an? (?:tank|house|building|planet|car|mountain)\b",
            r"\bwith the (?:head|face|body|wings) of",
            r"\b(?:elephant|horse|cow|man|woman|cat|dog|person|pig|bear|lion)s? with (?:\w+ )?wings\b",
            r"\bhalf \w+,? (?:and )?half \w+",
            r"\bthat is an? \w+$",
            r"\b\w+-headed\b",
            r"\b(?:cloud|smoke|fire|lightning|tornado)s? (?:shaped|that looks) like",
            r"\bastronaut rid(?:es|ing)\b",
            r"\bon an astronaut\b",
            r"\bjump(?:s|ing)? over the moon\b",
            r"\btime travel",
        )
    ),
    re.IGNORECASE,
)
_REACH = 7
_CLOSE = 3


def is_anti_real(reading: PromptReading) -> bool:
    """Whether a prompt shows what cannot be.

    Args:
        reading: The prompt.
    """
    tokens = reading.tokens
    if _MYTHS.has(tokens) or _PATTERNS.search(reading.text):
        return True
    beings = [
        mention
        for mention in _BEINGS.find(tokens)
        if not reading.colors.intersection(range(mention.start, mention.stop))
    ]
    return (
        any(_acts(tokens, beings, number) for number in range(len(beings)))
        or any(_is_mixed(tokens, first, second) for first, second in pairwise(beings))
        or _is_stacked(tokens, beings)
        or _is_odd_stuff(tokens)
        or _is_odd_color(reading)
        or _is_lost_in_space(tokens, beings)
    )


def _acts(tokens: Sequence[str], beings: Sequence[Mention], number: int) -> bool:
    """Whether an animal or a thing does what people do."""
    being = beings[number]
    if "person" in being.kinds or (number and _is_object(tokens, beings[number - 1], being)):
        return False
    following = beings[number + 1].start if number + 1 < len(beings) else len(tokens)
    for place in range(being.stop, min(len(tokens), being.stop + _REACH)):
        token = tokens[place]
        if token in (".", ";", "|"):
            return False
        if token == "with" and {"food", "vehicle"} & set(being.kinds):
            if _BODIES.intersection(tokens[place + 1 : place + _CLOSE + 1]):
                return True
        elif token in _ACTS and tokens[place - 1] not in ("a", "an", "the"):
            return _is_human_act(tokens, being, place)
        elif place >= following and token != ",":
            return False  # what comes now is the act of the next one
    return False


def _is_object(tokens: Sequence[str], before: Mention, being: Mention) -> bool:
    """Whether a being only stands behind another one that acts: ridden, held, watched, or walked by a person."""
    between = tokens[before.stop : being.start]
    near = len(between) < _REACH
    return ("person" in before.kinds and near) or (len(between) <= _REACH and not _ACTS.isdisjoint(between))


def _is_human_act(tokens: Sequence[str], being: Mention, place: int) -> bool:
    """Whether the act at a place is beyond an animal or a thing."""
    act, after = tokens[place], tokens[place + 1 : place + _REACH]
    if "animal" not in being.kinds:
        at_once = place - being.stop <= 1 and "and" not in tokens[being.stop : place]
        return "food" in being.kinds and at_once and act not in ("flying", "holding", "carrying")
    if act in ("wearing", "wears", "dressed"):
        return not _WORN_BY_ANIMALS.intersection(after)
    if act in ("playing", "plays"):
        return not _PLAYED_BY_PEOPLE.isdisjoint(after)
    return act not in _BY_ANIMALS or not _HELD_BY_PEOPLE.isdisjoint(after)


def _is_mixed(tokens: Sequence[str], first: Mention, second: Mention) -> bool:
    """Whether an animal is called a person, or another animal: a panda scientist, a hamster dragon."""
    if "animal" not in first.kinds or first.stop != second.start:
        return False
    head, modifier = tokens[second.stop - 1], tokens[first.stop - 1]
    if "person" in second.kinds:
        if modifier in _ANY_ANIMAL:
            return False
        return head.removesuffix("s") not in _ROLES_WITH_ANIMALS and head not in _ROLES_WITH_ANIMALS
    return "animal" in second.kinds and not {head, modifier, head.removesuffix("s")} & _GENERIC


def _is_stacked(tokens: Sequence[str], beings: Sequence[Mention]) -> bool:
    """Whether an animal or a thing rides or stands on an animal."""
    for first, second in pairwise(beings):
        between = tokens[first.stop : second.start]
        if (
            "animal" in second.kinds
            and "person" not in first.kinds
            and between[-2:-1] == ("on",)
            and len(between) <= _CLOSE
        ):
            return "bird" not in tokens[first.start : first.stop] and tokens[second.stop - 1] in _ANIMAL_WORDS
    return False


def _is_odd_stuff(tokens: Sequence[str]) -> bool:
    for place, token in enumerate(tokens):
        if token == "made" and {"of", "from", "out"}.intersection(tokens[place + 1 : place + 2]):
            return not _STUFFS.intersection(tokens[place + 2 : place + _REACH])
    return False


def _is_odd_color(reading: PromptReading) -> bool:
    tokens = reading.tokens
    for place in reading.colors:
        noun = tokens[place + 1] if place + 1 < len(tokens) else ""
        if (
            tokens[place] in _ODD_HUES
            and noun not in _NATURAL_HUES
            and (noun in _ANIMAL_WORDS or noun.removesuffix("s") in _SINGLE_HUED)
        ):
            return (
                noun not in ("apple", "apples", "tomato", "tomatoes", "banana", "bananas") or tokens[place] != "green"
            )
    return False


def _is_lost_in_space(tokens: Sequence[str], beings: Sequence[Mention]) -> bool:
    if not _SPACE.intersection(tokens) or _SPARE.intersection(tokens):
        return False
    for place, token in enumerate(tokens):
        if token in _SPACE and {"on", "to", "of"} & set(tokens[max(0, place - 3) : place]):
            return bool(beings) and "surface" not in tokens[place + 1 :]
    return False


_ANIMAL_WORDS = frozenset(split_phrases(subject_words.ANIMALS))
