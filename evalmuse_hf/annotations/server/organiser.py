"""What the organiser's tab shows: how far the rounds are, what the raters did, and what happened last."""

import math
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from evalmuse_hf.annotations.errors import NotAllowedError
from evalmuse_hf.annotations.rater_facts import Measuring, measure_raters
from evalmuse_hf.annotations.records import RaterRow
from evalmuse_hf.annotations.screening import flag_raters
from evalmuse_hf.annotations.server.backup_state import BackupFacts, BackupState
from evalmuse_hf.annotations.store.campaign_reading import read_campaign
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.events import read_events
from evalmuse_hf.annotations.store.progress import rater_progress, round_progress

ROUND_COLUMNS = (
    *("round", "kind", "open", "items", "complete", "ratings", "wanted", "with raters", "skipped", "gold items"),
)
RATER_COLUMNS = ("rater", "active", "qualified", "answers", "median time, s", "skipped", "last answer", "flags")
EVENT_COLUMNS = ("time (UTC)", "who", "what", "on what", "facts")
BACKUP_COLUMNS = ("data set", "all saved at (UTC)", "minutes ago", "failed tries since", "what is wrong")
FLAGS_S = 60.0
_N_EVENTS = 40
_UNKNOWN = "\u2013"
_MINUTE = 60.0

Rows = list[list[Any]]


class Overview(NamedTuple):
    """The tables of the tab.

    Attributes:
        rounds: Under `ROUND_COLUMNS`.
        raters: Under `RATER_COLUMNS`.
        events: Under `EVENT_COLUMNS`, newest first.
        backup: Under `BACKUP_COLUMNS`; without a backup, no row.
    """

    rounds: Rows
    raters: Rows
    events: Rows
    backup: Rows


class RaterFlags:
    """What screening says of each rater; looks at the whole log, and therefore not at every request."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._found: Mapping[str, Sequence[str]] = {}
        self._looked_at = -math.inf

    def current(self) -> Mapping[str, Sequence[str]]:
        """Names of the facts beyond a threshold, by rater; at most `FLAGS_S` old."""
        with self._lock:
            if time.monotonic() - self._looked_at > FLAGS_S:
                self._found = self._look()
                self._looked_at = time.monotonic()
            return self._found

    def _look(self) -> Mapping[str, Sequence[str]]:
        campaign = read_campaign(self._store)
        facts = measure_raters(
            campaign.rows,
            campaign.items,
            gold=campaign.gold,
            skips=campaign.skips,
            measuring=Measuring(n_resamples=0),  # the intervals are not shown here
        )
        found: defaultdict[str, list[str]] = defaultdict(list)
        for flag in flag_raters(facts):
            found[flag.rater].append(flag.fact.replace("_", " "))
        return found


def organiser_overview(
    store: Store, rater: RaterRow, *, flags: RaterFlags, backup: BackupState | None = None
) -> Overview:
    """The tables as they are now.

    Args:
        store: The store.
        rater: Who asks.
        flags: Of the raters.
        backup: How the backup is; None without one.

    Raises:
        NotAllowedError: If that is no organiser.
    """
    if not rater.is_organiser:
        raise NotAllowedError("Only organisers see the progress of others.", status="no_organiser")
    saved = [] if backup is None else [_backup_row(backup.facts, now=store.clock())]
    return Overview(_round_rows(store), _rater_rows(store, flags.current()), _event_rows(store), saved)


def _round_rows(store: Store) -> Rows:
    return [
        [
            entry.round.name,
            entry.round.kind,
            _yes(entry.round.is_open),
            entry.n_items,
            entry.n_complete,
            entry.n_given,
            entry.n_wanted,
            entry.n_leased,
            entry.n_skipped,
            entry.n_gold,
        ]
        for entry in round_progress(store)
    ]


def _rater_rows(store: Store, flags: Mapping[str, Sequence[str]]) -> Rows:
    return [
        [
            entry.rater.name,
            _yes(entry.rater.is_active),
            _UNKNOWN if entry.rater.qualified is None else _yes(entry.rater.qualified),
            entry.n_answered,
            _UNKNOWN if math.isnan(entry.median_s) else round(entry.median_s, 1),
            entry.n_skipped,
            _UNKNOWN if entry.last_at is None else _time(entry.last_at),
            ", ".join(flags.get(entry.rater.name, ())),
        ]
        for entry in rater_progress(store)
    ]


def _event_rows(store: Store) -> Rows:
    return [
        [
            _time(event.at),
            event.actor,
            event.kind.replace("_", " "),
            event.subject,
            ", ".join(f"{name}: {value}" for name, value in event.payload.items()),
        ]
        for event in reversed(read_events(store, limit=_N_EVENTS))
    ]


def _backup_row(facts: BackupFacts, *, now: float) -> list[Any]:
    never = facts.saved_at is None
    return [
        facts.repo,
        _UNKNOWN if facts.saved_at is None else _time(facts.saved_at),
        _UNKNOWN if facts.saved_at is None else round((now - facts.saved_at) / _MINUTE, 1),
        facts.n_failures,
        " ".join(filter(None, (facts.diverged, facts.error))) or ("nothing was sent yet" if never else ""),
    ]


def _yes(claim: bool) -> str:
    return "yes" if claim else "no"


def _time(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at))
