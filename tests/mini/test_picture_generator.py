import numpy as np
import pytest

from evalmuse_hf.images.picture_generators import GeneratorError
from evalmuse_hf.mini.drawing import SIDE
from evalmuse_hf.mini.generators import GENERATORS
from evalmuse_hf.mini.picture_generator import NOTHING_READ, DrawnWorldGenerator

PROMPT = "a red cat left of a wooden chair"


def pixels(drawn):
    return np.asarray(drawn.picture)


@pytest.mark.parametrize("name", [generator.name for generator in GENERATORS])
def test_a_picture_depends_on_its_prompt_and_seed_alone(name):
    generator = DrawnWorldGenerator(name)
    first, second, third = generator.draw([PROMPT, PROMPT, "two keys"], [1, 2, 1])
    (alone,) = DrawnWorldGenerator(name).draw([PROMPT], [2])
    assert np.array_equal(pixels(second), pixels(alone))
    assert not np.array_equal(pixels(first), pixels(second))
    assert pixels(first).shape == (SIDE, SIDE, 3)
    assert [drawn.status for drawn in (first, second, third)] == ["ok"] * 3


def test_a_prompt_of_other_words_gives_a_place_and_says_so():
    (drawn,) = DrawnWorldGenerator("Drawer_v1").draw(["the essence of philosophy"], [3])
    assert (drawn.status, drawn.message) == ("ok", NOTHING_READ)
    assert pixels(drawn).std() > 1


@pytest.mark.parametrize(
    "prompt, message",
    [
        (PROMPT, ""),
        ("a red cat, a curtain, a koi, a Curtain", "Not drawn: curtain, koi."),
        ("a cat " + "x" * 90, f"Not drawn: {'x' * 21}...."),
        (
            "a cat " + " ".join(f"w{n}" for n in range(99)),
            f"Not drawn: {', '.join(f'w{n}' for n in range(12))} and 87 more.",
        ),
    ],
    ids=["all read", "each once", "long word", "many words"],
)
def test_words_that_were_left_unread_are_named(prompt, message):
    (drawn,) = DrawnWorldGenerator("Drawer_v1").draw([prompt], [3])
    assert (drawn.status, drawn.message) == ("ok", message)


@pytest.mark.parametrize("name", ["Drawer_v1", "Illustrator_XL"])
def test_hundreds_of_things_are_drawn_as_far_as_there_is_room(name):
    (drawn,) = DrawnWorldGenerator(name).draw(["five cats, " * 200], [3])
    assert (drawn.status, drawn.message) == ("ok", "Not drawn: five, cats.")


def test_a_generator_that_leaves_everything_out_shows_a_place():
    drawn = DrawnWorldGenerator("Drawer_v1").draw(["a cat"] * 300, list(range(300)))
    assert min(pixels(one).std() for one in drawn) > 1


def test_a_crowded_prompt_is_drawn():
    prompt = ", ".join(["five cats", "5 birds", "four keys", "five men", "a giant house", "three cakes"])
    (drawn,) = DrawnWorldGenerator("Illustrator_XL").draw([prompt], [3])
    assert drawn.status == "ok"


def test_description_and_name():
    generator = DrawnWorldGenerator("Drawer_v1", name="mine")
    description = generator.describe()
    assert (generator.name, description.model, description.size) == ("mine", "mini:Drawer_v1", (SIDE, SIDE))
    assert description.license == "apache-2.0"
    generator.close()


def test_a_better_generator_shows_more_of_what_was_asked():
    """Counted on what the drawn world says of scenes, a red cat is drawn more often by the better one."""
    red = np.array((214, 32, 38))
    seeds = list(range(60))
    shares = []
    for name in ("Drawer_v1", "Illustrator_XL"):
        drawn = DrawnWorldGenerator(name).draw(["a red cat"] * len(seeds), seeds)
        near = [(np.abs(pixels(one).astype(int) - red).max(axis=2) <= 14).mean() > 0.01 for one in drawn]
        shares.append(np.mean(near))
    assert shares[1] > shares[0] + 0.1


def test_an_unknown_generator_is_refused():
    with pytest.raises(GeneratorError, match="no generator 'Nobody', only Drawer_v1"):
        DrawnWorldGenerator("Nobody")
