"""How far the rounds and the raters of a store are, counted by the database."""

from collections import defaultdict
from dataclasses import dataclass
from statistics import median

import sqlalchemy as sa

from evalmuse_hf.annotations.records import RaterRow, RoundRow
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.raters import read_raters
from evalmuse_hf.annotations.store.rounds import read_rounds
from evalmuse_hf.annotations.store.tables import assignments, ratings, round_items


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundProgress:
    """How far a round is; gold items, which are open to everyone, are counted apart from the others.

    Attributes:
        round: The round.
        n_items: Items to rate.
        n_complete: Items that have all their ratings.
        n_wanted: Ratings that all items are to have.
        n_given: Ratings that they have.
        n_leased: Items that are with a rater now.
        n_skipped: Times that a rater skipped one.
        n_gold: Gold items.
        n_gold_given: Answers to them, of all raters.
    """

    round: RoundRow
    n_items: int = 0
    n_complete: int = 0
    n_wanted: int = 0
    n_given: int = 0
    n_leased: int = 0
    n_skipped: int = 0
    n_gold: int = 0
    n_gold_given: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterProgress:
    """What a rater has done.

    Attributes:
        rater: The rater.
        n_answered: Items answered that were not returned to others, gold ones included.
        n_skipped: Items skipped.
        median_s: Median time of the page for one answer, in seconds; nan without one.
        last_at: Time of the last answer, in seconds since 1970; None without one.
    """

    rater: RaterRow
    n_answered: int = 0
    n_skipped: int = 0
    median_s: float = float("nan")
    last_at: float | None = None


def round_progress(store: Store) -> list[RoundProgress]:
    """How far each round is, in the order of the rounds.

    Args:
        store: The store.
    """
    items, states = round_items.c, assignments.c
    held = (
        sa.select(
            states.round_item_id,
            *(
                sa.func.sum(sa.case((states.state.in_(names), 1), else_=0)).label(label)
                for label, names in (("given", ("submitted",)), ("leased", ("leased",)), ("skipped", ("skipped",)))
            ),
        )
        .group_by(states.round_item_id)
        .subquery()
    )
    given = sa.func.coalesce(held.c.given, 0)
    query = (
        sa.select(
            items.round_id,
            items.is_gold,
            sa.func.count().label("n_items"),
            sa.func.sum(sa.case((given >= items.quota, 1), else_=0)).label("n_complete"),
            sa.func.sum(items.quota).label("n_wanted"),
            sa.func.sum(given).label("n_given"),
            sa.func.sum(sa.func.coalesce(held.c.leased, 0)).label("n_leased"),
            sa.func.sum(sa.func.coalesce(held.c.skipped, 0)).label("n_skipped"),
        )
        .select_from(round_items.outerjoin(held, held.c.round_item_id == items.round_item_id))
        .group_by(items.round_id, items.is_gold)
    )
    with store.read() as connection:
        counted = {(row.round_id, bool(row.is_gold)): row for row in connection.execute(query)}
    columns = ("n_items", "n_complete", "n_wanted", "n_given", "n_leased", "n_skipped")
    found = []
    for entry in read_rounds(store):
        row, gold = counted.get((entry.round_id, False)), counted.get((entry.round_id, True))
        counts = {} if row is None else {name: int(getattr(row, name)) for name in columns}
        if gold is not None:
            counts |= {"n_gold": int(gold.n_items), "n_gold_given": int(gold.n_given)}
        found.append(RoundProgress(round=entry, **counts))
    return found


def rater_progress(store: Store) -> list[RaterProgress]:
    """What each rater has done, in the order in which they were added.

    Args:
        store: The store.
    """
    states = assignments.c
    counts = sa.select(states.rater_id, states.state, sa.func.count()).group_by(states.rater_id, states.state)
    times = sa.select(states.rater_id, ratings.c.rated_at, ratings.c.duration_s).select_from(
        ratings.join(assignments, states.assignment_id == ratings.c.assignment_id)
    )
    answered: defaultdict[int, int] = defaultdict(int)
    skipped: defaultdict[int, int] = defaultdict(int)
    last: dict[int, float] = {}
    durations: defaultdict[int, list[float]] = defaultdict(list)
    with store.read() as connection:
        for rater_id, state, number in connection.execute(counts):
            answered[rater_id] += number if state in ("submitted", "returned") else 0
            skipped[rater_id] += number if state == "skipped" else 0
        for rater_id, rated_at, duration in connection.execute(times):
            last[rater_id] = max(rated_at, last.get(rater_id, rated_at))
            if duration is not None:
                durations[rater_id].append(duration)
    return [
        RaterProgress(
            rater=rater,
            n_answered=answered[rater.rater_id],
            n_skipped=skipped[rater.rater_id],
            median_s=median(durations[rater.rater_id]) if durations[rater.rater_id] else float("nan"),
            last_at=last.get(rater.rater_id),
        )
        for rater in read_raters(store)
    ]
