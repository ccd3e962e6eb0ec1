import dataclasses

import pytest

from evalmuse_hf.annotations.aggregation import CountingRules, Quota, count_ratings, counted_pair, row_values
from tests.annotations.fabricated import item, rating

AGAIN = {"round_id": 2, "round_kind": "reannotation"}


def disputed(one):
    """Three first ratings two points apart, with the three further ones, the log being out of order."""
    further = [rating(one, rater, overall, **AGAIN) for rater, overall in (("dan", 4), ("eva", 5), ("fay", 4))]
    first = [rating(one, rater, overall) for rater, overall in (("ann", 2), ("bob", 4), ("cid", 3))]
    return [further[1], first[2], further[0], first[0], further[2], first[1]]


def test_first_ratings_come_first_by_time_and_further_ones_after_them():
    one = item()
    (counted,) = count_ratings(disputed(one), {1: one}).items
    pair = counted_pair(counted)
    assert pair.rater_ids == ("ann", "bob", "cid", "dan", "eva", "fay")
    assert pair.rounds == (1, 1, 1, 2, 2, 2)
    assert pair.overall_ratings == (2, 4, 3, 4, 5, 4)
    assert pair.overall_score == pytest.approx(22 / 6)  # the plain mean over all six
    assert counted.status == "complete"


def test_pilot_gold_consistency_revised_and_returned_ratings_do_not_enter():
    one = item()
    rows = [
        rating(one, "p", 1, round_id=7, round_kind="pilot"),
        rating(one, "c", 1, round_id=8, round_kind="consistency"),
        rating(one, "g", 1, gold=True),
        rating(one, "r", 1, standing="revised"),
        rating(one, "s", 1, standing="returned"),
        *(rating(one, rater, 4) for rater in ("ann", "bob", "cid")),
    ]
    (counted,) = count_ratings(rows, {1: one}).items
    assert [row.rater for row in counted.ratings] == ["ann", "bob", "cid"]


def test_unfinished_items_are_left_out_and_counted_unless_asked_for():
    short, split, whole, empty = (item(number) for number in (1, 2, 3, 4))
    rows = [
        *(rating(short, rater, 4) for rater in ("ann", "bob")),
        *(rating(split, rater, overall) for rater, overall in (("ann", 1), ("bob", 3), ("cid", 2))),
        rating(split, "dan", 2, **AGAIN),
        *(rating(whole, rater, 4) for rater in ("ann", "bob", "cid")),
    ]
    items = {one.item_id: one for one in (short, split, whole, empty)}
    quotas = {1: Quota(first=3), 2: Quota(first=3, further=3), 3: Quota(first=3), 4: Quota(first=3)}
    counted = count_ratings(rows, items, quotas=quotas)
    assert [one.item.item_id for one in counted.items] == [3]
    assert counted.left_out == {"first_unfinished": 1, "further_unfinished": 1, "unrated": 1}
    everything = count_ratings(rows, items, quotas=quotas, include_unfinished=True)
    assert [(one.item.item_id, len(one.ratings)) for one in everything.items] == [(1, 2), (2, 4), (3, 3)]
    assert everything.left_out == {"unrated": 1}


@pytest.mark.parametrize("overall, threshold, status", [
    ((1, 3, 2), 2, "further_unfinished"),
    ((1, 3, 2), 3, "complete"),
    ((2, 3, 3), 2, "complete"),
    ((1, 5, 5), None, "complete"),
])  # fmt: skip
def test_without_quotas_the_range_of_the_first_ratings_says_whether_more_are_due(overall, threshold, status):
    one = item()
    rows = [rating(one, rater, value) for rater, value in zip(("ann", "bob", "cid"), overall, strict=True)]
    rules = CountingRules(range_threshold=threshold)
    (counted,) = count_ratings(rows, {1: one}, rules=rules, include_unfinished=True).items
    assert counted.status == status


def test_named_rounds_alone_count_whatever_their_kind():
    one = item()
    rows = disputed(one) + [
        rating(one, rater, 5, round_id=9, round_kind="consistency") for rater in ("gil", "hal", "ida")
    ]
    only_first = count_ratings(rows, {1: one}, rules=CountingRules(rounds=frozenset({1}), range_threshold=None))
    assert counted_pair(only_first.items[0]).overall_ratings == (2, 4, 3)
    study = count_ratings(rows, {1: one}, rules=CountingRules(rounds=frozenset({9}))).items[0]
    assert (counted_pair(study).overall_ratings, study.rounds) == ((5, 5, 5), (1, 1, 1))


def test_a_rater_counts_once_per_item():
    one = item()
    rows = [*(rating(one, rater, 4) for rater in ("ann", "bob", "cid")), rating(one, "ann", 1, round_id=5)]
    counted = count_ratings(rows, {1: one})
    assert counted_pair(counted.items[0]).overall_ratings == (4, 4, 4)
    assert counted.n_repeated == 1


def test_anonymous_ratings_are_never_taken_for_one_person():
    one = item()
    counted = count_ratings([rating(one, None, overall) for overall in (4, 4, 5)], {1: one})
    assert counted_pair(counted.items[0]).rater_ids == (None, None, None)


def test_every_list_of_a_pair_has_the_same_raters_in_the_same_order_and_the_released_polarity():
    one = item()
    rows = [
        rating(one, "ann", 5, (1, 1), problems=("object", "human-hand", "object")),
        rating(one, "bob", 4, (1, 0), unsure=(1,), split_wrong=True),
        rating(one, "cid", 4, (0, 1), prompt_meaningless=True, problems=("animal",)),
    ]
    pair = counted_pair(count_ratings(reversed(rows), {1: one}).items[0], name=str.upper)
    assert pair.rater_ids == ("ANN", "BOB", "CID")
    assert pair.element_ratings == ((1, 1, 0), (1, 0, 1))
    assert pair.split_confidence == (0, 1, 0)  # 1: the split may be wrong
    assert pair.attribute_confidence == (1, 0, 1)  # 0: not sure about an element
    assert pair.element_sure == ((True, True, True), (True, False, True))
    assert pair.prompt_meaningless == (0, 0, 1)  # 1: meaningless
    assert pair.fidelity_labels == ("human-hand,object", "", "animal")


def test_answers_follow_the_elements_of_the_prompt_and_a_missing_one_is_named():
    one = item()
    row = rating(one, "ann", 3, (0, 1))
    turned = dataclasses.replace(row, elements=row.elements[::-1])
    assert row_values(turned, one) == (0, 1)
    with pytest.raises(ValueError, match=r"has no answer to element 101; the store is damaged"):
        row_values(dataclasses.replace(row, elements=row.elements[:1]), one)


def test_a_correction_keeps_the_place_of_the_answer_that_it_corrects():
    one = item()
    ann, bob, cid, dan = (rating(one, rater, overall) for rater, overall in zip("abcd", (1, 2, 3, 4), strict=True))
    better = rating(one, "a", 5, assignment_id=ann.assignment_id, revision=1)
    log = [dataclasses.replace(ann, standing="revised"), bob, cid, dan, better]
    rules = CountingRules(first_raters=4, range_threshold=None)
    (counted,) = count_ratings(reversed(log), {1: one}, rules=rules).items
    assert [row.overall for row in counted.first] == [5, 2, 3, 4]
    redone = [dataclasses.replace(ann, standing="returned"), bob, cid, dan, better]
    (counted,) = count_ratings(redone, {1: one}, rules=rules).items
    assert [row.overall for row in counted.first] == [5, 2, 3, 4]


def test_items_that_wait_for_their_re_annotation_are_kept_where_first_ratings_are_looked_at():
    short, waiting = item(1), item(2)
    rows = [
        rating(short, "ann", 4),
        *(rating(waiting, rater, overall) for rater, overall in zip("abc", (1, 3, 5), strict=True)),
    ]
    quotas = {1: Quota(first=3), 2: Quota(first=3, further=3)}
    counted = count_ratings(rows, {1: short, 2: waiting}, quotas=quotas, include_disputed=True)
    assert [one.item.item_id for one in counted.items] == [2]
    assert counted.left_out == {"first_unfinished": 1}
