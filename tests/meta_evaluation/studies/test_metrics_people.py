from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr

from evalmuse_hf.meta_evaluation.studies.metrics_people import judge_by_other_raters, judge_people
from evalmuse_hf.stats import noise_ceiling


def test_people_beside_scorers(rated_world, metrics_options):
    people = judge_people(rated_world, metrics_options)
    table = np.array([row["overall_ratings"] for row in rated_world.rows], dtype=float)
    one_way = [spearmanr(table[:, place], table[:, 1 - place]).statistic for place in (0, 1)]
    assert people.human.statistic == pytest.approx(np.mean(one_way))
    assert not people.identified
    expected = noise_ceiling(table, statistic="plcc", k=2, groups=rated_world.groups).statistic
    assert people.ceilings["plcc"] == pytest.approx(expected)
    # The ceiling is what the mean of both rates, and one rating alone is below it.
    assert people.human.statistic < people.ceilings["srcc"] < 1
    assert people.record()["human_as_scorer"]["srcc"]["low"] < people.human.statistic


def test_named_raters_have_columns(rated_world, metrics_options):
    names = {str(row["image_path"]): ("ann", "bob") for row in rated_world.rows}
    people = judge_people(replace(rated_world, raters=names), metrics_options)
    assert people.identified
    assert people.human.n_raters == 2


def test_drawing_raters_too_gives_the_interval_over_prompts_and_raters(comparison, rated_world, metrics_options):
    line = comparison.scorers[2]
    assert judge_by_other_raters(line, rated_world, metrics_options) is None  # nobody is named
    names = {str(row["image_path"]): ("ann", "bob") for row in rated_world.rows}
    named = replace(rated_world, raters=names)
    assert judge_by_other_raters(line, named, replace(metrics_options, n_resamples=0)) is None
    drawn = judge_by_other_raters(line, named, metrics_options)
    assert (drawn.scheme, drawn.n_raters) == ("prompts x raters", 2)
    assert drawn.status.startswith("rough")
    assert drawn.statistic == pytest.approx(line.srcc.statistic)
    own = line.srcc.confidence_interval
    assert drawn.confidence_interval.high - drawn.confidence_interval.low > own.high - own.low


def test_means_alone_have_no_ceiling(rated_world, metrics_options):
    rows = tuple({**row, "overall_ratings": None} for row in rated_world.rows)
    people = judge_people(replace(rated_world, rows=rows), metrics_options)
    assert people.ceilings == {"srcc": None, "krcc": None, "plcc": None}
    assert people.human is None
    assert people.note == "No ceiling: 0 of 240 pictures have two single ratings or more."


def test_ratings_in_halves_have_a_linear_ceiling_only(rated_world, metrics_options):
    rows = tuple(
        {**row, "overall_ratings": [rating - 0.5 for rating in row["overall_ratings"]]} for row in rated_world.rows
    )
    people = judge_people(replace(rated_world, rows=rows), metrics_options)
    assert people.ceilings["srcc"] is None
    assert people.ceilings["plcc"] is not None
    assert "no ceiling of rank correlations" in people.note
