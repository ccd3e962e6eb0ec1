"""A small Flickr8k: 24 plain pictures in four colours, three captions each, and a sentence model of 10,000 weights."""

import io
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from transformers import BertConfig, BertModel, PreTrainedTokenizerBase

from evalmuse_hf.meta_evaluation.studies.flickr8k_data import Flickr8k, read_flickr8k
from evalmuse_hf.mini.tokenizer import build_tokenizer

COLORS = ("red", "green", "blue", "yellow")
THINGS = ("rabbit", "cat", "car", "apple", "tree", "chair")


def encoded(color: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), color).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def flickr_folder(tmp_path) -> Path:
    """Picture 0 has expert judgements, picture 1 lends a judged caption, picture 2 has judgements of the crowd."""
    folder = tmp_path / "flickr8k"
    folder.mkdir()
    names = [f"{number}.jpg" for number in range(24)]
    images = [{"bytes": encoded(COLORS[number % 4]), "path": names[number]} for number in range(24)]
    pq.write_table(pa.table({"file_name": names, "image": images}), folder / "images.parquet")
    captions = []
    for number, name in enumerate(names):
        color, thing = COLORS[number % 4], THINGS[number % 6]
        texts = (f"A {color} {thing} .", f"The {thing} is {color} .", f"It is a {thing} .")
        captions += [f"{name}#{row}\t{text}" for row, text in enumerate(texts)]
    (folder / "Flickr8k.token.txt").write_text("\n".join(captions) + "\n", "utf-8")
    experts = (
        "0.jpg\t0.jpg#2\t4\t4\t3",
        "0.jpg\t1.jpg#0\t1\t1\t2",
        "0.jpg\t1.jpg#1\t1\t2\t2",
        "0.jpg\t0.jpg#0\t4\t3\t4",
    )
    (folder / "ExpertAnnotations.txt").write_text("\n".join(experts) + "\n", "utf-8")
    (folder / "CrowdFlowerAnnotations.txt").write_text("2.jpg\t0.jpg#1\t0\t0\t3\n", "utf-8")
    return folder


@pytest.fixture
def flickr(flickr_folder) -> Flickr8k:
    return read_flickr8k(flickr_folder)


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerBase:
    return build_tokenizer()


@pytest.fixture
def make_bert(tokenizer) -> Callable[..., BertModel]:
    """Every call gives the same random weights."""

    def make(**options: int) -> BertModel:
        sizes = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}
        config = BertConfig(vocab_size=len(tokenizer), max_position_embeddings=64, **{**sizes, **options})
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return BertModel(config, add_pooling_layer=False).eval()

    return make
