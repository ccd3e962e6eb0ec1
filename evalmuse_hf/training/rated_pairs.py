"""Pairs of a data set as training items: rated ones only, each with its weight."""

import logging
from typing import TYPE_CHECKING, Any

from evalmuse_hf.data.identity import prompt_identity
from evalmuse_hf.training.rating_noise import NoisePooling, RatingNoise, rating_noise
from evalmuse_hf.training.weighting import VarianceScheme, VarianceWeights, WeightScale, variance_weights

if TYPE_CHECKING:
    from datasets import Dataset

    from evalmuse_hf.data.collator import AlignmentCollator

logger = logging.getLogger(__name__)

_N_LOGGED_ELEMENTS = 5


def select_rated(pairs: "Dataset", *, name: str) -> "Dataset":
    """Keep the pairs that have an overall score.

    Args:
        pairs: Rows with the columns of `evalmuse_hf.schema.pair_features`.
        name: What to call them in messages.

    Returns:
        The rated rows, in order.

    Raises:
        ValueError: If none is rated.
    """
    rated = [row for row, score in enumerate(pairs["overall_score"]) if score is not None]
    if not rated:
        raise ValueError(f"None of the {len(pairs)} pairs of {name} has an overall rating; choose a rated split.")
    if len(rated) < len(pairs):
        n_unrated = len(pairs) - len(rated)
        logger.warning("%d of the %d pairs of %s have no rating and are left out.", n_unrated, len(pairs), name)
    return pairs.select(rated)


def weigh_pairs(
    pairs: "Dataset",
    *,
    scheme: VarianceScheme,
    scale: WeightScale,
    ratings: "Dataset | None" = None,
    pooling: NoisePooling = "split",
) -> VarianceWeights:
    """Weigh rated pairs, see `variance_weights`; two spellings of a prompt that differ in case or spaces are one.

    Args:
        pairs: Rated rows, of the training split only.
        scheme: Which weight; ``reliability`` estimates the raters' noise from the ratings of these rows.
        scale: What the weights are divided by.
        ratings: Rows of the configuration ``ratings`` that cover these pairs, others beside them do no harm: from
            them ``reliability`` learns who rated and in which round. None: only the lists of the pairs are known.
        pooling: Over what ``reliability`` pools the raters' noise, see `rating_noise`.

    Returns:
        One weight per row.

    Raises:
        ValueError: If ``scheme`` is ``reliability`` and the ratings cannot be had or are those of other data, or as
            `variance_weights` says.
    """
    prompts = [prompt_identity(prompt) for prompt in pairs["prompt"]]
    noise = _noise_of(pairs, prompts, ratings, pooling) if scheme == "reliability" else None
    return variance_weights(pairs["overall_score"], prompts, scheme=scheme, scale=scale, noise=noise)


def training_items(pairs: "Dataset", *, weights: VarianceWeights | None = None) -> "Dataset":
    """Present rated rows as the items that `evalmuse_hf.data.AlignmentCollator` reads.

    Args:
        pairs: Rated rows.
        weights: Weights of the rows; None weighs every row 1.

    Returns:
        Rows of ``image`` (as stored; the processor decodes it), ``prompt``, ``elements`` (texts), ``element_scores``,
        ``overall_score`` and ``weight``, made when they are read.
    """
    from datasets import Image

    weight = [1.0] * len(pairs) if weights is None else weights.weights.tolist()
    columns = pairs.select_columns(["image", "prompt", "elements", "overall_score"]).add_column("weight", weight)
    return columns.cast_column("image", Image(decode=False)).with_transform(_to_items)


def log_unplaced(pairs: "Dataset", collator: "AlignmentCollator") -> tuple[str, ...]:
    """Warn once of the rated elements that training cannot use, because they have no token in what the model reads.

    Args:
        pairs: Rated rows.
        collator: Makes the targets.

    Returns:
        ``'element' in 'prompt'`` for each of them, those of each prompt once.
    """
    items = pairs.select_columns(["prompt", "elements", "overall_score"]).with_transform(_to_items)
    seen: dict[str, None] = {}
    known: set[tuple[str, str]] = set()
    for item in items:
        asked = item["prompt"], repr([(text, score is None) for text, score in _scored(item)])
        if asked in known:
            continue
        known.add(asked)
        for text in collator.encode([item]).targets[0].unplaced:
            seen[f"{text!r} in {item['prompt'][:60]!r}"] = None
    unplaced = tuple(seen)
    if unplaced:
        logger.warning(
            "%d rated elements have no token in their prompt and are not trained on, such as %s.",
            len(unplaced),
            ", ".join(unplaced[:_N_LOGGED_ELEMENTS]),
        )
    return unplaced


def refuse_shared_prompts(train: "Dataset", validation: "Dataset") -> None:
    """Make sure that what is measured was not trained on.

    Args:
        train: Rows to train on.
        validation: Rows to measure on.

    Raises:
        ValueError: If a prompt is in both.
    """
    known = {prompt_identity(prompt) for prompt in train["prompt"]}
    shared = [prompt for prompt in validation["prompt"] if prompt_identity(prompt) in known]
    if shared:
        raise ValueError(
            f"{len(set(shared))} prompts of the validation split are in the training split too, first {shared[0]!r}; "
            "split by prompt, or the figures would be of memory."
        )


def _noise_of(pairs: "Dataset", prompts: list[str], ratings: "Dataset | None", pooling: NoisePooling) -> RatingNoise:
    lists: list[list[int]] = [values or [] for values in pairs["overall_ratings"]]
    if not any(lists):
        raise ValueError(
            "The weighting 'reliability' needs single ratings, and these pairs have only their means; choose another "
            "weighting, such as 'var'."
        )
    givers = None if ratings is None else _find_givers(pairs, lists, ratings)
    noise = rating_noise(
        lists,
        prompts,
        rater_ids=None if givers is None else [[rater for rater, _ in row] for row in givers],
        rounds=None if givers is None else [[number for _, number in row] for row in givers],
        pooling=pooling,
    )
    logger.info(
        "The raters' noise adds %.3g to the variance over pictures: from %d pairs, %d of them rated twice, raters %s.",
        *(noise.estimate, noise.n_pairs, noise.n_second_round, noise.design),
    )
    return noise


def _find_givers(
    pairs: "Dataset", lists: list[list[int]], ratings: "Dataset"
) -> list[list[tuple[str | None, int | None]]]:
    """Rater and round of each overall rating of each pair, None where they are not known."""
    import pyarrow.compute as pc

    names = ["image_path", "prompt_id", "target", "rating_position", "rating", "rater_id", "round"]
    table = ratings.select_columns(names).with_format("arrow")[:]
    rows = table.filter(pc.equal(table["target"], "overall")).drop_columns(["target"]).to_pydict()
    found: dict[tuple[str, str], list[tuple[int, int, str | None, int | None]]] = {}
    for picture, prompt, *entry in zip(*rows.values(), strict=True):
        found.setdefault((picture, prompt), []).append(tuple(entry))
    givers = []
    for picture, prompt, values in zip(pairs["image_path"], pairs["prompt_id"], lists, strict=True):
        own = sorted(found.get((picture, prompt), []), key=lambda entry: entry[0])
        if [value for _, value, _, _ in own] != values:
            raise ValueError(
                f"Picture {picture!r} is rated {values} in the pairs and {[entry[1] for entry in own]} in `ratings`; "
                "give the configuration 'ratings' of the same data set and split."
            )
        givers.append([(rater, number) for _, _, rater, number in own])
    return givers


def _to_items(rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
    items = {name: values for name, values in rows.items() if name != "elements"}
    items["elements"] = [[element["text"] for element in elements] for elements in rows["elements"]]
    items["element_scores"] = [[element["score"] for element in elements] for elements in rows["elements"]]
    return items


def _scored(item: dict[str, Any]) -> list[tuple[str, float | None]]:
    return list(zip(item["elements"], item["element_scores"], strict=True))
