"""The pairs of a run: read, checked, and divided into those to train on and those to measure on."""

import logging
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from evalmuse_hf.data.identity import prompt_identity
from evalmuse_hf.data.loading import load_pairs, load_ratings
from evalmuse_hf.elements import clean_prompt
from evalmuse_hf.elements.cleaning import MAX_WORDS
from evalmuse_hf.schema import ALIGNMENT_SCALE, ELEMENT_SCALE
from evalmuse_hf.training.arguments import DataArguments
from evalmuse_hf.training.rated_pairs import refuse_shared_prompts, select_rated

if TYPE_CHECKING:
    from datasets import Dataset

    from evalmuse_hf.models.fga_blip2 import FGABlip2Processor

logger = logging.getLogger(__name__)

_MIN_PROMPTS = 2  # one to train on and one to measure on
_MAX_TOKENS_PER_WORD = 2  # a vocabulary of English needs about 1.2
_ENOUGH_PROMPTS = 4  # to hold out two, without which there are no intervals


@dataclass(frozen=True, slots=True)
class RunData:
    """Rated rows with the columns of `evalmuse_hf.schema.pair_features`.

    Attributes:
        train: Rows to train on.
        validation: Rows to measure on, none of whose prompts is in ``train``; None without them.
        ratings: Single ratings of ``train``, perhaps among others; None if they were not asked for or are not there.
    """

    train: "Dataset"
    validation: "Dataset | None"
    ratings: "Dataset | None" = None


def load_run_data(arguments: DataArguments, *, seed: int, with_ratings: bool = False) -> RunData:
    """Read the ratings of a run.

    Args:
        arguments: Which ratings.
        seed: Chooses the prompts that ``validation_share`` holds out.
        with_ratings: Read the single ratings too, where the data set has them.

    Returns:
        The rated rows.

    Raises:
        ValueError: If there is no such data set or split, one is empty or without ratings, a rating is outside its
            scale, or a prompt is in both splits.
    """
    train = _load_rated(arguments.dataset_name, arguments.train_split)
    if arguments.validation_split is not None:
        validation = _load_rated(arguments.dataset_name, arguments.validation_split)
        refuse_shared_prompts(train, validation)
        data = RunData(train, validation)
    elif arguments.validation_share > 0:
        data = hold_out_prompts(train, share=arguments.validation_share, seed=seed)
    else:
        data = RunData(train, None)
    return replace(data, ratings=load_ratings(arguments.dataset_name, arguments.train_split)) if with_ratings else data


def hold_out_prompts(pairs: "Dataset", *, share: float, seed: int) -> RunData:
    """Divide rows by prompt, at random; two spellings that differ in case or spaces are one prompt.

    Args:
        pairs: Rated rows.
        share: Share of the prompts to measure on: at least one of them, two where there are four or more, never all.
        seed: Chooses them; the order of the rows does not matter.

    Returns:
        Both parts; with a single prompt, all rows are trained on.
    """
    prompts = [prompt_identity(prompt) for prompt in pairs["prompt"]]
    known = sorted(set(prompts))
    if len(known) < _MIN_PROMPTS:
        logger.warning("There is one prompt only, so nothing is held out to measure on.")
        return RunData(pairs, None)
    n_held_out = max(1 + (len(known) >= _ENOUGH_PROMPTS), round(share * len(known)))
    n_held_out = min(len(known) - 1, n_held_out)
    chosen = np.random.default_rng(seed).permutation(len(known))[:n_held_out]
    held_out = {known[number] for number in chosen}
    kept = [row for row, prompt in enumerate(prompts) if prompt not in held_out]
    measured = [row for row, prompt in enumerate(prompts) if prompt in held_out]
    logger.info("%d of %d prompts (%d pairs) are held out to measure on.", n_held_out, len(known), len(measured))
    return RunData(pairs.select(kept), pairs.select(measured))


def refuse_scores_off_scale(pairs: "Dataset", *, name: str) -> None:
    """Make sure that scores are on the scales that the model predicts on.

    Args:
        pairs: Rows.
        name: What to call them in messages.

    Raises:
        ValueError: For the first overall score outside 1 to 5, or element score outside 0 to 1.
    """
    for row, score in enumerate(pairs["overall_score"]):
        _refuse_off_scale(score, ALIGNMENT_SCALE, f"Row {row} of {name} has the overall score")
    for row, elements in enumerate(pairs["elements"]):
        for element in elements or ():
            what = f"Element {element['text']!r} in row {row} of {name} has the score"
            _refuse_off_scale(element["score"], ELEMENT_SCALE, what)


def count_rated_elements(pairs: "Dataset") -> list[int]:
    """Count the elements of each row that have a score.

    Args:
        pairs: Rows.
    """
    return [sum(element["score"] is not None for element in elements or ()) for elements in pairs["elements"]]


def warn_of_long_prompts(pairs: "Dataset", processor: "FGABlip2Processor", *, max_length: int | None) -> int:
    """Say how many prompts are longer than what the model reads.

    Args:
        pairs: Rows.
        processor: Cleans and tokenises.
        max_length: Positions of the text window, ``[CLS]`` and ``[SEP]`` included; None is what the model can read.

    Returns:
        The number of such prompts.
    """
    window = processor.tokenizer.model_max_length if max_length is None else max_length
    long = [prompt for prompt in dict.fromkeys(pairs["prompt"]) if _is_longer(prompt, processor, window)]
    if long:
        logger.warning(
            "%d prompts are longer than what is read (%d words, %d tokens) and are cut there, such as %r.",
            *(len(long), MAX_WORDS, window, f"{long[0][:60]}..."),
        )
    return len(long)


def warn_of_unknown_words(pairs: "Dataset", processor: "FGABlip2Processor") -> int:
    """Say how many prompts the model must spell out, because its vocabulary does not hold their words.

    Args:
        pairs: Rows.
        processor: Cleans and tokenises.

    Returns:
        The number of prompts with a character that is not in the vocabulary, or more than two tokens per word.
    """
    tokenizer = processor.tokenizer
    prompts = list(dict.fromkeys(pairs["prompt"]))
    lost = []
    for prompt in prompts:
        words = clean_prompt(prompt).text.split()
        tokens = tokenizer(" ".join(words), add_special_tokens=False, verbose=False)["input_ids"]
        if tokenizer.unk_token_id in tokens or len(tokens) > _MAX_TOKENS_PER_WORD * len(words):
            lost.append(prompt)
    if lost:
        logger.warning(
            "%d of %d prompts have words that the vocabulary of the model does not hold, such as %r; better start "
            "from a model with a larger one.",
            *(len(lost), len(prompts), lost[0][:60]),
        )
    return len(lost)


def _load_rated(dataset: str, split: str) -> "Dataset":
    pairs = load_pairs(dataset, split)
    refuse_scores_off_scale(pairs, name=f"{split!r} of {dataset!r}")
    return select_rated(pairs, name=split)


def _refuse_off_scale(score: float | None, scale: tuple[float, float], what: str) -> None:
    low, high = scale
    if score is not None and not math.isnan(score) and not low <= score <= high:
        raise ValueError(f"{what} {score:g}; expected {low:g} to {high:g}: correct the ratings, or leave the row out.")


def _is_longer(prompt: str, processor: "FGABlip2Processor", window: int) -> bool:
    cleaned = clean_prompt(prompt)
    n_tokens = len(processor.tokenizer(cleaned.text, verbose=False)["input_ids"])
    return cleaned.text != cleaned.full_text or n_tokens > window
