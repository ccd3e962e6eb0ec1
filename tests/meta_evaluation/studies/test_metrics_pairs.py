import json
import math

import pytest

from evalmuse_hf.meta_evaluation.studies.metrics_lines import judge_scorer
from evalmuse_hf.meta_evaluation.studies.metrics_options import MetricsOptions
from evalmuse_hf.meta_evaluation.studies.metrics_pairs import compare_scorers
from evalmuse_hf.meta_evaluation.studies.metrics_scores import ScoredRows
from evalmuse_hf.stats import scorer_differences


@pytest.fixture(scope="module")
def judged(rated_world, metrics_options):
    def judge(rows, name):
        return judge_scorer(ScoredRows(name=name, origin="shipped", rows=rows), rated_world, metrics_options)

    return judge


@pytest.fixture(scope="module")
def lines(rated_world, judged):
    return [judged(rows, name) for name, rows in rated_world.scores.items()]


@pytest.fixture(scope="module")
def matrix(lines, rated_world, metrics_options):
    return compare_scorers(lines, lines[3:], rated_world, metrics_options)


def test_what_is_equally_good_is_not_told_apart_and_what_is_worse_is(matrix):
    assert {*matrix.names[:2]} == {"good", "like good"}
    assert matrix.names[2:] == ("poor", "coin")
    assert not matrix.between("good", "like good").separated
    assert matrix.between("good", "poor").separated
    assert matrix.between("poor", "coin").separated
    assert matrix.tied_with(matrix.names[0]) == (matrix.names[1],)
    assert matrix.letters == {matrix.names[0]: "a", matrix.names[1]: "a", "poor": "b", "coin": "c"}


def test_the_numbers_are_those_of_the_paired_comparison(matrix, lines, rated_world):
    table = scorer_differences(
        scores={name: next(line.scores for line in lines if line.name == name) for name in matrix.names},
        references=rated_world.ratings,
        groups=rated_world.groups,
        n_resamples=200,
        n_permutations=0,
        rng=0,
    )
    expected, cell = table.between("good", "poor"), matrix.between("good", "poor")
    assert cell.difference == pytest.approx(expected.difference.statistic)
    assert cell.adjusted_p_value == pytest.approx(expected.adjusted_p_value)
    assert (cell.low, cell.high) == pytest.approx(tuple(expected.simultaneous_interval))
    assert cell.standard_error == pytest.approx(expected.difference.standard_error)
    assert len(matrix.cells) == 6
    assert (cell.n, cell.n_prompts, matrix.n) == (240, 60, 240)


def test_the_other_direction_has_the_other_sign(matrix):
    cell, back = matrix.between("good", "poor"), matrix.between("poor", "good")
    assert (back.difference, back.low, back.high) == (-cell.difference, -cell.high, -cell.low)
    assert back.separated == cell.separated
    assert matrix.between("good", "good") is None
    assert json.loads(json.dumps(back.record()))["first"] == "poor"


def test_reference_rows_are_compared_with_the_best_alone(matrix):
    (cell,) = matrix.references
    assert {cell.first, cell.second} == {"coin", matrix.names[0]}


def test_a_scorer_of_few_pictures_takes_none_from_the_others(judged, lines, rated_world, metrics_options):
    few = judged(rated_world.scores["good"][:100], "few")
    matrix = compare_scorers([*lines[1:], few], [], rated_world, metrics_options)
    assert matrix.left_out == ("few",)
    assert matrix.between("few", "poor") is None
    assert matrix.n == 240
    assert "few" in matrix.names


def test_a_scorer_of_five_pictures_is_never_the_best(judged, lines, rated_world, metrics_options):
    # Its scores are the ratings: an SRCC of 1, on five pictures.
    rows = [{**row, "elements": [], "status": "ok"} for row in rated_world.rows[:5]]
    five = judged(rows, "five")
    matrix = compare_scorers([five, *lines], lines[3:], rated_world, metrics_options)
    assert matrix.values["five"] == 1
    assert matrix.names[-1] == "five"
    assert matrix.ranked == matrix.names[:-1]
    assert matrix.ranked[0] in ("good", "like good")
    assert "five" not in {name for cell in matrix.references for name in (cell.first, cell.second)}
    assert "five" not in matrix.letters


def test_a_constant_scorer_takes_nobody_from_the_comparison(judged, rated_world, metrics_options):
    same = judged([{**row, "overall_score": 2.0} for row in rated_world.scores["good"]], "constant")
    half = judged(rated_world.scores["good"][:100], "half")
    assert compare_scorers([same, half], [], rated_world, metrics_options).ranked == ("half",)


def test_a_constant_scorer_has_no_place(judged, lines, rated_world, metrics_options):
    same = judged([{**row, "overall_score": 2.0} for row in rated_world.scores["good"]], "constant")
    matrix = compare_scorers([same, *lines[:2]], [], rated_world, metrics_options)
    assert matrix.names[-1] == "constant"
    cell = matrix.between("constant", "good")
    assert math.isnan(cell.difference)
    assert not cell.separated
    assert cell.status != "ok"
    assert cell.record()["difference"] is None
    assert "constant" not in matrix.letters


def test_one_scorer_is_compared_with_nothing(lines, rated_world, metrics_options):
    matrix = compare_scorers(lines[:1], [], rated_world, metrics_options)
    assert (matrix.names, matrix.cells, matrix.letters) == (("good",), (), {})
    assert compare_scorers([], [], rated_world, metrics_options).names == ()


def test_another_statistic_can_be_compared(lines, rated_world):
    matrix = compare_scorers(lines, [], rated_world, MetricsOptions(statistic="krcc", n_resamples=50))
    assert matrix.values["poor"] == pytest.approx(lines[2].krcc.statistic)


def test_without_resamples_nothing_is_tested(lines, rated_world):
    matrix = compare_scorers(lines, [], rated_world, MetricsOptions(n_resamples=0))
    assert matrix.letters == {}
    assert matrix.between("good", "poor").low is None
    assert matrix.between("good", "poor").difference > 0
    assert matrix.tied_with(matrix.names[0]) == ()
