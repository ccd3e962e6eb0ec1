import json

import pytest
import torch
from transformers import AutoModel, Blip2ForImageTextRetrieval

from evalmuse_hf.models.fga_blip2 import FGABlip2Config, FGABlip2ForAlignment

CLOSE = {"rtol": 1e-5, "atol": 1e-6}  # float32 attention sums in another order
LIKE_OFFICIAL = {"rtol": 0, "atol": 1e-5}
IDS = torch.tensor([[2, 5, 6, 8, 3], [2, 7, 9, 3, 0], [2, 5, 3, 0, 0]])


@pytest.fixture
def pixels() -> torch.Tensor:
    return torch.randn(3, 3, 28, 28, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("batch_size", [1, 24], ids=["one by one", "in one padded batch"])
def test_scores_equal_the_official_ones(golden_model, golden_processor, fga_golden, cases, batch_size):
    for start in range(0, len(cases), batch_size):
        batch = cases[start : start + batch_size]
        images = [fga_golden / case["image"] for case in batch]
        inputs = golden_processor(images=images, prompts=[case["prompt"] for case in batch], return_tensors="pt")
        with torch.no_grad():
            output = golden_model(**inputs)
        for case, overall, tokens in zip(batch, output.overall_score, output.token_scores, strict=True):
            expected = torch.tensor(case["token_scores"])
            torch.testing.assert_close(overall, torch.tensor(case["overall"]), **LIKE_OFFICIAL)
            torch.testing.assert_close(tokens[: len(expected)], expected, **LIKE_OFFICIAL)
            assert not tokens[len(expected) :].any()


def test_scores_of_the_truncating_path_equal_the_official_ones(golden_model, golden_processor, fga_golden, cases):
    inputs = golden_processor(
        images=[fga_golden / case["image"] for case in cases],
        prompts=[case["prompt"] for case in cases],
        padding="max_length",
        max_length=32,
        truncation=True,
        return_tensors="pt",
    )
    with torch.no_grad():
        overall = golden_model(**inputs).overall_score
    torch.testing.assert_close(overall, torch.tensor([case["overall_padded32"] for case in cases]), **LIKE_OFFICIAL)


def test_mask_predictions_and_the_released_loss_equal_the_official_ones(
    golden_model, golden_processor, fga_golden, cases
):
    batch = json.loads((fga_golden / "training_batch.json").read_text("utf-8"))
    chosen = [cases[index] for index in batch["case_indices"]]
    inputs = golden_processor(
        images=[fga_golden / case["image"] for case in chosen],
        prompts=[case["prompt"] for case in chosen],
        padding="max_length",
        max_length=32,
        truncation=True,
        return_tensors="pt",
    )
    with torch.no_grad():
        output = golden_model(**inputs, output_mask_probs=True)
    torch.testing.assert_close(output.mask_probs, torch.tensor(batch["mask_prediction"]), **LIKE_OFFICIAL)
    # spec of the released loss: L1 of the overall score, and a tenth of the L1 means over all 32 positions
    mask = torch.tensor(batch["mask"])
    token_loss = (output.token_scores * mask - torch.tensor(batch["token_score"])).abs().mean(dim=1)
    mask_loss = (output.mask_probs - mask).abs().mean(dim=1)
    loss = ((output.overall_score - torch.tensor(batch["score"])).abs() + 0.1 * (token_loss + mask_loss)).mean()
    assert loss.item() == pytest.approx(batch["reference_loss"], abs=1e-5)


def test_match_probabilities_agree_with_the_logits_of_blip2(tiny_config, tiny_model, pixels):
    """With one query the mean of probabilities is the probability of the mean logits that BLIP-2 gives."""
    sizes = tiny_config.to_dict() | {"num_query_tokens": 1, "vision_post_layernorm_eps": 1e-6}
    config = FGABlip2Config(**{key: value for key, value in sizes.items() if key != "model_type"})
    model = FGABlip2ForAlignment(config).eval()
    reference = Blip2ForImageTextRetrieval(config).eval()
    reference.load_state_dict(model.state_dict(), strict=False)
    with torch.no_grad():
        expected = reference(pixels, IDS, (IDS != 0).long(), use_image_text_matching_head=True).logits_per_image
        overall = model(pixels, IDS).overall_score
    torch.testing.assert_close(overall, 1 + 4 * expected.softmax(-1)[:, 1], **CLOSE)


def test_overall_score_is_the_mean_of_the_query_probabilities(tiny_model, pixels):
    output = tiny_model(pixels, IDS)
    torch.testing.assert_close(output.overall_score, 1 + 4 * output.query_scores.mean(dim=1))
    assert output.query_scores.shape == (3, 4)
    assert output.token_scores.shape == (3, 5)
    assert output.mask_probs is None


def test_padding_never_changes_a_score(tiny_model, pixels):
    ids = torch.tensor([[2, 5, 6, 3]])
    padded = torch.nn.functional.pad(ids, (0, 9))
    with torch.no_grad():
        short = tiny_model(pixels[:1], ids, output_mask_probs=True)
        long = tiny_model(pixels[:1], padded, output_mask_probs=True)
    torch.testing.assert_close(long.overall_score, short.overall_score, **CLOSE)
    torch.testing.assert_close(long.token_scores[:, :4], short.token_scores, **CLOSE)
    torch.testing.assert_close(long.mask_probs[:, :4], short.mask_probs, **CLOSE)
    assert not long.token_scores[:, 4:].any()


def test_the_order_of_a_batch_does_not_matter(tiny_model, pixels):
    order = torch.tensor([2, 0, 1])
    with torch.no_grad():
        plain, shuffled = tiny_model(pixels, IDS), tiny_model(pixels[order], IDS[order])
    torch.testing.assert_close(shuffled.overall_score, plain.overall_score[order], **CLOSE)
    torch.testing.assert_close(shuffled.token_scores, plain.token_scores[order], **CLOSE)


def test_a_given_attention_mask_equals_the_derived_one(tiny_model, pixels):
    with torch.no_grad():
        given, derived = tiny_model(pixels, IDS, attention_mask=(IDS != 0).long()), tiny_model(pixels, IDS)
    torch.testing.assert_close(given.overall_score, derived.overall_score, rtol=0, atol=0)


def test_image_embeds_equal_pixels(tiny_model, pixels):
    with torch.no_grad():
        expected = tiny_model(pixels, IDS)
        output = tiny_model(input_ids=IDS, image_embeds=tiny_model.encode_images(pixels))
    torch.testing.assert_close(output.overall_score, expected.overall_score, rtol=0, atol=0)


def test_one_picture_serves_several_prompts(tiny_model, pixels):
    with torch.no_grad():
        expected = tiny_model(pixels[:1].expand(3, -1, -1, -1), IDS)
        output = tiny_model(input_ids=IDS, image_embeds=tiny_model.encode_images(pixels[:1]))
    torch.testing.assert_close(output.overall_score, expected.overall_score, **CLOSE)
    torch.testing.assert_close(output.token_scores, expected.token_scores, **CLOSE)


def test_each_prompt_is_scored_against_the_picture_that_it_names(tiny_model, pixels):
    index = torch.tensor([1, 1, 0])
    with torch.no_grad():
        expected = tiny_model(pixels[index], IDS, output_mask_probs=True)
        of_pixels = tiny_model(pixels[:2], IDS, output_mask_probs=True, image_index=index)
        of_embeds = tiny_model(
            input_ids=IDS,
            image_embeds=tiny_model.encode_images(pixels[:2]),
            image_index=index,
            output_mask_probs=True,
        )
        other = tiny_model(pixels[1 - index], IDS)
    for output in (of_pixels, of_embeds):
        torch.testing.assert_close(output.to_tuple(), expected.to_tuple(), **CLOSE)
    assert (other.overall_score - expected.overall_score).abs().max() > 1e-3


def test_more_pictures_than_prompts_name_may_be_given(tiny_model, pixels):
    with torch.no_grad():
        expected = tiny_model(pixels[2:], IDS[:1]).overall_score
        output = tiny_model(pixels, IDS[:1], image_index=torch.tensor([2])).overall_score
    torch.testing.assert_close(output, expected, **CLOSE)


def test_the_mask_head_reads_the_prompt_alone(tiny_model, pixels):
    with torch.no_grad():
        one = tiny_model(pixels, IDS, output_mask_probs=True).mask_probs
        other = tiny_model(-pixels, IDS, output_mask_probs=True).mask_probs
    torch.testing.assert_close(one, other, rtol=0, atol=0)
    assert one.shape == IDS.shape


def test_one_fusion_pass_at_inference_and_a_second_pass_for_the_mask(tiny_model, pixels):
    passes = []
    tiny_model.qformer.register_forward_hook(lambda *_: passes.append(1))
    tiny_model(pixels, IDS)
    assert len(passes) == 1
    tiny_model(pixels, IDS, output_mask_probs=True)
    assert len(passes) == 3


def test_every_parameter_gets_a_gradient(tiny_model, pixels):
    output = tiny_model(pixels, IDS, output_mask_probs=True)
    (output.overall_score.sum() + output.token_scores.sum() + output.mask_probs.sum()).backward()
    assert [name for name, parameter in tiny_model.named_parameters() if parameter.grad is None] == []


def test_save_and_load_keep_every_score(tiny_model, pixels, tmp_path):
    tiny_model.save_pretrained(tmp_path)
    loaded = AutoModel.from_pretrained(tmp_path).eval()
    assert isinstance(loaded, FGABlip2ForAlignment)
    with torch.no_grad():
        before, after = (model(pixels, IDS, output_mask_probs=True).to_tuple() for model in (tiny_model, loaded))
    torch.testing.assert_close(after, before, rtol=0, atol=0)


def test_a_blip2_checkpoint_loads_and_only_the_mask_head_is_new(tiny_config, tmp_path):
    blip2 = Blip2ForImageTextRetrieval(tiny_config)
    blip2.save_pretrained(tmp_path)
    model, info = FGABlip2ForAlignment.from_pretrained(tmp_path, config=tiny_config, output_loading_info=True)
    assert {name.split(".")[0] for name in info["missing_keys"]} == {"mask_head"}
    assert not info["unexpected_keys"]
    torch.testing.assert_close(model.itm_head.weight, blip2.itm_head.weight)
    assert model.mask_head.layers[0].weight.std() > 0


@pytest.mark.parametrize("initializer, expected", [("official", 0.02), ("width", 32**-0.5)], ids=["official", "width"])
def test_a_model_from_scratch_starts_from_weights_that_learn(tiny_config, initializer, expected):
    """Queries of zero and a vision tower of 1e-10, as transformers draws them, do not."""
    sizes = tiny_config.to_dict() | {"initializer": initializer, "num_query_tokens": 64}
    model = FGABlip2ForAlignment(FGABlip2Config(**{k: v for k, v in sizes.items() if k != "model_type"}))
    drawn = [
        model.query_tokens,
        model.vision_model.encoder.layers[0].self_attn.qkv.weight,
        model.vision_model.embeddings.patch_embedding.weight,
        model.qformer.encoder.layer[0].crossattention.attention.key.weight,
        model.embeddings.position_embeddings.weight,
    ]
    assert [weights.std().item() for weights in drawn] == pytest.approx([expected] * len(drawn), rel=0.1)
    # The official code divides by the Q-Former's width (and one) in every layer of the mask head.
    assert model.mask_head.layers[0].weight.std().item() == pytest.approx(
        1 / 33 if initializer == "official" else expected, rel=0.2
    )


def test_the_narrow_model_learns_two_pairs(tiny_config, pixels):
    torch.manual_seed(0)
    model = FGABlip2ForAlignment(tiny_config).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    target = torch.tensor([1.5, 4.5])
    losses = []
    for _ in range(30):
        loss = (model(pixels[:2], IDS[:1].expand(2, -1)).overall_score - target).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_cross_attention_in_every_layer_is_honoured(tiny_config):
    sizes = tiny_config.to_dict()
    sizes["qformer_config"]["cross_attention_frequency"] = 1
    model = FGABlip2ForAlignment(FGABlip2Config(**{k: v for k, v in sizes.items() if k != "model_type"}))
    assert [layer.has_cross_attention for layer in model.qformer.encoder.layer] == [True, True]


def test_half_precision_scores_stay_near(tiny_model, pixels):
    with torch.no_grad():
        full = tiny_model(pixels, IDS).overall_score
        half = tiny_model.to(torch.bfloat16)(pixels, IDS).overall_score
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, full, rtol=0, atol=0.1)  # bfloat16 has 8 significant bits


@pytest.mark.parametrize(
    "inputs, message",
    [
        ({"pixel_values": torch.zeros(1, 3, 28, 28)}, "`input_ids` is missing"),
        ({"input_ids": IDS}, "Exactly one of `pixel_values` and `image_embeds`"),
        ({"input_ids": IDS, "pixel_values": torch.zeros(3, 3, 56, 56)}, r"must have the shape \(B, 3, 28, 28\)"),
        ({"input_ids": IDS, "pixel_values": torch.zeros(2, 3, 28, 28)}, "got 2 pictures and 3 prompts"),
        (
            {"input_ids": IDS, "image_embeds": torch.zeros(2, 5, 32)},
            "got 2 pictures and 3 prompts; say with `image_index` which picture each prompt has",
        ),
        (
            {"input_ids": IDS, "image_embeds": torch.zeros(2, 5, 32), "image_index": torch.tensor([0, 1])},
            r"`image_index` must name a picture for each of the 3 prompts, got the shape \(2,\)",
        ),
        (
            {"input_ids": IDS, "image_embeds": torch.zeros(3, 5, 32), "image_index": torch.tensor([[0, 1, 2]])},
            r"`image_index` must name a picture for each of the 3 prompts, got the shape \(1, 3\)",
        ),
        (
            {"input_ids": IDS, "pixel_values": torch.zeros(3, 3, 28, 28), "attention_mask": torch.ones(3, 4)},
            "`attention_mask` must have the shape of `input_ids`",
        ),
        (
            {"input_ids": torch.ones(1, 65, dtype=torch.long), "pixel_values": torch.zeros(1, 3, 28, 28)},
            "65 positions, and the model reads at most 64",
        ),
    ],
    ids=[
        *("no prompt", "no picture", "wrong size", "wrong number", "several pictures without an index"),
        *("an index that is too short", "an index of another shape", "wrong mask", "too long"),
    ],
)
def test_wrong_inputs_get_one_clear_sentence(tiny_model, inputs, message):
    with pytest.raises(ValueError, match=message):
        tiny_model(**inputs)


def test_trainer_is_told_to_divide_by_the_accumulation_steps():
    assert FGABlip2ForAlignment.accepts_loss_kwargs is False
