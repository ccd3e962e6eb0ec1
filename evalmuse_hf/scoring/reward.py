"""FGA-BLIP2 as a reward: a differentiable path from pictures in [0, 1] to one number per pair.

This module imports torch; import it by its name, since `evalmuse_hf.scoring` itself must load without.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from evalmuse_hf.elements import PLACED_STATUSES, split_prompt
from evalmuse_hf.models.fga_blip2 import FGABlip2ForAlignment, FGABlip2Processor
from evalmuse_hf.models.rows import IMAGE_ERROR, PROMPT_ERROR, SCORE_ERROR, PairRow, read_rows
from evalmuse_hf.schema import ALIGNMENT_SCALE, Element
from evalmuse_hf.scoring.loading import load_scorer
from evalmuse_hf.scoring.reward_pictures import check_pictures, resize_pictures

REWARDS = ("overall", "elements", "both")

OVERALL_ONLY = "overall_only"
NO_ELEMENTS = "no_elements"

_BICUBIC = 3  # in Pillow's numbering
_NAN = float("nan")


class RewardDetails(NamedTuple):
    """What a reward is made of, for ``B`` pairs.

    Attributes:
        reward: Shape ``(B,)``, in [0, 1]; nan for a pair that has none.
        overall: Shape ``(B,)``, on the 1-5 scale; nan for a pair that was not scored.
        element_scores: For each pair, the scores of its elements, shape ``(E,)``, in [0, 1]; nan for one without a
            place in the prompt, and empty for a pair that was not scored.
        elements: For each pair, its elements, as they were given or as the prompt was split.
        element_statuses: For each pair, what became of each of its elements, one of
            `evalmuse_hf.elements.SpanStatus`, or the status of a pair that was not scored.
        statuses: For each pair: ``"ok"``; ``"overall_only"`` where ``"both"`` was asked for and no element has a place
            in the prompt; ``"no_elements"`` where ``"elements"`` was, and the reward is nan; or, with nan,
            ``"image_error"``, ``"prompt_error"``, ``"element_error"``, ``"score_error"``.
        messages: For each pair, one sentence that says what is wrong; None if there is nothing to say.
    """

    reward: Tensor
    overall: Tensor
    element_scores: tuple[Tensor, ...]
    elements: tuple[tuple[Element, ...], ...]
    element_statuses: tuple[tuple[str, ...], ...]
    statuses: tuple[str, ...]
    messages: tuple[str | None, ...]


class _ScoredBatch(NamedTuple):
    """Scores of the pairs of one pass, ``b`` of them."""

    reward: Tensor  # (b,), in [0, 1]
    overall: Tensor  # (b,), 1-5
    element_scores: tuple[Tensor, ...]  # b of them
    element_statuses: list[tuple[str, ...]]


class AlignmentReward(nn.Module):
    """Rewards pictures for showing what their prompts ask for, and says by its gradient how to show it better.

    A reward is in [0, 1], the higher the better, and is one of

    - ``"overall"``: the overall score ``s``, mapped from 1-5 by ``(s - 1) / 4``;
    - ``"elements"``: the mean score of those elements that have a place in the prompt;
    - ``"both"``: the mean of these two, FGA-BLIP2's ``os + es_avg`` on one scale. Where no element has a place it is
      the overall alone, status ``"overall_only"``: that depends on prompt and elements but not on the picture, so that
      pictures which trainers compare within a prompt are always measured alike.

    The weights are frozen, and the module stays in evaluation mode whatever its parent does. Keep it out of what is
    trained and saved all the same: as a submodule it would add its weights to the checkpoints.

    Args:
        model: The network; its parameters are frozen here, in place.
        processor: The processor that was saved beside it.
        reward: One of `REWARDS`.
        quantize: Score what an 8-bit file of the picture would show: the value comes closer to that of the file, and
            the gradient passes through the rounding (see `evalmuse_hf.scoring.reward_pictures.resize_pictures`).
        batch_size: Pairs per pass, at least 1; it does not change the result.
        recompute: Run the network a second time during the backward pass instead of keeping its activations, so that
            memory for the network grows with ``batch_size`` and no longer with the number of pairs.

    Raises:
        ValueError: If an argument is outside its range, or the processor prepares pictures in another way than
            FGA-BLIP2's does.
    """

    def __init__(
        self,
        model: FGABlip2ForAlignment,
        processor: FGABlip2Processor,
        *,
        reward: str = "both",
        quantize: bool = False,
        batch_size: int = 16,
        recompute: bool = False,
    ):
        super().__init__()
        if reward not in REWARDS:
            raise ValueError(f"`reward` must be one of {', '.join(map(repr, REWARDS))}, got {reward!r}.")
        if batch_size < 1:
            raise ValueError(f"`batch_size` must be at least 1, got {batch_size}.")
        self.size = _model_size(model, processor)
        self.model = model
        self.processor = processor
        self.reward = reward
        self.quantize = quantize
        self.batch_size = batch_size
        self.recompute = recompute
        images = processor.image_processor
        self.register_buffer("mean", torch.tensor(images.image_mean).reshape(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(images.image_std).reshape(3, 1, 1), persistent=False)
        self.requires_grad_(False)
        self.train(False)
        self.to(model.device)

    def train(self, mode: bool = True) -> "AlignmentReward":
        """Stay in evaluation mode: a reward with dropout would judge the same picture differently each time.

        Args:
            mode: Ignored.
        """
        return super().train(False)

    def forward(
        self,
        images: Tensor,
        prompts: Sequence[str],
        elements: Sequence[Sequence[str | Element] | None] | None = None,
    ) -> Tensor:
        """Reward each picture for the prompt in the same row.

        Args:
            images: Pictures in [0, 1], shape ``(B, 3, H, W)``, of any floating type and size, on any device.
            prompts: Raw prompts, as many as pictures.
            elements: For each prompt its elements, as texts, released keys ``"text (category)"`` or `Element`; None,
                for all or for one, splits the prompt by `evalmuse_hf.elements.split_prompt`.

        Returns:
            Shape ``(B,)``, in [0, 1], on the model's device, differentiable in ``images``. A row that has no reward is
            nan and sends no gradient; `details` says why. Leave such rows out of a loss, as by ``nanmean()``.

        Raises:
            TypeError: If ``images`` is no tensor, or ``prompts`` is one string.
            ValueError: If the inputs differ in length, or the shape or the range of ``images`` is wrong.
        """
        return self.details(images, prompts, elements).reward

    def details(
        self,
        images: Tensor,
        prompts: Sequence[str],
        elements: Sequence[Sequence[str | Element] | None] | None = None,
    ) -> RewardDetails:
        """Reward each picture, and say what the reward is made of and what became of each row.

        Args:
            images: As in `forward`.
            prompts: As in `forward`.
            elements: As in `forward`.

        Returns:
            Tensors that are differentiable in ``images``, and the statuses.

        Raises:
            TypeError: As in `forward`.
            ValueError: As in `forward`.
        """
        check_pictures(images)
        if isinstance(prompts, str):
            raise TypeError("`prompts` must be a list with one prompt per picture, got one string; put it in a list.")
        rows = self._read_rows(images, prompts, elements)
        kept = [index for index, row in enumerate(rows) if row.result is None]
        batches = []
        for start in range(0, len(kept), self.batch_size):
            chosen = kept[start : start + self.batch_size]
            batches.append(self._score_batch(self._prepare(images[chosen]), [rows[index] for index in chosen]))
        return self._collect(rows, kept, batches)

    def _read_rows(self, images: Tensor, prompts: Sequence[Any], elements: Any) -> list[PairRow]:
        """Read elements and prompts; rows without a usable picture, prompt or elements have failed."""
        rows = read_rows(range(len(images)), prompts, elements)
        finite = images.detach().isfinite().flatten(1).all(dim=1).tolist()
        for index, row in enumerate(rows):
            if problem := self.processor.prompt_problem(row.prompt):
                row.fail(PROMPT_ERROR, f"The prompt {problem}")
            elif row.result is None and (elements is None or elements[index] is None):
                row.elements = split_prompt(row.prompt)
            if row.result is None and not finite[index]:
                row.fail(IMAGE_ERROR, "The picture holds nan or infinite pixels; look at the generator that made it.")
        return rows

    def _prepare(self, images: Tensor) -> Tensor:
        """Resize and normalise, in float32 or finer, then take the network's precision."""
        pictures = resize_pictures(images.to(self.model.device), self.size, quantize=self.quantize)
        mean, std = cast(Tensor, self.mean), cast(Tensor, self.std)
        return ((pictures - mean) / std).to(self.model.dtype)

    def _score_batch(self, pixel_values: Tensor, rows: Sequence[PairRow]) -> _ScoredBatch:
        located = self.processor.encode_located(
            [row.prompt for row in rows], [[element.text for element in row.elements] for row in rows]
        )
        device = pixel_values.device
        input_ids = torch.tensor(located.input_ids, device=device)
        attention_mask = torch.tensor(located.attention_mask, device=device)
        overall, token_scores = self._run_network(pixel_values, input_ids, attention_mask)

        statuses = [tuple(location.status for location in row_locations) for row_locations in located.locations]
        placed = [[status in PLACED_STATUSES for status in row_statuses] for row_statuses in statuses]
        weights = [
            _token_weights(location.occurrences, width=input_ids.shape[1])
            for row_locations in located.locations
            for location in row_locations
        ]
        owner = torch.tensor([row for row, flags in enumerate(placed) for _ in flags], device=device, dtype=torch.long)
        weight = torch.tensor(weights, device=device, dtype=token_scores.dtype).reshape(len(owner), -1)  # (E, T)
        scores = (token_scores[owner] * weight).sum(dim=1) if len(owner) else token_scores.new_zeros(0)  # (E,)

        counts = torch.tensor([sum(flags) for flags in placed], device=device)  # (b,)
        means = scores.new_zeros(len(rows)).index_add(0, owner, scores) / counts.clamp(min=1)
        absent = torch.tensor([not flag for flags in placed for flag in flags], device=device, dtype=torch.bool)
        per_row = torch.split_with_sizes(scores.masked_fill(absent, _NAN), [len(flags) for flags in placed])
        return _ScoredBatch(self._combine(overall, means, counts), overall, per_row, statuses)

    def _run_network(self, pixel_values: Tensor, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Overall scores ``(b,)`` and token scores ``(b, T)``."""

        def run(pixel_values: Tensor) -> tuple[Tensor, Tensor]:
            output = self.model(pixel_values=pixel_values, input_ids=input_ids, attention_mask=attention_mask)
            return output.overall_score, output.token_scores

        if self.recompute and torch.is_grad_enabled():
            return cast(tuple[Tensor, Tensor], checkpoint(run, pixel_values, use_reentrant=False))
        return run(pixel_values)

    def _combine(self, overall: Tensor, means: Tensor, counts: Tensor) -> Tensor:
        """Bring both on [0, 1] and put them together."""
        low, high = ALIGNMENT_SCALE
        share = (overall - low) / (high - low)
        if self.reward == "overall":
            return share
        if self.reward == "elements":
            return means.masked_fill(counts == 0, _NAN)
        return torch.where(counts == 0, share, (share + means) / 2)

    def _collect(self, rows: Sequence[PairRow], kept: Sequence[int], batches: Sequence[_ScoredBatch]) -> RewardDetails:
        """Put the scored rows back among those that failed."""
        reward = self._scatter([batch.reward for batch in batches], kept, len(rows))
        overall = self._scatter([batch.overall for batch in batches], kept, len(rows))
        element_scores = [reward.new_zeros(0) for _ in rows]
        element_statuses: list[tuple[str, ...]] = [()] * len(rows)
        scored = (pair for batch in batches for pair in zip(batch.element_scores, batch.element_statuses, strict=True))
        for index, (scores, its_statuses) in zip(kept, scored, strict=True):
            element_scores[index], element_statuses[index] = scores, its_statuses

        statuses, messages = ["ok"] * len(rows), [cast(str | None, None)] * len(rows)
        numbers = overall.detach().isfinite().tolist()
        for index, row in enumerate(rows):
            if row.result is not None:
                statuses[index], messages[index] = row.result.status, row.result.message
                element_statuses[index] = tuple(element.status for element in row.result.elements)
            elif not numbers[index]:
                statuses[index] = SCORE_ERROR
                messages[index] = "The model gave no number; check its weights and its precision."
            elif self.reward != "overall" and not PLACED_STATUSES.intersection(element_statuses[index]):
                statuses[index] = OVERALL_ONLY if self.reward == "both" else NO_ELEMENTS
                messages[index] = "No element has a place in the prompt; give elements whose words stand in it."
        return RewardDetails(
            reward,
            overall,
            tuple(element_scores),
            tuple(row.elements for row in rows),
            tuple(element_statuses),
            tuple(statuses),
            tuple(messages),
        )

    def _scatter(self, parts: Sequence[Tensor], kept: Sequence[int], n_rows: int) -> Tensor:
        """Numbers at the kept rows, nan at the others, so that those send no gradient."""
        device = self.model.device
        if not parts:
            return torch.full((n_rows,), _NAN, device=device)
        values = torch.cat(list(parts))
        whole = values.new_full((n_rows,), _NAN)
        return whole.index_put((torch.tensor(kept, device=device),), values)


def load_reward(
    *,
    model: str | Path | None = None,
    reward: str = "both",
    device: str | None = None,
    dtype: torch.dtype | None = None,
    quantize: bool = False,
    batch_size: int = 16,
    recompute: bool = False,
) -> AlignmentReward:
    """Load FGA-BLIP2 as a reward, by the way of `load_scorer`.

    Args:
        model: As in `load_scorer`: ``"mini"`` (for drawings), a folder, a Hub id; None is the official checkpoint.
        reward: One of `REWARDS`.
        device: As in `load_scorer`.
        dtype: Precision of the network, such as ``torch.bfloat16``; None keeps that of the checkpoint. Resizing and
            the last step of the scores are float32 all the same.
        quantize: As in `AlignmentReward`.
        batch_size: As in `AlignmentReward`.
        recompute: As in `AlignmentReward`.

    Returns:
        The reward, with frozen weights.

    Raises:
        ScorerError: If there is no such model, or it cannot be had.
        ValueError: If an argument is outside its range.
    """
    scorer: Any = load_scorer("fga_blip2", model=model, device=device)
    network = scorer.model if dtype is None else scorer.model.to(dtype)
    return AlignmentReward(
        network, scorer.processor, reward=reward, quantize=quantize, batch_size=batch_size, recompute=recompute
    )


def _token_weights(occurrences: Sequence[Sequence[int]], *, width: int) -> list[float]:
    """Weights of token scores in an element: its mean is that of its occurrences, theirs that of their tokens."""
    weights = [0.0] * width
    for columns in occurrences:
        for column in columns:
            weights[column] += 1 / (len(columns) * len(occurrences))
    return weights


def _model_size(model: FGABlip2ForAlignment, processor: FGABlip2Processor) -> int:
    """Side of the pictures that the network reads, if the processor does to pictures what is repeated here."""
    vision: Any = model.config.vision_config
    size = int(vision.image_size)
    images = processor.image_processor
    wanted: dict[str, Callable[[Any], bool]] = {
        "do_resize": bool,
        "do_rescale": bool,
        "do_normalize": bool,
        "resample": lambda value: value == _BICUBIC,
        "rescale_factor": lambda value: abs(value * 255 - 1) < 1e-6,
        "size": lambda value: value["height"] == value["width"] == size,
    }
    for name, is_usual in wanted.items():
        value = getattr(images, name)
        if not is_usual(value):
            raise ValueError(
                f"The processor has {name}={value!r}, which the tensor path does not repeat; a reward needs bicubic "
                f"resizing to {size} x {size}, rescaling by 1/255 and normalisation."
            )
    return size
