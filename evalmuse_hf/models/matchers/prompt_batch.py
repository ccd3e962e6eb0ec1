"""Token ids of prompts, cut and padded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class PromptBatch:
    """Prompts of one pass.

    Attributes:
        input_ids: Token ids, shape ``(B, T)``.
        attention_mask: 1 on tokens, 0 on padding, shape ``(B, T)``.
        was_cut: Of each prompt, whether it was longer than the model reads.
    """

    input_ids: Tensor
    attention_mask: Tensor
    was_cut: list[bool]


def batch_prompts(
    tokenizer: Any, prompts: Sequence[str], *, max_tokens: int, device: str | torch.device
) -> PromptBatch:
    """Tokenize prompts; one that is too long is cut before its last token, which ends it.

    Args:
        tokenizer: Of the BERT kind.
        prompts: Texts, at least one.
        max_tokens: What the model reads, special tokens included.
        device: Where the ids go.
    """
    rows: list[list[int]] = tokenizer(list(prompts), verbose=False)["input_ids"]
    was_cut = [len(row) > max_tokens for row in rows]
    rows = [[*row[: max_tokens - 1], row[-1]] if cut else row for row, cut in zip(rows, was_cut, strict=True)]
    width = max(map(len, rows))
    ids = torch.tensor([[*row, *[tokenizer.pad_token_id] * (width - len(row))] for row in rows], device=device)
    lengths = torch.tensor([len(row) for row in rows], device=device)
    return PromptBatch(ids, (torch.arange(width, device=device) < lengths[:, None]).long(), was_cut)
