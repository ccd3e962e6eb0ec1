import argparse

import pytest

from evalmuse_hf.scoring.arguments import add_arguments, find_mistake


@pytest.fixture
def parse():
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return lambda *words: parser.parse_args(words)


@pytest.mark.parametrize(
    "words, sentence",
    [
        ([], "give a LIST, or --image FILE with --prompt TEXT"),
        (["pairs.jsonl", "--image", "0.png"], "leave them out with a LIST"),
        (["--image", "0.png"], "--image needs --prompt TEXT"),
        (["pairs.jsonl", "--batch-size", "0"], "--batch-size must be at least 1, got 0"),
    ],
    ids=["nothing", "both", "no prompt", "empty batches"],
)
def test_options_that_do_not_go_together_are_one_sentence(parse, words, sentence):
    assert sentence in find_mistake(parse(*words))


def test_elements_are_collected(parse):
    args = parse("--image", "0.png", "--prompt", "a red cat", "--element", "red", "--element", "cat")
    assert args.element == ["red", "cat"]
    assert find_mistake(args) is None


def test_help_says_where_provenance_is_kept():
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    described = next(action.help for action in parser._actions if action.dest == "out")
    assert "keeps what produced the scores" in described
    assert "JSON lines on stdout, does not" in described
