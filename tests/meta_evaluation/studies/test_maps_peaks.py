import json

import numpy as np
import pytest
import torch

from evalmuse_hf.meta_evaluation.studies import maps_peaks
from evalmuse_hf.meta_evaluation.studies.maps_peaks import (
    JOURNAL,
    find_all_peaks,
    find_peaks,
    middle_of,
    peak_of,
    randomise,
)
from evalmuse_hf.meta_evaluation.studies.maps_places import draw_pictures
from evalmuse_hf.models.fga_blip2.element_maps_fga_blip2 import element_maps
from evalmuse_hf.scoring import load_scorer


@pytest.fixture(scope="module")
def scorer():
    return load_scorer("fga_blip2", model="mini", device="cpu")


@pytest.fixture(scope="module")
def pictures():
    return draw_pictures(2, seed=[3])


def test_a_peak_is_the_middle_of_the_patch_with_the_largest_value():
    values = np.zeros((8, 8))
    values[2, 7] = 1
    assert peak_of(values, 128) == (40, 120)
    assert [middle_of(index, 2, 10) for index in range(2)] == [2, 7]


def test_peaks_are_those_of_the_maps_that_are_asked_for(scorer, pictures):
    picture = pictures[0]
    keys = [f"{one.text} ({one.category})" for one in picture.elements]
    maps = element_maps(scorer, image=picture.image, prompt=picture.prompt, elements=keys)
    peaks = find_peaks(scorer, picture, only={0})
    assert peaks == (peak_of(maps[0].values, 128), *[None] * (len(keys) - 1))
    assert find_peaks(scorer, picture, only=()) == (None,) * len(keys)


def test_random_models_share_nothing_or_the_tower_alone(scorer):
    tower, nothing = (randomise(scorer, keep_tower=keep, seed=1).model.state_dict() for keep in (True, False))
    trained = scorer.model.state_dict()
    for name, value in trained.items():
        assert torch.equal(tower[name], value) or not name.startswith("vision_model.")
        drawn = value.ndim > 1  # biases and norms begin at 0 and 1
        if drawn:
            assert not torch.equal(nothing[name], value)
            assert name.startswith("vision_model.") or not torch.equal(tower[name], value)
    again = randomise(scorer, keep_tower=False, seed=1).model.state_dict()
    assert all(torch.equal(again[name], value) for name, value in nothing.items())


def test_an_interrupted_study_goes_on_and_a_strange_folder_is_refused(scorer, pictures, tmp_path, monkeypatch):
    options = {"draws": 1, "seed": 0, "folder": tmp_path, "key": {"seed": 0}}
    whole = find_all_peaks(scorer, pictures, draws=1, seed=0)
    assert find_all_peaks(scorer, pictures[:1], **options) == whole[:1]
    with (tmp_path / JOURNAL).open("a", encoding="utf-8") as journal:
        journal.write('{"model": [[1')  # killed in the middle of a line
    assert find_all_peaks(scorer, pictures, **options) == whole
    monkeypatch.setattr(maps_peaks, "find_peaks", None)  # nothing is left to find
    assert find_all_peaks(scorer, pictures, **options) == whole
    assert json.loads((tmp_path / JOURNAL).read_text("utf-8").splitlines()[0]) == {"study": {"seed": 0}}
    with pytest.raises(ValueError, match="belongs to a study with other options"):
        find_all_peaks(scorer, pictures, **options | {"key": {"seed": 1}})
