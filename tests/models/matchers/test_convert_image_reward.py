import json
from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer

from evalmuse_hf.models.matchers.convert_image_reward import (
    OFFICIAL_SIZES,
    build_config,
    convert_image_reward,
    rename_weights,
)
from evalmuse_hf.models.matchers.image_reward import ImageRewardModel
from evalmuse_hf.scoring import load_scorer

GOLDEN = Path(__file__).parents[2] / "golden"
PICTURES = GOLDEN / "fga_blip2_tiny" / "images"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, reward_state, reward_sizes):
    """The official checkpoint, converted."""
    path = tmp_path_factory.mktemp("reward")
    torch.save(reward_state, path / "ImageReward.pt")
    (path / "sizes.json").write_text(json.dumps(reward_sizes))
    vocab = GOLDEN / "fga_blip2_tiny" / "vocab.txt"
    convert_image_reward(path / "ImageReward.pt", path / "tiny", config=path / "sizes.json", vocab=vocab)
    return path / "tiny"


def test_scores_of_the_converted_folder_are_those_of_the_official_code(folder, reward_cases):
    scorer = load_scorer("image_reward", model=folder, device="cpu", batch_size=3)
    prompts = [case["prompt"] for case in reward_cases]
    scores = scorer.score(images=[PICTURES / case["image"] for case in reward_cases], prompts=prompts)
    for score, case in zip(scores, reward_cases, strict=True):
        assert score.overall == pytest.approx(case["score"], abs=1e-4)
        assert score.status == ("truncated" if len(case["prompt"]) > 100 else "ok")


def test_token_ids_are_those_of_the_official_code(folder, reward_cases):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    for case in reward_cases:
        ids = tokenizer(case["prompt"], truncation=True, padding="max_length")["input_ids"]
        assert ids == case["input_ids"]
    assert tokenizer.convert_tokens_to_ids(["[DEC]", "[ENC]"]) == [30522, 30523]


def test_every_tensor_that_scores_is_in_the_model(folder, reward_state):
    left_out = ("position_ids", "vision_proj", "text_proj")
    expected = sum(value.numel() for name, value in reward_state.items() if not any(word in name for word in left_out))
    assert sum(p.numel() for p in ImageRewardModel.from_pretrained(folder).parameters()) == expected


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda state: state.pop("mlp.layers.7.bias"), "lacks 'mlp.layers.7.bias', which becomes 'head.4.bias'"),
        (lambda state: state.update(extra=torch.zeros(1)), "has 1 tensors that ImageReward does not, first 'extra'"),
        (lambda state: state.update({"mlp.layers.7.bias": torch.zeros(3)}), r"gives a shape of \(3,\) for 'head.4"),
    ],
    ids=["missing", "left over", "shape"],
)
def test_every_tensor_is_accounted_for(change, message, reward_state, reward_sizes):
    state = dict(reward_state)
    change(state)
    with pytest.raises(ValueError, match=message):
        rename_weights(state, ImageRewardModel(build_config(reward_sizes)).state_dict())


def test_official_sizes_are_those_of_the_released_file():
    with torch.device("meta"):
        model = ImageRewardModel(build_config(OFFICIAL_SIZES))
    assert sum(p.numel() for p in model.parameters()) == pytest.approx(446e6, rel=0.01)  # 1.8 GB of float32


@pytest.mark.parametrize(
    "part, value, message",
    [("text", {"encoder_width": 7}, "`encoder_width` must be the vision's"), ("mlp", [7, 1], "`mlp` must begin with")],
)
def test_sizes_that_contradict_each_other_are_refused(part, value, message, reward_sizes):
    changed = {**reward_sizes[part], **value} if part == "text" else value
    with pytest.raises(ValueError, match=message):
        build_config({**reward_sizes, part: changed})
