import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from evalmuse_hf.mini import find_checkpoint
from evalmuse_hf.models.fga_blip2 import FGABlip2ForAlignment
from evalmuse_hf.models.fga_blip2.adapter_fga_blip2 import (
    TRAINED_WHOLE,
    base_name,
    base_version,
    is_adapter,
    load_with_adapter,
    merge,
)
from evalmuse_hf.models.fga_blip2.loading_fga_blip2 import WeightsError, load_base


@pytest.fixture
def base(tiny_model, tmp_path):
    tiny_model.save_pretrained(tmp_path / "base")
    return tmp_path / "base"


@pytest.fixture
def adapter(base, tmp_path):
    """A folder as peft writes it, of adapters on the queries of self-attention; B is one instead of zero."""
    from peft import LoraConfig, PeftModel

    model = load_base(base)
    config = LoraConfig(
        r=2,
        target_modules=r"qformer\.encoder\.layer\.\d+\.attention\.attention\.query",
        modules_to_save=list(TRAINED_WHOLE),
        base_model_name_or_path=str(base),
        revision=base_version(model),
    )
    adapted = PeftModel(model, config)
    for name, parameter in adapted.named_parameters():
        if ".lora_B." in name:
            parameter.data.fill_(1.0)
    adapted.save_pretrained(str(tmp_path / "adapter"))
    return tmp_path / "adapter"


def change_config(folder: Path, **changes):
    path = folder / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}), "utf-8")


def change_weights(folder: Path, *, remove=(), **added):
    tensors = load_file(folder / "adapter_model.safetensors")
    kept = {name: tensor for name, tensor in tensors.items() if not name.endswith(tuple(remove) or ("\0",))}
    save_file(kept | added, folder / "adapter_model.safetensors")


def test_a_folder_with_adapters_is_told_from_one_with_a_model(base, adapter):
    assert is_adapter(adapter)
    assert not is_adapter(base)


def test_a_model_comes_back_with_its_adapters_worked_in(base, adapter):
    model, start = load_with_adapter(adapter), load_base(base)
    assert type(model) is FGABlip2ForAlignment
    assert not model.training
    assert model.name_or_path == str(adapter)
    changed = {
        name for name, tensor in start.state_dict().items() if not torch.equal(model.state_dict()[name], tensor)
    }
    assert changed == {f"qformer.encoder.layer.{layer}.attention.attention.query.weight" for layer in (0, 1)}


def test_a_base_that_moved_is_given_by_hand(base, adapter, tmp_path):
    base.rename(tmp_path / "moved")
    with pytest.raises(WeightsError, match=r"belong to .*base', and there is no such model here; write its folder"):
        load_with_adapter(adapter)
    assert load_with_adapter(adapter, base=tmp_path / "moved").name_or_path == str(adapter)


def test_a_folder_that_holds_a_model_too_is_refused(adapter, tiny_model):
    tiny_model.save_pretrained(adapter)
    with pytest.raises(WeightsError, match="holds a model and adapters; move one of them to a folder of its own"):
        load_with_adapter(adapter)


def test_adapters_are_not_put_on_other_weights(base, adapter):
    tensors = load_file(base / "model.safetensors")
    tensors["query_tokens"][0, 0, 0] += 1e-3
    save_file(tensors, base / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(WeightsError, match="were trained on other weights than those of"):
        load_with_adapter(adapter)
    change_config(adapter, revision=None)  # as other programs write it: nothing to compare with
    load_with_adapter(adapter)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"base_model_name_or_path": None}, "does not name the model that the adapters belong to"),
        ({"peft_type": "IA3"}, "describes adapters of type 'IA3', expected 'LORA'"),
    ],
    ids=["no base", "another kind"],
)
def test_a_description_that_cannot_be_used_is_named(adapter, changes, message):
    change_config(adapter, **changes)
    with pytest.raises(WeightsError, match=message):
        load_with_adapter(adapter)


def test_a_description_that_is_no_json_is_named(adapter):
    (adapter / "adapter_config.json").write_text("{", "utf-8")
    with pytest.raises(WeightsError, match=r"adapter_config.json is not JSON"):
        load_with_adapter(adapter)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"remove": ["itm_head.bias"]}, "missing tensor 'base_model.model.itm_head.bias'; save them again"),
        ({"remove": ["0.attention.attention.query.lora_A.weight", "itm_head.bias"]}, "missing tensor .* and 1 more"),
        ({"base_model.model.itm_head.bias": torch.zeros(3)}, "mismatched tensor 'base_model.model.itm_head.bias'"),
        ({"another": torch.zeros(2)}, "unexpected tensor 'another'"),
    ],
    ids=["missing", "two missing", "wrongly shaped", "surplus"],
)
def test_adapters_that_do_not_fit_are_named(adapter, change, message):
    change_weights(adapter, **change)
    with pytest.raises(WeightsError, match=message):
        load_with_adapter(adapter)


def test_weights_that_were_cut_are_named(adapter):
    path = adapter / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(WeightsError, match=r"adapter_model.safetensors is damaged"):
        load_with_adapter(adapter)


def test_the_version_follows_the_weights_but_not_those_that_travel_with_the_adapters(tiny_model):
    version = base_version(tiny_model)
    assert version.startswith("sha256:")
    with torch.no_grad():
        tiny_model.itm_head.bias += 1
        tiny_model.mask_head.layers[0].weight += 1
        tiny_model.vision_model.post_layernorm.bias += 1
    assert base_version(tiny_model) == version
    assert base_version(tiny_model.bfloat16().float()) != version
    assert base_version(tiny_model) == base_version(tiny_model.bfloat16())
    assert base_version(tiny_model.to("meta")) is None


def test_a_base_is_named_so_that_it_is_found_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    packaged = [base_name(name) for name in ("mini", "fga-blip2-mini", str(find_checkpoint("mini")))]
    assert packaged == ["mini"] * 3
    assert base_name("folder") == str(tmp_path / "folder")
    assert base_name("owner/name") == "owner/name"
    assert base_name("") is None


def test_merging_leaves_a_model_that_can_be_trained(adapter, base):
    from peft import PeftModel

    model = merge(PeftModel.from_pretrained(load_base(base), str(adapter)))
    assert all(parameter.requires_grad for parameter in model.parameters())
