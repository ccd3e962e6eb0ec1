import pytest

from evalmuse_hf.elements.whole_segments import ARTIST, read_whole


@pytest.mark.parametrize(
    "text, found, raw",
    [
        ("watercolor", "watercolor", "attribute-style-artist/works"),
        ("in a baroque style", "baroque style", "attribute-style-artist/works"),
        ("in the style of a fresco", "style of a fresco", "attribute-style-artist/works"),
        ("low-angle shot", "low-angle shot", "other-perspective"),
        ("on a foggy", "foggy", "other-weather"),
        ("misty weather", "misty", "other-weather"),
        ("early morning", "early morning", "other-time"),
        ("in the 1920s", "1920s", "other"),
        ("8 k uhd", "8 k uhd", "other"),
        ("trending on artstation", "trending on artstation", "attribute"),
        ("garamond font", "garamond font", "attribute"),
        ("portrait orientation", "portrait orientation", "attribute"),
        ("soft evening light", "soft evening light", "attribute"),
    ],
)
def test_a_part_without_grammar_is_one_element(text, found, raw):
    (part,) = read_whole(text)
    assert text[part.start : part.end] == found
    assert part.raw_category == raw
    assert part.category == raw.partition("-")[0]


@pytest.mark.parametrize(
    "text, names",
    [
        ("by klimt", ["klimt"]),
        ("art by ivan shishkin and moebius", ["ivan shishkin", "moebius"]),
        ("digital art by frida & rembrandt", ["frida", "rembrandt"]),
    ],
)
def test_artists_are_named_one_by_one(text, names):
    parts = read_whole(text)
    assert [text[part.start : part.end] for part in parts] == names
    assert {part.raw_category for part in parts} == {ARTIST}


@pytest.mark.parametrize(
    "text",
    [
        "a man in the rain",
        "a cat",
        "the",
        "a house by the side of a road",
        "a room with neon light",
        "a fox and a hen",
    ],
)
def test_a_sentence_is_left_to_the_parser(text):
    assert read_whole(text) == []
