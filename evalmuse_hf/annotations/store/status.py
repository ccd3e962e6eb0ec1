"""Reads where a campaign stands out of its store."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from statistics import median

from evalmuse_hf.annotations.campaign import Campaign
from evalmuse_hf.annotations.rater_facts import Measuring, measure_raters
from evalmuse_hf.annotations.records import RatingRow
from evalmuse_hf.annotations.screening import ScreeningRules, flag_raters
from evalmuse_hf.annotations.status_report import CampaignStatus, Inspected, ItemTime
from evalmuse_hf.annotations.store.campaign_reading import read_campaign
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.open_spots import open_spots
from evalmuse_hf.annotations.store.progress import rater_progress, round_progress
from evalmuse_hf.annotations.store.range_rule import reannotate

N_SLOWEST = 10
"""Items whose times the status names."""


def read_status(
    store: Store, *, rules: ScreeningRules | None = None, measuring: Measuring | None = None
) -> CampaignStatus:
    """Count, measure and screen; nothing is changed.

    Args:
        store: The store.
        rules: Thresholds of the screening.
        measuring: How raters are measured.
    """
    campaign = read_campaign(store)
    facts = measure_raters(
        campaign.rows, campaign.items, gold=campaign.gold, skips=campaign.skips, measuring=measuring
    )
    seconds = [row.duration_s for row in _timed(campaign) if row.duration_s is not None]
    ruled = [entry for entry in campaign.rounds if entry.kind == "formal" and entry.settings.range_threshold]
    return CampaignStatus(
        name=store.name,
        rounds=round_progress(store),
        raters=rater_progress(store),
        facts=facts,
        flags=flag_raters(facts, rules),
        n_over_range={entry.name: len(reannotate(store, entry.round_id, dry_run=True).sent) for entry in ruled},
        seconds_per_item=median(seconds) if seconds else float("nan"),
        slowest=slowest_items(campaign),
        open_spots={one.round_id: one for one in open_spots(store)},
        inspected=_inspected(campaign),
    )


def slowest_items(campaign: Campaign, number: int = N_SLOWEST) -> tuple[ItemTime, ...]:
    """The items on which raters spent most time, by the median of their answers.

    Args:
        campaign: What the store holds.
        number: How many items.
    """
    times: dict[int, list[float]] = defaultdict(list)
    for row in _timed(campaign):
        if row.duration_s is not None:
            times[row.item_id].append(row.duration_s)
    listed = [
        ItemTime(
            item_id=item_id,
            image_path=campaign.items[item_id].image_path,
            median_s=median(own),
            n_answers=len(own),
        )
        for item_id, own in times.items()
    ]
    return tuple(sorted(listed, key=lambda one: (-one.median_s, one.item_id))[:number])


def _timed(campaign: Campaign) -> Iterable[RatingRow]:
    return (row for row in campaign.rows if row.standing != "revised")


def _inspected(campaign: Campaign) -> dict[int, Inspected]:
    found = Counter((row.round_id, row.standing, row.verdict) for row in campaign.rows)
    return {
        entry.round_id: Inspected(
            n_accepted=found[entry.round_id, "counted", "accepted"],
            n_returned=found[entry.round_id, "returned", "returned"],
            n_not_inspected=found[entry.round_id, "counted", None],
        )
        for entry in campaign.rounds
    }
