import numpy as np
import pytest

from evalmuse_hf.models.fga_blip2 import map_batches_fga_blip2
from evalmuse_hf.models.fga_blip2.element_maps_fga_blip2 import ElementMapError, element_maps
from evalmuse_hf.models.fga_blip2.map_batches_fga_blip2 import map_pairs
from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer

PROMPTS = ["red cats and a red cat near the table", "a red cat", "a dog"]
ELEMENTS = [["red", "cats (animal)", "near the table", "blue dog (animal)"], ["red cat", "cat"], ["dog"]]


@pytest.mark.parametrize("per_pass", [2, 64])
@pytest.mark.parametrize("compat", [None, "official"])
def test_maps_are_those_of_one_element_at_a_time(tiny_model, tiny_processor, pictures, monkeypatch, per_pass, compat):
    monkeypatch.setattr(map_batches_fga_blip2, "MAPS_PER_PASS", per_pass)
    scorer = FGABlip2Scorer(tiny_model.train(), tiny_processor, name="tiny", compat=compat)
    images, only = [pictures[0], pictures[1], pictures[0]], [{0, 1, 2, 3}, {1}, ()]
    found = map_pairs(scorer, images=images, prompts=PROMPTS, elements=ELEMENTS, only=only)
    assert [set(one) for one in found] == [{0, 1, 2, 3}, {1}, set()]
    assert scorer.model.training
    for image, prompt, elements, maps in zip(images, PROMPTS, ELEMENTS, found, strict=True):
        expected = element_maps(scorer, image=image, prompt=prompt, elements=elements)
        for index, one in maps.items():
            other = expected[index]
            assert (one.text, one.category, one.status) == (other.text, other.category, other.status)
            assert one.score == pytest.approx(other.score, abs=1e-5, nan_ok=True)
            assert (one.values is None) == (other.values is None)
            assert one.values is None or np.allclose(one.values, other.values, atol=1e-5)
    assert found[0][3].values is None  # there is no blue dog


def test_a_picture_that_cannot_be_read_is_said(tiny_model, tiny_processor, pictures):
    scorer = FGABlip2Scorer(tiny_model, tiny_processor, name="tiny")
    with pytest.raises(ElementMapError, match=r"nowhere\.png"):
        map_pairs(
            scorer, images=[pictures[0], "nowhere.png"], prompts=["a dog"] * 2, elements=[["dog"]] * 2, only=[{0}] * 2
        )


def test_nothing_wanted_takes_no_pass(tiny_processor):
    scorer = FGABlip2Scorer.__new__(FGABlip2Scorer)
    scorer.compat = None
    assert map_pairs(scorer, images=["nowhere.png"], prompts=["a dog"], elements=[["dog"]], only=[()]) == [{}]
