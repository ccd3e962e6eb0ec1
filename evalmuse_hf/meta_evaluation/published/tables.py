"""The published tables that judge scorers, one JSON file each, with every digit as it was printed."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

Statistic = Literal["srcc", "plcc", "krcc", "accuracy", "f1", "recall", "precision"]

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class PublishedColumn:
    """What a column of a published table holds.

    Attributes:
        name: Its heading.
        dataset: Data set on which it was measured, by the names of `evalmuse_hf.meta_evaluation.rated_data`.
        part: Which part of it: ``"overall"``, ``"real"``, ``"synthetic"``, a type of synthetic prompt, a category of
            elements, or a kind of structural problem.
        statistic: Which statistic.
    """

    name: str
    dataset: str
    part: str
    statistic: Statistic


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One method of a published table.

    Attributes:
        method: As it is printed.
        scorer: Its name for `evalmuse_hf.load_scorer`; None if it is no scorer of this package.
        values: Printed numbers, one per column; None where the table has none.
        model: Which chat model it asked; None where there is none.
        trained_on: Data sets whose ratings it was trained on: its numbers there are in-domain.
    """

    method: str
    scorer: str | None
    values: tuple[str | None, ...]
    model: str | None = None
    trained_on: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The method, with its chat model where it has one."""
        return self.method if self.model is None else f"{self.method}, {self.model}"


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """A published table.

    Attributes:
        name: Short name.
        title: What it shows.
        source: Where it was printed.
        address: Where to find it.
        columns: What was measured.
        rows: The methods, in the printed order.
        notes: What does not fit in it, or to other tables of the same authors; each a sentence.
    """

    name: str
    title: str
    source: str
    address: str
    columns: tuple[PublishedColumn, ...]
    rows: tuple[PublishedRow, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PublishedValue:
    """One published number.

    Attributes:
        method: Who: method and chat model.
        scorer: The same for `evalmuse_hf.load_scorer`; None if it is no scorer of this package.
        printed: The number as it is printed; accuracies are per cent.
        in_domain: Whether the method was trained on ratings of this data set.
        table: Name of the table.
    """

    method: str
    scorer: str | None
    printed: str
    in_domain: bool
    table: str

    @property
    def value(self) -> float:
        """The number."""
        return float(self.printed)


def published_names() -> tuple[str, ...]:
    """Names of the published tables.

    >>> published_names()[:2]
    ('alignment', 'fine_grained')
    """
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))


@cache
def published_table(name: str) -> PublishedTable:
    """Read a published table.

    Args:
        name: One of `published_names`.

    Raises:
        ValueError: If there is no such table.

    >>> table = published_table("fine_grained")
    >>> table.rows[-2].method, table.rows[-2].values[0], table.columns[0].name
    ('FGA-BLIP2 (es)', '0.6800', 'overall SRCC')
    """
    if name not in published_names():
        raise ValueError(f"There is no published table {name!r}; choose one of {', '.join(published_names())}.")
    record = json.loads((_FOLDER / f"{name}.json").read_text("utf-8"))
    return PublishedTable(
        name=name,
        title=record["title"],
        source=record["source"],
        address=record["address"],
        columns=tuple(PublishedColumn(**column) for column in record["columns"]),
        rows=tuple(_row(row) for row in record["rows"]),
        notes=tuple(record["notes"]),
    )


def published_values(
    *, dataset: str, statistic: Statistic, part: str = "overall", table: str | None = None
) -> tuple[PublishedValue, ...]:
    """Everything that was published of one statistic on one data set.

    Args:
        dataset: Such as ``"evalmuse"``, ``"genai_bench"``, ``"tifa160"`` or ``"richhf"``.
        statistic: See `PublishedColumn`.
        part: See `PublishedColumn`.
        table: Only of this table; None for all. The authors' tables contradict each other in places.

    >>> values = published_values(dataset="richhf", statistic="srcc")
    >>> [value.printed for value in values if value.scorer == "vqa_score"]
    ['0.4826']
    """
    found = []
    for name in published_names() if table is None else (table,):
        known = published_table(name)
        for place, column in enumerate(known.columns):
            if (column.dataset, column.part, column.statistic) != (dataset, part, statistic):
                continue
            for row in known.rows:
                if (printed := row.values[place]) is not None:
                    found.append(PublishedValue(row.label, row.scorer, printed, dataset in row.trained_on, name))
    return tuple(found)


def _row(row: dict[str, Any]) -> PublishedRow:
    lists = {"values": tuple(row["values"]), "trained_on": tuple(row.get("trained_on", ()))}
    return PublishedRow(**{**row, **lists})
