import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForMaskedLM, BertModel, LlamaConfig, LlamaForCausalLM

from evalmuse_hf.models.whole_weights import IncompleteWeightsError, load_whole

SIZES = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2}


def rewrite(folder, change):
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


@pytest.fixture
def folder(tmp_path):
    BertModel(BertConfig(**SIZES, vocab_size=20), add_pooling_layer=True).save_pretrained(tmp_path)
    return tmp_path


def test_whole_weights_are_those_of_the_file(folder):
    model = load_whole(BertModel, folder, dtype=torch.float64)
    assert not model.training
    assert model.dtype == torch.float64
    stored = load_file(folder / "model.safetensors")
    torch.testing.assert_close(model.state_dict(), {name: value.double() for name, value in stored.items()})


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda tensors: tensors.pop("pooler.dense.bias"), r"the file lacks 'pooler\.dense\.bias'; write or download"),
        (
            lambda tensors: [tensors.pop(name) for name in ("pooler.dense.bias", "embeddings.LayerNorm.bias")],
            r"lacks 'embeddings\.LayerNorm\.bias', and 1 more tensors do not fit",
        ),
        (
            lambda tensors: tensors.update({"pooler.dense.bias": torch.zeros(3)}),
            r"has the tensor 'pooler\.dense\.bias' of the shape \(3,\) for one of \(16,\)",
        ),
    ],
    ids=["missing", "two missing", "another shape"],
)
def test_a_tensor_that_would_stay_random_is_named_with_the_folder(folder, change, message):
    rewrite(folder, change)
    with pytest.raises(IncompleteWeightsError, match=message) as caught:
        load_whole(BertModel, folder)
    assert str(folder) in str(caught.value)


def test_tensors_that_are_tied_or_surplus_are_not_reported(tmp_path):
    for name, model in (
        ("bert", BertForMaskedLM(BertConfig(**SIZES, vocab_size=20))),
        ("llama", LlamaForCausalLM(LlamaConfig(**SIZES, vocab_size=20, tie_word_embeddings=True))),
    ):
        model.save_pretrained(tmp_path / name)
        rewrite(tmp_path / name, lambda tensors: tensors.update(surplus=torch.zeros(2)))
        load_whole(type(model), tmp_path / name)
    assert "lm_head.weight" not in load_file(tmp_path / "llama" / "model.safetensors")


def test_loading_leaves_the_talk_of_transformers_as_it_was(folder):
    before = transformers.utils.logging.get_verbosity()
    load_whole(BertModel, folder)
    assert transformers.utils.logging.get_verbosity() == before
