import pytest

from evalmuse_hf.elements.question_layout import read_layout
from evalmuse_hf.elements.question_owners import find_owner
from evalmuse_hf.elements.question_verbs import ask_activity
from evalmuse_hf.schema import Element


def ask(prompt, *keys, index):
    layout = read_layout(prompt, [Element.read(key) for key in keys])
    return ask_activity(layout.elements[index].text, index, layout, find_owner(index, layout))


@pytest.mark.parametrize(
    "prompt, keys, text, parents",
    [
        ("a cat sleeping", ["cat (animal)", "sleeping (activity)"], "Is the cat sleeping?", (0,)),
        (
            "a dog holding a sign",
            ["dog (animal)", "holding (activity)", "sign (object)"],
            "Is the dog holding the sign?",
            (0, 2),
        ),
        (
            "Crab finds shell",
            ["Crab (animal)", "finds (activity)", "shell (object)"],
            "Does the crab find the shell?",
            (0, 2),
        ),
        ("he found a coin", ["he (human)", "found (activity)", "coin (object)"], "Does he find the coin?", (0, 2)),
        ("a girl trapped in a car", ["girl (human)", "trapped (activity)"], "Is the girl trapped?", (0,)),
        (
            "two actors visit a city",
            ["actors (human)", "visit (activity)", "city (location)"],
            "Do the actors visit the city?",
            (0, 2),
        ),
        (
            "a letter made out of cars",
            ["letter (object)", "made out of (activity)", "cars (object)"],
            "Is the letter made out of cars?",
            (0, 2),
        ),
        (
            "a man, dramatic pose",
            ["man (human)", "dramatic pose (activity)"],
            "Does the picture show a dramatic pose?",
            (),
        ),
        ("a cat, sketch", ["cat (animal)", "sketch (activity)"], "Is this a sketch?", ()),
        ("running", ["x (object)", "running (activity)"], "Does the picture show something running?", ()),
    ],
    ids=["plain", "object", "present", "past", "passive", "plural", "open end", "noun", "medium", "nobody"],
)
def test_activities(prompt, keys, text, parents):
    assert ask(prompt, *keys, index=1) == (text, parents)
