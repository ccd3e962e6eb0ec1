"""What every test gets: no network, private caches, and the path of the golden files."""

import gc
import logging
import os
import runpy
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.servers.fixtures import (  # noqa: F401 - fixtures of every test below this folder
    browser,
    browser_page,
    chromium_path,
    database_numbers,
    postgres_server,
    postgres_url,
)

TESTS = Path(__file__).parent
OFFLINE = TESTS / "offline"
OFFLINE_VARIABLES = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE", "HF_EVALUATE_OFFLINE")
# Set before any Hugging Face library is imported: these are read at import, and child processes inherit them.
CACHES = {
    "HF_HOME": "huggingface",
    "HF_DATASETS_CACHE": "huggingface/datasets",
    "HF_MODULES_CACHE": "huggingface/modules",
    "MPLCONFIGDIR": "matplotlib",
    "XDG_CACHE_HOME": "cache",
}

collect_ignore = ["offline"]  # a hook for interpreters, not a module to collect doctests from


def _refuse_the_network() -> None:
    runpy.run_path(str(OFFLINE / "sitecustomize.py"))
    for variable in OFFLINE_VARIABLES:
        os.environ[variable] = "1"
    for variable in ("HF_ENDPOINT", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        os.environ.pop(variable, None)
    paths = [str(OFFLINE), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))


def _make_private_caches() -> Path:
    """Give this process, and with xdist each worker, cache folders that nobody else writes to."""
    folder = Path(tempfile.mkdtemp(prefix="evalmuse-tests-"))
    for variable, name in CACHES.items():
        os.environ[variable] = str(folder / name)
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "TRANSFORMERS_CACHE", "HF_METRICS_CACHE"):
        os.environ.pop(variable, None)
    return folder


_refuse_the_network()
CACHE_FOLDER = _make_private_caches()
os.environ["TOKENIZERS_PARALLELISM"] = "false"
gc.disable()  # until all tests are collected: next to nothing that is made before is garbage, and looking takes long


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Leave thousands of collected tests out of every later search for garbage; trainers ask for many."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    """Remove the private caches of this process."""
    shutil.rmtree(CACHE_FOLDER, ignore_errors=True)


@pytest.fixture(autouse=True)
def _log_level_of_the_package():
    """A command that a test runs with ``--quiet`` must not silence what later tests listen for."""
    loggers = [logging.getLogger(name) for name in ("evalmuse_hf", "huggingface_hub.utils._http")]
    levels = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture(scope="session")
def golden() -> Path:
    """Folder of the golden files: numbers that another program computed."""
    return TESTS / "golden"


@pytest.fixture(scope="session")
def letter_tokenizer():
    """A BERT tokenizer that knows a few words and all letters."""
    from transformers import BertTokenizer

    letters = "abcdefghijklmnopqrstuvwxyz"
    words = [*("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cat", "red"), *letters]
    words += [f"##{letter}" for letter in letters]
    return BertTokenizer(vocab={word: place for place, word in enumerate(words)})


@pytest.fixture(scope="session")
def blip2_folder(tmp_path_factory, letter_tokenizer):
    """A tiny random BLIP-2 with its matching head."""
    import torch
    from transformers import Blip2Config, Blip2ForImageTextRetrieval, BlipImageProcessorPil

    folder = tmp_path_factory.mktemp("blip2") / "tiny-blip2"
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2}
    shape = {"encoder_hidden_size": 32, "cross_attention_frequency": 1, "max_position_embeddings": 40}
    config = Blip2Config(
        vision_config={**sizes, "image_size": 28, "patch_size": 14},
        qformer_config={**sizes, **shape, "vocab_size": len(letter_tokenizer), "use_qformer_text_input": True},
        num_query_tokens=4,
        image_text_hidden_size=8,
        image_token_index=None,
    )
    torch.manual_seed(0)
    model = Blip2ForImageTextRetrieval(config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder)
    letter_tokenizer.save_pretrained(folder)
    BlipImageProcessorPil(size={"height": 28, "width": 28}).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def image_reward_folder(tmp_path_factory, letter_tokenizer):
    """A tiny random ImageReward."""
    import torch

    from evalmuse_hf.models.matchers import ImageRewardConfig, ImageRewardModel

    folder = tmp_path_factory.mktemp("reward") / "tiny-reward"
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = ImageRewardConfig(
        vision_config={**sizes, "image_size": 28, "patch_size": 14},
        text_config={**sizes, "vocab_size": len(letter_tokenizer), "max_position_embeddings": 40},
        head_sizes=(16, 8),
    )
    torch.manual_seed(0)
    ImageRewardModel(config).save_pretrained(folder)
    letter_tokenizer.save_pretrained(folder)
    return folder
