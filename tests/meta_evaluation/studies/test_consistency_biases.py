from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from evalmuse_hf.meta_evaluation.studies.consistency_biases import (
    BIAS_KINDS,
    MIN_PROMPTS,
    OVERALL,
    YES,
    element_traits,
    find_biases,
    item_traits,
    rater_biases,
)
from evalmuse_hf.meta_evaluation.studies.consistency_ratings import FURTHER, NEW, OLD, StudyItem, StudyRating, make_log
from evalmuse_hf.meta_evaluation.studies.consistency_world import World, simulate_study
from evalmuse_hf.stats import holm
from evalmuse_hf.stats.clustered import clustered_mean

LENIENCY = {"a": 0.5, "b": 0.0, "c": -0.25, "d": -0.25}


def teams(n_prompts=8, leniency=LENIENCY, shift=0.0):
    """Two raters an item and round, without noise: a with b, b with c, c with d."""
    items, ratings = [], []
    pairs = [("a", "b"), ("b", "c"), ("c", "d")]
    for prompt in range(n_prompts):
        for picture, pair in enumerate(pairs):
            key = f"{prompt}-{picture}"
            items.append(StudyItem(key=key, prompt_id=str(prompt), generator="G", source="real"))
            for phase in (OLD, NEW):
                ratings += [
                    StudyRating(
                        item=key, phase=phase, overall=3 + picture / 4 + shift * phase + leniency[name], rater=name
                    )
                    for name in pair
                ]
    return make_log(items, ratings)


def test_leniency_is_against_all_others_also_those_whom_a_rater_never_met():
    found = {bias.name: bias for bias in rater_biases(teams())}
    # The others weigh by their ratings: b and c have twice as many as d.
    assert found["a"].estimate.statistic == pytest.approx(0.5 - (2 * 0.0 + 2 * -0.25 + -0.25) / 5)
    assert found["d"].estimate.statistic == pytest.approx(-0.25 - (0.5 + 2 * 0.0 + 2 * -0.25) / 5)
    assert found["b"].n == 32
    assert found["a"].estimate.n_clusters == 8


def test_odd_raters_are_not_compared_with():
    found = {bias.name: bias for bias in rater_biases(teams(), odd={"a"})}
    assert found["d"].estimate.statistic == pytest.approx(-0.25 - (0.0 + -0.25) / 2)
    assert found["a"].estimate.statistic == pytest.approx(0.5 - (2 * 0.0 + 2 * -0.25 + -0.25) / 5)


def test_a_shift_between_the_rounds_blames_no_rater():
    before = [bias.estimate.statistic for bias in rater_biases(teams())]
    assert [bias.estimate.statistic for bias in rater_biases(teams(shift=1.0))] == pytest.approx(before)


def test_leniency_is_the_least_squares_fit():
    log = simulate_study(World(n_prompts=12, n_pictures=3, n_raters=7, rater_spread=0.5), np.random.default_rng(0))
    cells = np.unique(log.rating_items * 3 + log.rating_phases, return_inverse=True)[1]
    design = np.hstack([np.eye(cells.max() + 1)[cells], np.eye(7)[log.rating_raters]])
    effects = np.linalg.lstsq(design, log.overall, rcond=None)[0][-7:]
    counts = np.bincount(log.rating_raters)
    for number, bias in enumerate(rater_biases(log)):
        others = np.arange(7) != number
        expected = effects[number] - np.average(effects[others], weights=counts[others])
        assert bias.estimate.statistic == pytest.approx(expected)


def test_anonymous_ratings_have_no_biases_of_raters():
    log = teams()
    (bias,) = rater_biases(replace(log, raters=(), rating_raters=np.full(len(log.rating_raters), -1)))
    assert bias.estimate.status == "anonymous ratings"
    assert np.isnan([bias.estimate.statistic, bias.estimate.p_value, bias.p_adjusted]).all()


def test_ratings_of_the_range_rule_are_not_looked_at():
    log = simulate_study(World(n_prompts=10, n_pictures=2), np.random.default_rng(1))
    last = log.where(np.arange(len(log.rating_items)) % 6 != 5)
    marked = replace(
        log, rating_phases=np.where(np.arange(len(log.rating_items)) % 6 == 5, FURTHER, log.rating_phases)
    )
    for one, other in zip(find_biases(last), find_biases(marked), strict=True):
        assert one.estimate.statistic == pytest.approx(other.estimate.statistic, nan_ok=True)


def by_name(log, kind):
    return {bias.name: bias for bias in find_biases(log) if bias.kind == kind}


def test_the_shift_of_a_category_is_against_the_elements_of_the_others_without_those_that_are_found():
    log = simulate_study(World(n_prompts=60, category="object", category_bias=0.3), np.random.default_rng(2))
    shifts = log.yes_shares(NEW) - log.yes_shares(OLD)
    found = by_name(log, "category")
    assert [name for name, bias in found.items() if bias.found] == ["object"]
    planted = log.element_categories == log.categories.index("object")
    for name, bias in found.items():
        own = log.element_categories == log.categories.index(name)
        assert bias.n == own.sum()
        assert bias.estimate.statistic == pytest.approx(shifts[own].mean() - shifts[~own & ~planted].mean())
    assert found["object"].estimate.statistic == pytest.approx(0.3, abs=0.06)
    whole = by_name(log, "round")[YES]
    assert whole.estimate.statistic == pytest.approx(shifts[~planted].mean())
    assert not whole.found


def test_a_type_is_compared_with_other_types_and_the_source_with_the_other_source():
    items = [
        StudyItem(key="a", prompt_id="p", source="synthetic", synthetic_type="counts", generator="G"),
        StudyItem(key="b", prompt_id="q", source="real", generator="G"),
        StudyItem(key="c", prompt_id="r", source="synthetic", synthetic_type="letters", categories=("color",)),
    ]
    log = make_log(items, [])
    assert [(trait.kind, trait.names, trait.codes.tolist()) for trait in item_traits(log)] == [
        ("prompt type", ("real", "synthetic"), [1, 0, 1]),
        ("prompt type", ("counts", "letters"), [0, -1, 1]),
    ]  # one generator has nothing to be compared with, and neither has one category
    assert element_traits(log) == ()


def test_a_shift_of_all_is_one_finding_and_that_of_the_round():
    for seed in range(4):
        log = simulate_study(World(shift=0.3), np.random.default_rng(seed))
        assert [(bias.kind, bias.name) for bias in find_biases(log) if bias.found] == [("round", OVERALL)]
    shifts = log.overall_means(NEW) - log.overall_means(OLD)
    whole = by_name(log, "round")[OVERALL]
    assert whole.estimate == clustered_mean(values=shifts, clusters=log.prompts, min_clusters=MIN_PROMPTS)
    assert by_name(log, "generator")["generator 00"].estimate.statistic == pytest.approx(0, abs=0.4)


def test_newcomers_who_say_yes_more_readily_blame_no_category():
    found = []
    for seed in range(6):
        log = simulate_study(World(newcomers=True, yes_spread=1.5), np.random.default_rng(seed))
        found += [(bias.kind, bias.name) for bias in find_biases(log) if bias.found]
    assert set(found) == {("round", YES)}
    assert len(found) >= 3


def test_a_generator_that_shifts_is_found_and_taken_out_of_everything_else():
    items, ratings = [], []
    rng = np.random.default_rng(0)
    for prompt in range(12):
        for number, generator in enumerate("GHIJ"):
            key = f"{prompt}-{generator}"
            source = "real" if prompt % 2 else "synthetic"
            items.append(StudyItem(key=key, prompt_id=str(prompt), generator=generator, source=source))
            for phase in (OLD, NEW):
                more = 1.0 if phase == NEW and generator == "G" else 0.0
                overall = 2 + number / 4 + more + rng.normal(0, 0.1)
                ratings.append(StudyRating(item=key, phase=phase, overall=overall))
    log = make_log(items, ratings)
    found = find_biases(log)
    assert [(bias.kind, bias.name) for bias in found if bias.found] == [("generator", "G")]
    shifts = log.overall_means(NEW) - log.overall_means(OLD)
    names = np.array([item.generator for item in items])
    real = np.array([item.source == "real" for item in items])
    expected = shifts[real & (names != "G")].mean() - shifts[~real & (names != "G")].mean()
    assert by_name(log, "prompt type")["real"].estimate.statistic == pytest.approx(expected)
    assert by_name(log, "round")[OVERALL].estimate.statistic == pytest.approx(shifts[names != "G"].mean())


def test_all_kinds_are_one_family():
    log = simulate_study(World(n_prompts=40, shift=0.6), np.random.default_rng(3))
    found = find_biases(log)
    expected = holm(p_values=[bias.estimate.p_value for bias in found])
    assert [bias.p_adjusted for bias in found] == pytest.approx(expected.tolist(), nan_ok=True)
    kinds = [bias.kind for bias in found]
    assert kinds == sorted(kinds, key=BIAS_KINDS.index)
    assert set(kinds) == set(BIAS_KINDS)


def test_what_rests_on_few_prompts_is_not_tested():
    found = find_biases(teams(n_prompts=MIN_PROMPTS - 1))
    assert all(np.isnan(bias.p_adjusted) and bias.estimate.status == "too few groups" for bias in found)
    assert all(np.isfinite(bias.p_adjusted) for bias in find_biases(teams(n_prompts=MIN_PROMPTS)))


def test_one_harsh_rater_makes_nobody_else_look_lenient():
    log = simulate_study(World(n_raters=6, rater_bias=-0.8, n_prompts=60), np.random.default_rng(4))
    found = {bias.name: bias for bias in find_biases(log) if bias.kind == "rater"}
    assert [name for name, bias in found.items() if bias.found] == ["r00"]
    plain = {bias.name: bias.estimate.statistic for bias in rater_biases(log)}
    assert np.mean([plain[name] for name in plain if name != "r00"]) > 0.1
    assert np.mean([found[name].estimate.statistic for name in found if name != "r00"]) == pytest.approx(0, abs=0.03)


def test_false_alarms_and_power_over_studies():
    """A small version of ``benchmarks/consistency.py``; unadjusted, nearly every study would have a false alarm."""
    false = hits = unadjusted = 0
    for seed in np.random.SeedSequence(5).spawn(30):
        fair = find_biases(simulate_study(World(), np.random.default_rng(seed)))
        false += any(bias.found for bias in fair)
        unadjusted += any(bias.estimate.p_value < 0.05 for bias in fair)
        biased = World(rater_bias=0.5, category_bias=0.15)
        names = {bias.name for bias in find_biases(simulate_study(biased, np.random.default_rng(seed))) if bias.found}
        hits += {"r00", "animal/human"} <= names
    assert false <= binom.ppf(0.999, 30, 0.05)  # 6
    assert hits >= binom.ppf(0.001, 30, 0.9)  # 21
    assert unadjusted > 22
