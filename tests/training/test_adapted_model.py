import pytest
import torch

from evalmuse_hf.training.adapters import AdapterArguments, add_adapters


@pytest.fixture
def adapted(make_model):
    return add_adapters(make_model(), AdapterArguments(lora_rank=2), base="mini")


def test_saving_asks_nobody_and_warns_of_nothing(adapted, tmp_path, recwarn):
    adapted.save_pretrained(str(tmp_path))
    assert [str(warning.message) for warning in recwarn if "config file" in str(warning.message)] == []


def test_a_model_card_that_is_there_stays_as_it_is(adapted, tmp_path):
    (tmp_path / "README.md").write_text("What the training wrote.", "utf-8")
    adapted.save_pretrained(str(tmp_path))
    assert (tmp_path / "README.md").read_text("utf-8") == "What the training wrote."


def test_weights_may_be_given_as_the_trainer_gives_them(adapted, tmp_path):
    from safetensors.torch import load_file

    state = {name: torch.zeros_like(tensor) for name, tensor in adapted.state_dict().items()}
    adapted.save_pretrained(str(tmp_path), state_dict=state)
    tensors = load_file(tmp_path / "adapter_model.safetensors")
    assert not any(tensor.any() for tensor in tensors.values())
