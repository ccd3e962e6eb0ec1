"""Which ratings of an item count, in which order, and how an item with its ratings becomes a pair.

The ratings of formal rounds come first, then those of their re-annotation; within each, in the order in which their
raters first answered, as the range rule takes them: a correction keeps the place of what it corrects. Gold answers
measure a rater and pilots teach one, so neither enters, nor does a re-annotation of a pilot; the ratings of a
consistency study are compared with the others, so they do not enter either. Means are plain means over all ratings
that count, 3 or 6 as a rule.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from evalmuse_hf.annotations.records import RatingRow, RoundKind, StoredItem
from evalmuse_hf.schema import Pair

FIRST, FURTHER = 1, 2
"""Numbers of the first annotation and of the re-annotation in `evalmuse_hf.schema.Pair.rounds`."""

ItemStatus = Literal["complete", "first_unfinished", "further_unfinished"]
"""Whether an item has all of its ratings, or some of its first annotation or of its re-annotation are missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingRules:
    """Which ratings count, and how many make an item complete where no quota is known.

    Attributes:
        first_kinds: Kinds of round whose ratings are first ones.
        further_kinds: Kinds of round whose ratings come after them.
        rounds: Only rounds of these numbers, whatever their kind, but re-annotation stays second; None for all
            rounds of the kinds above.
        excluded: Numbers of rounds that do not count unless ``rounds`` names them, such as the re-annotation of a
            pilot.
        first_raters: First ratings that an item needs.
        range_threshold: Range of the first ratings from which it needs further ones; None for never.
        further_raters: How many it needs then.
    """

    first_kinds: tuple[RoundKind, ...] = ("formal",)
    further_kinds: tuple[RoundKind, ...] = ("reannotation",)
    rounds: frozenset[int] | None = None
    excluded: frozenset[int] = frozenset()
    first_raters: int = 3
    range_threshold: int | None = 2
    further_raters: int = 3

    def place(self, row: RatingRow) -> int | None:
        """`FIRST`, `FURTHER`, or None for a rating that does not count.

        Args:
            row: The rating.
        """
        return None if row.gold or row.standing != "counted" else self.place_of(row.round_id, row.round_kind)

    def place_of(self, round_id: int, kind: RoundKind) -> int | None:
        """`FIRST`, `FURTHER`, or None for a round that does not count.

        Args:
            round_id: The round.
            kind: Its kind.
        """
        if round_id in self.excluded if self.rounds is None else round_id not in self.rounds:
            return None
        if kind in self.further_kinds:
            return FURTHER
        return FIRST if self.rounds is not None or kind in self.first_kinds else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """Ratings that an item was promised.

    Attributes:
        first: By the rounds of the first annotation.
        further: By re-annotation.
    """

    first: int = 0
    further: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedItem:
    """An item with the ratings that count, each by another rater.

    Attributes:
        item: The picture and its prompt.
        first: First ratings, in the order in which their raters first answered.
        further: Ratings of the re-annotation, likewise.
        status: Whether more are to come.
    """

    item: StoredItem
    first: tuple[RatingRow, ...]
    further: tuple[RatingRow, ...]
    status: ItemStatus

    @property
    def ratings(self) -> tuple[RatingRow, ...]:
        """All that count, in their order."""
        return self.first + self.further

    @property
    def rounds(self) -> tuple[int, ...]:
        """`FIRST` or `FURTHER` for each."""
        return (FIRST,) * len(self.first) + (FURTHER,) * len(self.further)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedRatings:
    """What a campaign has to show.

    Attributes:
        items: The items to use, by number.
        left_out: Why others are not among them: status to how many. Items without any rating are ``"unrated"``.
        n_repeated: Ratings left out because the same rater had rated the same item before.
    """

    items: tuple[CountedItem, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    n_repeated: int = 0


def count_ratings(
    rows: Iterable[RatingRow],
    items: Mapping[int, StoredItem],
    *,
    rules: CountingRules | None = None,
    quotas: Mapping[int, Quota] | None = None,
    include_unfinished: bool = False,
    include_disputed: bool = False,
) -> CountedRatings:
    """Pick the ratings of every item that count.

    Args:
        rows: Ratings in any order. Those that `CountingRules.place` refuses do not count, but what a rater has
            corrected, or had returned, says when that rater first answered: give the whole log.
        items: The items by number; every rated one is there.
        rules: What counts.
        quotas: What each item was promised, as the store knows it; an item without one is measured by the rules.
        include_unfinished: Keep items of which some ratings are missing; those without any are never kept.
        include_disputed: Keep items that have all their first ratings and wait for their re-annotation. Without them
            the first ratings that are left are those on which raters agree.

    Returns:
        The items, and how many are left out for which reason.
    """
    rules = rules or CountingRules()
    by_item: dict[int, dict[int, list[RatingRow]]] = {item_id: {FIRST: [], FURTHER: []} for item_id in quotas or ()}
    raters: set[tuple[int, str]] = set()
    n_repeated = 0
    log = list(rows)
    began: dict[int, int] = {}
    for row in log:
        began[row.assignment_id] = min(row.rating_id, began.get(row.assignment_id, row.rating_id))
    for row in sorted(log, key=lambda row: (row.round_kind in rules.further_kinds, began[row.assignment_id])):
        place = rules.place(row)
        if place is None:
            continue
        if row.rater is not None:
            if (row.item_id, row.rater) in raters:
                n_repeated += 1
                continue
            raters.add((row.item_id, row.rater))
        by_item.setdefault(row.item_id, {FIRST: [], FURTHER: []})[place].append(row)
    kept: list[CountedItem] = []
    left_out: Counter[str] = Counter()
    for item_id, found in sorted(by_item.items()):
        first, further = tuple(found[FIRST]), tuple(found[FURTHER])
        status = _status(first, further, rules, (quotas or {}).get(item_id))
        if not first and not further:
            left_out["unrated"] += 1
        elif status == "complete" or include_unfinished or (include_disputed and status == "further_unfinished"):
            kept.append(CountedItem(item=items[item_id], first=first, further=further, status=status))
        else:
            left_out[status] += 1
    return CountedRatings(items=tuple(kept), left_out=dict(left_out), n_repeated=n_repeated)


def _status(
    first: Sequence[RatingRow], further: Sequence[RatingRow], rules: CountingRules, quota: Quota | None
) -> ItemStatus:
    if len(first) < (rules.first_raters if quota is None else quota.first):
        return "first_unfinished"
    needed = quota.further if quota is not None else 0
    if quota is None and rules.range_threshold is not None and first:
        overall = [row.overall for row in first[: rules.first_raters]]
        needed = rules.further_raters if max(overall) - min(overall) >= rules.range_threshold else 0
    return "further_unfinished" if len(further) < needed else "complete"


def counted_pair(counted: CountedItem, *, path: str | None = None, name: Callable[[str], str] | None = None) -> Pair:
    """The pair that a data set is built of: lists of ratings, all in the same order of raters.

    Args:
        counted: An item with its ratings.
        path: Path of the picture below the images folder; None for the one in the store.
        name: What to call a rater; None for the own name.
    """
    ratings = counted.ratings
    element_ratings = tuple(zip(*(row_values(row, counted.item) for row in ratings), strict=True))
    return Pair(
        image_path=path or counted.item.image_path,
        prompt=counted.item.prompt,
        generator=counted.item.generator,
        generator_license=counted.item.generator_license,
        overall_ratings=tuple(row.overall for row in ratings),
        element_ratings=element_ratings,
        prompt_meaningless=tuple(int(row.prompt_meaningless) for row in ratings),
        split_confidence=tuple(int(row.split_wrong) for row in ratings),
        attribute_confidence=tuple(int(all(answer.sure for answer in row.elements)) for row in ratings),
        fidelity_labels=tuple(fidelity_label(row) for row in ratings),
        rater_ids=tuple(row.rater if name is None or row.rater is None else name(row.rater) for row in ratings),
        rounds=counted.rounds,
        element_sure=tuple(zip(*(_row_sure(row, counted.item) for row in ratings), strict=True)),
    )


def row_values(row: RatingRow, item: StoredItem) -> tuple[int, ...]:
    """Answers of one rating in the order of the prompt's elements.

    Args:
        row: The rating.
        item: Its item.

    Raises:
        ValueError: If an element has no answer, which a store does not let happen.
    """
    values = {answer.element_id: answer.value for answer in row.elements}
    if missing := [element_id for element_id in item.element_ids if element_id not in values]:
        raise ValueError(
            f"Rating {row.rating_id} of picture {item.image_path!r} has no answer to element {missing[0]}; the store "
            "is damaged, or the ratings are of other items."
        )
    return tuple(values[element_id] for element_id in item.element_ids)


def _row_sure(row: RatingRow, item: StoredItem) -> tuple[bool, ...]:
    sure = {answer.element_id: answer.sure for answer in row.elements}
    return tuple(sure[element_id] for element_id in item.element_ids)


def fidelity_label(row: RatingRow) -> str:
    """The structural problems of one rating as the release spells them: sorted, joined by commas, each once.

    Args:
        row: The rating.
    """
    return ",".join(sorted({problem.label for problem in row.problems}))
