import math

import numpy as np
import pytest
import torch

from evalmuse_hf.images import read_picture
from evalmuse_hf.models.fga_blip2 import FGABlip2Config, FGABlip2ForAlignment
from evalmuse_hf.models.fga_blip2.attention_recording_fga_blip2 import recording_attention
from evalmuse_hf.models.fga_blip2.element_maps_fga_blip2 import FLAT, ElementMapError, combine_layers, element_maps
from evalmuse_hf.models.fga_blip2.precision_fga_blip2 import set_tower_precision
from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer
from evalmuse_hf.schema import Element

PROMPT = "red cats and a red cat near the table"
ELEMENTS = ["red", "cats (animal)", Element("near the table", "location"), "blue dog (animal)"]


@pytest.fixture
def scorer(tiny_model, tiny_processor):
    return FGABlip2Scorer(tiny_model, tiny_processor, name="tiny")


@pytest.fixture
def deep_scorer(tiny_config, tiny_processor):
    """Three layers, each with cross-attention, of which the words hear two."""
    options = tiny_config.to_dict()
    options["qformer_config"] |= {"num_hidden_layers": 3, "cross_attention_frequency": 1, "num_attention_heads": 2}
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = FGABlip2ForAlignment(FGABlip2Config(**options | {"num_query_tokens": 2})).eval()
    return FGABlip2Scorer(model, tiny_processor, name="deep")


def assert_same_scores(scorer, maps, image, prompt=PROMPT, elements=ELEMENTS):
    (result,) = scorer.score(images=[image], prompts=[prompt], elements=[elements])
    for found, expected in zip(maps, result.elements, strict=True):
        assert (found.text, found.category, found.status) == (expected.text, expected.category, expected.status)
        assert found.score == pytest.approx(expected.score, abs=1e-5, nan_ok=True)


def assert_are_maps(maps):
    for one in maps:
        assert one.values.shape == (2, 2)
        assert one.values.dtype == np.float32
        assert (one.values >= 0).all()
        assert one.values.sum() == pytest.approx(1, abs=1e-6)


def test_maps_and_scores_of_all_kinds_of_elements(scorer, pictures):
    maps = element_maps(scorer, image=pictures[0], prompt=PROMPT, elements=ELEMENTS)
    assert_same_scores(scorer, maps, pictures[0])
    assert [one.status for one in maps] == ["ambiguous", "ok", "ok", "unmatched"]
    assert_are_maps(maps[:3])
    assert maps[3].values is None
    assert math.isnan(maps[3].score)
    assert not np.allclose(maps[0].values, maps[1].values)


def test_an_element_beyond_the_words_that_are_read_has_no_map(scorer, pictures):
    prompt = f"a cat {'and ' * 50}a dog"
    maps = element_maps(scorer, image=pictures[0], prompt=prompt, elements=["cat", "dog"])
    assert [(one.status, one.values is None) for one in maps] == [("ok", False), ("truncated", True)]


def test_a_map_adds_up_positive_products_over_layers_heads_and_queries(deep_scorer, pictures):
    model, prompt = deep_scorer.model, "a red cat"
    (found,) = element_maps(deep_scorer, image=pictures[1], prompt=prompt, elements=["red cat"])
    inputs = deep_scorer.processor(images=pictures[1], prompts=prompt, return_tensors="pt")
    with recording_attention(model) as record:
        scores = model(**inputs).token_scores[0, 2:4]
    # The score's own derivative, by hand: the log odds of a token with score p move by dp / (p (1 - p)).
    sums, heard = [0.0] * 4, set()
    slopes = [torch.autograd.grad(score, record.shifts, retain_graph=True, materialize_grads=True) for score in scores]
    weights = [float(1 / (score * (1 - score)) / 2) for score in scores.detach()]
    for layer, attention in enumerate(record.attention):
        slope = sum(weight * one[layer] for weight, one in zip(weights, slopes, strict=True))
        for head in range(2):
            for query in range(2):
                for patch in range(4):  # 0 is the class token
                    product = float(attention[0, head, query, 1 + patch] * slope[0, head, query, 1 + patch])
                    sums[patch] += max(product, 0.0)
                    heard |= {layer} if product else set()
    assert heard == {0, 1}
    assert found.values.ravel() == pytest.approx(np.array(sums) / sum(sums), abs=1e-5)


def test_layers_are_added():
    ones = torch.ones(1, 1, 1, 3)
    combined = combine_layers(
        [ones, 2 * ones], [torch.tensor([[[[1.0, -1.0, 0.0]]]]), torch.tensor([[[[0.0, 1, -5]]]])]
    )
    assert combined.tolist() == [[1.0, 2.0, 0.0]]


def test_a_map_of_an_element_that_stands_twice_is_of_the_mean_of_both(scorer, pictures):
    prompt = "a red cat and a red dog"  # "red" at the columns 2 and 6, after [CLS]
    (found,) = element_maps(scorer, image=pictures[1], prompt=prompt, elements=["red"])
    inputs = scorer.processor(images=pictures[1], prompts=prompt, return_tensors="pt")
    ids = inputs["input_ids"][0].tolist()
    columns = [column for column, one in enumerate(ids) if one == ids[2]]
    assert columns == [2, 6]
    with recording_attention(scorer.model) as record:
        scorer.model(**inputs)
    queries = scorer.model.config.num_query_tokens
    slopes = [
        torch.autograd.grad(logits[1] - logits[0], record.shifts, retain_graph=True)[0]
        for logits in (record.logits[0][0, queries + column] for column in columns)
    ]

    def by_hand(slope):
        patches = (record.attention[0] * slope).clamp(min=0)[0].sum(dim=(0, 1))[1:]
        return (patches / patches.sum()).detach().numpy()

    assert found.values.ravel() == pytest.approx(by_hand((slopes[0] + slopes[1]) / 2), abs=1e-5)
    for one in slopes:
        assert found.values.ravel() != pytest.approx(by_hand(one), abs=1e-3)


def test_the_model_stays_as_it_was(scorer, pictures):
    model = scorer.model.train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    element_maps(scorer, image=pictures[0], prompt=PROMPT, elements=ELEMENTS)
    assert model.training
    assert all(value.grad is None and value.requires_grad for value in model.parameters())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())


def test_every_module_keeps_its_own_mode(scorer, pictures):
    scorer.model.train()
    scorer.model.vision_model.eval()
    before = [module.training for module in scorer.model.modules()]
    element_maps(scorer, image=pictures[0], prompt=PROMPT, elements=ELEMENTS)
    assert [module.training for module in scorer.model.modules()] == before
    with pytest.raises(ElementMapError):
        element_maps(scorer, image="nowhere.png", prompt=PROMPT, elements=ELEMENTS)
    assert [module.training for module in scorer.model.modules()] == before
    assert len(set(before)) == 2


def test_pictures_are_remembered_where_that_was_asked_for_alone(scorer, tiny_processor, pictures):
    remembering = FGABlip2Scorer(scorer.model, tiny_processor, name="tiny", remember=True)
    for one, remembers in ((scorer, False), (remembering, True)):
        element_maps(one, image=pictures[0], prompt=PROMPT, elements=ELEMENTS[:1])
        assert one.wants(read_picture(pictures[0], one.preparation).content) is not remembers


def test_frozen_weights_inference_mode_and_remembered_features_change_nothing(scorer, tiny_processor, pictures):
    arguments = {"image": pictures[0], "prompt": PROMPT, "elements": ELEMENTS[:1]}
    expected = element_maps(scorer, **arguments)[0].values
    remembering = FGABlip2Scorer(scorer.model, tiny_processor, name="tiny", remember=True)
    remembering.score(images=[pictures[0]], prompts=[PROMPT])
    assert np.array_equal(element_maps(remembering, **arguments)[0].values, expected)
    scorer.model.requires_grad_(False)
    with torch.inference_mode():
        assert element_maps(scorer, **arguments)[0].values == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_tower_in_half_precision(scorer, pictures, dtype):
    set_tower_precision(scorer.model, dtype)
    maps = element_maps(scorer, image=pictures[0], prompt=PROMPT, elements=ELEMENTS)
    assert_same_scores(scorer, maps, pictures[0])
    assert_are_maps(maps[:3])


def test_adapters_that_are_not_merged(scorer, pictures):
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(target_modules=["query", "value"], modules_to_save=["itm_head"], init_lora_weights=False)
    plain = element_maps(scorer, image=pictures[0], prompt=PROMPT, elements=ELEMENTS)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        scorer.model = get_peft_model(scorer.model, config).eval()
    maps = element_maps(scorer, image=pictures[0], prompt=PROMPT, elements=ELEMENTS)
    assert_same_scores(scorer, maps, pictures[0])
    assert_are_maps(maps[:3])
    assert not np.allclose(maps[0].values, plain[0].values, atol=1e-4)
    assert all(value.grad is None for value in scorer.model.parameters())


def test_official_positions_for_a_scorer_with_them(tiny_model, tiny_processor, pictures):
    scorer = FGABlip2Scorer(tiny_model, tiny_processor, name="tiny", compat="official")
    elements = ["red", "blue (color)"]
    red, blue = element_maps(scorer, image=pictures[0], prompt=PROMPT, elements=elements)
    expected = scorer.score(images=[pictures[0]], prompts=[PROMPT], elements=[elements])[0].elements
    assert red.score == pytest.approx(expected[0].score, abs=1e-5)
    assert (blue.status, blue.values, math.isnan(blue.score)) == ("unmatched", None, True)


def test_where_no_patch_matters_there_is_a_score_and_no_map(scorer, pictures):
    for layer in scorer.model.qformer.encoder.layer:
        if layer.has_cross_attention:
            layer.crossattention.attention.value.weight.data.zero_()
            layer.crossattention.attention.value.bias.data.zero_()
    (found,) = element_maps(scorer, image=pictures[0], prompt=PROMPT, elements=["red"])
    assert (found.status, found.values) == (FLAT, None)
    assert 0 < found.score < 1


def test_elements_that_are_not_asked_for_have_their_score_alone(scorer, pictures):
    arguments = {"image": pictures[0], "prompt": PROMPT, "elements": ELEMENTS}
    maps, some = element_maps(scorer, **arguments), element_maps(scorer, **arguments, only={1, 3})
    assert [one.values is None for one in some] == [True, False, True, True]
    assert np.array_equal(some[1].values, maps[1].values)
    assert [(one.score, one.status) for one in some[:3]] == [(one.score, one.status) for one in maps[:3]]


def test_no_elements_no_maps(scorer, pictures):
    assert element_maps(scorer, image=pictures[0], prompt=PROMPT, elements=[]) == []


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"image": "nowhere.png"}, "nowhere.png"),
        ({"prompt": " "}, "The prompt is empty"),
        ({"elements": "red"}, "must be a list of strings"),
    ],
)
def test_what_cannot_be_mapped_is_said(scorer, pictures, changed, message):
    arguments = {"image": pictures[0], "prompt": PROMPT, "elements": ["red"]} | changed
    with pytest.raises(ElementMapError, match=message):
        element_maps(scorer, **arguments)


def test_patches_that_are_no_square_are_refused(scorer, pictures, monkeypatch):
    encode = scorer.model.encode_images
    monkeypatch.setattr(scorer.model, "encode_images", lambda pixels: encode(pixels)[:, :-1])
    with pytest.raises(ElementMapError, match="gives 4 states, expected one and a square number"):
        element_maps(scorer, image=pictures[0], prompt=PROMPT, elements=["red"])
