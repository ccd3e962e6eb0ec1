"""The scorers behind a page: loaded at its start, chosen by label, and asked by one visitor at a time."""

import logging
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Self

from evalmuse_hf.models.scorer import PairScore, Scorer
from evalmuse_hf.schema import Element

logger = logging.getLogger(__name__)

PATIENCE_S = 120.0
"""Seconds that somebody waits for a scorer at most, unless `PageScorers.set_patience` says otherwise."""

BUSY = "time_limit"
"""Status of what was not scored because others used the scorer for too long."""

_NAN = float("nan")


class PageError(ValueError):
    """What a visitor of a page has to know; one sentence, with nothing in it about the folders of the server."""


class ScorerLock:
    """Lets one thread at a time use a scorer; who comes later waits, though not for ever.

    Args:
        label: Of the scorer; for the sentence.

    Attributes:
        patience_s: Seconds that somebody waits at most.

    Examples:
        >>> with ScorerLock("half") as lock:
        ...     lock.locked()
        True
    """

    def __init__(self, label: str) -> None:
        self.patience_s = PATIENCE_S
        self._label, self._lock = label, threading.Lock()

    def locked(self) -> bool:
        """Whether somebody uses the scorer now."""
        return self._lock.locked()

    def __enter__(self) -> Self:
        """Wait for the scorer.

        Raises:
            PageError: If it was not free in time.
        """
        if not self._lock.acquire(timeout=min(self.patience_s, threading.TIMEOUT_MAX)):
            raise PageError(f"{self._label} was busy with others for {self.patience_s:g} s; try again in a minute.")
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class PageScorers:
    """The fixed list of scorers of one server.

    A visitor names one by its label. What was not loaded at the start cannot be asked for, so that nobody can make
    the server fetch or open anything. Each scorer is asked by one thread at a time.

    Args:
        scorers: Scorers by the label that visitors see, such as ``"fga_blip2:mini"``; the first is the one that is
            taken where none is named.

    Raises:
        ValueError: If there is none.

    Examples:
        >>> class Half:
        ...     name = "half"
        ...     def score(self, *, images, prompts, elements=None):
        ...         return [PairScore(0.5, ()) for _ in images]
        >>> scorers = PageScorers({"half": Half()})
        >>> scorers.labels, scorers.score(images=[None], prompts=["a cat"])[0].overall
        (('half',), 0.5)
    """

    def __init__(self, scorers: Mapping[str, Scorer]) -> None:
        if not scorers:
            raise ValueError("A page needs at least one scorer.")
        self._scorers = dict(scorers)
        self._locks = {label: ScorerLock(label) for label in self._scorers}

    @property
    def labels(self) -> tuple[str, ...]:
        """How the scorers are called, the default first."""
        return tuple(self._scorers)

    def find(self, label: str | None = None) -> Scorer:
        """Find a scorer; whoever calls it without `score` must hold `lock`.

        Args:
            label: Its label; None or empty for the first.

        Raises:
            PageError: If the server has no such scorer.
        """
        chosen = label or self.labels[0]
        if not isinstance(chosen, str) or chosen not in self._scorers:
            raise PageError(
                f"This server has no scorer {str(chosen)[:80]!r}; it has {', '.join(self.labels)}. "
                "Others are chosen when it is started."
            )
        return self._scorers[chosen]

    def set_patience(self, seconds: float) -> None:
        """Say how long somebody waits for a scorer that others use.

        Args:
            seconds: At most.
        """
        for lock in self._locks.values():
            lock.patience_s = seconds

    def lock(self, label: str | None = None) -> ScorerLock:
        """The lock of a scorer, to be held with ``with``.

        Args:
            label: As in `find`.

        Raises:
            PageError: If the server has no such scorer.
        """
        self.find(label)
        return self._locks[label or self.labels[0]]

    def score(
        self,
        label: str | None = None,
        *,
        images: Sequence[Any],
        prompts: Sequence[str],
        elements: Sequence[Sequence[str | Element]] | None = None,
    ) -> list[PairScore]:
        """Score pairs, as `Scorer.score` does; a scorer that breaks, or stays busy, gives rows with a status.

        Args:
            label: As in `find`.
            images: As in `Scorer.score`; pictures that a visitor sent are opened by the caller, under its limits.
            prompts: Raw prompts.
            elements: For each prompt its elements; None for none.

        Returns:
            One result per row.

        Raises:
            PageError: If the server has no such scorer.
        """
        scorer = self.find(label)
        with ExitStack() as held:
            try:
                held.enter_context(self.lock(label))
            except PageError as error:
                return [PairScore(_NAN, (), BUSY, str(error)) for _ in images]
            try:
                return scorer.score(images=images, prompts=prompts, elements=elements)
            except Exception as error:  # a scorer of any origin; its fault must not end the page
                logger.exception("The scorer %s failed.", scorer.name)
                sentence = f"The scorer failed ({type(error).__name__}); the log of the server has more."
                return [PairScore(_NAN, (), "score_error", sentence) for _ in images]

    def warm_up(self) -> None:
        """Score a blank picture with each, so that no visitor waits for what a scorer loads late."""
        from PIL import Image

        for label in self.labels:
            self.score(label, images=[Image.new("RGB", (32, 32))], prompts=["a red cat"], elements=[["cat"]])
