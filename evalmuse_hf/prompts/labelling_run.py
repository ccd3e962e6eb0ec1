"""Labels a table of prompts: the stage between collecting and sampling."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

from tqdm import tqdm

from evalmuse_hf.elements import LONE_SURROGATE, clean_prompt, text_problem
from evalmuse_hf.prompts.label_table import ID_COLUMNS
from evalmuse_hf.prompts.labels import DIMENSIONS, Labeller, PromptLabels
from evalmuse_hf.prompts.tables import TableRow

CLUSTER = "cluster"
"""Column of the cluster's number, as a text."""

COLUMNS = (*DIMENSIONS, CLUSTER, "label_status", "label_message", "labeller")
"""Columns that this stage writes."""

_ALWAYS = {*COLUMNS} - {CLUSTER}  # a row that has all of these has been here before
_EARLIER = "source_"
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class PromptRow:
    """A row with a prompt.

    Attributes:
        prompt_id: Its identifier.
        prompt: The prompt.
        values: All its columns.
    """

    prompt_id: str
    prompt: str
    values: Mapping[str, Any]


def read_prompt_rows(rows: Iterable[TableRow], *, column: str = "prompt") -> list[PromptRow]:
    """Take identifier and prompt from the rows of a table.

    Args:
        rows: The rows.
        column: Column with the prompt.

    Raises:
        ValueError: If there is no row, a column is missing, an identifier is empty or comes twice, or a prompt is no
            text.
    """
    found: list[PromptRow] = []
    seen: set[str] = set()
    for row in rows:
        name = next((name for name in ID_COLUMNS if name in row.values), None)
        if name is None or column not in row.values:
            missing = " or ".join(ID_COLUMNS) if name is None else column
            raise ValueError(f"{row.place} has no column {missing}, only {', '.join(row.values)}; add it.")
        prompt_id = "" if row.values[name] is None else str(row.values[name]).strip()
        if not prompt_id or prompt_id in seen:
            wrong = f"the {name} {prompt_id!r} a second time" if prompt_id else f"no {name}"
            raise ValueError(f"{row.place} has {wrong}; give every row one of its own.")
        prompt = row.values[column]
        if not isinstance(prompt, str):
            raise ValueError(f"{row.place} has {prompt!r} in {column!r}, expected a text; correct it.")
        seen.add(prompt_id)
        found.append(PromptRow(prompt_id, prompt, row.values))
    if not found:
        raise ValueError("The table has no rows; nothing can be labelled.")
    return found


def label_prompts(prompts: Sequence[str], labeller: Labeller, *, progress: bool = False) -> Iterator[PromptLabels]:
    """Label prompts, a thousand at a time; one with half of a character fails and is shown to no labeller.

    Args:
        prompts: The prompts.
        labeller: Who labels them.
        progress: Whether a bar shows how far it is.

    Yields:
        Labels in the order of the prompts.

    Raises:
        ValueError: If the labeller returns another number of labels than there are prompts.
    """
    with tqdm(total=len(prompts), unit="prompt", desc="labelling prompts", delay=2, disable=not progress) as bar:
        for start in range(0, len(prompts), _AT_ONCE):
            part = prompts[start : start + _AT_ONCE]
            whole = [prompt for prompt in part if not LONE_SURROGATE.search(prompt)]
            labels = labeller.label(whole)
            if len(labels) != len(whole):
                raise ValueError(
                    f"The labeller {labeller.name!r} returned {len(labels)} labels for {len(whole)} prompts."
                )
            left = iter(labels)
            for prompt in part:
                yield _half_character(prompt) if LONE_SURROGATE.search(prompt) else next(left)
            bar.update(len(part))


def _half_character(prompt: str) -> PromptLabels:
    return PromptLabels((), (), (), "failed", f"The prompt {text_problem(clean_prompt(prompt))}")


def labelled_row(
    values: Mapping[str, Any], labels: PromptLabels, *, labeller: str, cluster: int | None = None
) -> dict[str, Any]:
    """A row with its labels; its other columns stay.

    A column of a source that has the name of one of ours, such as the category that PartiPrompts gives, stays too, as
    ``source_category``, or ``source_category_2`` where there is one of that name. What an earlier run of this stage
    wrote is replaced.

    Args:
        values: Columns of the row.
        labels: Its labels.
        labeller: Who gave them.
        cluster: Its cluster; None if none was asked for.
    """
    ours = set(COLUMNS)
    again = values.keys() >= _ALWAYS
    row: dict[str, Any] = {}
    for name, value in values.items():
        if name not in ours:
            row[name] = value
        elif not again:
            row[_free_name(f"{_EARLIER}{name}", {*values, *row})] = value
    row |= {dimension: list(getattr(labels, dimension)) for dimension in DIMENSIONS}
    if cluster is not None:
        row[CLUSTER] = str(cluster)
    return row | {"label_status": labels.status, "label_message": labels.message, "labeller": labeller}


def _free_name(name: str, taken: Collection[str]) -> str:
    numbered = (f"{name}_{number}" for number in count(2))
    return next(free for free in chain([name], numbered) if free not in taken)


def count_labels(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """How many rows carry each label, by dimension; labels that none carries count 0.

    Args:
        rows: As `labelled_row` makes them.
    """
    counts: dict[str, dict[str, int]] = {name: dict.fromkeys(labels, 0) for name, labels in DIMENSIONS.items()}
    clusters: dict[str, int] = {}
    for row in rows:
        for name in DIMENSIONS:
            for label in row[name]:
                counts[name][label] += 1
        if CLUSTER in row:
            clusters[row[CLUSTER]] = clusters.get(row[CLUSTER], 0) + 1
    if clusters:
        counts[CLUSTER] = {name: clusters[name] for name in sorted(clusters, key=int)}
    return counts
