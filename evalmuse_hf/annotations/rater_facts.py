"""What can be measured of each rater: against known answers, against the other raters, and in how the work was done.

Others are the raters of the same item in the same round, because the items of a re-annotation were chosen for the
disagreement of the first raters. A fact that stands on too few answers is nan, and its status says so.

Times are what the page says, and a rater could make it say anything. A rater has one item at a time, so an answer
never counts as longer than the time since the rater's answer before it, which the store knows.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from evalmuse_hf.annotations.aggregation import row_values
from evalmuse_hf.annotations.records import GoldAnswer, RatingRow, StoredItem
from evalmuse_hf.stats import mean_interval, srcc
from evalmuse_hf.stats.proportions import wilson_interval

_NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One number about a rater.

    Attributes:
        value: The number; nan if it is undefined.
        n: Answers that it stands on.
        low: Lower end of its 95 % interval; nan without one.
        high: Upper end.
        status: ``"ok"``, or why the value is nan.
    """

    value: float
    n: int
    low: float = _NAN
    high: float = _NAN
    status: str = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measuring:
    """How facts are measured.

    Attributes:
        min_answers: Answers below which a fact about behaviour or agreement is nan.
        min_gold: Gold items below which a fact about known answers is nan.
        fast_pace_s: Seconds per question (the overall one and each element) below which an answer is implausibly
            fast, whoever gives it.
        fast_pool_share: The same as a share of the pace of the other raters: the median over them of their median
            pace.
        min_pool: Other raters that are needed for that.
        n_resamples: For intervals of means; 0 for none.
        seed: Of these.
    """

    min_answers: int = 20
    min_gold: int = 5
    fast_pace_s: float = 0.7
    fast_pool_share: float = 0.25
    min_pool: int = 3
    n_resamples: int = 1000
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterFacts:
    """What is known of one rater.

    Attributes:
        rater: The name.
        n_answers: Items answered, gold ones included, each counted once however often it was corrected.
        n_returned: Items of which an inspection returned an answer.
        gold_elements: Share of the known elements that were answered rightly.
        gold_overall_error: Mean distance to the known overall rating, in points.
        median_s: Median seconds per item.
        fast_share: Share of implausibly fast answers.
        longest_run: Most items in a row with the same overall rating.
        overall_entropy: Of the overall ratings, in bits; 0 if they are all the same.
        yes_excess: Share of items with every element answered yes, above that of the others on the same items.
        correlation: Rank correlation of the overall ratings with the mean of the others.
        leniency: Mean overall rating above that of the others, in points.
        element_agreement: Share of element answers equal to the majority of the others; ties are left out.
        skip_share: Share of the items given that were skipped.
        correction_share: Share of the answers that were corrected.
    """

    rater: str
    n_answers: int
    n_returned: int
    gold_elements: Fact
    gold_overall_error: Fact
    median_s: Fact
    fast_share: Fact
    longest_run: Fact
    overall_entropy: Fact
    yes_excess: Fact
    correlation: Fact
    leniency: Fact
    element_agreement: Fact
    skip_share: Fact
    correction_share: Fact


@dataclass(frozen=True, slots=True)
class _Compared:
    """An answer and what the other raters of the item in that round said."""

    row: RatingRow
    values: tuple[int, ...]
    others: tuple[RatingRow, ...]
    other_values: tuple[tuple[int, ...], ...]
    prompt_id: str


def measure_raters(
    rows: Iterable[RatingRow],
    items: Mapping[int, StoredItem],
    *,
    gold: Mapping[tuple[int, int], GoldAnswer] | None = None,
    skips: Mapping[str, int] | None = None,
    measuring: Measuring | None = None,
) -> tuple[RaterFacts, ...]:
    """Measure every rater who answered something.

    Args:
        rows: The whole log: every standing, gold answers included. Anonymous ratings do not count.
        items: The items by number.
        gold: Known answers by round and item.
        skips: Items that each rater skipped.
        measuring: How.

    Returns:
        Facts by name of the rater.
    """
    measuring = measuring or Measuring()
    named = sorted((row for row in rows if row.rater is not None), key=lambda row: (row.rated_at, row.rating_id))
    last = {row.assignment_id: row for row in sorted(named, key=lambda row: row.revision)}
    current = [row for row in named if last[row.assignment_id] is row]
    seconds = _seconds(named)
    paces = _paces(current, items, seconds)
    compared = _compare(current, items)
    corrected = {row.assignment_id for row in named if row.standing == "revised"}
    returned = {row.assignment_id for row in named if row.standing == "returned"}
    by_rater: dict[str, list[RatingRow]] = defaultdict(list)
    for row in current:
        by_rater[str(row.rater)].append(row)
    return tuple(
        _facts(
            rater,
            own,
            compared[rater],
            items=items,
            gold=gold or {},
            n_skipped=(skips or {}).get(rater, 0),
            n_returned=sum(row.assignment_id in returned for row in own),
            n_corrected=sum(row.assignment_id in corrected for row in own),
            seconds=seconds,
            pace=_pool_pace(paces, rater, measuring),
            measuring=measuring,
        )
        for rater, own in sorted(by_rater.items())
    )


def _facts(
    rater: str,
    own: Sequence[RatingRow],
    compared: Sequence[_Compared],
    *,
    items: Mapping[int, StoredItem],
    gold: Mapping[tuple[int, int], GoldAnswer],
    n_skipped: int,
    n_returned: int,
    n_corrected: int,
    seconds: Mapping[int, float],
    pace: float,
    measuring: Measuring,
) -> RaterFacts:
    few = measuring.min_answers
    known = [(row, gold[row.round_id, row.item_id]) for row in own if row.gold and (row.round_id, row.item_id) in gold]
    timed = [row for row in own if row.rating_id in seconds]
    limit = max(measuring.fast_pace_s, measuring.fast_pool_share * pace)
    fast = [row for row in timed if _pace(row, items, seconds) < limit]
    overall = [row.overall for row in own]
    runs = [len(list(run)) for _, run in groupby(overall)]
    return RaterFacts(
        rater=rater,
        n_answers=len(own),
        n_returned=n_returned,
        gold_elements=_gold_elements(known, items, measuring),
        gold_overall_error=_gold_overall_error(known, items, measuring),
        median_s=_fact(median(seconds[row.rating_id] for row in timed) if timed else _NAN, len(timed), few, "times"),
        fast_share=_share(len(fast), len(timed), few, "times"),
        longest_run=_fact(float(max(runs, default=0)), len(own), few),
        overall_entropy=_fact(_entropy(overall), len(own), few),
        yes_excess=_yes_excess(compared, few),
        correlation=_correlation(compared, few),
        leniency=_leniency(compared, measuring),
        element_agreement=_element_agreement(compared, few),
        skip_share=_share(n_skipped, n_skipped + len(own), few, "items"),
        correction_share=_share(n_corrected, len(own), few),
    )


def _fact(value: float, n: int, least: int, what: str = "answers") -> Fact:
    return Fact(value=value, n=n) if n >= least else _too_few(n, least, what)


def _share(number: int, n: int, least: int, what: str = "answers") -> Fact:
    if n < max(1, least):
        return _too_few(n, max(1, least), what)
    low, high = wilson_interval(number, n)
    return Fact(value=number / n, n=n, low=low, high=high)


def _too_few(n: int, least: int, what: str) -> Fact:
    return Fact(value=_NAN, n=n, status=f"{n} {what}, at least {least} are needed")


def _mean(values: Sequence[float], prompts: Sequence[str], least: int, measuring: Measuring, what: str) -> Fact:
    """A mean with an interval over prompts."""
    if len(values) < max(1, least):
        return _too_few(len(values), max(1, least), what)
    several = len(set(prompts)) > 1
    result = mean_interval(
        values=values, groups=prompts, n_resamples=measuring.n_resamples if several else 0, rng=measuring.seed
    )
    low, high = result.confidence_interval or (_NAN, _NAN)
    return Fact(value=result.statistic, n=len(values), low=low, high=high)


def _gold_elements(
    known: Sequence[tuple[RatingRow, GoldAnswer]], items: Mapping[int, StoredItem], measuring: Measuring
) -> Fact:
    right = [
        given == truth
        for row, answer in known
        for given, truth in zip(row_values(row, items[row.item_id]), answer.elements, strict=False)
        if truth is not None
    ]
    n_items = sum(any(truth is not None for truth in answer.elements) for _, answer in known)
    if n_items < measuring.min_gold:
        return _too_few(n_items, measuring.min_gold, "gold items")
    return _share(sum(right), len(right), 1)


def _gold_overall_error(
    known: Sequence[tuple[RatingRow, GoldAnswer]], items: Mapping[int, StoredItem], measuring: Measuring
) -> Fact:
    errors = [
        (abs(row.overall - answer.overall), items[row.item_id].prompt.prompt_id)
        for row, answer in known
        if answer.overall is not None
    ]
    values, prompts = [error for error, _ in errors], [prompt for _, prompt in errors]
    return _mean(values, prompts, measuring.min_gold, measuring, "gold items")


def _seconds(rows: Sequence[RatingRow]) -> dict[int, float]:
    """Seconds that each answer with a time took at most, by number; the answers are in their order in time.

    A correction ends no item, and so bounds no other one: a rater may be at an item, correct another, and go on.
    """
    seconds: dict[int, float] = {}
    before: dict[str | None, float] = {}
    for row in rows:
        if row.duration_s is not None:
            seconds[row.rating_id] = min(row.duration_s, row.rated_at - before.get(row.rater, -math.inf))
        if row.revision == 0:
            before[row.rater] = row.rated_at
    return seconds


def _pace(row: RatingRow, items: Mapping[int, StoredItem], seconds: Mapping[int, float]) -> float:
    """Seconds per question."""
    return seconds[row.rating_id] / (1 + len(items[row.item_id].element_ids))


def _paces(
    rows: Sequence[RatingRow], items: Mapping[int, StoredItem], seconds: Mapping[int, float]
) -> dict[str, float]:
    """Median pace of each rater with times."""
    paces: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row.rating_id in seconds:
            paces[str(row.rater)].append(_pace(row, items, seconds))
    return {rater: median(own) for rater, own in paces.items()}


def _pool_pace(paces: Mapping[str, float], rater: str, measuring: Measuring) -> float:
    """Median of the other raters' paces; 0, which nobody is below, if they are too few."""
    others = [pace for other, pace in paces.items() if other != rater]
    return median(others) if len(others) >= max(1, measuring.min_pool) else 0.0


def _entropy(values: Sequence[int]) -> float:
    counts = Counter(values)
    shares = [count / len(values) for count in counts.values()]
    return -sum(share * math.log2(share) for share in shares) + 0.0


def _compare(rows: Sequence[RatingRow], items: Mapping[int, StoredItem]) -> dict[str, list[_Compared]]:
    """Answers that count, and are not about gold, beside those of the others."""
    together: dict[tuple[int, int], list[RatingRow]] = defaultdict(list)
    for row in rows:
        if row.standing == "counted" and not row.gold:
            together[row.round_id, row.item_id].append(row)
    compared: dict[str, list[_Compared]] = defaultdict(list)
    for (_, item_id), members in together.items():
        item = items[item_id]
        values = [row_values(row, item) for row in members]
        for place, row in enumerate(members):
            others = [other for other, member in enumerate(members) if member.rater != row.rater]
            if others:
                compared[str(row.rater)].append(
                    _Compared(
                        row,
                        values[place],
                        tuple(members[other] for other in others),
                        tuple(values[other] for other in others),
                        item.prompt.prompt_id,
                    )
                )
    return compared


def _others_mean(one: _Compared) -> float:
    return sum(other.overall for other in one.others) / len(one.others)


def _correlation(compared: Sequence[_Compared], least: int) -> Fact:
    if len(compared) < max(1, least):
        return _too_few(len(compared), max(1, least), "items shared with others")
    result = srcc(
        predictions=[one.row.overall for one in compared], references=[_others_mean(one) for one in compared]
    )
    return Fact(value=result.statistic, n=len(compared), status=result.status)


def _leniency(compared: Sequence[_Compared], measuring: Measuring) -> Fact:
    differences = [one.row.overall - _others_mean(one) for one in compared]
    prompts = [one.prompt_id for one in compared]
    return _mean(differences, prompts, measuring.min_answers, measuring, "items shared with others")


def _yes_excess(compared: Sequence[_Compared], least: int) -> Fact:
    asked = [one for one in compared if one.values]
    if len(asked) < max(1, least):
        return _too_few(len(asked), max(1, least), "items shared with others")
    excesses = [all(one.values) - sum(map(all, one.other_values)) / len(one.other_values) for one in asked]
    return Fact(value=sum(excesses) / len(asked), n=len(asked))


def _element_agreement(compared: Sequence[_Compared], least: int) -> Fact:
    same = [
        (own == 1) == (2 * n_yes > len(one.others))
        for one in compared
        for own, n_yes in zip(one.values, map(sum, zip(*one.other_values, strict=True)), strict=True)
        if 2 * n_yes != len(one.others)
    ]
    return _share(sum(same), len(same), least)
