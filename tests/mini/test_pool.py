"""The pool of training pictures."""

import numpy as np
import pytest

from evalmuse_hf.mini.pool import PATCH_LABELS, draw_pool
from evalmuse_hf.mini.vocabulary import NOUNS


@pytest.fixture(scope="module")
def pool():
    return draw_pool(40, seed=5)


def test_a_pool_does_not_depend_on_the_number_of_workers(pool):
    again = draw_pool(40, seed=5, workers=2)
    assert np.array_equal(again.pixels, pool.pixels)
    assert np.array_equal(again.patch_labels, pool.patch_labels)
    assert again.scenes == pool.scenes


def test_patch_labels_name_the_things_that_are_drawn(pool):
    for scene, labels in zip(pool.scenes, pool.patch_labels, strict=True):
        named = {NOUNS[label - 1] for label in labels[:, 0] if label}
        assert named <= {thing.noun for thing in scene.things}
        large = {thing.noun for thing in scene.things if thing.radius > 0.14}
        assert len(large - named) <= len(large) / 2  # a thing may hide behind another


def test_distances_point_from_the_patch_to_its_thing(pool):
    for scene, labels in zip(pool.scenes, pool.patch_labels, strict=True):
        if len(scene.things) != 1:
            continue
        thing = scene.things[0]
        for patch in np.flatnonzero(labels[:, 0]):
            middle = np.array([patch % 8 + 0.5, patch // 8 + 0.5])
            assert middle + labels[patch, -2:] / 8 == pytest.approx([thing.x * 8, thing.y * 8], abs=0.07)


def test_labels_fit_their_word_lists(pool):
    for column, words in enumerate(PATCH_LABELS.values()):
        assert pool.patch_labels[..., column].min() >= 0
        assert pool.patch_labels[..., column].max() <= len(words)


def test_only_the_asked_templates_are_drawn():
    assert set(draw_pool(10, seed=1, templates=("writing",)).templates) == {"writing"}
