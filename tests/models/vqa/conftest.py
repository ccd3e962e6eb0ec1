import pytest
import torch
from PIL import Image
from transformers import LlavaForConditionalGeneration, LlavaProcessor

from evalmuse_hf.models.vqa.chat import ChatModel
from evalmuse_hf.training.mini_vqa_recipe import build_model, save_checkpoint

TINY_TEXT = {
    **{"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4},
    **{"num_key_value_heads": 2, "max_position_embeddings": 512, "initializer_range": 0.3},
}


@pytest.fixture(scope="session")
def chat_folder(tmp_path_factory):
    """A tiny LLaVA with random weights, a chat template and a tokenizer that knows the drawn world."""
    folder = tmp_path_factory.mktemp("tiny-llava")
    torch.manual_seed(0)
    save_checkpoint(build_model({"text_config": TINY_TEXT}, tower="mini"), folder)
    return folder


@pytest.fixture(scope="session")
def llava(chat_folder):
    model = LlavaForConditionalGeneration.from_pretrained(chat_folder).eval()
    return model, LlavaProcessor.from_pretrained(chat_folder)


@pytest.fixture(scope="session")
def chat(llava):
    return ChatModel(*llava)


@pytest.fixture(scope="session")
def picture():
    return Image.effect_noise((90, 70), 80).convert("RGB")
