import argparse

import pytest

from evalmuse_hf.cli.command_parser import CommandParser


@pytest.fixture
def parser():
    top = CommandParser(prog="tool")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    make = commands.add_parser("make")
    make.add_argument("--rows", type=int)
    make.add_argument("--share", type=float)
    make.add_argument("--form", choices=["table", "json"])
    inner = commands.add_parser("inspect").add_subparsers(dest="what", metavar="WHAT", required=True)
    inner.add_parser("rows").set_defaults(
        unknown_options="columns are given as NAME=VALUE", surplus_words="one is enough"
    )
    inner.add_parser("files")
    return top


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["mkae"], "tool: argument COMMAND: invalid choice: 'mkae'; did you mean 'make'? (choose from make, inspect)"),
        (["zebra"], "tool: argument COMMAND: invalid choice: 'zebra' (choose from make, inspect)"),
        (["inspect"], "tool inspect: name what to do: rows, files"),
        (["make", "--rows", "x"], "tool make: argument --rows: expected a whole number, got 'x'"),
        (["make", "--share", "x"], "tool make: argument --share: expected a number, got 'x'"),
        (["make", "--form", "tabel"], "invalid choice: 'tabel'; did you mean 'table'? (choose from table, json)"),
        (["make", "--rows"], "tool make: argument --rows: expected one argument"),
    ],
)
def test_a_mistake_is_one_sentence_that_says_what_there_is(parser, words, sentence, capsys):
    with pytest.raises(SystemExit) as leaving:
        parser.parse_args(words)
    assert leaving.value.code == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "words, sentence",
    [
        (
            ["make", "--row=3"],
            "tool make: unrecognized arguments: --row=3; did you mean --rows? (see `tool make --help`)",
        ),
        (
            ["inspect", "rows", "--zzz"],
            "tool inspect rows: unrecognized arguments: --zzz; columns are given as NAME=VALUE (see",
        ),
        (["inspect", "rows", "more"], "tool inspect rows: unrecognized arguments: more; one is enough (see"),
        (["make", "more"], "tool make: unrecognized arguments: more (see"),
    ],
)
def test_words_that_nobody_took_are_refused_by_the_subcommand(parser, words, sentence, capsys):
    args, unknown = parser.parse_known_args(words)
    with pytest.raises(SystemExit):
        parser.find_chosen(args).refuse_words(unknown, args)
    assert capsys.readouterr().err.startswith(sentence)


def test_abbreviations_are_no_options(parser):
    assert parser.parse_known_args(["make", "--row", "3"])[1] == ["--row", "3"]


def test_examples_keep_their_lines_and_other_texts_are_wrapped():
    parser = CommandParser(
        prog="tool", description="word " * 60, epilog="examples:\n  tool make   # once\n  tool inspect"
    )
    text = parser.format_help()
    assert "examples:\n  tool make   # once\n  tool inspect\n" in text
    assert max(map(len, text.splitlines())) < 120


def test_a_parser_without_subcommands_is_the_chosen_one():
    parser = CommandParser(prog="tool")
    assert parser.subcommands == {}
    assert parser.find_chosen(argparse.Namespace()) is parser
