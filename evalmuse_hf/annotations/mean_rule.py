"""How many ratings the mean of an item is made of, by the rules of the rounds: the noise ceiling depends on it."""

from collections.abc import Iterable
from dataclasses import dataclass

from evalmuse_hf.annotations.aggregation import FIRST, CountingRules
from evalmuse_hf.annotations.campaign import Campaign


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanRule:
    """How many ratings each mean has, as `evalmuse_hf.stats.ceiling.noise_ceiling` asks for it.

    Attributes:
        first: First ratings of each item.
        again_at: Range of these from which an item gets as many again; None for never.
        status: ``"ok"``, or why the campaign has no such rule; the numbers then do not matter.
    """

    first: int = 3
    again_at: int | None = None
    status: str = "ok"


def mean_rule(campaign: Campaign, rules: CountingRules | None = None) -> MeanRule:
    """The rule by which the items that count get their ratings.

    It is what the store has done: the numbers of ratings that items were promised, and the ranges from which they
    were sent to further raters. For what was not needed so far the settings of the rounds speak.

    Args:
        campaign: What the store holds.
        rules: Which ratings count; None for the usual ones.
    """
    rules = rules or campaign.rules()
    quotas = campaign.item_quotas(rules).values()
    first = {quota.first for quota in quotas if quota.first}
    if not first:
        return MeanRule(status="no item was promised a rating")
    if len(first) > 1:
        return _none(f"items are promised {_listed(first)} first ratings, and a ceiling is for one number")
    (k,) = first
    ranges, n_looked_at, further = _reannotation(campaign, rules)
    further |= {quota.further for quota in quotas if quota.further}
    if ranges == {None} and not further:
        return MeanRule(first=k)
    if ranges == {None}:
        return _none("items were rated again, from no range that is known")
    if len(ranges) > 1:
        named = _listed({str(limit) if limit is not None else "never" for limit in ranges})
        return _none(f"items are rated again from different ranges ({named}), and a ceiling is for one")
    if n_looked_at | further != {k}:
        return _none(
            f"{_listed(further)} further ratings by the range of {_listed(n_looked_at)} of {k} first ones, and a "
            "ceiling is for equal numbers"
        )
    (again_at,) = ranges
    return MeanRule(first=k, again_at=again_at)


def _reannotation(campaign: Campaign, rules: CountingRules) -> tuple[set[int | None], set[int], set[int]]:
    """Ranges from which items are rated again, of how many ratings they are taken, and how many follow."""
    ranges: set[int | None] = set()
    looked_at: set[int] = set()
    further: set[int] = set()
    for entry in campaign.rounds:
        if rules.place_of(entry.round_id, entry.kind) != FIRST:
            continue
        children = [one for one in campaign.rounds if one.parent_id == entry.round_id]
        again = [one for one in children if one.kind in rules.further_kinds]
        used = {limit for one in again for limit in campaign.thresholds.get(one.round_id, ())}
        counts = rules.rounds is None or any(rules.place_of(one.round_id, one.kind) for one in again)
        if counts and entry.kind == "formal" and entry.settings.range_threshold is not None:
            used.add(entry.settings.range_threshold)
        if not counts or not used:
            ranges.add(None)
            continue
        ranges |= used
        looked_at.add(entry.settings.range_ratings)
        further.add(entry.settings.reannotation_raters)
    return ranges, looked_at, further


def _none(why: str) -> MeanRule:
    return MeanRule(status=why)


def _listed(values: Iterable[object]) -> str:
    return " and ".join(sorted(map(str, values)))
