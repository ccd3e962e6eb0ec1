"""Options of ``evalmuse score`` and of ``python -m evalmuse_hf.scoring``, described once."""

import argparse
import re
from pathlib import Path

from evalmuse_hf.scoring.loading import DTYPES, SCORERS
from evalmuse_hf.scoring.scores import PICTURE_TIMEOUT_S

DESCRIPTION = (
    "Score pictures against their prompts: overall (FGA-BLIP2: on 1 to 5; scorers that ask: from 0 to 1), and every "
    "element of the prompt from 0 to 1. "
    "A row that cannot be scored gets a status and no number, and never stops the others. "
    "With --out, what was scored stays when the command is interrupted or killed: the same command goes on from "
    "there, also with another number of processes (`accelerate launch -m evalmuse_hf.scoring ...`, torchrun). "
    "The exit status is 0 if any row was scored, 1 if none was, and 2 for a mistake in the options."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options to a parser."""
    for add in (_add_input, _add_scorer, _add_output, _add_work):
        add(parser)


def find_mistake(args: argparse.Namespace) -> str | None:
    """Say in one sentence which options do not go together; None if all do."""
    if args.list is None and args.image is None:
        return "give a LIST, or --image FILE with --prompt TEXT."
    if args.list is not None and (args.image is not None or args.prompt is not None or args.element):
        return "--image, --prompt and --element score one picture; leave them out with a LIST."
    if args.image is not None and args.prompt is None:
        return "--image needs --prompt TEXT, what the picture was made for."
    if args.prompt is not None and not args.prompt.strip():
        return "--prompt is empty; give the text that the picture was made for."
    for name, value in (("--batch-size", args.batch_size), ("--shard-rows", args.shard_rows)):
        if value is not None and value < 1:
            return f"{name} must be at least 1, got {value}."
    if args.workers is not None and args.workers < 0:
        return f"--workers must be at least 0, got {args.workers}."
    if not args.picture_timeout > 0:
        return f"--picture-timeout must be more than 0 seconds, got {args.picture_timeout:g}."
    if args.feature_cache_limit is not None and args.feature_cache is None:
        return "--feature-cache-limit is the size of --feature-cache DIR; give both."
    if args.out is None and (args.restart or args.shard_rows is not None):
        return "--restart and --shard-rows belong to --out FILE; give that too."
    return None


def parse_size(text: str) -> int:
    """Read a number of bytes.

    Args:
        text: ``"500000"``, ``"800MB"``, ``"50 GB"``, ``"1.5GiB"``.

    Returns:
        Bytes; units are powers of 1,000, and with an i of 1,024.

    Raises:
        ValueError: If it is no size.

    >>> parse_size("50GB"), parse_size("1.5 GiB")
    (50000000000, 1610612736)
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(?:([kKMGT])(i)?)?B?\s*", text)
    if found is None:
        raise ValueError(f"Expected a size such as 500MB or 50GB, got {text!r}.")
    number, unit, binary = found.groups()
    power = "KMGT".index(unit.upper()) + 1 if unit else 0
    return int(float(number) * (1024 if binary else 1000) ** power)


def _add_input(parser: argparse.ArgumentParser) -> None:
    """What is scored."""
    parser.add_argument(
        "list",
        nargs="?",
        metavar="LIST",
        help="JSON lines, CSV or Parquet with columns image (relative to the folder of LIST) and prompt, optionally "
        "elements, id, generator, prompt_id; other columns are kept. Also a folder or pattern of such files, "
        "WebDataset tars ('shards-{000..010}.tar'), the folder of a data set, or OWNER/NAME on the Hub (streamed)",
    )
    parser.add_argument("--split", metavar="NAME", help="split of a data set")
    parser.add_argument("--config", metavar="NAME", help="configuration of a data set")
    parser.add_argument("--image-column", metavar="NAME", default="image", help="column of the pictures (%(default)s)")
    parser.add_argument("--prompt-column", metavar="NAME", default="prompt", help="that of the prompts (%(default)s)")
    parser.add_argument("--image", type=Path, metavar="FILE", help="score one picture instead of a list")
    parser.add_argument("--prompt", metavar="TEXT", help="what the picture of --image was made for")
    parser.add_argument(
        "--element",
        action="append",
        default=[],
        metavar="TEXT",
        help="an element of --prompt, as it stands there, optionally with its category: 'red (color)'; repeat it",
    )


def _add_scorer(parser: argparse.ArgumentParser) -> None:
    """Who scores, and how exactly."""
    parser.add_argument(
        "--scorer",
        metavar="NAME",
        default="fga_blip2",
        help=f"{', '.join(SCORERS)}, or that of an installed package (default: %(default)s)",
    )
    parser.add_argument(
        "--model",
        metavar="MODEL",
        help="'mini' (packaged, judges drawings), a folder, or a Hub id (default: the official one, from the Hub)",
    )
    parser.add_argument(
        "--compat", choices=["official"], help="do as the official code where this package differs from it"
    )
    parser.add_argument("--device", metavar="NAME", help="cpu, cuda, cuda:1, mps (default: a GPU if there is one)")
    parser.add_argument(
        "--dtype",
        choices=DTYPES,
        help="precision of FGA-BLIP2's vision tower, or of another scorer's network (default: float32, or what a chat "
        "model was saved in)",
    )
    parser.add_argument(
        "--compile", action="store_true", help="let torch.compile translate FGA-BLIP2's vision tower first"
    )
    parser.add_argument(
        "--deterministic",
        action="store_true",
        help="the same bits on the same machine, whatever the number of processes and however often it was "
        "interrupted; pictures are then remembered within a shard only",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    """Where the scores go."""
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help=".parquet, .jsonl or .csv to write; it also keeps what produced the scores (versions, weights, device), "
        "which the default, JSON lines on stdout, does not. A name without an ending is a folder, in which Parquet "
        "shards of a large run stay as they are. Until a file is complete, its shards are in FILE.parts",
    )
    parser.add_argument("--json", action="store_true", help="with --image: print one JSON object instead of a table")
    parser.add_argument(
        "--shard-rows",
        type=int,
        metavar="N",
        help="rows per shard of --out, which is what a kill may cost (default: 1024 on a GPU, 64 elsewhere)",
    )
    parser.add_argument(
        "--restart", action="store_true", help="throw away what an unfinished run left beside --out, and begin anew"
    )


def _add_work(parser: argparse.ArgumentParser) -> None:
    """What changes the time that it takes and no score."""
    parser.add_argument(
        "--batch-size",
        type=int,
        metavar="N",
        help="pictures per pass, or questions for scorers that ask; changes no score, and is halved if memory does "
        "not suffice (default: what fits on a GPU, 16 elsewhere, 8 questions)",
    )
    parser.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="processes that read and resize pictures, for each one that scores (default: the processors that "
        "it has, less one)",
    )
    parser.add_argument(
        "--picture-timeout",
        type=float,
        metavar="SECONDS",
        default=PICTURE_TIMEOUT_S,
        help="time that one picture may take to be read before it is given up (default: %(default)g)",
    )
    parser.add_argument(
        "--feature-cache",
        type=Path,
        metavar="DIR",
        help="keep what the frozen vision tower says of each picture in DIR, and take from there what is kept; other "
        "models with the same tower, and training, share it (3.8 MB per picture for the official one)",
    )
    parser.add_argument(
        "--feature-cache-limit",
        metavar="SIZE",
        help="size that DIR may reach, such as 50GB (each process counts for itself); what does not fit is computed "
        "each time",
    )
