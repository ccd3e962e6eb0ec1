import argparse
import json

import numpy as np
import pytest

from evalmuse_hf.annotations.store.assignment import next_task
from evalmuse_hf.annotations.store.campaign_reading import read_campaign
from evalmuse_hf.annotations.store.ratings import submit
from evalmuse_hf.annotations.store.rounds import read_rounds
from evalmuse_hf.cli import study_consistency
from evalmuse_hf.meta_evaluation.studies.consistency_ratings import NEW, OLD
from evalmuse_hf.meta_evaluation.studies.consistency_store import second_round
from evalmuse_hf.meta_evaluation.studies.consistency_world import World, simulate_study, table_rows
from evalmuse_hf.prompts.tables import write_rows
from tests.annotations.campaign import add_raters, answer_to
from tests.annotations.rated import rated_campaign


def study(*words):
    parser = argparse.ArgumentParser()
    parser.add_argument("--quiet", action="store_true")
    study_consistency.add_parser(parser.add_subparsers())
    return study_consistency.run(parser.parse_args(["--quiet", "consistency", *map(str, words)]))


@pytest.fixture
def tables(tmp_path):
    log = simulate_study(World(n_prompts=10, n_pictures=2), np.random.default_rng(0))
    for name, phase in (("old", OLD), ("new", NEW)):
        write_rows(table_rows(log, phase), tmp_path / f"{name}.jsonl")
    return tmp_path / "old.jsonl", tmp_path / "new.jsonl"


def test_a_study_is_drawn_rated_and_reported(tmp_path, capsys):
    built = rated_campaign(tmp_path)
    add_raters(built, 2)
    assert study(built.place, "--draw", 0.5, "--seed", 3, "--raters", 2, "--json") == 0
    design = json.loads(capsys.readouterr().out)
    folder = tmp_path / "store-consistency"
    assert json.loads((folder / "design.json").read_text("utf-8")) == design
    assert (len(design["prompt_ids"]), design["seed"], design["round_name"]) == (2, 3, "consistency")
    opened = read_rounds(built.store)[-1]
    assert (opened.name, opened.kind) == ("consistency", "consistency")
    with pytest.raises(ValueError, match=r"No item of .* has ratings of both rounds yet"):
        study(built.place, "--report")
    while_open = False
    for rater_id in built.rater_ids:
        if not while_open and second_round(read_campaign(built.store), None).ratings:
            assert study(built.place, "--report", "--json", "--n-resamples", 0) == 0
            while_open = json.loads(capsys.readouterr().out)["provisional"]
        while (task := next_task(built.store, rater_id)) is not None and task.round_id == opened.round_id:
            assert rater_id not in design["barred"][str(task.item.item_id)]
            submit(built.store, rater_id, task.assignment_id, answer_to(task, 4))
    assert study(built.place, "--report", "--json", "--n-resamples", 20, "--out", folder) == 0
    record = json.loads(capsys.readouterr().out)
    assert while_open
    assert not record["provisional"]
    assert record["old_guidelines"] == record["new_guidelines"] == [opened.guideline_version]
    assert record["n_items"] == len(design["items"])
    assert record["n_new"] == 2 * record["n_items"]
    assert record["overall"]["new_mean"] == 4
    assert record["range_rule"]["n"] == 1
    assert record["promised"] == design["precision"]
    assert json.loads((folder / "record.json").read_text("utf-8")) == record
    assert "Annotation consistency" in (folder / "report.html").read_text("utf-8")


def test_the_promise_of_another_draw_is_refused(tmp_path):
    built = rated_campaign(tmp_path)
    add_raters(built, 8)
    study(built.place, "--draw", 0.5, "--raters", 1, "--seed", 1)
    study(built.place, "--draw", 0.5, "--raters", 1, "--seed", 2, "--round", "two", "--out", tmp_path / "two")
    for rater_id in built.rater_ids:
        while (task := next_task(built.store, rater_id)) is not None:
            submit(built.store, rater_id, task.assignment_id, answer_to(task, 4))
    with pytest.raises(ValueError, match=r"design\.json is the design of another draw than the round 'two' of"):
        study(built.place, "--report", "--round", "two", "--n-resamples", 0)
    assert study(built.place, "--report", "--round", "two", "--n-resamples", 0, "--out", tmp_path / "two") == 0
    assert study(built.place, "--report", "--round", "consistency", "--n-resamples", 0) == 0


def test_the_promise_of_another_table_is_refused(tables, tmp_path):
    old, new = tables
    out = tmp_path / "out"
    study("--old", old, "--draw", 1, "--out", out)
    assert study("--old", old, "--new", new, "--n-resamples", 0, "--out", out) == 0
    shorter = tmp_path / "shorter.jsonl"
    shorter.write_text("".join(line for line in old.open(encoding="utf-8") if '"item": "0"' not in line), "utf-8")
    with pytest.raises(ValueError, match=r"is the design of another draw than .*new\.jsonl and .*shorter\.jsonl"):
        study("--old", shorter, "--new", new, "--n-resamples", 0, "--out", out)
    study("--old", old, "--draw", 0.3, "--out", tmp_path / "few")
    with pytest.raises(ValueError, match="is the design of another draw"):
        study("--old", old, "--new", new, "--n-resamples", 0, "--out", tmp_path / "few")


def test_a_dry_run_changes_nothing_and_says_what_is_missing(tmp_path, capsys):
    built = rated_campaign(tmp_path)
    assert study(built.place, "--draw", 1, "--raters", 2, "--dry-run") == 0
    assert "1 of 5 drawn items have fewer than 2 active raters who never saw them" in capsys.readouterr().out
    with pytest.raises(ValueError, match="1 of 5 drawn items"):
        study(built.place, "--draw", 1, "--raters", 2)
    assert len(read_rounds(built.store)) == 2
    assert not (tmp_path / "store-consistency").exists()


def test_a_design_is_not_overwritten_and_none_stays_of_a_round_that_was_refused(tmp_path):
    built = rated_campaign(tmp_path)
    add_raters(built, 4)
    with pytest.raises(ValueError, match="There is a round 'main' already"):
        study(built.place, "--draw", 0.5, "--round", "main")
    assert not (tmp_path / "store-consistency" / "design.json").exists()
    study(built.place, "--draw", 0.5)
    with pytest.raises(ValueError, match="holds a design already"):
        study(built.place, "--draw", 0.5, "--round", "other")
    assert [entry.name for entry in read_rounds(built.store)][2:] == ["consistency"]


def test_two_tables_are_compared_without_a_store(tables, tmp_path, capsys):
    old, new = tables
    assert study("--old", old, "--new", new, "--n-resamples", 20, "--markdown", "--html", tmp_path / "page.html") == 0
    assert "20 items of 10 prompts, rated again: 60 old and 60 new ratings" in capsys.readouterr().out
    assert (tmp_path / "page.html").exists()


def test_a_second_round_is_drawn_from_a_table(tables, tmp_path, capsys):
    old, new = tables
    assert study("--old", old, "--draw", 0.5, "--out", tmp_path / "out", "--json") == 0
    design = json.loads(capsys.readouterr().out)
    assert json.loads((tmp_path / "out" / "design.json").read_text("utf-8")) == design
    assert (len(design["items"]), design["round_name"]) == (10, None)
    drawn = tmp_path / "drawn.jsonl"
    keys = {f'"item": "{key}"' for key in design["items"]}
    lines = [line for line in new.open(encoding="utf-8") if any(key in line for key in keys)]
    drawn.write_text("".join(lines), "utf-8")
    assert study("--old", old, "--new", drawn, "--n-resamples", 0, "--json", "--out", tmp_path / "out") == 0
    assert json.loads(capsys.readouterr().out)["promised"] == design["precision"]


@pytest.mark.parametrize(
    "words, message",
    [
        ([], "either an annotation store or the table --old"),
        (["s.sqlite", "--old", "a.csv"], "either an annotation store or the table --old"),
        (["s.sqlite"], "Say what to do"),
        (["s.sqlite", "--report", "--new", "a.csv"], "--new belongs to --old"),
        (["--old", "a.csv"], "either --new to compare two rounds, or --draw"),
        (["--old", "a.csv", "--first", "0"], "--first must be at least 1"),
        (["gone.sqlite", "--report"], "There is no annotation store at gone.sqlite"),
    ],
)
def test_what_makes_no_sense_is_refused(words, message):
    with pytest.raises(ValueError, match=message):
        study(*words)
