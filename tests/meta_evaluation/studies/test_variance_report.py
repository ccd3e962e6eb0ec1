"""What the document says is what the tests allow to say."""

import math
from dataclasses import asdict, replace

import pytest

from evalmuse_hf.meta_evaluation.studies.variance_findings import Comparison, Level, VarianceFindings
from evalmuse_hf.meta_evaluation.studies.variance_report import conclusions, make_document
from evalmuse_hf.meta_evaluation.studies.variance_study import StudyOptions, quick_options
from evalmuse_hf.reports import document_text

FOUND = Comparison(
    noise="flat", weighting="var", measure="pooled", reference="truth", seeds=10, baseline=0.8, difference=-0.02,
    low=-0.03, high=-0.01, standard_error=0.004, p_value=1e-4, p_holm=0.004, detectable=0.0126, power_at_claim=0.12,
    p_equivalence=0.99,
)  # fmt: skip
EQUAL = replace(
    FOUND, weighting="exp_var", difference=0.001, p_holm=1.0, detectable=0.0031, power_at_claim=0.85, equivalent=True
)
LEVEL = Level(
    noise="flat", weighting="var", seeds=10, srcc={"pooled truth": 0.78, "within truth": 0.7},
    deviation={"pooled truth": 0.02, "within truth": math.nan}, noise_estimate=0.1, effective_share=0.5,
    weight_shares={"flat": 0.2, "high": 0.5, "low": 0.3}, rating_errors={"flat": 0.4, "high": 0.0, "low": 0.0},
    losses=(0.9, 0.4),
)  # fmt: skip


def findings(*comparisons, runs=160, options=None):
    return VarianceFindings(
        runs=runs, planned=160, options=asdict(options or StudyOptions()), comparisons=comparisons, levels=(LEVEL,)
    )


def test_what_is_worse_and_what_is_equal_is_named():
    sentences = list(conclusions(findings(FOUND, EQUAL)))
    assert sentences[0] == "0 of 2 comparisons are better than no weighting, adjusted for all of them."
    assert sentences[1].endswith("adjusted for all of them: var under noise flat, pooled truth -0.0200.")
    assert sentences[2] == (
        "1 of 2 are shown to differ by less than 0.005: exp_var under noise flat, pooled truth +0.0010."
    )


@pytest.mark.parametrize(
    "comparisons, verdict, chance",
    [((FOUND,), "was not detectable", "12%"), ((FOUND, EQUAL), "was detectable in part of the study", "85%")],
    ids=["never", "once"],
)
def test_whether_the_claim_was_detectable_is_said(comparisons, verdict, chance):
    sentence = list(conclusions(findings(*comparisons)))[-1]
    assert f"The claimed +0.0034 of pooled SRCC {verdict}" in sentence
    assert f"with a chance of at most {chance}" in sentence


def test_the_claim_is_about_pooled_correlations_only():
    assert len(list(conclusions(findings(replace(FOUND, measure="within"))))) == 3


def test_without_two_seeds_nothing_is_concluded():
    empty = Comparison(noise="none", weighting="var", measure="pooled", reference="truth", status="fewer than 2 seeds")
    assert list(conclusions(findings(empty))) == ["Nothing can be compared yet."]
    assert "fewer than 2 seeds" in document_text(make_document(findings(empty)))


def test_the_document_has_the_figures_and_says_what_is_missing():
    text = document_text(make_document(findings(FOUND, EQUAL, runs=150)))
    assert "NOTE: 10 runs are missing; run the same command again to do them." in text
    row = "flat var 0.800 -0.0200 -0.0300 to -0.0100 0.004 0.0126 12% no"
    assert row in [" ".join(line.split()) for line in text.splitlines()]
    assert "0.780 (0.020)" in text


def test_a_study_of_few_steps_says_that_it_shows_nothing():
    (warning,) = make_document(findings(FOUND, options=quick_options())).warnings
    assert warning == "A study of so few steps shows that the command works, and nothing else."
