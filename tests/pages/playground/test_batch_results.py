"""Means over prompts, failures with reasons, and files that no spreadsheet executes and every command reads."""

import csv
import io
import math

import numpy as np
import pytest
from scipy import stats

from evalmuse_hf.pages.playground import batch_results
from evalmuse_hf.pages.playground.batch_results import (
    FILE_NAMES,
    spreadsheet_text,
    summarize_batch,
    summary_record,
    write_batch_files,
)
from evalmuse_hf.ranking import rank_generators
from evalmuse_hf.scoring import read_scores


def row(score, prompt="a", *, status="ok", message=None, **columns):
    return {
        "image": "a.png",
        "prompt": prompt,
        **columns,
        "overall_score": score,
        "elements": [{"text": "cat", "category": None, "score": 0.5, "status": "ok"}],
        "status": status,
        "message": message,
    }


def test_the_interval_is_students_t_over_prompts():
    values = [[1.0, 3.0], [2.0, 2.0], [4.0, 6.0], [3.0, 2.0], [1.0, 1.0]]  # two pictures for each of five prompts
    rows = [row(value, f"prompt {number}") for number, pair in enumerate(values) for value in pair]
    mean = summarize_batch(rows).mean
    expected = stats.ttest_1samp(np.mean(values, axis=1), 0).confidence_interval(0.95)
    assert mean.statistic == pytest.approx(2.5)
    assert mean.confidence_interval == pytest.approx(expected)
    assert mean.n_clusters == 5
    assert summarize_batch(rows[:8]).mean.confidence_interval is None  # of four prompts


def test_prompt_ids_go_before_prompts():
    rows = [row(1.0, "a", prompt_id="1"), row(2.0, "a", prompt_id="2"), row(3.0, "b", prompt_id="")]
    assert summarize_batch(rows).mean.n_clusters == 3
    assert summarize_batch([row(1.0, "a"), row(2.0, "a")]).mean.n_clusters == 1


def test_failures_are_counted_by_status_with_the_first_reason():
    rows = [
        row(None, status="image_error", message="first"),
        row(2.0),
        row(None, status="time_limit", message="late"),
        row(None, status="time_limit", message="later"),
    ]
    summary = summarize_batch(rows)
    assert (summary.n_rows, summary.n_scored) == (4, 1)
    assert [(failure.status, failure.count, failure.example) for failure in summary.failures] == [
        ("time_limit", 2, "late"),
        ("image_error", 1, "first"),
    ]
    assert summary_record(summary)["failed"][0] == {"status": "time_limit", "rows": 2, "example": "late"}


def test_without_a_score_the_mean_is_unknown_and_not_zero():
    summary = summarize_batch([row(None, status="image_error")])
    assert math.isnan(summary.mean.statistic)
    assert summary_record(summary)["mean"]["mean"] is None


def test_generators_are_compared_where_they_are_named():
    rows = [
        row(value, f"p{place}", generator=name)
        for name, values in (("A", (1.0, 2.0)), ("B", (3.0, 5.0)), ("", (9.0,)))
        for place, value in enumerate(values)
    ]
    generators = summarize_batch(rows).generators
    assert {name: mean.statistic for name, mean in generators.items()} == {"B": 4.0, "A": 1.5}
    assert list(generators) == ["B", "A"]
    many = [row(1.0, generator=str(number)) for number in range(batch_results.MAX_GENERATORS + 1)]
    assert summarize_batch(many).generators == {}


@pytest.mark.parametrize(
    "text, expected",
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1+cmd", "'+1+cmd"),
        ("-2+3", "'-2+3"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("  =1", "'  =1"),
        ("\n=1", "'\n'=1"),
        ("\uff1d1", "'\uff1d1"),
        ('=HYPERLINK("http://localhost","x")', '\'=HYPERLINK("http://localhost","x")'),
        ("a cat;=HYPERLINK(1)", "a cat;'=HYPERLINK(1)"),
        ('a;" \uff0b1', "a;\" '\uff0b1"),
        ("a\t@SUM(1)|-1\n=2", "a\t'@SUM(1)|'-1\n'=2"),
    ],
)
def test_a_formula_becomes_a_text_in_every_cell_and_heading(text, expected):
    rows = [
        {"image": text, text: text, "overall_score": -0.5, "elements": [{"text": text}], "message": f'{text},\n"x"'}
    ]
    written = spreadsheet_text(rows)
    cells = list(csv.reader(io.StringIO(written, newline="")))
    assert cells[0][1] == expected
    assert cells[1][0] == cells[1][1] == expected
    assert cells[1][2] == "-0.5"
    assert cells[1][3].startswith("[")
    assert cells[1][4] == f'{expected},\n"x"'


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_no_cell_is_a_formula_whatever_a_spreadsheet_parts_cells_at(delimiter):
    texts = ["a;=cmd()", "a\t=cmd()", "a|=cmd()", 'a",=cmd()', "a;  +cmd()", "a\n-cmd()", "=cmd()", 'a;"=cmd()']
    rows = [{"first": "x", "text": text, "elements": [{"text": text}], "last": "y"} for text in texts]
    read = csv.reader(io.StringIO(spreadsheet_text(rows), newline=""), delimiter=delimiter)
    cells = [cell.strip().lstrip('"') for row in read for cell in row]
    assert sum("cmd()" in cell for cell in cells) >= len(texts)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_numbers_and_quotes_stay_what_they_are():
    rows = [{"seed": "-5", "cfg": "+7.5", "note": 'a "b", c\nd', "empty": None, "big": "1e-3"}]
    cells = list(csv.reader(io.StringIO(spreadsheet_text(rows), newline="")))
    assert cells[1] == ["-5", "+7.5", 'a "b", c\nd', "", "1e-3"]


def test_the_files_are_read_by_the_commands(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    rows = [
        row(float(value), f"=p{place}", generator=name, prompt_id=str(place), image=f"{name}{place}.png")
        for name in "AB"
        for place, value in enumerate((1, 2, 4))
    ]
    paths = write_batch_files(rows, {"scorer": "brightness"})
    assert [path.name for path in paths] == list(FILE_NAMES)
    for path in paths[1:]:
        scores = read_scores(path)
        assert [dict(found) for found in scores.rows] == rows, path
        assert scores.provenance["scorer"] == "brightness"
    assert paths[0].read_bytes().startswith(b'\xef\xbb\xbf"image","prompt",')
    from_sheet = read_scores(paths[0]).rows
    assert [found["overall_score"] for found in from_sheet] == [found["overall_score"] for found in rows]
    assert (from_sheet[0]["image"], from_sheet[0]["prompt"]) == ("A0.png", "'=p0")
    assert [line.generator for line in rank_generators(read_scores(paths[1]).rows).rows] == ["A", "B"]


def test_all_files_are_there_or_none(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))

    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr(batch_results, "write_scores", full)
    with pytest.raises(OSError, match="no space"):
        write_batch_files([row(1.0)], {})
    assert not list(tmp_path.iterdir())
