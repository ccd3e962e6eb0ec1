"""Resizing with a gradient, against Pillow."""

import numpy as np
import pytest
import torch
from PIL import Image

from evalmuse_hf.images import Preparation
from evalmuse_hf.scoring.reward_pictures import check_pictures, resize_pictures

SIZES = [(128, 128), (40, 31), (20, 100), (300, 211), (7, 9), (1, 1), (28, 90), (90, 28)]


def drawn(height, width, seed=0):
    """Levels of a smooth picture with noise and hard edges, (height, width, 3)."""
    rng = np.random.default_rng(seed)
    levels = np.linspace(0, 255, height * width * 3).reshape(height, width, 3) + rng.normal(0, 60, (height, width, 3))
    levels[height // 3 : height // 2] = 255
    return levels.clip(0, 255).astype(np.uint8)


def as_tensor(levels):
    return torch.from_numpy(levels).permute(2, 0, 1)[None] / 255


def by_pillow(levels, size):
    """As the file path does it, whatever the version of Pillow."""
    return np.asarray(Preparation(size)(Image.fromarray(levels))).astype(float)


def as_levels(pictures):
    return pictures[0].permute(1, 2, 0).numpy() * 255


@pytest.mark.parametrize("size", [28, 56])
@pytest.mark.parametrize("height, width", SIZES)
def test_rounded_pictures_are_pillows_to_one_level_in_few_places(height, width, size):
    levels = drawn(height, width)
    ours = as_levels(resize_pictures(as_tensor(levels), size, quantize=True))
    difference = np.abs(ours - by_pillow(levels, size))
    # Pillow's weights are fixed-point numbers, so that a sum next to a half may be rounded to the other side.
    assert difference.max() < 1.01
    assert (difference > 0.01).mean() < 0.01


@pytest.mark.parametrize("height, width", SIZES)
def test_pictures_that_are_not_rounded_lack_only_the_two_roundings(height, width):
    levels = drawn(height, width)
    difference = np.abs(as_levels(resize_pictures(as_tensor(levels), 28)) - by_pillow(levels, 28))
    assert difference.max() < 1.6  # half a level at the end, and up to half a level times the weights in between


@pytest.mark.parametrize("height, width", [(128, 128), (20, 100), (28, 90), (211, 300)])
def test_pillow_takes_the_rows_of_pictures_that_are_not_tall_first(height, width):
    levels = drawn(height, width)
    in_one_call = Image.fromarray(levels).resize((28, 28), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(np.asarray(in_one_call), by_pillow(levels, 28))


@pytest.mark.parametrize("quantize", [False, True])
def test_a_picture_of_the_right_size_keeps_its_levels(quantize):
    levels = drawn(28, 28)
    ours = as_levels(resize_pictures(as_tensor(levels), 28, quantize=quantize))
    np.testing.assert_allclose(ours, levels, atol=1e-4)


def test_rounding_lets_the_gradient_pass_as_if_there_were_none():
    pictures = torch.rand(1, 3, 40, 30, generator=torch.Generator().manual_seed(0)) * 0.8 + 0.1
    gradients = []
    for quantize in (False, True):
        leaf = pictures.clone().requires_grad_(True)
        resize_pictures(leaf, 28, quantize=quantize).square().mean().backward()
        gradients.append(leaf.grad)
    torch.testing.assert_close(gradients[1], gradients[0], rtol=0.05, atol=1e-6)


def test_the_gradient_is_that_of_the_function():
    pictures = torch.rand(1, 3, 9, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 0.4 + 0.3
    assert torch.autograd.gradcheck(lambda x: resize_pictures(x, 7), pictures.requires_grad_(True))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_short_floats_are_resized_in_float32(dtype):
    pictures = torch.rand(1, 3, 40, 30, generator=torch.Generator().manual_seed(0)).to(dtype)
    assert torch.equal(resize_pictures(pictures, 28), resize_pictures(pictures.float(), 28))


@pytest.mark.parametrize(
    "pictures, error, message",
    [
        (np.zeros((1, 3, 4, 4)), TypeError, "must be a tensor of shape .* got ndarray; `make_reward_fn`"),
        (torch.zeros(3, 4, 4), ValueError, r"shape \(B, 3, H, W\), got \(3, 4, 4\)"),
        (torch.zeros(1, 4, 4, 3), ValueError, r"images.permute\(0, 3, 1, 2\)"),
        (torch.zeros(1, 3, 0, 4), ValueError, r"got \(1, 3, 0, 4\)"),
        (torch.zeros(1, 3, 4, 4, dtype=torch.uint8), ValueError, "got torch.uint8; divide 8-bit levels by 255"),
        (torch.full((2, 3, 4, 4), 255.0), ValueError, "got 255 to 255 in row 0; divide 8-bit levels by 255"),
        (torch.linspace(-1, 1, 48).reshape(1, 3, 4, 4), ValueError, r"got -1 to 1 in row 0; map \[-1, 1\]"),
        (torch.stack([torch.zeros(3, 4, 4), torch.full((3, 4, 4), 1.2)]), ValueError, "in row 1; clamp them"),
    ],
    ids=[
        "an array",
        "one picture",
        "channels last",
        "no pixels",
        "levels",
        "levels as floats",
        "[-1, 1]",
        "overshoot",
    ],
)
def test_what_is_no_batch_of_pictures_is_refused_in_one_sentence(pictures, error, message):
    with pytest.raises(error, match=message):
        check_pictures(pictures)


def test_nan_pixels_and_empty_batches_are_no_fault_of_the_call():
    check_pictures(torch.full((1, 3, 4, 4), float("nan")))
    check_pictures(torch.zeros(0, 3, 4, 4))
    assert resize_pictures(torch.zeros(1, 3, 4, 4), 28).shape == (1, 3, 28, 28)
