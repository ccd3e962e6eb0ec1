"""Scoring on hardware that a Space borrows for each request; without effect anywhere else."""

import os
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TypeVar

from evalmuse_hf.pages.scorers import PageScorers

VARIABLE = "SPACES_ZERO_GPU"
"""Set by the Hub where a Space borrows its GPU."""

Function = TypeVar("Function", bound=Callable[..., Any])


def is_borrowed(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this is a Space that borrows its GPU.

    Args:
        environ: Variables of the environment.

    >>> is_borrowed({}), is_borrowed({"SPACES_ZERO_GPU": "true"})
    (False, True)
    """
    return environ.get(VARIABLE, "").strip().lower() not in ("", "0", "false", "no")


def borrow_gpu(function: Function, *, duration_s: float, environ: Mapping[str, str] = os.environ) -> Function:
    """Let a function run while a GPU is lent to it.

    Args:
        function: Takes and returns what can be pickled: it runs in a process of its own there.
        duration_s: Seconds that it may take.
        environ: Variables of the environment.

    Returns:
        The function itself, unless this is such a Space and its package ``spaces`` is installed.
    """
    if not is_borrowed(environ):
        return function
    try:
        spaces = import_module("spaces")
    except ModuleNotFoundError:
        return function
    lent: Function = spaces.GPU(duration=max(1, round(duration_s)))(function)
    return lent


class BorrowingScorers(PageScorers):
    """The scorers of a page, each call of which borrows the GPU.

    Args:
        scorers: Those of the server; locks are shared with them.
        duration_s: Seconds that a call may take.
        environ: Variables of the environment.
    """

    def __init__(self, scorers: PageScorers, *, duration_s: float, environ: Mapping[str, str] = os.environ) -> None:
        super().__init__({label: scorers.find(label) for label in scorers.labels})
        self._locks = {label: scorers.lock(label) for label in scorers.labels}
        self._borrowed = borrow_gpu(scorers.score, duration_s=duration_s, environ=environ)

    def score(self, label: str | None = None, **rows: Any) -> Any:
        """Score pairs, as `PageScorers.score` does.

        Args:
            label: As there.
            **rows: ``images``, ``prompts`` and ``elements``, as there.

        Raises:
            PageError: If the server has no such scorer.
        """
        self.find(label)  # before anything is borrowed
        return self._borrowed(label, **rows)
