import json
import pickle
import shutil
import struct

import pytest
import torch
from safetensors.torch import load_file

from evalmuse_hf.models.fga_blip2.convert_fga_blip2 import convert_checkpoint


class _RunsCode:
    def __reduce__(self):
        return (exec, ("raise SystemExit('the pickle ran code')",))


@pytest.fixture(scope="session")
def state_dict(fga_golden):
    return torch.load(fga_golden / "fga_blip2_tiny.pth", weights_only=True)["model"]


@pytest.fixture
def convert(fga_golden, tmp_path):
    def _convert(content, **options):
        torch.save(content, tmp_path / "changed.pth")
        sizes = {"config": fga_golden / "config.json", "vocab": fga_golden / "vocab.txt"}
        return convert_checkpoint(tmp_path / "changed.pth", tmp_path / "out", **(sizes | options))

    return _convert


def test_every_tensor_of_the_checkpoint_is_accounted_for(conversion, state_dict):
    assert sorted([*conversion.used, *conversion.unused]) == sorted(state_dict)
    assert len(conversion.used) == 157
    assert sorted(name for name in conversion.unused if not name.startswith("Qformer.cls.")) == [
        "Qformer.bert.embeddings.position_ids",
        "temp",
        "text_proj.bias",
        "text_proj.weight",
        "vision_proj.bias",
        "vision_proj.weight",
    ]
    assert all(conversion.unused.values())


def test_every_tensor_of_the_model_comes_from_the_checkpoint(conversion, state_dict):
    """Each number of the folder is in the checkpoint; the attention bias has zeros for the keys in between."""
    weights = load_file(conversion.out / "model.safetensors")
    n_key_biases = 2 * 48
    n_used = sum(state_dict[name].numel() for name in conversion.used)
    assert sum(tensor.numel() for tensor in weights.values()) == n_used + n_key_biases == conversion.n_parameters
    bias = weights["vision_model.encoder.layers.1.self_attn.qkv.bias"]
    stem = "visual_encoder.blocks.1.attn."
    expected = torch.cat([state_dict[stem + "q_bias"], torch.zeros(48), state_dict[stem + "v_bias"]])
    torch.testing.assert_close(bias, expected, rtol=0, atol=0)


def test_a_bare_state_dict_converts_too(convert, state_dict):
    assert len(convert(state_dict).used) == 157


def test_half_precision_weights_become_float32(convert, state_dict):
    halved = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in state_dict.items()}
    weights = load_file(convert({"model": halved}).out / "model.safetensors")
    assert {tensor.dtype for tensor in weights.values()} == {torch.float32}


def test_a_tokenizer_folder_serves_as_vocabulary(convert, state_dict, conversion):
    assert len(convert({"model": state_dict}, vocab=conversion.out).used) == 157


def test_a_missing_tensor_is_named(convert, state_dict):
    del (changed := dict(state_dict))["itm_head.bias"]
    with pytest.raises(ValueError, match=r"lacks 'itm_head.bias'; take a complete"):
        convert({"model": changed})


def test_many_missing_tensors_are_counted(convert, state_dict):
    changed = {name: tensor for name, tensor in state_dict.items() if not name.startswith("mask_proj")}
    with pytest.raises(ValueError, match=r"lacks 'mask_proj.layers.0.bias', .* and 7 more"):
        convert({"model": changed})


def test_a_surplus_tensor_is_named(convert, state_dict):
    with pytest.raises(ValueError, match=r"has 'weight_proj.weight', for which the model has no place"):
        convert({"model": {**state_dict, "weight_proj.weight": torch.zeros(1)}})


@pytest.mark.parametrize(
    "name, shape, expected",
    [
        ("itm_head.weight", (3, 24), r"\(2, 24\) for 'itm_head.weight'"),
        ("visual_encoder.blocks.0.attn.q_bias", (47,), r"\(48,\) for 'vision_model.encoder.layers.0.self_attn.qkv"),
    ],
    ids=["plain", "half of a bias"],
)
def test_a_wrongly_shaped_tensor_is_named_with_both_shapes(convert, state_dict, name, shape, expected):
    with pytest.raises(ValueError, match=rf"'{name}' has the shape \({shape[0]},.*\), expected {expected}"):
        convert({"model": {**state_dict, name: torch.zeros(shape)}})


def test_other_sizes_than_those_of_the_checkpoint_are_an_error(convert, state_dict, fga_golden, tmp_path):
    sizes = json.loads((fga_golden / "config.json").read_text("utf-8"))
    sizes["num_query_tokens"] = 9
    (tmp_path / "sizes.json").write_text(json.dumps(sizes), "utf-8")
    with pytest.raises(ValueError, match="'query_tokens' has the shape"):
        convert({"model": state_dict}, config=tmp_path / "sizes.json")


def test_default_sizes_are_the_official_ones(convert, state_dict):
    with pytest.raises(ValueError, match=r"lacks 'Qformer.bert.encoder.layer.10.attention.output.LayerNorm.bias'"):
        convert({"model": state_dict}, config=None)


def test_a_pickle_that_runs_code_is_refused(convert, state_dict):
    with pytest.raises(ValueError, match="could run foreign code"):
        convert({"model": state_dict, "config": _RunsCode()})


@pytest.mark.parametrize(
    "content",
    [pickle.dumps(_RunsCode(), protocol=2), b"", b"<!DOCTYPE html><html>"],
    ids=["pickle", "nothing", "web page"],
)
def test_a_file_that_is_no_checkpoint_is_refused(fga_golden, tmp_path, content):
    (tmp_path / "checkpoint.pth").write_bytes(content)
    with pytest.raises(ValueError, match=r"checkpoint.pth (holds more than tensors|is truncated)"):
        convert_checkpoint(tmp_path / "checkpoint.pth", tmp_path / "out", config=fga_golden / "config.json")


def test_a_truncated_checkpoint_is_refused(fga_golden, tmp_path):
    content = (fga_golden / "fga_blip2_tiny.pth").read_bytes()
    (tmp_path / "cut.pth").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match="is truncated or not a torch checkpoint"):
        convert_checkpoint(tmp_path / "cut.pth", tmp_path / "out", config=fga_golden / "config.json")


@pytest.mark.parametrize("share", [0.0001, 0.001, 0.01, 0.02, 0.03, 0.05, 0.1, 0.3, 0.6, 0.99])
def test_a_cut_checkpoint_in_the_old_format_is_refused(fga_golden, tmp_path, share):
    tensors = {f"layer.{row}.weight": torch.ones(40, row + 1) for row in range(40)}
    torch.save({"model": tensors}, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    content = (tmp_path / "old.pth").read_bytes()
    (tmp_path / "old.pth").write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match=r"old.pth (holds more than tensors|is truncated or not a torch checkpoint)"):
        convert_checkpoint(tmp_path / "old.pth", tmp_path / "out", config=fga_golden / "config.json")


@pytest.mark.parametrize("error", [struct.error("unpack"), IndexError(), EOFError(), AttributeError(), OSError(22)])
def test_whatever_torch_raises_for_a_damaged_file_becomes_one_sentence(fga_golden, tmp_path, monkeypatch, error):
    def fail(*arguments, **options):
        raise error

    monkeypatch.setattr(torch, "load", fail)
    (tmp_path / "odd.pth").write_bytes(b"odd")
    with pytest.raises(ValueError, match=r"odd\.pth is truncated or not a torch checkpoint"):
        convert_checkpoint(tmp_path / "odd.pth", tmp_path / "out", config=fga_golden / "config.json")


@pytest.mark.parametrize(
    "content, message",
    [({"model": [1]}, "holds no state dict"), ({"model": {"temp": 1}}, "expected a tensor for 'temp', got int")],
    ids=["no dict", "no tensors"],
)
def test_a_checkpoint_without_tensors_is_refused(convert, content, message):
    with pytest.raises(ValueError, match=message):
        convert(content)


def test_a_missing_checkpoint_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no checkpoint file at"):
        convert_checkpoint(tmp_path / "nowhere.pth", tmp_path / "out")


@pytest.mark.parametrize(
    "sizes, message",
    [
        ("{", "is not JSON"),
        ("[]", "expected an object with the sizes, got list"),
        ('{"vision": {"depth": 3}}', "unknown sizes 'depth'"),
        ('{"queries": 3}', "unknown sizes 'queries'"),
    ],
    ids=["no JSON", "no object", "unknown size of a part", "unknown size"],
)
def test_sizes_that_cannot_be_read_are_named(convert, state_dict, tmp_path, sizes, message):
    (tmp_path / "sizes.json").write_text(sizes, "utf-8")
    with pytest.raises(ValueError, match=message):
        convert({"model": state_dict}, config=tmp_path / "sizes.json")


def test_a_vocabulary_of_another_size_is_refused(convert, state_dict, tmp_path):
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ncat\n", "utf-8")
    with pytest.raises(ValueError, match="has 7 words with \\[DEC\\], expected 30523"):
        convert({"model": state_dict}, vocab=tmp_path / "vocab.txt")


def test_without_network_the_message_says_what_is_needed(convert, state_dict):
    with pytest.raises(OSError, match=r"needs the tokenizer google-bert/bert-base-uncased .*--vocab FILE"):
        convert({"model": state_dict}, vocab=None)


def test_an_output_that_is_a_file_is_refused(fga_golden, tmp_path):
    shutil.copy(fga_golden / "config.json", tmp_path / "out")
    with pytest.raises(ValueError, match="is a file; give a folder"):
        convert_checkpoint(fga_golden / "fga_blip2_tiny.pth", tmp_path / "out")


def test_the_folder_has_a_card_that_claims_nothing_of_other_sizes(conversion):
    card = (conversion.out / "README.md").read_text("utf-8")
    assert "license: other" in card
    assert "fga_blip2_tiny.pth" in card
    assert "hanshuhao" not in card
