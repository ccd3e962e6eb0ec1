import pytest

from evalmuse_hf.elements.prompt_segments import cut_prompt, find_writing


@pytest.mark.parametrize(
    "prompt, parts",
    [
        ("a cat, 8k", ["a cat", "8k"]),
        ("A close - up, award - winning", ["a close-up", "award-winning"]),
        ("(masterpiece:1.2), (sharp focus)", ["masterpiece", "sharp focus"]),
        ("a fox::2 a den::-1", ["a fox", "a den"]),
        ("an owl --ar 16:9 --v 5", ["an owl"]),
        ("--ar 4:5 owl", ["owl"]),
        ("It rains. It is 4.5 m wide.", ["it rains", "it is 4.5 m wide"]),
        ("a sign with the text 'Open' above a door", ["a sign", "above a door"]),
        ("a board with text 'Hope' on it, bold font", ["a board", "bold font"]),
        ("the dog's bowl", ["the dog's bowl"]),
        ("a mill in the style of Claude Monet", ["a mill", "in the style of claude monet"]),
        ("a mill by Claude Monet", ["a mill", "by claude monet"]),
        ("a mill by the river", ["a mill by the river"]),
        ("a  cat\n\ton a mat", ["a cat", "on a mat"]),
        (" , ;. ", []),
        ("", []),
    ],
)
def test_a_prompt_is_cut_where_its_parts_end(prompt, parts):
    assert [segment.text for segment in cut_prompt(prompt)] == parts


@pytest.mark.parametrize(
    "prompt",
    [
        "A  close - up of a Cat, (8k:1.3) \u0130stanbul",
        "x 'Stop' y \u201cGo\u201d z",
        "e\u0301t\u00e9, \U0001f431 cat",
    ],
)
def test_every_character_of_a_part_comes_from_its_place_in_the_prompt(prompt):
    segments = cut_prompt(prompt)
    assert segments
    for segment in segments:
        assert len(segment.text) == len(segment.alignment)
        assert list(segment.alignment) == sorted(set(segment.alignment))
        for character, index in zip(segment.text, segment.alignment, strict=True):
            origin = prompt[index]
            assert character in {origin, origin.lower(), " " if origin.isspace() else origin}
        start, end = segment.to_prompt(0, len(segment.text))
        assert segment.text[0] in {prompt[start], prompt[start].lower()}
        assert end - start >= len(segment.text)


@pytest.mark.parametrize(
    "prompt, writing, carried",
    [
        ("a mug with the text 'Tea time' on it", ["Tea time"], [True]),
        ('a sign reading "STOP"', ["STOP"], [False]),
        ("a board with text ' +' on it", ["+"], [True]),
        ("the cat's toy and the dogs' bed", [], []),
        ("\u201chi\u201d and \u2018ho\u2019", ["hi", "ho"], [False, False]),
        ("a sign ''", [], []),
    ],
)
def test_writing_is_what_stands_in_quotation_marks(prompt, writing, carried):
    found = find_writing(prompt)
    assert [prompt[one.start : one.end] for one in found] == writing
    assert [one.carried for one in found] == carried
