"""The next item for a rater: those that lack most ratings first, from a random place on, never one seen before."""

import random

import sqlalchemy as sa

from evalmuse_hf.annotations.store.access import RoundAccess
from evalmuse_hf.annotations.store.leases import EXPIRED, HAD
from evalmuse_hf.annotations.store.soft_limits import find_beyond_limit
from evalmuse_hf.annotations.store.tables import assignments, barred, round_items

_MOST_COUNTED = 10_000
_FEW = 300
_MANY = 2**31 - 1  # more open spots than any item has
_ROUND = sa.bindparam("round_id", type_=sa.Integer)
_RATER = sa.bindparam("rater_id", type_=sa.Integer)
_other = round_items.alias("other")
_mine = assignments.alias("mine")

# One inside the other: joined, SQLite would go through all that the rater has done, for each item that it looks at.
_had = sa.exists().where(
    _mine.c.round_item_id == _other.c.round_item_id, _mine.c.rater_id == _RATER, _mine.c.state != EXPIRED
)
IS_NEW = (
    ~sa.exists().where(_other.c.item_id == round_items.c.item_id, _had),
    ~sa.exists().where(barred.c.round_item_id == round_items.c.round_item_id, barred.c.rater_id == _RATER),
)
"""Conditions on `round_items`, of the parameter ``rater_id``: not barred from the item, nor had it in any round.

A lease that ran out leaves an item new, so that its rater may have it again.
"""

# Statements that every request runs are made once: putting one together takes longer than running it.
_ORDINARY = (round_items.c.round_id == _ROUND, round_items.c.is_gold == sa.false())
_GOLD = (round_items.c.round_id == _ROUND, round_items.c.is_gold == sa.true())
_LEVEL = sa.select(sa.func.max(round_items.c.open_spots)).where(
    *_ORDINARY, round_items.c.open_spots < sa.bindparam("below")
)
_OF_LEVEL = sa.select(round_items.c.round_item_id).where(
    *_ORDINARY, round_items.c.open_spots == sa.bindparam("level"), *IS_NEW
)
_FROM_START = (
    _OF_LEVEL.where(round_items.c.order_key >= sa.bindparam("start")).order_by(round_items.c.order_key).limit(1)
)
_BEFORE_START = (
    _OF_LEVEL.where(round_items.c.order_key < sa.bindparam("start")).order_by(round_items.c.order_key).limit(1)
)
_UNSEEN_GOLD = sa.select(round_items.c.round_item_id).where(*_GOLD, *IS_NEW).order_by(round_items.c.round_item_id)
_IS_NEW_ITEM = sa.select(round_items.c.round_item_id).where(
    round_items.c.round_item_id == sa.bindparam("round_item_id"), *IS_NEW
)
_OPEN = sa.select(round_items.c.round_item_id).where(*_ORDINARY, round_items.c.open_spots > 0)
_N_OPEN = sa.select(sa.func.count()).select_from(_OPEN.limit(_MOST_COUNTED).subquery())
_N_OPEN_AND_NEW = sa.select(sa.func.count()).select_from(_OPEN.where(*IS_NEW).subquery())
_N_OPEN_AND_HAD = (
    sa.select(sa.func.count())
    .select_from(assignments.join(round_items, round_items.c.round_item_id == assignments.c.round_item_id))
    .where(
        *(assignments.c.rater_id == _RATER, assignments.c.round_id == _ROUND, assignments.c.state.in_(HAD)),
        *(round_items.c.is_gold == sa.false(), round_items.c.open_spots > 0),
    )
)
_NUMBERS = (
    sa.select(round_items.c.is_gold, sa.func.count().label("number"))
    .where(round_items.c.round_id == _ROUND)
    .group_by(round_items.c.is_gold)
)


def find_candidate(connection: sa.Connection, access: RoundAccess, rater_id: int, *, rng: random.Random) -> int | None:
    """A round item that the rater may be given, gold or not; None if the round has nothing for the rater.

    Nothing is locked: somebody else may take it first.

    Args:
        connection: A transaction.
        access: The round, in whose way nothing stands.
        rater_id: The rater.
        rng: Chooses where to begin, and whether a gold item is due.
    """
    gold = _unseen_gold(connection, access.round_id, rater_id) if access.gives_gold else []
    if gold and rng.random() < _gold_chance(connection, access):
        return rng.choice(gold)
    ordinary, start = None, rng.random()
    if access.allowed != 0:  # of ordinary items; a pilot goes on with gold ones until it has decided
        ordinary = _ordinary(connection, access.round_id, rater_id, start)
    elif access.is_soft:
        ordinary = find_beyond_limit(connection, access, rater_id, start=start)
    if ordinary is None and gold and access.kind == "pilot":
        return rng.choice(gold)
    return ordinary


def may_have(connection: sa.Connection, round_item_id: int, rater_id: int) -> bool:
    """Whether the rater is not barred from the item and has not had it, in this round or another.

    Args:
        connection: A transaction.
        round_item_id: The item of a round.
        rater_id: The rater.
    """
    parameters = {"round_item_id": round_item_id, "rater_id": rater_id}
    return connection.execute(_IS_NEW_ITEM, parameters).scalar() is not None


def count_left(connection: sa.Connection, access: RoundAccess, rater_id: int) -> int:
    """How many items of a round the rater may still meet, at most; the one that the rater is at is not among them.

    The last few hundred are counted exactly. Where gold is mixed in, the number falls by one with each item that the
    rater takes, gold or not, so that it does not tell which one that was. More than ten thousand ordinary items are
    ten thousand, whatever the rater takes: nobody plans with the difference, and counting takes time.

    Args:
        connection: A transaction.
        access: The round.
        rater_id: The rater.
    """
    parameters = {"round_id": access.round_id, "rater_id": rater_id}
    still_open: int = connection.execute(_N_OPEN, parameters).scalar_one()
    many = still_open >= _MOST_COUNTED
    if many:
        still_open = _MOST_COUNTED
    elif still_open <= _FEW:
        still_open = connection.execute(_N_OPEN_AND_NEW, parameters).scalar_one()
    elif access.gives_gold:  # else there is nothing to be hidden
        still_open -= connection.execute(_N_OPEN_AND_HAD, parameters).scalar_one()
    if access.allowed is not None:
        still_open = min(still_open, access.allowed)
    if many and still_open == _MOST_COUNTED:
        return _MOST_COUNTED
    return still_open + (len(_unseen_gold(connection, access.round_id, rater_id)) if access.gives_gold else 0)


def _ordinary(connection: sa.Connection, round_id: int, rater_id: int, start: float) -> int | None:
    """Go down the numbers of open spots; on each, along the random order of the items from ``start`` on and around."""
    level = _MANY
    while True:
        level = connection.execute(_LEVEL, {"round_id": round_id, "below": level}).scalar() or 0
        if level < 1:
            return None
        parameters = {"round_id": round_id, "rater_id": rater_id, "level": level, "start": start}
        for query in (_FROM_START, _BEFORE_START):
            found: int | None = connection.execute(query, parameters).scalar()
            if found is not None:
                return found


def _unseen_gold(connection: sa.Connection, round_id: int, rater_id: int) -> list[int]:
    return list(connection.execute(_UNSEEN_GOLD, {"round_id": round_id, "rater_id": rater_id}).scalars())


def _gold_chance(connection: sa.Connection, access: RoundAccess) -> float:
    """What the round says; a pilot that says nothing mixes gold in as often as it has it."""
    if access.settings.gold_share > 0:
        return access.settings.gold_share
    numbers = {bool(row.is_gold): row.number for row in connection.execute(_NUMBERS, {"round_id": access.round_id})}
    share: float = numbers.get(True, 0) / max(1, sum(numbers.values()))
    return share
