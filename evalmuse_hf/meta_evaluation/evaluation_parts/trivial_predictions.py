"""What the reference rows predict for the judged pairs and elements: arrays in the place of rows of scores."""

import numpy as np

from evalmuse_hf.meta_evaluation.evaluation_parts.judged import (
    FloatArray,
    Judged,
    JudgedElements,
    prompt_group,
    rating_of,
)
from evalmuse_hf.meta_evaluation.reference_rows import VERDICT
from evalmuse_hf.stats.folds import grouped_folds
from evalmuse_hf.stats.sample import group_numbers

MIN_ROWS = 3  # rated pictures of a prompt


def prompt_oracle(judged: Judged) -> FloatArray:
    """Mean rating of the other rated pictures of each judged pair's prompt; nan for prompts with fewer than three.

    Args:
        judged: What is judged.
    """
    pairs = judged.pairs
    numbers = group_numbers([*map(prompt_group, judged.rated), *pairs.prompts])
    n_rated = len(judged.rated)
    ratings = np.fromiter(map(rating_of, judged.rated), dtype=np.float64, count=n_rated)
    size = int(numbers.max(initial=-1)) + 1
    sums = np.bincount(numbers[:n_rated], weights=ratings, minlength=size)
    n = np.bincount(numbers[:n_rated], minlength=size)
    own = numbers[n_rated:]
    known = n[own] >= MIN_ROWS
    others = (sums[own] - pairs.references) / np.maximum(n[own] - 1, 1)
    return np.asarray(np.where(known, others, np.nan), dtype=np.float64)


def majority_shares(elements: JudgedElements, *, rng: np.random.Generator, n_folds: int = 5) -> FloatArray:
    """Share of yes among the elements of the same category in other prompts: at least 0.5 is the majority class.

    As `evalmuse_hf.meta_evaluation.reference_rows.majority_class`, for elements as arrays.

    Args:
        elements: Rated elements.
        rng: Deals the prompts.
        n_folds: Folds of prompts.

    Returns:
        Shape ``(n,)``; nan where all elements are of one prompt.
    """
    if not elements.n:
        return np.zeros(0)
    folds = grouped_folds(groups=elements.prompts, n_folds=n_folds, rng=rng)
    categories = group_numbers([str(name) for name in elements.categories])
    shape = (int(categories.max()) + 1, int(folds.max()) + 1)
    cells = categories * shape[1] + folds
    yes = np.bincount(cells, weights=elements.references >= VERDICT, minlength=shape[0] * shape[1]).reshape(shape)
    n = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)
    others_yes, others = (table.sum(axis=1, keepdims=True) - table for table in (yes, n))
    any_yes, any_n = (table.sum(axis=0) for table in (others_yes, others))
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.where(others > 0, others_yes / others, any_yes / any_n)
    return np.asarray(shares[categories, folds], dtype=np.float64)
