"""Reference pages that are made from the program are what the program says now."""

import argparse
import re

import pytest
import reference_pages
from reference_pages import FOLDER, NOTE, PAGES, ROOT

from evalmuse_hf.cli.main import COMMANDS

WRITE = "Write them with `python docs/site/reference_pages.py --write`."


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_stale(name):
    assert (FOLDER / name).read_text("utf-8") == PAGES[name](), f"docs/reference/{name} is stale. {WRITE}"


def test_every_command_has_a_heading_and_a_line():
    page = (FOLDER / "commands.md").read_text("utf-8")
    for command in COMMANDS:
        assert f"\n## evalmuse {command}\n" in page
        assert f"\n| [`evalmuse {command}`](#evalmuse-{command}) | " in page
    assert "\n### evalmuse annotate assign\n" in page


def test_an_option_tells_its_value_its_default_and_its_choices():
    parser = argparse.ArgumentParser(prog="evalmuse")
    commands = parser.add_subparsers()
    child = commands.add_parser("do", help="does", description="Does a|b and <c>.")
    child.add_argument("list", nargs="+", metavar="LIST", help="what")
    child.add_argument(
        "-n", "--number", type=int, default=3, metavar="N", help="how many, unlike --other (%(default)s)"
    )
    child.add_argument("--kind", choices=("a", "b"), required=True, help="a_kind *of*")
    child.add_argument("--hidden", help=argparse.SUPPRESS)
    page = "\n".join(reference_pages._commands(parser, level=2))
    assert "Does a\\|b and \\<c>." in page
    assert "\nevalmuse do LIST [LIST ...] --kind {a,b} [options]\n" in page
    assert "| `LIST [LIST ...]` | what |" in page
    assert "| `-n N`, `--number N` | how many, unlike `--other` (3) (default `3`) |" in page
    assert "| `--kind {a,b}` | a_kind \\*of\\* (required) |" in page
    assert "hidden" not in page


def test_options_of_training_are_read_as_the_program_has_them():
    from dataclasses import MISSING, fields

    from evalmuse_hf.training import adapters, arguments, options

    inherited = {field.name for field in fields(options.TrainingArguments)}
    for group in reference_pages.OPTION_GROUPS:
        home = adapters if group == "AdapterArguments" else arguments
        real = {field.name: field for field in fields(getattr(home, group))}
        read = reference_pages._options(group)
        assert read
        for name, default, words in read:
            assert words == real[name].metadata["help"]
            if default == "required":
                assert real[name].default is MISSING
            elif default.startswith("`"):
                assert default == f"`{real[name].default}`"
        assert set(real) - inherited <= {name for name, _, _ in read}
    assert reference_pages._common_options() == options._COMMON_OPTIONS


def test_every_variable_that_the_package_reads_is_on_the_page():
    files = [*ROOT.glob("evalmuse_hf/**/*.py"), *ROOT.glob("spaces/*/app.py")]
    used = {name for file in files for name in re.findall(r"\bEVALMUSE_[A-Z_]+\b", file.read_text("utf-8"))}
    shown = set(re.findall(r"`(EVALMUSE_[A-Z_]+)`", (FOLDER / "variables.md").read_text("utf-8")))
    assert used - shown == set()
    assert len(shown) > 8


def test_stale_pages_are_named_and_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(reference_pages, "FOLDER", tmp_path)
    monkeypatch.setattr(reference_pages, "PAGES", {"variables.md": reference_pages.variables_page})
    monkeypatch.setattr("sys.argv", ["reference_pages.py"])
    assert reference_pages.main() == 1
    assert "Stale: variables.md" in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", ["reference_pages.py", "--write"])
    assert reference_pages.main() == 0
    assert NOTE in (tmp_path / "variables.md").read_text("utf-8")
    assert reference_pages.stale_pages() == []
