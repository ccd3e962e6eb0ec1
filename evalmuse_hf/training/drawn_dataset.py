"""Drawn pairs as tensors: tokenised once, read many times, each picture encoded once by the frozen vision tower."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from evalmuse_hf.elements import clean_prompt, find_spans, token_positions
from evalmuse_hf.mini.pairs import DrawnPair, draw_pairs
from evalmuse_hf.mini.pool import ScenePool
from evalmuse_hf.mini.tokenizer import build_tokenizer

N_POSITIONS = 24  # the longest prompt of the drawn world has 16 tokens
_CHUNK = 512  # pairs per call of the tokenizer
_PART = 5000  # pictures whose prompts share a random stream; changing it changes the pairs


@dataclass(frozen=True, slots=True)
class TokenizedPairs:
    """`N` pairs of a picture's row with a prompt of up to `N_POSITIONS` tokens.

    Attributes:
        rows: int64, shape (N,), rows of the pool.
        input_ids: int16, shape (N, N_POSITIONS), 0 at padding.
        token_target: float16, shape (N, N_POSITIONS), truth of the token's element, 0 elsewhere.
        token_mask: bool, shape (N, N_POSITIONS).
        overall_target: float32, shape (N,), on the 1-5 scale.
    """

    rows: np.ndarray
    input_ids: np.ndarray
    token_target: np.ndarray
    token_mask: np.ndarray
    overall_target: np.ndarray


class DrawnDataset(Dataset[int]):
    """Batches for `FGATrainer` from tokenised pairs and what the frozen vision tower says of each picture.

    Args:
        pairs: The pairs.
        pictures: Patch states of every picture of the pool, shape (M, P, D), from
            `evalmuse_hf.training.vision_pretraining.encode_pool`.
    """

    def __init__(self, pairs: TokenizedPairs, pictures: Tensor):
        self.pairs = pairs
        self.pictures = pictures

    def __len__(self) -> int:
        return len(self.pairs.rows)

    def __getitem__(self, index: int) -> int:
        """Return the index itself: `collate` reads a whole batch at once, which is many times faster."""
        return index

    def collate(self, indices: Sequence[int]) -> dict[str, Tensor]:
        """Read a batch, cut to its longest prompt.

        Args:
            indices: Which pairs.

        Returns:
            The batch as `FGATrainer` reads it, with ``image_embeds`` of shape ``(B, P, D)`` in place of pixels.
        """
        pairs, chosen = self.pairs, np.asarray(indices)
        input_ids = torch.from_numpy(pairs.input_ids[chosen].astype(np.int64))
        length = int((input_ids != 0).sum(dim=1).max())
        pictures = self.pictures[torch.from_numpy(pairs.rows[chosen])]
        return {
            "image_embeds": pictures.float(),
            "input_ids": input_ids[:, :length],
            "attention_mask": (input_ids != 0).long()[:, :length],
            "token_target": torch.from_numpy(pairs.token_target[chosen].astype(np.float32))[:, :length],
            "token_mask": torch.from_numpy(pairs.token_mask[chosen].astype(np.float32))[:, :length],
            "overall_target": torch.from_numpy(pairs.overall_target[chosen]),
        }


def tokenize_pairs(pairs: Iterable[DrawnPair]) -> TokenizedPairs:
    """Turn pairs into arrays, element texts into token positions by `evalmuse_hf.elements`.

    A token of several elements gets the mean of their scores.

    Args:
        pairs: The pairs; they are read in chunks, so a generator will do.

    Raises:
        ValueError: If a prompt has more than `N_POSITIONS` tokens or an element is not in it.
    """
    tokenizer = build_tokenizer()
    rows, ids, targets, masks, overall = [], [], [], [], []
    source = iter(pairs)
    while batch := list(islice(source, _CHUNK)):
        cleaned = [clean_prompt(pair.prompt) for pair in batch]
        encoding = tokenizer([prompt.text for prompt in cleaned], return_offsets_mapping=True)
        for pair, prompt, tokens, offsets in zip(
            batch, cleaned, encoding["input_ids"], encoding["offset_mapping"], strict=True
        ):
            if len(tokens) > N_POSITIONS:
                raise ValueError(f"Expected at most {N_POSITIONS} tokens, got {len(tokens)} in {pair.prompt!r}.")
            scores, counts = np.zeros(N_POSITIONS), np.zeros(N_POSITIONS)
            for spans, score in zip(find_spans(prompt, pair.elements), pair.element_scores, strict=True):
                positions = list(token_positions(spans, offsets))
                if not positions:
                    raise ValueError(f"Expected element {spans.text!r} in its prompt {pair.prompt!r}.")
                scores[positions] += score
                counts[positions] += 1
            rows.append(pair.row)
            ids.append(np.pad(np.array(tokens, dtype=np.int16), (0, N_POSITIONS - len(tokens))))
            targets.append((scores / np.maximum(counts, 1)).astype(np.float16))
            masks.append(counts > 0)
            overall.append(pair.overall_score)
    return TokenizedPairs(
        np.array(rows), np.stack(ids), np.stack(targets), np.stack(masks), np.array(overall, dtype=np.float32)
    )


def tokenized_pool(pool: ScenePool, *, seed: int, workers: int = 1, **options: Any) -> TokenizedPairs:
    """Write prompts about every picture of a pool and tokenise them.

    Args:
        pool: Pictures of the training side.
        seed: Fixes the prompts.
        workers: Processes; the result does not depend on their number.
        **options: `prompts_per_picture` and `extra_templates` of `evalmuse_hf.mini.pairs.draw_pairs`.
    """
    parts = [_part(pool, first, seed, options) for first in range(0, len(pool.scenes), _PART)]
    if workers > 1:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor:
            done = list(executor.map(_tokenize_part, parts))
    else:
        done = [_tokenize_part(part) for part in parts]
    for part, tokenized in zip(parts, done, strict=True):
        tokenized.rows[:] += part[1]
    return TokenizedPairs(
        *(np.concatenate([getattr(part, name) for part in done]) for name in TokenizedPairs.__slots__)
    )


def _part(
    pool: ScenePool, first: int, seed: int, options: dict[str, Any]
) -> tuple[ScenePool, int, int, dict[str, Any]]:
    here = slice(first, first + _PART)
    nothing = np.empty(0)
    part = ScenePool(nothing, nothing, nothing, pool.scenes[here], pool.prompts[here], pool.templates[here])
    return part, first, seed + first, options


def _tokenize_part(part: tuple[ScenePool, int, int, dict[str, Any]]) -> TokenizedPairs:
    pool, _, seed, options = part
    return tokenize_pairs(draw_pairs(pool, range(len(pool.scenes)), seed=seed, **options))
