import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from evalmuse_hf.models.fga_blip2.loading_fga_blip2 import WeightsError, load_base, load_model


@pytest.fixture
def folder(tiny_model, tmp_path):
    tiny_model.save_pretrained(tmp_path)
    return tmp_path


def change_weights(folder, *, remove=(), **added):
    tensors = load_file(folder / "model.safetensors")
    tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith(tuple(remove))}
    save_file(tensors | added, folder / "model.safetensors", metadata={"format": "pt"})


def test_a_saved_model_comes_back_with_its_weights(folder, tiny_model):
    model = load_model(folder)
    assert not model.training
    torch.testing.assert_close(model.state_dict(), tiny_model.state_dict(), rtol=0, atol=0)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"remove": ["itm_head.bias"]}, "missing tensor 'itm_head.bias'; save"),
        ({"remove": ["itm_head."]}, "missing tensor 'itm_head.bias' and 1 more"),
        ({"itm_head.bias": torch.zeros(3)}, "mismatched tensor 'itm_head.bias'"),
        ({"another.bias": torch.zeros(2)}, "unexpected tensor 'another.bias'"),
    ],
    ids=["missing", "two missing", "wrongly shaped", "surplus"],
)
def test_a_tensor_that_does_not_fit_is_named(folder, change, message):
    change_weights(folder, **change)
    with pytest.raises(WeightsError, match=message):
        load_model(folder)


def test_only_what_may_be_lacking_may_be_lacking(folder):
    change_weights(folder, remove=["mask_head."])
    with pytest.raises(WeightsError, match=r"missing tensor 'mask_head\.layers\.0\.bias' and 5 more"):
        load_model(folder)
    assert load_model(folder, may_lack=r"mask_head\.").mask_head.layers[0].weight.std() > 0
    change_weights(folder, remove=["query_tokens"])
    with pytest.raises(WeightsError, match="missing tensor 'query_tokens'; save"):
        load_model(folder, may_lack=r"mask_head\.")


def test_loading_leaves_the_talk_of_transformers_as_it_was(folder):
    talk = transformers.utils.logging
    before = talk.get_verbosity(), talk.is_progress_bar_enabled()
    load_model(folder)
    assert (talk.get_verbosity(), talk.is_progress_bar_enabled()) == before


def test_a_blip2_is_a_base_with_a_new_mask_head(tiny_config, tmp_path):
    from transformers import Blip2Config, Blip2ForImageTextRetrieval

    sizes = {name: tiny_config.to_dict()[name] for name in ("vision_config", "qformer_config", "num_query_tokens")}
    config = Blip2Config(**sizes, image_text_hidden_size=8)
    blip2 = Blip2ForImageTextRetrieval(config)
    blip2.save_pretrained(tmp_path)
    model = load_base(tmp_path)
    torch.testing.assert_close(model.itm_head.weight, blip2.itm_head.weight, rtol=0, atol=0)
    assert len(model.mask_head.layers) == 5  # the official sizes
    assert model.dtype == torch.float32


def test_a_base_of_another_architecture_is_named(tmp_path):
    transformers.BertConfig().save_pretrained(tmp_path)
    with pytest.raises(WeightsError, match="is a 'bert'; expected an FGA-BLIP2, or a BLIP-2"):
        load_base(tmp_path)


def test_a_base_is_in_float32_whatever_was_saved(folder, tiny_model):
    tiny_model.bfloat16().save_pretrained(folder)
    assert load_base(folder).dtype == torch.float32
