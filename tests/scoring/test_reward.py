"""The reward: its values, its gradient, and what becomes of bad rows."""

import math

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from evalmuse_hf.models.fga_blip2 import FGABlip2Processor
from evalmuse_hf.models.fga_blip2.loading_fga_blip2 import load_model
from evalmuse_hf.schema import Element
from evalmuse_hf.scoring.reward import REWARDS, AlignmentReward, load_reward

PROMPTS = ["a red cat and two dogs on the table", "a blue dog", "the old cat near a cat"]
ELEMENTS = [["red (color)", "cat", "two dogs (counting)"], ["blue", "dog"], ["old", "cat"]]


@pytest.fixture
def reward(model_folder):
    return load_reward(model=model_folder, device="cpu")


@pytest.fixture
def make(model_folder):
    def build(**options):
        return load_reward(model=model_folder, device="cpu", **options)

    return build


def random_pictures(number=3, height=40, width=30, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(number, 3, height, width, generator=generator)


def eight_bit_pictures(height, width, number=3):
    return [np.random.default_rng(row).integers(0, 256, (height, width, 3), dtype=np.uint8) for row in range(number)]


def as_tensor(pictures):
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2) / 255


def mean_placed(scores):
    return np.mean([element.score for element in scores.elements])


@pytest.mark.parametrize("kind", REWARDS)
@pytest.mark.parametrize(
    "size, quantize, tolerance",
    [
        ((28, 28), False, 1e-5),  # nothing is resized: float32 on both sides
        ((28, 28), True, 1e-5),
        ((40, 60), True, 1e-3),  # single pixels one level apart
        ((40, 60), False, 2e-2),  # noise, which rounding changes more than it does a picture
        ((20, 24), True, 1e-3),
    ],
    ids=["own size", "own size, rounded", "shrunk, rounded", "shrunk", "enlarged, rounded"],
)
def test_a_reward_is_made_of_what_the_scorer_says_of_the_file(scorer, make, tmp_path, kind, size, quantize, tolerance):
    pictures = eight_bit_pictures(*size)
    files = [tmp_path / f"{row}.png" for row in range(3)]
    for picture, file in zip(pictures, files, strict=True):
        Image.fromarray(picture).save(file)
    scores = scorer.score(images=files, prompts=PROMPTS, elements=ELEMENTS)
    overall = [(pair.overall - 1) / 4 for pair in scores]
    means = [mean_placed(pair) for pair in scores]
    expected = {"overall": overall, "elements": means, "both": np.mean([overall, means], axis=0)}[kind]
    rewards = make(reward=kind, quantize=quantize)(as_tensor(pictures), PROMPTS, ELEMENTS)
    np.testing.assert_allclose(rewards.detach().numpy(), expected, atol=tolerance)


def test_details_have_the_scores_and_statuses_of_the_scorer(scorer, reward):
    pictures = eight_bit_pictures(28, 28)
    elements = [[*ELEMENTS[0], "horse"], [Element.from_text("blue"), "dog"], ["cat", ""]]
    details = reward.details(as_tensor(pictures), PROMPTS, elements)
    scores = scorer.score(images=pictures, prompts=PROMPTS, elements=elements)
    for row, pair in enumerate(scores):
        assert details.overall[row].item() == pytest.approx(pair.overall, abs=1e-5)
        assert details.element_statuses[row] == tuple(element.status for element in pair.elements)
        ours = details.element_scores[row].tolist()
        assert ours == pytest.approx([element.score for element in pair.elements], abs=1e-5, nan_ok=True)
    assert details.statuses == ("ok", "ok", "ok")
    assert details.element_statuses[0][-1] == "unmatched"


def test_without_elements_the_prompt_is_split(reward):
    pictures = random_pictures(2)
    split = reward.details(pictures, PROMPTS[:2], [None, ["dog"]])
    given = reward(pictures, PROMPTS[:2], [["two", "red", "cat", "dogs", "table"], ["dog"]])
    assert sorted(element.text for element in split.elements[0]) == ["cat", "dogs", "red", "table", "two"]
    torch.testing.assert_close(split.reward, given, rtol=0, atol=1e-6)
    torch.testing.assert_close(reward(pictures, PROMPTS[:2])[0], split.reward[0], rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", REWARDS)
@pytest.mark.parametrize("size", [(28, 28), (33, 20)], ids=["own size", "resized"])
def test_the_gradient_is_that_of_the_function(model_folder, monkeypatch, kind, size):
    """In float64 throughout: the network reads its logits in float32, where differences drown in rounding."""
    to_float32 = torch.Tensor.float
    monkeypatch.setattr(torch.Tensor, "float", lambda self: self if self.dtype == torch.float64 else to_float32(self))
    model = load_model(model_folder).double()
    reward = AlignmentReward(model, FGABlip2Processor.from_pretrained(model_folder), reward=kind)
    pictures = random_pictures(2, *size).double() * 0.4 + 0.3  # away from the ends, where clamping has a corner
    direction = random_pictures(2, *size, seed=1).double() - 0.5
    pictures.requires_grad_(True)
    rewards = reward(pictures, PROMPTS[:2], ELEMENTS[:2])
    (gradient,) = torch.autograd.grad(rewards.sum(), pictures)
    step = 1e-4
    with torch.no_grad():
        sides = [reward(pictures + sign * step * direction, PROMPTS[:2], ELEMENTS[:2]).sum() for sign in (1, -1)]
    numeric = ((sides[0] - sides[1]) / (2 * step)).item()
    assert rewards.dtype == torch.float64
    assert abs(numeric) > 1e-4
    assert (gradient * direction).sum().item() == pytest.approx(numeric, rel=1e-6)


def test_a_step_along_the_gradient_raises_the_packaged_reward():
    reward = load_reward(model="mini", device="cpu")
    pictures = (random_pictures(1, 64, 64) * 0.5 + 0.25).requires_grad_(True)
    before = reward(pictures, ["a red car"])
    (gradient,) = torch.autograd.grad(before.sum(), pictures)
    after = reward((pictures + 0.01 * gradient.sign()).detach(), ["a red car"])
    assert after.item() > before.item()


def test_rounding_passes_the_gradient(make):
    gradients = []
    for quantize in (False, True):
        pictures = (random_pictures() * 0.8 + 0.1).requires_grad_(True)
        make(quantize=quantize)(pictures, PROMPTS, ELEMENTS).sum().backward()
        gradients.append(pictures.grad.flatten())
    assert torch.cosine_similarity(*gradients, dim=0) > 0.99


def test_neither_batches_nor_company_nor_recomputing_change_reward_or_gradient(make):
    results = []
    for options in ({}, {"batch_size": 1}, {"batch_size": 2, "recompute": True}):
        pictures = random_pictures().requires_grad_(True)
        rewards = make(**options)(pictures, PROMPTS, ELEMENTS)
        rewards.sum().backward()
        results.append((rewards.detach(), pictures.grad))
    for rewards, gradient in results[1:]:
        torch.testing.assert_close(rewards, results[0][0], rtol=1e-5, atol=1e-6)  # float32 sums in another order
        torch.testing.assert_close(gradient, results[0][1], rtol=1e-4, atol=1e-7)


def test_weights_are_frozen_and_stay_in_evaluation_mode(reward):
    parent = nn.ModuleDict({"generator": nn.Linear(2, 2), "reward": reward}).train()
    assert parent["generator"].training
    assert not any(module.training for module in reward.modules())
    assert not any(parameter.requires_grad for parameter in reward.parameters())
    reward(random_pictures().requires_grad_(True), PROMPTS).sum().backward()
    assert all(parameter.grad is None for parameter in reward.parameters())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_pictures_of_16_bits_get_a_reward_and_a_gradient(reward, dtype):
    pictures = random_pictures().to(dtype).requires_grad_(True)
    rewards = reward(pictures, PROMPTS, ELEMENTS)
    rewards.sum().backward()
    torch.testing.assert_close(rewards, reward(pictures.detach().float(), PROMPTS, ELEMENTS))
    assert pictures.grad.dtype == dtype
    assert pictures.grad.isfinite().all()
    assert pictures.grad.abs().sum() > 0


def test_a_network_in_bfloat16_gives_nearly_the_same(make):
    pictures = random_pictures()
    exact, rounded = (make(dtype=dtype)(pictures, PROMPTS, ELEMENTS) for dtype in (None, torch.bfloat16))
    assert rounded.dtype == torch.float32
    torch.testing.assert_close(rounded, exact, rtol=0, atol=0.02)  # eight bits of mantissa


@pytest.mark.parametrize("kind, status", [("overall", "ok"), ("elements", "no_elements"), ("both", "overall_only")])
def test_without_a_placed_element_the_reward_is_the_overall_or_nan_but_never_0(make, kind, status):
    reward = make(reward=kind)
    details = reward.details(random_pictures(2), ["a cat", "a cat"], [["horse"], ["cat"]])
    assert details.statuses == (status, "ok")
    share = (details.overall[0].item() - 1) / 4
    expected = math.nan if kind == "elements" else share
    assert details.reward[0].item() == pytest.approx(expected, abs=1e-6, nan_ok=True)
    if kind != "overall":
        assert details.messages[0].startswith("No element has a place in the prompt")
    assert details.messages[1] is None


@pytest.mark.parametrize("kind", REWARDS)
def test_bad_rows_are_nan_with_a_status_send_no_gradient_and_stop_no_other(make, kind):
    reward = make(reward=kind)
    pictures = random_pictures(5)
    pictures[3, 0, 5, 5] = math.nan
    pictures.requires_grad_(True)
    prompts = ["a cat", "", "a cat", "a cat", "a dog"]
    elements = [["cat"], ["cat"], "cat", ["cat"], ["dog"]]
    details = reward.details(pictures, prompts, elements)
    assert details.statuses == ("ok", "prompt_error", "element_error", "image_error", "ok")
    assert details.reward.isnan().tolist() == [False, True, True, True, False]
    assert details.overall.isnan().tolist() == [False, True, True, True, False]
    assert [len(scores) for scores in details.element_scores] == [1, 0, 0, 0, 1]
    assert details.messages[1].startswith("The prompt is empty")
    assert "nan or infinite pixels" in details.messages[3]
    details.reward.nanmean().backward()
    assert pictures.grad.isfinite().all()
    assert pictures.grad.flatten(1).abs().sum(1).gt(0).tolist() == [True, False, False, False, True]
    alone = reward(pictures.detach()[[0, 4]], ["a cat", "a dog"], [["cat"], ["dog"]])
    torch.testing.assert_close(details.reward[[0, 4]].detach(), alone, rtol=0, atol=1e-6)


def test_a_network_that_gives_no_number_is_named(reward):
    with torch.no_grad():
        reward.model.itm_head.bias.fill_(math.nan)
    details = reward.details(random_pictures(1), ["a cat"])
    assert details.statuses == ("score_error",)
    assert details.messages[0].startswith("The model gave no number")


def test_no_row_is_no_reward(reward):
    assert reward(torch.zeros(0, 3, 28, 28), []).shape == (0,)
    assert reward(random_pictures(1), [""]).isnan().all()


@pytest.mark.parametrize(
    "images, prompts, error, message",
    [
        (random_pictures(2), ["a cat"], ValueError, "got 2 pictures, 1 prompts"),
        (random_pictures(1), "a cat", TypeError, "got one string; put it in a list"),
        (random_pictures(1) * 255, ["a cat"], ValueError, r"must be in \[0, 1\], got .* divide 8-bit levels by 255"),
    ],
    ids=["lengths", "one string", "levels"],
)
def test_what_is_wrong_with_the_whole_call_is_one_sentence(reward, images, prompts, error, message):
    with pytest.raises(error, match=message):
        reward(images, prompts)


def test_options_outside_their_range_are_refused(make):
    with pytest.raises(ValueError, match="`reward` must be one of 'overall', 'elements', 'both', got 'all'"):
        make(reward="all")
    with pytest.raises(ValueError, match="`batch_size` must be at least 1, got 0"):
        make(batch_size=0)


@pytest.mark.parametrize(
    "option, value", [("resample", 2), ("do_normalize", False), ("size", {"height": 30, "width": 30})]
)
def test_a_processor_with_other_habits_is_refused(scorer, model_folder, option, value):
    processor = FGABlip2Processor.from_pretrained(model_folder)
    setattr(processor.image_processor, option, value)
    with pytest.raises(ValueError, match=f"{option}=.* a reward needs bicubic resizing to 28 x 28"):
        AlignmentReward(scorer.model, processor)
