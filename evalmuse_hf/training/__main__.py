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
    except (OSError, ValueError) as error:
        mistake = _describe_mistake(error)
        if mistake is None:
            raise
        print(f"{_PROGRAM}: {mistake}", file=sys.stderr)
        return 2
    if run.training.process_index == 0:
        print(json.dumps(describe(metrics)))
    return 0


def _describe_mistake(error: Exception) -> str | None:
    """Sentence of a mistake of the user: a path that was refused, or words of this library; None for a bug."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror or error}."
    frame, _ = list(traceback.walk_tb(error.__traceback__))[-1]
    return str(error) if str(frame.f_globals.get("__name__", "")).startswith("evalmuse_hf.") else None


if __name__ == "__main__":
    sys.exit(main())
