from dataclasses import replace

import pytest

from evalmuse_hf.annotations.aggregation import CountingRules, Quota
from evalmuse_hf.annotations.campaign import Campaign
from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.records import RoundRow, RoundSettings
from tests.annotations.fabricated import item, rating


def round_row(round_id, kind):
    return RoundRow(
        round_id=round_id,
        name=f"{kind} {round_id}",
        kind=kind,
        settings=RoundSettings(),
        is_open=True,
        parent_id=None,
        guideline_version="1",
        created_at=0.0,
    )


@pytest.fixture
def campaign():
    """One item of a pilot, two formal rounds, a re-annotation and a consistency round."""
    one = item(1)
    kinds = ("pilot", "formal", "formal", "reannotation", "consistency")
    rounds = tuple(round_row(number, kind) for number, kind in enumerate(kinds, start=1))
    rows = [
        rating(one, f"{entry.kind}{entry.round_id}{place}", 3, round_id=entry.round_id, round_kind=entry.kind)
        for entry in rounds
        for place in range(2)
    ]
    quotas = {(entry.round_id, 1): 2 for entry in rounds}
    return Campaign(name="store", rounds=rounds, items={1: one}, rows=tuple(rows), quotas=quotas)


def test_quotas_are_summed_over_the_rounds_that_count(campaign):
    assert campaign.item_quotas(CountingRules()) == {1: Quota(first=4, further=2)}
    assert campaign.item_quotas(campaign.rules(["formal 2", "reannotation 4"])) == {1: Quota(first=2, further=2)}
    assert campaign.item_quotas(campaign.rules(["consistency 5"])) == {1: Quota(first=2)}


def test_named_rounds_are_counted_alone(campaign):
    (counted,) = campaign.count().items
    assert (len(counted.first), len(counted.further), counted.status) == (4, 2, "complete")
    (counted,) = campaign.count(campaign.rules(["consistency 5"])).items
    assert [row.rater for row in counted.ratings] == ["consistency50", "consistency51"]


def test_an_unknown_round_is_named(campaign):
    with pytest.raises(StoreError, match=r"no round 'x' in store; it has 'pilot 1', 'formal 2'"):
        campaign.rules(["x"])


def test_a_re_annotation_counts_like_the_round_that_it_is_of(campaign):
    parents = {4: 1}  # the pilot
    rounds = tuple(replace(entry, parent_id=parents.get(entry.round_id)) for entry in campaign.rounds)
    of_pilot = replace(campaign, rounds=rounds)
    (counted,) = of_pilot.count().items
    assert (len(counted.first), counted.further, counted.status) == (4, (), "complete")
    assert of_pilot.item_quotas(CountingRules()) == {1: Quota(first=4)}
    assert {of_pilot.rules().place(row) for row in campaign.rows if row.round_id == 4} == {None}
    (named,) = of_pilot.count(of_pilot.rules(["formal 2", "reannotation 4"])).items
    assert len(named.further) == 2  # whoever names it wants it
    of_formal = replace(
        campaign, rounds=tuple(replace(entry, parent_id={4: 2}.get(entry.round_id)) for entry in rounds)
    )
    assert len(of_formal.count().items[0].further) == 2
