"""One run of the study: what it forgets, what it shares with the others, and that it learns."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from evalmuse_hf.meta_evaluation.studies.variance_run import (
    RunPlace,
    TrainingOptions,
    WorldOptions,
    execute,
    forget,
    load_mini,
    rate_test_side,
    training_pairs,
)
from evalmuse_hf.meta_evaluation.studies.variance_world import STRATA, imagine_side
from evalmuse_hf.training import variance_weights

WORLD = WorldOptions(prompt_pool=24, test_prompts=9, pictures=3)
TRAINING = TrainingOptions(prompts=12, max_steps=10, batch_size=8, warmup_steps=1)
PLACE = RunPlace(noise="uniform", weighting="var", seed=1)


@pytest.fixture(scope="module")
def run():
    return execute(PLACE, world=WORLD, training=TRAINING)


def test_a_run_learns_and_scores_every_test_pair(run):
    assert run.losses[1] < run.losses[0]
    assert len(run.predictions) == 27
    assert all(1 <= score <= 5 for score in run.predictions)
    assert np.std(run.predictions) > 0


def test_a_run_says_where_its_weights_lie(run):
    assert set(run.weight_shares) == set(run.rating_errors) == set(STRATA)
    assert sum(run.weight_shares.values()) == pytest.approx(1)
    assert run.noise_estimate > 0
    assert run.weights["minimum"] < run.weights["median"] < run.weights["maximum"]
    assert 0 < run.weights["effective_share"] < 1


def test_a_run_is_the_same_every_time_and_leaves_the_threads_as_they_were(run):
    threads = torch.get_num_threads()
    assert execute(PLACE, world=WORLD, training=TRAINING) == run
    assert torch.get_num_threads() == threads


def test_without_rater_noise_reliability_is_var():
    """e is 0, so the weights are equal, and with them everything else: the runs are paired to the last bit."""
    short = replace(TRAINING, max_steps=2)
    one, two = (
        execute(RunPlace(noise="none", weighting=weighting, seed=2), world=WORLD, training=short)
        for weighting in ("var", "reliability")
    )
    assert one == two
    assert one.noise_estimate == pytest.approx(0, abs=1e-12)  # three equal ratings, up to rounding
    assert one.weight_shares["flat"] == pytest.approx(0, abs=1e-12)


def test_what_a_run_sees_depends_on_seed_and_noise_but_not_on_the_weighting():
    side = imagine_side(24, pictures=3, test=False, seed=0)
    first, same, other_seed, other_noise = (
        training_pairs(side, place, world=WORLD, training=TRAINING)
        for place in (
            PLACE,
            replace(PLACE, weighting="none"),
            replace(PLACE, seed=2),
            replace(PLACE, noise="none"),
        )
    )
    assert (first.pairs, first.ratings) == (same.pairs, same.ratings)
    assert set(first.prompt_ids) != set(other_seed.prompt_ids)
    assert first.prompt_ids == other_noise.prompt_ids
    assert first.pairs != other_noise.pairs


def test_the_test_side_is_rated_once_for_all_seeds():
    side = imagine_side(9, pictures=3, test=True, seed=0)
    assert rate_test_side(side, "uniform", seed=0).pairs == rate_test_side(side, "uniform", seed=0).pairs
    assert rate_test_side(side, "uniform", seed=0).prompt_ids == [index for index in range(9) for _ in range(3)]


def test_forgetting_replaces_the_share_of_the_variance_that_was_asked_for():
    """The correlation of W with sqrt(1 - a) W + sqrt(a) s Z is sqrt(1 - a), and the deviation stays."""
    before, after = load_mini(), load_mini()
    forget(after, share=0.36, seed=1)
    matrix = "encoder.layer.1.intermediate.dense.weight"
    old, new = (dict(model.qformer.named_parameters())[matrix].detach().numpy().ravel() for model in (before, after))
    assert np.corrcoef(old, new)[0, 1] == pytest.approx(0.8, abs=0.01)
    assert new.std() == pytest.approx(old.std(), rel=0.02)
    assert not after.query_tokens.equal(before.query_tokens)
    assert after.itm_head.bias.abs().sum() == 0


def test_forgetting_leaves_the_vision_tower_alone_and_depends_on_the_seed():
    models = [load_mini() for _ in range(3)]
    for model, seed in zip(models, (1, 1, 2), strict=True):
        forget(model, share=0.5, seed=seed)
    first, same, other = (model.state_dict() for model in models)
    assert all(first[name].equal(same[name]) for name in first)
    assert not first["query_tokens"].equal(other["query_tokens"])
    untouched = load_mini().state_dict()
    assert all(value.equal(untouched[name]) for name, value in first.items() if name.startswith("vision_model."))


def test_a_place_has_a_name_for_its_file():
    assert PLACE.name == "uniform-var-01"


def test_the_weights_are_those_of_the_library(run):
    side = imagine_side(24, pictures=3, test=False, seed=0)
    rated = training_pairs(side, PLACE, world=WORLD, training=TRAINING)
    weights = variance_weights([pair.overall_score for pair in rated.pairs], rated.prompt_ids, scheme="var")
    assert run.weights["maximum"] == weights.maximum
