"""Train as ``python -m evalmuse_hf.training``, alone or under ``accelerate launch -m`` or ``torchrun -m``."""

import json
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import redirect_stdout

from evalmuse_hf.training.fine_tuning import describe, fine_tune
from evalmuse_hf.training.options import parse_options

_PROGRAM = "python -m evalmuse_hf.training"
_INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, print the figures as JSON, and return the exit status: 2 for a user's mistake."""
    _set_up_logging()
    try:
        run = parse_options(sys.argv[1:] if arguments is None else arguments, prog=_PROGRAM)
        with redirect_stdout(sys.stderr):  # Trainer prints its progress
            metrics = fine_tune(run)
    except KeyboardInterrupt:
        print(f"{_PROGRAM}: interrupted; --resume_from_checkpoint True goes on.", file=sys.stderr)
        return _INTERRUPTED
    except (OSError, ValueError, ImportError) as error:
        mistake = _describe_mistake(error)
        if mistake is None:
            raise
        print(f"{_PROGRAM}: {mistake}", file=sys.stderr)
        return 2
    finally:
        _leave_group()
    if run.training.process_index == 0:
        print(json.dumps(describe(metrics)))
    return 0


def _set_up_logging() -> None:
    """Let the first process speak, and the others only of errors."""
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    first = os.environ.get("RANK", "0") == "0"
    logging.getLogger("evalmuse_hf").setLevel(logging.INFO if first else logging.ERROR)


def _leave_group() -> None:
    """Say goodbye to the other processes, which a launcher would otherwise call a leak."""
    from torch import distributed

    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()


def _describe_mistake(error: Exception) -> str | None:
    """Sentence of a mistake of the user: a path that was refused, or words of this library; None for a bug."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror or error}."
    frame, _ = list(traceback.walk_tb(error.__traceback__))[-1]
    return str(error) if str(frame.f_globals.get("__name__", "")).startswith("evalmuse_hf.") else None


if __name__ == "__main__":
    sys.exit(main())
