"""Options of the commands that print intervals."""

import argparse

import pytest

from evalmuse_hf.cli import evaluate, rank
from evalmuse_hf.cli.intervals import add_interval_options


def test_the_options_have_published_defaults():
    parser = argparse.ArgumentParser()
    add_interval_options(parser)
    assert vars(parser.parse_args([])) == {"n_resamples": 1000, "seed": 0, "json": False}
    assert vars(parser.parse_args(["--n-resamples", "0", "--json"])) == {"n_resamples": 0, "seed": 0, "json": True}


@pytest.mark.parametrize("words", [["evaluate", "s.parquet", "--dataset", "d"], ["rank", "s.parquet"]], ids=" ".join)
def test_evaluate_and_rank_share_them(words):
    parser = argparse.ArgumentParser()
    subparsers = parser.add_subparsers()
    for module in (evaluate, rank):
        module.register(subparsers)
    parsed = parser.parse_args([*words, "--n-resamples", "7", "--seed", "3"])
    assert (parsed.n_resamples, parsed.seed, parsed.json) == (7, 3, False)
