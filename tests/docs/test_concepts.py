"""The pages on concepts, the glossary and the limitations say what the code does."""

import re
import runpy
from pathlib import Path

import pytest

from evalmuse_hf.elements.spans import SpanStatus
from evalmuse_hf.models import rows
from evalmuse_hf.pages.playground.batch import TIME_LIMIT
from tests.docs.tutorial_runner import run_page

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CONCEPTS = DOCS / "concepts"
PAGES = [*sorted(CONCEPTS.glob("*.md")), DOCS / "limitations.md", DOCS / "glossary.md", DOCS / "quick_start.md"]


def test_the_example_of_spans_prints_what_the_page_shows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_page(CONCEPTS / "elements_and_spans.md")


def test_every_status_of_an_element_and_of_a_row_is_explained():
    of_row, of_element = (CONCEPTS / "statuses.md").read_text("utf-8").split("## Of an element")
    explained = set(re.findall(r"^\| `(\w+)` \|", of_element, re.MULTILINE))
    assert {value for name, value in vars(SpanStatus).items() if name.isupper()} <= explained
    assert {"low_mass", "whole_prompt", "no_question", "unparsable", "undefined", "unsupported"} <= explained
    errors = {value for name, value in vars(rows).items() if name.endswith("_ERROR") and isinstance(value, str)}
    assert len(errors) == 4
    of_rows = errors | {"ok", "truncated", "low_mass", TIME_LIMIT}
    assert of_rows == set(re.findall(r"^\| `(\w+)` \|", of_row, re.MULTILINE))


def test_the_anchors_are_those_that_raters_are_given():
    from evalmuse_hf.annotations.guidelines import OVERALL_ANCHORS

    page = (CONCEPTS / "what_the_score_means.md").read_text("utf-8")
    shown = dict(re.findall(r"^\| (\d) \| (.*) \|$", page, re.MULTILINE))
    assert shown.keys() == {str(rating) for rating in OVERALL_ANCHORS}
    assert all(OVERALL_ANCHORS[int(key)].split(":")[0].lower() == text.split(":")[0] for key, text in shown.items())


def test_the_table_of_probes_has_a_row_for_each():
    probes = runpy.run_path(str(ROOT / "benchmarks" / "failure_probes.py"))["PROBES"]
    page = (CONCEPTS / "where_it_fails.md").read_text("utf-8")
    table = page.partition("<!-- failure_probes: begin -->")[2].partition("<!-- failure_probes: end -->")[0]
    assert re.findall(r"^\| (.+?) \| \d\.\d\d \|", table, re.MULTILINE) == [*probes]


def test_the_glossary_is_in_alphabetical_order_and_says_each_thing_once():
    page = (DOCS / "glossary.md").read_text("utf-8")
    terms = [term.lower() for term in re.findall(r"^\| \*\*(.+?)\*\* \|", page, re.MULTILINE)]
    assert len(terms) > 50
    assert terms == sorted(set(terms))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_script_and_command_that_a_page_names_is_there(page):
    text = page.read_text("utf-8")
    assert [name for name in re.findall(r"python (benchmarks/\w+\.py)", text) if not (ROOT / name).is_file()] == []
    from evalmuse_hf.cli.main import COMMANDS

    assert set(re.findall(r"`evalmuse (\w+)", text)) <= {*COMMANDS}
