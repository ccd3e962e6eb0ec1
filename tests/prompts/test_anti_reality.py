import pytest

from evalmuse_hf.prompts.anti_reality import is_anti_real
from evalmuse_hf.prompts.prompt_reading import read_prompt


@pytest.mark.parametrize(
    "text",
    [
        "a raccoon reading a newspaper",
        "a cat playing the piano",
        "a penguin wearing a hat",
        "a panda scientist",
        "a potato reading a book",
        "a chair made of cheese",
        "a zebra standing on an elephant",
        "a cow jumping over the moon",
        "a unicorn",
        "a floating island",
        "a purple horse",
        "a square apple",
        "an armchair in the shape of an avocado",
        "a cat on the moon",
        "a banana with arms and legs",
    ],
)
def test_what_cannot_be(text):
    assert is_anti_real(read_prompt(text))


@pytest.mark.parametrize(
    "text",
    [
        "a man reading a newspaper",
        "a man riding a horse",
        "a woman with a dog reading a book",
        "a dog wearing a collar",
        "a bird on a horse",
        "a dog trainer",
        "a cat playing with a ball",
        "a chair made of wood",
        "a green frog",
        "a green apple",
        "an astronaut on the moon",
        "a basket of fruit and smiling people",
        "a mouse beside a painting",
        "a panda",
        "",
    ],
)
def test_what_can_be(text):
    assert not is_anti_real(read_prompt(text))
