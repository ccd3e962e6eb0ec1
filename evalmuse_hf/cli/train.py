"""`evalmuse train`: train a scorer on ratings; the same run as ``python -m evalmuse_hf.training``."""

import argparse
import json
import sys
from contextlib import redirect_stdout
from typing import Any

_NAMED = (
    *("model_name_or_path", "dataset_name", "output_dir", "validation_split", "variance_weighting"),
    *("feature_cache", "lora_rank", "resume_from_checkpoint"),
)


def register(subparsers: Any) -> None:
    """Describe the command to the parser."""
    parser = subparsers.add_parser(
        "train",
        help="train a scorer on ratings",
        description="Train FGA-BLIP2 on a rated data set. On several GPUs: accelerate launch -m evalmuse_hf.training.",
    )
    parser.add_argument("recipe", nargs="?", metavar="RECIPE", help="YAML file of options; those below override it")
    parser.add_argument("--model_name_or_path", metavar="MODEL", help="'mini' (packaged), a folder, or a Hub id")
    parser.add_argument(
        "--dataset_name",
        metavar="DATA",
        help="list of your own ratings (.csv, .jsonl, .parquet), folder of `evalmuse dataset build`, or a Hub id",
    )
    parser.add_argument("--output_dir", metavar="OUT", help="folder to write the model and its figures to")
    parser.add_argument("--validation_split", metavar="SPLIT", help="split to measure on (default: hold out prompts)")
    parser.add_argument("--variance_weighting", metavar="SCHEME", help="none, var, exp_var, normalized or reliability")
    parser.add_argument("--feature_cache", metavar="DIR", help="folder that keeps what the frozen vision tower says")
    parser.add_argument("--lora_rank", metavar="RANK", help="train low-rank adapters of this rank, such as 8")
    parser.add_argument(
        "--resume_from_checkpoint", metavar="WHERE", help="True (the last one in OUT), or a checkpoint"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any other option of `python -m evalmuse_hf.training --help`, such as learning_rate=1e-4; repeat it",
    )
    parser.set_defaults(unknown_options="other options of training are given as --set NAME=VALUE each")


def run(args: argparse.Namespace) -> int:
    """Train, and print the figures as JSON."""
    words = [] if args.recipe is None else [args.recipe]
    for name in _NAMED:
        value = getattr(args, name)
        words += [] if value is None else [f"--{name}", value]
    for setting in args.set:
        name, equals, value = setting.partition("=")
        if not equals:
            raise ValueError(f"--set needs NAME=VALUE, got {setting!r}.")
        words += [f"--{name}", value]
    if args.recipe is not None and not args.recipe.endswith((".yaml", ".yml")):
        raise ValueError(f"RECIPE must be a .yaml file, got {args.recipe!r}.")
    from evalmuse_hf.training.fine_tuning import describe, fine_tune
    from evalmuse_hf.training.options import parse_options

    options = parse_options(words, prog="evalmuse train")
    with redirect_stdout(sys.stderr):  # Trainer prints its progress
        metrics = fine_tune(options)
    print(json.dumps(describe(metrics)))
    return 0
