import json
import math

import numpy as np
import pytest
from scipy.stats import spearmanr

from evalmuse_hf.meta_evaluation.studies import metrics_study
from evalmuse_hf.meta_evaluation.studies.metrics_study import (
    MetricsOptions,
    make_metrics_document,
    run_metrics_study,
)
from evalmuse_hf.models.scorer import ElementScore, PairScore
from evalmuse_hf.reports import document_text


class Known:
    """Scores by a rule instead of a network."""

    def __init__(self, name, rule):
        self.name, self.rule = name, rule

    def score(self, *, images, prompts, elements=None):
        return [
            PairScore(self.rule(number, prompt), tuple(ElementScore(item.text, None, 1.0, "ok") for item in row))
            for number, (prompt, row) in enumerate(zip(prompts, elements, strict=True))
        ]


@pytest.fixture
def known(monkeypatch):
    """Scorers that need no network, by their name."""
    scorers = {
        "position": Known("position", lambda number, prompt: float(number)),
        "backwards": Known("backwards", lambda number, prompt: -float(number)),
        "length": Known("length", lambda number, prompt: float(len(prompt))),
        "fails": Known("fails", lambda number, prompt: math.nan if number == 0 else float(number)),
        "constant": Known("constant", lambda number, prompt: 2.0),
    }
    monkeypatch.setattr(metrics_study, "load_scorer", lambda name, model, device: scorers[name])


@pytest.mark.usefixtures("known")
def test_each_scorer_is_judged_and_compared_with_the_first():
    options = MetricsOptions(scorers=("position", "backwards", "fails"), prompts=6, n_resamples=50)
    study = run_metrics_study(options)
    first, second, third = study.figures
    assert (study.n_prompts, study.n_pairs) == (6, 30)
    assert first.record["overall"]["srcc"]["value"] == pytest.approx(-second.record["overall"]["srcc"]["value"])
    assert (first.difference, first.interval) == (None, None)
    assert second.difference == pytest.approx(-2 * first.record["overall"]["srcc"]["value"])
    assert second.interval[0] <= second.difference <= second.interval[1]
    assert third.record["coverage"]["scored"] == 29
    assert third.difference == pytest.approx(0.0)
    assert all(figure.seconds > 0 for figure in study.figures)
    assert json.loads(json.dumps(study.record()))["scorers"][1]["interval"] == list(second.interval)


def test_a_difference_is_that_of_scipy():
    rng = np.random.default_rng(0)
    first, second, ratings = rng.normal(size=(3, 40))
    pairs = [{"prompt_id": str(number // 4), "prompt": "", "overall_score": ratings[number]} for number in range(40)]
    point, interval = metrics_study._compare(first, second, pairs, MetricsOptions(n_resamples=200))
    expected = spearmanr(second, ratings).statistic - spearmanr(first, ratings).statistic
    assert point == pytest.approx(expected)
    assert interval[0] < point < interval[1]


@pytest.mark.usefixtures("known")
def test_a_scorer_that_says_one_thing_has_no_correlation():
    study = run_metrics_study(MetricsOptions(scorers=("position", "constant"), prompts=3, n_resamples=10))
    assert study.figures[1].difference is None
    text = document_text(make_metrics_document(study))
    assert "3 prompts show that it works" in text
    assert "simulated people" in text
    assert "constant" in text


@pytest.mark.usefixtures("known")
def test_prompts_are_drawn_by_the_seed_and_come_whole():
    chosen = [
        run_metrics_study(MetricsOptions(scorers=("length",), prompts=4, seed=seed, n_resamples=0)).figures[0]
        for seed in (1, 1, 2)
    ]
    assert chosen[0].record == chosen[1].record
    assert chosen[0].record != chosen[2].record
    assert chosen[0].record["coverage"]["rated"] == 20


@pytest.mark.parametrize(
    "options, message",
    [
        ({"prompts": 0}, "`prompts` must be at least 1"),
        ({"scorers": ()}, "at least one"),
        ({"scorers": ("a", "a")}, "must be different names"),
        ({"scorers": ("none",), "prompts": 1}, "There is no scorer 'none'"),
    ],
)
def test_a_mistake_is_one_sentence(options, message):
    with pytest.raises(ValueError, match=message):
        run_metrics_study(MetricsOptions(**options))
