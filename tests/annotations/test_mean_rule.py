from dataclasses import replace

import pytest

from evalmuse_hf.annotations.campaign import Campaign
from evalmuse_hf.annotations.mean_rule import MeanRule, mean_rule
from evalmuse_hf.annotations.records import RoundSettings
from tests.annotations.fabricated import item
from tests.annotations.test_campaign import round_row

USUAL = RoundSettings()


def made(*, settings=(USUAL,), child_of=1, quota=3, further=3, thresholds=()):
    """A pilot, formal rounds of two items each, and a re-annotation of the first one."""
    rounds = [round_row(50, "pilot")]
    quotas = {(50, 1): 7}
    for number, entry in enumerate(settings, start=1):
        rounds.append(replace(round_row(number, "formal"), settings=entry))
        quotas |= {(number, 10 * number): quota, (number, 10 * number + 1): entry.ratings_per_item}
    if child_of:
        rounds.append(replace(round_row(60, "reannotation"), parent_id=child_of))
        quotas[60, 10] = further
    items = {item_id: item(item_id) for _, item_id in quotas}
    sent = {60: frozenset(thresholds)} if thresholds else {}
    return Campaign(name="store", rounds=tuple(rounds), items=items, rows=(), quotas=quotas, thresholds=sent)


def test_the_rule_is_that_of_the_rounds_that_count():
    assert mean_rule(made(thresholds=[2])) == MeanRule(first=3, again_at=2)
    assert mean_rule(made(child_of=None)) == MeanRule(first=3, again_at=2)  # in force, though not needed so far
    other = RoundSettings(ratings_per_item=5, range_ratings=5, reannotation_raters=5, range_threshold=3)
    assert mean_rule(made(settings=[other], quota=5, further=5)) == MeanRule(first=5, again_at=3)
    off = RoundSettings(range_threshold=None)
    assert mean_rule(made(settings=[off], child_of=None)) == MeanRule(first=3)
    assert mean_rule(made(settings=[off], thresholds=[1])) == MeanRule(first=3, again_at=1)  # by command


def test_without_its_re_annotation_a_round_has_means_of_its_own_ratings():
    campaign = made(thresholds=[2])
    assert mean_rule(campaign, campaign.rules(["formal 1"])) == MeanRule(first=3)
    both = campaign.rules(["formal 1", "reannotation 60"])
    assert mean_rule(campaign, both) == MeanRule(first=3, again_at=2)


@pytest.mark.parametrize("campaign, why", [
    (made(thresholds=[1, 2]), "different ranges (1 and 2)"),
    (made(settings=[RoundSettings(), RoundSettings(range_threshold=None)]), "different ranges (2 and never)"),
    (made(settings=[RoundSettings(), RoundSettings(range_threshold=3)]), "different ranges (2 and 3)"),
    (made(quota=4), "promised 3 and 4 first ratings"),
    (made(settings=[RoundSettings(ratings_per_item=5)], quota=5), "3 further ratings by the range of 3 of 5 first"),
    (made(further=2), "2 and 3 further ratings by the range of 3 of 3 first"),
    (made(settings=[RoundSettings(range_threshold=None)]), "from no range that is known"),
    (made(settings=[], child_of=None), "no item was promised a rating"),
])  # fmt: skip
def test_what_cannot_be_said_by_one_rule_is_said_in_the_status(campaign, why):
    assert why in mean_rule(campaign).status
