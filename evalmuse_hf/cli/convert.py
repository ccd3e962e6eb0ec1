"""`evalmuse convert`: turn an official checkpoint into a folder that transformers loads."""

import argparse
import sys
from pathlib import Path
from typing import Any


def register(subparsers: Any) -> None:
    """Describe the command to the parser."""
    parser = subparsers.add_parser(
        "convert",
        help="turn an official checkpoint into a model folder, or that into one for the Hub",
        description="Turn an official checkpoint into a folder for `from_pretrained`. Every tensor is accounted for: "
        "used, known to be unused, or named in an error. The file is read without running code from it.",
    )
    parser.add_argument(
        "checkpoint",
        type=Path,
        metavar="CHECKPOINT",
        help="official file, such as fga_blip2.pth; with --remote-code a model folder, or mini",
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="folder to write")
    parser.add_argument(
        "--scorer",
        choices=["fga_blip2", "hps_v2", "image_reward"],
        default="fga_blip2",
        help="what the checkpoint holds (default: %(default)s)",
    )
    parser.add_argument(
        "--config", type=Path, metavar="JSON", help="sizes of the network (default: those of the official checkpoint)"
    )
    parser.add_argument(
        "--vocab",
        type=Path,
        metavar="FILE",
        help="BERT vocab.txt, for hps_v2 bpe_simple_vocab_16e6.txt.gz, or a tokenizer folder (default: from the Hub)",
    )
    parser.add_argument(
        "--remote-code",
        action="store_true",
        help="write code beside the weights, so that transformers loads the folder where evalmuse_hf is not installed",
    )


def run(args: argparse.Namespace) -> int:
    """Convert, and print the folder that was written."""
    if args.remote_code:
        return _export(args)
    mistake = _find_mistake(args)
    if mistake:
        print(f"evalmuse convert: {mistake}", file=sys.stderr)
        return 2
    if args.scorer == "hps_v2":
        from evalmuse_hf.models.encoders import convert_hps_v2

        convert_hps_v2(args.checkpoint, args.out, config=args.config, vocab=args.vocab)
    elif args.scorer == "image_reward":
        from evalmuse_hf.models.matchers import convert_image_reward

        convert_image_reward(args.checkpoint, args.out, config=args.config, vocab=args.vocab)
    else:
        from evalmuse_hf.models.fga_blip2.convert_fga_blip2 import convert_checkpoint

        convert_checkpoint(args.checkpoint, args.out, config=args.config, vocab=args.vocab)
    print(args.out)
    return 0


def _export(args: argparse.Namespace) -> int:
    """Write a model folder that loads without this package."""
    from evalmuse_hf.mini import find_checkpoint

    folder = find_checkpoint(str(args.checkpoint), family="fga_blip2") or args.checkpoint
    given = [name for name in ("config", "vocab") if getattr(args, name) is not None]
    mistake = None
    if args.scorer != "fga_blip2" or given:
        mistake = "--remote-code is for FGA-BLIP2 and goes without --scorer, --config and --vocab."
    elif not folder.is_dir():
        mistake = f"--remote-code takes a model folder or mini, got {folder}; convert an official file first."
    if mistake:
        print(f"evalmuse convert: {mistake}", file=sys.stderr)
        return 2
    from evalmuse_hf.models.fga_blip2.export_fga_blip2 import export_model

    export_model(folder, args.out)
    print(args.out)
    return 0


def _find_mistake(args: argparse.Namespace) -> str | None:
    """Say in one sentence which path cannot be right; None if all can."""
    if not args.checkpoint.is_file():
        return f"no checkpoint file at {args.checkpoint}; give the .pth file that the authors released."
    if args.config is not None and not args.config.is_file():
        return (
            f"no configuration file at {args.config}; give a JSON file, or leave --config out for the official sizes."
        )
    if args.vocab is not None and not args.vocab.exists():
        return f"nothing at {args.vocab}; give a BERT vocab.txt or a tokenizer folder."
    if args.out.exists() and not args.out.is_dir():
        return f"{args.out} is a file; give the name of a folder to write."
    return None
