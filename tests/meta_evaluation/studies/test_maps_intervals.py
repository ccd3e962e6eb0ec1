from importlib import import_module

import numpy as np
import pytest

from evalmuse_hf.meta_evaluation.studies.maps_intervals import crossed_interval

OPTIONS = {"n_resamples": 4000, "confidence_level": 0.95, "seed": 0}


def test_one_model_is_the_bootstrap_of_whole_prompts():
    values = np.random.default_rng(1).random((60, 1))
    prompts = [f"prompt {number // 2}" for number in range(60)]
    low, high = crossed_interval(values, prompts, **OPTIONS)
    # By hand: the normal interval of a mean of 30 prompt means.
    error = values.reshape(30, 2).mean(axis=1).std() / np.sqrt(30)
    assert (low, high) == pytest.approx((values.mean() - 1.96 * error, values.mean() + 1.96 * error), abs=0.006)


def test_models_that_differ_widen_the_interval_though_the_prompts_do_not():
    models = np.array([0.1, 0.2, 0.3, 0.6])
    table = np.tile(models, (50, 1))
    prompts = [f"prompt {number}" for number in range(50)]
    low, high = crossed_interval(table, prompts, **OPTIONS | {"n_resamples": 20_000})
    # By hand: a resample is the mean of four of the models with replacement; all their 256 draws.
    draws = np.array(np.meshgrid(*[models] * 4)).reshape(4, -1).mean(axis=0)
    assert (low, high) == pytest.approx(np.quantile(draws, [0.025, 0.975]), abs=0.026)
    assert (low, high) != pytest.approx((0.3, 0.3), abs=0.1)


def test_prompts_and_models_are_drawn_independently():
    rng = np.random.default_rng(2)
    rows, columns = rng.normal(size=40), rng.normal(size=8)
    low, high = crossed_interval(rows[:, None] + columns, [str(number) for number in range(40)], **OPTIONS)
    deviation = np.sqrt(rows.var() / 40 + columns.var() / 8)  # of an additive table
    assert (high - low) / (2 * 1.96) == pytest.approx(deviation, rel=0.06)


def test_blocks_of_resamples_give_what_one_block_gives(monkeypatch):
    table = np.random.default_rng(3).random((30, 5))
    prompts = [str(number % 10) for number in range(30)]
    whole = crossed_interval(table, prompts, **OPTIONS)
    monkeypatch.setattr(import_module("evalmuse_hf.stats.block_means"), "BLOCK_VALUES", 500)
    assert crossed_interval(table, prompts, **OPTIONS) == pytest.approx(whole, abs=1e-12)


def test_without_two_prompts_or_resamples_there_is_none():
    assert crossed_interval(np.ones((3, 2)), ["a", "a", "a"], **OPTIONS) is None
    assert crossed_interval(np.ones((0, 1)), [], **OPTIONS) is None
    assert (
        crossed_interval(np.random.default_rng(0).random((2, 2)), ["a", "b"], **OPTIONS | {"n_resamples": 0}) is None
    )
