import re

import pytest
import torch
import transformers
from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration, MistralConfig

from evalmuse_hf.models.vqa.shared_prefix import SharedPrefix, is_per_token

IMAGE = 90
TEXT = {
    **{"vocab_size": 100, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2},
    **{"num_attention_heads": 4, "num_key_value_heads": 2, "pad_token_id": 0},
    "initializer_range": 0.2,  # a usual one would leave so little attention that a wrong position made no difference
}
QUESTIONS = [[5, 6, 7], [8, 9, 10, 11, 12, 13], [14], [5, 6, 7, 15, 16]]


def llava(text):
    vision = CLIPVisionConfig(
        hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, image_size=16, patch_size=8
    )
    model = LlavaForConditionalGeneration(LlavaConfig(vision_config=vision, text_config=text, image_token_index=IMAGE))
    ids = torch.tensor([[1, 2, *[IMAGE] * 4, 3, 4]])
    return model, {"input_ids": ids, "pixel_values": torch.randn(1, 3, 16, 16)}


def llava_of_llama():
    return llava(LlamaConfig(**TEXT))


def llava_with_a_window():
    """The window is shorter than the prefix, so that its first tokens are out of sight."""
    return llava(MistralConfig(**TEXT, sliding_window=6))


def idefics3():
    config = transformers.Idefics3Config(
        vision_config={
            **{"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2},
            **{"image_size": 16, "patch_size": 4},
        },
        text_config={"model_type": "llama", **TEXT},
        scale_factor=2,
        image_token_id=IMAGE,
    )
    ids = torch.tensor([[1, 2, *[IMAGE] * 4, 3, 4]])
    return transformers.Idefics3ForConditionalGeneration(config), {
        "input_ids": ids,
        "pixel_values": torch.randn(1, 1, 3, 16, 16),
    }


def qwen2_vl(grid=(1, 4, 8)):
    """Positions in three dimensions; a quarter of the grid's places remain as tokens."""
    text = {**TEXT, "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [1, 1, 2]}}
    vision = {"depth": 2, "embed_dim": 16, "hidden_size": 32, "num_heads": 2, "patch_size": 4, "mlp_ratio": 2}
    config = transformers.Qwen2VLConfig(
        text_config=text, vision_config=vision, image_token_id=IMAGE, vision_start_token_id=91, vision_end_token_id=92
    )
    n_patches = grid[0] * grid[1] * grid[2]
    ids = torch.tensor([[1, 2, 91, *[IMAGE] * (n_patches // 4), 92, 3, 4]])
    inputs = {
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "mm_token_type_ids": (ids == IMAGE).long(),
        "pixel_values": torch.randn(n_patches, 3 * 2 * 4 * 4),
        "image_grid_thw": torch.tensor([grid]),
    }
    return transformers.Qwen2VLForConditionalGeneration(config), inputs


VISION = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}
SIGLIP = {**VISION, "model_type": "siglip_vision_model", "image_size": 16, "patch_size": 8, "vision_use_head": False}


def llava_next():
    """A picture of two tiles, with a row of its own at the end of each line."""
    config = transformers.LlavaNextConfig(
        vision_config={**VISION, "model_type": "clip_vision_model", "image_size": 16, "patch_size": 8},
        text_config={"model_type": "mistral", **TEXT, "sliding_window": None},
        image_token_index=IMAGE,
        image_grid_pinpoints=[[16, 16], [16, 32], [32, 16]],
    )
    inputs = {"pixel_values": torch.randn(1, 2, 3, 16, 16), "image_sizes": torch.tensor([[16, 16]])}
    ids = torch.tensor([[1, 2, *[IMAGE] * 10, 3, 4]])
    return transformers.LlavaNextForConditionalGeneration(config), {"input_ids": ids, **inputs}


def smolvlm():
    config = transformers.SmolVLMConfig(
        vision_config={**VISION, "image_size": 16, "patch_size": 4},
        text_config={"model_type": "llama", **TEXT},
        scale_factor=2,
        image_token_id=IMAGE,
    )
    ids = torch.tensor([[1, 2, *[IMAGE] * 4, 3, 4]])
    model = transformers.SmolVLMForConditionalGeneration(config)
    return model, {"input_ids": ids, "pixel_values": torch.randn(1, 1, 3, 16, 16)}


def qwen3(kind, rope, vision, **text):
    """Interleaved positions in three dimensions; a quarter of the places of a grid of 4 x 8 remain as tokens."""
    rope = {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 1, 1], "mrope_interleaved": True, **rope}
    tower = {
        **{"depth": 2, "hidden_size": 16, "intermediate_size": 24, "num_heads": 2, "patch_size": 4},
        **{"out_hidden_size": 32, "num_position_embeddings": 64, "spatial_merge_size": 2, "temporal_patch_size": 2},
    }
    config = getattr(transformers, f"{kind}Config")(
        text_config={**TEXT, "head_dim": 8, "rope_parameters": rope, **text},
        vision_config={**tower, **vision},
        image_token_id=IMAGE,
        vision_start_token_id=91,
        vision_end_token_id=92,
    )
    ids = torch.tensor([[1, 2, 91, *[IMAGE] * 8, 92, 3, 4]])
    inputs = {
        **{"input_ids": ids, "attention_mask": torch.ones_like(ids), "mm_token_type_ids": (ids == IMAGE).long()},
        **{"pixel_values": torch.randn(32, 96), "image_grid_thw": torch.tensor([[1, 4, 8]])},
    }
    return getattr(transformers, f"{kind}ForConditionalGeneration")(config), inputs


def qwen3_vl():
    """The vision tower also adds to layers of the language model."""
    return qwen3("Qwen3VL", {}, {"deepstack_visual_indexes": [0]})


def qwen3_5():
    """Half of the layers keep a recurrent state."""
    linear = {f"linear_{name}": 8 if "dim" in name else 2 for name in ("key_head_dim", "value_head_dim")}
    linear |= {"linear_num_key_heads": 2, "linear_num_value_heads": 2}
    layers = ["linear_attention", "full_attention"]
    return qwen3("Qwen3_5", {"partial_rotary_factor": 1.0}, {}, layer_types=layers, **linear)


def paligemma():
    """Picture and question are read in both directions."""
    config = transformers.PaliGemmaConfig(
        vision_config={**SIGLIP, "projection_dim": 32},
        text_config={"model_type": "gemma", **TEXT, "head_dim": 8},
        image_token_index=IMAGE,
        projection_dim=32,
    )
    ids = torch.tensor([[*[IMAGE] * 4, 1, 3, 4]])
    masks = {"attention_mask": torch.ones_like(ids), "token_type_ids": torch.zeros_like(ids)}
    model = transformers.PaliGemmaForConditionalGeneration(config)
    return model, {"input_ids": ids, **masks, "pixel_values": torch.randn(1, 3, 16, 16)}


OPT = {
    **{"vocab_size": 100, "hidden_size": 32, "ffn_dim": 48, "num_hidden_layers": 2, "num_attention_heads": 4},
    **{"word_embed_proj_dim": 32, "max_position_embeddings": 64, "pad_token_id": 0, "init_std": 0.2},
}


def blip2_of_opt():
    """Its language model has no rotary positions, and what it returns has the cache in another place."""
    config = transformers.Blip2Config(
        vision_config={**VISION, "image_size": 16, "patch_size": 8},
        qformer_config={**VISION, "encoder_hidden_size": 16, "vocab_size": 100},
        text_config={"model_type": "opt", **OPT},
        num_query_tokens=4,
        image_token_index=IMAGE,
    )
    model = transformers.Blip2ForConditionalGeneration(config)
    ids = torch.tensor([[1, 2, *[IMAGE] * 4, 3, 4]])
    return model, {"input_ids": ids, "pixel_values": torch.randn(1, 3, 16, 16)}


def other_qwen2_vl():
    return qwen2_vl(grid=(1, 8, 4))


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def alone(model, prefix, question):
    """The plain forward pass over everything."""
    suffix = torch.tensor([question])
    inputs = {**prefix, "input_ids": torch.cat([prefix["input_ids"], suffix], dim=1)}
    for name, value in (("attention_mask", 1), ("mm_token_type_ids", 0), ("token_type_ids", 0)):
        if name in prefix:
            inputs[name] = torch.cat([prefix[name], torch.full_like(suffix, value)], dim=1)
    with torch.inference_mode():
        return model.eval()(**inputs).logits[0, -1]


@pytest.mark.parametrize("build", [llava_of_llama, llava_with_a_window, idefics3, qwen2_vl, other_qwen2_vl])
@pytest.mark.parametrize("batch_size", [1, 3, 32])
def test_questions_in_batches_of_any_size_are_answered_as_each_alone(build, batch_size):
    assert_equal_to_plain_passes(build, batch_size)


@pytest.mark.parametrize("build", [llava_next, smolvlm, qwen3_vl])
def test_questions_together_are_answered_as_each_alone(build):
    assert_equal_to_plain_passes(build, batch_size=3)


def assert_equal_to_plain_passes(build, batch_size):
    model, prefix = build()
    shared = SharedPrefix(model, prefix)
    logits = shared.ask(QUESTIONS, batch_size=batch_size)
    assert shared.is_shared
    assert logits.std() > 0.5
    for question, answer in zip(QUESTIONS, logits, strict=True):
        torch.testing.assert_close(answer, alone(model, prefix, question), atol=1e-4, rtol=0)


def test_asking_twice_gives_the_same():
    shared = SharedPrefix(*llava_of_llama())
    torch.testing.assert_close(shared.ask(QUESTIONS), shared.ask(QUESTIONS), atol=0, rtol=0)


def test_the_positions_of_the_questions_matter():
    """Else the comparison with plain passes would prove nothing."""
    shared = SharedPrefix(*qwen2_vl())
    right = shared.ask(QUESTIONS)
    shared._next_position += 3
    assert (shared.ask(QUESTIONS) - right).abs().max() > 1e-2


def test_two_pictures_may_be_asked_about_in_turn():
    model, prefix = qwen2_vl()
    first = SharedPrefix(model, prefix)
    before = first.ask(QUESTIONS)
    ids = torch.tensor([[1, 2, 91, *[IMAGE] * 2, 92, 3, 4]])
    small = {
        "input_ids": ids,
        "mm_token_type_ids": (ids == IMAGE).long(),
        "pixel_values": torch.randn(8, 96),
        "image_grid_thw": torch.tensor([(1, 2, 4)]),
    }
    second = SharedPrefix(model, small)
    torch.testing.assert_close(first.ask(QUESTIONS), before, atol=0, rtol=0)
    torch.testing.assert_close(second.ask([[5, 6]])[0], alone(model, small, [5, 6]), atol=1e-4, rtol=0)


def test_the_picture_matters():
    model, prefix = qwen2_vl()
    other = {**prefix, "pixel_values": torch.randn_like(prefix["pixel_values"])}
    assert (SharedPrefix(model, prefix).ask(QUESTIONS) - SharedPrefix(model, other).ask(QUESTIONS)).abs().max() > 1e-3


@pytest.mark.parametrize("build", [llava_of_llama, qwen2_vl])
def test_a_model_that_cannot_share_reads_the_picture_again_and_says_so(build, monkeypatch, caplog):
    model, prefix = build()
    expected = SharedPrefix(model, prefix).ask(QUESTIONS)
    monkeypatch.setattr("evalmuse_hf.models.vqa.shared_prefix._can_be_repeated", lambda cache: False)
    fallen_back = SharedPrefix(model, prefix)
    assert not fallen_back.is_shared
    assert "the picture is read again for every question" in caplog.text
    torch.testing.assert_close(fallen_back.ask(QUESTIONS), expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    "build, reason",
    [
        (qwen3_5, "it keeps a state that they cannot share"),
        (blip2_of_opt, "it gives no cache"),
        (paligemma, r"answers after a shared beginning differ by \d+\.\d%"),
    ],
)
def test_a_recurrent_or_bidirectional_model_reads_the_picture_again_and_says_so_once(build, reason, caplog):
    model, prefix = build()
    for _ in range(2):
        read = SharedPrefix(model, prefix)
        answers = read.ask(QUESTIONS)
        assert not read.is_shared
        for question, answer in zip(QUESTIONS, answers, strict=True):
            torch.testing.assert_close(answer, alone(model, prefix, question), atol=1e-4, rtol=0)
    assert len(re.findall(f"{reason}.*read again for every question", caplog.text)) == 1


def test_a_model_that_fails_at_what_sharing_needs_reads_the_picture_again(monkeypatch, caplog):
    model, prefix = llava_of_llama()
    read = SharedPrefix(model, prefix)
    monkeypatch.setattr(read, "_ask_together", lambda questions, shared: {}["no such input"])
    torch.testing.assert_close(read.ask([[5, 6]])[0], alone(model, prefix, [5, 6]), atol=1e-4, rtol=0)
    assert "it fails after a shared beginning (KeyError)" in caplog.text


def test_only_the_first_question_of_a_model_is_compared(monkeypatch):
    model, prefix = llava_of_llama()
    SharedPrefix(model, prefix).ask(QUESTIONS)
    monkeypatch.setattr(SharedPrefix, "_ask_alone", lambda *_: pytest.fail("compared again"))
    SharedPrefix(model, prefix).ask(QUESTIONS)


def test_rounding_in_half_precision_is_no_difference(caplog):
    for build in (llava_of_llama, qwen2_vl, idefics3):
        model, prefix = build()
        pixels = prefix["pixel_values"].bfloat16()
        read = SharedPrefix(model.bfloat16(), {**prefix, "pixel_values": pixels})
        read.ask(QUESTIONS)
        assert read.is_shared


def test_what_a_mask_of_pictures_says_of_each_token_counts_as_per_token():
    ids = torch.ones(1, 5)
    assert is_per_token("attention_mask", ids, ids)
    assert is_per_token("cross_attention_mask", torch.ones(1, 5, 1, 1), ids)
    assert not is_per_token("pixel_values", torch.ones(1, 5, 3, 4), ids)
    assert not is_per_token("cross_attention_mask", torch.ones(1, 4, 1, 1), ids)


@pytest.mark.parametrize(
    "prefix, message",
    [
        ({}, "of at least 1, got nothing"),
        ({"input_ids": torch.ones(2, 3)}, r"got \(2, 3\)"),
        ({"input_ids": torch.ones(1, 2), "attention_mask": torch.tensor([[0, 1]])}, "must not be padded"),
    ],
    ids=["nothing", "two conversations", "padding"],
)
def test_a_prefix_must_be_one_conversation(prefix, message):
    with pytest.raises(ValueError, match=message):
        SharedPrefix(llava_of_llama()[0], prefix)


@pytest.mark.parametrize(
    "questions, batch_size, message",
    [
        ([], 1, "no question to ask"),
        ([[1], []], 1, "Question 1 has no tokens"),
        ([[1]], 0, "`batch_size` must be at least 1, got 0"),
    ],
    ids=["none", "empty", "batch"],
)
def test_questions_must_be_there(questions, batch_size, message):
    with pytest.raises(ValueError, match=message):
        SharedPrefix(*llava_of_llama()).ask(questions, batch_size=batch_size)
