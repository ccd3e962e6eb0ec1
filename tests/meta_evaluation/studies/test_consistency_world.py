import numpy as np
import pytest

from evalmuse_hf.meta_evaluation.studies.consistency_ratings import NEW, OLD
from evalmuse_hf.meta_evaluation.studies.consistency_world import (
    CATEGORY_COUNTS,
    World,
    draw_leniency,
    simulate_study,
    table_rows,
)


def simulate(seed=0, **options):
    return simulate_study(World(**options), np.random.default_rng(seed))


def test_ratings_spread_as_in_the_paper():
    log = simulate(n_prompts=200)
    first = log.overall[log.rating_phases == OLD].reshape(-1, 3)
    shares = np.bincount(np.ptp(first, axis=1).astype(int), minlength=5) / len(first)
    assert shares == pytest.approx([0.23, 0.51, 0.17, 0.08, 0.01], abs=0.08)


def test_categories_come_as_often_as_in_the_paper():
    log = simulate(n_prompts=600, n_pictures=1)
    shares = np.bincount(log.element_categories, minlength=12) / len(log.element_categories)
    assert shares == pytest.approx(np.array([*CATEGORY_COUNTS.values()]) / 228, abs=0.03)
    assert len(log.element_items) / 600 == pytest.approx(4.9, abs=0.3)


def test_an_item_has_six_raters_and_real_prompts_have_15_generators():
    log = simulate()
    assert (np.diff(np.sort(log.rating_raters.reshape(-1, 6), axis=1), axis=1) > 0).all()
    real = {item.generator for item in log.items if item.source == "real"}
    assert (len(real), len({item.generator for item in log.items})) == (15, 20)
    by_prompt = simulate(assignment="prompts").rating_raters.reshape(100, 10, 6)
    assert (by_prompt == by_prompt[:, :1]).all()


def test_planted_biases_are_there():
    log = simulate(n_prompts=300, rater_bias=1.0, category_bias=0.15, category="object", shift=0.3)
    means = log.overall_means(NEW) - log.overall_means(OLD)
    assert means.mean() == pytest.approx(0.3, abs=0.06)
    own = log.overall[log.rating_raters == 0].mean() - log.overall[log.rating_raters > 0].mean()
    assert own == pytest.approx(0.9, abs=0.15)
    shifts = log.yes_shares(NEW) - log.yes_shares(OLD)
    for name in ("object", "attribute"):
        mine = log.element_categories == log.categories.index(name)
        assert shifts[mine].mean() == pytest.approx(0.15 if name == "object" else 0, abs=0.02)


def test_newcomers_rate_the_second_round_only():
    log = simulate(newcomers=True, n_prompts=20, n_raters=10)
    pools = [set(log.rating_raters[log.rating_phases == phase].tolist()) for phase in (OLD, NEW)]
    assert pools == [{0, 1, 2, 3, 4}, {5, 6, 7, 8, 9}]
    assert (np.diff(np.sort(log.rating_raters.reshape(-1, 6), axis=1), axis=1) > 0).all()


def test_raters_differ_as_much_as_they_should():
    world = World(rater_spread=0.6, rater_bias=2.0, n_raters=2000)
    leniency = draw_leniency(world, np.random.default_rng(0))
    assert leniency[1:].std() == pytest.approx(0.6, abs=0.05)
    assert leniency[0] > 0
    few = World(n_prompts=100, n_raters=6)
    log = simulate_study(few, np.random.default_rng(0), leniency=np.array([1.0, 0, 0, 0, 0, -1.0]))
    means = [log.overall[log.rating_raters == number].mean() for number in range(6)]
    assert (np.argmax(means), np.argmin(means)) == (0, 5)


def test_some_raters_say_yes_more_readily():
    def spread(**options):
        log = simulate(n_raters=8, **options)
        people = log.rating_raters[log.answer_ratings]
        return np.std([log.answers[people == number].mean() for number in range(8)])

    assert spread(yes_spread=1.0) > 4 * spread()


def test_same_generator_same_study():
    assert simulate(3).overall.tolist() == simulate(3).overall.tolist()
    assert simulate(3).overall.tolist() != simulate(4).overall.tolist()


def test_a_table_has_a_row_per_rating_of_the_round():
    log = simulate(n_prompts=3, n_pictures=2)
    rows = list(table_rows(log, NEW))
    assert len(rows) == 18
    assert rows[0]["overall"] == log.overall[3]
    assert rows[0]["rater"] == log.raters[log.rating_raters[3]]
    asked = [one["value"] for one in rows[0]["elements"]]
    assert asked == log.answers[log.answer_ratings == 3].tolist()
    assert tuple(one["category"] for one in rows[0]["elements"]) == log.items[0].categories
