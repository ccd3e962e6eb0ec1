"""The rules over parses that are written by hand, so that they do not hang on one version of a parser."""

from itertools import pairwise

import pytest

from evalmuse_hf.elements.parse_rules import ParsedWord, read_parse


def parse(*words):
    """Words as text/POS, with /tag, /dep:head and /=lemma where they matter."""
    parsed, position = [], 0
    for index, word in enumerate(words):
        text, pos, *more = word.split("/")
        tag = next((part for part in more if part.isupper()), "")
        dep, _, head = next((part for part in more if ":" in part), f"dep:{index}").partition(":")
        lemma = next((part[1:] for part in more if part.startswith("=")), text)
        parsed.append(ParsedWord(text, position, position + len(text), pos, tag, dep, int(head), lemma))
        position += len(text) + 1
    return parsed


def read(*words):
    parsed = parse(*words)
    text = " ".join(word.text for word in parsed)
    return [(text[part.start : part.end], part.raw_category) for part in read_parse(parsed)]


@pytest.mark.parametrize(
    "words, found",
    [
        (["a/DET", "birthday/NOUN", "balloon/NOUN"], [("birthday balloon", "object")]),
        (["red/ADJ", "shoe/NOUN"], [("red", "color"), ("shoe", "object")]),
        (["orange/NOUN", "tent/NOUN"], [("orange", "color"), ("tent", "object")]),
        (["an/DET", "orange/NOUN"], [("orange", "food")]),
        (["light/ADJ", "blue/ADJ", "mug/NOUN"], [("light blue", "color"), ("mug", "object")]),
        (["teal/ADJ", "sleek/ADJ", "mug/NOUN"], [("teal", "color"), ("sleek", "material"), ("mug", "object")]),
        (["sleek/ADJ", "mug/NOUN"], [("sleek", "attribute"), ("mug", "object")]),
        (["highly/ADV/advmod:1", "ornate/ADJ", "mug/NOUN"], [("highly ornate", "attribute"), ("mug", "object")]),
        (["dove/NOUN", "taking/VERB", "off/ADP/prt:1"], [("dove", "animal"), ("taking off", "activity")]),
        (["is/AUX", "seen/VERB/VBN/=see", "here/ADV"], []),
        (["carved/VERB/VBN/amod:1", "mug/NOUN"], [("carved", "attribute"), ("mug", "object")]),
        (["made/VERB/=make", "out/ADP", "of/ADP", "fur/NOUN"], [("made out of", "activity"), ("fur", "material")]),
        (["a/DET", "glass/NOUN"], [("glass", "object")]),
        (["2/NUM", "nurse/NOUN"], [("2", "counting"), ("nurse", "human")]),
        (["a/DET", "lot/NOUN", "of/ADP", "mugs/NOUN"], [("lot of", "counting"), ("mugs", "object")]),
        (["on/ADP", "the/DET", "left/NOUN", "of/ADP", "mugs/NOUN"], [("left of", "spatial"), ("mugs", "object")]),
        (["mug/NOUN", "on/ADP", "a/DET", "tray/NOUN"], [("mug", "object"), ("on", "spatial"), ("tray", "object")]),
        (["mug/NOUN", "on/ADP", "a/DET", "beach/NOUN"], [("mug", "object"), ("beach", "location")]),
        (["taller/ADJ", "than/ADP", "mugs/NOUN"], [("taller", "attribute"), ("mugs", "object")]),
        (["polar/ADJ", "bear/NOUN"], [("polar bear", "animal")]),
        (["polar/ADJ", "bear/NOUN", "rug/NOUN"], [("polar", "attribute"), ("bear rug", "object")]),
        (["frying/VERB", "pan/NOUN"], [("frying pan", "object")]),
        (["left/ADJ", "arm/NOUN"], [("left arm", "human")]),
        (["this/DET", "image/NOUN"], []),
        (["1/NUM", "9/NUM", "6/NUM", "9/NUM"], [("1 9 6 9", "other")]),
        (["35/NUM", "mm/NOUN"], [("35 mm", "other")]),
        (["heart-shaped/ADJ", "mug/NOUN"], [("heart-shaped", "shape"), ("mug", "object")]),
        (["red-white/ADJ", "mug/NOUN"], [("red-white", "color"), ("mug", "object")]),
        (
            ["cubist/ADJ", "style/NOUN", "mug/NOUN"],
            [("cubist style", "attribute-style-artist/works"), ("mug", "object")],
        ),
        (["painting/NOUN", "of/ADP", "mugs/NOUN"], [("painting", "object"), ("mugs", "object")]),
        (["painting/NOUN"], [("painting", "attribute")]),
        ([], []),
        (["-/PUNCT"], []),
    ],
)
def test_a_rule_finds_its_elements(words, found):
    assert read(*words) == found


def test_a_sentence_whose_verb_the_parser_missed_is_still_a_sentence():
    assert read("owl/NOUN", "spots/NOUN", "vole/NOUN") == [
        ("owl", "animal"),
        ("spots", "activity"),
        ("vole", "object"),
    ]
    assert read("lamp/NOUN", "spots/NOUN", "wall/NOUN") == [("lamp spots wall", "object")]  # a lamp does nothing
    assert read("dancer/NOUN", "smiling/NOUN") == [("dancer", "human"), ("smiling", "activity")]


def test_elements_never_overlap_and_keep_their_order():
    words = parse(
        "two/NUM", "very/ADV", "old/ADJ", "red/ADJ", "brick/NOUN", "house/NOUN", "near/ADP", "polar/ADJ", "bears/NOUN"
    )
    parts = read_parse(words)
    assert all(one.end <= other.start for one, other in pairwise(parts))
    assert len(parts) == 7


def test_a_noun_of_many_words_is_cut():
    parts = read_parse(parse(*["zorp/NOUN"] * 20))
    assert max(part.end - part.start for part in parts) <= 7 * 5
