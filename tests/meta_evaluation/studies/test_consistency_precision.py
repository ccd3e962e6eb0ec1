from dataclasses import replace

import numpy as np
import pytest

from evalmuse_hf.meta_evaluation.studies.consistency_biases import find_biases, rater_biases
from evalmuse_hf.meta_evaluation.studies.consistency_measures import measure_repetition
from evalmuse_hf.meta_evaluation.studies.consistency_precision import expect_precision
from evalmuse_hf.meta_evaluation.studies.consistency_ratings import NEW, OLD
from evalmuse_hf.meta_evaluation.studies.consistency_world import World, simulate_study
from evalmuse_hf.stats.clustered import clustered_mean
from evalmuse_hf.stats.resampling import Resampling


def half(interval):
    return (interval.high - interval.low) / 2


@pytest.mark.parametrize("assignment", ["items", "prompts"])
def test_what_is_stated_before_is_what_the_study_reaches(assignment):
    campaign = simulate_study(World(n_prompts=300, assignment=assignment), np.random.default_rng(0))
    first = campaign.where(campaign.rating_phases == OLD)
    chosen = np.flatnonzero(campaign.prompts < 100)
    stated = expect_precision(first, chosen=chosen, per_item=3, n_raters=None, seed=0)
    study = campaign.where(campaign.prompts[campaign.rating_items] < 100)
    reached = measure_repetition(
        study.overall_means(OLD), study.overall_means(NEW), study.prompts, within=1, resampling=Resampling(500, rng=0)
    )
    assert stated.shift == pytest.approx(half(reached.shift.confidence_interval), rel=0.2)
    assert stated.icc == pytest.approx(half(reached.icc.confidence_interval), rel=0.25)
    assert stated.expected_icc == pytest.approx(reached.icc.statistic, abs=0.06)
    shifts = study.yes_shares(NEW) - study.yes_shares(OLD)
    known = np.isfinite(shifts)
    yes = clustered_mean(values=shifts[known], clusters=study.element_prompts[known])
    assert stated.yes_shift == pytest.approx(half(yes.confidence_interval), rel=0.35)
    # A bias that is found with a chance of 90 % is the critical value and 1.28 errors away, here about five errors.
    error = np.median([bias.estimate.standard_error for bias in rater_biases(study)])
    assert 4.3 < stated.rater.difference / error < 6.5


def test_more_raters_and_more_prompts_make_it_more_precise():
    log = simulate_study(World(n_prompts=60), np.random.default_rng(1))
    first = log.where(log.rating_phases == OLD)
    few, more = (np.flatnonzero(log.prompts < number) for number in (20, 60))

    def shift(chosen, per_item):
        return expect_precision(first, chosen=chosen, per_item=per_item, n_raters=24, seed=0).shift

    assert shift(more, 3) == pytest.approx(shift(few, 3) / 3**0.5, rel=0.1)
    # Variance 1/3 + 1/3 against 1/3 + 1.
    assert shift(more, 3) == pytest.approx(shift(more, 1) / 2**0.5, rel=1e-6)


def test_what_cannot_be_known_has_a_status():
    log = simulate_study(World(n_prompts=10), np.random.default_rng(2))
    first = log.where(log.rating_phases == OLD)
    anonymous = replace(first, raters=(), rating_raters=np.full(len(first.rating_raters), -1))
    chosen = np.flatnonzero(log.prompts < 3)
    stated = expect_precision(anonymous, chosen=chosen, per_item=3, n_raters=None, seed=0)
    assert (stated.rater.status, np.isnan(stated.rater.difference)) == ("anonymous ratings", True)
    assert {one.status for one in stated.categories} == {"too few prompts"}
    single = first.where(np.arange(len(first.rating_items)) % 3 == 0)
    stated = expect_precision(single, chosen=chosen, per_item=3, n_raters=None, seed=0)
    assert np.isnan([stated.shift, stated.icc, stated.expected_icc, stated.rater.difference]).all()


def test_as_many_tests_are_expected_as_there_will_be():
    log = simulate_study(World(n_prompts=40), np.random.default_rng(3))
    first = log.where(log.rating_phases == OLD)
    stated = expect_precision(first, chosen=np.arange(len(log.items)), per_item=3, n_raters=None, seed=0)
    assert stated.n_tests == sum(np.isfinite(bias.p_adjusted) for bias in find_biases(log))


def test_same_seed_same_statement():
    log = simulate_study(World(n_prompts=20), np.random.default_rng(3))
    first = log.where(log.rating_phases == OLD)
    chosen = np.flatnonzero(log.prompts < 10)
    one, same, other = (
        expect_precision(first, chosen=chosen, per_item=3, n_raters=24, seed=seed) for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other
