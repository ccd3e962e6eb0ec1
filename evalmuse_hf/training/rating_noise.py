"""What the raters' noise adds to the variance of a prompt's picture means."""

import logging
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.data.health_statistics import BOTH_ROUNDS, FIRST_ROUND, WIDE_RANGE

logger = logging.getLogger(__name__)

NoisePooling = Literal["split", "prompt", "shrunk"]
RaterDesign = Literal["unknown", "nested", "partial", "crossed"]
POOLINGS: tuple[NoisePooling, ...] = ("split", "prompt", "shrunk")

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class RatingNoise:
    """What the raters' noise adds to the variance over the pictures of a prompt.

    Attributes:
        estimate: e, a variance in squared points of the rating scale, >= 0: the mean over the pairs.
        per_pair: The e of each pair's prompt, >= 0, shape ``(N,)``: ``estimate`` throughout with pooling ``"split"``,
            and wherever a prompt tells nothing.
        first_round: What e would be of means of the first round's ratings alone; equals ``estimate`` where no pair was
            rated a second time.
        n_pairs: Pairs that the estimate is taken from.
        n_second_round: Pairs that were rated a second time.
        design: ``"unknown"`` without rater ids, counted as nested; ``"nested"`` if no rater saw two pictures of a
            prompt; ``"crossed"`` if the same raters saw all of them; else ``"partial"``.
        pooling: Over what the estimates were pooled.
        warning: Why the estimate may be wrong, one sentence; None where nothing speaks against it.
    """

    estimate: float
    per_pair: Floats
    first_round: float
    n_pairs: int
    n_second_round: int
    design: RaterDesign
    pooling: NoisePooling
    warning: str | None = None


def rating_noise(
    ratings: Sequence[Sequence[float]],
    prompt_ids: Sequence[Hashable] | None = None,
    *,
    rater_ids: Sequence[Sequence[Hashable | None]] | None = None,
    rounds: Sequence[Sequence[int | None]] | None = None,
    pooling: NoisePooling = "split",
) -> RatingNoise:
    r"""Estimate what the raters' noise adds to the variance over the pictures of a prompt.

    Write the mean rating of picture k of a prompt with K pictures as :math:`t_k + n_k`: its expectation over the
    raters who might have been asked, plus the noise of the few who were. The variance v (ddof=1) of the K means then
    has the expectation :math:`S^2 + e`, with :math:`S^2` the variance of the :math:`t_k` and

    .. math::
        e = \frac{1}{K} \sum_k E n_k^2 - \frac{1}{K (K-1)} \sum_{k \ne l} E n_k n_l .

    *One round.* :math:`E n_k^2` is estimated by :math:`s_k^2 / m_k`, with :math:`s_k^2` the variance (ddof=1) of the
    picture's :math:`m_k` ratings; the raters' biases are part of it. What :math:`E n_k n_l` is depends on who rated:

    * nested, every picture of a prompt by raters of its own: 0. So e is the mean of :math:`s_k^2 / m_k`, and biases
      belong to it, because they make the means of two pictures differ.
    * crossed, all pictures of a prompt by the same raters: their mean bias moves all means alike and cancels in v, so
      it must not be in e. It is what the c raters that two pictures share have in common. With :math:`d_{kr}` the
      rating of rater r minus the mean of the picture, :math:`\sum_r d_{kr} d_{lr}` over these raters has the
      expectation :math:`(m_k m_l - m_k - m_l + c) \, E n_k n_l`. Where all m raters rate all pictures, what remains
      is the residual mean square of the two-way additive fit, with (K-1)(m-1) degrees of freedom, divided by m: the
      raters' means are removed first.
    * partly crossed: the same formula for every two pictures, 0 where they share nobody.

    Raters count as drawn at random for a prompt; how much they differ, and how much each wavers, may depend on the
    picture. Without ``rater_ids`` every picture counts as rated by people of its own.

    *Two rounds.* The range rule has a pair rated again because its first three ratings differ. That makes the variance
    of all six too large and that of the kept threes too small, but the first three of *all* pairs are not selected:
    the mean of :math:`s_k^2 / m_k` over them is right for means of the first round. Means over both rounds have less
    noise. The second round brings other raters, whose mean b and noise :math:`B = s_b^2 / m_b` know nothing of the
    selection, so that :math:`(a - b)^2 - B`, with a the mean of the first round, estimates the squared noise of a
    among the selected. With :math:`w = m_a / (m_a + m_b)` the pair's share of e changes by
    :math:`(w^2 - 1)((a - b)^2 - B) + (1 - w)^2 B`. What pictures share in their first rounds is multiplied by the mean
    of :math:`w_k w_l`, an approximation, because biases too can call for a second round.

    Args:
        ratings: Overall ratings of each pair in the order in which they were given, N lists; a pair with fewer than
            two in the first round says nothing.
        prompt_ids: The prompt of each pair, N of them; needed with ``rater_ids`` and unless ``pooling`` is
            ``"split"``.
        rater_ids: Who gave each rating, in the shape of ``ratings``; None where it is not known.
        rounds: The round of each rating, 1 for the first, in the shape of ``ratings``. For a pair without it, or with
            None in it, all ratings are of one round, unless there are pairs with three ratings and pairs with six:
            then the first three are the first round.
        pooling: ``"split"`` gives one e for all prompts; ``"prompt"`` one to each, from its own pictures; ``"shrunk"``
            draws the latter towards the former by as much as chance explains their spread (variance components of a
            one-way layout).

    Returns:
        The estimate and what it rests on. A warning in it is logged too.

    Raises:
        ValueError: If an option is unknown, ``prompt_ids`` is missing, lengths differ, a rating is not finite, or no
            pair has two ratings of the first round.

    References:
        Searle, Casella and McCulloch, *Variance Components*, 1992, chapters 3 and 4, for the balanced designs.

    Examples:
        >>> rating_noise([[1, 2, 3], [4, 4, 4]]).estimate  # variances 1 and 0, of three ratings each
        0.16666666666666666
        >>> lenient, strict = [[2, 4], [3, 5]], [["ann", "bob"]] * 2  # bob gives two points more, and that is all
        >>> rating_noise(lenient, ["cat", "cat"], rater_ids=strict).estimate
        0.0
    """
    _check_pooling(pooling, prompt_ids, rater_ids)
    table = _read(ratings, rater_ids, rounds)
    known = table.first.sum(axis=1) > 1
    prompts = _codes([*range(len(known))] if prompt_ids is None else prompt_ids)
    if len(prompts) != len(known):
        raise ValueError(f"`prompt_ids` must have one entry per pair, got {len(prompts)} for {len(known)} pairs.")
    if table.raters is not None:
        known &= (np.bincount(prompts, weights=known) > 1)[prompts]  # one picture cannot show what is shared
    if not known.any():
        few = "no pair with two ratings" if table.raters is None else "no prompt with two pictures of two ratings each"
        raise ValueError(f"`ratings` has {few}, so the raters' noise cannot be estimated.")
    of_first, of_all = _own_noise(table)
    shared_first = _shared_noise(table, prompts, known, both=False)
    shared_all = _shared_noise(table, prompts, known, both=True) if table.second.any() else shared_first
    first_round = float((of_first - shared_first.each)[known].mean())
    each = of_all - shared_all.each
    estimate = max(0.0, float(each[known].mean()))
    per_pair = np.full(len(known), estimate)
    if pooling != "split":
        slopes = of_all - 2 * shared_all.each  # how the estimate moves with one picture more
        own = _prompt_noise(each[known], slopes[known], prompts[known], shrink=pooling == "shrunk")
        covered = np.isin(prompts, prompts[known])
        per_pair[covered] = np.maximum(0.0, own[prompts[covered]])
    return RatingNoise(
        estimate=estimate,
        per_pair=per_pair,
        first_round=max(0.0, first_round),
        n_pairs=int(known.sum()),
        n_second_round=int(table.second.any(axis=1).sum()),
        design="unknown" if table.raters is None else _design(shared_first.overlap),
        pooling=pooling,
        warning=_doubt(table),
    )


class _Table(NamedTuple):
    """Ratings as a rectangle of N pairs and as many columns as the longest list, shape ``(N, R)`` each.

    A second round of a single rating is in neither round: its noise cannot be told.
    """

    values: Floats  # nan where there is none
    first: Flags
    second: Flags
    raters: Ints | None  # a number for each person, negative where unknown; None without any
    inferred: Flags  # shape (N,): the rounds were not given


class _Shared(NamedTuple):
    each: Floats  # covariance of the noise of a pair and that of another picture of its prompt, mean over these
    overlap: float  # raters that two pictures of a prompt have in common, as a share of those that they might


def _read(
    ratings: Sequence[Sequence[float]],
    rater_ids: Sequence[Sequence[Hashable | None]] | None,
    rounds: Sequence[Sequence[int | None]] | None,
) -> _Table:
    for name, lists in (("rater_ids", rater_ids), ("rounds", rounds)):
        _check_shape(name, lists, ratings)
    lengths = np.array([len(row) for row in ratings], dtype=np.int64)
    values = np.full((len(ratings), int(lengths.max(initial=0))), np.nan)
    given = np.arange(values.shape[1]) < lengths[:, None]
    values[given] = [value for row in ratings for value in row]
    if not np.isfinite(values[given]).all():
        row = int(np.flatnonzero((given & ~np.isfinite(values)).any(axis=1))[0])
        raise ValueError(f"`ratings` of pair {row} are {list(ratings[row])}; leave out what is not a rating.")
    first = given.copy()
    if (lengths == FIRST_ROUND).any() and (lengths == BOTH_ROUNDS).any():
        first[:, FIRST_ROUND:] = False
    inferred = np.ones(len(ratings), dtype=bool)
    for row, numbers in enumerate(rounds or ()):
        if numbers and None not in numbers:
            first[row, : len(numbers)] = [number == 1 for number in numbers]
            inferred[row] = False
    second = given & ~first
    second &= second.sum(axis=1, keepdims=True) > 1
    return _Table(values, first, second, _rater_codes(rater_ids, lengths), inferred)


def _rater_codes(rater_ids: Sequence[Sequence[Hashable | None]] | None, lengths: Ints) -> Ints | None:
    names = [name for row, n in zip(rater_ids or (), lengths.tolist(), strict=False) for name in row or (None,) * n]
    if all(name is None for name in names):
        return None
    unknown = np.array([name is None for name in names])
    codes = np.zeros((len(lengths), int(lengths.max())), dtype=np.int64)
    given = np.arange(codes.shape[1]) < lengths[:, None]
    codes[given] = np.where(unknown, -1 - np.arange(len(names)), _codes(names))  # each unknown one is somebody else
    return codes


def _own_noise(table: _Table) -> tuple[Floats, Floats]:
    """Squared noise of each pair's mean over the first round and over both, shape ``(N,)``; nan where unknown."""
    first_mean, first_noise, first_count = _moments(table.values, table.first)
    second_mean, second_noise, second_count = _moments(table.values, table.second)
    share = first_count / np.maximum(first_count + second_count, 1)
    kept = (first_mean - second_mean) ** 2 - second_noise
    change = (share**2 - 1) * kept + (1 - share) ** 2 * second_noise
    return first_noise, first_noise + np.where(second_count > 0, change, 0.0)


def _moments(values: Floats, chosen: Flags) -> tuple[Floats, Floats, Ints]:
    """Mean of the chosen ratings of each pair, variance of that mean, and their number."""
    count = chosen.sum(axis=1)
    mean = np.where(chosen, values, 0.0).sum(axis=1) / np.maximum(count, 1)
    squares = (np.where(chosen, values - mean[:, None], 0.0) ** 2).sum(axis=1)
    noise = np.full(len(values), np.nan)
    np.divide(squares, (count - 1) * count, out=noise, where=count > 1)
    return mean, noise, count


def _shared_noise(table: _Table, prompts: Ints, known: Flags, *, both: bool) -> _Shared:
    """What the pictures of a prompt have in common because some raters rated several of them."""
    each = np.zeros(len(known))
    if table.raters is None:
        return _Shared(each, 0.0)
    met = possible = 0.0
    second = table.second if both else np.zeros_like(table.second)
    kept = _kept_share(table.first, second, prompts, known)
    rows = np.flatnonzero(known)
    rows = rows[np.argsort(prompts[rows], kind="stable")]
    for pictures in np.split(rows, np.flatnonzero(np.diff(prompts[rows])) + 1):
        blocks = _read_blocks(table, table.raters, pictures, second)
        size, common = blocks.present.sum(axis=1), blocks.present @ blocks.present.T
        other = blocks.pair[:, None] != blocks.pair
        met += common[other].sum()
        possible += np.minimum.outer(size, size)[other].sum()
        shares = np.where(np.logical_and.outer(blocks.first, blocks.first), kept, np.outer(blocks.share, blocks.share))
        factors = np.outer(size, size) - size[:, None] - size + common
        products = blocks.deviations @ blocks.deviations.T * shares
        covariances = np.divide(products, factors, out=np.zeros_like(factors), where=other & (common > 0))
        each += np.bincount(blocks.pair, covariances.sum(axis=1), minlength=len(each)) / (len(pictures) - 1)
    return _Shared(each, met / possible)


def _kept_share(first: Flags, second: Flags, prompts: Ints, known: Flags) -> float:
    """Product of the first round's shares in the means of two pictures of a prompt, on average.

    Taken for all alike: a pair that is rated again has a smaller share and, not by chance, deviations that are larger.
    """
    share = np.where(known, first.sum(axis=1) / np.maximum((first | second).sum(axis=1), 1), 0.0)
    counts = np.bincount(prompts, known)
    products = np.bincount(prompts, share) ** 2 - np.bincount(prompts, share**2)
    return float(products.sum() / (counts * (counts - 1)).sum())


class _Blocks(NamedTuple):
    """The rounds of the pictures of one prompt, B in all, rated by R different people."""

    pair: Ints  # shape (B,)
    first: Flags  # of the first round, shape (B,)
    share: Floats  # of the ratings of that pair, shape (B,)
    present: Floats  # 1 where a person rated, shape (B, R)
    deviations: Floats  # rating minus the mean of the round, 0 where there is none, shape (B, R)


def _read_blocks(table: _Table, raters: Ints, pictures: Ints, second: Flags) -> _Blocks:
    again = pictures[second[pictures].any(axis=1)]
    pair = np.concatenate([pictures, again])
    chosen = np.concatenate([table.first[pictures], second[again]])
    block, place = np.nonzero(chosen)
    people, person = np.unique(raters[pair[block], place], return_inverse=True)
    present, deviations = np.zeros((2, len(pair), len(people)))
    present[block, person] = 1.0
    values, size = table.values[pair], chosen.sum(axis=1)
    means = np.where(chosen, values, 0.0).sum(axis=1) / size
    deviations[block, person] = values[block, place] - means[block]
    share = size / (table.first | second)[pair].sum(axis=1)
    return _Blocks(pair, np.arange(len(pair)) < len(pictures), share, present, deviations)


def _prompt_noise(each: Floats, slopes: Floats, prompts: Ints, *, shrink: bool) -> Floats:
    """Estimate e for every prompt, by its number; nan for numbers that do not occur."""
    counts = np.bincount(prompts)
    own = np.full(len(counts), np.nan)
    np.divide(np.bincount(prompts, each), counts, out=own, where=counts > 0)
    if not shrink:
        return own
    n, n_prompts = len(each), int((counts > 0).sum())
    centers = np.bincount(prompts, slopes) / np.maximum(counts, 1)
    mean = each.mean()
    if n == n_prompts or n_prompts == 1:  # chance and truth cannot be told apart
        return np.where(counts > 0, mean, np.nan)
    chance = ((slopes - centers[prompts]) ** 2).sum() / (n - n_prompts)
    between = np.nansum(counts * (own - mean) ** 2) / (n_prompts - 1)
    size = (n - (counts**2).sum() / n) / (n_prompts - 1)
    truth = max(0.0, (between - chance) / size)
    if truth == 0:
        return np.where(counts > 0, mean, np.nan)
    return np.asarray(mean + (own - mean) * truth * counts / (truth * counts + chance))


def _design(overlap: float) -> RaterDesign:
    if overlap == 0:
        return "nested"
    return "crossed" if overlap == 1 else "partial"


def _doubt(table: _Table) -> str | None:
    """Say where what counts as the first round may not be it, and log that."""
    again = table.inferred & table.second.any(axis=1)
    values = table.values[again, :FIRST_ROUND]
    close = int((np.ptp(values, axis=1) < WIDE_RANGE).sum())
    if not close:
        return None
    warning = (
        f"{close} of the {len(values)} pairs that were rated again differ by less than {WIDE_RANGE} in their first "
        f"{FIRST_ROUND} ratings, which called for no second round: these may not be the first, and the noise of the "
        "ratings is then overestimated; give the rounds if they are known."
    )
    logger.warning("%s", warning)
    return warning


def _codes(labels: Sequence[Hashable]) -> Ints:
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(label, len(numbers)) for label in labels], dtype=np.int64)


def _check_pooling(pooling: str, prompt_ids: object, rater_ids: object) -> None:
    if pooling not in POOLINGS:
        raise ValueError(f"`pooling` must be one of {list(POOLINGS)}, got {pooling!r}.")
    if prompt_ids is None and (rater_ids is not None or pooling != "split"):
        what = "`rater_ids`" if rater_ids is not None else f"`pooling` {pooling!r}"
        raise ValueError(f"`prompt_ids` is missing; {what} needs the prompt of each pair.")


def _check_shape(name: str, lists: Sequence[Sequence[object]] | None, ratings: Sequence[Sequence[float]]) -> None:
    """Refuse a list that does not say something about every rating; an empty one says nothing of its pair."""
    if lists is None:
        return
    if len(lists) != len(ratings):
        raise ValueError(f"`{name}` must have one list per pair, got {len(lists)} for {len(ratings)} pairs.")
    for row, (own, values) in enumerate(zip(lists, ratings, strict=True)):
        if own and len(own) != len(values):
            raise ValueError(f"`{name}` of pair {row} has {len(own)} entries for {len(values)} ratings.")
