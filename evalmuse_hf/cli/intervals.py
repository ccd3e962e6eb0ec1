"""Options of every command that prints confidence intervals."""

import argparse


def add_interval_options(parser: argparse.ArgumentParser) -> None:
    """Add `--n-resamples`, `--seed` and `--json` to a command's parser.

    Args:
        parser: Parser of a command that prints statistics with intervals, as a table or as JSON.
    """
    add_resampling_option(parser)
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the intervals (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")


def add_resampling_option(parser: argparse.ArgumentParser) -> None:
    """Add `--n-resamples` alone, for a command whose other options mean something else.

    Args:
        parser: Parser of a command that computes intervals.
    """
    parser.add_argument(
        "--n-resamples",
        type=int,
        default=1000,
        metavar="N",
        help="for the intervals; 0 for none (default: %(default)s)",
    )
