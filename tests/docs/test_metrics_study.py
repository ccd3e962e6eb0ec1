"""The page on the comparison of scorers has the form that the command prints, and says what its tables say."""

import itertools
import re
from pathlib import Path

from evalmuse_hf.cli.main import main

PAGE = (Path(__file__).parents[2] / "docs" / "metrics_study.md").read_text("utf-8")
READING, _, TABLES = PAGE.partition("## What it says here")[2].partition("## TIFA160 and DSG")


def test_the_tables_have_the_columns_that_the_command_prints(tmp_path, capsys):
    rows, scores = [], ([], [])
    for prompt in range(6):
        for place, generator in enumerate("ABC"):
            path, rating = f"{generator}/{prompt}.png", 1 + (2 * place + prompt) % 5
            rows.append(f"{path},a cat {prompt},{prompt},{generator},{rating}")
            scores[0].append(f"{path},{rating + place / 10}")
            scores[1].append(f"{path},{(7 * prompt + 3 * place) % 5}")
    (tmp_path / "ratings.csv").write_text("\n".join(["image,prompt,prompt_id,generator,overall_score", *rows]))
    for name, lines in zip(("one", "two"), scores, strict=True):
        (tmp_path / f"{name}.csv").write_text("\n".join(["image,overall_score", *lines]))
    words = ["study", "metrics", "--dataset", f"csv={tmp_path / 'ratings.csv'}", "--n-resamples", "30", "--markdown"]
    assert main([*words, "--quiet", "--scores", str(tmp_path / "one.csv"), str(tmp_path / "two.csv")]) == 0
    printed = capsys.readouterr().out.splitlines()
    headers = [line for line, rule in itertools.pairwise(printed) if rule.startswith("|---")]
    headers = [line for line in headers if not line.startswith("|  |")]  # the matrix is as wide as there are scorers
    assert len(headers) == 3
    assert [line for line in headers if line not in TABLES.splitlines()] == []
    titles = [line for line in printed if line.startswith("**")]
    assert titles
    assert [line for line in titles if line not in TABLES.splitlines()] == []


def test_every_number_in_the_reading_stands_in_a_table():
    numbers = set(re.findall(r"(?<![\d.])(\.\d{3})\b", READING))
    assert {".592", ".608", ".602", ".644"} <= numbers
    assert [number for number in numbers if f"0{number}" not in TABLES] == []


def test_both_reports_are_on_the_page():
    for name in ("tifa160 and dsg", "embedded"):
        report = TABLES.partition(f"<!-- begin: {name} -->")[2].partition(f"<!-- end: {name} -->")[0]
        assert "agrees best with people" in report
        assert "The order of the generators" in report
        assert "[prompt oracle]" in report
        assert "[ceiling of these ratings]" in report
