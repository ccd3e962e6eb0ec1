import sys

import pytest

from evalmuse_hf.cli import annotate
from evalmuse_hf.cli.main import CommandParser, main


def test_every_subcommand_can_be_run(monkeypatch):
    parser = CommandParser(prog="evalmuse")
    annotate.register(parser.add_subparsers(dest="command"))
    commands = next(iter(parser._subparsers._group_actions)).choices["annotate"]._subparsers._group_actions[0].choices
    assert list(commands) == [
        *("assign", "raters", "serve", "status", "inspect", "reannotate", "agreement", "export", "log", "backup"),
    ]
    for name in commands:
        module = f"evalmuse_hf.cli.annotate_{name}.run"
        monkeypatch.setattr(module, lambda args: args.annotate_command)
        assert annotate.run(type("Args", (), {"annotate_command": name})) == name


@pytest.mark.parametrize(
    "words",
    [
        *(["assign", "--round", "a"], ["raters"], ["serve"], ["status"], ["inspect", "--round", "a"]),
        *(["reannotate", "--round", "a"], ["agreement"], ["export", "out"], ["log"], ["backup", "b.db"]),
    ],
    ids=lambda words: words[0],
)
def test_without_sqlalchemy_every_subcommand_says_what_to_install(words, tmp_path, monkeypatch, capsys):
    for name in list(sys.modules):
        if name.startswith(("evalmuse_hf.annotations.store.", "sqlalchemy")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    assert main(["annotate", words[0], str(tmp_path / "a.db"), *words[1:]]) == 2
    assert capsys.readouterr().err.endswith(
        "An annotation store needs `sqlalchemy`: pip install 'evalmuse-hf[annotate]'\n"
    )
