import json

import pytest

from evalmuse_hf.annotations.records import GoldAnswer, RoundSettings
from evalmuse_hf.annotations.store.assignment import next_task, skip
from evalmuse_hf.annotations.store.inspection import return_batch
from evalmuse_hf.cli.main import main
from tests.annotations.campaign import Clock, make_store, rate_next


@pytest.fixture
def campaign(tmp_path):
    """A pilot that one rater passes, and in which an item is skipped and an answer returned."""
    clock = Clock(1_740_819_600.0)  # 2025-03-01T09:00 UTC
    settings = RoundSettings(min_gold_items=1)
    gold = {0: GoldAnswer(overall=3.0)}
    campaign = make_store(
        tmp_path / "store.sqlite", n_items=1, kind="pilot", gold=gold, settings=settings, clock=clock
    )
    clock.pass_minutes(60)
    done = rate_next(campaign, 0)
    task = next_task(campaign.store, campaign.rater_ids[1])
    skip(campaign.store, campaign.rater_ids[1], task.assignment_id, reason="cannot tell")
    return_batch(campaign.store, [done.rating_id], inspector="Ada", reason="looks guessed")
    return campaign


def test_the_log_says_who_did_what_when_and_why(campaign, capsys):
    assert main(["annotate", "log", str(campaign.place)]) == 0
    lines = capsys.readouterr().out.splitlines()
    (opened,) = [line for line in lines if "  round_opened  " in line]
    assert opened.startswith("2025-03-01T09:00:00.000Z  organiser  round_opened  round 1")
    (passed,) = [line for line in lines if "  pilot_passed  " in line]
    assert '"overall_error": 0.0' in passed
    (skipped,) = [line for line in lines if "  item_skipped  " in line]
    assert skipped.startswith("2025-03-01T10:00:00.000Z  rater_001")
    assert '"reason": "cannot tell"' in skipped
    (returned,) = [line for line in lines if "  ratings_returned  " in line]
    assert "  Ada  " in returned
    assert '"reason": "looks guessed"' in returned


def test_kinds_and_times_can_be_chosen(campaign, capsys):
    place = str(campaign.place)
    assert main(["annotate", "log", place, "--kind", "item_skipped", "ratings_returned", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert [event["kind"] for event in record["events"]] == ["item_skipped", "ratings_returned"]
    assert record["events"][1]["facts"]["rating_ids"] == [1]
    assert main(["annotate", "log", place, "--since", "2025-03-01T09:30"]) == 0
    out = capsys.readouterr().out
    assert "round_opened" not in out
    assert "item_skipped" in out


def test_a_wrong_kind_lists_them_all(campaign, capsys):
    assert main(["annotate", "log", str(campaign.place), "--kind", "skips"]) == 2
    assert "no line of kind 'skips' in the log; it has guidelines_added, item_skipped, " in capsys.readouterr().err
