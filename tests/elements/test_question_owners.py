import pytest

from evalmuse_hf.elements.question_layout import read_layout
from evalmuse_hf.elements.question_owners import find_counted, find_owner
from evalmuse_hf.schema import Element


def owner(prompt, *keys):
    """Words of what the last element belongs to."""
    layout = read_layout(prompt, [Element.read(key) for key in keys])
    found = find_owner(len(keys) - 1, layout)
    return None if found is None else layout.elements[found].text


@pytest.mark.parametrize(
    "prompt, keys, expected",
    [
        ("a dog and a red cat", ["dog (animal)", "cat (animal)", "red (color)"], "cat"),
        ("the sky is blue", ["sky (object)", "blue (color)"], "sky"),
        ("an orange beach", ["beach (location)", "orange (color)"], "beach"),
        ("a cat, a sofa, eerie", ["cat (animal)", "sofa (object)", "eerie (attribute)"], None),
        ("a realistic photo of a cat", ["cat (animal)", "realistic (attribute)"], "cat"),
        ("a dog and a walking boy", ["dog (animal)", "boy (human)", "walking (activity)"], "boy"),
        ("a boy at a table eating", ["boy (human)", "table (object)", "eating (activity)"], "boy"),
        ("walking on a path, fire", ["fire (object)", "walking (activity)"], None),
        ("demon filmed by a camera", ["demon (other)", "camera (object)", "filmed (activity)"], "demon"),
        ("something else", ["dog (animal)", "red (color)"], "dog"),
    ],
    ids=[
        "next",
        "predicate",
        "place",
        "whole picture",
        "in the phrase",
        "attributive",
        "living",
        "nobody",
        "other",
        "unplaced",
    ],
)
def test_owners(prompt, keys, expected):
    assert owner(prompt, *keys) == expected


def test_what_a_number_counts():
    layout = read_layout(
        "1 cup and 1 hat",
        [Element.read(key) for key in ("1 (counting)", "cup (object)", "1 (counting)", "hat (object)")],
    )
    assert [find_counted(number, layout) for number in (0, 2)] == [1, 3]
