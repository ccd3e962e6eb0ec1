"""The page of scores that need no picture, from a few made-up means."""

import json
import re
import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARK = runpy.run_path(str(ROOT / "benchmarks" / "reference_rows.py"))
PAGE = ROOT / "docs" / "rated_data" / "evalmuse_means.md"
HEADINGS = re.compile(r"^(?:#+ .*|\*\*.*\*\*)$", re.MULTILINE)
HEADERS = re.compile(r"^(\|.*\|)\n\|[-:|]+\|$", re.MULTILINE)


@pytest.fixture
def means(tmp_path):
    path = tmp_path / "means.jsonl"
    lines = [
        {
            **{"img_path": f"{model}/{prompt:05d}.png", "prompt_id": f"{prompt:05d}", "model": model},
            **{"total_score_mean": float(1 + (prompt + place) % 5)},
            "element_score_mean": {"cat (animal)": (prompt + place) % 2, "red (color)": 1.0},
        }
        for prompt in range(1, 13)
        for place, model in enumerate(("SDXL", "SD3", "IF"))
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def run(path, monkeypatch, *options):
    monkeypatch.setattr(sys, "argv", ["reference_rows.py", "--data", str(path), *options])
    return BENCHMARK["main"]()


def test_the_page_judges_every_reference_row(means, monkeypatch, capsys):
    assert run(means, monkeypatch, "--quick") == 0
    page = capsys.readouterr().out
    assert (
        len(re.findall(r"^\| (?:prompt oracle|generator mean|prompt and generator).* \| 36 \| 12 \|", page, re.M)) == 4
    )
    assert re.search(r"^\| color \| 36 \| 1.000 \| 1.000 \|", page, re.MULTILINE)
    assert re.search(r"^\| animal/human \| 36 \| 0.500 \|", page, re.MULTILINE)


def test_another_data_set_gives_the_table_alone(tmp_path, monkeypatch, capsys):
    rows = [f"{model}{prompt}.png,prompt {prompt},{model},{1 + prompt % 5}" for prompt in range(9) for model in "ABC"]
    path = tmp_path / "own.csv"
    path.write_text("\n".join(["image,prompt,generator,rating", *rows]))
    assert run(path, monkeypatch, "--quick") == 0
    page = capsys.readouterr().out
    assert page.startswith("# own\n")
    assert re.search(r"^\| prompt oracle .* \| 27 \| 9 \| 1.000 \|", page, re.MULTILINE)
    assert "majority" not in page


def test_without_the_file_the_page_is_skipped_with_a_sentence(tmp_path, monkeypatch, capsys):
    assert run(tmp_path / "means.jsonl", monkeypatch) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("Skipped: there is no file")


def test_the_committed_page_is_laid_out_as_the_command_does_now(means, monkeypatch, capsys):
    """The means do not travel with the package: the page's numbers cannot be checked here, its form can."""
    run(means, monkeypatch, "--quick")
    page, committed = capsys.readouterr().out, PAGE.read_text("utf-8")
    assert BENCHMARK["COMMAND"] in committed
    assert HEADINGS.findall(page) == HEADINGS.findall(committed)
    assert HEADERS.findall(page) == HEADERS.findall(committed)
