import json
from dataclasses import replace

import numpy as np
import pytest

from evalmuse_hf.meta_evaluation.studies.consistency_ratings import FURTHER, NEW, OLD, StudyItem, StudyRating
from evalmuse_hf.meta_evaluation.studies.consistency_study import measure_consistency
from evalmuse_hf.meta_evaluation.studies.consistency_world import World, simulate_study


def ratings(further=False, raters=True):
    """Ten items; the second round gives 0.5 more, and one element of two turns to yes."""
    items, found = [], []
    for number in range(10):
        items.append(StudyItem(key=str(number), prompt_id=f"p{number // 2}", categories=("color", "object")))
        for rater in range(2):
            old, new = 1 + number % 4 + rater % 2, 1.5 + number % 4 + rater % 2
            names = (f"r{rater}", f"r{rater + 2}") if raters else (None, None)
            found.append(StudyRating(item=str(number), phase=OLD, overall=old, elements=(0, 1), rater=names[0]))
            if number < 8:
                found.append(StudyRating(item=str(number), phase=NEW, overall=new, elements=(1, 1), rater=names[1]))
            if further and number >= 6:
                found.append(StudyRating(item=str(number), phase=FURTHER, overall=old + 1, elements=(0, 1)))
    return items, found


def test_only_items_of_both_rounds_are_compared():
    study = measure_consistency(*ratings(), source="test", n_resamples=50)
    assert (study.n_items, study.n_prompts, study.n_old, study.n_new, study.n_raters) == (8, 4, 16, 16, 4)
    assert study.overall.shift.statistic == pytest.approx(0.5)
    assert study.overall.close.statistic == 1.0
    assert study.elements.n == 16
    assert study.elements.shift.statistic == pytest.approx(0.5)
    assert study.elements.close.statistic == 0.5
    assert study.further is None


def test_the_range_rule_is_kept_apart():
    plain = measure_consistency(*ratings(), source="test", n_resamples=50)
    study = measure_consistency(*ratings(further=True), source="test", n_resamples=50)
    assert repr(study.overall) == repr(plain.overall)  # nan is not equal to nan
    assert repr(study.elements) == repr(plain.elements)
    assert study.further.n == 4
    assert study.further.shift.statistic == pytest.approx(1.0)


def test_the_record_is_json_without_nan():
    study = measure_consistency(*ratings(further=True, raters=False), source="test", n_resamples=0)
    record = json.loads(json.dumps(study.record(), allow_nan=False))
    assert record["overall"]["shift"]["value"] == pytest.approx(0.5)
    assert record["overall"]["icc"]["low"] is None
    assert record["range_rule"]["n"] == 4
    rater = next(bias for bias in record["biases"] if bias["kind"] == "rater")
    assert (rater["status"], rater["value"], rater["found"]) == ("anonymous ratings", None, False)


def test_nothing_is_tested_before_all_ratings_are_there():
    log = simulate_study(World(n_prompts=30, shift=0.6), np.random.default_rng(0))
    items, found = (
        log.items,
        [
            StudyRating(item=log.items[item].key, phase=phase, overall=overall, rater=f"r{rater}")
            for item, phase, overall, rater in zip(
                log.rating_items.tolist(),
                log.rating_phases.tolist(),
                log.overall.tolist(),
                log.rating_raters.tolist(),
                strict=True,
            )
        ],
    )
    whole, partial, closed = (
        measure_consistency(items, found, source="test", n_resamples=0, n_unfinished=number, is_closed=is_closed)
        for number, is_closed in ((0, False), (1, False), (1, True))
    )
    assert [bias.name for bias in whole.findings] == [bias.name for bias in closed.findings] == ["overall rating"]
    assert (whole.provisional, partial.provisional, closed.provisional) == (False, True, False)
    assert partial.findings == ()
    record = json.loads(json.dumps(partial.record(), allow_nan=False))
    estimates = [*record["biases"], record["overall"]["shift"], record["elements"]["shift"]]
    assert {one["p_value"] for one in estimates} == {None}
    assert {(one["p_adjusted"], one["found"]) for one in record["biases"]} == {(None, False)}
    assert record["provisional"]
    assert partial.overall.shift.confidence_interval == whole.overall.shift.confidence_interval


def test_raters_of_both_rounds_and_instructions_are_told():
    items, found = ratings()
    study = measure_consistency(items, found, source="test", n_resamples=0)
    assert (study.n_raters_twice, study.old_guidelines, study.new_guidelines) == (0, (), ())
    versions = [
        replace(one, guideline_version="1" if one.phase == OLD else "2", rater=f"r{number % 3}" if number else None)
        for number, one in enumerate(found)
    ]
    # Of items that are not compared nothing is told.
    last = [replace(one, guideline_version="0") if one.item == "9" else one for one in versions]
    study = measure_consistency(items, last, source="test", n_resamples=0)
    assert (study.n_raters_twice, study.old_guidelines, study.new_guidelines) == (3, ("1",), ("2",))
    assert study.record()["new_guidelines"] == ["2"]


def test_nothing_to_compare_is_said():
    items, found = ratings()
    with pytest.raises(ValueError, match="No item of test has ratings of both rounds yet \\(3 are unfinished\\)"):
        measure_consistency(items, [one for one in found if one.phase == OLD], source="test", n_unfinished=3)


def test_same_seed_same_intervals():
    rng = np.random.default_rng(0)
    items, found = ratings()
    noisy = [
        StudyRating(item=one.item, phase=one.phase, overall=float(rng.integers(1, 6)), elements=one.elements)
        for one in found
    ]
    one, same, other = (
        measure_consistency(items, noisy, source="test", seed=seed, n_resamples=50).overall.icc for seed in (1, 1, 2)
    )
    assert one.confidence_interval == same.confidence_interval
    assert one.confidence_interval != other.confidence_interval
