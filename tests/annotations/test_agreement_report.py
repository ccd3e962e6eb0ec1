import dataclasses

import pytest

from evalmuse_hf.annotations.agreement_report import make_agreement_document
from evalmuse_hf.annotations.campaign_agreement import AgreementOptions, measure_agreement
from evalmuse_hf.reports import document_markdown, document_text, render_document
from tests.annotations.test_campaign_agreement import campaign


@pytest.fixture(scope="module")
def agreement():
    return measure_agreement(campaign(20), AgreementOptions(n_resamples=20))


def test_the_first_ratings_come_first_and_pooled_ones_are_called_biased(agreement):
    document = make_agreement_document(agreement, campaign="store.sqlite")
    titles = [section.title for section in document.sections]
    assert titles[0] == "Overall ratings, first 3"
    assert titles.index("All ratings: biased, as a rule downward") > titles.index("Elements, first 3 answers")
    text = document_text(document)
    assert f"40 items of 20 prompts in store.sqlite; {agreement.n_rated_again} were rated again." in text
    assert "ICC(1,1)" in text
    assert "40 items are few" in text
    assert "3 to 6 ratings an item" in text


def test_one_rater_and_the_ceiling_are_told_apart(agreement):
    document = make_agreement_document(agreement, campaign="store")
    (section,) = [section for section in document.sections if section.title.startswith("One rater")]
    names = [row[0] for row in section.tables[0].rows]
    assert names[0].startswith("human as scorer")
    assert all(name.startswith("noise ceiling") for name in names[1:])
    assert "no bound" in section.text[0]


def test_every_form_holds_every_number_and_pseudonyms_hide_names(agreement):
    document = make_agreement_document(agreement, campaign="store", name=lambda rater: f"X{rater[1]}")
    alpha = f"{agreement.overall['alpha_ordinal'].statistic:.3f}"
    for form in (document_text(document), document_markdown(document), render_document(document)):
        assert alpha in form
        assert "X6" in form
        assert "r6" not in form.replace("&#", "")
    assert "<svg" in render_document(document)


def test_anonymous_and_unconverged_results_are_warned_of(agreement):
    unfinished = dataclasses.replace(agreement.model, converged=False)
    document = make_agreement_document(dataclasses.replace(agreement, model=unfinished), campaign="store")
    assert any("did not converge" in warning for warning in document.warnings)
    anonymous = measure_agreement(campaign(5, anonymous=True), AgreementOptions(n_resamples=0))
    document = make_agreement_document(anonymous, campaign="store")
    assert any("anonymous" in warning for warning in document.warnings)
    assert document.sections[-1].text[0].startswith("Not computed: ")


def test_an_empty_campaign_is_a_document_too():
    document = make_agreement_document(measure_agreement([], AgreementOptions(n_resamples=0)), campaign="store")
    assert "0 items of 0 prompts" in document_text(document)
    assert "<html" in render_document(document)
