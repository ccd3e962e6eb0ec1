import argparse

import pytest

from evalmuse_hf.scoring.arguments import add_arguments, find_mistake, parse_size


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
        (["--image", "0.png", "--prompt", " "], "--prompt is empty; give the text that the picture was made for"),
        (["pairs.jsonl", "--batch-size", "0"], "--batch-size must be at least 1, got 0"),
        (["pairs.jsonl", "--out", "s.csv", "--shard-rows", "0"], "--shard-rows must be at least 1, got 0"),
        (["pairs.jsonl", "--workers", "-1"], "--workers must be at least 0, got -1"),
        (["pairs.jsonl", "--picture-timeout", "nan"], "--picture-timeout must be more than 0 seconds, got nan"),
        (["pairs.jsonl", "--feature-cache-limit", "1GB"], "give both"),
        (["pairs.jsonl", "--restart"], "belong to --out FILE"),
    ],
    ids=[
        *(
            "nothing",
            "both",
            "no prompt",
            "empty prompt",
            "empty batches",
            "empty shards",
            "workers",
            "no time",
            "cache",
            "no file",
        ),
    ],
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


@pytest.mark.parametrize(
    "text, size",
    [("500000", 500_000), ("800MB", 800_000_000), ("50 GB", 50_000_000_000), ("1.5GiB", 1_610_612_736), ("2k", 2000)],
)
def test_sizes_are_read(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "1 XB", "1e9", "nan"])
def test_what_is_no_size_is_one_sentence(text):
    with pytest.raises(ValueError, match="Expected a size such as 500MB or 50GB, got"):
        parse_size(text)
