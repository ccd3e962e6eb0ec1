"""The page of the real ratings, from a few made-up means."""

import json
import re
import runpy
import sys
from pathlib import Path

import pytest

from evalmuse_hf.reports import document_markdown
from evalmuse_hf.schema import CATEGORIES

ROOT = Path(__file__).parents[2]
BENCHMARK = runpy.run_path(str(ROOT / "benchmarks" / "real_ratings.py"))
PAGE = ROOT / "docs" / "evalmuse_data.md"


@pytest.fixture
def means(tmp_path):
    rows = [("SDXL", 1, 3.0), ("SD_v1.5", 1, 2.0), ("IF", 1, 2.5), ("SDXL", 1985, 4.0), ("Kolors", 1985, 3.5)]
    path = tmp_path / "means.jsonl"
    lines = [
        {
            **{"img_path": f"{model}/{prompt:05d}.png", "prompt_id": f"{prompt:05d}", "model": model},
            **{"total_score_mean": score, "element_score_mean": {"cat (animal)": score / 5, "red (color)": 0.5}},
        }
        for model, prompt, score in rows
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def run(path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["real_ratings.py", "--data", str(path)])
    return BENCHMARK["main"]()


def test_the_page_holds_human_means_beside_the_paper(means, monkeypatch, capsys):
    assert run(means, monkeypatch) == 0
    page = capsys.readouterr().out
    assert "| SDXL | 1 | 3.000 | – | 3.000 | 2.99 |" in page
    assert "| Kolors | 1 | 3.500 | – | 3.500 | 2.93 |" in page
    assert "| real prompts, plain | 3 | 1.000 |" in page  # SDXL, IF, SD_v1.5 in both
    assert "| animal/human | 5 | 0.600 | 0.54 |" in page
    assert "| Krippendorff's alpha, overall | no ratings, at most their means |" in page


def test_without_the_file_the_page_is_skipped_with_a_sentence(tmp_path, monkeypatch, capsys):
    assert run(tmp_path / "means.jsonl", monkeypatch) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("Skipped: there is no file")


def test_the_quoted_means_name_the_twenty_generators_and_all_categories():
    assert len(BENCHMARK["SCORER_MEANS"]) == 20
    assert set(BENCHMARK["CHART_MEANS"]) == {*CATEGORIES}


def test_the_committed_page_is_laid_out_as_the_command_does_now():
    """The means do not travel with the package: the page's numbers cannot be checked here, its form can."""
    committed = PAGE.read_text("utf-8")
    assert BENCHMARK["COMMAND"] in committed
    for generator, mean in BENCHMARK["SCORER_MEANS"].items():
        assert re.search(rf"^\| {re.escape(generator)} \|.*\| {mean:.2f} \|$", committed, re.MULTILINE)
    for category, mean in BENCHMARK["CHART_MEANS"].items():
        assert re.search(rf"^\| {category} \|.*\| {mean:.2f} \|$", committed, re.MULTILINE)


def test_the_committed_page_has_the_headings_of_the_command(means):
    record = BENCHMARK["check_dataset"](means, n_resamples=0).record
    relation = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 5, "status": "ok"}
    page = document_markdown(BENCHMARK["describe"]({**record, "element_overall_srcc": relation}))
    pattern = re.compile(r"^(?:#+ .*|\*\*.*\*\*)$", re.MULTILINE)
    assert pattern.findall(page) == pattern.findall(PAGE.read_text("utf-8"))
