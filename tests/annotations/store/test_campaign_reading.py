import pytest

from evalmuse_hf.annotations.aggregation import Quota, counted_pair
from evalmuse_hf.annotations.records import GoldAnswer, RoundSettings
from evalmuse_hf.annotations.store.assignment import next_task, skip
from evalmuse_hf.annotations.store.campaign_reading import pseudonym_key, read_campaign
from evalmuse_hf.annotations.store.first_ratings import first_ratings
from evalmuse_hf.annotations.store.range_rule import reannotate
from evalmuse_hf.annotations.store.ratings import revise, submit
from tests.annotations.campaign import Clock, answer_to, make_store, rate_next
from tests.annotations.rated import rated_campaign


def test_a_campaign_is_read_whole_and_counts_first_and_further_ratings(tmp_path):
    built = rated_campaign(tmp_path)
    campaign = read_campaign(built.store)
    assert [entry.kind for entry in campaign.rounds] == ["formal", "reannotation"]
    assert len(campaign.items) == 6
    assert campaign.name == str(built.place)
    first, last = built.item_ids[0], built.item_ids[-1]
    assert campaign.item_quotas(campaign.rules())[first] == Quota(first=3, further=3)
    counted = campaign.count()
    assert [one.item.item_id for one in counted.items] == built.item_ids[:-1]
    assert counted.left_out == {"first_unfinished": 1}
    pair = counted_pair(counted.items[0])
    assert pair.overall_ratings == (1, 5, 3, 4, 4, 5)
    assert pair.rounds == (1, 1, 1, 2, 2, 2)
    assert len(set(pair.rater_ids)) == 6
    assert pair.split_confidence == (0, 0, 1, 0, 0, 0)
    assert pair.attribute_confidence == (1, 0, 1, 1, 1, 1)
    unfinished = campaign.count(include_unfinished=True)
    assert [len(one.ratings) for one in unfinished.items if one.item.item_id == last] == [2]


def test_gold_answers_and_skips_are_read(tmp_path):
    gold = {0: GoldAnswer(overall=4, elements=(1, None))}
    built = make_store(
        tmp_path / "store.sqlite", n_items=3, kind="pilot", settings=RoundSettings(min_gold_items=1), gold=gold
    )
    assert rate_next(built, 0) is not None
    task = next_task(built.store, built.rater_ids[1])
    skip(built.store, built.rater_ids[1], task.assignment_id, reason="too small")
    campaign = read_campaign(built.store)
    assert campaign.gold == {(built.round.round_id, built.item_ids[0]): gold[0]}
    assert campaign.skips == {built.rater_names[1]: 1}
    assert set(campaign.quotas) == {(built.round.round_id, item_id) for item_id in built.item_ids[1:]}
    assert len(campaign.rows) == 1
    assert campaign.count().items == ()  # a pilot does not count


def test_the_key_of_the_pseudonyms_is_made_once(tmp_path):
    store = make_store(tmp_path / "store.sqlite").store
    key = pseudonym_key(store)
    assert len(key) == 64
    assert pseudonym_key(store) == key
    assert pseudonym_key(make_store(tmp_path / "other.sqlite").store) != key


def test_a_round_that_is_not_there_is_refused(tmp_path):
    campaign = read_campaign(make_store(tmp_path / "store.sqlite").store)
    with pytest.raises(ValueError, match=r"There is no round 'second' in .*; it has 'main'"):
        campaign.rules(["second"])


def test_the_first_three_are_those_of_the_range_rule_whatever_was_corrected_when(tmp_path):
    settings = RoundSettings(ratings_per_item=5, range_threshold=None)
    built = make_store(tmp_path / "store.sqlite", n_items=1, n_raters=5, settings=settings, clock=Clock())
    tasks = []
    for rater_id, overall in zip(built.rater_ids, (1, 2, 3, 4, 5), strict=True):
        built.clock.now -= 10  # a clock that is set back changes nothing
        tasks.append(next_task(built.store, rater_id))
        submit(built.store, rater_id, tasks[-1].assignment_id, answer_to(tasks[-1], overall))
    first = built.rater_ids[0]
    revise(built.store, first, tasks[0].assignment_id, answer_to(tasks[0], 4), revision=1)
    with built.store.read() as connection:
        expected = [rating.overall for rating in first_ratings(connection, 1)]
    (counted,) = read_campaign(built.store).count().items
    assert [row.overall for row in counted.first] == expected == [4, 2, 3, 4, 5]


def test_the_ranges_from_which_items_were_sent_are_read_from_the_log(tmp_path):
    settings = RoundSettings(ratings_per_item=3, range_threshold=4)
    built = make_store(tmp_path / "store.sqlite", n_items=2, n_raters=4, settings=settings)
    overall = {built.item_ids[0]: iter((1, 5, 5)), built.item_ids[1]: iter((3, 4, 4))}
    for rater_id in built.rater_ids[:3]:
        for _ in range(2):
            task = next_task(built.store, rater_id)
            submit(built.store, rater_id, task.assignment_id, answer_to(task, next(overall[task.item.item_id])))
    child = reannotate(built.store, built.round.round_id, threshold=1).child
    assert read_campaign(built.store).thresholds == {child.round_id: frozenset({1, 4})}
