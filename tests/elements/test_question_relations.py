import pytest

from evalmuse_hf.elements.question_layout import read_layout
from evalmuse_hf.elements.question_relations import ask_comparison, ask_relation, is_comparison
from evalmuse_hf.schema import Element


@pytest.mark.parametrize(
    "prompt, keys, expected",
    [
        (
            "a ring is left of a ball",
            ["ring (object)", "Left (Spatial)", "ball (object)"],
            "Is the ring left of the ball?",
        ),
        (
            "The van is on the edge of the pier",
            ["van (object)", "Edge (Spatial)", "pier (object)"],
            "Is the van on the edge of the pier?",
        ),
        ("a fox in the forest", ["fox (animal)", "in (spatial)", "forest (location)"], "Is the fox in the forest?"),
        ("a ship in the middle", ["ship (object)", "middle (spatial)"], "Is the ship in the middle of the picture?"),
        (
            "balloons surrounding it",
            ["balloons (object)", "surrounding (spatial)"],
            "Are the balloons surrounding something else?",
        ),
        ("a cup beside a hat", ["cup (object)", "hat (object)", "beside (spatial)"], "Is the cup beside the hat?"),
    ],
    ids=["side", "edge", "place", "middle", "around", "last"],
)
def test_relations(prompt, keys, expected):
    layout = read_layout(prompt, [Element.read(key) for key in keys])
    index = next(number for number, key in enumerate(keys) if "patial" in key)
    assert ask_relation(layout.elements[index].text, index, layout).text == expected


def test_between_two():
    keys = ("Between (Spatial)", "painter (human)", "frog (animal)")
    layout = read_layout("Between a painter and a frog", [Element.read(key) for key in keys])
    assert ask_relation("Between", 0, layout) == ("Is something between the painter and the frog?", (1, 2))


def test_another_relation_takes_its_place():
    layout = read_layout(
        "a cup left of a hat", [Element.read(key) for key in ("cup (object)", "left of (spatial)", "hat (object)")]
    )
    assert ask_relation("right of", 1, layout).text == "Is the cup right of the hat?"


def test_a_relation_without_two_things_is_none():
    assert ask_relation("above", 0, read_layout("above", [Element.read("above (spatial)")])) is None


def test_comparisons():
    assert [is_comparison(text) for text in ("taller", "more colorful than", "over", "red")] == [
        True,
        True,
        False,
        False,
    ]
    layout = read_layout("a cup, taller", [Element.read("cup (object)"), Element.read("taller (attribute)")])
    assert ask_comparison("taller", 1, layout).text == "Is the cup taller than anything else in the picture?"
