"""Why a rater has nothing to do."""

import sqlalchemy as sa

from evalmuse_hf.annotations.errors import NotAllowedError
from evalmuse_hf.annotations.store.access import RoundAccess, open_rounds
from evalmuse_hf.annotations.store.candidates import IS_NEW
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.leases import LEASED
from evalmuse_hf.annotations.store.tables import assignments, round_items
from evalmuse_hf.annotations.store.transactions import check_rater


def why_nothing(store: Store, rater_id: int) -> str:
    """Say in a sentence why `next_task` has nothing for a rater.

    Args:
        store: The store.
        rater_id: The rater.
    """
    with store.read() as connection:
        try:
            check_rater(connection, rater_id)
        except NotAllowedError as error:
            return str(error)
        found = open_rounds(connection, rater_id)
        if not found:
            return "No round is open at the moment; the organiser will say when the next one begins."
        if any(_is_held_by_others(connection, access, rater_id) for access in found if not access.barrier):
            return "What is left is with other raters now; look again later, some of it may come back."
        soft = any(access.allowed == 0 and access.is_soft for access in found if not access.barrier)
    if soft:
        return (
            "You have rated your share; look again later: what is left at the end and no other can rate comes to you."
        )
    return _explain(found)


def _explain(found: list[RoundAccess]) -> str:
    barriers = {access.barrier: access for access in reversed(found)}
    if "no_consent" in barriers:
        version = barriers["no_consent"].guideline_version
        return f"Read the instructions and agree to them first (version {version})."
    if "not_qualified" in barriers:
        return (
            f"The round {barriers['not_qualified'].name!r} is for raters who have passed a pilot, and you have not; "
            "ask the organiser."
        )
    if "full" in barriers:
        most = barriers["full"].settings.max_per_rater
        return f"You have rated all {most} items that one rater may rate in {barriers['full'].name!r}; thank you."
    if "pilot_decided" in barriers:
        return "The pilot is over for you; ask the organiser how you did."
    return "You have rated everything that is open to you; thank you."


def _is_held_by_others(connection: sa.Connection, access: RoundAccess, rater_id: int) -> bool:
    """Whether a lease of somebody else, if it ran out, would leave the rater something to do."""
    query = (
        sa.select(round_items.c.round_item_id)
        .join(assignments, assignments.c.round_item_id == round_items.c.round_item_id)
        .where(
            assignments.c.state == LEASED,
            round_items.c.round_id == access.round_id,
            round_items.c.is_gold == sa.false(),
            *IS_NEW,
        )
    )
    return connection.execute(query.limit(1), {"rater_id": rater_id}).scalar() is not None
