import pytest

from evalmuse_hf.ranking import collect_findings, embedded_image, make_report
from evalmuse_hf.reports import render_report


def make(scores, pairs, truth=None):
    findings = collect_findings(scores, pairs, truth=truth, n_resamples=20)
    provenance = {"scorer": "tiny", "libraries": {"torch": "2"}, "compat": None}
    return make_report(
        findings, title="Tiny", warning="Drawings only.", provenance=provenance, read_image=embedded_image
    )


def test_every_figure_stands_beside_its_ceiling(scores, pairs, truth):
    report = make(scores, pairs, truth)
    assert [figure.label for figure in report.figures][:3] == ["SRCC", "KRCC", "PLCC"]
    assert all(figure.ceiling is not None for figure in report.figures if figure.value is not None)
    assert report.categories[0].category == "color"
    assert report.categories[0].accuracy == pytest.approx(12 / 30)  # red is always seen, and true of G3 and G4
    assert report.categories[0].ceiling == 1.0


def test_the_ranking_shows_people_beside_the_scorer(scores, pairs):
    first = make(scores, pairs).ranking[0]
    assert (first.generator, first.rank, first.people_rank, first.n) == ("G4", 1, 1, 6)
    assert first.people_low <= first.people_mean <= first.people_high


def test_a_pair_without_a_score_is_no_dot(scores, pairs):
    scores[0] = {**scores[0], "overall_score": None}
    report = make(scores, pairs)
    assert len(report.predicted) == len(report.rated) == 29


def test_what_is_unknown_is_left_out_of_the_provenance(scores, pairs):
    assert make(scores, pairs).provenance == (("scorer", "tiny"), ("libraries", "torch 2"))


def test_the_page_of_a_report_without_a_truth_is_whole(scores, pairs):
    page = render_report(make(scores, pairs))
    assert "Familiar and novel prompts" not in page
    assert "Largest disagreements" in page
