"""Whether the pictures of a store are where it says: a store that was moved without them can be served to nobody."""

import logging
from dataclasses import dataclass

import sqlalchemy as sa

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.export_raw import picture_file
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.items import pictures_folder
from evalmuse_hf.annotations.store.tables import items

logger = logging.getLogger(__name__)

_SAMPLE = 20  # pictures that a server looks for before it starts


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentPictures:
    """How many pictures of a store were found.

    Attributes:
        n_looked_for: Pictures that were looked for.
        n_found: Those that are there.
        missing: The first one that is not; None if all are there.
    """

    n_looked_for: int
    n_found: int
    missing: str | None


def look_for_pictures(store: Store, *, limit: int | None = None) -> PresentPictures:
    """Look for the pictures of a store in its folder; they are not opened.

    Args:
        store: The store.
        limit: Only for so many, the first ones; None for all.

    Raises:
        StoreError: If no pictures were added yet.
    """
    query = sa.select(items.c.image_path).order_by(items.c.item_id).limit(limit)
    with store.read() as connection:
        paths = list(connection.scalars(query))
    folder = pictures_folder(store)
    missing = [path for path in paths if picture_file(path, pictures=folder) is None]
    return PresentPictures(
        n_looked_for=len(paths), n_found=len(paths) - len(missing), missing=missing[0] if missing else None
    )


def warn_of_missing_pictures(store: Store) -> None:
    """Warn if the first pictures are not where the store says.

    Args:
        store: The store; one without pictures is left alone.
    """
    try:
        found = look_for_pictures(store, limit=_SAMPLE)
    except StoreError:  # nothing was added yet
        return
    if found.missing is not None:
        logger.warning(
            "Of the first %d pictures of the store %s, %d are in %s, and %r is not; say where they are with "
            "`evalmuse annotate assign STORE --pictures DIR`.",
            *(found.n_looked_for, store.name, found.n_found, pictures_folder(store), found.missing),
        )
