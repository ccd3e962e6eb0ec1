"""The Trainer of FGA-BLIP2: `fga_loss` with the same step for every way to cut a batch."""

from collections.abc import Callable, Iterator, Mapping, Sized
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import Trainer

from evalmuse_hf.data.collator import AlignmentCollator
from evalmuse_hf.models.fga_blip2.processing_fga_blip2 import FGABlip2Processor
from evalmuse_hf.training.arguments import TARGETS, FGATrainingArguments
from evalmuse_hf.training.losses import FGALoss, fga_loss, set_cls_target

MODEL_INPUTS = ("pixel_values", "image_embeds", "input_ids", "attention_mask")
CARD_FILE = "README.md"
# Outputs that nobody who evaluates asked for.
_INTERNAL_OUTPUTS = ["mask_probs", "query_scores"]


class FGATrainer(Trainer):
    """`transformers.Trainer` that minimises `fga_loss`; nearly everything else is inherited.

    A batch has the model's inputs and, named as in `fga_loss`, ``overall_target, token_target, token_mask`` and
    optionally ``weight``; other entries are ignored. The targets of the first position, ``[CLS]``, are set here, by
    ``args.cls_target``.

    The step is that of the mean over all pairs which it sees, however they are cut into micro-batches, a short last
    one included. Under ``loss_normalization="positions"`` every micro-batch is padded to ``n_positions``, because the
    released loss depends on the padding. Several processes see each pair once an epoch, as one process does: those
    that `accelerate` repeats to fill up the last batches are left out.

    Args:
        model: An `evalmuse_hf.FGABlip2ForAlignment`, also with adapters.
        args: Options of the run.
        data_collator: Makes batches; None makes an `evalmuse_hf.data.AlignmentCollator` of ``processing_class``.
        **options: As for `transformers.Trainer`.
    """

    args: FGATrainingArguments

    def __init__(
        self,
        model: Any = None,
        args: FGATrainingArguments | None = None,
        data_collator: Callable[[list[Any]], dict[str, Any]] | None = None,
        **options: Any,
    ) -> None:
        processor = options.get("processing_class")
        if data_collator is None and args is not None and isinstance(processor, FGABlip2Processor):
            max_length = args.n_positions if args.loss_normalization == "positions" else None
            data_collator = AlignmentCollator(
                processor, max_length=max_length, cls_target=args.cls_target, compat=args.compat
            )
        super().__init__(model, args, data_collator, **options)
        self.model_accepts_loss_kwargs = False  # else Trainer would not divide by the accumulation steps
        self._freeze(self.model)

    def call_model_init(self, trial: Any = None) -> nn.Module:
        """Make the model of a search, with the same parts frozen as a model that was given."""
        model: nn.Module = super().call_model_init(trial)
        self._freeze(model)
        return model

    def _freeze(self, model: Any) -> None:
        freeze_unused_parameters(model, freeze_vision=self.args.freeze_vision, mask_weight=self.args.mask_weight)

    def get_batch_samples(
        self, epoch_iterator: Iterator[dict[str, Any]], num_batches: int, device: torch.device
    ) -> tuple[list[dict[str, Any]], Tensor | int | None]:
        """Collect the micro-batches of one step, and count their pairs over all processes."""
        batches, _ = super().get_batch_samples(epoch_iterator, num_batches, device)
        n_pairs = sum(len(batch["overall_target"]) for batch in batches)
        if batches and self.accelerator.num_processes > 1 and self.accelerator.gradient_state.end_of_dataloader:
            n_last = len(batches[-1]["overall_target"])
            n_real = self._count_real_pairs(n_last)
            batches[-1] = keep_pairs(batches[-1], n_real)
            n_pairs += n_real - n_last
        return batches, self.accelerator.gather(torch.tensor(n_pairs, device=device)).sum()

    def _count_real_pairs(self, n_pairs: int) -> int:
        """Pairs of this process's last batch of an epoch that are no repetition from its beginning."""
        if not isinstance(self.train_dataset, Sized) or self.args.dataloader_drop_last:
            return n_pairs
        n_at_once: int = self._train_batch_size * self.accelerator.num_processes
        remainder = len(self.train_dataset) % n_at_once
        if remainder == 0:
            return n_pairs
        before: int = self.accelerator.process_index * self._train_batch_size
        return min(n_pairs, max(0, remainder - before))

    def init_hf_repo(self, token: str | None = None, private: bool | None = None) -> None:
        """Make the repository to push to.

        Args:
            token: As for `transformers.Trainer`.
            private: Likewise.

        Raises:
            ValueError: If the Hub cannot be reached or refuses.
        """
        try:
            super().init_hf_repo(token=token, private=private)
        except Exception as error:  # of several HTTP libraries, wrapped or not; a bug keeps its traceback as the cause
            raise ValueError(f"The Hub does not take the model: {' '.join(str(error).split())}") from error

    def create_model_card(self, *arguments: Any, **options: Any) -> None:
        """Draft a model card, unless the folder has one already: a push must not replace what a run wrote.

        Args:
            *arguments: As for `transformers.Trainer`.
            **options: Likewise.
        """
        if not (Path(str(self.args.output_dir)) / CARD_FILE).is_file():
            super().create_model_card(*arguments, **options)

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        """Run the model and compare with the targets; see `fga_loss`.

        Args:
            model: The model, wrapped as the launcher wants it.
            inputs: One micro-batch.
            return_outputs: Return the model's output too.
            num_items_in_batch: Pairs of the whole step in all processes; None takes the micro-batch for the step.

        Returns:
            The loss, a scalar tensor, or a tuple of the loss and the model's output.
        """
        if self.args.loss_normalization == "positions":
            config: Any = self.model.config
            pad_token_id = config.qformer_config.pad_token_id
            inputs = pad_positions(inputs, n_positions=self.args.n_positions, pad_token_id=pad_token_id)
        outputs = model(**_model_inputs(inputs), output_mask_probs=self.args.mask_weight > 0)
        loss = self._compare(outputs, inputs).total
        if num_items_in_batch is not None and model.training:
            # Trainer divides by the number of micro-batches and DDP by that of processes: undo both, so that every
            # pair of the step counts the same.
            share = len(inputs["overall_target"]) / num_items_in_batch
            loss = loss * share * self.current_gradient_accumulation_steps * self.accelerator.num_processes
        return (loss, outputs) if return_outputs else loss

    def _compare(self, outputs: Any, inputs: Mapping[str, Any]) -> FGALoss:
        weight = inputs.get("weight")
        if weight is None and self.args.variance_weighting != "none":
            raise ValueError(
                f"`variance_weighting` is {self.args.variance_weighting!r}, but the batch has no `weight`; give every "
                "training row one, see `evalmuse_hf.training.weighting.variance_weights`."
            )
        targets = {name: inputs[name].to(outputs.overall_score) for name in TARGETS}
        tokens = set_cls_target(**targets, enabled=self.args.cls_target)
        return fga_loss(
            outputs.overall_score,
            outputs.token_scores,
            outputs.mask_probs,
            overall_target=targets["overall_target"],
            **tokens._asdict(),
            weight=None if weight is None else weight.to(outputs.overall_score),
            attention_mask=inputs["attention_mask"],
            element_weight=self.args.element_weight,
            mask_weight=self.args.mask_weight,
            normalization=self.args.loss_normalization,
            distance=self.args.loss_distance,
        )

    def prediction_step(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        prediction_loss_only: bool,
        ignore_keys: list[str] | None = None,
    ) -> tuple[Any, Any, Any]:
        """Predict one batch: its loss if it has targets, then overall and token scores, then the targets.

        Args:
            model: The model, wrapped as the launcher wants it.
            inputs: One batch.
            prediction_loss_only: Return the loss only.
            ignore_keys: Further outputs to leave out.

        Returns:
            Loss or None; ``(overall_score, token_scores)``; the targets in the order of ``args.label_names``, or None.
        """
        if not all(name in inputs for name in self.label_names):
            inputs = _model_inputs(inputs)
        ignored = [*(ignore_keys or []), *_INTERNAL_OUTPUTS]
        loss, scores, targets = super().prediction_step(model, inputs, prediction_loss_only, ignored)
        return loss, scores, targets


def freeze_unused_parameters(model: nn.Module, *, freeze_vision: bool, mask_weight: float) -> None:
    """Exclude from training what is not to be trained, or would get no gradient (which DDP refuses).

    Args:
        model: An `evalmuse_hf.FGABlip2ForAlignment`, also with adapters.
        freeze_vision: Freeze the vision tower except its last layer norm, which the official training adapts, and
            adapters on it.
        mask_weight: Weight of the mask term; 0 freezes the mask head.
    """
    if freeze_vision:
        for name, parameter in model.vision_model.named_parameters():
            if not name.startswith("post_layernorm.") and "lora_" not in name:
                parameter.requires_grad_(False)
    if mask_weight == 0:
        model.mask_head.requires_grad_(False)


def keep_pairs(batch: Mapping[str, Any], n_pairs: int) -> dict[str, Any]:
    """Keep the first pairs of a batch; where none is to be kept, the first one stays and weighs nothing.

    Args:
        batch: Micro-batch of tensors with one row per pair.
        n_pairs: How many to keep, 0 or more.

    Returns:
        The batch, with at least one row.
    """
    kept = {name: value[: max(1, n_pairs)] for name, value in batch.items()}
    return kept if n_pairs else {**kept, "weight": torch.zeros_like(kept["overall_target"])}


def pad_positions(batch: Mapping[str, Any], *, n_positions: int, pad_token_id: int) -> dict[str, Any]:
    """Pad whatever has one column per token to a fixed number of columns.

    Args:
        batch: Micro-batch with ``input_ids``, ``attention_mask`` and token targets of shape ``(B, T)``.
        n_positions: Columns of the result.
        pad_token_id: Token id at padding; every other entry is 0 there.

    Returns:
        The batch with shape ``(B, n_positions)`` in those entries, and the others unchanged.

    Raises:
        ValueError: If the batch has more than ``n_positions`` columns.
    """
    length = batch["input_ids"].shape[1]
    if length > n_positions:
        raise ValueError(
            f"`input_ids` has {length} positions but `n_positions` is {n_positions}; build the collator with "
            f"max_length={n_positions}, or train with loss_normalization='tokens'."
        )
    padding = (0, n_positions - length)
    padded = {name: F.pad(batch[name], padding) for name in ("attention_mask", "token_target", "token_mask")}
    return {**batch, **padded, "input_ids": F.pad(batch["input_ids"], padding, value=pad_token_id)}


def _model_inputs(batch: Mapping[str, Any]) -> dict[str, Any]:
    return {name: batch[name] for name in MODEL_INPUTS if batch.get(name) is not None}
