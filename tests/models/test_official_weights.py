import pytest
import torch

from evalmuse_hf.models.official_weights import BLIP_VISION_NAMES, read_state_dict, rename, take_weights


class Danger:
    """Anything that is more than tensors."""


@pytest.mark.parametrize("content", [{"a": torch.ones(2)}, {"inner": {"a": torch.ones(2)}, "epoch": 3}])
def test_tensors_are_read_from_the_top_or_from_their_key(content, tmp_path):
    torch.save(content, tmp_path / "x.pt")
    ((name, value),) = read_state_dict(tmp_path / "x.pt", key="inner").items()
    assert (name, value.tolist()) == ("a", [1, 1])


@pytest.mark.parametrize(
    "content, message",
    [
        (Danger(), "holds more than tensors"),
        ({}, "holds no state dict; expected names and tensors, or those under 'model'"),
        ({"a": 3}, "expected a tensor for 'a', got int"),
        (None, "is truncated or not a torch checkpoint|holds more than tensors"),
    ],
)
def test_anything_else_is_refused(content, message, tmp_path):
    if content is None:
        (tmp_path / "x.pt").write_bytes(b"x")
    else:
        torch.save(content, tmp_path / "x.pt")
    with pytest.raises(ValueError, match=message):
        read_state_dict(tmp_path / "x.pt")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no checkpoint file at"):
        read_state_dict(tmp_path / "x.pt")


def test_rules_apply_in_their_order():
    name = rename("vision_model.encoder.layers.3.layer_norm1.bias", BLIP_VISION_NAMES)
    assert name == "visual_encoder.blocks.3.norm1.bias"


def test_a_tensor_may_be_part_of_an_official_one():
    official = {"both": torch.arange(4).half(), "counter": torch.zeros(1)}
    ours = {"first": torch.zeros(2), "second": torch.zeros(2)}
    taken = take_weights(
        official,
        ours,
        source_of=lambda name: "both",
        change=lambda name, value: value.chunk(2)[name == "second"],
        unused=["count.*"],
        model="X",
    )
    assert {name: value.tolist() for name, value in taken.items()} == {"first": [0, 1], "second": [2, 3]}
    assert taken["first"].dtype == torch.float32
    with pytest.raises(ValueError, match="has 1 tensors that X does not, first 'counter'"):
        take_weights(official, {"both": torch.zeros(4)}, source_of=str, model="X")
