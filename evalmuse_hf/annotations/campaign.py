"""A whole campaign as it is in its store at one time, for everything that looks back: status, agreement, export."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from evalmuse_hf.annotations.aggregation import FIRST, FURTHER, CountedRatings, CountingRules, Quota, count_ratings
from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.records import GoldAnswer, RatingRow, RoundRow, StoredItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What a store holds.

    Attributes:
        name: What messages call the store.
        rounds: The rounds, in the order in which they were opened.
        items: The items by number.
        rows: The whole log of ratings, whatever their standing, gold answers included.
        gold: Known answers by round and item.
        quotas: Ratings that an item was promised, by round and item; gold items have none.
        skips: Items that each rater skipped.
        thresholds: By number of a re-annotation round, the ranges from which items were in fact sent to it, whatever
            the settings say.
    """

    name: str
    rounds: tuple[RoundRow, ...]
    items: Mapping[int, StoredItem]
    rows: tuple[RatingRow, ...]
    gold: Mapping[tuple[int, int], GoldAnswer] = field(default_factory=dict)
    quotas: Mapping[tuple[int, int], int] = field(default_factory=dict)
    skips: Mapping[str, int] = field(default_factory=dict)
    thresholds: Mapping[int, frozenset[int]] = field(default_factory=dict)

    def rules(self, names: Iterable[str] = ()) -> CountingRules:
        """Which ratings count.

        Args:
            names: Rounds; empty for all formal ones and their re-annotation.

        Raises:
            StoreError: If there is no round of that name.
        """
        numbers = {entry.name: entry.round_id for entry in self.rounds}
        wanted = list(names)
        for name in wanted:
            if name not in numbers:
                raise StoreError(
                    f"There is no round {name!r} in {self.name}; it has {', '.join(map(repr, numbers)) or 'none'}."
                )
        return self._placed(CountingRules(rounds=frozenset(numbers[name] for name in wanted) if wanted else None))

    def count(
        self,
        rules: CountingRules | None = None,
        *,
        include_unfinished: bool = False,
        include_disputed: bool = False,
    ) -> CountedRatings:
        """The items with the ratings that count.

        Args:
            rules: From `rules`; None for the usual ones.
            include_unfinished: See `count_ratings`.
            include_disputed: See `count_ratings`.
        """
        rules = self._placed(rules or CountingRules())
        return count_ratings(
            self.rows,
            self.items,
            rules=rules,
            quotas=self.item_quotas(rules),
            include_unfinished=include_unfinished,
            include_disputed=include_disputed,
        )

    def item_quotas(self, rules: CountingRules) -> dict[int, Quota]:
        """What the rounds that count promised each of their items.

        Args:
            rules: Which rounds count.
        """
        rules = self._placed(rules)
        places = {entry.round_id: rules.place_of(entry.round_id, entry.kind) for entry in self.rounds}
        found: dict[int, Quota] = {}
        for (round_id, item_id), number in self.quotas.items():
            before = found.get(item_id, Quota())
            if places[round_id] == FURTHER:
                found[item_id] = Quota(first=before.first, further=before.further + number)
            elif places[round_id] == FIRST:
                found[item_id] = Quota(first=before.first + number, further=before.further)
        return found

    def _placed(self, rules: CountingRules) -> CountingRules:
        """The rules without what rates the items of a round again that does not count itself."""
        kinds = {entry.round_id: entry.kind for entry in self.rounds}
        strange = {
            entry.round_id
            for entry in self.rounds
            if entry.kind in rules.further_kinds
            and entry.parent_id is not None
            and kinds[entry.parent_id] not in rules.first_kinds
        }
        return replace(rules, excluded=rules.excluded | strange)
