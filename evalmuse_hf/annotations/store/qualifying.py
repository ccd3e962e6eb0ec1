"""Pilots: once a rater has answered enough gold items, the pilot decides whether the rater is qualified."""

import math
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.records import GoldAnswer, RatingRow, RoundSettings
from evalmuse_hf.annotations.store.access import RoundAccess
from evalmuse_hf.annotations.store.candidates import IS_NEW
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.events import ORGANISER, log_event
from evalmuse_hf.annotations.store.leases import LEASED, RETURNED, SUBMITTED
from evalmuse_hf.annotations.store.raters import find_rater
from evalmuse_hf.annotations.store.rating_log import rating_rows
from evalmuse_hf.annotations.store.rounds import round_by_id
from evalmuse_hf.annotations.store.tables import assignments, qualifications, round_items
from evalmuse_hf.annotations.store.transactions import write


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldResult:
    """How well a rater agrees with what is known.

    Attributes:
        n_items: Gold items answered.
        n_elements: Elements among them whose answer is known.
        element_share: Share of those answered rightly, in [0, 1]; nan without any.
        n_overall: Items among them whose overall rating is known.
        overall_error: Mean absolute error of the overall ratings, in points; nan without any.
    """

    n_items: int
    n_elements: int
    element_share: float
    n_overall: int
    overall_error: float

    def passes(self, settings: RoundSettings) -> bool:
        """Whether both shares are good enough; what is not known decides nothing.

        Args:
            settings: Of the pilot.
        """
        elements_fail = self.element_share < settings.min_gold_elements  # false for nan
        overall_fails = self.overall_error > settings.max_gold_overall_error
        return not (elements_fail or overall_fails)

    def as_json(self) -> dict[str, Any]:
        """The facts as the store keeps them; null for what is not known."""
        return {
            "n_items": self.n_items,
            "n_elements": self.n_elements,
            "element_share": None if math.isnan(self.element_share) else self.element_share,
            "n_overall": self.n_overall,
            "overall_error": None if math.isnan(self.overall_error) else self.overall_error,
        }


def decide_pilot(
    connection: sa.Connection, access: RoundAccess, rater_id: int, rater_name: str, *, now: float
) -> bool | None:
    """Decide about a rater, if this is a pilot, enough gold items are answered, and it has not decided before.

    Who has skipped so many that there are not enough left has not passed; an organiser can decide otherwise, see
    `decide_by_hand`.

    Args:
        connection: The transaction that has stored an answer to a gold item or its skip, and locked its rater.
        access: The round.
        rater_id: The rater.
        rater_name: The rater's name.
        now: Seconds since 1970.

    Returns:
        Whether the rater passed; None if nothing was decided.
    """
    if access.kind != "pilot" or access.decided:
        return None
    result = gold_result(connection, access.round_id, rater_id)
    enough = result.n_items >= access.settings.min_gold_items
    if not enough and _may_answer_more(connection, access.round_id, rater_id):
        return None
    passed = enough and result.passes(access.settings)
    limits = {
        name: getattr(access.settings, name)
        for name in ("min_gold_items", "min_gold_elements", "max_gold_overall_error")
    }
    facts = {**result.as_json(), "limits": limits}
    row = {"rater_id": rater_id, "round_id": access.round_id, "passed": passed, "facts": facts, "at": now}
    connection.execute(sa.insert(qualifications).values(row))
    kind = "pilot_passed" if passed else "pilot_failed"
    log_event(connection, at=now, actor="system", kind=kind, subject=f"rater {rater_name}", payload=facts)
    return passed


def decide_by_hand(store: Store, name: str, *, round_id: int, passed: bool, actor: str = ORGANISER) -> None:
    """Let an organiser decide about a rater, whatever the pilot found; the last decision counts.

    Args:
        store: The store.
        name: The rater.
        round_id: The pilot.
        passed: Whether the rater is qualified.
        actor: Who decides that.

    Raises:
        StoreError: If there is no such rater, or the round is no pilot.
    """
    rater = find_rater(store, name)
    if rater is None:
        raise StoreError(f"There is no rater {name!r} in {store.name}; `evalmuse annotate raters STORE` lists them.")

    def work(connection: sa.Connection) -> None:
        found = round_by_id(connection, round_id)
        if found.kind != "pilot":
            raise StoreError(f"The round {found.name!r} is one of {found.kind}; raters are qualified in a pilot.")
        facts = {**gold_result(connection, round_id, rater.rater_id).as_json(), "by_hand": True, "actor": actor}
        now = store.clock()
        row = {"rater_id": rater.rater_id, "round_id": round_id, "passed": passed, "facts": facts, "at": now}
        connection.execute(sa.insert(qualifications).values(row))
        kind = "qualified_by_hand" if passed else "disqualified_by_hand"
        log_event(connection, at=now, actor=actor, kind=kind, subject=f"rater {rater.name}", payload=facts)

    write(store, work)


def gold_result(connection: sa.Connection, round_id: int, rater_id: int) -> GoldResult:
    """How well a rater's answers to the gold items of a round agree with what is known; those that count.

    Args:
        connection: A transaction.
        round_id: The round.
        rater_id: The rater.
    """
    of_rater = (assignments.c.round_id == round_id, assignments.c.rater_id == rater_id)
    rows = rating_rows(connection, *of_rater, assignments.c.state == SUBMITTED, round_items.c.is_gold == sa.true())
    known = _gold_answers(connection, round_id)
    counted = [row for row in rows if row.standing == "counted"]
    hits = [hit for row in counted for hit in _element_hits(row, known[row.item_id])]
    errors = [abs(row.overall - overall) for row in counted if (overall := known[row.item_id].overall) is not None]
    return GoldResult(
        n_items=len(counted),
        n_elements=len(hits),
        element_share=sum(hits) / len(hits) if hits else math.nan,
        n_overall=len(errors),
        overall_error=sum(errors) / len(errors) if errors else math.nan,
    )


def _may_answer_more(connection: sa.Connection, round_id: int, rater_id: int) -> bool:
    """Whether the rater has a gold item of the round, or may be given one."""
    mine = sa.exists().where(
        assignments.c.round_item_id == round_items.c.round_item_id,
        assignments.c.rater_id == rater_id,
        assignments.c.state.in_((LEASED, RETURNED)),
    )
    query = sa.select(round_items.c.round_item_id).where(
        round_items.c.round_id == round_id, round_items.c.is_gold == sa.true(), sa.or_(mine, sa.and_(*IS_NEW))
    )
    return connection.execute(query.limit(1), {"rater_id": rater_id}).first() is not None


def _element_hits(row: RatingRow, known: GoldAnswer) -> list[bool]:
    if not known.elements:
        return []
    pairs = zip(row.elements, known.elements, strict=True)
    return [answer.value == right for answer, right in pairs if right is not None]


def _gold_answers(connection: sa.Connection, round_id: int) -> dict[int, GoldAnswer]:
    query = sa.select(round_items.c.item_id, round_items.c.gold)
    query = query.where(round_items.c.round_id == round_id, round_items.c.is_gold == sa.true())
    return {row.item_id: GoldAnswer.from_json(row.gold) for row in connection.execute(query)}
