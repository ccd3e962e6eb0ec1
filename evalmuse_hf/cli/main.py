"""Entry point of `evalmuse`: one parser, and one place that turns a mistake into a sentence and an exit status."""

import argparse
import linecache
import logging
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NoReturn

from evalmuse_hf import __version__

# Modules of this package, in the order of `--help`. Each has `register(subparsers)`, which describes the command
# without importing anything heavy, and `run(args) -> int`, which does the work and returns the exit status.
COMMANDS = (
    "annotate",
    "convert",
    "dataset",
    "demo",
    "doctor",
    "elements",
    "evaluate",
    "images",
    "make",
    "metrics",
    "prompts",
    "rank",
    "score",
    "space",
    "study",
    "train",
)

EXIT_MISTAKE = 2
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it
EXIT_PIPE_CLOSED = 141  # 128 + SIGPIPE


class CommandParser(argparse.ArgumentParser):
    """A parser without abbreviations that knows ``--verbose`` and ``--quiet`` and answers a mistake in one sentence.

    Subcommands and their subcommands are made of the same class, so that both options work at any place in the line.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **options})
        # No default here: a default of the subcommand would overwrite what was said before its name.
        talk = self.add_mutually_exclusive_group()
        talk.add_argument(
            "--verbose",
            action="store_true",
            default=argparse.SUPPRESS,
            help="log what happens, and show the traceback of an error",
        )
        talk.add_argument("--quiet", action="store_true", default=argparse.SUPPRESS, help="log errors only")

    def error(self, message: str) -> NoReturn:
        """Print one sentence to stderr and leave with status 2."""
        self.exit(EXIT_MISTAKE, f"{self.prog}: {message} (see `{self.prog} --help`)\n")


def build_parser() -> CommandParser:
    """Make the parser with every command of `COMMANDS`; its result carries the chosen `run`."""
    parser = CommandParser(prog="evalmuse", description="Fine-grained text-to-image alignment, from data to ranking.")
    parser.add_argument("--version", action="version", version=f"evalmuse_hf {__version__}")
    parser.set_defaults(verbose=False, quiet=False)
    subparsers = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        module = import_module(f"evalmuse_hf.cli.{name}")
        module.register(subparsers)
        subparsers.choices[name].set_defaults(run=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: Words after `evalmuse`; None takes those of the process.

    Returns:
        The exit status: that of the command, 2 for a mistake of the user, 130 after Ctrl-C.
    """
    try:
        parser = build_parser()
        args, unknown = parser.parse_known_args(arguments)
        if unknown:
            advice = "".join(f"; {words}" for words in [getattr(args, "unknown_options", "")] if words)
            parser.error(f"unrecognized arguments: {' '.join(unknown)}{advice}")
    except SystemExit as leaving:  # argparse leaves after --help, --version and mistakes
        return int(leaving.code or 0)
    _set_up_logging(verbose=args.verbose, quiet=args.quiet)
    return _run(args.run, args)


def _run(run: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    """Call a command and translate what it raises; an error that is nobody's mistake keeps its traceback."""
    try:
        status = run(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        sentence = "interrupted before it had finished; its results are missing or incomplete."
        print(f"evalmuse {args.command}: {sentence}", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader (such as `head`) has gone; Python must not complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_PIPE_CLOSED
    except (OSError, ValueError, ImportError) as error:
        if not _is_mistake(error):
            raise
        if args.verbose:
            traceback.print_exc()
        print(f"evalmuse {args.command}: {_sentence(error)}", file=sys.stderr)
        return EXIT_MISTAKE
    return status


def _is_mistake(error: Exception) -> bool:
    """Tell a user's mistake from a bug: a named path was refused, or a `raise` of this library wrote the sentence."""
    if isinstance(error, OSError) and error.filename is not None:
        return True
    frame, line = list(traceback.walk_tb(error.__traceback__))[-1]
    ours = str(frame.f_globals.get("__name__", "")).startswith("evalmuse_hf.")
    return ours and linecache.getline(frame.f_code.co_filename, line).lstrip().startswith("raise ")


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror or error}."
    return str(error)


def _set_up_logging(*, verbose: bool, quiet: bool) -> None:
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    level = logging.INFO if verbose else logging.ERROR if quiet else logging.WARNING
    logging.getLogger("evalmuse_hf").setLevel(level)
