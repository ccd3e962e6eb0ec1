"""One training run: options in, a model folder and its figures out."""

import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers import EvalPrediction, set_seed

from evalmuse_hf import __version__
from evalmuse_hf.data.collator import AlignmentCollator
from evalmuse_hf.data.identity import prompt_identity
from evalmuse_hf.models.fga_blip2 import FGABlip2Processor
from evalmuse_hf.optional import require
from evalmuse_hf.stats import StatisticResult
from evalmuse_hf.training.adapters import add_adapters
from evalmuse_hf.training.arguments import FGATrainingArguments
from evalmuse_hf.training.augmentation import AugmentedItems, EpochOfItems
from evalmuse_hf.training.batch_size import within_memory
from evalmuse_hf.training.options import RunArguments
from evalmuse_hf.training.rated_pairs import log_unplaced, training_items, weigh_pairs
from evalmuse_hf.training.resuming import Fingerprint, find_start, fingerprint_run, write_fingerprint
from evalmuse_hf.training.run_card import RunSummary, render_card
from evalmuse_hf.training.run_data import (
    RunData,
    count_rated_elements,
    load_run_data,
    warn_of_long_prompts,
    warn_of_unknown_words,
)
from evalmuse_hf.training.starting_model import load_for_training
from evalmuse_hf.training.trainer import CARD_FILE, FGATrainer
from evalmuse_hf.training.validation import AlignmentMeasure, measure_of
from evalmuse_hf.training.weighting import VarianceWeights

if TYPE_CHECKING:
    from datasets import Dataset

logger = logging.getLogger(__name__)

_N_RESAMPLES = 1000


def fine_tune(run: RunArguments) -> dict[str, float]:
    """Train a model, and write it with its processor, its card and its figures to ``run.training.output_dir``.

    Args:
        run: Options of the run. Those that its data rule out are changed, with a warning.

    Returns:
        The figures, also in ``all_results.json``: those of `transformers.Trainer`, smallest, median and largest
        weight, effective sample size and what else `VarianceWeights` says of them, and with validation pairs
        ``eval_srcc`` and the others of `evalmuse_hf.training.validation.AlignmentMeasure.measure`.

    Raises:
        ValueError: If there is no such model, data set or split, nothing is rated, a prompt is in both splits, a
            rating is off its scale, the folder holds another run, options exclude each other, a single pair does not
            fit into memory, or the Hub refuses.
        ImportError: If a logger is asked for that is not installed.
    """
    _refuse_impossible(run)
    with run.training.main_process_first(desc="reading the ratings"):
        scheme = run.training.variance_weighting
        data = load_run_data(run.data, seed=run.training.seed, with_ratings=scheme == "reliability")
    _adapt_to_data(run.training, data)
    weights = weigh_pairs(data.train, scheme=scheme, scale=run.training.weight_scale, ratings=data.ratings)
    _warn_of_single_pictures(run.training, weights)
    started = _Start(run, data, weights)
    trainer, metrics = within_memory(started.train, run.training)
    metrics |= {
        "weight_minimum": weights.minimum,
        "weight_median": weights.median,
        "weight_maximum": weights.maximum,
        "effective_sample_size": weights.effective_sample_size,
        "share_clipped": weights.share_clipped,
    }
    if weights.noise is not None:
        metrics["rating_noise"] = weights.noise.estimate
    trainer.save_model(_internal_call=True)  # else it would push now, without a card
    trainer.save_state()
    trainer.save_metrics("train", describe(metrics))
    figures: Mapping[str, StatisticResult] = {}
    if data.validation is not None and started.measure is not None:
        prediction: Any = trainer.predict(started.validation_items, metric_key_prefix="eval")
        figures = started.measure.measure(
            EvalPrediction(prediction.predictions, prediction.label_ids),
            n_resamples=_N_RESAMPLES if _count_prompts(data.validation) > 1 else 0,
        )
        trainer.save_metrics("eval", describe(prediction.metrics))
        metrics |= prediction.metrics
    _write_card(run, started, trainer, figures)
    if run.training.push_to_hub:
        _push(trainer)
    return metrics


def describe(metrics: Mapping[str, float]) -> dict[str, float | None]:
    """Make figures fit for JSON: six decimals, and None for nan."""
    return {name: None if math.isnan(value) else round(value, 6) for name, value in metrics.items()}


class _Start:
    """Everything that a training begins with; it can begin several times, if memory is short.

    Attributes:
        fingerprint: What the run is.
        measure: Judges the predictions for the validation pairs; None without any.
        validation_items: The validation pairs as the trainer reads them; None without any.
    """

    def __init__(self, run: RunArguments, data: RunData, weights: VarianceWeights) -> None:
        self.run, self.data, self.weights = run, data, weights
        self.measure: AlignmentMeasure | None = None
        self.fingerprint: Fingerprint = {}
        self.validation_items: Any = None
        self._train_items: Any = None
        self._checkpoint: Path | None = None

    def train(self) -> tuple[FGATrainer, dict[str, float]]:
        """Load the model and train it, from the start or from the checkpoint that the options name."""
        args = self.run.training
        set_seed(args.seed)  # the new parts of a model are random
        name = self.run.model.model_name_or_path
        model, processor = load_for_training(name)
        if self._train_items is None:
            self._prepare(model, processor)
        train = self._train_items
        adapted = add_adapters(model, self.run.adapters, base=name) if self.run.adapters.lora_rank else model
        if not self.fingerprint:
            self._take_folder(adapted)
        trainer = FGATrainer(
            args=args,
            model=adapted,
            processing_class=processor,
            train_dataset=train,
            eval_dataset=self.validation_items,
            compute_metrics=self.measure,
            callbacks=[EpochOfItems(train)] if isinstance(train, AugmentedItems) else [],
        )
        checkpoint = None if self._checkpoint is None else str(self._checkpoint)
        return trainer, dict(trainer.train(resume_from_checkpoint=checkpoint).metrics)

    def _prepare(self, model: Any, processor: FGABlip2Processor) -> None:
        """Make the items to train on and to measure on."""
        args, data = self.run.training, self.data
        collator = AlignmentCollator(processor, max_length=_max_length(args), compat=args.compat)
        warn_of_long_prompts(data.train, processor, max_length=collator.max_length)
        warn_of_unknown_words(data.train, processor)
        log_unplaced(data.train, collator)
        if data.validation is not None:
            self.measure = measure_of(data.validation, processor, max_length=collator.max_length)
            self.validation_items = self._items_of(data.validation, model, processor, None)
        self._train_items = self._items_of(data.train, model, processor, self.weights)
        if self.run.data.augmentation == "official":
            size = model.config.vision_config.image_size
            self._train_items = AugmentedItems(self._train_items, size=size, seed=args.seed)

    def _items_of(
        self, pairs: "Dataset", model: Any, processor: FGABlip2Processor, weights: VarianceWeights | None
    ) -> Any:
        if self.run.data.feature_cache is None:
            return training_items(pairs, weights=weights)
        from evalmuse_hf.training.feature_items import feature_items

        return feature_items(
            pairs,
            model=model,
            processor=processor,
            folder=Path(self.run.data.feature_cache).expanduser(),
            weights=weights,
            dtype=self.run.data.feature_dtype,
            batch_size=self.run.training.per_device_eval_batch_size,
            device=self.run.training.device,
        )

    def _take_folder(self, model: Any) -> None:
        """Find out whether the output folder is that of this run, and make it so."""
        args, folder = self.run.training, Path(str(self.run.training.output_dir))
        self.fingerprint = fingerprint_run(self.run, self.data, model)
        self._checkpoint = find_start(folder, self.fingerprint, resume=args.resume_from_checkpoint)
        if args.process_index == 0:
            write_fingerprint(folder, self.fingerprint)


def _refuse_impossible(run: RunArguments) -> None:
    """Refuse, before anything is read, what would fail after hours."""
    training = run.training
    if training.fp16 and training.device.type == "cpu":
        raise ValueError("`fp16` needs a GPU; on a CPU give --bf16 True --fp16 False, or neither.")
    if run.data.feature_cache is not None and (not training.freeze_vision or run.adapters.lora_vision):
        raise ValueError(
            "`feature_cache` holds what a frozen vision tower says, and this run trains the tower; leave out "
            "--feature_cache, or keep --freeze_vision True and --lora_vision False."
        )
    if "tensorboard" in (training.report_to or ()):
        require("tensorboard", purpose="--report_to tensorboard", extra="tensorboard")
    if training.push_to_hub:
        _refuse_without_access(training)


def _adapt_to_data(args: FGATrainingArguments, data: RunData) -> None:
    """Turn off what the data have nothing for, and say so."""
    n_elements = count_rated_elements(data.train)
    if not any(n_elements):
        logger.warning(
            "No pair has rated elements, so only the overall score is trained: `element_weight` and `mask_weight` are "
            "set to 0."
        )
        args.element_weight = args.mask_weight = 0.0
    elif args.mask_weight > 0 and not all(n_elements):
        logger.warning(
            "%d of %d pairs have no rated elements; the mask term takes their words for parts of no element.",
            *(n_elements.count(0), len(n_elements)),
        )
    if data.validation is None and args.eval_strategy != "no":
        args.eval_strategy, args.load_best_model_at_end, args.do_eval = type(args.eval_strategy)("no"), False, False


def _warn_of_single_pictures(args: FGATrainingArguments, weights: VarianceWeights) -> None:
    if args.variance_weighting != "none" and weights.n_single:
        logger.warning(
            "%d of %d pairs are the only one of their prompt, which has no variance; they get the mean weight.",
            *(weights.n_single, len(weights.weights)),
        )


def _max_length(args: FGATrainingArguments) -> int | None:
    """Tokens at which `FGATrainer` cuts prompts."""
    return args.n_positions if args.loss_normalization == "positions" else None


def _refuse_without_access(args: FGATrainingArguments) -> None:
    from huggingface_hub import constants, get_token

    if constants.HF_HUB_OFFLINE:
        raise ValueError(f"HF_HUB_OFFLINE=1 forbids to push to {constants.ENDPOINT}; unset it, or do not push.")
    if args.hub_token is None and get_token() is None:
        raise ValueError(
            f"No token for {constants.ENDPOINT}: log in with `hf auth login`, set HF_TOKEN, or do not push."
        )


def _write_card(
    run: RunArguments, started: _Start, trainer: FGATrainer, figures: Mapping[str, StatisticResult]
) -> None:
    args, data = run.training, started.data
    if not trainer.is_world_process_zero():
        return
    best = trainer.state.best_global_step if args.load_best_model_at_end else None
    summary = RunSummary(
        n_train=len(data.train),
        n_train_prompts=_count_prompts(data.train),
        n_validation=0 if data.validation is None else len(data.validation),
        n_validation_prompts=0 if data.validation is None else _count_prompts(data.validation),
        n_steps=trainer.state.global_step,
        chosen_step=best,
        effective_sample_size=started.weights.effective_sample_size,
        noise_warning=started.weights.noise.warning if started.weights.noise else None,
        options=started.fingerprint["options"],
        figures=figures,
    )
    folder = Path(str(args.output_dir))
    title = args.hub_model_id or folder.absolute().name
    (folder / CARD_FILE).write_text(render_card(run, summary, title=title), "utf-8")


def _count_prompts(pairs: "Dataset") -> int:
    return len({prompt_identity(prompt) for prompt in pairs["prompt"]})


def _push(trainer: FGATrainer) -> None:
    try:
        trainer.push_to_hub(commit_message=f"Train with evalmuse_hf {__version__}")
    except Exception as error:  # of several HTTP libraries, wrapped or not; a bug keeps its traceback as the cause
        what = f"The model is in {trainer.args.output_dir}, but the Hub does not take it"
        raise ValueError(f"{what}: {' '.join(str(error).split())}") from error
