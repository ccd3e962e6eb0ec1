"""A limit that only shares the work: whoever has reached it goes on with what no rater below it can take."""

from typing import Any

import sqlalchemy as sa

from evalmuse_hf.annotations.store.access import RoundAccess
from evalmuse_hf.annotations.store.leases import EXPIRED, HOLDING
from evalmuse_hf.annotations.store.tables import (
    assignments,
    barred,
    consents,
    guidelines,
    qualifications,
    raters,
    round_items,
    rounds,
)

_WINDOW = 500  # items of one number of open spots that are looked at, from a random place on
_MANY = 2**31 - 1  # more open spots than any item has
_ROUND = sa.bindparam("round_id", type_=sa.Integer)
_RATER = sa.bindparam("rater_id", type_=sa.Integer)
_other = round_items.alias("other")
_theirs = assignments.alias("theirs")
_gold = round_items.alias("gold_items")

_AGREED = sa.exists().where(
    consents.c.rater_id == raters.c.rater_id,
    guidelines.c.version == consents.c.guideline_version,
    guidelines.c.created_at >= sa.bindparam("guidelines_at"),
)
_PASSED = (
    sa.select(sa.case((qualifications.c.passed == sa.true(), 1), else_=0))
    .where(qualifications.c.rater_id == raters.c.rater_id)
    .order_by(qualifications.c.qualification_id.desc())
    .limit(1)
    .scalar_subquery()
)
_OF_THEIRS = (
    assignments.c.rater_id == raters.c.rater_id,
    assignments.c.round_id == _ROUND,
    assignments.c.state.in_(HOLDING),
)
_N_HELD = sa.select(sa.func.count()).select_from(assignments).where(*_OF_THEIRS).scalar_subquery()
_N_GOLD_HELD = (
    sa.select(sa.func.count())
    .select_from(assignments.join(_gold, _gold.c.round_item_id == assignments.c.round_item_id))
    .where(*_OF_THEIRS, _gold.c.is_gold == sa.true())
    .scalar_subquery()
)
_GUIDELINES_AT = (
    sa.select(guidelines.c.created_at)
    .join(rounds, rounds.c.guideline_version == guidelines.c.version)
    .where(rounds.c.round_id == _ROUND)
)
_BELOW = sa.select(raters.c.rater_id).where(
    raters.c.is_active == sa.true(),
    raters.c.is_organiser == sa.false(),
    _AGREED,
    sa.func.coalesce(_PASSED, 0) >= sa.bindparam("needed"),
    sa.bindparam("most") > _N_HELD - _N_GOLD_HELD,
)
_LEVEL = sa.select(sa.func.max(round_items.c.open_spots)).where(
    round_items.c.round_id == _ROUND,
    round_items.c.is_gold == sa.false(),
    round_items.c.open_spots < sa.bindparam("below_level"),
)


# Two levels deep, SQLAlchemy has to be told which tables are those of the statement around.
def _had(item_id: "sa.ColumnElement[int]", rater_id: "sa.ColumnElement[int]") -> "sa.Exists":
    """Whether a rater has had an item, in whatever round; one inside the other, as in `candidates`."""
    had = sa.exists().where(
        _theirs.c.round_item_id == _other.c.round_item_id,
        _theirs.c.rater_id == rater_id,
        _theirs.c.state != EXPIRED,
    )
    found = sa.exists().where(_other.c.item_id == item_id, had.correlate_except(_theirs))
    return found.correlate_except(_other)


def _barred(round_item_id: "sa.ColumnElement[int]", rater_id: "sa.ColumnElement[int]") -> "sa.Exists":
    found = sa.exists().where(barred.c.round_item_id == round_item_id, barred.c.rater_id == rater_id)
    return found.correlate_except(barred)


def _is_for_nobody(round_item_id: "sa.ColumnElement[int]", item_id: "sa.ColumnElement[int]") -> Any:
    """Whether none of the raters ``below`` may have an item."""
    could = sa.exists().where(
        raters.c.rater_id.in_(sa.bindparam("below", expanding=True)),
        ~_had(item_id, raters.c.rater_id),
        ~_barred(round_item_id, raters.c.rater_id),
    )
    return ~could.correlate_except(raters)


def _search(side: "sa.ColumnElement[bool]") -> "sa.Select[Any]":
    window = (
        sa.select(round_items.c.round_item_id, round_items.c.item_id)
        .where(
            *(round_items.c.round_id == _ROUND, round_items.c.is_gold == sa.false()),
            *(round_items.c.open_spots == sa.bindparam("level"), side),
            ~_had(round_items.c.item_id, _RATER),
            ~_barred(round_items.c.round_item_id, _RATER),
        )
        .order_by(round_items.c.order_key)
        .limit(_WINDOW)
        .subquery("window")
    )
    found = sa.select(window.c.round_item_id).where(_is_for_nobody(window.c.round_item_id, window.c.item_id))
    return found.limit(1)


_SEARCHES = (
    _search(round_items.c.order_key >= sa.bindparam("start")),
    _search(round_items.c.order_key < sa.bindparam("start")),
)
_ONE = sa.select(round_items.c.round_item_id).where(
    round_items.c.round_item_id == sa.bindparam("round_item_id"),
    _is_for_nobody(round_items.c.round_item_id, round_items.c.item_id),
)


def find_beyond_limit(connection: sa.Connection, access: RoundAccess, rater_id: int, *, start: float) -> int | None:
    """An item for a rater who has reached the limit, that no rater below it can take.

    Some hundred items from a random place on are looked at. In a large round there may be one that is not found; once
    the raters below the limit have done what they can, all that is left is such an item.

    Args:
        connection: A transaction.
        access: The round, whose limit is soft.
        rater_id: The rater.
        start: The random place, in [0, 1).

    Returns:
        The round item; None if there is none.
    """
    below, level = _below(connection, access), _MANY
    while True:
        parameters = {"round_id": access.round_id, "below_level": level}
        level = connection.execute(_LEVEL, parameters).scalar() or 0
        if level < 1:
            return None
        values = {"round_id": access.round_id, "rater_id": rater_id, "level": level, "start": start, "below": below}
        for query in _SEARCHES:
            found: int | None = connection.execute(query, values).scalar()
            if found is not None:
                return found


def is_beyond_limit(connection: sa.Connection, access: RoundAccess, round_item_id: int, *, is_gold: bool) -> bool:
    """Whether the limit of the round keeps the rater from an item.

    Args:
        connection: A transaction.
        access: The round as the rater meets it.
        round_item_id: The item.
        is_gold: Whether it is a gold one, for which there is no limit.
    """
    if access.allowed != 0 or is_gold:
        return False
    if not access.is_soft:
        return True
    values = {"round_item_id": round_item_id, "below": _below(connection, access)}
    return connection.execute(_ONE, values).scalar() is None


def _below(connection: sa.Connection, access: RoundAccess) -> list[int]:
    """Raters below the limit who are given items of the round at all."""
    values = {
        "round_id": access.round_id,
        "guidelines_at": connection.execute(_GUIDELINES_AT, {"round_id": access.round_id}).scalar_one(),
        "needed": int(access.settings.needs_qualification),
        "most": access.settings.max_per_rater,
    }
    return list(connection.execute(_BELOW, values).scalars())
