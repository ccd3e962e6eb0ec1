import copy
import pickle

import pytest
import torch
from transformers import Blip2ForImageTextRetrieval

from evalmuse_hf.models.fga_blip2 import FGABlip2Config, FGABlip2ForAlignment
from evalmuse_hf.models.fga_blip2.attention_fga_blip2 import FGABlip2CrossAttention, share_pictures

CLOSE = {"rtol": 0, "atol": 1e-6}  # float32; the same sums, of states that are of the order of 1
IDS = torch.tensor([[2, 5, 6, 8, 3], [2, 7, 9, 3, 0], [2, 5, 3, 0, 0], [2, 6, 6, 6, 3], [2, 9, 3, 0, 0]])
INDEX = torch.tensor([1, 0, 1, 1, 2])
BOTH = pytest.mark.parametrize("kind", ["sdpa", "eager"])


@pytest.fixture
def states() -> torch.Tensor:
    """Tower outputs of three pictures."""
    return torch.randn(3, 5, 32, generator=torch.Generator().manual_seed(0))


def build(tiny_config, kind="sdpa", **changes) -> FGABlip2ForAlignment:
    sizes = {key: value for key, value in tiny_config.to_dict().items() if key != "model_type"}
    sizes["qformer_config"] |= changes
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = FGABlip2ForAlignment(FGABlip2Config(**sizes)).eval()
    model.set_attn_implementation(kind)
    assert model.qformer.config._attn_implementation == kind
    return model


def cross_attentions(model) -> list[FGABlip2CrossAttention]:
    return [module for module in model.modules() if isinstance(module, FGABlip2CrossAttention)]


@BOTH
def test_a_picture_that_is_named_scores_as_one_that_is_repeated(tiny_config, states, kind):
    model = build(tiny_config, kind)
    with torch.no_grad():
        named = model(input_ids=IDS, image_embeds=states, image_index=INDEX)
        repeated = model(input_ids=IDS, image_embeds=states[INDEX])
        other = model(input_ids=IDS, image_embeds=states[INDEX.flip(0)])
    torch.testing.assert_close(named.to_tuple(), repeated.to_tuple(), **CLOSE)
    assert (named.overall_score - other.overall_score).abs().max() > 1e-3  # the pictures matter


@BOTH
def test_one_layer_reads_the_same_from_named_and_from_repeated_pictures(tiny_config, states, kind):
    layer = cross_attentions(build(tiny_config, kind))[0]
    queries = torch.randn(5, 4, 32, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        named, weights = layer(queries, encoder_hidden_states=states, image_index=INDEX)
        repeated, _ = layer(queries, encoder_hidden_states=states[INDEX])
    torch.testing.assert_close(named, repeated, **CLOSE)
    assert weights is None


@pytest.mark.parametrize(
    "index, expected", [(INDEX, 3), (None, 5)], ids=["pictures are named", "pictures are repeated"]
)
def test_keys_and_values_are_computed_once_per_picture(tiny_model, states, index, expected):
    rows = {"key": [], "value": []}
    layers = cross_attentions(tiny_model)
    for layer in layers:
        for name, found in rows.items():
            getattr(layer, name).register_forward_hook(lambda _, args, output, found=found: found.append(len(output)))
    with torch.no_grad():
        tiny_model(input_ids=IDS, image_embeds=states if index is not None else states[INDEX], image_index=index)
    assert rows == {"key": [expected] * len(layers), "value": [expected] * len(layers)}
    assert len(layers) == 1  # of two layers, every second attends to the picture


def test_gradients_are_those_of_repeated_pictures(tiny_config, states):
    """In double precision, so that the order of sums does not show."""
    model = build(tiny_config, cross_attention_frequency=1).double()
    model.mask_head.requires_grad_(False)
    model.vision_model.requires_grad_(False)
    model.vision_model.post_layernorm.requires_grad_(True)
    gradients = []
    for index in (INDEX, None):
        pictures = states.double().requires_grad_()
        model.zero_grad()
        output = model(
            input_ids=IDS, image_embeds=pictures if index is not None else pictures[INDEX], image_index=index
        )
        (output.overall_score.sum() + output.token_scores.square().sum()).backward()
        gradients.append({name: each.grad for name, each in model.named_parameters() if each.grad is not None})
        gradients[-1]["pictures"] = pictures.grad
    named, repeated = gradients
    assert named.keys() == repeated.keys()
    assert sum("crossattention.attention.key.weight" in name for name in named) == 2
    for name, gradient in named.items():
        torch.testing.assert_close(gradient, repeated[name], rtol=1e-9, atol=1e-12, msg=name)
    assert named["pictures"].abs().max() > 1e-6


def test_dropout_is_drawn_in_training_and_not_in_evaluation(tiny_config, states):
    model = build(tiny_config, attention_probs_dropout_prob=0.5, hidden_dropout_prob=0.0)
    inputs = {"input_ids": IDS, "image_embeds": states, "image_index": INDEX}
    layer = cross_attentions(model)[0]
    read = []
    layer.register_forward_hook(lambda _, args, output: read.append(output[0]))
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(0)
        for training in (False, False, True, True):
            layer.train(training)
            model(**inputs)
    assert torch.equal(read[0], read[1])
    assert not torch.allclose(read[2], read[3])


def test_the_names_of_weights_are_those_of_blip2(tiny_config, tiny_model):
    blip2 = Blip2ForImageTextRetrieval(tiny_config)
    expected = {name for name in blip2.state_dict() if "_projection" not in name}
    assert {name for name in tiny_model.state_dict() if not name.startswith("mask_head")} == expected


def test_saving_and_loading_keeps_the_layers(tiny_model, states, tmp_path):
    tiny_model.save_pretrained(tmp_path)
    check_copy(tiny_model, FGABlip2ForAlignment.from_pretrained(tmp_path).eval(), states)


@pytest.mark.parametrize(
    "duplicate",
    [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))],
    ids=["copy", "pickle"],
)
def test_copies_keep_the_layers(tiny_model, states, duplicate):
    check_copy(tiny_model, duplicate(tiny_model), states)


def check_copy(model, other, states):
    assert len(cross_attentions(other)) == len(cross_attentions(model)) == 1
    with torch.no_grad():
        before, after = (
            each(input_ids=IDS, image_embeds=states, image_index=INDEX).to_tuple() for each in (model, other)
        )
    torch.testing.assert_close(after, before, rtol=0, atol=0)


def test_only_layers_that_attend_to_pictures_are_changed(tiny_config):
    model = Blip2ForImageTextRetrieval(tiny_config)
    weights = model.state_dict()
    assert cross_attentions(model) == []
    share_pictures(model.qformer)
    share_pictures(model.qformer)  # a second time changes nothing
    first, second = model.qformer.encoder.layer
    assert isinstance(first.crossattention.attention, FGABlip2CrossAttention)
    assert not second.has_cross_attention
    assert not isinstance(first.attention.attention, FGABlip2CrossAttention)
    torch.testing.assert_close(model.state_dict(), weights, rtol=0, atol=0)


def test_gradient_checkpointing_knows_which_picture_each_pair_has(tiny_config, states):
    model = build(tiny_config, attention_probs_dropout_prob=0.0, hidden_dropout_prob=0.0).train()
    key = cross_attentions(model)[0].key
    rows = []
    key.register_forward_hook(lambda _, args, output: rows.append(len(output)))
    gradients = []
    for checkpointed in (False, True):
        if checkpointed:
            model.gradient_checkpointing_enable()
        model.zero_grad()
        model(input_ids=IDS, image_embeds=states, image_index=INDEX).overall_score.sum().backward()
        gradients.append(key.weight.grad.clone())
    torch.testing.assert_close(gradients[1], gradients[0], rtol=1e-4, atol=1e-6)  # float32 sums over pairs
    assert gradients[0].abs().max() > 1e-4
    assert rows == [3, 3, 3]  # once without, and once more on the way back with checkpoints
