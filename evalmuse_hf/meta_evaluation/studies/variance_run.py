"""One run of the study on variance weighting: forget a part of the mini checkpoint, fine-tune it, predict.

What a run learns from depends on its seed and on the raters' noise, never on the weighting: runs of one seed start
from the same weights and see the same pairs with the same ratings in the same order.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers.trainer_callback import PrinterCallback

from evalmuse_hf.meta_evaluation.studies.variance_world import (
    STRATA,
    Noise,
    RatedPairs,
    Side,
    draw_pixels,
    imagine_side,
    rate_prompts,
    sample_prompts,
)
from evalmuse_hf.mini.checkpoints import find_checkpoint
from evalmuse_hf.models.fga_blip2 import FGABlip2ForAlignment
from evalmuse_hf.training import FGATrainer, FGATrainingArguments, VarianceWeights, variance_weights
from evalmuse_hf.training.drawn_dataset import DrawnDataset, TokenizedPairs, tokenize_pairs
from evalmuse_hf.training.rating_noise import rating_noise
from evalmuse_hf.training.vision_pretraining import encode_pool
from evalmuse_hf.training.weighting import VarianceScheme

_PREDICTED_TOGETHER = 256  # pairs
_RATING, _TEST_RATING, _FORGETTING = 1, 2, 3  # random streams
_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldOptions:
    """What the runs of a study share.

    Attributes:
        seed: Of the prompts, the pictures and the ratings of the test side.
        prompt_pool: Training prompts to draw from, a multiple of three.
        test_prompts: Prompts to measure on, a multiple of three, the same in every run.
        pictures: Pictures of each prompt.
    """

    seed: int = 0
    prompt_pool: int = 600
    test_prompts: int = 240
    pictures: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOptions:
    """How a run is trained.

    Attributes:
        prompts: Training prompts that a seed draws from the pool, a multiple of three.
        forgotten: Share, in [0, 1], of the variance of every matrix of the Q-Former that is drawn anew; queries and
            heads are new altogether.
        max_steps: Steps.
        batch_size: Pairs of a step.
        learning_rate: Its peak; it falls linearly to 0.
        warmup_steps: Steps of its rise.
        weight_decay: Of AdamW.
        max_grad_norm: Largest gradient norm.
        n_positions: Positions that the released loss is a mean over; no drawn prompt has more tokens than 16.
    """

    prompts: int = 120
    forgotten: float = 0.4
    max_steps: int = 128
    batch_size: int = 16
    learning_rate: float = 5e-4
    warmup_steps: int = 10
    weight_decay: float = 0.05
    max_grad_norm: float = 1.0
    n_positions: int = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlace:
    """Where a run stands in the factorial."""

    noise: Noise
    weighting: VarianceScheme
    seed: int

    @property
    def name(self) -> str:
        """As its file is called."""
        return f"{self.noise}-{self.weighting}-{self.seed:02d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a run came to; everything fits into JSON.

    Attributes:
        predictions: Overall score of every pair of the test side, on the 1-5 scale.
        noise_estimate: e of the weighting ``reliability``, on the scale of a variance; estimated for every run.
        weights: Minimum, median, maximum and effective sample size (as a share of the pairs) of the weights.
        weight_shares: Share of the sum of the weights that the pairs of each stratum have.
        rating_errors: For each stratum, mean squared difference of the mean rating from the truth.
        losses: Mean training loss of the first and of the last tenth of the steps.
    """

    predictions: list[float]
    noise_estimate: float
    weights: dict[str, float]
    weight_shares: dict[str, float]
    rating_errors: dict[str, float]
    losses: list[float]


class WeightedPairs(DrawnDataset):
    """A `DrawnDataset` whose batches carry ``weight``.

    Args:
        pairs: The pairs.
        pictures: Patch states of every picture, shape (M, P, D).
        weights: One weight per pair, shape (N,).
    """

    def __init__(self, pairs: TokenizedPairs, pictures: Tensor, weights: NDArray[np.float64]):
        super().__init__(pairs, pictures)
        self.weights = torch.from_numpy(weights).float()

    def collate(self, indices: Sequence[int]) -> dict[str, Tensor]:
        """Read a batch with its weights.

        Args:
            indices: Which pairs.
        """
        return {**super().collate(indices), "weight": self.weights[torch.as_tensor(indices)]}


def execute(place: RunPlace, *, world: WorldOptions, training: TrainingOptions) -> RunResult:
    """Train once, on one thread, and predict the test side.

    Args:
        place: Which run.
        world: What it shares with the others; drawn once per process.
        training: How it is trained.
    """
    with _one_thread():
        train, pictures = _encoded_side(world, False)
        rated = training_pairs(train, place, world=world, training=training)
        noise = rating_noise(rated.ratings, rated.prompt_ids).estimate
        scores = [pair.overall_score for pair in rated.pairs]
        weights = variance_weights(
            scores, rated.prompt_ids, scheme=place.weighting, noise=noise if place.weighting == "reliability" else None
        )
        model = load_mini()
        forget(model, share=training.forgotten, seed=place.seed)
        dataset = WeightedPairs(tokenize_pairs(rated.pairs), pictures, weights.weights)
        losses = fine_tune(model, dataset, place, training)
        predictions = predict(model, *_encoded_side(world, True))
    return RunResult(
        predictions=[round(float(value), _DIGITS) for value in predictions],
        noise_estimate=noise,
        losses=losses,
        **_describe(weights, rated, train),
    )


def training_pairs(train: Side, place: RunPlace, *, world: WorldOptions, training: TrainingOptions) -> RatedPairs:
    """Draw the prompts of a seed and let them be rated; the weighting plays no part.

    Args:
        train: Where the prompts come from.
        place: Which run.
        world: Its seed fixes the draws, together with that of the run.
        training: How many prompts.
    """
    rng = np.random.default_rng([world.seed, place.seed, _RATING])
    chosen = sample_prompts(train, training.prompts, rng)
    return rate_prompts(train, chosen, noise=place.noise, rng=rng)


def rate_test_side(test: Side, noise: Noise, *, seed: int) -> RatedPairs:
    """Let the whole test side be rated, with the noise that the training pairs have.

    Args:
        test: The side.
        noise: Where the raters err.
        seed: Of the world.
    """
    rng = np.random.default_rng([seed, _TEST_RATING])
    return rate_prompts(test, range(len(test.prompts)), noise=noise, rng=rng)


def load_mini() -> FGABlip2ForAlignment:
    """Load the packaged checkpoint."""
    model: FGABlip2ForAlignment = FGABlip2ForAlignment.from_pretrained(find_checkpoint("mini"), dtype=torch.float32)
    return model


@torch.no_grad()
def forget(model: FGABlip2ForAlignment, *, share: float, seed: int) -> None:
    """Draw a part of what the model knows anew; the vision tower and all vectors stay as they are.

    A matrix W of the Q-Former becomes sqrt(1 - share) W + sqrt(share) s Z with standard normal Z and the standard
    deviation s of W, which keeps its scale. Queries and heads become new.

    Args:
        model: Changed in place.
        share: Share of the variance that is new, in [0, 1].
        seed: Of what is drawn.
    """
    generator = torch.Generator().manual_seed(int(np.random.SeedSequence([seed, _FORGETTING]).generate_state(1)[0]))
    for matrix in model.qformer.parameters():
        if matrix.ndim > 1:
            fresh = torch.randn(matrix.shape, generator=generator)
            matrix.copy_((1 - share) ** 0.5 * matrix + share**0.5 * matrix.std() * fresh)
    model.query_tokens.normal_(0, model.config.initializer_range, generator=generator)
    for layer in (model.itm_head, *model.mask_head.layers):
        layer.weight.normal_(0, layer.in_features**-0.5, generator=generator)
        nn.init.zeros_(layer.bias)


def fine_tune(
    model: FGABlip2ForAlignment, dataset: WeightedPairs, place: RunPlace, options: TrainingOptions
) -> list[float]:
    """Train everything but the vision tower on the released loss.

    Args:
        model: Changed in place.
        dataset: The pairs with their weights.
        place: Its seed fixes the order of the pairs.
        options: How.

    Returns:
        Mean training loss of the first and of the last tenth of the steps.
    """
    with tempfile.TemporaryDirectory() as folder:
        arguments = FGATrainingArguments(
            output_dir=folder,
            seed=place.seed,
            variance_weighting=place.weighting,
            max_steps=options.max_steps,
            per_device_train_batch_size=options.batch_size,
            learning_rate=options.learning_rate,
            lr_scheduler_type="linear",
            warmup_steps=options.warmup_steps,
            weight_decay=options.weight_decay,
            max_grad_norm=options.max_grad_norm,
            n_positions=options.n_positions,
            logging_steps=max(1, options.max_steps // 10),
            use_cpu=True,
            report_to=[],
            disable_tqdm=True,
            save_strategy="no",
            dataloader_pin_memory=False,
        )
        trainer = FGATrainer(model=model, args=arguments, train_dataset=dataset, data_collator=dataset.collate)
        trainer.remove_callback(PrinterCallback)
        trainer.train()
        losses = [float(entry["loss"]) for entry in trainer.state.log_history if "loss" in entry]
    return [losses[0], losses[-1]]


@torch.no_grad()
def predict(model: FGABlip2ForAlignment, side: Side, pictures: Tensor) -> NDArray[np.float64]:
    """Score every pair of a side.

    Args:
        model: Left in evaluation mode.
        side: The pairs, in the order of their pictures.
        pictures: Their patch states, shape ``(N * K, P, D)``.

    Returns:
        Overall scores, shape ``(N * K,)``, on the 1-5 scale.
    """
    model.eval()  # type: ignore[no-untyped-call]
    chosen = range(len(side.prompts))
    pairs = rate_prompts(side, chosen, noise="none", rng=np.random.default_rng(0)).pairs
    dataset = DrawnDataset(tokenize_pairs(pairs), pictures)
    scores = []
    for first in range(0, len(dataset), _PREDICTED_TOGETHER):
        batch = dataset.collate(range(first, min(first + _PREDICTED_TOGETHER, len(dataset))))
        inputs = {name: batch[name] for name in ("image_embeds", "input_ids", "attention_mask")}
        scores.append(model(**inputs).overall_score)
    return torch.cat(scores).double().numpy()


def imagine_test_side(world: WorldOptions) -> Side:
    """Decide what the pictures of the test side show.

    Args:
        world: Its size and its seed.
    """
    return imagine_side(world.test_prompts, pictures=world.pictures, test=True, seed=world.seed)


@lru_cache(maxsize=2)
def _encoded_side(world: WorldOptions, test: bool) -> tuple[Side, Tensor]:
    """A side with what the frozen vision tower says of its pictures, float16."""
    if test:
        side = imagine_test_side(world)
    else:
        side = imagine_side(world.prompt_pool, pictures=world.pictures, test=False, seed=world.seed)
    model: Any = load_mini()  # the type of its `config.vision_config` is open
    pixels = draw_pixels(side, image_size=model.config.vision_config.image_size)
    return side, encode_pool(model, pixels)


def _describe(weights: VarianceWeights, rated: RatedPairs, side: Side) -> dict[str, dict[str, float]]:
    strata = np.array([side.strata[index] for index in rated.prompt_ids])
    errors = (np.array([pair.overall_score for pair in rated.pairs]) - rated.truths) ** 2
    return {
        "weights": {
            "minimum": weights.minimum,
            "median": weights.median,
            "maximum": weights.maximum,
            "effective_share": weights.effective_sample_size / len(strata),
        },
        "weight_shares": {
            stratum: float(weights.weights[strata == stratum].sum() / weights.weights.sum()) for stratum in STRATA
        },
        "rating_errors": {stratum: float(errors[strata == stratum].mean()) for stratum in STRATA},
    }


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums in parallel threads have another order, and a study on one machine would differ from that on another."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
