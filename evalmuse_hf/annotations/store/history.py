"""What a rater has answered lately, to look at and to correct."""

from dataclasses import dataclass

import sqlalchemy as sa

from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.leases import SUBMITTED
from evalmuse_hf.annotations.store.tables import assignments, items, prompts, ratings, round_items


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """An item that the rater has answered.

    Attributes:
        assignment_id: To look at it again.
        item_id: The item.
        image_path: Its picture, below the folder of pictures.
        prompt: The text of its prompt.
        overall: The rater's overall rating, as corrected last.
        rated_at: When, seconds since 1970.
    """

    assignment_id: int
    item_id: int
    image_path: str
    prompt: str
    overall: int
    rated_at: float


def own_history(store: Store, rater_id: int, limit: int = 20) -> list[HistoryEntry]:
    """The rater's last answers that stand, newest first.

    Args:
        store: The store.
        rater_id: The rater.
        limit: At most so many.
    """
    later = ratings.alias("later")
    replaced = sa.exists().where(
        later.c.assignment_id == ratings.c.assignment_id, later.c.revision > ratings.c.revision
    )
    query = (
        sa.select(
            assignments.c.assignment_id,
            items.c.item_id,
            items.c.image_path,
            prompts.c.text,
            ratings.c.overall,
            ratings.c.rated_at,
        )
        .join(ratings, ratings.c.assignment_id == assignments.c.assignment_id)
        .join(round_items, round_items.c.round_item_id == assignments.c.round_item_id)
        .join(items, items.c.item_id == round_items.c.item_id)
        .join(prompts, prompts.c.prompt_id == items.c.prompt_id)
        .where(assignments.c.rater_id == rater_id, assignments.c.state == SUBMITTED, ~replaced)
        .order_by(ratings.c.rating_id.desc())
        .limit(limit)
    )
    with store.read() as connection:
        return [
            HistoryEntry(
                assignment_id=row.assignment_id,
                item_id=row.item_id,
                image_path=row.image_path,
                prompt=row.text,
                overall=row.overall,
                rated_at=row.rated_at,
            )
            for row in connection.execute(query)
        ]
