from evalmuse_hf.elements.splitter import SplitPrompt
from evalmuse_hf.meta_evaluation.studies.splitting_report import make_splitting_document
from evalmuse_hf.meta_evaluation.studies.splitting_study import SplittingOptions, run_splitting_study
from evalmuse_hf.reports import document_markdown


def test_templates_are_laid_out_by_category_and_label():
    study = run_splitting_study(SplittingOptions(splitters=("rules",), prompts=12, n_resamples=0))
    document = make_splitting_document(study)
    pairs, categories, counts = document.sections[0].tables
    assert [row[0] for row in pairs.rows] == ["rules - gold"]
    assert sum(row[1] for row in counts.rows) == study.groups[0].n_words
    values = [row[1] for row in categories.rows if row[1] is not None]
    assert values == sorted(values, reverse=True)
    assert any("templates" in warning for warning in document.warnings)
    assert "## All prompts" in document_markdown(document)


class Splitter:
    """A splitter that finds nothing."""

    def __init__(self, name):
        self.name = name

    def split(self, prompts):
        return [SplitPrompt(prompt, (), "no_elements") for prompt in prompts]


def test_names_are_shown_without_their_model_where_that_is_clear():
    splitters = [Splitter("spacy:small"), Splitter("llm:a"), Splitter("llm:b")]
    study = run_splitting_study(SplittingOptions(prompts=6, n_resamples=0), splitters=splitters)
    document = make_splitting_document(study)
    assert document.sections[0].tables[2].header == ("label", "gold", "spacy", "llm:a", "llm:b")
    assert ("spacy", "spacy:small") in document.source
