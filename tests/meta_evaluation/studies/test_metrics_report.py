from dataclasses import replace

import pytest

from evalmuse_hf.meta_evaluation.studies.metrics_report import make_metrics_document
from evalmuse_hf.meta_evaluation.studies.metrics_study import MetricsStudy
from evalmuse_hf.reports import document_markdown, document_text, render_document


@pytest.fixture(scope="module")
def study(comparison, metrics_options):
    return MetricsStudy(options=metrics_options, comparisons=(comparison,), machine={"device": "CPU"})


@pytest.fixture(scope="module")
def two(study, comparison):
    facts = replace(comparison.facts, name="evalmuse", title="Another world", in_domain=())
    return replace(study, comparisons=(comparison, replace(comparison, facts=facts, n_prompts=600)))


def test_the_verdict_is_the_first_sentence(study, comparison):
    document = make_metrics_document(study)
    best, second = comparison.matrix.names[:2]
    (section,) = document.sections
    assert section.text[0].startswith(f"{best} agrees best with people: SRCC ")
    assert f"Not to be told from it: {second}." in section.text[0]
    assert document.figures[0][:2] == ("Best", best) or document.figures[0][:2] == ("Best (in-domain)", best)


def test_the_smallest_difference_is_said(study, comparison):
    text = document_text(make_metrics_document(study))
    assert "These 60 prompts find a true difference of" in text
    bare = replace(study, comparisons=(replace(comparison, precision=None),))
    assert "find a true difference" not in document_text(make_metrics_document(bare))


def test_few_prompts_and_contamination_are_warned_of(study):
    warnings = make_metrics_document(study).warnings
    assert any("60 prompts show that it works" in warning for warning in warnings)
    assert any("good was trained on data of this kind" in warning for warning in warnings)


def test_the_page_has_the_matrix_as_a_plot_and_the_text_as_a_table(study):
    text, page = make_metrics_document(study), make_metrics_document(study, page=True)
    titles = [[table.title for table in document.sections[0].tables] for document in (text, page)]
    assert "Row less column, SRCC" in titles[0]
    assert "Row less column, SRCC" not in titles[1]
    assert [plot.title for plot in page.sections[0].plots] == ["SRCC with the mean rating", "Row less column, SRCC"]
    html = render_document(page)
    assert "agrees best with people" in html
    assert "<svg" in html


def test_several_data_sets_are_shown_at_a_glance(two):
    document = make_metrics_document(two)
    glance = document.sections[0]
    assert glance.title == "At a glance"
    assert glance.text[1].startswith("Another world: ")
    (table,) = glance.tables
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["good"][0].split()[0].endswith("*")
    assert rows["poor"][0].endswith(" b")
    assert rows["[prompt oracle]"][0] is not None
    assert "[majority class]" not in rows or rows["[majority class]"] == (None, None)
    text = document_text(document)
    assert text.count("agrees best with people") == 2
    assert text.count("Rows that never look at a picture") == 1


def test_published_numbers_stand_beside_where_there_are_any(two):
    markdown = document_markdown(make_metrics_document(two))
    assert markdown.count("What the paper reports: theirs, not measured here") == 1
    assert "| FGA-BLIP2 (os) | 0.7742 | 0.7722 | yes |" in markdown


def test_without_scorers_the_reference_rows_are_shown(study, comparison):
    matrix = replace(comparison.matrix, names=(), values={}, cells=(), letters={}, references=())
    bare = replace(comparison, scorers=(), matrix=matrix, rankings=())
    document = make_metrics_document(replace(study, comparisons=(bare,)))
    assert document.sections[0].text[0] == "No scorer has a value here."
    assert document.figures[0] == ("A small world", None, "no scorer has a value")
    assert "[prompt oracle]" in document_text(document)
