import argparse
import importlib
import json
import logging
import pkgutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import evalmuse_hf
from evalmuse_hf import cli
from evalmuse_hf.cli import main as entry
from evalmuse_hf.optional import require

EVALMUSE = [sys.executable, "-m", "evalmuse_hf.cli"]


@pytest.fixture
def command(monkeypatch):
    """Replace the work of `evalmuse doctor` by a function."""

    def replace(run):
        monkeypatch.setattr("evalmuse_hf.cli.doctor.run", run)

    return replace


def raise_error(error):
    def run(args):
        raise error

    return run


def test_every_module_with_a_command_is_listed():
    modules = {module.name for module in pkgutil.iter_modules(cli.__path__)}
    commands = {name for name in modules - {"__main__", "main"} if defines_a_command(name)}
    assert commands == set(entry.COMMANDS)


def defines_a_command(name):
    return hasattr(importlib.import_module(f"evalmuse_hf.cli.{name}"), "register")


def test_help_names_every_command(capsys):
    assert entry.main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"\n    {name} " in text for name in entry.COMMANDS)
    places = [text.index(f"\n{stage}:\n") for stage in entry.STAGES]
    assert places == sorted(places)
    assert "evalmuse demo  " in text.partition("examples:")[2]


def test_without_words_the_help_is_shown(capsys):
    assert entry.main([]) == 0
    alone = capsys.readouterr().out
    assert entry.main(["help"]) == 0
    assert capsys.readouterr().out == alone
    assert max(map(len, alone.splitlines())) <= 119
    assert entry.main(["help", "doctor"]) == 0
    assert capsys.readouterr().out.startswith("usage: evalmuse doctor ")


def test_the_package_runs_as_a_program():
    child = subprocess.run(
        [sys.executable, "-m", "evalmuse_hf", "--version"], capture_output=True, text=True, check=True
    )
    assert child.stdout == f"evalmuse_hf {evalmuse_hf.__version__}\n"


def test_building_the_parser_imports_nothing_heavy():
    program = (
        "import sys; from evalmuse_hf.cli.main import build_parser; build_parser(); "
        "print([name for name in ('torch', 'numpy', 'transformers', 'datasets', 'evaluate') if name in sys.modules])"
    )
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert child.stdout.strip() == "[]"


def test_the_version_is_that_of_the_package(capsys):
    assert entry.main(["--version"]) == 0
    assert capsys.readouterr().out == f"evalmuse_hf {evalmuse_hf.__version__}\n"


@pytest.mark.parametrize(
    "words, sentence",
    [
        (
            ["scroe", "pairs.csv"],
            "evalmuse: argument COMMAND: invalid choice: 'scroe'; did you mean 'score'? (choose from "
            f"{', '.join(entry.COMMANDS)}) (see `evalmuse --help`)",
        ),
        (
            ["doctor", "--jso"],
            "evalmuse doctor: unrecognized arguments: --jso; did you mean --json? (see `evalmuse doctor --help`)",
        ),
        (
            ["score", "cat.png", "a red cat"],
            "evalmuse score: unrecognized arguments: a red cat; one picture is scored with --image FILE --prompt "
            "TEXT (see `evalmuse score --help`)",
        ),
        (
            ["dataset"],
            "evalmuse dataset: name what to do: mini, build, check, push (see `evalmuse dataset --help`)",
        ),
        (
            ["doctor", "--quiet", "--verbose"],
            "evalmuse doctor: argument --verbose: not allowed with argument --quiet (see `evalmuse doctor --help`)",
        ),
    ],
    ids=["a slip", "an abbreviation", "no option", "no subcommand", "loud and quiet at once"],
)
def test_a_mistake_in_the_line_is_one_sentence_and_status_2(words, sentence, capsys):
    assert entry.main(words) == 2
    captured = capsys.readouterr()
    assert captured.err == f"{sentence}\n"
    assert not captured.out


@pytest.mark.parametrize(
    "words, level",
    [
        (["doctor"], logging.WARNING),
        (["--verbose", "doctor"], logging.INFO),
        (["doctor", "--verbose"], logging.INFO),
        (["--quiet", "doctor"], logging.ERROR),
    ],
    ids=["neither", "verbose before", "verbose after", "quiet"],
)
def test_verbosity_is_heard_before_and_after_the_command(words, level, command):
    command(lambda args: 0)
    assert entry.main(words) == 0
    assert logging.getLogger("evalmuse_hf").level == level


@pytest.mark.parametrize("verbose", [[], ["--verbose"]], ids=["silent", "verbose"])
def test_attempts_to_reach_the_hub_are_told_once_and_only_to_who_asks(verbose):
    work = (
        "import logging, sys\n"
        "from huggingface_hub.utils import _http\n"
        "from evalmuse_hf.cli import doctor, main\n"
        "def run(args):\n"
        "    _http.logger.warning('Retrying in 8s')\n"
        "    logging.getLogger('evalmuse_hf.x').warning('ours')\n"
        "    return 0\n"
        "doctor.run = run\n"
        "sys.exit(main.main(sys.argv[1:]))\n"
    )
    child = subprocess.run([sys.executable, "-c", work, "doctor", *verbose], capture_output=True, text=True)
    assert child.returncode == 0
    lines = child.stderr.splitlines()
    assert lines == [*["Retrying in 8s"] * len(verbose), "WARNING evalmuse_hf.x: ours"]


def test_the_status_of_the_command_is_returned(command):
    command(lambda args: 7)
    assert entry.main(["doctor"]) == 7


def test_a_path_that_the_file_system_refuses_is_a_mistake(command, capsys):
    command(lambda args: len(Path("/not/here.jsonl").read_bytes()))
    assert entry.main(["doctor"]) == 2
    assert capsys.readouterr().err == "evalmuse doctor: /not/here.jsonl: No such file or directory.\n"


def test_a_sentence_that_the_library_raised_is_a_mistake(command, capsys):
    command(lambda args: require("not_here", purpose="This test", extra="dev"))
    assert entry.main(["doctor"]) == 2
    assert capsys.readouterr().err == "evalmuse doctor: This test needs `not_here`: pip install 'evalmuse-hf[dev]'\n"


def test_verbose_shows_where_a_mistake_was_found(command, capsys):
    command(lambda args: require("not_here", purpose="This test", extra="dev"))
    assert entry.main(["doctor", "--verbose"]) == 2
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("error", [ValueError("a bug"), ImportError("a bug"), OSError("a bug"), TypeError("a bug")])
def test_an_error_that_is_nobody_s_mistake_keeps_its_traceback(error, command):
    command(raise_error(error))
    with pytest.raises(type(error), match="a bug"):
        entry.main(["doctor"])


def test_ctrl_c_is_one_line_and_status_130(command, capsys):
    command(raise_error(KeyboardInterrupt()))
    assert entry.main(["doctor"]) == 130
    expected = "interrupted before it had finished; its results are missing or incomplete."
    assert capsys.readouterr().err == f"evalmuse doctor: {expected}\n"


def test_ctrl_c_works_in_a_real_process():
    program = (
        "import sys, time\nfrom evalmuse_hf.cli import doctor, main\n"
        "def run(args):\n    print('ready', flush=True)\n    time.sleep(60)\n"
        "doctor.run = run\nsys.exit(main.main(['doctor']))"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        child.stdout.readline()
        time.sleep(0.2)
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=30)
    assert child.returncode == 130
    assert b"Traceback" not in errors


def test_a_closed_pipe_is_quiet():
    program = (
        "import sys\nfrom evalmuse_hf.cli import doctor, main\n"
        "def run(args):\n    sys.stdin.read()\n    print('x' * 1_000_000)\n    return 0\n"
        "doctor.run = run\nsys.exit(main.main(['doctor']))"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", program], **pipes) as child:
        child.stdout.close()  # the reader leaves before anything is written
        child.stdin.close()
        errors = child.stderr.read()
        assert child.wait(timeout=30) == 141
    assert not errors


def test_the_package_runs_as_a_module():
    child = subprocess.run([*EVALMUSE, "doctor", "--json"], capture_output=True, text=True, check=False)
    assert json.loads(child.stdout)["evalmuse_hf"] == evalmuse_hf.__version__


def test_subcommands_of_subcommands_know_the_same_options():
    parser = entry.CommandParser(prog="evalmuse")
    parser.set_defaults(verbose=False, quiet=False)
    nested = parser.add_subparsers().add_parser("dataset").add_subparsers().add_parser("mini")
    assert nested.allow_abbrev is False
    assert parser.parse_args(["dataset", "mini", "--quiet"]) == argparse.Namespace(verbose=False, quiet=True)
