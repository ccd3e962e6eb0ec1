import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from evalmuse_hf.meta_evaluation.studies import maps_peaks
from evalmuse_hf.meta_evaluation.studies.maps_peaks import (
    JOURNAL,
    MODEL,
    Peaks,
    find_all_peaks,
    find_peaks,
    judged_elements,
    list_mappers,
    middle_of,
    peak_of,
    randomise,
)
from evalmuse_hf.meta_evaluation.studies.maps_places import draw_pictures, rivals_of
from evalmuse_hf.models.fga_blip2.element_maps_fga_blip2 import element_maps
from evalmuse_hf.models.fga_blip2.map_evidence_fga_blip2 import read_map_evidence
from evalmuse_hf.scoring import load_scorer


@pytest.fixture(scope="module")
def scorer():
    return load_scorer("fga_blip2", model="mini", device="cpu")


@pytest.fixture(scope="module")
def pictures():
    return draw_pictures(4, seed=[3])


@pytest.fixture
def mapped(monkeypatch):
    """Who mapped what, in order: each call's scorer, pictures and elements. Its peaks tell the call's number."""
    calls = []

    def record(scorer, pictures, *, only):
        calls.append((scorer, list(pictures), list(only)))
        return [Peaks(((len(calls), 0),), (0.5,)) for _ in pictures]

    monkeypatch.setattr(maps_peaks, "find_peaks", record)
    monkeypatch.setattr(maps_peaks, "_CHUNK", 3)
    return calls


def test_a_peak_is_the_middle_of_the_patch_with_the_largest_value():
    values = np.zeros((8, 8))
    values[2, 7] = 1
    assert peak_of(values, 128) == (40, 120)
    assert [middle_of(index, 2, 10) for index in range(2)] == [2, 7]


def test_peaks_are_those_of_the_maps_that_are_asked_for(scorer, pictures):
    picture = pictures[0]
    keys = [f"{one.text} ({one.category})" for one in picture.elements]
    maps = element_maps(scorer, image=picture.image, prompt=picture.prompt, elements=keys)
    none = (None,) * len(pictures[1].elements)
    first, second = find_peaks(scorer, pictures[:2], only=[{0}, ()])
    assert first.pixels == (peak_of(maps[0].values, 128), *[None] * (len(keys) - 1))
    assert first.scores == (pytest.approx(maps[0].score, abs=1e-5), *[None] * (len(keys) - 1))
    assert second == Peaks(none, none)


def test_elements_with_a_place_are_judged_and_their_rivals_by_the_model_alone(pictures):
    for picture in pictures:
        placed = [element for element in picture.shown if element.place is not None]
        assert judged_elements(picture, rivals=False) == {element.index for element in placed}
        both = {element.index for element in placed}.union(*(rivals_of(picture, element) for element in placed))
        assert judged_elements(picture, rivals=True) == both
    assert any(judged_elements(one, rivals=True) > judged_elements(one, rivals=False) for one in pictures)


def test_random_models_share_nothing_or_the_tower_alone(scorer, monkeypatch):
    drawn = [randomise(scorer, keep, seed=1) for keep in (True, False)]
    tower, nothing = (one.model.state_dict() for one in drawn)
    trained = scorer.model.state_dict()
    for name, value in trained.items():
        assert torch.equal(tower[name], value) or not name.startswith("vision_model.")
        if value.ndim > 1:  # biases and norms begin at 0 and 1
            assert not torch.equal(nothing[name], value)
            assert name.startswith("vision_model.") or not torch.equal(tower[name], value)
    again = randomise(scorer, False, seed=1).model.state_dict()
    assert all(torch.equal(again[name], value) for name, value in nothing.items())
    assert drawn[0].encoder is scorer.encoder  # each picture is encoded once for all that share the tower
    assert drawn[1].encoder is not scorer.encoder
    monkeypatch.chdir(Path(str(scorer.model.name_or_path)))  # where a nameless model must not find evidence
    assert [read_map_evidence(one) for one in drawn] == [None, None]
    assert read_map_evidence(scorer) is not None


def test_no_two_models_of_a_kind_and_no_two_studies_share_their_weights():
    first, *random = list_mappers(draws=10, seed=1)
    assert (first.name, first.keep_tower) == (MODEL, None)
    for keep in (True, False):
        kind = [one for one in random if one.keep_tower is keep]
        assert len({one.seed for one in kind}) == len({one.name for one in kind}) == 10
        assert not {one.seed for one in kind} & {one.seed for one in list_mappers(draws=10, seed=2)}


def test_every_model_maps_every_picture(scorer, pictures, mapped):
    found = find_all_peaks(scorer, pictures, draws=2, seed=5)
    assert [len(chunk) for _, chunk, _ in mapped] == [3, 1] * 5
    assert [chunk[0] is pictures[0] for _, chunk, _ in mapped] == [True, False] * 5
    mappers = [one for one, _, _ in mapped][::2]
    assert [one is scorer for one in mappers] == [True, False, False, False, False]
    tower = scorer.model.vision_model
    assert [one.model.vision_model is tower for one in mappers] == [True, True, True, False, False]
    queries = [one.model.query_tokens for one in mappers]
    assert not torch.equal(queries[1], queries[2])
    assert not torch.equal(queries[3], queries[4])
    for number, (one, _, only) in enumerate(mapped):
        part = pictures[:3] if number % 2 == 0 else pictures[3:]
        assert only == [judged_elements(picture, rivals=one is scorer) for picture in part]
    calls = [(1, 3, 5, 7, 9)] * 3 + [(2, 4, 6, 8, 10)]
    assert [
        tuple(peaks.pixels[0][0] for peaks in (one.model, *one.random_qformer, *one.random_weights)) for one in found
    ] == calls


def test_an_interrupted_study_goes_on_and_a_strange_folder_is_refused(pictures, tmp_path, monkeypatch):
    def find(scorer, pictures, *, only):
        calls.append(scorer.seed)
        return [Peaks(((len(one.prompt), scorer.seed), None), (0.25, None)) for one in pictures]

    calls = []
    scorer = SimpleNamespace(seed=-1, remember=True)
    options = {"draws": 1, "seed": 0, "folder": tmp_path, "key": {"seed": 0}}
    monkeypatch.setattr(maps_peaks, "_CHUNK", 2)
    monkeypatch.setattr(maps_peaks, "find_peaks", find)
    monkeypatch.setattr(maps_peaks, "randomise", lambda _, keep_tower, *, seed: SimpleNamespace(seed=seed))
    whole = find_all_peaks(scorer, pictures[:3], draws=1, seed=0)
    assert find_all_peaks(scorer, pictures[:3], **options) == whole
    journal = tmp_path / JOURNAL
    lines = journal.read_text("utf-8").splitlines()
    assert len(lines) == 1 + 3 * 2
    cut = "\n".join(lines[:4]) + "\n" + lines[4][:20]  # killed in the middle of a line
    journal.write_text(cut, "utf-8")
    calls.clear()
    assert find_all_peaks(scorer, pictures[:3], **options) == whole
    assert len(calls) == 3  # one chunk of the second model, and both of the third
    assert journal.read_text("utf-8").splitlines() == lines
    monkeypatch.setattr(maps_peaks, "find_peaks", None)  # nothing is left to find
    assert find_all_peaks(scorer, pictures[:3], **options) == whole
    assert json.loads(lines[0]) == {"study": {"seed": 0}}
    with pytest.raises(ValueError, match="belongs to a study with other options"):
        find_all_peaks(scorer, pictures, **options | {"key": {"seed": 1}})


@pytest.mark.parametrize("remember", [False, True])
def test_pictures_are_forgotten_unless_they_are_to_be_remembered(pictures, mapped, monkeypatch, remember):
    scorer = SimpleNamespace(remember=remember, forget=lambda: forgotten.append(True))
    forgotten = []
    monkeypatch.setattr(maps_peaks, "randomise", lambda *_, **__: None)
    find_all_peaks(scorer, pictures, draws=1, seed=0)
    assert len(forgotten) == (not remember)
