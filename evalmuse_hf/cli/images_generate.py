"""`evalmuse images generate`: prompts x generators x seeds, drawn into one folder."""

import argparse
import json
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalmuse_hf.images import GenerationSummary, GeneratorConfig, PictureGenerator


def add_parser(commands: Any) -> None:
    """Describe the subcommand to the parser.

    Args:
        commands: Subcommands of `evalmuse images`.
    """
    generate = commands.add_parser(
        "generate",
        help="draw prompts x generators x seeds",
        description="Draw every prompt with every generator. Repeat the command to go on with what is missing; start "
        "it with `accelerate launch` or torchrun to let several processes share the work.",
    )
    generate.add_argument("prompts", type=Path, nargs="?", metavar="PROMPTS", help="table with prompts, or one a line")
    generate.add_argument("--out", type=Path, metavar="DIR", help="folder of the pictures and the manifest")
    generate.add_argument(
        "--generators",
        metavar="NAME[,NAME...]",
        help="names of --list, mini:NAME, hub:ORG/MODEL[@REVISION], the folder of a diffusers pipeline, "
        "endpoint:ORG/MODEL[@PROVIDER] or an address; NEW=... renames",
    )
    generate.add_argument("--seeds", type=int, default=1, metavar="N", help="pictures each (default: %(default)s)")
    generate.add_argument("--seed", type=int, default=0, help="of the run (default: %(default)s)")
    generate.add_argument("--config", type=Path, metavar="FILE", help="YAML with settings of generators by name")
    generate.add_argument("--list", action="store_true", help="print the generators that have settings, and stop")
    generate.add_argument("--retry", action="store_true", help="try again what has no usable picture")
    how = generate.add_argument_group("how")
    how.add_argument("--batch-size", type=int, metavar="N", help="pictures, or requests, at once")
    how.add_argument("--device", metavar="NAME", help="where pipelines run (default: an accelerator if there is one)")
    how.add_argument("--trust-remote-code", action="store_true", help="run code that comes with a model")
    generate.add_argument("--json", action="store_true", help="print the counts as JSON")


def run(args: argparse.Namespace) -> int:
    """Draw, and print the counts of each generator."""
    from evalmuse_hf.images import config_rows, find_config, generate_pictures, load_configs, read_picture_prompts
    from evalmuse_hf.images.generation import process_of_environment

    configs = load_configs(args.config)
    if args.list:
        print_rows(config_rows(configs))
        return 0
    for name, value in (("PROMPTS", args.prompts), ("--out", args.out), ("--generators", args.generators)):
        if value is None:
            raise ValueError(f"{name} is missing; see `evalmuse images generate --help`.")
    if args.batch_size is not None and args.batch_size < 1:
        raise ValueError(f"--batch-size is {args.batch_size}, expected at least 1.")
    prompts = read_picture_prompts(args.prompts)
    found = [find_config(spec.strip(), configs) for spec in args.generators.split(",") if spec.strip()]
    if not found:
        raise ValueError("--generators names no generator; see `evalmuse images generate --list`.")
    generators = [_open(config, args) for config in found]
    with ExitStack() as stack:
        progress = None if args.quiet else _show_progress(stack)
        summary = generate_pictures(
            prompts, generators, args.out, n_seeds=args.seeds, seed=args.seed, retry=args.retry, progress=progress
        )
    if process_of_environment()[0] == 0:  # of several processes one speaks
        _print(args, summary)
    if summary.stopped is not None:
        print(f"evalmuse images generate: {summary.stopped}", file=sys.stderr)
    usable = sum(counts.get("ok", 0) for counts in summary.counts.values())
    return 1 if summary.stopped is not None or not usable else 0


def print_rows(rows: list[tuple[str, ...]]) -> None:
    """Print rows of words in columns.

    Args:
        rows: The rows.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def count_rows(counts: Mapping[str, Mapping[str, int]]) -> list[tuple[str, ...]]:
    """Rows of a table with the pictures of each status by generator, its head first.

    Args:
        counts: By generator the pictures of each status.
    """
    statuses = sorted({status for by_status in counts.values() for status in by_status}, key=lambda s: (s != "ok", s))
    rows: list[tuple[str, ...]] = [("generator", *statuses)]
    rows += [(name, *(str(found.get(status, 0)) for status in statuses)) for name, found in counts.items()]
    return rows


def _open(config: "GeneratorConfig", args: argparse.Namespace) -> "PictureGenerator":
    """Make the generator of a configuration."""
    if config.kind == "mini":
        from evalmuse_hf.mini.picture_generator import DrawnWorldGenerator

        batch_size = args.batch_size or config.batch_size or 16
        return DrawnWorldGenerator(str(config.model), name=config.name, batch_size=batch_size)
    if config.kind == "endpoint":
        from evalmuse_hf.images.endpoint_generator import EndpointGenerator

        return EndpointGenerator(config, batch_size=args.batch_size)
    from evalmuse_hf.images.diffusers_generator import DiffusersGenerator

    return DiffusersGenerator(
        config, device=args.device, batch_size=args.batch_size, trust_remote_code=args.trust_remote_code
    )


def _show_progress(stack: ExitStack) -> Any:
    from tqdm import tqdm

    bar = stack.enter_context(tqdm(unit="picture", file=sys.stderr, delay=2))

    def show(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)

    return show


def _print(args: argparse.Namespace, summary: "GenerationSummary") -> None:
    from evalmuse_hf.images.generation import process_of_environment

    if args.json:
        content = {
            "format": 1,
            "drawn": summary.drawn,
            "kept": summary.kept,
            "generators": summary.counts,
            "stopped": summary.stopped,
            "manifest": str(args.out / "manifest.jsonl"),
            "pairs": str(args.out / "pairs.jsonl"),
        }
        print(json.dumps(content, indent=2, ensure_ascii=False))
    elif summary.counts:
        print_rows(count_rows(summary.counts))
        print(f"{summary.drawn} drawn now, {summary.kept} were there")
        if process_of_environment()[1] > 1:
            print("so far: other processes may still be drawing, and the last leaves the manifest complete")
        print(args.out / "pairs.jsonl")
