from dataclasses import replace

import pytest

from evalmuse_hf.meta_evaluation.studies.metrics_lines import judge_scorer
from evalmuse_hf.meta_evaluation.studies.metrics_ranking import judge_rankings
from evalmuse_hf.meta_evaluation.studies.metrics_scores import ScoredRows


@pytest.fixture(scope="module")
def lines(rated_world, metrics_options):
    return [
        judge_scorer(ScoredRows(name=name, origin="shipped", rows=rows), rated_world, metrics_options)
        for name, rows in rated_world.scores.items()
    ]


def test_a_good_scorer_orders_the_generators_as_people_do(lines, rated_world, metrics_options):
    rankings = {line.name: line for line in judge_rankings(lines, rated_world, metrics_options)}
    assert set(rankings) == set(rated_world.scores)
    good = rankings["good"]
    assert good.krcc.statistic == 1.0
    assert good.krcc.generators == ("Alpha", "Beta", "Gamma", "Delta")
    assert good.decisions.n_pairs == 6
    assert good.decisions.n_decided >= 4
    assert good.decisions.n_right == good.decisions.n_decided
    assert rankings["coin"].decisions.n_right < good.decisions.n_right
    assert good.record()["n_generators"] == 4


def test_pictures_without_a_score_or_a_generator_are_left_out(lines, rated_world, metrics_options):
    rows = tuple({**row, "generator": None} if number < 8 else row for number, row in enumerate(rated_world.rows))
    scores = lines[0].scores.copy()
    scores[8:12] = float("nan")
    (line,) = judge_rankings([replace(lines[0], scores=scores)], replace(rated_world, rows=rows), metrics_options)
    assert line.krcc.n == 240 - 12
    assert line.krcc.n_groups == 57


def test_a_missing_picture_does_not_favour_its_generator(lines, rated_world, metrics_options):
    """The best generator lacks the easier half of the prompts: its plain mean would fall behind."""
    order = sorted(range(60), key=lambda prompt: -sum(row["truth"] for row in rated_world.rows[4 * prompt :][:4]))
    easy = {f"{prompt:03}" for prompt in order[:30]}
    scores = lines[0].scores.copy()
    for number, row in enumerate(rated_world.rows):
        if row["generator"] == "Alpha" and row["prompt_id"] in easy:
            scores[number] = float("nan")
    (line,) = judge_rankings([replace(lines[0], scores=scores)], rated_world, metrics_options)
    assert line.krcc.statistic == 1.0


def test_two_generators_have_no_order_to_speak_of(lines, rated_world, metrics_options):
    rows = tuple({**row, "generator": "A" if row["generator"] == "Alpha" else "B"} for row in rated_world.rows)
    assert judge_rankings(lines, replace(rated_world, rows=rows), metrics_options) == ()
    rows = tuple({**row, "generator": None} for row in rated_world.rows)
    assert judge_rankings(lines, replace(rated_world, rows=rows), metrics_options) == ()
