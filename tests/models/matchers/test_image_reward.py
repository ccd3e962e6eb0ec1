from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from evalmuse_hf.models.matchers.convert_image_reward import build_config, rename_weights
from evalmuse_hf.models.matchers.image_reward import ImageRewardModel, crop_preprocessor

GOLDEN = Path(__file__).parents[2] / "golden" / "image_reward_tiny"
PICTURES = GOLDEN.parent / "fga_blip2_tiny" / "images"


@pytest.fixture(scope="module")
def model(reward_state, reward_sizes):
    model = ImageRewardModel(build_config(reward_sizes))
    model.load_state_dict(rename_weights(reward_state, model.state_dict()))
    return model.train(False)


def test_pixels_are_those_of_the_official_code():
    preprocess = crop_preprocessor(56)
    expected = np.load(GOLDEN / "pixel_values.npz")
    for name in expected.files:
        (pixels,) = preprocess([Image.open(PICTURES / f"{Path(name).stem}.png")])
        np.testing.assert_allclose(pixels.numpy(), expected[name].reshape(3, 56, 56), atol=1e-5)


def test_rewards_of_pixels_and_ids_are_those_of_the_official_code(model, reward_cases):
    pixels = np.load(GOLDEN / "pixel_values.npz")
    by_stem = {Path(name).stem: torch.from_numpy(pixels[name]).reshape(1, 3, 56, 56) for name in pixels.files}
    for case in reward_cases:
        ids = torch.tensor([case["input_ids"]])
        with torch.inference_mode():
            output = model(by_stem[Path(case["image"]).stem], ids, (ids != 0).long())
        assert output.reward.item() == pytest.approx(case["score"], abs=1e-4)


def test_pictures_or_their_states_are_given(model):
    with pytest.raises(ValueError, match="Exactly one of `pixel_values` and `image_embeds`"):
        model(input_ids=torch.tensor([[101, 102]]))


def test_a_config_survives_its_file(model, tmp_path):
    model.config.save_pretrained(tmp_path)
    again = type(model.config).from_pretrained(tmp_path)
    assert again.to_dict() == model.config.to_dict()
