"""Score a list as ``python -m evalmuse_hf.scoring LIST``, without anything that scoring does not need."""

import argparse
import sys
from collections.abc import Sequence

from evalmuse_hf.scoring.arguments import DESCRIPTION, add_arguments
from evalmuse_hf.scoring.command import MistakeError, run_command
from evalmuse_hf.scoring.lists import ListError
from evalmuse_hf.scoring.model_folder import ScorerError


def main(arguments: Sequence[str] | None = None) -> int:
    """Score, print, and return the exit status: 1 if nothing could be scored, 2 for a user's mistake."""
    parser = argparse.ArgumentParser(prog="python -m evalmuse_hf.scoring", description=DESCRIPTION, allow_abbrev=False)
    add_arguments(parser)
    args = parser.parse_args(arguments)
    try:
        output = run_command(args)
    except (MistakeError, ListError, ScorerError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{parser.prog}: interrupted before it had finished; no scores were written.", file=sys.stderr)
        return 130
    if output.result:
        print(output.result)
    if output.note:
        print(output.note, file=sys.stderr)
    return output.status


if __name__ == "__main__":
    sys.exit(main())
