"""The commands of docs/releasing.md exist; what they would publish is not published here."""

import re
from pathlib import Path

import pytest

from evalmuse_hf.cli.main import build_parser
from tests.packaging import check_packages

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "releasing.md").read_text("utf-8")
SPANS = [*re.findall(r"`([^`\n]+)`", TEXT), *(line.strip() for line in TEXT.splitlines() if line.startswith("    "))]
COMMANDS = [part for span in SPANS for part in span.split(" && ")]


def test_every_make_target_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {word for command in COMMANDS for word in re.findall(r"make ([a-z-]+)", command)}
    assert {"test-packages-all", "docs", "install"} <= named
    assert named <= targets


@pytest.mark.parametrize("command", [each for each in COMMANDS if re.match(r"(\.venv/bin/)?evalmuse [a-z]", each)])
def test_every_command_of_ours_parses(command):
    words = command.removeprefix(".venv/bin/").split()[1:]
    assert build_parser().parse_args(words).command == words[0]


def test_every_file_that_is_named_is_there():
    named = {span for span in SPANS if re.fullmatch(r"[\w./-]+\.(md|txt|py)|\.ci/run", span)}
    assert {"SECURITY.md", "CHANGELOG.md", ".ci/run"} <= named
    missing = {name for name in named if not (ROOT / name).is_file() and name != "requirements.txt"}
    assert missing == set()


def test_the_check_of_packages_knows_the_options_of_the_page(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(check_packages.distributions, "list_files", lambda *_, **given: asked.append(given) or [])
    monkeypatch.setattr(check_packages, "check_distributions", lambda *_: None)
    (words,) = set(re.findall(r"tests\.packaging\.check_packages (--all --keep) \S+", TEXT))
    assert check_packages.main([*words.split(), str(tmp_path / "packages")]) == 0
    assert asked == [{"tracked_only": True}]
