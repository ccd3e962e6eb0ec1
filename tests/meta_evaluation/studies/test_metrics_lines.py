import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kendalltau, pearsonr, spearmanr

from evalmuse_hf.meta_evaluation.studies.metrics_data import EMBEDDED
from evalmuse_hf.meta_evaluation.studies.metrics_lines import is_in_domain, judge_scorer, spell
from evalmuse_hf.meta_evaluation.studies.metrics_options import MetricsOptions
from evalmuse_hf.meta_evaluation.studies.metrics_scores import ScoredRows
from evalmuse_hf.stats import CorrelationResult


def shipped(world, name):
    return ScoredRows(name=name, origin="shipped", rows=world.scores[name])


def test_a_line_says_what_scipy_says(rated_world, metrics_options):
    line = judge_scorer(shipped(rated_world, "poor"), rated_world, metrics_options)
    scores = np.array([row["overall_score"] for row in rated_world.scores["poor"]])
    assert line.scores == pytest.approx(scores)
    assert line.srcc.statistic == pytest.approx(spearmanr(scores, rated_world.ratings).statistic)
    assert line.krcc.statistic == pytest.approx(kendalltau(scores, rated_world.ratings).statistic)
    assert line.plcc.statistic == pytest.approx(pearsonr(scores, rated_world.ratings).statistic)
    assert line.srcc.confidence_interval.low < line.srcc.statistic < line.srcc.confidence_interval.high
    assert line.srcc.n_groups == 60


def test_elements_are_judged_by_their_verdicts(rated_world, metrics_options):
    line = judge_scorer(shipped(rated_world, "good"), rated_world, metrics_options)
    hits = [
        (scored["score"] >= 0.5) == (rated["score"] >= 0.5)
        for row, scores in zip(rated_world.rows, rated_world.scores["good"], strict=True)
        for rated, scored in zip(row["elements"], scores["elements"], strict=True)
    ]
    assert line.accuracy.statistic == pytest.approx(np.mean(hits))
    assert line.n_elements == len(hits) == 480


def test_what_was_not_scored_is_nan_and_counted(rated_world, metrics_options):
    scored = ScoredRows(name="half", origin="file", rows=rated_world.scores["good"][:120])
    line = judge_scorer(scored, rated_world, metrics_options)
    assert (line.n_scored, line.n_rated) == (120, 240)
    assert np.isnan(line.scores[120:]).all()
    record = line.record()
    assert record["coverage"] == {"scored": 120, "rated": 240, "share": 0.5}
    assert record["elements"]["coverage"] == {"scored": 240, "rated": 480}
    whole = judge_scorer(shipped(rated_world, "good"), rated_world, metrics_options)
    assert line.accuracy.statistic < 0.5 < whole.accuracy.statistic  # what is missing is wrong
    assert json.loads(json.dumps(record)) == record


def test_a_scorer_of_elements_alone_has_no_correlation_and_no_warning(rated_world, metrics_options, caplog):
    rows = tuple({**row, "overall_score": None} for row in rated_world.scores["good"])
    line = judge_scorer(ScoredRows(name="elements", origin="file", rows=rows), rated_world, metrics_options)
    assert math.isnan(line.srcc.statistic)
    assert line.srcc.status == "no overall scores"
    assert line.n_scored_elements == 480
    assert caplog.text == ""


def test_without_rated_elements_there_is_no_accuracy(rated_world, metrics_options):
    bare = replace(rated_world, rows=tuple({**row, "elements": []} for row in rated_world.rows))
    line = judge_scorer(shipped(rated_world, "good"), bare, metrics_options)
    assert (line.accuracy, line.balanced, line.record()["elements"]) == (None, None, None)


@pytest.mark.parametrize(
    "name, names, expected",
    [
        ("good", (), True),
        ("good:other", (), True),
        ("good:mini", (), False),
        ("poor", (), False),
        ("poor", ("poor",), True),
        ("poor", ("world=poor",), True),
        ("poor", ("elsewhere=poor",), False),
    ],
)
def test_contamination_goes_by_the_data_set_and_by_what_the_user_says(rated_world, name, names, expected):
    assert is_in_domain(name, rated_world, MetricsOptions(in_domain=names)) is expected


def test_packaged_checkpoints_are_in_domain_on_drawings(rated_world):
    drawn = replace(rated_world, facts=EMBEDDED)
    assert is_in_domain("fga_blip2:mini", drawn, MetricsOptions())
    assert not is_in_domain("fga_blip2", drawn, MetricsOptions())


def test_an_undefined_number_is_null_in_json():
    record = spell(CorrelationResult(math.nan, None, 3, 0, "constant predictions", 1))
    assert (record["value"], record["low"], record["status"]) == (None, None, "constant predictions")
