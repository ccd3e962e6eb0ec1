"""What is refused before a round is opened or widened."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.names import is_visible_name
from evalmuse_hf.annotations.records import GoldAnswer, RoundKind, RoundSettings
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.tables import elements, items

_LONGEST_NAME = 200
_CHUNK = 5_000  # values in one statement, well below what databases allow
_LOWEST, _HIGHEST = 1, 5


def checked_round_name(name: str) -> str:
    """Refuse what cannot be the name of a round.

    Args:
        name: The name.

    Raises:
        StoreError: If it is empty, too long, or has characters that cannot be seen.
    """
    if not is_visible_name(name, longest=_LONGEST_NAME):
        raise StoreError(
            f"A round cannot be called {name[:_LONGEST_NAME]!r}; give 1 to {_LONGEST_NAME} visible characters, "
            "without spaces at the ends."
        )
    return name


def all_items(connection: sa.Connection) -> list[int]:
    """All items of the store, in the order in which they were added.

    Args:
        connection: Of any transaction.
    """
    return list(connection.scalars(sa.select(items.c.item_id).order_by(items.c.item_id)))


def check_items(connection: sa.Connection, store: Store, item_ids: Sequence[int]) -> None:
    """Refuse items that do not exist.

    Args:
        connection: Of any transaction.
        store: The store.
        item_ids: The items.

    Raises:
        StoreError: If there is one that does not.
    """
    if len(item_ids) > _CHUNK:
        known = set(all_items(connection))
    else:
        known = set(connection.scalars(sa.select(items.c.item_id).where(items.c.item_id.in_(set(item_ids)))))
    unknown = [item_id for item_id in item_ids if item_id not in known]
    if unknown:
        raise StoreError(
            f"{store.name} has no item {unknown[0]!r} ({len(unknown)} of {len(item_ids)} that are named do not "
            "exist); add the pictures first."
        )


def check_gold(connection: sa.Connection, gold: Mapping[int, GoldAnswer]) -> None:
    """Refuse answers that no rater could give.

    Args:
        connection: Of any transaction.
        gold: Per item; the items exist.

    Raises:
        StoreError: If there is one.
    """
    ids = list(gold)
    sizes: dict[int, int] = {}
    for start in range(0, len(ids), _CHUNK):
        query = (
            sa.select(items.c.item_id, sa.func.count(elements.c.element_id))
            .join_from(items, elements, items.c.prompt_id == elements.c.prompt_id, isouter=True)
            .where(items.c.item_id.in_(ids[start : start + _CHUNK]))
            .group_by(items.c.item_id)
        )
        sizes.update((item_id, number) for item_id, number in connection.execute(query))
    for item_id, answer in gold.items():
        if (problem := gold_problem(answer, sizes[item_id])) is not None:
            raise StoreError(f"The gold answer of item {item_id} {problem}")


def gold_problem(answer: GoldAnswer, n_elements: int) -> str | None:
    """What is wrong with a known answer, as the end of a sentence; None if nothing is.

    Args:
        answer: The answer.
        n_elements: Elements of its prompt.
    """
    if answer.overall is not None and not _LOWEST <= answer.overall <= _HIGHEST:
        return f"has overall {answer.overall!r}; give 1 to 5."
    if answer.elements and len(answer.elements) != n_elements:
        return (
            f"has {len(answer.elements)} elements, its prompt {n_elements}; give one each, null where it is not known."
        )
    if any(value not in (0, 1, None) for value in answer.elements):
        return "has elements other than 1, 0 and null."
    if answer.overall is None and all(value is None for value in answer.elements):
        return "says nothing; give its overall rating or elements, or delete it."
    return None


def check_pilot(kind: RoundKind, settings: RoundSettings, gold: Mapping[int, GoldAnswer]) -> None:
    """Refuse a pilot in which nobody could ever pass.

    Args:
        kind: Of the round.
        settings: Of the round.
        gold: Known answers, per item.

    Raises:
        StoreError: If it is a pilot and has fewer gold items than decide.
    """
    if kind == "pilot" and len(gold) < settings.min_gold_items:
        raise StoreError(
            f"A pilot decides after {settings.min_gold_items} gold items and this one has {len(gold)}, so nobody "
            "could pass; give more gold items, or a lower --min-gold-items."
        )


def check_quota(quota: Mapping[int, int]) -> None:
    """Refuse numbers of ratings below 1.

    Args:
        quota: Per item.

    Raises:
        StoreError: If there is one.
    """
    for item_id, number in quota.items():
        if number < 1:
            raise StoreError(f"Item {item_id} cannot get {number} ratings; give at least 1.")
