from PIL import Image

from evalmuse_hf.mini.reading import read_prompt
from evalmuse_hf.mini.scene import is_true
from evalmuse_hf.pages.playground.example_drawings import EXAMPLES, draw_examples
from evalmuse_hf.pages.playground.mini_world import find_unknown_words


def test_the_same_examples_are_drawn_every_time(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    for folder in (first, second):
        folder.mkdir()
    paths = draw_examples(first)
    assert len(paths) == len(EXAMPLES)
    assert [path.read_bytes() for path in paths] == [path.read_bytes() for path in draw_examples(second)]
    assert all(Image.open(path).size == (128, 128) for path in paths)


def test_the_prompts_are_of_the_drawn_world_and_only_the_first_is_all_true():
    truths = []
    for example in EXAMPLES:
        assert find_unknown_words(example.prompt) == []
        elements = read_prompt(example.prompt).prompt.elements
        truths.append([is_true(element.claim, example.scene) for element in elements])
    assert all(truths[0])
    for partly in truths[1:]:
        assert any(partly)
        assert not all(partly)
