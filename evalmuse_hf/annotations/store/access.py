"""Which rounds give items to a rater, and what stands in the way of the others."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from evalmuse_hf.annotations.records import RoundKind, RoundSettings
from evalmuse_hf.annotations.store.leases import HOLDING, SUBMITTED
from evalmuse_hf.annotations.store.tables import (
    assignments,
    consents,
    guidelines,
    qualifications,
    round_items,
    rounds,
)

Barrier = Literal["", "no_consent", "not_qualified", "pilot_decided", "full"]
_FIRST: tuple[RoundKind, ...] = ("pilot", "reannotation", "consistency", "formal")
# Their names would tell raters that others disagreed about an item, or that it is looked at twice.
_AGAIN: tuple[RoundKind, ...] = ("reannotation", "consistency")
_NAME_OF_NONE = "ratings"
_parents = rounds.alias("parents")

# Statements that every request runs are made once: putting one together takes longer than running it.
_RATER = sa.bindparam("rater_id", type_=sa.Integer)
_AGREED = (
    sa.select(consents.c.guideline_version)
    .where(consents.c.rater_id == _RATER)
    .order_by(consents.c.consent_id.desc())
    .limit(1)
)
# Who agreed to some instructions has agreed to the older ones.
_AGREED_AT = (
    sa.select(sa.func.max(guidelines.c.created_at))
    .join(consents, consents.c.guideline_version == guidelines.c.version)
    .where(consents.c.rater_id == _RATER)
    .correlate(None)
)
_LAST_DECISION = (
    sa.select(qualifications.c.passed)
    .where(qualifications.c.rater_id == _RATER)
    .order_by(qualifications.c.qualification_id.desc())
    .limit(1)
)
_ROUNDS = sa.select(
    rounds,
    _parents.c.name.label("parent_name"),
    guidelines.c.created_at.label("guidelines_at"),
    _AGREED.scalar_subquery().label("agreed_version"),
    _AGREED_AT.scalar_subquery().label("agreed_at"),
    _LAST_DECISION.scalar_subquery().label("qualified"),
    _LAST_DECISION.where(qualifications.c.round_id == rounds.c.round_id).scalar_subquery().label("decision"),
).select_from(
    rounds.join(guidelines, guidelines.c.version == rounds.c.guideline_version).outerjoin(
        _parents, _parents.c.round_id == rounds.c.parent_id
    )
)
_OPEN_ROUNDS = _ROUNDS.where(rounds.c.is_open == sa.true()).order_by(rounds.c.round_id)
_ONE_ROUND = _ROUNDS.where(rounds.c.round_id == sa.bindparam("round_id"))
_FAMILY = sa.select(rounds.c.round_id, rounds.c.is_open).where(
    (rounds.c.round_id == sa.bindparam("family_id"))
    | ((rounds.c.parent_id == sa.bindparam("family_id")) & rounds.c.kind.in_(_AGAIN))
)
_N_IN_STATES = (
    sa.select(sa.func.count())
    .select_from(assignments)
    .where(
        assignments.c.rater_id == _RATER,
        assignments.c.state.in_(sa.bindparam("states", expanding=True)),
        assignments.c.round_id == sa.bindparam("round_id"),
    )
)
_GOLD_HELD = (
    sa.select(sa.func.count())
    .select_from(round_items)
    .where(
        round_items.c.round_id == sa.bindparam("round_id"),
        round_items.c.is_gold == sa.true(),
        sa.exists().where(
            assignments.c.round_item_id == round_items.c.round_item_id,
            assignments.c.rater_id == _RATER,
            assignments.c.state.in_(HOLDING),
        ),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundAccess:
    """A round as one rater meets it.

    Attributes:
        round_id: The round.
        name: What raters call it: where it rates items of another round again, the name of that one.
        family_id: The round whose name it has; rounds of one family are one round to raters.
        kind: Its kind.
        settings: What it asks of raters.
        is_open: Whether items are given out.
        guideline_version: The instructions that the rater has to agree to.
        agreed_version: The instructions that the rater agreed to last; None for none.
        barrier: Why the rater gets nothing from it; empty if nothing stands in the way.
        allowed: How many more ordinary items the rater may have; None for no limit.
        decided: Whether this pilot has decided about the rater.
    """

    round_id: int
    name: str
    family_id: int
    kind: RoundKind
    settings: RoundSettings
    is_open: bool
    guideline_version: str
    agreed_version: str | None
    barrier: Barrier
    allowed: int | None
    decided: bool

    @property
    def gives_gold(self) -> bool:
        """Whether gold items are mixed in: in a pilot until it has decided, and where the round asks for it."""
        return not self.decided if self.kind == "pilot" else self.settings.gold_share > 0

    @property
    def is_soft(self) -> bool:
        """Whether a rater at the limit may go on with what no other can take."""
        return self.settings.soft_limit and self.kind != "pilot"


def open_rounds(connection: sa.Connection, rater_id: int) -> list[RoundAccess]:
    """The open rounds, in the order in which their items are given out.

    Args:
        connection: A transaction.
        rater_id: The rater.
    """
    found = _read_access(connection, _OPEN_ROUNDS, {"rater_id": rater_id})
    # What is left of a pilot can wait once it has decided about the rater.
    return sorted(found, key=lambda access: (access.decided, _FIRST.index(access.kind), access.round_id))


def round_access(connection: sa.Connection, rater_id: int, round_id: int) -> RoundAccess:
    """One round, open or closed, as the rater meets it.

    Args:
        connection: A transaction.
        rater_id: The rater.
        round_id: The round.
    """
    return _read_access(connection, _ONE_ROUND, {"rater_id": rater_id, "round_id": round_id})[0]


def family_of(connection: sa.Connection, access: RoundAccess) -> dict[int, bool]:
    """The rounds that are one to raters, this one among them, and whether each is open.

    Args:
        connection: A transaction.
        access: A round.
    """
    rows = connection.execute(_FAMILY, {"family_id": access.family_id})
    return {row.round_id: row.is_open for row in rows}


def count_answered(connection: sa.Connection, rater_id: int, round_ids: Iterable[int]) -> int:
    """How many items of rounds the rater has answered, gold ones too.

    Args:
        connection: A transaction.
        rater_id: The rater.
        round_ids: The rounds.
    """
    total = 0
    for round_id in round_ids:
        parameters = {"rater_id": rater_id, "round_id": round_id, "states": (SUBMITTED,)}
        total += connection.execute(_N_IN_STATES, parameters).scalar_one()
    return total


def _read_access(
    connection: sa.Connection, query: "sa.Select[tuple[object, ...]]", parameters: dict[str, int]
) -> list[RoundAccess]:
    rows = connection.execute(query, parameters).all()
    if not rows:
        return []
    rater_id = parameters["rater_id"]
    found = []
    for row in rows:
        settings = RoundSettings.from_json(row.settings)
        allowed = _allowed(connection, rater_id, row.round_id, settings.max_per_rater)
        decided = row.decision is not None
        barrier: Barrier = ""
        if row.agreed_at is None or row.agreed_at < row.guidelines_at:
            barrier = "no_consent"
        elif settings.needs_qualification and not row.qualified:
            barrier = "not_qualified"
        elif decided and not row.decision:
            barrier = "pilot_decided"
        elif allowed == 0 and (decided if row.kind == "pilot" else not settings.soft_limit):
            barrier = "full"
        again = row.kind in _AGAIN
        found.append(
            RoundAccess(
                round_id=row.round_id,
                name=(row.parent_name or _NAME_OF_NONE) if again else row.name,
                family_id=(row.parent_id or row.round_id) if again else row.round_id,
                kind=row.kind,
                settings=settings,
                is_open=row.is_open,
                guideline_version=row.guideline_version,
                agreed_version=row.agreed_version,
                barrier=barrier,
                allowed=allowed,
                decided=decided,
            )
        )
    return found


def _allowed(connection: sa.Connection, rater_id: int, round_id: int, most: int | None) -> int | None:
    if most is None:
        return None
    parameters = {"round_id": round_id, "rater_id": rater_id}
    held = connection.execute(_N_IN_STATES, {**parameters, "states": HOLDING}).scalar_one()
    of_gold = connection.execute(_GOLD_HELD, parameters).scalar_one() if held else 0
    return max(0, most - (held - of_gold))
