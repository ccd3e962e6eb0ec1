"""Many raters at once, as threads and as processes: nothing is lost, doubled or given to the wrong one."""

import multiprocessing
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.records import GoldAnswer, RoundSettings
from evalmuse_hf.annotations.store import tables
from evalmuse_hf.annotations.store.range_rule import items_over_range
from evalmuse_hf.annotations.store.ratings import read_ratings
from tests.annotations.campaign import (
    Work,
    check_acknowledged,
    check_invariants,
    make_store,
    work_off,
    work_off_in_threads,
)


def check_finished(campaign, n_over_range=None):
    """Every item of the first round has all its ratings, and those over the range three more.

    So does an item that was over the range until one of its raters corrected the answer: what was sent stays sent.
    """
    counts = Counter((row.round_id, row.item_id) for row in read_ratings(campaign.store))
    first = campaign.round.round_id
    assert {counts[first, item_id] for item_id in campaign.item_ids} == {campaign.round.settings.ratings_per_item}
    over = items_over_range(campaign.store, first)
    assert len(over) > 0
    again = {item_id: number for (round_id, item_id), number in counts.items() if round_id != first}
    assert set(again.values()) == {3}
    wide = {item.item_id for item in over}
    assert wide <= set(again)
    corrected = {row.item_id for row in read_ratings(campaign.store, standings=("revised",)) if row.round_id == first}
    assert set(again) - wide <= corrected


def run_fifty_raters(campaign):
    work = work_off_in_threads(campaign.store, campaign.rater_ids, seed=1)
    check_invariants(campaign.store)
    # Who was done early may find items that were sent to further raters since.
    for rater_id in campaign.rater_ids:
        work.add(work_off(campaign.store, rater_id, seed=rater_id))
    check_acknowledged(campaign.store, work)
    check_invariants(campaign.store)
    check_finished(campaign)


def test_fifty_raters_share_twenty_items(tmp_path):
    run_fifty_raters(make_store(tmp_path / "store.sqlite", n_items=20, n_raters=50))


@pytest.mark.postgres
def test_fifty_raters_share_twenty_items_on_postgresql(postgres_url):
    run_fifty_raters(make_store(postgres_url, n_items=20, n_raters=50))


def run_twenty_items_each(campaign):
    """Fifty raters with twenty items each, a thousand ratings: whoever has twenty gets no more."""
    work = work_off_in_threads(campaign.store, campaign.rater_ids, seed=2)
    check_acknowledged(campaign.store, work)
    check_invariants(campaign.store)
    rows = read_ratings(campaign.store)
    assert max(Counter(row.rater for row in rows).values()) <= 20
    assert len(rows) > 900  # of 1002 that are wanted; the last spots may be left to raters who have had the item


def make_twenty_each(place):
    settings = RoundSettings(max_per_rater=20, range_threshold=None)
    return make_store(place, n_items=334, n_raters=50, settings=settings)


@pytest.mark.slow
def test_fifty_raters_do_twenty_items_each(tmp_path):
    run_twenty_items_each(make_twenty_each(tmp_path / "store.sqlite"))


@pytest.mark.postgres
def test_fifty_raters_do_twenty_items_each_on_postgresql(postgres_url):
    run_twenty_items_each(make_twenty_each(postgres_url))


def make_with_gold(place):
    gold = {number: GoldAnswer(overall=3.0, elements=(1, 0)) for number in range(4)}
    settings = RoundSettings(gold_share=0.3, max_per_rater=9, lease_minutes=60)
    return make_store(place, n_items=12, n_raters=8, gold=gold, settings=settings)


def run_processes(campaign):
    """Two processes with four raters each on one store."""
    context = multiprocessing.get_context("spawn")
    groups = [campaign.rater_ids[place::2] for place in range(2)]
    with context.Pool(2) as pool:
        parts = pool.starmap(work_in_process, [(str(campaign.place), group) for group in groups])
    total = Work()
    for part in parts:
        total.add(part)
    check_acknowledged(campaign.store, total)
    check_invariants(campaign.store)
    assert {row.gold for row in read_ratings(campaign.store, gold=None)} == {True, False}
    with campaign.store.read() as connection:
        kinds = Counter(connection.scalars(sa.select(tables.rounds.c.kind)))
    assert kinds == {"formal": 1, "reannotation": 1}


def work_in_process(place: str, rater_ids: list[int]) -> Work:
    store = open_store(place if "://" in place else Path(place))
    try:
        return work_off_in_threads(store, rater_ids, seed=3)
    finally:
        store.close()


def test_processes_share_a_store(tmp_path):
    run_processes(make_with_gold(tmp_path / "store.sqlite"))


@pytest.mark.postgres
def test_processes_share_a_store_on_postgresql(postgres_url):
    run_processes(make_with_gold(postgres_url))


def test_a_campaign_of_one_rater_after_another_keeps_the_same_rules(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=6, n_raters=9)
    work = Work()
    for rater_id in campaign.rater_ids:
        work.add(work_off(campaign.store, rater_id, seed=rater_id))
        check_invariants(campaign.store)
    check_acknowledged(campaign.store, work)
