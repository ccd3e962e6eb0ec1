import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import Blip2Config, Blip2ForImageTextRetrieval

from evalmuse_hf.models.fga_blip2 import FGABlip2ForAlignment, FGABlip2Processor
from evalmuse_hf.training.adapters import AdapterArguments, add_adapters, save_adapter
from evalmuse_hf.training.starting_model import load_for_training


@pytest.fixture
def blip2_folder(tiny_folder, tiny_sizes, tmp_path):
    torch.manual_seed(0)
    blip2 = Blip2ForImageTextRetrieval(Blip2Config(**tiny_sizes, image_text_hidden_size=16))
    blip2.save_pretrained(tmp_path)
    FGABlip2Processor.from_pretrained(tiny_folder).save_pretrained(tmp_path)
    return tmp_path


def test_a_blip2_is_a_start(blip2_folder):
    model, _ = load_for_training(str(blip2_folder))
    assert isinstance(model, FGABlip2ForAlignment)
    assert torch.equal(model.itm_head.weight, load_file(blip2_folder / "model.safetensors")["itm_head.weight"])
    assert model.config.model_type == "fga_blip2"


def test_a_folder_of_adapters_is_a_start_with_them_merged(tiny_folder, tmp_path):
    model, processor = load_for_training(str(tiny_folder))
    adapted = add_adapters(model, AdapterArguments(lora_rank=2), base=str(tiny_folder))
    with torch.no_grad():
        adapted.get_parameter("base_model.model.itm_head.modules_to_save.default.bias").fill_(3.0)
    save_adapter(adapted, tmp_path / "adapters", processor=processor)
    merged, _ = load_for_training(str(tmp_path / "adapters"))
    assert type(merged) is FGABlip2ForAlignment
    assert merged.itm_head.bias.tolist() == [3.0, 3.0]
    assert all(parameter.requires_grad for parameter in merged.parameters())


def test_a_model_of_another_architecture_is_refused(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}), "utf-8")
    with pytest.raises(ValueError, match="is a 'bert'; expected an FGA-BLIP2"):
        load_for_training(str(tmp_path))


@pytest.fixture
def damaged_folder(tiny_folder, tmp_path):
    return shutil.copytree(tiny_folder, tmp_path / "damaged")


@pytest.mark.parametrize("change", ["missing", "wrongly shaped"])
def test_weights_that_do_not_fit_are_refused_and_not_drawn_at_random(damaged_folder, change):
    tensors = load_file(damaged_folder / "model.safetensors")
    bias = tensors.pop("itm_head.bias")
    if change == "wrongly shaped":
        tensors["itm_head.bias"] = torch.zeros(len(bias) + 1)
    save_file(tensors, damaged_folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match=r"do not fit the model: (missing|mismatched) tensor 'itm_head.bias'"):
        load_for_training(str(damaged_folder))


def test_a_blip2_may_lack_the_mask_head_and_nothing_else(blip2_folder):
    tensors = load_file(blip2_folder / "model.safetensors")
    del tensors["query_tokens"]
    save_file(tensors, blip2_folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match="missing tensor 'query_tokens'"):
        load_for_training(str(blip2_folder))
