"""A tiny random model in a folder, and pictures of every bad kind."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import BertTokenizer, BlipImageProcessorPil

from evalmuse_hf.models.fga_blip2 import FGABlip2Config, FGABlip2ForAlignment, FGABlip2Processor
from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer

WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "a",
    "red",
    "blue",
    "cat",
    "dog",
    "##s",
    "and",
    "on",
    "the",
    "table",
    "two",
    "near",
    ",",
    "-",
    "old",
]


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    encoder = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = FGABlip2Config(
        vision_config={**encoder, "image_size": 28, "patch_size": 14},
        qformer_config={**encoder, "vocab_size": len(WORDS), "max_position_embeddings": 64},
        num_query_tokens=4,
        mask_head_sizes=(8, 4),
        initializer="width",
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = FGABlip2ForAlignment(config)
    tokenizer = BertTokenizer(vocab={word: index for index, word in enumerate(WORDS)}, model_max_length=64)
    folder = tmp_path_factory.mktemp("models") / "tiny"
    model.save_pretrained(folder)
    FGABlip2Processor(BlipImageProcessorPil(size={"height": 28, "width": 28}), tokenizer).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def scorer(model_folder: Path) -> FGABlip2Scorer:
    from evalmuse_hf.scoring import load_scorer

    return load_scorer("fga_blip2", model=model_folder, device="cpu")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with good pictures ``0.png`` to ``2.png``, unusual ones, and bad ones."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(3):
        pixels = rng.integers(0, 256, (40, 30 + number, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    first = Image.open(folder / "0.png")
    first.convert("P").save(folder / "palette.png")
    first.convert("CMYK").save(folder / "cmyk.jpg")
    Image.fromarray(rng.integers(0, 65_536, (20, 30), dtype=np.uint16)).save(folder / "16bit.png")
    first.save(folder / "animated.gif", save_all=True, append_images=[Image.open(folder / "1.png")])
    exif = Image.Exif()
    exif[0x0112] = 6
    first.save(folder / "rotated.jpg", exif=exif)
    (folder / "empty.png").write_bytes(b"")
    whole = (folder / "0.png").read_bytes()
    (folder / "truncated.png").write_bytes(whole[: len(whole) // 2])
    return folder
