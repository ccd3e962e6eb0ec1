"""The parser of all commands: no abbreviations, one sentence for a mistake, and what was probably meant."""

import argparse
import re
from typing import Any, NoReturn

from evalmuse_hf.nearest import did_you_mean

EXIT_MISTAKE = 2
EXAMPLES = "examples:"
"""How an epilog begins whose lines stay as they are."""

_REQUIRED = "the following arguments are required: "
_KINDS = {"int": "a whole number", "float": "a number", "Path": "a path"}
_INVALID = re.compile(r"invalid (\w+) value: (.*)", re.DOTALL)


class CommandFormatter(argparse.HelpFormatter):
    """Help whose examples keep their lines."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text.startswith(EXAMPLES) else super()._fill_text(text, width, indent)


class CommandParser(argparse.ArgumentParser):
    """A parser without abbreviations that knows ``--verbose`` and ``--quiet`` and answers a mistake in one sentence.

    Subcommands and their subcommands are made of the same class, so that both options work at any place in the line.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_abbrev": False, "formatter_class": CommandFormatter, **options})
        # No default here: a default of the subcommand would overwrite what was said before its name.
        talk = self.add_mutually_exclusive_group()
        talk.add_argument(
            "--verbose",
            action="store_true",
            default=argparse.SUPPRESS,
            help="log what happens, and show the traceback of an error",
        )
        talk.add_argument("--quiet", action="store_true", default=argparse.SUPPRESS, help="log errors only")

    @property
    def subcommands(self) -> dict[str, "CommandParser"]:
        """Parsers of the subcommands by name; empty where there are none."""
        found = self._find_subcommands()
        return dict(found.choices) if found is not None else {}

    def find_chosen(self, args: argparse.Namespace) -> "CommandParser":
        """The parser of the subcommand, of whatever depth, that a line chose.

        Args:
            args: What this parser made of the line.
        """
        found = self._find_subcommands()
        chosen = getattr(args, found.dest, None) if found is not None else None
        return self.subcommands[chosen].find_chosen(args) if chosen in self.subcommands else self

    def refuse_words(self, words: list[str], args: argparse.Namespace) -> NoReturn:
        """Leave because of words that no parser took.

        Args:
            words: The words.
            args: What was made of the others; ``unknown_options`` and ``surplus_words`` of it are advice.
        """
        options = [option for action in self._actions for option in action.option_strings]
        unknown = next((word for word in words if word.startswith("-")), None)
        advice = getattr(args, "surplus_words" if unknown is None else "unknown_options", "")
        asked = did_you_mean(unknown.partition("=")[0], options).replace("'", "") if unknown else ""
        self.error(f"unrecognized arguments: {' '.join(words)}{asked}{f'; {advice}' if advice else ''}")

    def error(self, message: str) -> NoReturn:
        """Print one sentence to stderr and leave with status 2."""
        self.exit(EXIT_MISTAKE, f"{self.prog}: {self._in_our_words(message)} (see `{self.prog} --help`)\n")

    def _find_subcommands(self) -> "argparse._SubParsersAction[CommandParser] | None":
        found = [action for action in self._actions if isinstance(action, argparse._SubParsersAction)]
        return found[0] if found else None

    def _in_our_words(self, message: str) -> str:
        found = self._find_subcommands()
        if found is not None and message == f"{_REQUIRED}{found.metavar}":
            return f"name what to do: {', '.join(self.subcommands)}"
        before, colon, rest = message.partition(": ")
        invalid = _INVALID.fullmatch(rest)
        if colon and invalid and invalid[1] in _KINDS:
            return f"{before}: expected {_KINDS[invalid[1]]}, got {invalid[2]}"
        return message

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Say what there is, and what was probably meant; argparse's own words differ between versions of Python."""
        if action.choices is None or value in action.choices:
            return
        known = [str(choice) for choice in action.choices]
        message = f"invalid choice: {value!r}{did_you_mean(str(value), known)} (choose from {', '.join(known)})"
        raise argparse.ArgumentError(action, message)
