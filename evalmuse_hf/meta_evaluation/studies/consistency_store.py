"""A consistency study in an annotation store: its finished items, who has seen them, its round, and what came back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evalmuse_hf.annotations.aggregation import CountingRules, row_values
from evalmuse_hf.annotations.campaign import Campaign
from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.records import RatingRow, RoundKind, RoundRow, RoundSettings, StoredItem
from evalmuse_hf.meta_evaluation.studies.consistency_design import ConsistencyDesign, Promise
from evalmuse_hf.meta_evaluation.studies.consistency_ratings import FURTHER, NEW, OLD, StudyItem, StudyRating

if TYPE_CHECKING:
    from evalmuse_hf.annotations.store.engine import Store

KIND: RoundKind = "consistency"


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedItems:
    """The items of a campaign that have all ratings of their first annotation.

    Attributes:
        items: The items; a key is the number of the store.
        ratings: Their first ratings.
        further: Those that the range rule asked for.
        n_unfinished: Items left out because some first rating is missing.
    """

    items: tuple[StudyItem, ...]
    ratings: tuple[StudyRating, ...]
    further: tuple[StudyRating, ...]
    n_unfinished: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondRound:
    """What a consistency round has brought so far.

    Attributes:
        round: The round.
        ratings: Its ratings of items that have all of them.
        items: Keys of the items of the round.
        n_unfinished: Items that still miss some rating.
    """

    round: RoundRow
    ratings: tuple[StudyRating, ...]
    items: frozenset[str]
    n_unfinished: int


def finished_items(campaign: Campaign) -> FinishedItems:
    """The items whose first annotation is complete; whether the range rule has them rated again does not matter.

    Args:
        campaign: What the store holds.
    """
    counted = campaign.count(CountingRules(), include_unfinished=True)
    finished = [one for one in counted.items if one.status != "first_unfinished"]
    return FinishedItems(
        items=tuple(_study_item(one.item) for one in finished),
        ratings=tuple(_study_rating(row, one.item, OLD) for one in finished for row in one.first),
        further=tuple(_study_rating(row, one.item, FURTHER) for one in finished for row in one.further),
        n_unfinished=len(counted.items) - len(finished) + counted.left_out.get("unrated", 0),
    )


def second_round(campaign: Campaign, name: str | None) -> SecondRound:
    """The ratings of a consistency round.

    Args:
        campaign: What the store holds.
        name: The round; None for the only one.

    Raises:
        StoreError: If there is no such round, or there are several and none is named.
    """
    rounds = [entry for entry in campaign.rounds if entry.kind == KIND]
    names = ", ".join(repr(entry.name) for entry in rounds)
    chosen = [entry for entry in rounds if name is None or entry.name == name]
    if not rounds:
        raise StoreError(f"{campaign.name} has no consistency round; draw one with --draw 0.05.")
    if not chosen:
        raise StoreError(f"{campaign.name} has no consistency round {name!r}; it has {names}.")
    if len(chosen) > 1:
        raise StoreError(f"{campaign.name} has several consistency rounds; choose with --round one of {names}.")
    found = chosen[0]
    rows: dict[int, list[RatingRow]] = {}
    for row in campaign.rows:
        if row.round_id == found.round_id and row.standing == "counted" and not row.gold:
            rows.setdefault(row.item_id, []).append(row)
    quotas = {item_id: number for (round_id, item_id), number in campaign.quotas.items() if round_id == found.round_id}
    complete = [item_id for item_id, number in quotas.items() if len(rows.get(item_id, ())) >= number]
    return SecondRound(
        round=found,
        ratings=tuple(
            _study_rating(row, campaign.items[item_id], NEW) for item_id in sorted(complete) for row in rows[item_id]
        ),
        items=frozenset(map(str, quotas)),
        n_unfinished=len(quotas) - len(complete),
    )


def seen_by(store: "Store") -> dict[int, set[int]]:
    """Who was ever shown each item, in any round: whoever rated it, and also whoever skipped it or let it expire.

    Args:
        store: The store.

    Returns:
        Numbers of raters by number of item.
    """
    import sqlalchemy as sa

    from evalmuse_hf.annotations.store.tables import assignments, round_items

    query = sa.select(round_items.c.item_id, assignments.c.rater_id).join_from(assignments, round_items).distinct()
    seen: dict[int, set[int]] = {}
    with store.read() as connection:
        for item_id, rater_id in connection.execute(query):
            seen.setdefault(item_id, set()).add(rater_id)
    return seen


def organisers(store: "Store") -> set[int]:
    """Numbers of the organisers. They see the answers of all, so that their ratings are not independent of the first.

    Args:
        store: The store.
    """
    from evalmuse_hf.annotations.store.raters import read_raters

    return {rater.rater_id for rater in read_raters(store) if rater.is_organiser}


def available_raters(store: "Store", settings: RoundSettings) -> set[int]:
    """Numbers of the raters who may rate in a round: active, no organisers, and qualified if it asks for that.

    Args:
        store: The store.
        settings: Of the round.
    """
    from evalmuse_hf.annotations.store.raters import read_raters

    return {
        rater.rater_id
        for rater in read_raters(store)
        if rater.is_active and not rater.is_organiser and (rater.qualified or not settings.needs_qualification)
    }


def round_settings(campaign: Campaign, per_item: int) -> RoundSettings:
    """What the study asks of raters: the same as the last formal round, without the range rule, limits and gold items.

    Args:
        campaign: What the store holds.
        per_item: Raters of an item.
    """
    formal = _formal_round(campaign)
    return replace(
        RoundSettings() if formal is None else formal.settings,
        ratings_per_item=per_item,
        range_threshold=None,
        max_per_rater=None,
        gold_share=0.0,
    )


def short_items(
    design: ConsistencyDesign, *, seen: Mapping[int, set[int]], available: set[int]
) -> tuple[StudyItem, ...]:
    """Drawn items for which there are too few raters who never saw them.

    Args:
        design: What was drawn.
        seen: From `seen_by`.
        available: From `available_raters`.
    """
    return tuple(item for item in design.items if len(available - seen.get(int(item.key), set())) < design.per_item)


def barred_raters(store: "Store", design: ConsistencyDesign) -> dict[str, tuple[int, ...]]:
    """Who does not get each drawn item: whoever has seen it, and organisers.

    Args:
        store: The store.
        design: What was drawn.

    Returns:
        Sorted numbers of raters by key of item.
    """
    seen, never = seen_by(store), organisers(store)
    return {item.key: tuple(sorted(seen.get(int(item.key), set()) | never)) for item in design.items}


def open_study_round(store: "Store", campaign: Campaign, design: ConsistencyDesign, *, name: str) -> RoundRow:
    """Open the study as a round in which nobody gets an item from which the design bars them.

    Args:
        store: The store.
        campaign: What it holds.
        design: What was drawn.
        name: Of the round.

    Raises:
        StoreError: If the name is taken.
    """
    from evalmuse_hf.annotations.store.rounds import open_round

    formal = _formal_round(campaign)
    numbers = [int(item.key) for item in design.items]
    return open_round(
        store,
        name=name,
        kind=KIND,
        settings=round_settings(campaign, design.per_item),
        items=numbers,
        parent_id=None if formal is None else formal.round_id,
        barred={int(key): own for key, own in design.barred.items() if own},
        reasons=dict.fromkeys(numbers, _reason(design)),
        # Other instructions would be one more difference between the rounds.
        guideline_version=None if formal is None else formal.guideline_version,
        seed=design.seed,
    )


def is_promise_of(store: "Store", promise: Promise, second: SecondRound) -> bool:
    """Whether a written design is that of a round: its name, its items, and the campaign that they were drawn from.

    Args:
        store: The store.
        promise: The design.
        second: The round.
    """
    import sqlalchemy as sa

    from evalmuse_hf.annotations.store.tables import round_items

    if promise.round_name != second.round.name or promise.items != second.items:
        return False
    query = sa.select(round_items.c.reason).where(round_items.c.round_id == second.round.round_id).distinct()
    with store.read() as connection:
        return set(connection.execute(query).scalars()) == {_reason(promise)}


def _reason(design: ConsistencyDesign | Promise) -> str:
    return f"drawn for the consistency study with seed {design.seed} from the finished items {design.population[:16]}"


def _formal_round(campaign: Campaign) -> RoundRow | None:
    return next((entry for entry in reversed(campaign.rounds) if entry.kind == "formal"), None)


def _study_item(item: StoredItem) -> StudyItem:
    return StudyItem(
        key=str(item.item_id),
        prompt_id=item.prompt.prompt_id,
        generator=item.generator,
        source=item.prompt.source,
        synthetic_type=item.prompt.synthetic_type,
        categories=tuple(element.category for element in item.prompt.elements),
    )


def _study_rating(row: RatingRow, item: StoredItem, phase: int) -> StudyRating:
    return StudyRating(
        item=str(item.item_id),
        phase=phase,
        overall=float(row.overall),
        elements=row_values(row, item),
        rater=row.rater,
        guideline_version=row.guideline_version or None,
    )
