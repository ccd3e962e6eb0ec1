"""Reads a whole campaign out of its store, and the secret of its pseudonyms."""

import secrets
from collections import defaultdict

import sqlalchemy as sa

from evalmuse_hf.annotations.campaign import Campaign
from evalmuse_hf.annotations.records import GoldAnswer, Standing
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.items import read_items
from evalmuse_hf.annotations.store.kept_values import kept_value
from evalmuse_hf.annotations.store.leases import SKIPPED
from evalmuse_hf.annotations.store.rating_log import read_ratings
from evalmuse_hf.annotations.store.rounds import read_rounds
from evalmuse_hf.annotations.store.tables import assignments, events, raters, round_items

_ALL: tuple[Standing, ...] = ("counted", "revised", "returned")
_KEY_BYTES = 32
REANNOTATION = "reannotation"
"""Kind of the event that an item was sent to further raters."""


def read_campaign(store: Store) -> Campaign:
    """Read all that a store knows; raters may go on meanwhile.

    Args:
        store: The store.
    """
    # The log first: the items and rounds of everything in it are there when they are read after it.
    rows = read_ratings(store, standings=_ALL, gold=None)
    skipped = (
        sa.select(raters.c.name, sa.func.count())
        .join_from(assignments, raters)
        .where(assignments.c.state == SKIPPED)
        .group_by(raters.c.name)
    )
    columns = round_items.c
    with store.read() as connection:
        places = connection.execute(
            sa.select(columns.round_id, columns.item_id, columns.quota, columns.is_gold, columns.gold)
        ).all()
        skips = {name: number for name, number in connection.execute(skipped)}
        thresholds = _thresholds(connection)
    return Campaign(
        name=store.name,
        rounds=tuple(read_rounds(store)),
        items=read_items(store),
        rows=tuple(rows),
        gold={(row.round_id, row.item_id): GoldAnswer.from_json(row.gold) for row in places if row.is_gold},
        quotas={(row.round_id, row.item_id): row.quota for row in places if not row.is_gold},
        skips=skips,
        thresholds=thresholds,
    )


def _thresholds(connection: sa.Connection) -> dict[int, frozenset[int]]:
    """The ranges from which items were sent to each re-annotation round, as the log of events has it."""
    found: dict[int, set[int]] = defaultdict(set)
    for (payload,) in connection.execute(sa.select(events.c.payload).where(events.c.kind == REANNOTATION)):
        found[payload["to_round_id"]].add(payload["threshold"])
    return {round_id: frozenset(thresholds) for round_id, thresholds in found.items()}


def pseudonym_key(store: Store) -> str:
    """The secret of the pseudonyms of a store; made at the first call, so that they stay the same.

    Args:
        store: The store.

    Raises:
        StoreError: If it has to be made, and the store cannot be written.
    """
    return kept_value(store, "pseudonym_key", secrets.token_hex(_KEY_BYTES))
