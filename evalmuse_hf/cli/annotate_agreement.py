"""`evalmuse annotate agreement`: how far the raters of a campaign agree."""

import argparse
from typing import Any

from evalmuse_hf.cli.intervals import add_resampling_option
from evalmuse_hf.cli.study_results import add_form_options, show_study

_PROGRESS_DELAY_S = 2.0


def add_parser(commands: Any) -> None:
    """Describe the command to the parser.

    Args:
        commands: Subcommands of `evalmuse annotate`.
    """
    parser = commands.add_parser(
        "agreement",
        help="how far the raters agree, overall and by category of element",
        description="Compute the agreement of the first ratings of each item (Krippendorff's alpha, ICC, kappa and "
        "others), by category, with intervals that draw whole prompts; what one rater and what a perfect scorer would "
        "reach; and the model of Dawid and Skene. Agreement over all ratings, as a rule biased downward, is apart.",
    )
    parser.add_argument("store", metavar="STORE", help="file or URL of the store")
    parser.add_argument(
        "--round", nargs="+", default=[], metavar="NAME", help="rounds that count (default: formal, re-annotation)"
    )
    parser.add_argument("--first", type=int, default=3, metavar="N", help="first ratings (default: %(default)s)")
    parser.add_argument(
        "--include-unfinished", action="store_true", help="also items that lack some of their first ratings"
    )
    parser.add_argument("--pseudonyms", action="store_true", help="call raters by names that tell nobody who they are")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the intervals (default: %(default)s)")
    add_resampling_option(parser)
    add_form_options(parser)


def run(args: argparse.Namespace) -> int:
    """Print the agreement."""
    import sys
    from contextlib import closing

    from tqdm import tqdm

    from evalmuse_hf.annotations.agreement_report import make_agreement_document
    from evalmuse_hf.annotations.campaign_agreement import N_STEPS, AgreementOptions, measure_agreement
    from evalmuse_hf.annotations.mean_rule import mean_rule
    from evalmuse_hf.annotations.opening import open_store

    if args.first < 2:
        raise ValueError(f"--first must be at least 2, because one rating agrees with nothing, got {args.first}.")
    with closing(open_store(args.store)) as store:
        from evalmuse_hf.annotations.pseudonyms import pseudonymiser
        from evalmuse_hf.annotations.store.campaign_reading import pseudonym_key, read_campaign

        campaign = read_campaign(store)
        name = pseudonymiser(pseudonym_key(store)) if args.pseudonyms else None
    rules = campaign.rules(args.round)
    # Items on which raters disagree wait longest for all of their ratings: without them the rest agrees too well.
    counted = campaign.count(rules, include_unfinished=args.include_unfinished, include_disputed=True)
    if not counted.items:
        raise ValueError(
            f"No item of {campaign.name} has all of its first ratings in the rounds that count, so there is nothing "
            "to compare; wait, or give --include-unfinished."
        )
    options = AgreementOptions(
        first=args.first, rule=mean_rule(campaign, rules), n_resamples=args.n_resamples, seed=args.seed
    )
    with tqdm(total=N_STEPS, unit="step", delay=_PROGRESS_DELAY_S, disable=args.quiet) as bar:
        agreement = measure_agreement(counted.items, options, progress=bar.update)
    if counted.left_out and not args.quiet:
        left_out = ", ".join(f"{reason} {number}" for reason, number in counted.left_out.items())
        print(f"items left out: {left_out}", file=sys.stderr)
    document = make_agreement_document(agreement, campaign=campaign.name, name=name)
    record = {**agreement.record(name), "store": campaign.name, "left_out": dict(counted.left_out)}
    show_study(args, document, record)
    return 0
