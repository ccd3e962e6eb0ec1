"""Scorers judged against people: records of `evalmuse evaluate` and `evalmuse study metrics`, and published tables."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal

from evalmuse_hf.meta_evaluation.evaluation import FORMAT
from evalmuse_hf.meta_evaluation.published.tables import published_names, published_table
from evalmuse_hf.pages.leaderboard.record_labels import RecordLabel, read_label
from evalmuse_hf.pages.leaderboard.scorer_results import BesideKind, BesideRow, ScorerGroup, ScorerResult, Statistic
from evalmuse_hf.pages.leaderboard.untrusted_record import MAX_SENTENCE, RecordError, Value

STUDY_FORMAT = 2  # that of `evalmuse_hf.meta_evaluation.studies.metrics_study`, whose import takes seconds
MAX_SCORERS = 200
_MAX_DATASETS = 50
_EMBEDDED = "embedded"
_TRIVIAL = (
    ("generator_mean", "knows the generator only"),
    ("prompt_oracle", "knows the prompt only"),
    ("both", "knows generator and prompt, no picture"),
)
_FACTS = ("source", "license", "aggregation")
_NOT_BY_CONSTRUCTION = "generator mean"
_CORRELATIONS = ("srcc", "krcc", "plcc")
_PER_CENT = 100


def read_evaluate_record(record: Value, key: str) -> ScorerGroup:
    """Read a record of `evalmuse evaluate`.

    Args:
        record: All of it.
        key: Path of its file below the folder of records.

    Returns:
        A group of one result, to be joined with others by `join_groups`.

    Raises:
        RecordError: If it is of another format or lacks what every such record has.
    """
    _require_format(record, FORMAT, "an evaluation")
    label, coverage, elements = read_label(record, key), record.get("coverage"), record.get("elements")
    rated = coverage.get("rated").count()
    as_wrong = elements.get("unscored_as_wrong") if elements.is_given else Value(None)
    figures = {
        **_figures(record.get("overall"), _CORRELATIONS),
        "within": _statistic(record.get("within_prompt").get("srcc")),
        **_verdicts(as_wrong if as_wrong.is_given else elements),
    }
    facts, dataset = record.get("data"), _text(record.get("dataset"))
    split = _text(record.get("split"))
    name = _text(facts.get("title")) if facts.is_given else ""
    in_domain = [item.text() for item in facts.get("in_domain").items(MAX_SCORERS)] if facts.is_given else []
    base, _, model = label.scorer.partition(":")
    result = ScorerResult(
        scorer=label.scorer or label.title,
        label=label,
        figures=figures,
        scored=coverage.get("scored").count(),
        rated=rated,
        in_domain=(label.scorer in in_domain or (base in in_domain and model != "mini")) if label.scorer else None,
        beside=tuple(_beside(record)),
        warnings=record.get("warnings").sentences(),
    )
    # The title alone does not tell data sets apart: a drawn test set in the released format calls itself EvalMuse-40K.
    where = ", ".join(part for part in (dataset, f"split {split}" if split else "") if part)
    if label.simulated:
        name = "Drawn pictures"
    title = ": ".join(part for part in (name, where) if part) or "data set without a name"
    return ScorerGroup(
        key=f"{title} ({rated:,} rated)",
        title=f"{title} ({rated:,} rated)",
        results=(result,),
        # Of a drawn test set, source and licence of what it imitates would be wrong.
        facts=() if label.simulated else _facts(facts),
        notes=facts.get("notes").sentences() if facts.is_given and not label.simulated else (),
    )


def read_study_record(record: Value, key: str) -> tuple[ScorerGroup, ...]:
    """Read a record of `evalmuse study metrics`; each of its data sets is a group of its own.

    Args:
        record: All of it.
        key: Path of its file below the folder of records.

    Raises:
        RecordError: If it is of another format or lacks what every such record has.
    """
    _require_format(record, STUDY_FORMAT, "a comparison of scorers")
    label = read_label(record, key)
    listed = record.get("scorers").items(MAX_SCORERS)
    groups = []
    for data in record.get("datasets").items(_MAX_DATASETS):
        name, facts, letters = data.get("dataset").text(), data.get("facts"), data.get("letters")
        own = replace(label, simulated=label.simulated or name == _EMBEDDED)
        beside = tuple(_study_beside(data))
        said = {scorer: value.text() for scorer, value in letters.entries(MAX_SCORERS).items() if value.content}
        results = tuple(
            _study_result(item, own, said, beside) for item in listed if item.get("dataset").content == name
        )
        if not results:
            raise RecordError(f"It names no scorer for its data set {name}.")
        title = f"{_text(facts.get('title')) or name}: {label.title}, {data.get('n_prompts').count():,} prompts"
        groups.append(
            ScorerGroup(
                key=f"{title} ({key})",
                title=title,
                results=results,
                facts=_facts(facts),
                notes=data.get("notes").sentences(),
            )
        )
    return tuple(groups)


def join_groups(groups: Iterable[ScorerGroup]) -> tuple[ScorerGroup, ...]:
    """Bring results on the same data set together.

    Args:
        groups: Of single records.
    """
    joined: dict[str, ScorerGroup] = {}
    for group in groups:
        held = joined.get(group.key)
        joined[group.key] = group if held is None else replace(held, results=(*held.results, *group.results))
    return tuple(joined.values())


def published_groups() -> tuple[ScorerGroup, ...]:
    """The published tables, one group for each table and data set; they have no intervals."""
    groups = []
    for name in published_names():
        table = published_table(name)
        for dataset in dict.fromkeys(column.dataset for column in table.columns):
            places = {
                column.statistic: place
                for place, column in enumerate(table.columns)
                if column.dataset == dataset
                and column.part == "overall"
                and column.statistic in (*_CORRELATIONS, "accuracy")
            }
            results = []
            for row in table.rows:
                figures: dict[str, Statistic] = {
                    statistic: Statistic(value=float(printed) / (_PER_CENT if statistic == "accuracy" else 1))
                    for statistic, place in places.items()
                    if (printed := row.values[place]) is not None
                }
                if figures:
                    label = RecordLabel(key=name, title=table.title, scorer=row.scorer or "", published=True)
                    results.append(
                        ScorerResult(
                            scorer=row.label, label=label, figures=figures, in_domain=dataset in row.trained_on
                        )
                    )
            if results:
                title = f"{dataset}: {table.title}"
                facts = (("source", table.source), ("address", table.address))
                groups.append(
                    ScorerGroup(
                        key=f"published {name} {dataset}", title=title, results=tuple(results), facts=facts,
                        notes=table.notes, published=True,
                    )
                )  # fmt: skip
    return tuple(groups)


def _require_format(record: Value, known: int, kind: str) -> None:
    found = record.get("format").count()
    if found != known:
        raise RecordError(f"It is {kind} of format {found}; this page reads format {known}.")


def _text(value: Value) -> str:
    return value.text(MAX_SENTENCE) if value.is_given and value.content != "" else ""


def _facts(facts: Value) -> tuple[tuple[str, str], ...]:
    if not facts.is_given:
        return ()
    return tuple((name, text) for name in _FACTS if (text := _text(facts.get(name))))


def _statistic(value: Value) -> Statistic:
    if not value.is_given:
        return Statistic(value=None, status="not in the record")
    status, n, groups = value.get("status"), value.get("n"), value.get("n_groups")
    return Statistic(
        value=value.get("value").number_or_none(),
        low=value.get("low").number_or_none(),
        high=value.get("high").number_or_none(),
        n=n.count() if n.is_given else None,
        n_prompts=groups.count() if groups.is_given else None,
        status=status.text(MAX_SENTENCE) if status.is_given else "ok",
    )


def _figures(part: Value, names: Iterable[str]) -> dict[str, Statistic]:
    return {name: _statistic(part.get(name)) for name in names}


def _verdicts(part: Value) -> dict[str, Statistic]:
    if not part.is_given:
        return {}
    return {"accuracy": _statistic(part.get("micro")), "balanced": _statistic(part.get("balanced"))}


def _beside(record: Value) -> Iterator[BesideRow]:
    references, ceilings = record.get("references"), record.get("ceilings")
    if references.is_given:
        for key, name in _TRIVIAL:
            part = references.get(key)
            if part.is_given:
                yield _row(name, "trivial", _figures(part, _CORRELATIONS))
        part = references.get("majority_class")
        if part.is_given:
            yield _row("majority class of each category", "trivial", _verdicts(part))
    if ceilings.is_given:
        person, best, verdicts = (ceilings.get(key) for key in ("human_as_scorer", "overall", "accuracy"))
        if person.is_given:
            yield _row("one person", "person", _figures(person, _CORRELATIONS))
        figures = _figures(best, _CORRELATIONS) if best.is_given else {}
        micro = {"accuracy": _statistic(verdicts.get("micro"))} if verdicts.is_given else {}
        yield _row("noise ceiling of the ratings", "ceiling", {**figures, **micro})


def _row(name: str, kind: BesideKind, figures: dict[str, Statistic]) -> BesideRow:
    return BesideRow(name=name, kind=kind, figures=figures)


def _study_result(
    item: Value, label: RecordLabel, letters: dict[str, str], beside: tuple[BesideRow, ...]
) -> ScorerResult:
    name, coverage = item.get("name").text(), item.get("coverage")
    return ScorerResult(
        scorer=name,
        label=replace(label, scorer=name),
        figures=_study_figures(item),
        scored=coverage.get("scored").count(),
        rated=coverage.get("rated").count(),
        in_domain=item.get("in_domain").flag(),
        letters=letters.get(name, ""),
        beside=beside,
    )


def _study_figures(item: Value) -> dict[str, Statistic]:
    return {
        **_figures(item.get("overall"), _CORRELATIONS),
        "within": _statistic(item.get("within_prompt").get("srcc")),
        **_verdicts(item.get("elements")),
    }


def _study_beside(data: Value) -> Iterator[BesideRow]:
    for item in data.get("reference_rows").items(MAX_SCORERS):
        name = item.get("name").text()
        known = {key: one for key, one in _study_figures(item).items() if one.value is not None}
        if name != _NOT_BY_CONSTRUCTION:
            known.pop("within", None)  # the mean of a prompt's other pictures falls as the picture's own rating rises
        yield _row(name, "trivial", known)
    people = data.get("people")
    if not people.is_given:
        return
    kinds: tuple[tuple[str, Literal["person", "ceiling"], str], ...] = (
        ("human_as_scorer", "person", "one person"),
        ("ceilings", "ceiling", "noise ceiling of the ratings"),
    )
    for key, kind, name in kinds:
        part = people.get(key)
        if part.is_given:
            entries = part.entries(len(_CORRELATIONS) + 1)
            given = {statistic: entries[statistic] for statistic in _CORRELATIONS if statistic in entries}
            yield _row(name, kind, {one: _bare_or_statistic(value) for one, value in given.items()})


def _bare_or_statistic(value: Value) -> Statistic:
    """A ceiling of a study is a bare number."""
    return _statistic(value) if isinstance(value.content, dict) else Statistic(value=value.number_or_none())
