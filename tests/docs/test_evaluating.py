"""The page on judging scorers holds what the program does."""

import re
import shlex
from pathlib import Path

import pytest

from evalmuse_hf.cli.main import build_parser
from evalmuse_hf.meta_evaluation import PARTS

PAGE = (Path(__file__).parents[2] / "docs" / "evaluating.md").read_text("utf-8")


def test_the_example_runs_and_prints_what_the_page_says(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    exec(code, {})
    printed = capsys.readouterr().out.strip()
    assert f"prints `{printed}`." in PAGE


def test_every_command_parses():
    commands = re.findall(r"^evalmuse .*$", PAGE, flags=re.MULTILINE)
    assert commands
    for command in commands:
        build_parser().parse_args(shlex.split(command)[1:])


def test_every_option_that_the_page_names_exists(capsys):
    with pytest.raises(SystemExit):
        build_parser().parse_args(["evaluate", "--help"])
    known = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    assert set(re.findall(r"`(--[a-z-]+)", PAGE)) <= known


def test_every_part_of_the_record_is_described():
    described = set(re.findall(r"`([a-z_]+)`", PAGE.split("## The record")[1]))
    always = {"data", "join", "coverage", "statuses", "overall", "within_prompt", "elements", "warnings"}
    assert always | set(PARTS) <= described
