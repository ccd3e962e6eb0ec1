import pytest

from evalmuse_hf.prompts.prompt_reading import read_prompt


def words(text, kind):
    reading = read_prompt(text)
    return [reading.tokens[place] for place in sorted(getattr(reading, kind))]


@pytest.mark.parametrize(
    "text, colors",
    [
        ("a red cat and a blue dog", ["red", "blue"]),
        ("an orange on an orange plate", ["orange"]),
        ("a rose, pink roses", ["pink"]),
        ("a plum-colored train", ["plum-colored"]),
        ("a red panda, a black hole, golden hour", []),
        ("a cream colored cat", ["colored"]),
    ],
    ids=["plain", "a fruit is none", "a flower is none", "by an ending", "names of things", "said so"],
)
def test_colors(text, colors):
    assert words(text, "colors") == colors


@pytest.mark.parametrize(
    "text, credited",
    [
        ("a castle by Jane Dowe, oil", ["jane", "dowe"]),
        ("castle, art by petra lindqvarn and greg rutkowski", ["petra", "lindqvarn", "greg", "rutkowski"]),
        ("a house by the sea", []),
        ("a man surrounded by flowers", []),
        ("a cat in the style of Hokusai", ["hokusai"]),
        ("a cat in the style of watercolor", []),
        ("a photo of Picasso", []),
    ],
    ids=["capitals", "lower case", "a place", "a participle", "style of an artist", "style of a medium", "a subject"],
)
def test_credits(text, credited):
    assert words(text, "credits") == credited


@pytest.mark.parametrize(
    "text, names",
    [
        ("a boat below Vessanti Tower", ["vessanti"]),
        ("A cat on a mat. The dog sleeps.", []),
        ("a wall with 'Brimstone' on it", []),
        ("A CAT ON A MAT AT NIGHT", []),
        ("A Cat On A Mat At Night", []),
        ("Ulvetta Peak in the morning", ["ulvetta", "peak"]),
    ],
    ids=["inside", "sentences begin", "quoted", "shouted", "a title", "at the start, of two words"],
)
def test_names(text, names):
    assert words(text, "names") == names
