"""The page on the consistency study: its example gives what it shows."""

import re
import runpy
from pathlib import Path

from evalmuse_hf.cli.main import main

PAGE = (Path(__file__).parents[2] / "docs" / "consistency_study.md").read_text("utf-8")


def test_the_example_of_the_page_gives_its_tables(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    Path("program.py").write_text(program, "utf-8")
    runpy.run_path("program.py")
    words = re.findall(r"^evalmuse (study consistency --old .* --markdown)$", PAGE, re.MULTILINE)[0].split()
    assert main([*words, "--quiet", "--n-resamples", "20"]) == 0  # their intervals are not compared
    shown = PAGE.partition("## An example")[2].partition("--markdown\n```\n")[2]
    rows = [line for line in shown.splitlines() if line.startswith("| ")]
    assert len(rows) > 10
    printed = capsys.readouterr().out
    # What stands in brackets are intervals.
    numbers = re.compile(r"\[[^]]*\]")
    assert [row for row in rows if numbers.sub("", row) not in numbers.sub("", printed)] == []
