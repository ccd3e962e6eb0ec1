"""Score a list as ``python -m evalmuse_hf.scoring LIST``, without anything that scoring does not need."""

import argparse
import sys
from collections.abc import Sequence

from evalmuse_hf.scoring.arguments import DESCRIPTION, add_arguments
from evalmuse_hf.scoring.command import EXIT_INTERRUPTED, run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Score, print, and return the exit status: 1 if nothing could be scored, 2 for a user's mistake."""
    parser = argparse.ArgumentParser(prog="python -m evalmuse_hf.scoring", description=DESCRIPTION, allow_abbrev=False)
    add_arguments(parser)
    args = parser.parse_args(arguments)
    try:
        output = run_command(args)
    except ValueError as error:
        if not type(error).__module__.startswith("evalmuse_hf."):  # a mistake of the program, not of its user
            raise
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{parser.prog}: interrupted before it had begun.", file=sys.stderr)
        return EXIT_INTERRUPTED
    if output.result:
        print(output.result)
    if output.note:
        print(output.note, file=sys.stderr)
    return output.status


if __name__ == "__main__":
    sys.exit(main())
