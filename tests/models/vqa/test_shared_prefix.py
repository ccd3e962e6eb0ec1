import pytest
import torch
from transformers import (
    CLIPVisionConfig,
    Idefics3Config,
    Idefics3ForConditionalGeneration,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    MistralConfig,
    Qwen2VLConfig,
    Qwen2VLForConditionalGeneration,
)

from evalmuse_hf.models.vqa.shared_prefix import SharedPrefix

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
    config = Idefics3Config(
        vision_config={
            **{"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2},
            **{"image_size": 16, "patch_size": 4},
        },
        text_config={"model_type": "llama", **TEXT},
        scale_factor=2,
        image_token_id=IMAGE,
    )
    ids = torch.tensor([[1, 2, *[IMAGE] * 4, 3, 4]])
    return Idefics3ForConditionalGeneration(config), {"input_ids": ids, "pixel_values": torch.randn(1, 1, 3, 16, 16)}


def qwen2_vl(grid=(1, 4, 8)):
    """Positions in three dimensions; a quarter of the grid's places remain as tokens."""
    text = {**TEXT, "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [1, 1, 2]}}
    vision = {"depth": 2, "embed_dim": 16, "hidden_size": 32, "num_heads": 2, "patch_size": 4, "mlp_ratio": 2}
    config = Qwen2VLConfig(
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
    return Qwen2VLForConditionalGeneration(config), inputs


def other_qwen2_vl():
    return qwen2_vl(grid=(1, 8, 4))


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def alone(model, prefix, question):
    """The plain forward pass over everything."""
    suffix = torch.tensor([question])
    inputs = {**prefix, "input_ids": torch.cat([prefix["input_ids"], suffix], dim=1)}
    for name, value in (("attention_mask", 1), ("mm_token_type_ids", 0)):
        if name in prefix:
            inputs[name] = torch.cat([prefix[name], torch.full_like(suffix, value)], dim=1)
    with torch.inference_mode():
        return model.eval()(**inputs).logits[0, -1]


@pytest.mark.parametrize("build", [llava_of_llama, llava_with_a_window, idefics3, qwen2_vl, other_qwen2_vl])
@pytest.mark.parametrize("batch_size", [1, 3, 32])
def test_questions_together_are_answered_as_each_alone(build, batch_size):
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
