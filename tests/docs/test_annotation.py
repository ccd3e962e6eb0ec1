"""What the page on annotation says is what the commands and the modules do."""

import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest

from evalmuse_hf.annotations.records import ROUND_KINDS, STRUCTURE_LABELS
from evalmuse_hf.annotations.screening import ScreeningRules
from evalmuse_hf.cli.main import build_parser

PAGE = (Path(__file__).parents[2] / "docs" / "annotation.md").read_text("utf-8")
BLOCKS = "".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)).replace("\\\n", " ")
INLINE = [line for line in re.findall(r"`(evalmuse annotate [^`]*)`", PAGE) if " STORE" in line]
COMMANDS = [line for line in BLOCKS.splitlines() if line.startswith("evalmuse ")] + INLINE


@pytest.mark.parametrize("command", dict.fromkeys(COMMANDS))
def test_every_command_of_the_page_is_one(command):
    words = [word for word in shlex.split(command, comments=True) if word != "..."]
    if ">" in words or ">>" in words:
        words = words[: next(place for place, word in enumerate(words) if word.startswith(">"))]
    assert build_parser().parse_args(words[1:]).command == words[1]


def test_the_page_has_commands():
    subcommands = {shlex.split(command)[2] for command in COMMANDS if " annotate " in command}
    assert subcommands == {
        *("assign", "raters", "serve", "status", "agreement", "reannotate", "inspect", "export", "log", "backup"),
    }


def test_every_threshold_kind_of_round_and_label_is_on_the_page():
    rows = " ".join(line for line in PAGE.splitlines() if line.startswith("| `m"))
    assert {field.name for field in fields(ScreeningRules)} == set(re.findall(r"`(m\w+)`", rows))
    assert all(f"| `{kind}` |" in PAGE for kind in ROUND_KINDS)
    assert all(f"`{label}`" in PAGE for label in STRUCTURE_LABELS)


@pytest.mark.parametrize(
    "field, words",
    [("min_gold_elements", "below 80 %"), ("max_run", "more than 20"), ("min_entropy", "below 0.75 bits")],
)
def test_defaults_are_those_of_the_page(field, words):
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{field}`")]
    number = float(re.search(r"[\d.]+", words).group())
    assert words in line
    assert getattr(ScreeningRules(), field) == (number / 100 if "%" in words else number)
