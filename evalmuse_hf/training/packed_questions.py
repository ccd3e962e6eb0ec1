"""Many questions about one picture in one sequence, so that training reads the picture once.

After the picture, the questions follow one another; none sees another, and each has the positions that it would have
alone. The loss is that of the answers only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import LlavaForConditionalGeneration, TokenizersBackend

from evalmuse_hf.mini.questions import draw_questions
from evalmuse_hf.mini.scene import Scene

IGNORED = -100
_SHARED = -2  # the question that the tokens before all questions belong to


@dataclass(frozen=True, slots=True)
class Pack:
    """Questions about one picture, one after the other.

    Attributes:
        ids: Tokens, shape ``(T,)``.
        positions: Place of each token after the picture if its question stood there alone, from 0, shape ``(T,)``.
        members: Number of the question of each token, shape ``(T,)``.
        labels: What the model shall say next, `IGNORED` but for answers, shape ``(T,)``.
    """

    ids: list[int]
    positions: list[int]
    members: list[int]
    labels: list[int]


def pack_questions(questions: Sequence[tuple[Sequence[int], Sequence[int]]]) -> Pack:
    """Put questions with their answers in a row.

    Args:
        questions: Token ids of each question, up to and with what makes the model answer, and of its answer, with the
            token that ends it.

    >>> pack = pack_questions([([5, 6], [7, 8]), ([9], [7, 8])])
    >>> pack.ids, pack.positions, pack.members
    ([5, 6, 7, 9, 7], [0, 1, 2, 0, 1], [0, 0, 0, 1, 1])
    >>> pack.labels
    [-100, 7, 8, 7, 8]
    """
    pack = Pack([], [], [], [])
    for number, (question, answer) in enumerate(questions):
        ids = [*question, *answer[:-1]]  # nothing is asked of the token that ends the answer
        pack.ids.extend(ids)
        pack.positions.extend(range(len(ids)))
        pack.members.extend([number] * len(ids))
        pack.labels.extend([IGNORED] * (len(question) - 1) + list(answer))
    return pack


class DrawnQuestions(torch.utils.data.Dataset[tuple[int, Pack]]):
    """Endless questions about a pool of drawn pictures; item ``i`` is always the same.

    Args:
        scenes: What the pictures show.
        tokenizer: Of the model.
        size: Number of items; each is one picture with new questions.
        seed: Fixes pictures and questions.
        questions: Options of `draw_questions`; ``size`` is the number of questions per picture.
    """

    def __init__(
        self,
        scenes: Sequence[Scene],
        tokenizer: TokenizersBackend,
        *,
        size: int,
        seed: int,
        questions: Mapping[str, Any],
    ) -> None:
        self.scenes, self.tokenizer, self.size = scenes, tokenizer, size
        self.seed, self.questions = seed, dict(questions)

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> tuple[int, Pack]:
        rng = np.random.default_rng([self.seed, index])
        row = int(rng.integers(len(self.scenes)))
        drawn = draw_questions(self.scenes[row], rng, **self.questions)
        asked = self._encode([f"{question.text}<assistant>" for question in drawn])
        answered = self._encode([f"{question.answer}</s>" for question in drawn])
        return row, pack_questions(list(zip(asked, answered, strict=True)))

    def _encode(self, texts: list[str]) -> list[list[int]]:
        ids: list[list[int]] = self.tokenizer(texts, add_special_tokens=False)["input_ids"]
        return ids


def collate_packs(features: Tensor, items: Sequence[tuple[int, Pack]]) -> dict[str, Tensor]:
    """Make a batch for `PackedModel`.

    Args:
        features: Of every picture of the pool, shape ``(N, P, D_v)``.
        items: Of `DrawnQuestions`.

    Returns:
        ``features`` ``(B, P, D_v)``, ``ids``, ``positions``, ``members`` (-1 at padding) and ``labels`` ``(B, T)``.
    """
    width = max(len(pack.ids) for _, pack in items)
    batch = {"features": features[[row for row, _ in items]].float()}
    for name, fill in (("ids", 0), ("positions", 0), ("members", -1), ("labels", IGNORED)):
        rows = [getattr(pack, name) for _, pack in items]
        batch[name] = torch.tensor([[*row, *[fill] * (width - len(row))] for row in rows])
    return batch


class PackedModel(nn.Module):
    """The parts of a LLaVA behind its vision tower, trained on packed questions.

    Args:
        model: The whole model; the tower's output is given, so that only the rest learns.
        prefix: Ids before the picture.
    """

    def __init__(self, model: LlavaForConditionalGeneration, prefix: Sequence[int]) -> None:
        super().__init__()
        self.projector = model.model.multi_modal_projector
        self.language_model = model.model.language_model
        self.head = model.lm_head
        self.prefix = nn.Buffer(torch.tensor(list(prefix)), persistent=False)

    def forward(
        self, features: Tensor, ids: Tensor, positions: Tensor, members: Tensor, labels: Tensor
    ) -> dict[str, Tensor]:
        """Loss of the answers, the mean over their tokens; arguments are those of `collate_packs`."""
        embed = self.language_model.get_input_embeddings()
        before = embed(self.prefix).expand(len(ids), -1, -1)
        inputs = torch.cat([before, self.projector(features), embed(ids)], dim=1)
        length = inputs.shape[1] - ids.shape[1]
        start = torch.arange(length, device=ids.device).expand(len(ids), -1)
        places = torch.cat([start, length + positions], dim=1)
        group = torch.cat([torch.full_like(start, _SHARED), members], dim=1)
        total = inputs.shape[1]
        causal = torch.ones(total, total, dtype=torch.bool, device=ids.device).tril()
        same = group[:, :, None] == group[:, None, :]
        seen = (group == _SHARED)[:, None, :]
        mask = (causal & (same | seen))[:, None]
        states = self.language_model(inputs_embeds=inputs, attention_mask=mask, position_ids=places).last_hidden_state
        answered = labels != IGNORED
        logits = self.head(states[:, length:][answered])
        return {"loss": nn.functional.cross_entropy(logits, labels[answered])}
