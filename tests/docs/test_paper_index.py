"""The page that leads from the paper to commands: every command on it parses, every file and module on it exists."""

import re
import shlex
from argparse import ArgumentParser
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest

from evalmuse_hf.cli.main import build_parser
from evalmuse_hf.meta_evaluation.published import published_table
from evalmuse_hf.meta_evaluation.studies.metrics_options import parse_dataset
from evalmuse_hf.training.adapters import AdapterArguments
from evalmuse_hf.training.arguments import DataArguments, FGATrainingArguments, ModelArguments

ROOT = Path(__file__).parents[2]
PAGES = {name: (ROOT / "docs" / f"{name}.md").read_text("utf-8") for name in ("paper_index", "metrics_study")}


def commands_of(page: str) -> list[str]:
    """Lines of shell blocks, and pieces in backticks that begin like a command."""
    lines = [line for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]
    inline = re.findall(r"`((?:evalmuse|python|accelerate) [^`\n]+)`", re.sub(r"```.*?```", "", page, flags=re.DOTALL))
    found = [command.partition("  #")[0].strip() for command in (*lines, *inline)]
    return sorted({command for command in found if command})


COMMANDS = {name: commands_of(page) for name, page in PAGES.items()}
OURS = [(name, command) for name, commands in COMMANDS.items() for command in commands]


@pytest.mark.parametrize("command", [command for _, command in OURS if command.startswith("evalmuse ")])
def test_every_command_parses(command, monkeypatch):
    def fail(self, message):
        raise AssertionError(f"{command}: {message}")

    monkeypatch.setattr(ArgumentParser, "error", fail)
    monkeypatch.setattr("evalmuse_hf.cli.main.CommandParser.error", fail)
    args = build_parser().parse_args(shlex.split(command)[1:])
    for text in getattr(args, "dataset", None) or [] if command.startswith("evalmuse study metrics") else []:
        assert parse_dataset(text).path


@pytest.mark.parametrize("command", [command for _, command in OURS if command.startswith("python ")])
def test_every_script_exists_and_knows_its_options(command):
    script, *words = shlex.split(command)[1:]
    source = (ROOT / script).read_text("utf-8")
    for option in (word for word in words if word.startswith("--")):
        assert f'"{option}"' in source, (command, option)


@pytest.mark.parametrize("command", [command for _, command in OURS if command.startswith("accelerate ")])
def test_every_training_has_a_recipe_and_known_options(command):
    words = shlex.split(command)
    assert words[:4] == ["accelerate", "launch", "-m", "evalmuse_hf.training"]
    assert (ROOT / words[4]).is_file()
    known = {
        field.name
        for group in (ModelArguments, DataArguments, FGATrainingArguments, AdapterArguments)
        for field in fields(group)
    }
    options = {word.removeprefix("--") for word in words[5:] if word.startswith("--")}
    assert options
    assert options <= known


def test_no_other_kind_of_command_is_shown():
    kinds = ("evalmuse ", "python benchmarks/", "python examples/", "accelerate launch -m evalmuse_hf.training ")
    assert [command for _, command in OURS if not command.startswith(kinds)] == []
    assert len(COMMANDS["paper_index"]) > 40


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name):
    for target in re.findall(r"\]\(([^)#]+)", PAGES[name]):
        assert (ROOT / "docs" / target).exists(), target


def test_the_three_lines_add_the_other_scores(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    elements = [
        [{"text": "a cat", "score": 0.5}, {"text": "red", "score": 1.0}],
        [{"text": "a dog", "score": None}],
        [],
    ]
    frame = pd.DataFrame({"image_path": ["a", "b", "c"], "overall_score": [3.0, 4.0, 5.0], "elements": elements})
    frame.to_parquet("fga_blip2.parquet")
    (program,) = re.findall(r"```python\n(.*?)```", PAGES["paper_index"], re.DOTALL)
    exec(program, {})
    parts = pd.read_parquet("fga_blip2_parts.parquet")
    assert parts["es_avg"].tolist()[0] == 0.75
    assert parts["both"].tolist()[0] == 1.25
    assert parts["es_avg"].isna().tolist() == [False, True, True]


@pytest.mark.parametrize(
    "table, method, model, printed",
    [
        ("alignment", "FGA-BLIP2 (os)", None, ".7742 / .7722"),
        ("alignment", "VQAScore", None, ".4877 / .4841"),
        ("alignment", "FGA-BLIP2 (es_avg)", None, ".6809 / .6867"),
        ("alignment", "FGA-BLIP2 (os+es_avg)", None, ".7723 / .7716"),
        ("fine_grained", "FGA-BLIP2 (es)", "BLIP2", ".6800"),
        ("fine_grained", "Element-GT", None, ".7273"),
        ("fine_grained", "PN-VQA*", "Qwen2-VL", ".5748"),
    ],
)
def test_quoted_numbers_are_the_published_ones(table, method, model, printed):
    (row,) = [row for row in published_table(table).rows if (row.method, row.model) == (method, model)]
    numbers = [f"0{number}" for number in printed.split(" / ")]
    assert [*row.values[: len(numbers)]] == numbers if table == "alignment" else row.values[0] == numbers[0]
    assert printed in PAGES["paper_index"]
