from types import SimpleNamespace

import pytest
import torch
from torch import nn

from evalmuse_hf.models.fga_blip2 import attention_fga_blip2
from evalmuse_hf.models.fga_blip2.attention_fga_blip2 import FGABlip2CrossAttention
from evalmuse_hf.models.fga_blip2.attention_recording_fga_blip2 import recording_attention

IDS = torch.tensor([[2, 5, 6, 8, 3]])  # a red cat
TOKEN = 3


def state_of(model):
    """Everything that recording could leave behind."""
    return [
        (name, type(module), sorted(module.__dict__), len(module._forward_hooks), module.training)
        for name, module in model.named_modules()
    ], [(name, value.requires_grad, value.grad) for name, value in model.named_parameters()]


@pytest.fixture
def image(tiny_model):
    with torch.no_grad():
        return tiny_model.encode_images(torch.rand(1, 3, 28, 28, generator=torch.Generator().manual_seed(0)))


def log_odds(model, image, nudges):
    """Log odds of `TOKEN` by the ordinary cross-attention, its weights nudged; no autograd, no recording."""
    calls = iter(nudges)

    def attend(query, key, value, dropout_p, scale):
        return ((query @ key.transpose(-1, -2) * scale).softmax(-1) + next(calls)) @ value

    seen = []
    handle = model.itm_head.register_forward_hook(lambda module, inputs, output: seen.append(output))
    with pytest.MonkeyPatch.context() as patch, torch.no_grad():
        patch.setattr(attention_fga_blip2, "functional", SimpleNamespace(scaled_dot_product_attention=attend))
        model(input_ids=IDS, image_embeds=image, image_index=torch.zeros(1, dtype=torch.long))
    handle.remove()
    logits = seen[0][0, model.config.num_query_tokens + TOKEN]
    return float(logits[1] - logits[0])


@pytest.mark.parametrize("frozen", [False, True], ids=["trainable", "frozen"])
def test_the_derivative_is_that_of_finite_differences(tiny_model, image, frozen):
    model, image = tiny_model.double().requires_grad_(not frozen), image.double()
    with recording_attention(model) as record:
        model(input_ids=IDS, image_embeds=image)
        logits = record.logits[0][0, model.config.num_query_tokens + TOKEN]
        (gradient,) = torch.autograd.grad(logits[1] - logits[0], record.shifts)
    assert len(record.attention) == 1
    assert gradient.abs().max() > 1e-4
    step = 1e-5
    for entry in [(0, 0, 0, 0), (0, 1, 2, 3), (0, 3, 3, 4), (0, 2, 0, 1)]:
        nudge = torch.zeros_like(gradient)
        nudge[entry] = step
        slope = (log_odds(model, image, [nudge]) - log_odds(model, image, [-nudge])) / (2 * step)
        assert float(gradient[entry]) == pytest.approx(slope, rel=1e-5, abs=1e-8)


def test_recorded_passes_give_the_same_scores_and_shares_of_each_query_sum_to_1(tiny_model, image):
    two = torch.cat([image, image.flip(1)])
    arguments = {"input_ids": IDS.repeat(3, 1), "image_embeds": two, "image_index": torch.tensor([1, 0, 1])}
    plain = tiny_model(**arguments)
    with recording_attention(tiny_model) as record:
        recorded = tiny_model(**arguments)
    assert torch.allclose(plain.token_scores, recorded.token_scores, atol=1e-6)
    assert torch.allclose(plain.overall_score, recorded.overall_score, atol=1e-5)
    (attention,) = record.attention
    assert attention.shape == (3, 4, 4, 5)
    assert torch.allclose(attention.sum(-1), torch.ones(3, 4, 4), atol=1e-6)
    assert torch.equal(attention[0], attention[2])
    assert not torch.allclose(attention[0], attention[1])


def test_nothing_is_left_behind_even_where_a_pass_fails(tiny_model, image):
    before = state_of(tiny_model)
    with recording_attention(tiny_model) as record:
        tiny_model(input_ids=IDS, image_embeds=image)
        torch.autograd.grad(record.logits[0].sum(), record.shifts)
    assert state_of(tiny_model) == before
    with pytest.raises(ValueError, match="image_embeds"), recording_attention(tiny_model):
        tiny_model(input_ids=IDS)
    assert state_of(tiny_model) == before
    kinds = [type(module) for module in tiny_model.qformer.modules() if isinstance(module, FGABlip2CrossAttention)]
    assert kinds == [FGABlip2CrossAttention]
    assert isinstance(tiny_model.itm_head, nn.Linear)
