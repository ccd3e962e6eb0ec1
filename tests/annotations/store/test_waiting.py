"""Why there is nothing to do."""

from evalmuse_hf.annotations.records import GoldAnswer, RoundSettings
from evalmuse_hf.annotations.store.assignment import next_task, why_nothing
from evalmuse_hf.annotations.store.guidelines import add_guidelines
from evalmuse_hf.annotations.store.raters import set_active
from evalmuse_hf.annotations.store.rounds import close_round, open_round
from tests.annotations.campaign import make_store, rate_next


def test_each_reason_is_named(tmp_path):
    def reason(name, rater=0, **options):
        campaign = make_store(tmp_path / name, n_items=1, **options)
        rate_next(campaign, 0, 1)
        return why_nothing(campaign.store, campaign.rater_ids[rater])

    assert "everything that is open to you" in reason("done")
    assert "all 1 items" in reason("full", settings=RoundSettings(max_per_rater=1))
    failed = RoundSettings(min_gold_items=1, max_gold_overall_error=1.0)
    gold = {0: GoldAnswer(overall=5.0)}
    assert "pilot is over" in reason("pilot", kind="pilot", settings=failed, gold=gold)


def test_a_store_without_open_rounds_says_so(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite")
    close_round(campaign.store, campaign.round.round_id)
    assert "No round is open" in why_nothing(campaign.store, campaign.rater_ids[0])


def test_items_that_are_with_others_may_come_back(tmp_path):
    settings = RoundSettings(ratings_per_item=1)
    campaign = make_store(tmp_path / "store.sqlite", n_items=1, settings=settings)
    next_task(campaign.store, campaign.rater_ids[0])
    assert "with other raters" in why_nothing(campaign.store, campaign.rater_ids[1])
    rate_next(campaign, 0)
    assert "everything" in why_nothing(campaign.store, campaign.rater_ids[1])


def test_who_must_qualify_agree_or_log_in_is_told_so(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", settings=RoundSettings(needs_qualification=True))
    rater_id = campaign.rater_ids[0]
    assert "'main' is for raters who have passed a pilot" in why_nothing(campaign.store, rater_id)
    add_guidelines(campaign.store, version="second", instructions="Look closely.", consent="I agree.")
    open_round(campaign.store, name="later", kind="formal")
    assert "version second" in why_nothing(campaign.store, rater_id)
    set_active(campaign.store, "rater_000", False)
    assert "disabled" in why_nothing(campaign.store, rater_id)
    assert "no such rater" in why_nothing(campaign.store, 10**6)


def test_who_has_had_a_fair_share_is_told_to_look_again(tmp_path):
    settings = RoundSettings(max_per_rater=1, soft_limit=True, ratings_per_item=1)
    campaign = make_store(tmp_path / "store.sqlite", n_items=2, settings=settings)
    rate_next(campaign, 0)
    assert next_task(campaign.store, campaign.rater_ids[0]) is None
    assert "your share; look again later" in why_nothing(campaign.store, campaign.rater_ids[0])
