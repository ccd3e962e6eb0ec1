"""A page that shows prompts before and after sampling, made from the report of `sample_record` alone."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalmuse_hf.elements import LONE_SURROGATE
from evalmuse_hf.prompts.sampling_report import FORMAT
from evalmuse_hf.reports import Bars, Cell, Document, Section, Table, write_document

_STATUSES = {
    "optimal": "Nothing better exists.",
    "feasible": "The best that was found; a better one may exist within the proven gap.",
    "time_limit": "The time limit ended the search; this is the best that was found.",
    "infeasible": "The bounds cannot be kept; nothing was chosen.",
}
_CHOICES = {"milp": "this sample", "lp_rounding": "LP rounding", "greedy": "greedy", "random": "random"}
_ROUNDED = 1e-6  # a number this near to a whole one is shown as that

# What a page shows of a report, with its kinds. None among the kinds: an unknown number, as of an infeasible sample.
_Kinds = Mapping[str, tuple[type, ...]]
_NUMBER = (int, float)
_NUMBER_OR_NONE = (*_NUMBER, type(None))
_KNOWN: _Kinds = {"n": _NUMBER, "n_candidates": _NUMBER, "status": (str,), "proven_gap": _NUMBER_OR_NONE}
_BIN: _Kinds = {
    **{"dimension": (str,), "bin": (str,)},
    **dict.fromkeys(("supply", "target", "achieved", "deviation"), _NUMBER_OR_NONE),
}
_MISSING: _Kinds = {"dimension": (str,), "bin": (str,), "missing": _NUMBER}
_CHOICE: _Kinds = {
    **{"value": _NUMBER, "keeps_bounds": (bool,)},
    **dict.fromkeys(("total_deviation", "largest_deviation"), _NUMBER_OR_NONE),
}


def read_sampling_report(path: Path) -> dict[str, Any]:
    """Read a report that `evalmuse prompts sample --report` wrote.

    Args:
        path: The file.

    Raises:
        ValueError: If there is none, it is no JSON, of another version, or lacks something that the page shows.
    """
    if not path.is_file():
        raise ValueError(f"There is no sampling report at {path}; `evalmuse prompts sample --report FILE` writes one.")
    try:
        read = json.loads(path.read_text("utf-8"))
        record = json.loads(LONE_SURROGATE.sub("\ufffd", json.dumps(read, ensure_ascii=False)))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is no JSON ({error}); write it again with `evalmuse prompts sample`.") from None
    if not isinstance(record, dict) or record.get("format") != FORMAT or not isinstance(record.get("bins"), list):
        raise ValueError(f"{path} is no sampling report of format {FORMAT}; write it with `evalmuse prompts sample`.")
    if problem := _problem(record):
        raise ValueError(
            f"{path} is no whole sampling report: {problem}; write it again with `evalmuse prompts sample --report`."
        )
    return record


def _problem(record: Mapping[str, Any]) -> str | None:
    """What is missing from a report, or of another kind than `sample_record` writes."""
    missing, choices, options = record.get("missing"), record.get("choices"), record.get("options")
    if not isinstance(missing, list) or not isinstance(choices, dict) or not isinstance(options, dict | None):
        return "'missing' is no list, or 'choices' or 'options' no object"
    parts: list[tuple[str, Any, _Kinds]] = [("it", record, _KNOWN)]
    parts += [(f"bin {place}", bin_, _BIN) for place, bin_ in enumerate(record["bins"], start=1)]
    parts += [(f"entry {place} of 'missing'", entry, _MISSING) for place, entry in enumerate(missing, start=1)]
    parts += [(f"choice {name!r}", choice, _CHOICE) for name, choice in choices.items()]
    for what, part, kinds in parts:
        if not isinstance(part, dict):
            return f"{what} is {part!r:.60}, expected an object"
        for key, kind in kinds.items():
            if key not in part:
                return f"{what} has no {key!r}"
            if not _is_of(part[key], kind):
                return f"{what} has {part[key]!r:.60} in {key!r}"
    return None


def _is_of(value: Any, kinds: tuple[type, ...]) -> bool:
    """Whether a value is of one of these kinds; a number must be finite, and JSON's true is none."""
    if isinstance(value, bool):
        return bool in kinds
    return isinstance(value, kinds) and (not isinstance(value, _NUMBER) or abs(value) <= sys.float_info.max)


def write_sampling_page(record: Mapping[str, Any], path: Path) -> None:
    """Write the page: for each dimension the labels before and after, with target and deviation.

    Args:
        record: As `sample_record` makes it.
        path: HTML file to write.
    """
    write_document(sampling_document(record), path)


def sampling_document(record: Mapping[str, Any]) -> Document:
    """Lay a report of sampling out as a document.

    Args:
        record: As `sample_record` makes it.
    """
    dimensions: dict[str, list[Mapping[str, Any]]] = {}
    for bin_ in record["bins"]:
        dimensions.setdefault(str(bin_["dimension"]), []).append(bin_)
    choices = record["choices"]
    chosen = choices.get("milp") or {}
    missing = [f"{entry['dimension']}: {entry['bin']} lacks {entry['missing']:g}." for entry in record["missing"]]
    status = str(record["status"])
    return Document(
        title="Prompts before and after sampling",
        summary=f"{record['n']:,} of {record['n_candidates']:,} prompts. {_STATUSES.get(status, status)}",
        figures=(
            ("Total deviation", _number(chosen.get("total_deviation")), "from the targets, over all labels"),
            ("Largest deviation", _number(chosen.get("largest_deviation")), "of one label"),
            ("Proven gap", _number(record["proven_gap"]), "by which the weighted value may be improved at most"),
        ),
        warnings=tuple(missing),
        sections=(
            *(_dimension_section(name, bins, record) for name, bins in dimensions.items()),
            Section(title="Other ways to choose", tables=(_choices_table(choices),)),
        ),
        source=(
            ("solver", str(record.get("solver"))),
            *(
                (name, _spell(value))
                for name, value in (record.get("options") or {}).items()
                if value not in (None, [])
            ),
        ),
    )


def _dimension_section(name: str, bins: Sequence[Mapping[str, Any]], record: Mapping[str, Any]) -> Section:
    labels = tuple(str(bin_["bin"]) for bin_ in bins)
    supply, target, achieved, deviation = (
        [_number(bin_[key]) for bin_ in bins] for key in ("supply", "target", "achieved", "deviation")
    )
    before = Table(
        title=f"Before: {record['n_candidates']:,} candidates",
        header=("label", "prompts"),
        rows=tuple(zip(labels, supply, strict=True)),
        bars=Bars(labels=labels, values=_plotted(supply), axis="prompts with the label"),
    )
    after = Table(
        title=f"After: {record['n']:,} chosen",
        header=("label", "prompts", "target", "deviation"),
        rows=tuple(zip(labels, achieved, target, deviation, strict=True)),
        bars=Bars(
            labels=labels, values=_plotted(achieved), axis="prompts with the label", references=_plotted(target)
        ),
        note="A tick marks the target.",
    )
    return Section(title=name, text=(_evenness(supply, achieved),), tables=(before, after))


def _evenness(before: Sequence[Cell], after: Sequence[Cell]) -> str:
    """How many times the most frequent label outnumbers the rarest, before and after."""
    ratios = [_ratio([number for number in numbers if isinstance(number, int | float)]) for numbers in (before, after)]
    return f"The most frequent label outnumbers the rarest {ratios[0]} before and {ratios[1]} after."


def _ratio(numbers: Sequence[float]) -> str:
    if not numbers or min(numbers) <= 0:
        return "without limit" if numbers and max(numbers) > 0 else "by an unknown factor"
    return f"{max(numbers) / min(numbers):,.1f} times"


def _choices_table(choices: Mapping[str, Mapping[str, Any]]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            _CHOICES.get(name, name.replace("_", " ")),
            float(choice["value"]),
            _number(choice["total_deviation"]),
            _number(choice["largest_deviation"]),
            "yes" if choice["keeps_bounds"] else "no",
        )
        for name, choice in choices.items()
    ]
    return Table(
        title="",
        header=("choice", "value", "total deviation", "largest deviation", "keeps bounds"),
        rows=tuple(rows),
        note="The value is the weighted sum of deviations, or the largest, whichever was minimised; less is better.",
    )


def _number(value: float | None) -> int | float | None:
    """A number as a page shows it: whole ones as such."""
    if value is None:
        return None
    return round(value) if abs(value - round(value)) < _ROUNDED else float(value)


def _plotted(numbers: Sequence[int | float | None]) -> tuple[float | None, ...]:
    return tuple(numbers)


def _spell(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
