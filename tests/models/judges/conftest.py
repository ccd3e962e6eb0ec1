import pytest

from evalmuse_hf.mini import find_checkpoint
from evalmuse_hf.models.vqa.chat import ChatModel


@pytest.fixture(scope="session")
def mini_chat():
    """The packaged chat model."""
    from transformers import AutoModelForImageTextToText, AutoProcessor

    folder = find_checkpoint("mini", family="vqa")
    return ChatModel(AutoModelForImageTextToText.from_pretrained(folder), AutoProcessor.from_pretrained(folder))
