"""Prompts of the drawn world."""

import numpy as np
import pytest

from evalmuse_hf.elements import find_spans
from evalmuse_hf.mini.generators import GENERATORS, imagine
from evalmuse_hf.mini.prompts import TEMPLATES, write_prompt
from evalmuse_hf.mini.raters import element_truths
from evalmuse_hf.mini.vocabulary import is_test_prompt
from evalmuse_hf.schema import CATEGORIES, reporting_category


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_element_is_in_its_prompt_and_in_its_category(template):
    rng = np.random.default_rng(0)
    for _ in range(40):
        prompt = write_prompt(rng, template=template)
        spans = find_spans(prompt.text, [element.text for element in prompt.elements])
        assert {span.status for span in spans} <= {"ok", "ambiguous"}, prompt.text
        assert all(reporting_category(element.raw_category) == element.category for element in prompt.elements)
        assert len({element.text for element in prompt.elements}) == len(prompt.elements)  # keys of one JSON object


def test_all_twelve_categories_occur():
    rng = np.random.default_rng(1)
    prompts = [write_prompt(rng) for _ in range(300)]
    assert {element.category for prompt in prompts for element in prompt.elements} == set(CATEGORIES)


def test_training_prompts_never_cross_to_the_test_side():
    rng = np.random.default_rng(2)
    training = [write_prompt(rng) for _ in range(400)]
    test = [write_prompt(rng, test=True) for _ in range(200)]
    assert not any(prompt.novel or is_test_prompt(prompt.text) for prompt in training)
    assert all(prompt.novel or is_test_prompt(prompt.text) for prompt in test)


@pytest.mark.parametrize("novel", [True, False])
def test_a_test_prompt_can_be_asked_to_have_a_held_out_pair(novel):
    rng = np.random.default_rng(3)
    assert all(write_prompt(rng, test=True, novel=novel).novel is novel for _ in range(20))


def test_a_prompt_about_a_picture_is_about_what_it_shows():
    rng = np.random.default_rng(4)
    shares = []
    for _ in range(150):
        prompt = write_prompt(rng, template="attribute")
        scene = imagine(prompt, GENERATORS[2], rng)
        about, blind = write_prompt(rng, scene=scene, template="plain"), write_prompt(rng, template="plain")
        shares.append((np.mean(element_truths(about, scene)), np.mean(element_truths(blind, scene))))
    about, blind = np.mean(shares, axis=0)
    assert about > 0.4
    assert blind < 0.2


def test_the_same_seed_writes_the_same_prompts():
    first, second = ([write_prompt(rng) for _ in range(20)] for rng in map(np.random.default_rng, (7, 7)))
    assert first == second
