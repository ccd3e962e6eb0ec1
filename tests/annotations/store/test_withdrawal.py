import pytest
import sqlalchemy as sa

from evalmuse_hf.annotations.errors import NotAllowedError, StoreError
from evalmuse_hf.annotations.records import RoundSettings
from evalmuse_hf.annotations.store import tables
from evalmuse_hf.annotations.store.assignment import next_task, save_draft
from evalmuse_hf.annotations.store.events import read_events
from evalmuse_hf.annotations.store.inspection import return_batch
from evalmuse_hf.annotations.store.ratings import read_ratings
from evalmuse_hf.annotations.store.rounds import close_round
from evalmuse_hf.annotations.store.withdrawal import withdraw
from tests.annotations.campaign import ALL_STANDINGS, check_invariants, make_store, rate_next


def standings(campaign, rater):
    rows = read_ratings(campaign.store, standings=ALL_STANDINGS)
    return [row.standing for row in rows if row.rater == rater]


def test_no_rating_of_a_rater_who_withdraws_counts_and_others_get_the_items(tmp_path):
    settings = RoundSettings(ratings_per_item=1, range_threshold=None)
    campaign = make_store(tmp_path / "a.db", n_items=4, settings=settings)
    for _ in range(2):
        rate_next(campaign, 0)
    rate_next(campaign, 1)
    waiting = [row.rating_id for row in read_ratings(campaign.store) if row.rater == "rater_000"][:1]
    return_batch(campaign.store, waiting, inspector="Ada", reason="too fast")
    rate_next(campaign, 0)  # does it again
    return_batch(campaign.store, [waiting[0] + 1], inspector="Ada", reason="too fast")  # and another one waits
    done = withdraw(campaign.store, "rater_000")
    assert (done.n_returned, done.rounds, done.closed) == (2, ("main",), ())
    assert "counted" not in standings(campaign, "rater_000")
    assert standings(campaign, "rater_001") == ["counted"]
    check_invariants(campaign.store)
    while rate_next(campaign, 1) is not None:
        pass
    assert len({row.item_id for row in read_ratings(campaign.store)}) == 4
    assert {row.rater for row in read_ratings(campaign.store)} == {"rater_001"}
    event = read_events(campaign.store, "rater_withdrawn")[0]
    assert event.payload == {"name": "rater_000", "ratings": 2, "rounds": ["main"]}


def test_what_was_begun_is_forgotten_and_given_back_and_the_login_ends(tmp_path):
    campaign = make_store(tmp_path / "a.db", n_items=1, settings=RoundSettings(ratings_per_item=1))
    rater_id = campaign.rater_ids[0]
    task = next_task(campaign.store, rater_id)
    save_draft(campaign.store, rater_id, task.assignment_id, revision=0, draft={"comment": "mine"})
    assert withdraw(campaign.store, "rater_000").n_returned == 0
    with campaign.store.read() as connection:
        assert list(connection.scalars(sa.select(tables.assignments.c.draft))) == [None]
    check_invariants(campaign.store)
    with pytest.raises(NotAllowedError):
        next_task(campaign.store, rater_id)
    assert next_task(campaign.store, campaign.rater_ids[1]) is not None


def test_a_second_call_does_what_an_interrupted_one_left_and_closed_rounds_are_named(tmp_path):
    campaign = make_store(tmp_path / "a.db", n_items=2)
    rate_next(campaign, 0)
    close_round(campaign.store, campaign.round.round_id)
    assert withdraw(campaign.store, "rater_000").closed == ("main",)
    assert withdraw(campaign.store, "rater_000").n_returned == 0
    with pytest.raises(StoreError, match="no rater 'nobody'"):
        withdraw(campaign.store, "nobody")
