"""Where a campaign stands, as a document: rounds, what goes to further raters, raters, and whom to look at."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from evalmuse_hf.annotations.export_tables import spell_time
from evalmuse_hf.annotations.rater_facts import Fact, RaterFacts
from evalmuse_hf.annotations.screening import Flag
from evalmuse_hf.reports import Cell, Document, Section, Table

if TYPE_CHECKING:
    from evalmuse_hf.annotations.store.open_spots import OpenSpots
    from evalmuse_hf.annotations.store.progress import RaterProgress, RoundProgress

FORMAT = 1
"""Version of the JSON form."""

_FACTS = (
    *("gold_elements", "gold_overall_error", "median_s", "fast_share", "longest_run", "overall_entropy"),
    *("yes_excess", "correlation", "leniency", "element_agreement", "skip_share", "correction_share"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTime:
    """How long raters looked at an item.

    Attributes:
        item_id: The item.
        image_path: Its picture.
        median_s: Median time of the page for one answer, in seconds.
        n_answers: Answers with a time.
    """

    item_id: int
    image_path: str
    median_s: float
    n_answers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """What inspections have made of the answers of a round.

    Attributes:
        n_accepted: Answers that count and were accepted.
        n_returned: Answers that were returned.
        n_not_inspected: Answers that count and that nobody has looked at since they were given or corrected.
    """

    n_accepted: int = 0
    n_returned: int = 0
    n_not_inspected: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignStatus:
    """Where a campaign stands.

    Attributes:
        name: What to call the store.
        rounds: How far each round is.
        raters: What each rater has done.
        facts: What is measured of each rater.
        flags: Whom to look at.
        n_over_range: By name of a round of first ratings: items whose ratings lie far apart and that were not sent to
            further raters.
        seconds_per_item: Median over all answers with a time; nan without one.
        slowest: The items that took longest, longest first.
        open_spots: By number of an open round, who is there for the ratings to come.
        inspected: By number of a round.
    """

    name: str
    rounds: "Sequence[RoundProgress]"
    raters: "Sequence[RaterProgress]"
    facts: Sequence[RaterFacts]
    flags: Sequence[Flag]
    n_over_range: Mapping[str, int]
    seconds_per_item: float
    slowest: Sequence[ItemTime] = ()
    open_spots: "Mapping[int, OpenSpots]" = field(default_factory=dict)
    inspected: Mapping[int, Inspected] = field(default_factory=dict)

    def record(self, name: Callable[[str], str] | None = None) -> dict[str, Any]:
        """The status as JSON; a number that is undefined is null, and its status says why.

        Args:
            name: What to call a rater; None for the own name.
        """
        call = name or str
        facts = {one.rater: one for one in self.facts}
        return {
            "format": FORMAT,
            "store": self.name,
            "seconds_per_item": _known(self.seconds_per_item),
            "slowest_items": [asdict(one) for one in self.slowest],
            "rounds": [self._round_record(progress) for progress in self.rounds],
            "raters": [
                {
                    "name": call(progress.rater.name),
                    "active": progress.rater.is_active,
                    "qualified": progress.rater.qualified,
                    "answered": progress.n_answered,
                    "skipped": progress.n_skipped,
                    "median_s": _known(progress.median_s),
                    "last_at": None if progress.last_at is None else spell_time(progress.last_at),
                    "facts": _fact_record(facts.get(progress.rater.name)),
                }
                for progress in self.raters
            ],
            "flags": [{**asdict(flag), "rater": call(flag.rater)} for flag in self.flags],
        }

    def _round_record(self, progress: "RoundProgress") -> dict[str, Any]:
        inspected = self.inspected.get(progress.round.round_id, Inspected())
        spots = self.open_spots.get(progress.round.round_id)
        return {
            "name": progress.round.name,
            "kind": progress.round.kind,
            "open": progress.round.is_open,
            "items": progress.n_items,
            "complete": progress.n_complete,
            "ratings": progress.n_given,
            "wanted": progress.n_wanted,
            "leased": progress.n_leased,
            "skipped": progress.n_skipped,
            "gold": progress.n_gold,
            "gold_answers": progress.n_gold_given,
            "over_range_not_sent": self.n_over_range.get(progress.round.name, 0),
            "accepted": inspected.n_accepted,
            "returned": inspected.n_returned,
            "not_inspected": inspected.n_not_inspected,
            "raters": None if spots is None else spots.n_raters,
            "items_without_raters": None if spots is None else spots.n_stuck_items,
            "ratings_without_raters": None if spots is None else spots.n_stuck_ratings,
        }


def make_status_document(status: CampaignStatus, *, name: Callable[[str], str] | None = None) -> Document:
    """Lay the status out.

    Args:
        status: Where the campaign stands.
        name: What to call a rater; None for the own name.
    """
    counting = [one for one in status.rounds if one.round.kind != "pilot"]
    given = sum(one.n_given for one in counting)
    wanted = sum(one.n_wanted if one.round.is_open else one.n_given for one in counting)
    n_raters = sum(one.n_answered > 0 for one in status.raters)
    return Document(
        title=f"Annotation campaign {status.name}",
        summary=(
            f"{given:,} of {wanted:,} ratings in {_count(len(counting), 'round')} by {_count(n_raters, 'rater')}; "
            "pilots, and what closed rounds lack, are not counted."
        ),
        figures=(
            ("ratings", given, f"of {wanted:,} wanted"),
            ("seconds per item", _cell(status.seconds_per_item), "median"),
            ("flags", len(status.flags), "things to look at"),
        ),
        warnings=tuple(_warnings(status)),
        sections=(
            Section(title="Rounds", tables=(_round_table(status),)),
            *_time_sections(status),
            Section(title="Raters", tables=(_rater_table(status, name),)),
            Section(
                title="Whom to look at",
                text=("A flag is a reason to look, and deletes nothing.",)
                if status.flags
                else ("Nobody is flagged.",),
                tables=(_flag_table(status, name),) if status.flags else (),
            ),
        ),
    )


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _warnings(status: CampaignStatus) -> list[str]:
    return [
        *(
            f"{_count(number, 'item')} of round {name!r} with ratings far apart "
            f"{'was' if number == 1 else 'were'} not sent to further raters; "
            "`evalmuse annotate reannotate` sends them."
            for name, number in status.n_over_range.items()
            if number
        ),
        *(
            warning
            for progress in status.rounds
            if (spots := status.open_spots.get(progress.round.round_id)) is not None
            for warning in _shortages(progress.round.name, spots)
        ),
    ]


def _shortages(name: str, spots: "OpenSpots") -> Iterator[str]:
    if spots.n_raters < spots.n_needed:
        yield (
            f"An item of round {name!r} can need {spots.n_needed} different raters, those of a re-annotation "
            f"included, and {spots.n_raters} may rate: such items stay unfinished until there are more."
        )
    if spots.n_stuck_items:
        yield describe_stuck(name, spots)


def describe_stuck(name: str, spots: "OpenSpots") -> str:
    """A sentence on the items of a round for which no rater is left.

    Args:
        name: The round.
        spots: Who is there for it.
    """
    verb = "lacks" if spots.n_stuck_items == 1 else "lack"
    items, ratings = _count(spots.n_stuck_items, "item"), _count(spots.n_stuck_ratings, "rating")
    return (
        f"{items} of round {name!r} {verb} {ratings} for which no rater is left: those who may rate have had or "
        "skipped them, or have reached their limit; add raters, or close the round."
    )


def _time_sections(status: CampaignStatus) -> tuple[Section, ...]:
    if not status.slowest:
        return ()
    rows = tuple((one.item_id, one.image_path, one.median_s, one.n_answers) for one in status.slowest)
    table = Table(title="", header=("item", "picture", "median s", "answers"), rows=rows)
    return (Section(title="Items that take longest", tables=(table,)),)


def _round_table(status: CampaignStatus) -> Table:
    header = (
        *("round", "kind", "state", "items", "complete", "ratings", "wanted", "with raters", "skipped", "gold"),
        *("gold answers", "accepted", "returned"),
    )
    rows = tuple(
        (
            progress.round.name,
            progress.round.kind,
            "open" if progress.round.is_open else "closed",
            progress.n_items,
            progress.n_complete,
            progress.n_given,
            progress.n_wanted,
            progress.n_leased,
            progress.n_skipped,
            progress.n_gold,
            progress.n_gold_given,
            inspected.n_accepted,
            inspected.n_returned,
        )
        for progress in status.rounds
        for inspected in [status.inspected.get(progress.round.round_id, Inspected())]
    )
    return Table(title="", header=header, rows=rows, note="Gold items are open to everyone and not counted as items.")


def _rater_table(status: CampaignStatus, name: Callable[[str], str] | None) -> Table:
    facts = {one.rater: one for one in status.facts}
    flagged = {flag.rater for flag in status.flags}
    header = ("rater", "answers", "skipped", "s an item", "gold right", "correlation", "leniency", "state", "look")
    rows = []
    for progress in status.raters:
        rater, own = progress.rater, facts.get(progress.rater.name)
        rows.append(
            (
                rater.name if name is None else name(rater.name),
                progress.n_answered,
                progress.n_skipped,
                _cell(progress.median_s),
                None if own is None else _cell(own.gold_elements.value),
                None if own is None else _cell(own.correlation.value),
                None if own is None else _cell(own.leniency.value),
                _state(progress),
                "flag" if rater.name in flagged else "",
            )
        )
    return Table(
        title="",
        header=header,
        rows=tuple(rows),
        note="Correlation and leniency are with the others on the same items; what stands on too few is left out.",
    )


def _state(progress: "RaterProgress") -> str:
    if not progress.rater.is_active:
        return "disabled"
    return {True: "qualified", False: "not qualified", None: "active"}[progress.rater.qualified]


def _flag_table(status: CampaignStatus, name: Callable[[str], str] | None) -> Table:
    rows = tuple((flag.rater if name is None else name(flag.rater), flag.reason) for flag in status.flags)
    return Table(title="", header=("rater", "why"), rows=rows)


def _fact_record(facts: RaterFacts | None) -> dict[str, Any] | None:
    if facts is None:
        return None
    named = {fact: getattr(facts, fact) for fact in _FACTS}
    return {
        "answers": facts.n_answers,
        "returned": facts.n_returned,
        **{fact: _one_record(value) for fact, value in named.items()},
    }


def _one_record(fact: Fact) -> dict[str, Any]:
    numbers = {"value": fact.value, "low": fact.low, "high": fact.high}
    return {**{name: _known(number) for name, number in numbers.items()}, "n": fact.n, "status": fact.status}


def _known(number: float) -> float | None:
    return None if math.isnan(number) else number


def _cell(number: float) -> Cell:
    return _known(number)
