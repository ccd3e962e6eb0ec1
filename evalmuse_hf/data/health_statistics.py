"""What the ratings of a data set look like: spread, agreement, means, and how they hang together.

Every function takes `PairFacts` and returns an object of plain values that JSON can hold. A number that is undefined
is None and has a ``status`` beside it that says why.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from evalmuse_hf.data.health_facts import PairFacts
from evalmuse_hf.schema import ALIGNMENT_SCALE, CATEGORIES, ELEMENT_SCALE
from evalmuse_hf.stats import AdjustedMeans, StatisticResult, adjusted_means, krippendorff_alpha, mean_interval, srcc

FIRST_ROUND = 3
"""Ratings of the first annotation: the released lists begin with them."""

BOTH_ROUNDS = 6
"""Ratings of a pair that was annotated again."""

WIDE_RANGE = 2
"""A range of the first three ratings from which the paper had a pair annotated again."""

N_RESAMPLES = 1000

_SCORE_EDGES = (1.0, 1.5, 2.5, 3.5, 4.5, 5.0)  # bins of the paper's histogram of mean overall ratings
_NO_RATINGS = "no ratings, at most their means"

Record = dict[str, Any]


Pairs = Sequence[PairFacts]


def rating_distribution(pairs: Pairs) -> Record:
    """How often each rating was given, how many ratings a pair has, and how the mean ratings are spread.

    Args:
        pairs: Any.

    Returns:
        ``overall`` and ``elements``: ``values`` (rating -> count), ``per_item`` (number of ratings -> items) and
        ``off_scale`` (lists with a rating that cannot be). ``means``: per source and in all, the share of mean overall
        ratings in each of the bins ``edges``.
    """
    elements = [element for pair in pairs for element in pair.elements]
    sources = sorted({pair.source for pair in pairs if pair.source is not None})
    shares = {name: _bin_shares(pairs, source=name) for name in (*sources, None)}
    return {
        "overall": _value_counts((pair.ratings for pair in pairs), ALIGNMENT_SCALE),
        "elements": _value_counts((element.ratings for element in elements), ELEMENT_SCALE),
        "means": {"edges": list(_SCORE_EDGES), "shares": {name or "all": share for name, share in shares.items()}},
    }


def first_three_ranges(pairs: Pairs) -> Record:
    """How far the first three overall ratings of a pair lie apart.

    Args:
        pairs: Any; those with fewer than three ratings do not count.

    Returns:
        ``n``, ``counts`` and ``shares`` of the ranges 0 to 4, and ``annotated_twice``: the same ``n``, and how many of
        these pairs with six ratings ``differ`` by two or more in their first three, with their ``share``.
    """
    rated = [ratings for ratings in _sound(pair.ratings for pair in pairs) if len(ratings) >= FIRST_ROUND]
    ranges = [max(ratings[:FIRST_ROUND]) - min(ratings[:FIRST_ROUND]) for ratings in rated]
    six = [spread for ratings, spread in zip(rated, ranges, strict=True) if len(ratings) == BOTH_ROUNDS]
    wide = sum(spread >= WIDE_RANGE for spread in six)
    counts = Counter(ranges)
    possible = range(round(ALIGNMENT_SCALE[1] - ALIGNMENT_SCALE[0]) + 1)
    return {
        "n": len(ranges),
        "counts": {str(spread): counts[spread] for spread in possible},
        "shares": {str(spread): _share(counts[spread], len(ranges)) for spread in possible},
        "status": "ok" if ranges else _why_unrated(pairs, f"no pair has {FIRST_ROUND} ratings"),
        "annotated_twice": {
            "n": len(six),
            "differ": wide,
            "share": _share(wide, len(six)),
            "status": "ok" if six else _why_unrated(pairs, f"no pair has {BOTH_ROUNDS} ratings"),
        },
    }


def rater_agreement(pairs: Pairs, *, n_resamples: int = N_RESAMPLES, seed: int = 0) -> Record:
    """Krippendorff's alpha over the positions in the lists of ratings; intervals draw whole prompts.

    Args:
        pairs: Any; items with fewer than two ratings do not count.
        n_resamples: For the intervals of the overall ratings.
        seed: Of the intervals.

    Returns:
        ``overall`` (ordinal, all ratings), ``overall_first_three`` (ordinal), ``elements`` (nominal) and
        ``elements_by_category`` (nominal); each with ``value, low, high, n, status``.
    """
    rated = [pair for pair in pairs if _on_scale(pair.ratings, ALIGNMENT_SCALE)]
    groups = [pair.group for pair in rated]
    elements = [(element.category, element.ratings) for pair in pairs for element in pair.elements if element.ratings]
    elements = [(category, ratings) for category, ratings in elements if _on_scale(ratings, ELEMENT_SCALE)]
    reason = None if rated else _why_unrated(pairs, "no pairs")
    overall = {
        name: krippendorff_alpha(
            _table(pair.ratings[:length] for pair in rated),
            level="ordinal",
            groups=groups,
            n_resamples=n_resamples,
            rng=seed,
        )
        for name, length in (("overall", None), ("overall_first_three", FIRST_ROUND))
    }
    lists = {name: [ratings for category, ratings in elements if category == name] for name in CATEGORIES}
    by_category = {
        name: krippendorff_alpha(_table(ratings), level="nominal") for name, ratings in lists.items() if ratings
    }
    of_elements = krippendorff_alpha(_table(ratings for _, ratings in elements), level="nominal")
    reason_of_elements = None if elements else _why_unrated(pairs, "no elements with ratings")
    return {
        **{name: spell(result, reason=reason) for name, result in overall.items()},
        "elements": spell(of_elements, reason=reason_of_elements),
        "elements_by_category": {category: spell(result) for category, result in by_category.items()},
    }


def element_overall_srcc(pairs: Pairs, *, n_resamples: int = N_RESAMPLES, seed: int = 0) -> Record:
    """SRCC of the mean element score of a pair and its overall score.

    Args:
        pairs: Any; those without one of the two do not count.
        n_resamples: For the interval, which draws whole prompts.
        seed: Of the interval.
    """
    both = [
        (mean, pair.score, pair.group)
        for pair in pairs
        if not math.isnan(mean := _mean(element.score for element in pair.elements)) and not math.isnan(pair.score)
    ]
    return spell(
        srcc(
            predictions=[mean for mean, _, _ in both],
            references=[score for _, score, _ in both],
            groups=[group for _, _, group in both],
            n_resamples=n_resamples,
            rng=seed,
        )
    )


def category_scores(pairs: Pairs) -> Record:
    """Mean element score of each category: of all elements of all pairs, each once per picture.

    Args:
        pairs: Any.

    Returns:
        Per category, in the order of `CATEGORIES`, ``n`` (scored elements) and ``mean``.
    """
    scores: defaultdict[str, list[float]] = defaultdict(list)
    for pair in pairs:
        for element in pair.elements:
            if element.category is not None and not math.isnan(element.score):
                scores[element.category].append(element.score)
    return {name: {"n": len(scores[name]), "mean": _mean(scores[name])} for name in CATEGORIES if name in scores}


def generator_scores(pairs: Pairs, *, n_resamples: int = N_RESAMPLES, seed: int = 0) -> Record:
    """Mean overall score of each generator, plain and adjusted for its prompts, and its mean per category.

    Args:
        pairs: Any.
        n_resamples: For the intervals of the plain means, which draw whole prompts.
        seed: Of the intervals.

    Returns:
        Per generator, best first (as adjusted): ``pairs``; ``all, real, synthetic``: each ``value, low, high, n,
        status`` of the plain mean and ``adjusted``, see `evalmuse_hf.stats.adjusted_means`; ``elements``: mean score
        of all of its elements; ``categories``: see `category_scores`.
    """
    scored = [pair for pair in pairs if not math.isnan(pair.score)]
    parts = {
        "all": scored,
        "real": [pair for pair in scored if pair.source == "real"],
        "synthetic": [pair for pair in scored if pair.source == "synthetic"],
    }
    fits = {
        name: adjusted_means(
            values=[pair.score for pair in part],
            levels=[pair.generator for pair in part],
            blocks=[pair.group for pair in part],
        )
        for name, part in parts.items()
    }
    table: dict[str, Record] = {}
    for generator in sorted({pair.generator for pair in pairs}):
        own = [pair for pair in pairs if pair.generator == generator]
        table[generator] = {
            "pairs": len(own),
            **{
                name: {
                    **_mean_of([pair for pair in part if pair.generator == generator], n_resamples, seed),
                    "adjusted": fits[name].means.get(generator),
                    "adjusted_status": _adjusted_status(fits[name], generator),
                }
                for name, part in parts.items()
            },
            "elements": _known(_mean(element.score for pair in own for element in pair.elements)),
            "categories": category_scores(own),
        }
    return dict(sorted(table.items(), key=lambda item: _descending(item[1]["all"])))


def spell(result: StatisticResult, *, reason: str | None = None) -> Record:
    """Spell a statistic for JSON.

    Args:
        result: The statistic.
        reason: Why it is undefined, if that is known better here.
    """
    interval = result.confidence_interval
    undefined = math.isnan(result.statistic)
    return {
        "value": None if undefined else result.statistic,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "n": result.n,
        "status": (reason or result.status) if undefined else result.status,
    }


def _mean_of(pairs: Pairs, n_resamples: int, seed: int) -> Record:
    groups = [pair.group for pair in pairs]
    if len({*groups}) < 2:  # nothing to draw from
        n_resamples = 0
    scores = [pair.score for pair in pairs]
    return spell(mean_interval(values=scores, groups=groups, n_resamples=n_resamples, rng=seed))


def _adjusted_status(fit: AdjustedMeans, generator: str) -> str:
    return fit.status if generator in fit.means or fit.status != "ok" else "no scored pairs"


def _descending(means: Record) -> float:
    mean = means["adjusted"] if means["adjusted"] is not None else means["value"]
    return math.inf if mean is None else -mean


def _value_counts(lists: Iterable[tuple[int, ...]], scale: tuple[float, float]) -> Record:
    low, high = (round(end) for end in scale)
    values: Counter[int] = Counter()
    lengths: Counter[int] = Counter()
    off_scale = 0
    for ratings in lists:
        lengths[len(ratings)] += 1
        if ratings and not _on_scale(ratings, scale):
            off_scale += 1
            continue
        values.update(ratings)
    return {
        "values": {str(value): values[value] for value in range(low, high + 1)},
        "per_item": {str(length): lengths[length] for length in sorted(lengths)},
        "off_scale": off_scale,
    }


def _bin_shares(pairs: Pairs, *, source: str | None) -> list[float] | None:
    scores = [pair.score for pair in pairs if not math.isnan(pair.score) and source in (None, pair.source)]
    if not scores:
        return None
    counts = np.histogram(scores, bins=np.asarray(_SCORE_EDGES))[0]
    return [float(share) for share in counts / len(scores)]


def _sound(lists: Iterable[tuple[int, ...]]) -> list[tuple[int, ...]]:
    return [ratings for ratings in lists if _on_scale(ratings, ALIGNMENT_SCALE)]


def _on_scale(ratings: tuple[int, ...], scale: tuple[float, float]) -> bool:
    return bool(ratings) and scale[0] <= min(ratings) and max(ratings) <= scale[1]


def _table(lists: Iterable[tuple[int, ...]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Lists of different lengths as one table, padded with nan."""
    columns = list(zip_longest(*lists, fillvalue=math.nan))
    return np.asarray(columns, dtype=np.float64).T if columns else np.empty((0, 0))


def _why_unrated(pairs: Pairs, otherwise: str) -> str:
    only_means = not any(pair.ratings for pair in pairs) and any(not math.isnan(pair.score) for pair in pairs)
    return _NO_RATINGS if only_means else otherwise


def _share(count: int, total: int) -> float | None:
    return count / total if total else None


def _mean(values: Iterable[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


def _known(number: float) -> float | None:
    return None if math.isnan(number) else number
