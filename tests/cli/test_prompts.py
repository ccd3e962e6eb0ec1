import json
import subprocess
import sys

import pytest

from evalmuse_hf.cli.main import main

KINDS = ("people", "food: sweet", "rare")


@pytest.fixture
def table(tmp_path):
    """90 rows: 40 people, 40 of a kind with a colon, 10 rare; every third also has a style."""
    rows = [
        {
            "id": f"p{row:02d}",
            "prompt": f"prompt {row}",
            "kind": KINDS[0 if row < 40 else 1 if row < 80 else 2],
            "style": ["oil", "ink"] if row % 3 == 0 else ["oil"],
            "length": row % 7,
        }
        for row in range(90)
    ]
    path = tmp_path / "table.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (tmp_path / "keep.txt").write_text("p00\np41\n")
    (tmp_path / "drop.txt").write_text("p01\n")
    return path


def sample(table, *words, n=30):
    out = table.parent / "sample.jsonl"
    status = main(["prompts", "sample", str(table), "--n", str(n), "--out", str(out), *words])
    return status, [json.loads(line) for line in out.read_text("utf-8").splitlines()] if out.is_file() else None


def test_the_sample_holds_whole_rows_and_meets_its_targets(table, capsys):
    folder = table.parent
    status, rows = sample(
        table,
        *("--dimension", "kind", "--dimension", "style", "--target", "kind=10", "--free-level", "style"),
        *("--keep", str(folder / "keep.txt"), "--drop", str(folder / "drop.txt")),
        *("--report", str(folder / "new" / "report.json"), "--json"),
    )
    assert status == 0
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    assert {"p00", "p41"} <= {row["id"] for row in rows}
    assert "p01" not in {row["id"] for row in rows}
    assert list(rows[0]) == ["id", "prompt", "kind", "style", "length"]
    report = json.loads(capsys.readouterr().out)
    assert report == json.loads((folder / "new" / "report.json").read_text("utf-8"))
    achieved = {bin_["bin"]: bin_["achieved"] for bin_ in report["bins"]}
    assert {achieved[kind] for kind in KINDS} == {10}
    assert sum(row["kind"] == "rare" for row in rows) == 10
    assert report["options"]["target"] == ["kind=10"]
    assert report["levels"].keys() == {"style"}


def test_the_table_says_what_was_wanted_and_reached(table, capsys):
    words = ["--bins", "length=7", "--mean", "length=3", "--deviation", "max", "--solver", "cbc"]
    status, rows = sample(table, *words, n=14)
    assert status == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[-4:] == ["13", "2", "2", "2"]
    assert lines[-1].endswith("sample.jsonl")
    assert sum(row["length"] for row in rows) == 14 * 3


def test_targets_by_label_may_hold_colons(table):
    _, rows = sample(
        table,
        *("--dimension", "kind", "--target", "kind:food: sweet=9", "--at-least", "kind:rare=10", "--weight", "kind=2"),
        n=19,
    )
    kinds = [row["kind"] for row in rows]
    assert (kinds.count("food: sweet"), kinds.count("rare")) == (9, 10)


@pytest.mark.parametrize(
    "words, message",
    [
        ([], "Nothing says what is wanted; give at least one --dimension, --bins or --mean."),
        (["--dimension", "kin"], "'kin' is no column of the table; its columns are id, prompt, kind, style, length."),
        (
            ["--dimension", "kind", "--at-least", "kind:rare=11"],
            "No 30 candidates keep the bounds: kind:rare lacks 1 of its at least 11 (supply 10).",
        ),
        (
            ["--dimension", "kind", "--target", "style=3"],
            "'style' in 'style=3' is no --dimension or --bins",
        ),
        (
            ["--dimension", "kind", "--free-level", "style"],
            "'style' is no --dimension, --bins or --mean",
        ),
        (["--dimension", "kind", "--target", "kind"], "'kind' is not of the form NAME=NUMBER or NAME:LABEL=NUMBER."),
        (
            ["--dimension", "kind", "--target", "kind:dull=3"],
            "'kind' has no label 'dull', only food: sweet, people",
        ),
        (["--dimension", "kind", "--at-most", "kind=3"], "'kind=3' names no label"),
        (
            ["--dimension", "kind", "--at-most", "kind:rare=1.5"],
            "--at-most of 'rare' is 1.5, expected a whole",
        ),
        (
            ["--dimension", "kind", "--target", "kind=3", "--target", "kind:rare=3"],
            "'kind:rare=3' stands beside a target for all labels; give one or the other.",
        ),
        (["--mean", "kind=3"], "line 1 of table.jsonl has 'people' in 'kind', expected a finite"),
        (["--dimension", "kind", "--keep", "gone.txt"], "There is no list of ids at gone.txt."),
    ],
    ids=[
        *("nothing", "column", "infeasible", "other target", "other level", "no number", "no label", "no bound"),
        *("half", "both", "no feature", "no list"),
    ],
)
def test_a_mistake_is_one_sentence_and_status_2(table, capsys, words, message):
    status, rows = sample(table, *words)
    error = capsys.readouterr().err.splitlines()[-1]
    assert (status, rows) == (2, None)
    assert message in error
    assert error.startswith("evalmuse prompts: ")


def test_an_infeasible_call_still_leaves_its_report(table):
    report = table.parent / "report.json"
    sample(table, "--dimension", "kind", "--at-least", "kind:rare=11", "--report", str(report))
    assert json.loads(report.read_text("utf-8"))["missing"] == [{"dimension": "kind", "bin": "rare", "missing": 1.0}]


def test_a_search_that_was_stopped_says_its_gap(table, capsys, monkeypatch):
    from evalmuse_hf.prompts import search
    from evalmuse_hf.prompts.integer_program import IntegerSolution

    monkeypatch.setattr(search, "solve_restricted", lambda *_, **__: IntegerSolution(None))
    status, rows = sample(table, "--dimension", "kind", "--mean", "length=3.123", "--json")
    assert (status, len(rows)) == (0, 30)
    captured = capsys.readouterr()
    assert json.loads(captured.out)["status"] == "time_limit"
    assert "The time limit ended the search; this is the best found: the best may lie" in captured.err


def test_synthetic_prompts_are_rows_with_elements(tmp_path, capsys):
    out = tmp_path / "synthetic.jsonl"
    assert main(["prompts", "synthesize", "--n", "12", "--seed", "3", "--out", str(out), "--json"]) == 0
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert len(rows) == 12
    assert {"id", "prompt", "source", "synthetic_type", "elements"} == rows[0].keys()
    assert set(json.loads(capsys.readouterr().out)["families"].values()) == {2}


def test_families_have_quotas(tmp_path, capsys):
    out = str(tmp_path / "s.jsonl")
    words = ["prompts", "synthesize", "--n", "5", "--out", out, "--family", "navie_WritingSymbols=2", "--family"]
    assert main([*words, "object_color_material"]) == 0
    counts = [line.split()[-1] for line in capsys.readouterr().out.splitlines()]
    assert counts == ["3", "2", out]
    assert main([*words, "poems"]) == 2
    assert "There is no family 'poems'" in capsys.readouterr().err


def test_the_parser_needs_no_heavy_import():
    program = (
        "import sys; from evalmuse_hf.cli.main import build_parser; build_parser(); print('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.fixture
def half_labelled(tmp_path):
    """60 rows, of which every third has no labels since labelling it failed, and two more timed out."""
    path = tmp_path / "labelled.jsonl"
    rows = [
        {
            "id": f"p{row:02d}",
            "kind": ["ab"[row % 2]] if row % 3 else [],
            "label_status": "ok" if row % 3 else "failed",
        }
        for row in range(60)
    ]
    for row in rows[1:3]:
        row |= {"kind": [], "label_status": "timeout"}
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_rows_whose_labelling_failed_are_not_chosen(half_labelled, capsys):
    # 5 of each of two kinds, but 12 rows wanted: two without labels fill up for nothing, if they are candidates.
    words = ("--dimension", "kind", "--target", "kind=5", "--json")
    status, rows = sample(half_labelled, *words, n=12)
    assert status == 0
    assert {row["label_status"] for row in rows} == {"ok"}
    said = capsys.readouterr()
    report = json.loads(said.out)
    assert report["left_out"] == {"label_status": {"failed": 20, "timeout": 2}}
    assert report["n_candidates"] == 38
    assert [line for line in said.err.splitlines() if "left out" in line] == [
        "22 of 60 rows are left out because their label_status is not ok (failed 20, timeout 2); "
        "--include-failed keeps them"
    ]
    status, rows = sample(half_labelled, *words, "--include-failed", n=12)
    assert (status, sum(row["label_status"] != "ok" for row in rows)) == (0, 2)
    report = json.loads(capsys.readouterr().out)
    assert (report["left_out"], report["n_candidates"]) == ({"label_status": {}}, 60)


def test_ids_to_keep_must_have_labels_and_ids_to_drop_need_none(half_labelled, capsys):
    ids = half_labelled.parent / "ids.txt"
    ids.write_text("p00\np04\n")
    status, rows = sample(half_labelled, "--dimension", "kind", "--keep", str(ids), n=4)
    assert (status, rows) == (2, None)
    error = capsys.readouterr().err.splitlines()[-1]
    assert "1 of the 2 ids to keep are left out because their labelling failed: 'p00'" in error
    assert "--include-failed" in error
    status, rows = sample(half_labelled, "--dimension", "kind", "--drop", str(ids), n=37)
    assert status == 0
    assert "p04" not in {row["id"] for row in rows}
    status, rows = sample(half_labelled, "--dimension", "kind", "--keep", str(ids), "--include-failed", n=4)
    assert {"p00", "p04"} <= {row["id"] for row in rows}


def test_a_table_without_any_labels_is_one_sentence(half_labelled, capsys):
    half_labelled.write_text('{"id": "1", "kind": [], "label_status": "failed"}\n')
    assert sample(half_labelled, "--dimension", "kind", n=1) == (2, None)
    assert "All 1 rows of the table are left out" in capsys.readouterr().err.splitlines()[-1]
