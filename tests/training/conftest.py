"""Models of 40,000 parameters and data for them: in memory, and as the folders that a command line names."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import BlipImageProcessorPil

from evalmuse_hf.data import build_dataset
from evalmuse_hf.mini import write_release
from evalmuse_hf.mini.tokenizer import build_tokenizer
from evalmuse_hf.models.fga_blip2 import FGABlip2Config, FGABlip2ForAlignment, FGABlip2Processor
from evalmuse_hf.training import FGATrainer, FGATrainingArguments

Row = dict[str, Tensor]
VOCABULARY = 99
ENCODER = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 4}


@pytest.fixture(autouse=True)
def _hear_everything(caplog) -> None:
    """A command that ran before may have told the library to be quiet."""
    caplog.set_level(logging.INFO, logger="evalmuse_hf")


@pytest.fixture
def make_model() -> Callable[[], FGABlip2ForAlignment]:
    """Every call gives the same random weights; without dropout, so that two runs can be compared."""

    def make() -> FGABlip2ForAlignment:
        dropout = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
        config = FGABlip2Config(
            vision_config={**ENCODER, "image_size": 28, "patch_size": 14},
            qformer_config={**ENCODER, **dropout, "vocab_size": VOCABULARY, "cross_attention_frequency": 1},
            num_query_tokens=4,
            mask_head_sizes=(16,),
            initializer="width",
        )
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return FGABlip2ForAlignment(config)

    return make


@pytest.fixture
def make_rows() -> Callable[..., list[Row]]:
    """Pairs of which every other one is right; prompts of different lengths, pictures and weights at random."""

    def make(n: int) -> list[Row]:
        generator = torch.Generator().manual_seed(1)
        rows = []
        for number in range(n):
            length, right = 5 + 2 * (number % 4), number % 2
            mask = torch.zeros(length)
            mask[2:4] = 1
            rows.append(
                {
                    "pixel_values": torch.randn(3, 28, 28, generator=generator),
                    "input_ids": torch.randint(5, VOCABULARY, (length,), generator=generator),
                    "overall_target": torch.tensor(1.0 + 4 * right),
                    "token_target": mask * right,
                    "token_mask": mask,
                    "weight": 0.5 + torch.rand((), generator=generator),
                }
            )
        return rows

    return make


def collate(rows: list[Row]) -> Row:
    """Pad to the longest prompt of the micro-batch, as the collator of the library does."""
    longest = max(len(row["input_ids"]) for row in rows)
    batch = {
        name: torch.stack([F.pad(row[name], (0, longest - len(row[name]))) for row in rows])
        for name in ("input_ids", "token_target", "token_mask")
    }
    batch |= {name: torch.stack([row[name] for row in rows]) for name in ("pixel_values", "overall_target", "weight")}
    return {**batch, "attention_mask": (batch["input_ids"] != 0).long()}


@pytest.fixture
def make_trainer(tmp_path, make_model) -> Callable[..., FGATrainer]:
    """A trainer of the tiny model on the given rows; further options go to `FGATrainingArguments`."""

    def make(rows: list[Row], **options: Any) -> FGATrainer:
        quiet = {"report_to": [], "use_cpu": True, "disable_tqdm": True, "logging_steps": 1, "save_strategy": "no"}
        args = FGATrainingArguments(output_dir=str(tmp_path / "out"), **{**quiet, **options})
        return FGATrainer(model=make_model(), args=args, train_dataset=rows, eval_dataset=rows, data_collator=collate)

    return make


@pytest.fixture
def losses() -> Callable[[FGATrainer], list[float]]:
    """Training loss of every logged step."""
    return lambda trainer: [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


def make_processor() -> FGABlip2Processor:
    """Pictures of 32 pixels and the vocabulary of the drawn world."""
    return FGABlip2Processor(BlipImageProcessorPil(size={"height": 32, "width": 32}), build_tokenizer())


@pytest.fixture(scope="session")
def tiny_sizes() -> dict[str, Any]:
    """Options of a configuration for that processor."""
    qformer = {"encoder_hidden_size": 32, "vocab_size": len(build_tokenizer()), "use_qformer_text_input": True}
    return {
        "vision_config": {**ENCODER, "image_size": 32, "patch_size": 16},
        "qformer_config": {**ENCODER, **qformer},
        "num_query_tokens": 4,
    }


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory, tiny_sizes) -> Path:
    """A model and its processor, as `save_pretrained` writes them."""
    folder = tmp_path_factory.mktemp("model")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = FGABlip2Config(**tiny_sizes, mask_head_sizes=(16,), initializer="width")
        FGABlip2ForAlignment(config).save_pretrained(folder)
    make_processor().save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_data(tmp_path_factory) -> Path:
    """A built data set: 12 pairs to train on, 9 to test on."""
    folder = tmp_path_factory.mktemp("data")
    write_release(folder / "raw", train_prompts=4, test_prompts=3, images_per_prompt=3, seed=0)
    build_dataset(folder / "raw", folder / "built")
    return folder / "built"
