"""Rounds: which items are rated, by how many raters, under which rules."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.records import ROUND_KINDS, GoldAnswer, RaterRow, RoundKind, RoundRow, RoundSettings
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.events import ORGANISER, log_event
from evalmuse_hf.annotations.store.guidelines import ensure_guidelines
from evalmuse_hf.annotations.store.raters import read_raters
from evalmuse_hf.annotations.store.round_checks import (
    all_items,
    check_gold,
    check_items,
    check_pilot,
    check_quota,
    checked_round_name,
)
from evalmuse_hf.annotations.store.tables import barred as barred_raters
from evalmuse_hf.annotations.store.tables import guidelines, raters, round_items, rounds
from evalmuse_hf.annotations.store.transactions import write

_CHUNK = 5_000  # values in one statement, well below what databases allow


def open_round(
    store: Store,
    *,
    name: str,
    kind: RoundKind,
    settings: RoundSettings | None = None,
    items: Iterable[int] | None = None,
    gold: Mapping[int, GoldAnswer] | None = None,
    parent_id: int | None = None,
    barred: Mapping[int, Iterable[int]] | None = None,
    reasons: Mapping[int, str] | None = None,
    quota: Mapping[int, int] | None = None,
    guideline_version: str | None = None,
    seed: int = 0,
    actor: str = ORGANISER,
) -> RoundRow:
    """Open a round: from now on its items are given to raters.

    Args:
        store: The store.
        name: Of the round, unique.
        kind: What it is for.
        settings: What it asks of raters; None for the defaults.
        items: Items to rate; None for all of the store.
        gold: Items whose answer is known. They measure raters: in this round they are not rated otherwise, and they
            need not be among ``items``.
        parent_id: Round whose items are rated again.
        barred: Raters who must not get an item.
        reasons: Why an item is in this round.
        quota: Ratings of an item, where it is not ``settings.ratings_per_item``.
        guideline_version: Instructions that apply; None for the current ones.
        seed: Of the order in which items are given out.
        actor: Who opens the round.

    Raises:
        StoreError: If the name is taken or cannot be one, the kind is unknown, an item, rater, round or version that
            is named does not exist, or a pilot has fewer gold items than decide.
    """
    name, settings = checked_round_name(name), RoundSettings() if settings is None else settings
    if kind not in ROUND_KINDS:
        raise StoreError(f"A round is one of {', '.join(ROUND_KINDS)}, not {kind!r}.")
    check_pilot(kind, settings, gold or {})
    named = None if items is None else list(items)
    kept_from = {item_id: list(rater_ids) for item_id, rater_ids in (barred or {}).items()}

    def put(connection: sa.Connection) -> RoundRow:
        if _find(connection, name) is not None:
            raise StoreError(f"There is a round {name!r} already; give another name.")
        values = {
            "name": name,
            "kind": kind,
            "parent_id": None if parent_id is None else round_by_id(connection, parent_id).round_id,
            "settings": settings.as_json(),
            "guideline_version": _applicable(connection, guideline_version, at=store.clock()),
            "is_open": True,
            "created_at": store.clock(),
        }
        round_id = connection.execute(sa.insert(rounds).values(values).returning(rounds.c.round_id)).scalar_one()
        found = all_items(connection) if named is None else named
        n_added = add_to_round(
            connection,
            store,
            round_id,
            found,
            gold=gold,
            barred=kept_from,
            reasons=reasons,
            quota=quota,
            seed=seed,
        )
        facts = {key: value for key, value in values.items() if key not in ("is_open", "created_at")}
        facts |= {"items": n_added, "gold": len(gold or {}), "seed": seed}
        _log(store, connection, actor, "round_opened", round_id, facts)
        return round_by_id(connection, round_id)

    return write(store, put)


def add_to_round(
    connection: sa.Connection,
    store: Store,
    round_id: int,
    items: Iterable[int],
    *,
    gold: Mapping[int, GoldAnswer] | None = None,
    barred: Mapping[int, Iterable[int]] | None = None,
    reasons: Mapping[int, str] | None = None,
    quota: Mapping[int, int] | None = None,
    seed: int = 0,
) -> int:
    """Add items to a round; those that are in it stay as they are.

    Args:
        connection: Of a transaction that writes. The caller logs what it does.
        store: The store.
        round_id: The round.
        items: Items to rate.
        gold: As in `open_round`.
        barred: As in `open_round`; of items that are added.
        reasons: As in `open_round`.
        quota: As in `open_round`.
        seed: As in `open_round`.

    Returns:
        How many items were added.

    Raises:
        StoreError: If an item or rater that is named does not exist, or an answer or quota cannot be right.
    """
    gold, barred, reasons, quota = gold or {}, barred or {}, reasons or {}, quota or {}
    settings = round_by_id(connection, round_id).settings
    wanted = list(dict.fromkeys([*items, *gold]))
    check_items(connection, store, [*wanted, *barred, *reasons, *quota])
    check_gold(connection, gold)
    check_quota(quota)
    in_round = sa.select(round_items.c.item_id).where(round_items.c.round_id == round_id)
    if len(wanted) <= _CHUNK:
        in_round = in_round.where(round_items.c.item_id.in_(wanted))
    present = set(connection.scalars(in_round))
    rows = [
        {
            "round_id": round_id,
            "item_id": item_id,
            **_spots(0 if item_id in gold else quota.get(item_id, settings.ratings_per_item)),
            "order_key": _order_key(seed, round_id, item_id),
            "is_gold": item_id in gold,
            "gold": gold[item_id].as_json() if item_id in gold else None,
            "reason": reasons.get(item_id, ""),
        }
        for item_id in wanted
        if item_id not in present
    ]
    if rows:
        connection.execute(sa.insert(round_items), rows)
    _bar(connection, store, round_id, {item: barred[item] for item in barred if item not in present})
    return len(rows)


def close_round(store: Store, round_id: int, *, actor: str = ORGANISER) -> None:
    """Give out no more items of a round.

    Args:
        store: The store.
        round_id: The round.
        actor: Who closes it.

    Raises:
        StoreError: If there is no such round.
    """
    _set_open(store, round_id, False, actor=actor)


def reopen_round(store: Store, round_id: int, *, actor: str = ORGANISER) -> None:
    """Give out items of a closed round again.

    Args:
        store: The store.
        round_id: The round.
        actor: Who opens it.

    Raises:
        StoreError: If there is no such round.
    """
    _set_open(store, round_id, True, actor=actor)


def set_limits(
    store: Store, round_id: int, *, max_per_rater: int | None, soft: bool = False, actor: str = ORGANISER
) -> None:
    """Change how many items of a round one rater may rate; what was rated stays.

    Args:
        store: The store.
        round_id: The round.
        max_per_rater: Most items, gold ones not counted; None for no limit.
        soft: Whether a rater at the limit goes on with items that no other rater below it can take.
        actor: Who decides that.

    Raises:
        StoreError: If there is no such round.
        ValueError: If the number is not above 0.
    """
    with store.begin() as connection:
        before = round_by_id(connection, round_id).settings
        settings = replace(before, max_per_rater=max_per_rater, soft_limit=soft)
        if settings == before:
            return
        connection.execute(sa.update(rounds).where(rounds.c.round_id == round_id).values(settings=settings.as_json()))
        payload = {"max_per_rater": max_per_rater, "before": before.max_per_rater, "soft": soft}
        _log(store, connection, actor, "limits_set", round_id, payload)


def fair_share(store: Store, round_id: int) -> int:
    """Items for each of the `eligible_raters` if they share the work: wanted ratings by raters, rounded up.

    As a limit it has to be soft: who is below it at the end may have had just the items that still lack ratings.

    Args:
        store: The store.
        round_id: The round.

    Raises:
        StoreError: If there is no such round, or nobody who may rate.
    """
    with store.read() as connection:
        settings = round_by_id(connection, round_id).settings
        spots = connection.scalar(
            sa.select(sa.func.coalesce(sa.func.sum(round_items.c.quota), 0)).where(
                round_items.c.round_id == round_id, round_items.c.is_gold.is_(False)
            )
        )
    eligible = eligible_raters(store, settings)
    if not eligible:
        raise StoreError(f"Nobody may rate in {store.name} yet; add raters with `evalmuse annotate raters`.")
    return max(1, -(-int(spots or 0) // len(eligible)))


def eligible_raters(store: Store, settings: RoundSettings) -> list[RaterRow]:
    """Raters among whom a round is shared: active, no organisers and, if the round asks for it, qualified.

    Args:
        store: The store.
        settings: Of the round.
    """
    return [
        rater
        for rater in read_raters(store)
        if rater.is_active and not rater.is_organiser and (rater.qualified or not settings.needs_qualification)
    ]


def read_rounds(store: Store) -> list[RoundRow]:
    """All rounds, in the order in which they were opened.

    Args:
        store: The store.
    """
    with store.read() as connection:
        return [_round(row) for row in connection.execute(sa.select(rounds).order_by(rounds.c.round_id))]


def items_of_round(store: Store, round_id: int) -> set[int]:
    """The items of a round, gold ones too.

    Args:
        store: The store.
        round_id: The round.
    """
    with store.read() as connection:
        return set(connection.scalars(sa.select(round_items.c.item_id).where(round_items.c.round_id == round_id)))


def find_round(store: Store, name: str) -> RoundRow:
    """A round by name.

    Args:
        store: The store.
        name: The name.

    Raises:
        StoreError: If there is none.
    """
    with store.read() as connection:
        found = _find(connection, name)
        names = list(connection.scalars(sa.select(rounds.c.name).order_by(rounds.c.round_id)))
    if found is None:
        raise StoreError(f"There is no round {name!r} in {store.name}; it has {', '.join(names) or 'none yet'}.")
    return found


def round_by_id(connection: sa.Connection, round_id: int) -> RoundRow:
    """A round by number.

    Args:
        connection: Of any transaction.
        round_id: The number.

    Raises:
        StoreError: If there is none.
    """
    row = connection.execute(sa.select(rounds).where(rounds.c.round_id == round_id)).first()
    if row is None:
        raise StoreError(f"There is no round with the number {round_id}.")
    return _round(row)


def _applicable(connection: sa.Connection, version: str | None, *, at: float) -> str:
    """The version of the guidelines that was asked for, or the current one."""
    current = ensure_guidelines(connection, at=at)
    known = connection.scalar(sa.select(guidelines.c.version).where(guidelines.c.version == (version or current)))
    if known is None:
        raise StoreError(f"There are no guidelines {version!r}; add them first.")
    return str(known)


def _find(connection: sa.Connection, name: str) -> RoundRow | None:
    if "\0" in name:  # which PostgreSQL would refuse to look for
        return None
    row = connection.execute(sa.select(rounds).where(rounds.c.name == name)).first()
    return None if row is None else _round(row)


def _round(row: "sa.Row[Any]") -> RoundRow:
    return RoundRow(
        round_id=row.round_id,
        name=row.name,
        kind=row.kind,
        settings=RoundSettings.from_json(row.settings),
        is_open=row.is_open,
        parent_id=row.parent_id,
        guideline_version=row.guideline_version,
        created_at=row.created_at,
    )


def _spots(quota: int) -> dict[str, int]:
    return {"quota": quota, "open_spots": quota}


def _order_key(seed: int, round_id: int, item_id: int) -> float:
    """A number in [0, 1) that looks random and depends on nothing but its arguments."""
    digest = hashlib.sha256(f"{seed}/{round_id}/{item_id}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _bar(connection: sa.Connection, store: Store, round_id: int, barred: Mapping[int, Iterable[int]]) -> None:
    pairs = [(item_id, rater_id) for item_id in barred for rater_id in dict.fromkeys(barred[item_id])]
    if not pairs:
        return
    known = set(connection.scalars(sa.select(raters.c.rater_id)))
    counts = Counter(rater_id for _, rater_id in pairs if rater_id not in known)
    if counts:
        raise StoreError(f"{store.name} has no rater with the number {min(counts)}, who would be barred.")
    query = sa.select(round_items.c.item_id, round_items.c.round_item_id).where(round_items.c.round_id == round_id)
    if len(barred) <= _CHUNK:
        query = query.where(round_items.c.item_id.in_(barred))
    numbers = {row.item_id: row.round_item_id for row in connection.execute(query)}
    missing = [item_id for item_id, _ in pairs if item_id not in numbers]
    if missing:
        raise StoreError(f"Item {missing[0]} is not in the round that raters would be barred from.")
    connection.execute(
        sa.insert(barred_raters),
        [{"round_item_id": numbers[item_id], "rater_id": rater_id} for item_id, rater_id in pairs],
    )


def _set_open(store: Store, round_id: int, is_open: bool, *, actor: str) -> None:
    with store.begin() as connection:
        if round_by_id(connection, round_id).is_open == is_open:
            return
        connection.execute(sa.update(rounds).where(rounds.c.round_id == round_id).values(is_open=is_open))
        _log(store, connection, actor, "round_reopened" if is_open else "round_closed", round_id, {})


def _log(
    store: Store, connection: sa.Connection, actor: str, kind: str, round_id: int, payload: dict[str, Any]
) -> None:
    log_event(connection, at=store.clock(), actor=actor, kind=kind, subject=f"round {round_id}", payload=payload)
