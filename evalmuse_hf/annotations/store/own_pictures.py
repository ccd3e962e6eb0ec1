"""The picture of a rater's own item, by one short question: a page asks for it with every item."""

import sqlalchemy as sa

from evalmuse_hf.annotations.errors import NotAllowedError
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.tables import assignments, items, round_items

_IMAGE_PATH = (
    sa.select(items.c.image_path)
    .join(round_items, round_items.c.item_id == items.c.item_id)
    .join(assignments, assignments.c.round_item_id == round_items.c.round_item_id)
    .where(
        assignments.c.assignment_id == sa.bindparam("assignment_id"),
        assignments.c.rater_id == sa.bindparam("rater_id"),
    )
)


def own_picture(store: Store, rater_id: int, assignment_id: int) -> str:
    """Path of the picture below the folder of pictures.

    Args:
        store: The store.
        rater_id: The rater.
        assignment_id: As the rater gave it.

    Raises:
        NotAllowedError: If the rater has no such assignment.
    """
    with store.read() as connection:
        path: str | None = connection.execute(
            _IMAGE_PATH, {"assignment_id": assignment_id, "rater_id": rater_id}
        ).scalar()
    if path is None:
        raise NotAllowedError("This item was not given to you; ask for the next one.")
    return path
