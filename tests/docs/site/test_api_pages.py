"""Pages of the API hold every public name once."""

import re

import api_pages
import pytest

PAGES = {package: api_pages.api_page(package) for package in api_pages.exporting_packages()}


@pytest.mark.parametrize("package", PAGES)
def test_every_exported_name_has_a_line(package):
    shown = re.findall(r"^\| \[`(\w+)`\]", PAGES[package], re.MULTILINE)
    path = api_pages.ROOT.joinpath(*package.split(".")) / "__init__.py"
    assert sorted(shown) == sorted(api_pages.exported_names(path))


def test_every_name_that_has_a_line_is_described_once():
    described = re.findall(r"^::: (\S+)$", "".join(PAGES.values()), re.MULTILINE)
    linked = set(re.findall(r"^\| \[`\w+`\]\[([\w.]+)\]", "".join(PAGES.values()), re.MULTILINE))
    assert len(described) == len(set(described))
    assert set(described) == linked
    assert len(described) > 250


def test_a_name_of_the_top_level_is_described_where_it_lives():
    assert "[`load_scorer`][evalmuse_hf.scoring.loading.load_scorer]" in PAGES["evalmuse_hf"]
    assert "\n:::" not in PAGES["evalmuse_hf"]
    assert "\n::: evalmuse_hf.scoring.loading.load_scorer\n" in PAGES["evalmuse_hf.scoring"]


def test_a_function_that_bears_the_name_of_its_module_is_meant():
    assert "\n::: evalmuse_hf.stats.calibration.calibration\n" in PAGES["evalmuse_hf.stats"]


def test_lines_are_first_sentences_and_leave_the_table_whole():
    assert "| [`srcc`][evalmuse_hf.stats.correlation.srcc] | Spearman" in PAGES["evalmuse_hf.stats"]
    rows = [line for page in PAGES.values() for line in page.splitlines() if line.startswith("| [`")]
    assert [row for row in rows if len(re.findall(r"(?<!\\)\|", row)) != 3] == []
