"""Tiny models made in memory, and the golden checkpoint converted once."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import BertTokenizer, BlipImageProcessorPil

from evalmuse_hf.models.fga_blip2 import FGABlip2Config, FGABlip2ForAlignment, FGABlip2Processor
from evalmuse_hf.models.fga_blip2.convert_fga_blip2 import ConversionReport, convert_checkpoint

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORDS = (*SPECIAL, *"a red blue cat dog ##s and on the table two near , - old".split())  # noqa: SIM905


@pytest.fixture(scope="session")
def tiny_config() -> FGABlip2Config:
    encoder = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 4}
    return FGABlip2Config(
        vision_config={**encoder, "image_size": 28, "patch_size": 14},
        qformer_config={**encoder, "vocab_size": len(WORDS), "max_position_embeddings": 64},
        num_query_tokens=4,
        mask_head_sizes=(8, 4),
        initializer="width",
    )


@pytest.fixture
def tiny_model(tiny_config) -> FGABlip2ForAlignment:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return FGABlip2ForAlignment(tiny_config).eval()


@pytest.fixture(scope="session")
def tiny_processor() -> FGABlip2Processor:
    tokenizer = BertTokenizer(vocab={word: index for index, word in enumerate(WORDS)}, model_max_length=64)
    return FGABlip2Processor(BlipImageProcessorPil(size={"height": 28, "width": 28}), tokenizer)


@pytest.fixture(scope="session")
def pictures() -> list[Image.Image]:
    rng = np.random.default_rng(0)
    return [Image.fromarray(rng.integers(0, 256, (40, 30 + 5 * index, 3), dtype=np.uint8)) for index in range(3)]


@pytest.fixture(scope="session")
def fga_golden(golden: Path) -> Path:
    return golden / "fga_blip2_tiny"


@pytest.fixture(scope="session")
def cases(fga_golden: Path) -> list[dict[str, Any]]:
    return json.loads((fga_golden / "cases.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def conversion(fga_golden: Path, tmp_path_factory: pytest.TempPathFactory) -> ConversionReport:
    return convert_checkpoint(
        fga_golden / "fga_blip2_tiny.pth",
        tmp_path_factory.mktemp("converted"),
        config=fga_golden / "config.json",
        vocab=fga_golden / "vocab.txt",
    )


@pytest.fixture(scope="session")
def golden_model(conversion: ConversionReport) -> FGABlip2ForAlignment:
    return FGABlip2ForAlignment.from_pretrained(conversion.out).eval()


@pytest.fixture(scope="session")
def golden_processor(conversion: ConversionReport) -> FGABlip2Processor:
    return FGABlip2Processor.from_pretrained(conversion.out)
