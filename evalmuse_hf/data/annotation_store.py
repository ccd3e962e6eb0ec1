"""The ratings of an annotation campaign take the way of one's own ratings into a data set.

Items come with every rating that counts, who gave it and in which round (1 first, 2 re-annotation), see
`evalmuse_hf.annotations.aggregation`. Raters have pseudonyms, because data sets are published. Items that still lack
ratings are left out unless they are asked for, and counted in the log.
"""

import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from evalmuse_hf.annotations.aggregation import CountedRatings, counted_pair
from evalmuse_hf.annotations.export_raw import picture_file
from evalmuse_hf.annotations.export_records import released_paths
from evalmuse_hf.annotations.opening import is_store, open_store
from evalmuse_hf.annotations.pseudonyms import pseudonymiser
from evalmuse_hf.data.errors import ReleaseError
from evalmuse_hf.data.own_data import OwnRelease, convert_records
from evalmuse_hf.data.own_record import columns_of

logger = logging.getLogger(__name__)

_DISPUTED = (
    " Those that are further_unfinished are the items on which the first raters differ, so the others agree better "
    "than all do; wait for the re-annotation, or include unfinished items."
)
_SCHEMES = ("sqlite", "postgresql", "postgres")


def is_store_place(raw: str | Path) -> bool:
    """Whether this is where an annotation store is: a store in a file, or the URL of a database.

    Args:
        raw: As in `evalmuse_hf.data.build.build_dataset`.
    """
    return _is_url(raw) or is_store(Path(raw).expanduser())


def convert_store(place: str | Path, folder: Path, *, include_unfinished: bool = False) -> OwnRelease:
    """Write the rated items of a store as a release.

    Args:
        place: File or URL of the store.
        folder: As in `evalmuse_hf.data.own_data.convert_list`.
        include_unfinished: Also write items that lack some of their ratings.

    Returns:
        As `convert_list` does; the release bears the name of the file or of the database.

    Raises:
        ReleaseError: If no item has all of its ratings, or no picture is where the store says.
        StoreError: If the store cannot be opened.
        ImportError: If SQLAlchemy or a driver is not installed.
    """
    store = open_store(place if _is_url(place) else Path(place).expanduser())
    with closing(store):
        # Here, because these need SQLAlchemy.
        from evalmuse_hf.annotations.store.campaign_reading import pseudonym_key, read_campaign
        from evalmuse_hf.annotations.store.items import pictures_folder

        campaign = read_campaign(store)
        counted = campaign.count(include_unfinished=include_unfinished)
        if left_out := {reason: number for reason, number in counted.left_out.items() if number}:
            logger.warning(
                "Items without all of their ratings are left out: %s.%s",
                ", ".join(f"{reason} {number}" for reason, number in left_out.items()),
                _DISPUTED if "further_unfinished" in left_out else "",
            )
        if not counted.items:
            raise ReleaseError(
                f"No item of {store.name} has all of its ratings yet; collect more, or give --include-unfinished."
            )
        pictures = pictures_folder(store)
        if all(picture_file(one.item.image_path, pictures=pictures) is None for one in counted.items):
            raise ReleaseError(
                f"None of the {len(counted.items)} pictures of {store.name} is in {pictures}; put them back, or say "
                "where they are with `evalmuse annotate assign STORE --pictures DIR`."
            )
        rows = _rows(counted, pictures, key=pseudonym_key(store))
        return convert_records(rows, folder, root=pictures, name=store.name.rsplit("/", 1)[-1])


def _is_url(place: str | Path) -> bool:
    scheme, found, _ = str(place).partition("://") if isinstance(place, str) else ("", "", "")
    return bool(found) and scheme.lower().partition("+")[0] in _SCHEMES


def _rows(counted: CountedRatings, pictures: Path, *, key: str) -> Iterator[dict[str, Any]]:
    paths = released_paths(one.item for one in counted.items)
    pseudonym = pseudonymiser(key)
    for one in counted.items:
        pair = counted_pair(one, path=paths[one.item.item_id], name=pseudonym)
        # A picture that is gone keeps its path, so that the build says which one it misses.
        found = picture_file(one.item.image_path, pictures=pictures)
        yield {**columns_of(pair), "image": str(found or pictures / "missing" / one.item.image_path)}
