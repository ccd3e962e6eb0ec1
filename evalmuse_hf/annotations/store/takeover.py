"""An item whose lease ran out, and whose rater comes back with an answer: fine, as long as it is still needed."""

from typing import Any

import sqlalchemy as sa

from evalmuse_hf.annotations.errors import ConflictError
from evalmuse_hf.annotations.store.access import RoundAccess
from evalmuse_hf.annotations.store.candidates import may_have
from evalmuse_hf.annotations.store.leases import take_spot
from evalmuse_hf.annotations.store.owned import lease_is_over
from evalmuse_hf.annotations.store.soft_limits import is_beyond_limit


def take_again(connection: sa.Connection, access: RoundAccess, round_item: "sa.Row[Any]", rater_id: int) -> None:
    """Take the spot that the rater's lease has lost.

    Args:
        connection: The transaction that has locked rater and item.
        access: The round as the rater meets it.
        round_item: The item, as it was locked.
        rater_id: The rater.

    Raises:
        ConflictError: If the round was closed, the rater may have no more items, or others have taken the spots.
    """
    if not access.is_open:
        raise ConflictError(
            f"The round {access.name!r} was closed after your time for this item had run out, so your answer was "
            "not needed any more.",
            status="closed_round",
        )
    full = is_beyond_limit(connection, access, round_item.round_item_id, is_gold=round_item.is_gold)
    if full or not may_have(connection, round_item.round_item_id, rater_id) or not take_spot(connection, round_item):
        raise lease_is_over()
