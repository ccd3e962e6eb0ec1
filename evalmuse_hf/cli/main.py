"""Entry point of `evalmuse`: one parser, and one place that turns a mistake into a sentence and an exit status."""

import argparse
import linecache
import logging
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module

from evalmuse_hf import __version__
from evalmuse_hf.cli.command_parser import EXIT_MISTAKE, CommandParser

# Modules of this package by stage, in the order of `--help`. Each has `register(subparsers)`, which
# describes the command without importing anything heavy, and `run(args) -> int`, which does the work and returns the
# exit status.
STAGES = {
    "first steps": ("demo", "doctor", "score", "space"),
    "make a benchmark": ("make", "prompts", "elements", "images", "annotate", "dataset"),
    "train a scorer, or convert a released one": ("train", "convert"),
    "judge a scorer, rank generators": ("evaluate", "rank", "study"),
    "use scorers by `evaluate.load`": ("metrics",),
}
COMMANDS = tuple(command for commands in STAGES.values() for command in commands)
FIRST_EXAMPLES = """\
examples:
  evalmuse demo                          the whole path once, on drawn pictures; nothing is downloaded
  evalmuse score --image cat.png --prompt "a red cat" --model mini
  evalmuse score pairs.csv --model mini --out scores.parquet
  evalmuse doctor                        which scorers can run on this machine

`evalmuse COMMAND --help` has the options of a command."""

EXIT_INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it
EXIT_PIPE_CLOSED = 141  # 128 + SIGPIPE

_HUB_REQUESTS = "huggingface_hub.utils._http"


class _FirstParser(CommandParser):
    """The parser of `evalmuse` itself, which lists its commands by stage."""

    def format_help(self) -> str:
        """Spell the help: what it is, the commands by stage, examples, options."""
        found = self._find_subcommands()
        helps = {action.dest: action.help for action in found._choices_actions} if found is not None else {}
        lines = ["usage: evalmuse COMMAND ...", "", str(self.description), ""]
        for stage, commands in STAGES.items():
            lines += [f"{stage}:", *(f"    {name:<10} {helps[name]}" for name in commands), ""]
        options = [action for action in self._actions if action.option_strings]
        lines += [FIRST_EXAMPLES, "", "options:"]
        lines += [f"    {', '.join(action.option_strings):<14} {action.help}" for action in options]
        return "\n".join(lines) + "\n"


def build_parser() -> CommandParser:
    """Make the parser with every command of `COMMANDS`; its result carries the chosen `run`."""
    parser = _FirstParser(prog="evalmuse", description="Fine-grained text-to-image alignment, from data to ranking.")
    parser.add_argument("--version", action="version", version=f"evalmuse_hf {__version__}")
    parser.set_defaults(verbose=False, quiet=False)
    subparsers = parser.add_subparsers(
        title="commands", dest="command", metavar="COMMAND", required=True, parser_class=CommandParser
    )
    for name in COMMANDS:
        module = import_module(f"evalmuse_hf.cli.{name}")
        module.register(subparsers)
        subparsers.choices[name].set_defaults(run=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; without words, and for the word `help`, print what there is.

    Args:
        arguments: Words after `evalmuse`; None takes those of the process.

    Returns:
        The exit status: that of the command, 2 for a mistake of the user, 130 after Ctrl-C.
    """
    try:
        parser = build_parser()
        words = list(sys.argv[1:] if arguments is None else arguments)
        if not words:
            parser.print_help()
            return 0
        if words[0] == "help":
            words = [*words[1:], "--help"]
        args, unknown = parser.parse_known_args(words)
        if unknown:
            parser.find_chosen(args).refuse_words(unknown, args)
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
    logger = logging.getLogger("evalmuse_hf")
    if not logger.hasHandlers():  # at the root it would repeat what libraries print by handlers of their own
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        logger.addHandler(handler)
    logger.setLevel(logging.INFO if verbose else logging.ERROR if quiet else logging.WARNING)
    # It names each of five attempts; what came of them is in the sentence of whoever asked.
    logging.getLogger(_HUB_REQUESTS).setLevel(logging.NOTSET if verbose else logging.ERROR)
