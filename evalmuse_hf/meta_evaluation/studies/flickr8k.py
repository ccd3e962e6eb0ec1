"""A small FGA-BLIP2 learns from photographs and is judged by people who compared captions with them.

No picture that was judged, and no caption of one, is trained on. What is measured on the way uses pictures that were
held out from the training side; the judgements are looked at once, at the end.
"""

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from evalmuse_hf.meta_evaluation.studies.flickr8k_data import Flickr8k, IntArray
from evalmuse_hf.meta_evaluation.studies.flickr8k_features import photograph_features
from evalmuse_hf.meta_evaluation.studies.flickr8k_judging import (
    Flickr8kFigures,
    figure_tables,
    judge_scores,
)
from evalmuse_hf.meta_evaluation.studies.flickr8k_model import (
    build_model,
    embed_captions,
    load_sentence_model,
    sentence_model_folder,
)
from evalmuse_hf.meta_evaluation.studies.flickr8k_pairs import (
    CaptionPairs,
    CaptionTokens,
    FloatArray,
    caption_agreement,
    caption_sums,
    draw_caption_pairs,
    sort_by_length,
    tokenize_captions,
    training_pairs,
)
from evalmuse_hf.meta_evaluation.studies.flickr8k_training import (
    DescribedPictures,
    read_pictures,
    score_pairs,
    train_fusion,
    train_reading,
)
from evalmuse_hf.models.backbones import FeatureMapBackbone, FeatureProjection, efficientnet_lite0
from evalmuse_hf.models.fga_blip2 import FGABlip2ForAlignment
from evalmuse_hf.reports import Document, Section, Table
from evalmuse_hf.stats import StatisticResult, srcc

logger = logging.getLogger(__name__)

SECTIONS = ("seed", "pictures", "model", "captions", "pairs", "held_out", "reading", "fusion")


@dataclass(frozen=True, slots=True)
class Flickr8kRun:
    """What one run of the study gives.

    Attributes:
        figures: Agreement with the experts.
        held_out_reading: SRCC of the first stage with the captions' agreement, on held-out pictures.
        held_out_fusion: The same of the finished model.
        n_training_pictures: Pictures that were trained on.
        n_pairs: Pairs of the second stage.
        n_parameters: Parameters that were trained.
        seconds: Wall time of each part, by name; of a part that was read from disk the time of reading.
    """

    figures: Flickr8kFigures
    held_out_reading: StatisticResult
    held_out_fusion: StatisticResult
    n_training_pictures: int
    n_pairs: int
    n_parameters: int
    seconds: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Material:
    """Everything that is made before training."""

    data: Flickr8k
    tokens: CaptionTokens
    embeddings: NDArray[np.float32]
    features: Tensor
    pictures: IntArray
    held_out: CaptionPairs
    held_out_agreement: FloatArray


def run_flickr8k(data: Flickr8k, recipe: Mapping[str, Any], folder: Path, *, n_resamples: int = 1000) -> Flickr8kRun:
    """Train a model and judge it.

    Args:
        data: The data set.
        recipe: Options, see ``recipes/flickr8k.yaml``.
        folder: For features, embeddings and the trained model; features and embeddings are reused.
        n_resamples: Bootstrap resamples of the figures.

    Returns:
        The figures and what they cost.

    Raises:
        ValueError: If the recipe lacks a section or has an unknown one, or the data lack something.
        ImportError: If a package with weights is not installed.
    """
    check_recipe(recipe)
    clock = _Clock()
    sentence_model, tokenizer = load_sentence_model(sentence_model_folder())
    folder.mkdir(parents=True, exist_ok=True)
    embeddings = _stored_embeddings(data, folder, lambda texts: embed_captions(texts, sentence_model, tokenizer))
    clock.stop("caption embeddings")
    features = _features(data, recipe, folder)
    clock.stop("picture features")
    material = _prepare(data, recipe, tokenizer, embeddings, features)
    model = build_model(sentence_model, image_width=features.shape[-1], options=recipe["model"], seed=recipe["seed"])
    clock.stop("preparation")
    _read(model, material, recipe, folder)
    reading = _held_out_reading(model, material)
    clock.stop("reading stage")
    logger.info("Reading stage: SRCC %.3f on held-out pictures.", reading.statistic)
    n_pairs = _fuse(model, material, recipe, folder)
    clock.stop("fusion stage")
    scores = score_pairs(model, material.tokens, material.held_out, features)
    fusion = srcc(predictions=scores, references=material.held_out_agreement)
    logger.info("Fusion stage: SRCC %.3f on held-out pictures.", fusion.statistic)
    figures = _judge(model, material, n_resamples=n_resamples)
    clock.stop("judging")
    n_parameters = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    model.save_pretrained(folder / "model")
    return Flickr8kRun(figures, reading, fusion, len(material.pictures), n_pairs, n_parameters, clock.seconds)


def check_recipe(recipe: Mapping[str, Any]) -> None:
    """Refuse a recipe with other sections than `SECTIONS`.

    Args:
        recipe: As in `run_flickr8k`.

    Raises:
        ValueError: If one is missing or unknown.
    """
    missing, unknown = set(SECTIONS) - set(recipe), set(recipe) - set(SECTIONS)
    if missing or unknown:
        what = f"lacks {min(missing)!r}" if missing else f"has an unknown section {min(unknown)!r}"
        raise ValueError(f"The recipe {what}; expected {', '.join(SECTIONS)}.")


def describe_run(run: Flickr8kRun, *, command: str) -> Document:
    """Arrange a run as a report.

    Args:
        run: The run.
        command: What made it.
    """
    cost = tuple((part, f"{seconds / 60:.1f}") for part, seconds in run.seconds.items())
    return Document(
        title="Real photographs: a small FGA-BLIP2 on Flickr8k",
        summary=f"Written by `{command}`. {run.n_parameters:,} trained parameters, {run.n_training_pictures:,} "
        f"photographs, {run.n_pairs:,} pairs seen once. No judged picture and no caption of one is among them.",
        sections=(
            Section(title="Agreement with experts", tables=figure_tables(run.figures)),
            Section(
                title="On the way",
                text=("Held-out photographs of the training side, with their captions in place of raters.",),
                tables=(
                    Table(
                        title="SRCC with the agreement of a caption with the picture's own ones",
                        header=("stage", "SRCC", "pairs"),
                        rows=tuple(
                            (name, result.statistic, result.n)
                            for name, result in (("reading", run.held_out_reading), ("fusion", run.held_out_fusion))
                        ),
                    ),
                    Table(title="Wall time", header=("part", "minutes"), rows=cost),
                ),
            ),
        ),
    )


def _features(data: Flickr8k, recipe: Mapping[str, Any], folder: Path) -> Tensor:
    options = recipe["pictures"]

    def make_backbone(projection: FeatureProjection | None) -> FeatureMapBackbone:
        return efficientnet_lite0(image_size=options["image_size"], projection=projection, bf16=options["bf16"])

    return photograph_features(
        data,
        make_backbone,
        n_components=options["n_components"],
        n_fitting=options["n_fitting"],
        folder=folder / "features",
        seed=recipe["seed"],
    )


def _stored_embeddings(
    data: Flickr8k, folder: Path, embed: Callable[[list[str]], NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Embeddings of all captions, from disk if they are there; 0 for a caption that is not in use."""
    used = data.captions_in_use
    texts = [data.captions[row] for row in used]
    path = folder / f"captions-{hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:16]}.npy"
    if not path.is_file():
        draft = folder / "draft.npy"
        np.save(draft, embed(texts))
        os.replace(draft, path)
    stored: NDArray[np.float32] = np.load(path)
    embeddings = np.zeros((len(data.captions), stored.shape[1]), dtype=np.float32)
    embeddings[used] = stored
    return embeddings


def _prepare(
    data: Flickr8k,
    recipe: Mapping[str, Any],
    tokenizer: PreTrainedTokenizerBase,
    embeddings: NDArray[np.float32],
    features: Tensor,
) -> _Material:
    held_out_options, generator = recipe["held_out"], np.random.default_rng(recipe["seed"])
    shuffled = generator.permutation(data.training_pictures)
    n_held_out = held_out_options["pictures"]
    held_out = draw_caption_pairs(
        data,
        embeddings,
        np.sort(shuffled[:n_held_out]),
        size=held_out_options["pairs"],
        shares=recipe["pairs"]["shares"],
        n_neighbours=min(recipe["pairs"]["n_neighbours"], n_held_out // 8),
        rng=generator,
    )
    agreement = caption_agreement(data, embeddings, held_out)
    tokens = tokenize_captions(data.captions, tokenizer, max_length=recipe["captions"]["max_length"])
    known = ~np.isnan(agreement)
    return _Material(
        data,
        tokens,
        embeddings,
        features,
        np.sort(shuffled[n_held_out:]),
        held_out.take(np.flatnonzero(known)),
        agreement[known],
    )


def _read(model: FGABlip2ForAlignment, material: _Material, recipe: Mapping[str, Any], folder: Path) -> None:
    sentences = caption_sums(material.data, material.embeddings)
    pictures = DescribedPictures(material.pictures, material.features, sentences)
    train_reading(model, pictures, folder / "reading", {"seed": recipe["seed"], **recipe["reading"]})


def _held_out_reading(model: FGABlip2ForAlignment, material: _Material) -> StatisticResult:
    pairs = material.held_out
    unique, places = np.unique(pairs.pictures, return_inverse=True)
    read = read_pictures(model, material.features, unique)[places]
    scores = np.einsum("nd,nd->n", read, material.embeddings[pairs.captions])
    return srcc(predictions=scores, references=material.held_out_agreement)


def _fuse(model: FGABlip2ForAlignment, material: _Material, recipe: Mapping[str, Any], folder: Path) -> int:
    """Train on pairs; the result is how many."""
    options, training = recipe["pairs"], {"seed": recipe["seed"], **recipe["fusion"]}
    generator = np.random.default_rng(recipe["seed"] + 1)
    pairs = draw_caption_pairs(
        material.data,
        material.embeddings,
        material.pictures,
        size=options["size"],
        shares=options["shares"],
        n_neighbours=options["n_neighbours"],
        rng=generator,
    )
    agreement = caption_agreement(material.data, material.embeddings, pairs)
    known = np.flatnonzero(~np.isnan(agreement))
    lengths = material.tokens.lengths[pairs.captions[known]]
    order = known[sort_by_length(lengths, batch_size=training["per_device_train_batch_size"], rng=generator)]
    targets = training_pairs(
        material.data, material.tokens, pairs.take(order), agreement[order], span=tuple(options["span"])
    )
    train_fusion(model, targets, material.features, folder / "fusion", training)
    return len(order)


def _judge(model: FGABlip2ForAlignment, material: _Material, *, n_resamples: int) -> Flickr8kFigures:
    rated = material.data.rated
    pairs = CaptionPairs(rated.pictures, rated.captions, rated.own)
    scores = score_pairs(model, material.tokens, pairs, material.features)
    return judge_scores(scores, rated, n_resamples=n_resamples)


class _Clock:
    """Wall time of the parts of a run."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = time.perf_counter()

    def stop(self, part: str) -> None:
        """Note how long a part took, and start the next."""
        now = time.perf_counter()
        self.seconds[part] = now - self._since
        self._since = now
        logger.info("%s: %.0f s", part, self.seconds[part])
