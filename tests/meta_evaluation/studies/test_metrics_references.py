from dataclasses import replace

import numpy as np
import pytest

from evalmuse_hf.meta_evaluation.studies.metrics_references import reference_rows


def test_the_prompt_oracle_is_the_mean_of_the_other_pictures(rated_world, metrics_options):
    rows = {one.name: one for one in reference_rows(rated_world, metrics_options)}
    assert list(rows) == ["prompt oracle", "generator mean", "prompt and generator", "majority class"]
    assert {one.origin for one in rows.values()} == {"reference"}
    ratings = rated_world.ratings
    oracle = [row["overall_score"] for row in rows["prompt oracle"].rows]
    assert oracle[0] == pytest.approx(np.mean(ratings[1:4]))
    means = {row["generator"]: set() for row in rated_world.rows}
    for row in rows["generator mean"].rows:
        means[row["generator"]].add(round(row["overall_score"], 9))
    assert {len(values) for values in means.values()} == {2}  # one mean of either half of the prompts
    assert np.mean([*means["Alpha"]]) == pytest.approx(np.mean(ratings[::4]))


def test_on_one_prompt_nothing_is_known_of_prompts(rated_world, metrics_options):
    one = replace(rated_world, rows=rated_world.rows[:4], n_prompts=1)
    rows = next(iter(reference_rows(one, metrics_options))).rows
    assert {(row["overall_score"], row["status"]) for row in rows} == {(None, "one_prompt")}


def test_a_row_needs_what_it_is_a_mean_of(rated_world, metrics_options):
    one_each = replace(
        rated_world, rows=tuple({**row, "elements": [], "generator": None} for row in rated_world.rows[::4])
    )
    (oracle,) = reference_rows(one_each, metrics_options)
    assert oracle.name == "prompt oracle"
    assert {row["overall_score"] for row in oracle.rows} == {None}
    pictures = replace(rated_world, rows=tuple({**row, "generator": "one"} for row in rated_world.rows))
    assert [one.name for one in reference_rows(pictures, metrics_options)] == ["prompt oracle", "majority class"]
