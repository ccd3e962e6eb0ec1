import json
from pathlib import Path

import numpy as np
import pytest
import torch

GOLDEN = Path(__file__).parents[2] / "golden" / "hps_v2_tiny"
PICTURES = Path(__file__).parents[2] / "golden" / "fga_blip2_tiny" / "images"


@pytest.fixture(scope="session")
def hps_cases():
    """Scores and token ids of the official HPSv2 code, four prompts for each of four pictures."""
    return json.loads((GOLDEN / "cases.json").read_text())


@pytest.fixture(scope="session")
def hps_state():
    """The random weights behind them by open_clip's names; of the vocabulary only the rows in use, else zeros."""
    stored = dict(np.load(GOLDEN / "weights.npz"))
    ids, rows = stored.pop("used_ids"), stored.pop("used_rows")
    table = np.zeros((49408, rows.shape[1]), dtype=np.float32)
    table[ids] = rows
    return {name: torch.from_numpy(value) for name, value in {**stored, "token_embedding.weight": table}.items()}


@pytest.fixture(scope="session")
def hps_sizes():
    return json.loads((GOLDEN / "config.json").read_text())


class GoldenTokenizer:
    """Gives the ids that the official tokenizer gave, without its padding; other prompts are too few words."""

    def __init__(self, cases):
        self.ids = {}
        for case in cases:
            ids = case["input_ids"]
            self.ids[case["prompt"]] = ids[: ids.index(49407) + 1]

    def __call__(self, prompt, verbose=True):
        return {"input_ids": self.ids.get(prompt) or [49406, *[320] * len(prompt.split()), 49407]}


@pytest.fixture(scope="session")
def golden_tokenizer(hps_cases):
    return GoldenTokenizer(hps_cases)
