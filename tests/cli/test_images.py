import pytest

from evalmuse_hf.cli import images
from evalmuse_hf.cli.main import CommandParser


def parse(words):
    parser = CommandParser(prog="evalmuse")
    parser.set_defaults(quiet=True)
    images.register(parser.add_subparsers(dest="command"))
    return parser.parse_args(["images", *words])


def test_the_subcommand_is_run(monkeypatch):
    for module, name in ((images.images_generate, "generate"), (images.images_import, "import")):
        monkeypatch.setattr(module, "run", lambda args, name=name: name)
    assert images.run(parse(["generate"])) == "generate"
    assert images.run(parse(["import", "x", "--prompts", "p", "--out", "o"])) == "import"


def test_without_a_subcommand_the_help_is_named(capsys):
    with pytest.raises(SystemExit):
        parse([])
    assert "evalmuse images --help" in capsys.readouterr().err
