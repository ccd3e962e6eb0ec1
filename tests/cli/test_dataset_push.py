import argparse
import json
import runpy
from pathlib import Path

import pytest

from evalmuse_hf.cli import dataset_push
from evalmuse_hf.data.publishing import PushReport
from evalmuse_hf.data.push_plan import PublishingError, plan_push

WRITE = runpy.run_path(str(Path(__file__).parents[1] / "hub" / "built_folder.py"))["write_built_folder"]


@pytest.fixture
def built(tmp_path):
    return WRITE(tmp_path / "evalmuse-40k")


def push(*words: object) -> int:
    parser = argparse.ArgumentParser()
    parser.set_defaults(quiet=True)
    dataset_push.add_parser(parser.add_subparsers())
    return dataset_push.run(parser.parse_args(["push", *map(str, words)]))


def test_a_dry_run_lists_each_file_and_what_stays(built, capsys):
    (built / "notes.txt").write_text("mine", "utf-8")
    assert push(built, "me/mine", "--dry-run") == 0
    lines = capsys.readouterr().out.splitlines()
    size = (built / "data" / "train-00000-of-00003.parquet").stat().st_size
    assert lines[0].split() == ["file", "bytes", "rows"]
    assert lines[3].split() == ["data/train-00000-of-00003.parquet", f"{size:,}", "4"]
    card = int(lines[1].split()[1].replace(",", ""))
    assert card > (built / "README.md").stat().st_size  # it is sent with the numbers of the health report
    total = card + sum(path.stat().st_size for path in (built / "build.json", *built.glob("*/*.parquet")))
    assert lines[7].split() == ["6", "files", f"{total:,}"]
    assert lines[8] == "not sent: notes.txt"
    assert lines[9].startswith(
        "Dry run: nothing was sent. A push goes to https://huggingface.co/datasets/me/mine (pub"
    )


def test_a_dry_run_prints_json_if_asked(built, capsys):
    assert push(built, "me/mine", "--dry-run", "--private", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["format"] == 1
    assert printed["repo"] == "me/mine"
    assert printed["dry_run"] is printed["private"] is True
    assert printed["commit"] is None
    assert printed["removed"] == printed["left_out"] == []
    assert printed["bytes"] == sum(file["bytes"] for file in printed["files"])
    assert [file["rows"] for file in printed["files"]] == [None, None, 4, 4, 4, 2]


def test_after_a_push_the_commit_and_the_address_are_named(built):
    plan = plan_push(built, "me/mine")
    report = PushReport(plan=plan, commit="https://hub/commit/1", removed=("data/old.parquet",))
    assert dataset_push.as_json(report)["dry_run"] is False
    assert dataset_push.as_table(report).splitlines()[-3:] == [
        "removed there: data/old.parquet",
        "https://hub/commit/1",
        plan.url,
    ]


def test_a_push_that_may_not_reach_the_hub_says_so(built):
    with pytest.raises(PublishingError, match="HF_HUB_OFFLINE=1 forbids"):
        push(built, "me/mine")
