"""The range rule: an item whose first raters disagree widely is rated again, by others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.records import RoundRow, RoundSettings
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.events import ORGANISER, log_event
from evalmuse_hf.annotations.store.first_ratings import FirstRating, first_ratings
from evalmuse_hf.annotations.store.leases import SUBMITTED
from evalmuse_hf.annotations.store.rounds import add_to_round, round_by_id
from evalmuse_hf.annotations.store.tables import assignments, ratings, round_items, rounds
from evalmuse_hf.annotations.store.transactions import lock_round, lock_round_items, write

_SYSTEM = "system"
_SUFFIX = ": re-annotation"
_LONGEST_NAME = 200

# It runs with every answer, and putting a statement together takes longer than running it.
_RULES = (
    sa.select(
        *(round_items.c.item_id, round_items.c.is_gold),
        *(rounds.c.kind, rounds.c.round_id, rounds.c.settings, rounds.c.is_open),
    )
    .join(rounds, rounds.c.round_id == round_items.c.round_id)
    .where(round_items.c.round_item_id == sa.bindparam("round_item_id"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WideItem:
    """An item whose first ratings lie far apart.

    Attributes:
        round_item_id: The item of the round.
        item_id: The item.
        overall: The first ratings, in their order.
    """

    round_item_id: int
    item_id: int
    overall: tuple[int, ...]

    @property
    def range(self) -> int:
        """Highest less lowest."""
        return max(self.overall) - min(self.overall)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reannotation:
    """What was, or with a dry run would be, rated again.

    Attributes:
        round_id: The round of first ratings.
        threshold: Range from which an item is rated again.
        n_rated: Items of it that have all first ratings.
        sent: Items that are sent to further raters now.
        n_sent_before: Items with such a range that were sent before.
        child: The round that they are sent to; None if there is none yet.
    """

    round_id: int
    threshold: int
    n_rated: int
    sent: tuple[WideItem, ...]
    n_sent_before: int
    child: RoundRow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sending:
    """How an item is sent: from which range on, by whom, and whether a closed re-annotation round is opened again."""

    threshold: int
    actor: str
    reopen: bool


def apply_range_rule(connection: sa.Connection, store: Store, round_item_id: int) -> bool:
    """Send an item of a formal round to further raters if its first ratings have come in and lie far apart.

    It goes to the round's re-annotation round, which is opened for the first of them, with all who have rated it
    barred; that happens once, however often the ratings are corrected. While the formal round is open, so is that one:
    items in a closed round would get no ratings.

    Args:
        connection: The transaction that has stored a rating of the item, and locked it.
        store: The store.
        round_item_id: The item of a round.

    Returns:
        Whether it was sent now.
    """
    row = connection.execute(_RULES, {"round_item_id": round_item_id}).one()
    settings = RoundSettings.from_json(row.settings)
    if row.kind != "formal" or row.is_gold or settings.range_threshold is None:
        return False
    firsts = first_ratings(connection, round_item_id)
    wide = _wide(row.item_id, round_item_id, firsts, settings)
    if wide is None or wide.range < settings.range_threshold:
        return False
    sending = _Sending(threshold=settings.range_threshold, actor=_SYSTEM, reopen=row.is_open)
    return _send(connection, store, row.round_id, wide, firsts, sending)


def items_over_range(store: Store, round_id: int, *, threshold: int | None = None) -> list[WideItem]:
    """Items of a round whose first ratings lie far apart, sent to further raters or not; gold ones are left out.

    Args:
        store: The store.
        round_id: The round.
        threshold: Range from which an item counts; None for that of the round.

    Raises:
        StoreError: If there is no such round, or neither it nor the argument names a threshold.
    """
    with store.read() as connection:
        found = round_by_id(connection, round_id)
        limit = _threshold(found, threshold)
        return [wide for wide in _rated_items(connection, found) if wide.range >= limit]


def reannotate(
    store: Store, round_id: int, *, threshold: int | None = None, dry_run: bool = False, actor: str = ORGANISER
) -> Reannotation:
    """Send every item of a round whose first ratings lie far apart, and that was not sent yet, to further raters.

    Args:
        store: The store.
        round_id: The round.
        threshold: Range from which an item is sent; None for that of the round.
        dry_run: Only say what would be sent.
        actor: Who decides that.

    Raises:
        StoreError: If the round is none of first ratings, or no threshold is known.
    """
    with store.read() as connection:
        found = round_by_id(connection, round_id)
        limit = _threshold(found, threshold)
        rated = _rated_items(connection, found)
        child = _find_child(connection, round_id)
        before = set() if child is None else _items_of(connection, child.round_id)
    wide = [item for item in rated if item.range >= limit]
    due = [item for item in wide if item.item_id not in before]
    sent = due
    if not dry_run:
        sent = [item for item in due if _send_one(store, found, item, limit, actor)]
        with store.read() as connection:
            child = _find_child(connection, round_id)
    return Reannotation(
        round_id=round_id,
        threshold=limit,
        n_rated=len(rated),
        sent=tuple(sent),
        n_sent_before=len(wide) - len(due),
        child=child,
    )


def _send_one(store: Store, found: RoundRow, item: WideItem, threshold: int, actor: str) -> bool:
    """Send one item in a transaction of its own, if it still lies so far apart."""

    def work(connection: sa.Connection) -> bool:
        lock_round_items(connection, [item.round_item_id])
        firsts = first_ratings(connection, item.round_item_id)
        wide = _wide(item.item_id, item.round_item_id, firsts, found.settings)
        if wide is None or wide.range < threshold:
            return False
        sending = _Sending(threshold=threshold, actor=actor, reopen=True)
        return _send(connection, store, found.round_id, wide, firsts, sending)

    return write(store, work)


def _wide(item_id: int, round_item_id: int, firsts: Sequence[FirstRating], settings: RoundSettings) -> WideItem | None:
    """The first ratings of an item; None while they have not all come in."""
    overall = tuple(rating.overall for rating in firsts[: settings.range_ratings])
    if len(overall) < settings.range_ratings:
        return None
    return WideItem(round_item_id=round_item_id, item_id=item_id, overall=overall)


def _send(
    connection: sa.Connection,
    store: Store,
    round_id: int,
    item: WideItem,
    raters: Sequence[FirstRating],
    sending: _Sending,
) -> bool:
    lock_round(connection, round_id)  # so that two items at once do not open two rounds
    child = _find_child(connection, round_id)
    if child is None:
        child = _open_child(connection, store, round_by_id(connection, round_id), sending.actor)
    overall = ", ".join(str(value) for value in item.overall)
    added = add_to_round(
        connection,
        store,
        child.round_id,
        [item.item_id],
        barred={item.item_id: [rating.rater_id for rating in raters]},
        reasons={item.item_id: f"first ratings {overall}: range {item.range}, threshold {sending.threshold}"},
    )
    if added:
        if sending.reopen and not child.is_open:
            _reopen(connection, store, child, sending.actor, f"item {item.item_id} was sent to it")
        facts = {"round_id": round_id, "to_round_id": child.round_id, "overall": list(item.overall)}
        facts |= {"rating_ids": [rating.rating_id for rating in raters], "threshold": sending.threshold}
        facts["waits"] = not (child.is_open or sending.reopen)  # until the round is opened again
        subject, actor = f"item {item.item_id}", sending.actor
        log_event(connection, at=store.clock(), actor=actor, kind="reannotation", subject=subject, payload=facts)
    return added > 0


def _reopen(connection: sa.Connection, store: Store, child: RoundRow, actor: str, reason: str) -> None:
    connection.execute(sa.update(rounds).where(rounds.c.round_id == child.round_id).values(is_open=True))
    subject, facts = f"round {child.round_id}", {"reason": reason}
    log_event(connection, at=store.clock(), actor=actor, kind="round_reopened", subject=subject, payload=facts)


def _open_child(connection: sa.Connection, store: Store, parent: RoundRow, actor: str) -> RoundRow:
    settings = replace(
        parent.settings,
        ratings_per_item=parent.settings.reannotation_raters,
        range_threshold=None,
        gold_share=0.0,
    )
    now = store.clock()
    values = {
        "name": _free_name(connection, parent.name),
        "kind": "reannotation",
        "parent_id": parent.round_id,
        "settings": settings.as_json(),
        "guideline_version": parent.guideline_version,
        "is_open": True,
        "created_at": now,
    }
    round_id: int = connection.execute(sa.insert(rounds).values(values).returning(rounds.c.round_id)).scalar_one()
    facts = {name: values[name] for name in ("name", "kind", "parent_id", "settings", "guideline_version")}
    log_event(connection, at=now, actor=actor, kind="round_opened", subject=f"round {round_id}", payload=facts)
    return round_by_id(connection, round_id)


def _free_name(connection: sa.Connection, parent: str) -> str:
    """A name for the round; a rating is never refused because an organiser has given that name to another one."""
    number = 1
    while True:
        ending = _SUFFIX if number == 1 else f"{_SUFFIX} {number}"
        name = f"{parent[: _LONGEST_NAME - len(ending)]}{ending}"
        query = sa.select(rounds.c.round_id).where(rounds.c.name == name)
        if connection.execute(query).scalar() is None:
            return name
        number += 1


def _find_child(connection: sa.Connection, round_id: int) -> RoundRow | None:
    query = sa.select(sa.func.min(rounds.c.round_id))
    query = query.where(rounds.c.parent_id == round_id, rounds.c.kind == "reannotation")
    child_id = connection.execute(query).scalar()
    return None if child_id is None else round_by_id(connection, child_id)


def _items_of(connection: sa.Connection, round_id: int) -> set[int]:
    return set(connection.scalars(sa.select(round_items.c.item_id).where(round_items.c.round_id == round_id)))


def _threshold(found: RoundRow, threshold: int | None) -> int:
    if found.kind != "formal":
        raise StoreError(
            f"The round {found.name!r} is one of {found.kind}, and only items of formal rounds are rated again; "
            "name one of these."
        )
    limit = found.settings.range_threshold if threshold is None else threshold
    if limit is None:
        raise StoreError(f"The round {found.name!r} has no threshold; give one from 1 to 4.")
    return limit


def _rated_items(connection: sa.Connection, found: RoundRow) -> list[WideItem]:
    """Items of a round that have all first ratings, read at one go."""
    query: sa.Select[Any] = (
        sa.select(
            round_items.c.round_item_id,
            round_items.c.item_id,
            assignments.c.rater_id,
            ratings.c.rating_id,
            ratings.c.overall,
        )
        .join(assignments, assignments.c.round_item_id == round_items.c.round_item_id)
        .join(ratings, ratings.c.assignment_id == assignments.c.assignment_id)
        .where(
            round_items.c.round_id == found.round_id,
            round_items.c.is_gold == sa.false(),
            assignments.c.state == SUBMITTED,
        )
        .order_by(ratings.c.rating_id)
    )
    said: dict[tuple[int, int], dict[int, FirstRating]] = {}
    for row in connection.execute(query):
        of_item = said.setdefault((row.round_item_id, row.item_id), {})
        of_item[row.rater_id] = FirstRating(rating_id=row.rating_id, rater_id=row.rater_id, overall=row.overall)
    listed = [
        _wide(item_id, round_item_id, list(of_item.values()), found.settings)
        for (round_item_id, item_id), of_item in sorted(said.items())
    ]
    return [wide for wide in listed if wide is not None]
