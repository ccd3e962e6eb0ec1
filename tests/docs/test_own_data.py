"""The page on own ratings is run as it stands."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from evalmuse_hf.data.own_record import COLUMNS

PAGE = (Path(__file__).parents[2] / "docs" / "own_data.md").read_text("utf-8")
EXAMPLE = re.compile(r"<!-- example: (.+?) -->\n```\w*\n(.*?)```", re.DOTALL)
EXAMPLES = {name: text for name, text in EXAMPLE.findall(PAGE)}


@pytest.fixture
def run(tmp_path):
    """Run a program in the folder of the example, with a private cache."""

    def run(*arguments: str) -> str:
        environment = {**os.environ, "HF_DATASETS_CACHE": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "1"}
        command = [sys.executable, *arguments]
        child = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert child.returncode == 0, child.stderr[-2000:]
        return child.stdout

    return run


def test_every_example_of_the_page_is_run_here():
    assert EXAMPLES.keys() == {"ratings.csv", "command", "output", "load", "records", "gather"}
    assert PAGE.count("```") == 2 * len(EXAMPLES)


def test_the_list_of_the_page_becomes_the_data_set_that_it_shows(run, tmp_path):
    (tmp_path / "ratings.csv").write_text(EXAMPLES["ratings.csv"], "utf-8")
    (tmp_path / "pictures").mkdir()
    for number in range(4):
        Image.new("RGB", (16, 16), (60 * number, 0, 0)).save(tmp_path / "pictures" / f"{number}.png")
    program, *arguments = shlex.split(EXAMPLES["command"])
    assert program == "evalmuse"
    output = run("-m", "evalmuse_hf.cli", *arguments)
    assert EXAMPLES["output"] in output
    run("-c", EXAMPLES["load"])


def test_the_records_of_the_page_become_a_data_set(tmp_path, run):
    program = tmp_path / "program.py"  # a file, because a build may start worker processes
    program.write_text(EXAMPLES["records"], "utf-8")
    run(str(program))


def test_single_ratings_are_gathered_as_the_page_says(tmp_path, run):
    run("-c", EXAMPLES["gather"])
    lines = (tmp_path / "gathered.jsonl").read_text("utf-8").splitlines()
    assert lines[0] == (
        '{"image":"0.png","prompt":"a cat","generator":"SDXL","ratings":[4,5],"rater_ids":["ann","bob"]}'
    )


def test_the_page_explains_every_column_and_no_other():
    table = PAGE.partition("## Columns")[2].partition("\n- ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    named = {name for line in rows for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert named | {"overall_ratings", "overall_score", "image_path"} == COLUMNS
    assert all(f"`{name}`" in PAGE for name in COLUMNS)
