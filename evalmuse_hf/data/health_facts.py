"""What a check keeps of each row: enough for every count and statistic, and neither pictures nor words."""

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalmuse_hf.data.identity import prompt_identity
from evalmuse_hf.elements import PLACED_STATUSES, find_spans
from evalmuse_hf.elements import SpanStatus as Status

N_LISTED = 50
"""Names that a report lists of each kind; the counts beside them are complete."""

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ElementFacts:
    """One element of one pair, without its words.

    Attributes:
        category: Reporting category; None where none is known.
        raw_category: The category as it was spelled.
        ratings: 0 or 1 per rater; empty where they are not published.
        score: Their mean, in [0, 1]; nan where it is not known.
    """

    category: str | None
    raw_category: str | None
    ratings: tuple[int, ...]
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFacts:
    """One pair, without picture and words.

    Attributes:
        part: Split, or split and fold, such as ``"train"`` or ``"train-fold0"``.
        image_path: Path of the picture.
        content_hash: SHA-256 of the picture; None where it is not known.
        prompt_id: Identifier of the prompt.
        prompt: See `evalmuse_hf.data.identity.prompt_identity`; None where the words are not known.
        source: ``"real"``, ``"synthetic"`` or None.
        generator: The text-to-image model.
        ratings: Overall ratings; empty where they are not published.
        score: Their mean, 1 to 5; nan where it is not known.
        elements: Its elements.
    """

    part: str
    image_path: str
    content_hash: str | None
    prompt_id: str
    prompt: str | None
    source: str | None
    generator: str
    ratings: tuple[int, ...]
    score: float
    elements: tuple[ElementFacts, ...]

    @property
    def group(self) -> str:
        """What the pictures of one prompt share."""
        return self.prompt if self.prompt is not None else self.prompt_id


@dataclass(slots=True)
class FactSheet:
    """Facts of all rows, and the different prompts with their elements.

    Attributes:
        pairs: In the order in which they were read.
        asked: Prompts as they were written, each with the texts of its elements.
    """

    pairs: list[PairFacts] = field(default_factory=list)
    asked: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)
    _shared: dict[Hashable, Any] = field(default_factory=dict)

    def add(self, row: Mapping[str, Any], *, part: str) -> None:
        """Keep the facts of one row.

        Args:
            row: With the columns of `evalmuse_hf.schema.pair_features`; the picture is not looked at.
            part: Split, or split and fold.
        """
        prompt, elements = row["prompt"], row["elements"] or ()
        if prompt is not None:
            self.asked.add((prompt, tuple(element["text"] or "" for element in elements)))
        facts = PairFacts(
            part=part,
            image_path=row["image_path"] or "",
            content_hash=row["content_hash"],
            prompt_id=self._one(row["prompt_id"] or ""),
            prompt=None if prompt is None else self._one(prompt_identity(prompt)),
            source=self._one(row["source"]),
            generator=self._one(row["generator"] or "unknown"),
            ratings=self._one(tuple(row["overall_ratings"] or ())),
            score=_number(row["overall_score"]),
            elements=tuple(self._one(_element_facts(element)) for element in elements),
        )
        self.pairs.append(facts)

    def _one(self, value: Any) -> Any:
        """The first of all equal values, so that each is held once; most elements have few different ratings."""
        return self._shared.setdefault((type(value), value), value)


def count_parts(pairs: Sequence[PairFacts]) -> Record:
    """Per split (or split and fold): ``pairs, rated`` (with overall ratings)``, scored, prompts, generators``.

    Args:
        pairs: Any.
    """
    parts = {}
    for part in dict.fromkeys(pair.part for pair in pairs):
        own = [pair for pair in pairs if pair.part == part]
        parts[part] = {
            "pairs": len(own),
            "rated": sum(bool(pair.ratings) for pair in own),
            "scored": sum(not math.isnan(pair.score) for pair in own),
            "prompts": len({pair.group for pair in own}),
            "generators": len({pair.generator for pair in own}),
        }
    return parts


def find_duplicates(pairs: Sequence[PairFacts]) -> Record:
    """Picture files that occur more than once, by content.

    Args:
        pairs: Any.

    Returns:
        ``contents`` (different files that occur more than once), ``pictures`` (how many they are together),
        ``across_parts`` (contents in two splits or folds), ``first`` (the paths of the first of them) and ``status``;
        numbers are None if no content hash is known.
    """
    places: defaultdict[str, list[PairFacts]] = defaultdict(list)
    for pair in pairs:
        if pair.content_hash is not None:
            places[pair.content_hash].append(pair)
    if not places:
        unknown = "no content hashes"
        return {"contents": None, "pictures": None, "across_parts": None, "first": [], "status": unknown}
    repeated = [same for same in places.values() if len(same) > 1]
    return {
        "contents": len(repeated),
        "pictures": sum(map(len, repeated)),
        "across_parts": sum(len({pair.part for pair in same}) > 1 for same in repeated),
        "first": [[pair.image_path for pair in same[:N_LISTED]] for same in repeated[:N_LISTED]],
        "status": "ok",
    }


def find_leaks(pairs: Sequence[PairFacts]) -> Record:
    """Prompts that stand in two splits or folds, and identifiers that do not say which prompt they mean.

    Args:
        pairs: Any.

    Returns:
        ``prompts`` (in two parts, whatever their case and spaces; None if the words are not known), ``prompt_ids`` (in
        two parts), ``first`` (names of the first), ``ids_of_two_prompts``, ``prompts_of_two_ids`` and ``status``.
    """
    known = [pair for pair in pairs if pair.prompt is not None]
    leaks = _keys_of_several((pair.prompt, pair.part) for pair in known)
    two_prompts = _keys_of_several((pair.prompt_id, pair.prompt) for pair in known)
    two_ids = _keys_of_several((pair.prompt, pair.prompt_id) for pair in known)
    leaks_by_id = _keys_of_several((pair.prompt_id, pair.part) for pair in pairs)
    return {
        "prompts": len(leaks) if known else None,
        "prompt_ids": len(leaks_by_id),
        "first": (leaks or leaks_by_id)[:N_LISTED],
        "ids_of_two_prompts": len(two_prompts) if known else None,
        "prompts_of_two_ids": len(two_ids) if known else None,
        "status": "ok" if known else "the words of the prompts are not known",
    }


def find_elements(asked: Iterable[tuple[str, tuple[str, ...]]]) -> Record:
    """Look every element up in its prompt, those of each prompt once.

    Args:
        asked: Prompts with the texts of their elements.

    Returns:
        ``n``, ``statuses`` (`evalmuse_hf.elements.SpanStatus` -> count), ``unplaced``, ``ambiguous``, ``problems``
        (the first that are not ``"ok"``, unplaced ones first) and ``status``; numbers are None without prompts.
    """
    prompts = sorted(asked)
    if not prompts:
        unknown = "the words of the prompts are not known"
        return {"n": None, "statuses": {}, "unplaced": None, "ambiguous": None, "problems": [], "status": unknown}
    statuses: Counter[str] = Counter()
    problems = []
    for prompt, elements in prompts:
        for spans in find_spans(prompt, elements):
            statuses[spans.status] += 1
            if spans.status != Status.OK:
                problems.append({"status": spans.status, "element": spans.text, "prompt": prompt})
    problems.sort(key=lambda problem: problem["status"] in PLACED_STATUSES)
    return {
        "n": statuses.total(),
        "statuses": dict(statuses.most_common()),
        "unplaced": sum(count for status, count in statuses.items() if status not in PLACED_STATUSES),
        "ambiguous": statuses[Status.AMBIGUOUS],
        "problems": problems[:N_LISTED],
        "status": "ok",
    }


def count_spellings(pairs: Sequence[PairFacts]) -> list[Record]:
    """Spellings of the categories, each with the reporting category it stands for and its elements (of all pairs).

    Args:
        pairs: Any.
    """
    counts = Counter((element.raw_category, element.category) for pair in pairs for element in pair.elements)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    return [{"spelling": raw, "category": category, "elements": count} for (raw, category), count in ordered]


def _keys_of_several(entries: Iterable[tuple[Any, Any]]) -> list[Any]:
    """Keys that occur with more than one value."""
    values: defaultdict[Any, set[Any]] = defaultdict(set)
    for key, value in entries:
        values[key].add(value)
    return sorted(key for key, different in values.items() if len(different) > 1)


def _element_facts(element: Mapping[str, Any]) -> ElementFacts:
    ratings = tuple(element["ratings"] or ())
    return ElementFacts(element["category"], element["raw_category"], ratings, _number(element["score"]))


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
