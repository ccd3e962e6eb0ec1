from dataclasses import replace

from evalmuse_hf.pages.leaderboard.about_view import render_about, render_source
from evalmuse_hf.pages.leaderboard.record_files import LeftOut
from evalmuse_hf.pages.leaderboard.records import read_records


def test_examples_say_that_they_are_simulated(collect, rank_record):
    assert "SIMULATED" in render_source(read_records())
    assert "SIMULATED" not in render_source(collect(a=rank_record))


def test_a_reading_that_failed_is_said(collect, rank_record):
    records = collect(a=rank_record)
    assert "may be old" in render_source(records, failed=True)
    assert "may be old" not in render_source(records)


def test_files_that_are_shown_and_left_out_are_listed_as_text(collect, rank_record):
    records = replace(collect(a=rank_record), left_out=(LeftOut("<b>.json", "It is <i>no</i> JSON."),))
    content = render_about(records)
    assert "a.json" in content
    assert "&lt;b&gt;.json" in content
    assert "<i>" not in content
    assert "evalmuse rank scores.parquet --json" in content
