from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel

from evalmuse_hf.models.encoders import ClipTowers, picture_preprocessor, tensor_preprocessor

GOLDEN = Path(__file__).parents[2] / "golden" / "hps_v2_tiny"
PICTURES = GOLDEN.parent / "fga_blip2_tiny" / "images"


@pytest.fixture(scope="module")
def towers():
    sizes = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}
    torch.manual_seed(0)
    config = CLIPConfig(
        vision_config={**sizes, "image_size": 16, "patch_size": 8},
        text_config={**sizes, "vocab_size": 40, "max_position_embeddings": 8, "eos_token_id": 39, "bos_token_id": 38},
        projection_dim=12,
    )

    def tokenizer(prompt, verbose=True):
        return {"input_ids": [38, *(ord(letter) % 30 for letter in prompt), 39]}

    processor = CLIPImageProcessorPil(size={"shortest_edge": 16}, crop_size={"height": 16, "width": 16})
    return ClipTowers(CLIPModel(config), tokenizer, picture_preprocessor(processor))


@pytest.mark.parametrize("number", range(4))
def test_pixels_are_those_of_the_official_hps_v2(number):
    with Image.open(PICTURES / f"{number}.png") as picture:
        pixels = tensor_preprocessor(56)([picture])[0]
    np.testing.assert_allclose(pixels.numpy(), np.load(GOLDEN / "pixel_values.npz")[str(number)], atol=1e-5)


def test_the_rest_of_a_wide_picture_is_black_before_the_normalisation():
    pixels = tensor_preprocessor(8)([Image.new("RGB", (16, 8), "white")])[0]
    black = (0 - 0.48145466) / 0.26862954
    assert pixels[0, 0].tolist() == [pytest.approx(black)] * 8
    assert pixels[0, 4, 4].item() == pytest.approx((1 - 0.48145466) / 0.26862954, abs=1e-5)


def test_the_cosine_is_that_of_the_whole_model(towers):
    picture = Image.effect_noise((30, 20), 80).convert("RGB")
    with torch.no_grad():
        pixels = towers.preprocess([picture])
        ids = torch.tensor([towers.tokenizer("cat")["input_ids"]])
        outputs = towers.model(input_ids=ids, pixel_values=pixels)
    expected = outputs.logits_per_image.item() / towers.model.logit_scale.exp().item()
    cosine = towers.encode_pictures([picture]) @ towers.encode_prompts(["cat"])[0].T
    assert cosine.item() == pytest.approx(expected, abs=1e-6)


def test_the_length_of_the_neighbours_changes_no_vector(towers):
    alone = towers.encode_prompts(["cat"])[0]
    together = towers.encode_prompts(["cat", "ab", "zebras"])[0]
    torch.testing.assert_close(together[:1], alone, atol=1e-6, rtol=0)


def test_a_long_prompt_is_cut_before_its_end_token(towers):
    vectors, was_cut = towers.encode_prompts(["abcdefgh", "abcdef", "abcdefzz"])
    assert was_cut == [True, False, True]
    torch.testing.assert_close(vectors[0], vectors[1])  # 8 tokens: beginning, abcdef, end
    torch.testing.assert_close(vectors[0], vectors[2])


def test_vectors_have_length_one(towers):
    assert towers.encode_prompts(["cat", "dog"])[0].norm(dim=-1).tolist() == [pytest.approx(1)] * 2
