"""Pushing goes through the methods of transformers; the Hub here is a small server on this machine."""

import runpy
from pathlib import Path

import pytest
import torch

from evalmuse_hf.models.fga_blip2 import FGABlip2ForAlignment, FGABlip2Processor

STAND_IN = runpy.run_path(str(Path(__file__).parents[2] / "hub" / "stand_in.py"))


@pytest.fixture
def hub():
    with STAND_IN["HubStandIn"]() as server:
        yield server


def test_model_and_processor_are_pushed_to_one_repository_and_load_from_its_files(
    hub, tiny_model, tiny_processor, tmp_path
):
    local, pushed = tmp_path / "local", tmp_path / "pushed"
    tiny_model.save_pretrained(local)
    tiny_processor.save_pretrained(local)
    with hub.here():
        FGABlip2ForAlignment.from_pretrained(local).push_to_hub("me/tiny")
        FGABlip2Processor.from_pretrained(local).push_to_hub("me/tiny")
    files = hub.repositories["models", "me/tiny"].files
    assert {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"} <= set(files)
    assert {"processor_config.json", "preprocessor_config.json"} & set(files)
    pushed.mkdir()
    for name, content in files.items():
        (pushed / name).write_bytes(content)
    model = FGABlip2ForAlignment.from_pretrained(pushed)
    torch.testing.assert_close(model.state_dict(), tiny_model.state_dict(), rtol=0, atol=0)
    prompts = ["a red cat on the table"]
    assert (
        FGABlip2Processor.from_pretrained(pushed)(prompts=prompts)["input_ids"]
        == tiny_processor(prompts=prompts)["input_ids"]
    )
