"""A small campaign that raters have worked off, in a real store with real pictures."""

import random
import shutil
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.store.assignment import next_task
from evalmuse_hf.annotations.store.ratings import submit
from tests.annotations.campaign import Campaign, answer_to, make_store

N_ITEMS = 6


def rated_campaign(folder: Path) -> Campaign:
    """Six items of three prompts, seven raters.

    The first item's ratings lie far apart, so that it has six; the last one has two, and so is not finished.
    """
    made, home = _made_once()
    shutil.copytree(home.name, folder, dirs_exist_ok=True)
    place = folder / "store.sqlite"
    # Lists of its own: a test may add raters.
    people = {"rater_ids": [*made.rater_ids], "rater_names": [*made.rater_names]}
    return replace(made, store=open_store(place), place=place, **people)


@cache
def _made_once() -> tuple[Campaign, tempfile.TemporaryDirectory]:
    """The campaign and the folder that it is copied from: every answer waits for the disk."""
    home = tempfile.TemporaryDirectory()
    folder = Path(home.name)
    campaign = make_store(
        folder / "store.sqlite", n_items=N_ITEMS, n_raters=7, pictures=folder / "pictures", images_per_prompt=2
    )
    rng = random.Random(0)
    n_given: dict[int, int] = {}
    first_item, last_item = campaign.item_ids[0], campaign.item_ids[-1]
    for name, rater_id in zip(campaign.rater_names, campaign.rater_ids, strict=True):
        while (task := next_task(campaign.store, rater_id, rng=rng)) is not None:
            item_id = task.item.item_id
            place = n_given[item_id] = n_given.get(item_id, 0) + 1
            if item_id == last_item and place > 2:
                break
            overall = (1, 5, 3, 4, 4, 5)[place - 1] if item_id == first_item else 3 + place % 2
            submit(
                campaign.store,
                rater_id,
                task.assignment_id,
                answer_to(
                    task, overall, value=place % 2, sure=place != 2, split_wrong=place == 3, comment=f"by {name}"
                ),
            )
    campaign.store.close()
    return campaign, home
