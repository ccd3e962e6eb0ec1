import runpy
from pathlib import Path

import pytest

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "metrics_study.py"))


def test_a_report_takes_the_place_of_the_old_one():
    page = "above\n<!-- begin: x -->\nold\n<!-- end: x -->\nbelow"
    assert SCRIPT["put"](page, "x", "new") == "above\n<!-- begin: x -->\n\nnew\n\n<!-- end: x -->\nbelow"
    with pytest.raises(SystemExit, match="The page has no marks"):
        SCRIPT["put"](page, "y", "new")


def test_the_page_has_the_marks_and_shows_the_commands():
    page = (Path(__file__).parents[2] / "docs" / "metrics_study.md").read_text("utf-8")
    for name, command in SCRIPT["COMMANDS"].items():
        assert SCRIPT["put"](page, name, "") != page
        assert f"\nevalmuse {' '.join(command)}\n" in page


def test_headings_go_down_and_mistakes_end_the_run(monkeypatch):
    def command(words):
        print("# Title\n\nsummary\n\n## A data set\n\n| a |")
        return 0 if "--quick" in words else 2

    monkeypatch.setitem(SCRIPT["run"].__globals__, "evalmuse", command)
    assert SCRIPT["run"](("study",), None, quick=True) == "summary\n\n### A data set\n\n| a |"
    with pytest.raises(SystemExit):
        SCRIPT["run"](("study",), None, quick=False)
