import dataclasses
import math

import pytest

from evalmuse_hf.annotations.rater_facts import Measuring, measure_raters
from evalmuse_hf.annotations.records import GoldAnswer
from tests.annotations.fabricated import item, rating

ANY = Measuring(min_answers=1, min_gold=1, min_pool=1, n_resamples=0)


def facts_of(rows, items, measuring=ANY, **known):
    return {facts.rater: facts for facts in measure_raters(rows, items, measuring=measuring, **known)}


def test_gold_answers_are_compared_with_what_is_known_and_unknown_elements_are_left_out():
    items = {number: item(number) for number in (1, 2)}
    rows = [
        rating(items[1], "ann", 5, (1, 0), gold=True),
        rating(items[2], "ann", 2, (0, 0), gold=True),
        rating(items[1], "ann", 1, (0, 0), gold=True, round_id=2),  # not gold there
    ]
    gold = {(1, 1): GoldAnswer(overall=4.5, elements=(1, 1)), (1, 2): GoldAnswer(elements=(0, None))}
    ann = facts_of(rows, items, gold=gold)["ann"]
    assert (ann.gold_elements.value, ann.gold_elements.n) == (pytest.approx(2 / 3), 3)
    assert ann.gold_elements.low < 2 / 3 < ann.gold_elements.high
    assert (ann.gold_overall_error.value, ann.gold_overall_error.n) == (0.5, 1)


def test_others_are_the_raters_of_the_same_item_in_the_same_round():
    items = {number: item(number) for number in (1, 2)}
    rows = [
        rating(items[1], "ann", 4, (1, 1)),
        rating(items[1], "bob", 2, (1, 0)),
        rating(items[1], "cid", 3, (1, 0)),
        rating(items[2], "ann", 5, (1, 1)),
        rating(items[2], "bob", 4, (0, 1)),
        rating(items[1], "dan", 1, (0, 0), round_id=2, round_kind="reannotation"),
    ]
    facts = facts_of(rows, items)
    assert facts["ann"].leniency.value == pytest.approx((1.5 + 1.0) / 2)  # 4 - 2.5 and 5 - 4
    assert facts["ann"].yes_excess.value == 1.0
    # Against bob and cid: yes, and no where both say no; against bob alone: no where he says no, and yes.
    assert (facts["ann"].element_agreement.value, facts["ann"].element_agreement.n) == (0.5, 4)
    assert math.isnan(facts["dan"].leniency.value)
    assert facts["dan"].leniency.status == "0 items shared with others, at least 1 are needed"


def test_a_tie_of_the_others_is_no_majority():
    one = item(1)
    rows = [rating(one, rater, 3, values) for rater, values in (("ann", (1, 1)), ("bob", (1, 0)), ("cid", (0, 0)))]
    agreement = facts_of(rows, {1: one})["ann"].element_agreement
    assert (agreement.value, agreement.n) == (0.0, 1)


def test_correlation_is_with_the_mean_of_the_others_and_undefined_for_a_constant_rater():
    items = {number: item(number) for number in range(1, 6)}
    rows = []
    for number, one in items.items():
        rows += [rating(one, "ann", number), rating(one, "bob", 6 - number), rating(one, "con", 3)]
    facts = facts_of(rows, items)
    assert facts["ann"].correlation.value == pytest.approx(-1)  # the others' means fall as her ratings rise
    assert math.isnan(facts["con"].correlation.value)
    assert facts["con"].correlation.status != "ok"


def test_runs_entropy_times_corrections_and_skips():
    items = {number: item(number) for number in range(1, 9)}
    ratings = [3, 3, 4, 4, 4, 4, 3, 3]
    rows = [
        rating(one, "ann", overall, duration_s=30.0 if number > 2 else 1.5)
        for (number, one), overall in zip(items.items(), ratings, strict=True)
    ]
    rows[0] = dataclasses.replace(rows[0], revision=1)
    rows[1] = dataclasses.replace(rows[1], standing="returned")
    replaced = dataclasses.replace(rows[0], revision=0, standing="revised", overall=1, rated_at=0.5)
    rows[2] = dataclasses.replace(rows[2], revision=1)  # done again after an inspection returned it: no correction
    before = dataclasses.replace(rows[2], revision=0, standing="returned", overall=1, rated_at=0.7)
    ann = facts_of([replaced, before, *reversed(rows)], items, skips={"ann": 2})["ann"]
    assert (ann.n_answers, ann.n_returned) == (8, 2)
    assert (ann.longest_run.value, ann.overall_entropy.value) == (4, 1.0)
    assert (ann.median_s.value, ann.fast_share.value) == (30.0, 0.25)  # 0.5 s a question is below 0.7 s
    assert (ann.skip_share.value, ann.correction_share.value) == (0.2, 0.125)


def test_fast_is_also_what_is_far_below_the_pool():
    one = item(1)
    rows = [rating(one, rater, 3, duration_s=time) for rater, time in zip("abcd", (60, 60, 63, 12), strict=True)]
    facts = facts_of(rows, {1: one})
    assert [facts[rater].fast_share.value for rater in "abcd"] == [0, 0, 0, 1]  # 4 s a question against 20 s
    alone = facts_of(rows, {1: one}, dataclasses.replace(ANY, min_pool=4))
    assert alone["d"].fast_share.value == 0


def test_the_pool_is_the_others_and_not_the_rater():
    one = item(1)
    rows = [rating(one, rater, 3, duration_s=time) for rater, time in zip("ab", (60.0, 12.0), strict=True)]
    facts = facts_of(rows, {1: one})
    assert [facts[rater].fast_share.value for rater in "ab"] == [0, 1]  # the median of both is 12 s a question


def test_no_answer_counts_as_longer_than_the_time_since_the_one_before():
    items = {number: item(number) for number in range(1, 5)}
    rows = [
        rating(one, "bot", 3, duration_s=60.0, rated_at=1000.0 + number) for number, one in items.items()
    ]  # a second apart, and a minute each, if one believes it
    bot = facts_of(rows, items)["bot"]
    assert bot.median_s.value == 1.0
    assert bot.fast_share.value == 0.75  # nothing is known of the first one
    slow = [rating(one, "ann", 3, duration_s=60.0, rated_at=70.0 * number) for number, one in items.items()]
    assert facts_of(slow, items)["ann"].median_s.value == 60.0


def test_a_correction_in_between_takes_no_time_from_the_item_at_hand():
    first, second = item(1), item(2)
    one = rating(first, "ann", 3, duration_s=30.0, rated_at=100.0)
    better = rating(first, "ann", 4, duration_s=5.0, rated_at=150.0, assignment_id=one.assignment_id, revision=1)
    other = rating(second, "ann", 4, duration_s=50.0, rated_at=160.0)
    rows = [dataclasses.replace(one, standing="revised"), better, other]
    ann = facts_of(rows, {1: first, 2: second})["ann"]
    assert ann.median_s.value == 27.5


def test_too_few_answers_give_nan_with_a_status_everywhere():
    one = item(1)
    rows = [rating(one, "ann", 3, gold=True, duration_s=3.0), rating(one, None, 4)]
    (ann,) = measure_raters(rows, {1: one}, gold={(1, 1): GoldAnswer(overall=3, elements=(1, 1))})
    for entry in dataclasses.fields(ann)[3:]:
        fact = getattr(ann, entry.name)
        assert math.isnan(fact.value), entry.name
        assert "needed" in fact.status


def test_intervals_of_means_are_repeatable_and_hold_the_mean():
    items = {number: item(number) for number in range(1, 31)}
    rows = [rating(one, rater, 1 + (number * 7 + place) % 5) for number, one in items.items() for place, rater in
            enumerate(("ann", "bob"))]  # fmt: skip
    first, second = (facts_of(rows, items, Measuring(n_resamples=200)) for _ in range(2))
    assert first == second
    leniency = first["ann"].leniency
    assert leniency.low < leniency.value < leniency.high
