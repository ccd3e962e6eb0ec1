import json
from pathlib import Path

import numpy as np
import pytest
import torch

GOLDEN = Path(__file__).parents[2] / "golden" / "image_reward_tiny"


@pytest.fixture(scope="session")
def reward_cases():
    """Scores and token ids of the official ImageReward code, four prompts for each of four pictures."""
    return json.loads((GOLDEN / "cases.json").read_text())


@pytest.fixture(scope="session")
def reward_sizes():
    return json.loads((GOLDEN / "config.json").read_text())


@pytest.fixture(scope="session")
def reward_state(reward_sizes):
    """The random weights behind them by their official names; of words and positions only those in use, else zeros."""
    stored = dict(np.load(GOLDEN / "weights.npz"))
    ids, rows, positions = (stored.pop(name) for name in ("used_ids", "used_rows", "first_positions"))
    words = np.zeros((reward_sizes["text"]["vocab_size"], rows.shape[1]), dtype=np.float32)
    words[ids] = rows
    places = np.zeros((512, rows.shape[1]), dtype=np.float32)
    places[: len(positions)] = positions
    table = "blip.text_encoder.embeddings"
    stored |= {f"{table}.word_embeddings.weight": words, f"{table}.position_embeddings.weight": places}
    state = {name: torch.from_numpy(value) for name, value in stored.items()}
    return state | {f"{table}.position_ids": torch.arange(512)[None]}
