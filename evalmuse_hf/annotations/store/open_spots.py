"""Ratings that are still to come, and whether anybody is left to give them."""

from collections import Counter, defaultdict
from dataclasses import dataclass

import sqlalchemy as sa

from evalmuse_hf.annotations.records import RaterRow, RoundRow
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.leases import HAD, HOLDING
from evalmuse_hf.annotations.store.raters import read_raters
from evalmuse_hf.annotations.store.rounds import read_rounds
from evalmuse_hf.annotations.store.tables import assignments, barred, round_items


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSpots:
    """Who is there for an open round.

    Attributes:
        round_id: The round.
        n_raters: Raters who may rate in it, or may yet pass the pilot that it asks for; organisers do not count.
        n_needed: Raters that an item can need: the first ones, and those of its re-annotation, who are others.
        n_stuck_items: Items that have fewer raters left than ratings to come: the others have had them, skipped them,
            are barred from them, or have reached the limit of the round.
        n_stuck_ratings: How many ratings that are.
    """

    round_id: int
    n_raters: int
    n_needed: int
    n_stuck_items: int
    n_stuck_ratings: int


def open_spots(store: Store) -> list[OpenSpots]:
    """Look at every open round, in the order of the rounds.

    Args:
        store: The store.
    """
    everyone = read_raters(store)
    return [_of_round(store, entry, everyone) for entry in read_rounds(store) if entry.is_open]


def _of_round(store: Store, entry: RoundRow, everyone: list[RaterRow]) -> OpenSpots:
    settings = entry.settings
    able = {
        rater.rater_id
        for rater in everyone
        if rater.is_active
        and not rater.is_organiser
        and (rater.qualified is not False or not settings.needs_qualification)
    }
    ruled = entry.kind == "formal" and settings.range_threshold is not None
    with store.read() as connection:
        free = able - _full(connection, entry)
        spots = _spots(connection, entry.round_id)
        met = _met(connection, entry.round_id)
    missing = [
        lacking
        for round_item_id, number in spots.items()
        if (lacking := number - len(free - met.get(round_item_id, set()))) > 0
    ]
    return OpenSpots(
        round_id=entry.round_id,
        n_raters=len(able),
        n_needed=settings.ratings_per_item + (settings.reannotation_raters if ruled else 0),
        n_stuck_items=len(missing),
        n_stuck_ratings=sum(missing),
    )


def _spots(connection: sa.Connection, round_id: int) -> dict[int, int]:
    query = sa.select(round_items.c.round_item_id, round_items.c.open_spots).where(*_is_open(round_id))
    return {round_item_id: number for round_item_id, number in connection.execute(query)}


def _met(connection: sa.Connection, round_id: int) -> dict[int, set[int]]:
    """Raters who cannot get an item any more, by round item with open spots."""
    other = round_items.alias("other")
    had = (
        sa.select(round_items.c.round_item_id, assignments.c.rater_id)
        .join(other, other.c.item_id == round_items.c.item_id)
        .join(assignments, assignments.c.round_item_id == other.c.round_item_id)
        .where(*_is_open(round_id), assignments.c.state.in_(HAD))
    )
    kept_away = (
        sa.select(barred.c.round_item_id, barred.c.rater_id)
        .join(round_items, round_items.c.round_item_id == barred.c.round_item_id)
        .where(*_is_open(round_id))
    )
    found: dict[int, set[int]] = defaultdict(set)
    for query in (had, kept_away):
        for round_item_id, rater_id in connection.execute(query):
            found[round_item_id].add(rater_id)
    return found


def _full(connection: sa.Connection, entry: RoundRow) -> set[int]:
    """Raters who have reached the limit of the round, unless it only shares the work."""
    settings = entry.settings
    if settings.max_per_rater is None or settings.soft_limit:
        return set()
    query = (
        sa.select(assignments.c.rater_id)
        .join(round_items, round_items.c.round_item_id == assignments.c.round_item_id)
        .where(
            assignments.c.round_id == entry.round_id,
            assignments.c.state.in_(HOLDING),
            round_items.c.is_gold == sa.false(),
        )
    )
    held = Counter(connection.execute(query).scalars())
    return {rater_id for rater_id, number in held.items() if number >= settings.max_per_rater}


def _is_open(round_id: int) -> tuple["sa.ColumnElement[bool]", ...]:
    columns = round_items.c
    return columns.round_id == round_id, columns.is_gold == sa.false(), columns.open_spots > 0
