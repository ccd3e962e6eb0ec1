"""Every kind of rated data has a page with the same facts; the example of own ratings is run as it stands."""

import re
from pathlib import Path

import pytest

from evalmuse_hf.meta_evaluation.benchmarks import KINDS

PAGES = Path(__file__).parents[2] / "docs" / "rated_data"
NAMES = {kind: PAGES / f"{'own_csv' if kind == 'csv' else kind}.md" for kind in KINDS}
FACTS = (
    *("kind", "file", "key", "rating scale and direction", "aggregation", "clusters", "element ratings"),
    *("in-domain for", "source and licence", "ran on the real file", "what to type"),
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_page_with_all_facts(kind):
    page = NAMES[kind].read_text("utf-8")
    cells = dict(re.findall(r"^\| ([^|]+) \| ([^|].*) \|$", page, re.MULTILINE))
    assert [fact for fact in FACTS if not cells.get(fact)] == []
    assert cells["kind"] == f"`{kind}`"


def test_the_table_of_contents_names_every_kind_and_links_its_page():
    contents = (PAGES / "README.md").read_text("utf-8")
    linked = dict(re.findall(r"^\| \[`(\w+)`\]\(([\w.]+)\)", contents, re.MULTILINE))
    assert linked == {kind: path.name for kind, path in NAMES.items()}


@pytest.mark.parametrize(
    "title, page",
    [
        ("EvalMuse-40K, published means", "evalmuse_means"),
        ("TIFA160, two raters", "tifa160"),
        ("GenAI-Bench, 527 prompts", "genai_bench"),
        ("AGIQA-3K, alignment", "agiqa3k"),
    ],
)
def test_the_reference_rows_of_the_table_of_contents_are_those_of_the_pages(title, page):
    contents = (PAGES / "README.md").read_text("utf-8")
    line = re.search(rf"^\| {re.escape(title)} \|(.*)\|", contents, re.MULTILINE)
    quoted = re.findall(r"(\.\d{3}) \((\.\d{3}) to (\.\d{3})\)", line[1])
    text = NAMES[page].read_text("utf-8")
    rows = ("prompt oracle", "generator mean (of the other half", "prompt and generator")
    assert len(quoted) == len(rows)
    for name, figures in zip(rows, quoted, strict=True):
        value, low, high = (f"{100 * float(one):.1f}" if page == "tifa160" else f"0{one}" for one in figures)
        assert re.search(rf"^\| {re.escape(name)}.*\| {value} \| {low} to {high} \|", text, re.MULTILINE), name


def test_what_to_type_names_commands_and_options_that_there_are():
    from evalmuse_hf.cli.main import build_parser

    for path in NAMES.values():
        command = re.search(r"^\| what to type \| `evalmuse (.*)` \|$", path.read_text("utf-8"), re.MULTILINE)
        assert command is not None, path.name
        build_parser().parse_args(command[1].split())


def test_the_example_of_own_ratings_runs(tmp_path, monkeypatch):
    page = NAMES["csv"].read_text("utf-8")
    table = re.search(r"<!-- example: ratings.csv -->\n```csv\n(.*?)```", page, re.DOTALL)
    example = re.search(r"<!-- example: python -->\n```python\n(.*?)```", page, re.DOTALL)
    (tmp_path / "ratings.csv").write_text(table[1])
    monkeypatch.chdir(tmp_path)
    exec(compile(example[1], "docs/rated_data/own_csv.md", "exec"), {})
