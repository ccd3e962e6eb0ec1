"""The vision tower of the mini checkpoint learns from labels of patches."""

import math

import pytest
import torch
from PIL import Image
from transformers import BlipImageProcessorPil

from evalmuse_hf.mini.pool import PATCH_LABELS, SCENE_LABELS, draw_pool
from evalmuse_hf.mini.tokenizer import build_tokenizer
from evalmuse_hf.mini.vocabulary import COLORS, NOUNS, is_held_out
from evalmuse_hf.models.fga_blip2 import FGABlip2Config, FGABlip2ForAlignment, FGABlip2Processor
from evalmuse_hf.training.vision_pretraining import (
    LabelledPictures,
    PatchLabeller,
    encode_pool,
    normalize,
    set_sinusoidal_positions,
)

WIDTH = 32


@pytest.fixture(scope="module")
def pool():
    return draw_pool(12, seed=2)


@pytest.fixture
def model():
    layers = {"hidden_size": WIDTH, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = FGABlip2Config(
        vision_config={**layers, "image_size": 64, "patch_size": 8},
        qformer_config={**layers, "vocab_size": 50, "num_hidden_layers": 1},
        num_query_tokens=2,
        mask_head_sizes=(8,),
        initializer="width",
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return FGABlip2ForAlignment(config)


def test_normalised_pixels_are_those_of_the_processor(pool):
    processor = FGABlip2Processor(BlipImageProcessorPil(size={"height": 64, "width": 64}), build_tokenizer())
    expected = processor(images=[Image.fromarray(pixels) for pixels in pool.pixels], return_tensors="pt").pixel_values
    torch.testing.assert_close(normalize(torch.from_numpy(pool.pixels)), expected, rtol=0, atol=1e-6)


def test_features_of_a_pool_are_those_of_the_model_whatever_the_batch(model, pool):
    with torch.no_grad():
        expected = model.encode_images(normalize(torch.from_numpy(pool.pixels)))
    features = encode_pool(model, pool.pixels, batch_size=5)
    assert features.dtype == torch.float16
    assert features.shape == (12, 65, WIDTH)
    torch.testing.assert_close(features.float(), expected, rtol=1e-3, atol=1e-3)  # float16 has 11 bits


def test_positions_start_as_waves_of_column_and_row(model):
    """By hand: width 32 has 8 frequencies, from pi per patch; column 3, row 5 is patch 43."""
    before = model.vision_model.embeddings.position_embedding[0, 0].clone()
    set_sinusoidal_positions(model)
    positions = model.vision_model.embeddings.position_embedding[0]
    assert torch.equal(positions[0], before)
    frequency = math.pi / 2**2.0  # that of index 4 of 8
    expected = [math.sin(3 * frequency), math.cos(3 * frequency), math.sin(5 * frequency), math.cos(5 * frequency)]
    assert positions[1 + 43, [4, 12, 20, 28]].tolist() == pytest.approx([0.4 * wave for wave in expected], abs=1e-5)


def test_the_counts_leave_out_what_has_no_name(model, pool):
    pictures = LabelledPictures(pool)
    output = PatchLabeller(model)(**pictures.collate(range(12)))
    named = [int((pool.patch_labels[..., column] > 0).sum()) for column in range(len(PATCH_LABELS))]
    named += [int((pool.scene_labels[:, column] > 0).sum()) for column in range(len(SCENE_LABELS))]
    assert output["correct"][:, 1].tolist() == named
    assert (output["correct"][:, 0] <= output["correct"][:, 1]).all()


def test_the_labeller_learns_a_few_pictures(model, pool):
    pictures = LabelledPictures(pool)
    assert [pictures[index] for index in range(len(pictures))] == list(range(12))
    set_sinusoidal_positions(model)
    labeller, batch = PatchLabeller(model), pictures.collate(range(12))
    optimizer = torch.optim.AdamW(labeller.parameters(), lr=3e-3)
    losses = []
    for _ in range(40):
        loss = labeller(**batch)["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_the_absence_of_held_out_pairs_teaches_nothing(model, pool):
    """Every patch shows a thing of one colour: what is held out with either must not be pushed down for it."""
    color, noun = next(
        (color, noun)
        for color in COLORS
        for noun in NOUNS
        if not is_held_out(color, noun)
        and any(is_held_out(color, other) for other in NOUNS)
        and any(is_held_out(other, noun) for other in COLORS)
    )
    batch = LabelledPictures(pool).collate(range(2))
    batch["patch_labels"][..., :7] = 0
    batch["patch_labels"][..., 0] = 1 + NOUNS.index(noun)
    batch["patch_labels"][..., 1] = 1 + tuple(COLORS).index(color)
    labeller = PatchLabeller(model)
    labeller(**batch)["loss"].backward()
    gradients = {name: head.weight.grad.abs().sum(dim=1)[1:] for name, head in labeller.patch_heads.items()}
    silent_nouns = {other for other, gradient in zip(NOUNS, gradients["noun"].tolist(), strict=True) if not gradient}
    silent_colors = {
        other for other, gradient in zip(COLORS, gradients["color"].tolist(), strict=True) if not gradient
    }
    assert silent_nouns == {other for other in NOUNS if is_held_out(color, other)}
    assert silent_colors == {other for other in COLORS if is_held_out(other, noun)}
