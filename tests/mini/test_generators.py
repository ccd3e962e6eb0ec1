"""Simulated generators."""

import numpy as np
import pytest

from evalmuse_hf.mini.generators import GENERATORS, Generator, imagine
from evalmuse_hf.mini.prompts import write_prompt
from evalmuse_hf.mini.raters import element_truths
from evalmuse_hf.mini.scene import relation_of
from evalmuse_hf.mini.vocabulary import is_held_out


def truths(generator, n=150, **options):
    rng = np.random.default_rng(5)
    rows = []
    for _ in range(n):
        prompt = write_prompt(rng)
        rows += element_truths(prompt, imagine(prompt, generator, rng, **options))
    return np.array(rows)


def test_a_generator_that_never_fails_draws_what_was_asked():
    perfect = Generator("perfect", 1e-9, {}, mood=0.0, fault=0.0)
    rng = np.random.default_rng(5)
    for _ in range(150):
        prompt = write_prompt(rng)
        none = {subject.noun for subject in prompt.subjects if subject.count == 0}  # "0 cups": there shall be no cups
        held = element_truths(prompt, imagine(prompt, perfect, rng))
        for element, holds in zip(prompt.elements, held, strict=True):
            assert holds == (element.claim.kind != "present" or element.claim.noun not in none), prompt.text


def test_a_better_generator_satisfies_more_elements():
    shares = [truths(Generator("g", failure, {})).mean() for failure in (0.15, 0.3, 0.5)]
    assert shares[0] > shares[1] + 0.05 > shares[2] + 0.1


def test_a_weakness_lowers_its_own_kind_of_fact():
    rng = np.random.default_rng(6)
    hits = {1.0: 0, 3.0: 0}
    for weakness in hits:
        generator = Generator("g", 0.25, {"place": weakness}, mood=0.0)
        for _ in range(200):
            prompt = write_prompt(rng, template="setting")
            hits[weakness] += imagine(prompt, generator, rng).place == prompt.place
    assert hits[3.0] < hits[1.0] - 20


def test_difficulty_is_shared_by_the_pictures_of_a_prompt():
    assert truths(GENERATORS[2], difficulty=1.5).mean() < truths(GENERATORS[2], difficulty=-1.5).mean() - 0.1


def test_training_pictures_show_no_held_out_pair():
    rng = np.random.default_rng(8)
    for _ in range(400):
        scene = imagine(write_prompt(rng), GENERATORS[0], rng)
        for thing in scene.things:
            values = (thing.color, thing.material, thing.shape, thing.activity, thing.state)
            assert not any(value and is_held_out(value, thing.noun) for value in values)


def test_relations_are_plain_to_see():
    rng = np.random.default_rng(9)
    perfect = Generator("perfect", 1e-9, {}, mood=0.0)
    for _ in range(60):
        prompt = write_prompt(rng, template="spatial")
        first, second = imagine(prompt, perfect, rng).things[:2]
        along, across = abs(first.x - second.x), abs(first.y - second.y)
        assert relation_of(first, second) == prompt.relation
        assert max(along, across) > 1.5 * min(along, across)


def test_things_stay_in_the_picture_and_apart():
    rng = np.random.default_rng(10)
    hidden = 0
    for _ in range(200):
        things = imagine(write_prompt(rng, template="counting"), GENERATORS[1], rng).things
        assert all(0 <= thing.x <= 1 and 0 <= thing.y <= 1 for thing in things)
        hidden += any(
            np.hypot(first.x - second.x, first.y - second.y) < 0.6 * (first.radius + second.radius)
            for index, first in enumerate(things)
            for second in things[:index]
        )
    assert hidden == 0


def test_generators_have_names_of_their_own():
    assert len({generator.name for generator in GENERATORS}) == len(GENERATORS) >= 4


@pytest.mark.parametrize("generator", GENERATORS, ids=lambda generator: generator.name)
def test_the_same_seed_imagines_the_same_scene(generator):
    prompt = write_prompt(np.random.default_rng(0))
    assert imagine(prompt, generator, np.random.default_rng(1)) == imagine(prompt, generator, np.random.default_rng(1))
