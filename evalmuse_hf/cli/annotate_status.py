"""`evalmuse annotate status`: how far a campaign is, and which raters to look at."""

import argparse
from typing import TYPE_CHECKING, Any

from evalmuse_hf.cli.study_results import add_form_options, show_study

if TYPE_CHECKING:
    from evalmuse_hf.annotations.screening import ScreeningRules


def add_parser(commands: Any) -> None:
    """Describe the command to the parser.

    Args:
        commands: Subcommands of `evalmuse annotate`.
    """
    parser = commands.add_parser(
        "status",
        help="how far the rounds and the raters are, and whom to look at",
        description="Print the progress of every round and rater, and the raters that a screening flags: against gold "
        "answers, against the other raters, by time, and by answers that are all alike. Nothing is changed.",
    )
    parser.add_argument("store", metavar="STORE", help="file or URL of the store")
    parser.add_argument(
        "--threshold",
        nargs="+",
        default=[],
        metavar="NAME=NUMBER",
        help="of the screening, such as max_run=30 or min_correlation=off; a wrong name lists them all",
    )
    parser.add_argument("--min-answers", type=int, default=20, metavar="N", help="for a fact (default: %(default)s)")
    parser.add_argument("--pseudonyms", action="store_true", help="call raters by names that tell nobody who they are")
    add_form_options(parser)


def run(args: argparse.Namespace) -> int:
    """Print where the campaign stands."""
    from contextlib import closing

    from evalmuse_hf.annotations.opening import open_store
    from evalmuse_hf.annotations.rater_facts import Measuring
    from evalmuse_hf.annotations.status_report import make_status_document

    rules = read_thresholds(args.threshold)
    if args.min_answers < 1:
        raise ValueError(f"--min-answers must be at least 1, got {args.min_answers}.")
    with closing(open_store(args.store)) as store:
        from evalmuse_hf.annotations.pseudonyms import pseudonymiser
        from evalmuse_hf.annotations.store.campaign_reading import pseudonym_key
        from evalmuse_hf.annotations.store.status import read_status

        status = read_status(store, rules=rules, measuring=Measuring(min_answers=args.min_answers))
        name = pseudonymiser(pseudonym_key(store)) if args.pseudonyms else None
    show_study(args, make_status_document(status, name=name), status.record(name))
    return 0


def read_thresholds(words: list[str]) -> "ScreeningRules":
    """Read thresholds of the screening.

    Args:
        words: Each ``"name=number"`` or ``"name=off"``.

    Raises:
        ValueError: If there is no such threshold, or no such number.
    """
    from dataclasses import fields

    from evalmuse_hf.annotations.screening import ScreeningRules

    names = [field.name for field in fields(ScreeningRules)]
    chosen: dict[str, float | None] = {}
    for word in words:
        name, equals, number = word.partition("=")
        if name not in names or not equals:
            raise ValueError(f"--threshold takes NAME=NUMBER with one of {', '.join(names)}, got {word!r}.")
        try:
            chosen[name] = None if number == "off" else float(number)
        except ValueError:
            raise ValueError(f"--threshold {name} must be a number or 'off', got {number!r}.") from None
    return ScreeningRules(**chosen)  # type: ignore[arg-type]  # a run is compared like any number
