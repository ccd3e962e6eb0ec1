import numpy as np
import pytest

from evalmuse_hf.elements import find_spans
from evalmuse_hf.elements.splitting import split_prompt
from evalmuse_hf.mini.prompts import TEMPLATES, write_prompt


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_drawn_world_is_split_exactly(template):
    rng = np.random.default_rng(0)
    for _ in range(200):
        prompt = write_prompt(rng, template=template)
        expected = [(element.text, element.category) for element in prompt.elements]
        assert [(element.text, element.category) for element in split_prompt(prompt.text)] == expected, prompt.text


@pytest.mark.parametrize(
    "prompt, expected",
    [
        ("A book in a classroom", ["book (object)", "in a classroom (location)"]),
        ("3 old men", ["3 (counting)", "old (attribute)", "men (human)"]),
        ("a sign that says \u201cSALE\u201d", ["sign (object)", "SALE (other-writing&symbol)"]),
        ("a dog in a box", ["dog (animal)", "box (object)"]),
        (
            "a lighthouse at the harbour, foggy",
            ["lighthouse (object)", "at the harbour (location)", "foggy (other-weather)"],
        ),
        ("", []),
        ("!!", []),
        ("red", ["red (color)"]),
    ],
)
def test_everyday_prompts(prompt, expected):
    assert [element.key for element in split_prompt(prompt)] == expected


@pytest.mark.parametrize(
    "prompt",
    [
        "A majestic lion jumping from a big stone at night, with 'ROAR' written above it",
        "oil painting of two women drinking tea in Paris; masterpiece, 8k",
        "the cat's red ball, don't look",
    ],
)
def test_every_element_stands_in_the_prompt(prompt):
    elements = split_prompt(prompt)
    assert elements
    assert all(spans.cleaned for spans in find_spans(prompt, [element.text for element in elements]))
