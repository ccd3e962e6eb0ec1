from dataclasses import replace

import numpy as np
import pytest

from evalmuse_hf.meta_evaluation.studies.consistency_design import draw_design
from evalmuse_hf.meta_evaluation.studies.consistency_ratings import FURTHER, OLD
from evalmuse_hf.meta_evaluation.studies.consistency_report import make_design_document, make_study_document
from evalmuse_hf.meta_evaluation.studies.consistency_study import measure_consistency
from evalmuse_hf.meta_evaluation.studies.consistency_tables import read_tables
from evalmuse_hf.meta_evaluation.studies.consistency_world import NEW, World, simulate_study, table_rows
from evalmuse_hf.prompts.tables import write_rows
from evalmuse_hf.reports import document_markdown, document_text, render_document


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    log = simulate_study(World(n_prompts=40, n_pictures=6, rater_bias=1.0), np.random.default_rng(0))
    for name, phase in (("old", OLD), ("new", NEW)):
        write_rows(table_rows(log, phase), folder / f"{name}.jsonl")
    return read_tables(folder / "old.jsonl", folder / "new.jsonl", first=3)


def test_a_study_says_what_was_found(tables):
    study = measure_consistency(tables.items, tables.ratings, source="two tables", n_resamples=50, n_unmatched=2)
    text = document_text(make_study_document(study))
    assert "240 items of 40 prompts, rated again: 720 old and 720 new ratings by 24 raters." in text
    assert "possible biases are found: rater r00." in text
    row = next(line for line in text.splitlines() if line.startswith("r00"))
    assert "< 0.001" in row
    assert row.endswith("found")
    assert "too few groups" in text
    assert "2 items are left out: only one of the tables has them." in text
    assert "range rule" not in text
    assert "nan" not in text.replace("naive", "")
    assert "<table" in render_document(make_study_document(study))


def test_the_range_rule_is_labelled_as_a_choice(tables):
    further = [
        type(one)(item=one.item, phase=FURTHER, overall=one.overall, elements=one.elements)
        for one in tables.ratings
        if one.phase == OLD
    ]
    study = measure_consistency(tables.items, [*tables.ratings, *further], source="two tables", n_resamples=0)
    text = document_markdown(make_study_document(study))
    assert "## Items that the range rule had rated again" in text
    assert "They are no sample" in text


def test_a_design_says_what_to_expect_and_a_study_what_came_of_it(tables):
    design = draw_design(tables.items, tables.ratings, share=0.5, seed=0)
    text = document_text(make_design_document(design))
    assert "20 of 40 prompts with finished items, drawn at random; 120 of 240 items" in text
    assert "Smallest bias that will be found" in text
    assert "NOTE: 20 prompts are drawn" in text
    for word in ("synthetic type", "generator 03", "animal/human"):
        assert word in text
    study = measure_consistency(
        tables.items, tables.ratings, source="two tables", n_resamples=50, promised=design.precision
    )
    text = document_text(make_study_document(study))
    assert "stated before  reached" in text


def test_a_provisional_study_shows_no_p_values(tables):
    study = measure_consistency(tables.items, tables.ratings, source="x", n_resamples=0, n_unfinished=3)
    document = make_study_document(study)
    text = document_text(document)
    assert "3 items are left out: some of their ratings are still to come. All figures are provisional" in text
    assert "Provisional: ratings are still to come, so nothing is tested yet." in text
    assert "p (Holm)" not in text
    assert not any(cell == "found" for table in document.sections[1].tables for row in table.rows for cell in row)
    closed = measure_consistency(
        tables.items, tables.ratings, source="x", n_resamples=0, n_unfinished=3, is_closed=True
    )
    text = document_text(make_study_document(closed))
    assert "3 items are left out: the round was closed before they were finished." in text
    assert "p (Holm)" in text


def warnings_of(tables, ratings):
    return make_study_document(measure_consistency(tables.items, ratings, source="x", n_resamples=0)).warnings


def test_other_instructions_other_people_and_other_numbers_of_ratings_are_warned_of(tables):
    assert warnings_of(tables, tables.ratings) == ()
    versions = [replace(one, guideline_version="1" if one.phase == OLD else "2") for one in tables.ratings]
    assert [*warnings_of(tables, versions)] == [
        "The instructions were others: version 1 in the first round, 2 in the second; a shift may be theirs."
    ]
    known = [replace(one, guideline_version="1" if one.phase == OLD else None) for one in tables.ratings]
    assert "version 1 in the first round, unknown in the second" in warnings_of(tables, known)[0]
    fewer = [one for number, one in enumerate(tables.ratings) if one.phase == OLD or number % 3]
    assert "An item has 3 ratings in the first round and 2 in the second" in warnings_of(tables, fewer)[0]
    others = [replace(one, rater=f"{one.rater} {one.phase}") for one in tables.ratings]
    assert warnings_of(tables, others)[0].startswith("Nobody rated in both rounds")


def test_anonymous_ratings_are_warned_of(tables):
    nameless = [
        type(one)(item=one.item, phase=one.phase, overall=one.overall, elements=one.elements) for one in tables.ratings
    ]
    document = make_study_document(measure_consistency(tables.items, nameless, source="x", n_resamples=0))
    assert "biases of raters cannot be told" in document.warnings[-1]
    assert "anonymous ratings" in document_text(document)
