"""Train as ``python -m evalmuse_hf.training``, alone or under ``accelerate launch -m`` or ``torchrun -m``."""

import json
import sys
import traceback
from collections.abc import Sequence
from contextlib import redirect_stdout

from evalmuse_hf.training.fine_tuning import describe, fine_tune, parse_options

_PROGRAM = "python -m evalmuse_hf.training"


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, print the figures as JSON, and return the exit status: 2 for a user's mistake."""
    try:
        run = parse_options(sys.argv[1:] if arguments is None else arguments, prog=_PROGRAM)
        with redirect_stdout(sys.stderr):  # Trainer prints its progress
            metrics = fine_tune(run)
    except ValueError as error:
        frame, _ = list(traceback.walk_tb(error.__traceback__))[-1]
        if not str(frame.f_globals.get("__name__", "")).startswith("evalmuse_hf."):
            raise
        print(f"{_PROGRAM}: {error}", file=sys.stderr)
        return 2
    if run.training.process_index == 0:
        print(json.dumps(describe(metrics)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
