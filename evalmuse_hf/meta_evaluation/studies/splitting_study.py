"""How far splitters agree on the elements of a prompt: the second experiment that this project was founded with.

Every splitter labels every content word of a prompt as none or as one of the 12 categories. Krippendorff's nominal
alpha says how far the labels agree beyond chance, spans matched one to one say how far the elements do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.elements.span_agreement import SpanAgreement, compare_splits
from evalmuse_hf.elements.splitter import Splitter
from evalmuse_hf.elements.splitters import load_splitter
from evalmuse_hf.meta_evaluation.studies.splitting_prompts import (
    KINDS,
    StudyPrompt,
    choose_prompts,
    make_study_prompts,
    read_study_prompts,
)
from evalmuse_hf.meta_evaluation.studies.splitting_tokens import LABELS, NONE, label_tokens
from evalmuse_hf.schema import Element
from evalmuse_hf.stats import krippendorff_alpha
from evalmuse_hf.stats.results import StatisticResult

FORMAT = 1
"""Raised when a key of the record changes its meaning or goes away."""

GOLD = "gold"
"""Name of the known elements among the splitters."""

_DRAWN_PROMPTS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class SplittingOptions:
    """What is compared, and on what.

    Attributes:
        data: Prompts, see `read_study_prompts`; None makes some from templates.
        splitters: Names of `load_splitter`.
        llm: Model of one more splitter, as `evalmuse_hf.llm.load_chat_model` takes it; None for none.
        prompts: How many prompts at most; None takes all of a file, or 120 from templates.
        attempts: Answers that the model is asked for until one is valid.
        out: Folder of the replies of the model, so that a run that was interrupted goes on; None keeps none.
        seed: Of the templates and of the intervals.
        n_resamples: Bootstrap resamples of whole prompts.
    """

    data: Path | None = None
    splitters: Sequence[str] = ("spacy", "rules")
    llm: str | None = None
    prompts: int | None = None
    attempts: int = 3
    out: Path | None = None
    seed: int = 0
    n_resamples: int = 1000


@dataclass(frozen=True, slots=True)
class PairFigures:
    """Two splitters; the second is the reference of precision and recall.

    Attributes:
        first: Name of the one.
        second: Name of the other.
        alpha: Of the labels of words.
        presence: Of whether a word is in any element.
        spans: Elements matched one to one.
    """

    first: str
    second: str
    alpha: StatisticResult
    presence: StatisticResult
    spans: SpanAgreement


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """All figures of one kind of prompts.

    Attributes:
        kind: "all", or one of `KINDS`.
        n_prompts: Prompts.
        n_words: Content words.
        alpha: Of the labels of all splitters.
        presence: Of whether a word is in any element.
        categories: Per category, alpha of whether a word is in an element of it.
        counts: Per splitter, words with each label, "none" among them.
        pairs: Every pair of splitters.
    """

    kind: str
    n_prompts: int
    n_words: int
    alpha: StatisticResult
    presence: StatisticResult
    categories: Mapping[str, StatisticResult]
    counts: Mapping[str, Mapping[str, int]]
    pairs: tuple[PairFigures, ...]


@dataclass(frozen=True, slots=True)
class SplittingStudy:
    """What came out.

    Attributes:
        options: What was asked for.
        splitters: Names, the known elements first.
        statuses: Per splitter, how many prompts ended in which status.
        groups: All prompts, and each kind apart where there are several.
    """

    options: SplittingOptions
    splitters: tuple[str, ...]
    statuses: Mapping[str, Mapping[str, int]]
    groups: tuple[GroupFigures, ...]

    def record(self) -> dict[str, Any]:
        """Spell everything for JSON; what is undefined is null."""
        options = {**asdict(self.options), "splitters": list(self.options.splitters)}
        options |= {name: str(options[name]) if options[name] is not None else None for name in ("data", "out")}
        return {
            "format": FORMAT,
            "options": options,
            "splitters": list(self.splitters),
            "statuses": {name: dict(counts) for name, counts in self.statuses.items()},
            "groups": [_group_record(group) for group in self.groups],
        }


@dataclass(frozen=True, slots=True)
class _Split:
    """Elements per prompt by one splitter; None where it failed."""

    name: str
    elements: tuple[tuple[Element, ...] | None, ...]


def run_splitting_study(
    options: SplittingOptions, *, splitters: Sequence[Splitter] | None = None, progress: bool = False
) -> SplittingStudy:
    """Split the prompts by every splitter, and compare.

    Args:
        options: What is compared, and on what.
        splitters: Splitters instead of those that the options name.
        progress: Show a bar while prompts are split.

    Raises:
        ValueError: If there are fewer than two splitters, two have one name, or the prompts cannot be read.
    """
    if options.prompts is not None and options.prompts < 1:
        raise ValueError(f"The number of prompts is {options.prompts}, expected 1 or more.")
    if options.data is None:
        prompts = make_study_prompts(options.prompts or _DRAWN_PROMPTS, seed=options.seed)
    else:
        prompts = choose_prompts(read_study_prompts(options.data), options.prompts)
    found = _load(options) if splitters is None else list(splitters)
    gold = [prompt.gold for prompt in prompts]
    splits = [_Split(GOLD, tuple(gold))] if any(elements is not None for elements in gold) else []
    statuses: dict[str, dict[str, int]] = {}
    names = [*(split.name for split in splits), *(splitter.name for splitter in found)]
    if len(names) < 2 or len(set(names)) < len(names):
        raise ValueError(
            f"The study needs two splitters with different names, or one and known elements: got {names}."
        )
    for splitter in found:
        split, counts = _split_all(splitter, prompts, progress=progress)
        splits.append(split)
        statuses[split.name] = counts
    kinds = [kind for kind in KINDS if any(prompt.kind == kind for prompt in prompts)]
    groups = [_compare("all", prompts, splits, options)]
    if len(kinds) > 1:
        groups += [_compare(kind, prompts, splits, options) for kind in kinds]
    return SplittingStudy(options, tuple(names), statuses, tuple(groups))


def _load(options: SplittingOptions) -> list[Splitter]:
    splitters = [load_splitter(name) for name in options.splitters]
    if options.llm is not None:
        from evalmuse_hf.elements.llm_splitting import LLMSplitter
        from evalmuse_hf.llm import StructuredClient, load_chat_model

        cache = None if options.out is None else options.out / "replies.jsonl"
        model = load_chat_model(options.llm)
        splitters.append(LLMSplitter(StructuredClient(model, cache=cache, attempts=options.attempts, workers=1)))
    return splitters


def _split_all(splitter: Splitter, prompts: Sequence[StudyPrompt], *, progress: bool) -> tuple[_Split, dict[str, int]]:
    from tqdm import tqdm

    texts = [prompt.text for prompt in prompts]
    # A model gets all of them at once, so that what it learns of its server holds for the rest.
    calls = [texts] if splitter.name.startswith("llm:") else [[text] for text in texts]
    found = (result for call in calls for result in splitter.split(call))
    elements: list[tuple[Element, ...] | None] = []
    counts: dict[str, int] = {}
    for result in tqdm(found, desc=splitter.name, total=len(texts), disable=not progress):
        counts[result.status] = counts.get(result.status, 0) + 1
        elements.append(None if result.status == "failed" else result.elements)
    return _Split(splitter.name, tuple(elements)), counts


def _compare(
    kind: str, prompts: Sequence[StudyPrompt], splits: Sequence[_Split], options: SplittingOptions
) -> GroupFigures:
    chosen = [number for number, prompt in enumerate(prompts) if kind in ("all", prompt.kind)]
    columns, owners = _label_table(chosen, prompts, splits)
    categories = {
        name: _alpha(np.where(np.isnan(columns), np.nan, columns == label), owners, options)
        for name, label in LABELS.items()
        if (columns == label).any()
    }
    pairs = []
    for first, second in combinations(range(len(splits)), 2):
        # The known elements are what a splitter is compared with, never the other way round.
        one, other = (second, first) if splits[first].name == GOLD else (first, second)
        pairs.append(_compare_pair(one, other, columns, owners, [prompts, chosen, splits], options))
    return GroupFigures(
        kind=kind,
        n_prompts=len(chosen),
        n_words=len(columns),
        alpha=_alpha(columns, owners, options),
        presence=_alpha(_presence(columns), owners, options),
        categories=categories,
        counts={split.name: _count(columns[:, number]) for number, split in enumerate(splits)},
        pairs=tuple(pairs),
    )


def _label_table(
    chosen: Sequence[int], prompts: Sequence[StudyPrompt], splits: Sequence[_Split]
) -> tuple[NDArray[np.float64], list[str]]:
    """Labels, shape (words, splitters), nan where a splitter failed; and the prompt of each word."""
    rows: list[NDArray[np.float64]] = []
    owners: list[str] = []
    for number in chosen:
        text = prompts[number].text
        known = [split.elements[number] for split in splits]
        n_words = len(label_tokens(text, ()))
        labels = [label_tokens(text, own) if own is not None else [np.nan] * n_words for own in known]
        rows.append(np.array(labels, dtype=np.float64).reshape(len(splits), n_words).T)
        owners += [text] * n_words
    return np.concatenate(rows), owners


def _compare_pair(
    first: int,
    second: int,
    columns: NDArray[np.float64],
    owners: Sequence[str],
    source: Any,
    options: SplittingOptions,
) -> PairFigures:
    prompts, chosen, splits = source
    pair = columns[:, [first, second]]
    both = [n for n in chosen if splits[first].elements[n] is not None and splits[second].elements[n] is not None]

    def labelled(split: _Split) -> list[list[tuple[str, str]]]:
        return [[(element.text, element.category or "other") for element in split.elements[n] or ()] for n in both]

    spans = compare_splits(
        [prompts[n].text for n in both],
        predictions=labelled(splits[first]),
        references=labelled(splits[second]),
        n_resamples=options.n_resamples,
        rng=options.seed,
    )
    return PairFigures(
        splits[first].name,
        splits[second].name,
        _alpha(pair, owners, options),
        _alpha(_presence(pair), owners, options),
        spans,
    )


def _presence(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isnan(columns), np.nan, columns != NONE)


def _alpha(columns: NDArray[np.float64], owners: Sequence[str], options: SplittingOptions) -> StatisticResult:
    return krippendorff_alpha(
        columns, level="nominal", groups=owners, n_resamples=options.n_resamples, rng=options.seed
    )


def _count(column: NDArray[np.float64]) -> dict[str, int]:
    counts = {name: int((column == label).sum()) for name, label in LABELS.items()}
    return {"none": int((column == NONE).sum()), **counts}


def _group_record(group: GroupFigures) -> dict[str, Any]:
    return {
        "kind": group.kind,
        "n_prompts": group.n_prompts,
        "n_words": group.n_words,
        "alpha": _result_record(group.alpha),
        "presence": _result_record(group.presence),
        "categories": {name: _result_record(result) for name, result in group.categories.items()},
        "counts": {name: dict(counts) for name, counts in group.counts.items()},
        "pairs": [
            {
                "first": pair.first,
                "second": pair.second,
                "alpha": _result_record(pair.alpha),
                "presence": _result_record(pair.presence),
                "n_prompts": pair.spans.n_prompts,
                **{
                    name: _result_record(getattr(pair.spans, name))
                    for name in ("precision", "recall", "f1", "labelled_f1", "category_accuracy")
                },
            }
            for pair in group.pairs
        ],
    }


def _result_record(result: StatisticResult) -> dict[str, Any]:
    low, high = result.confidence_interval or (None, None)
    value = None if np.isnan(result.statistic) else result.statistic
    return {"value": value, "low": low, "high": high, "n": result.n, "status": result.status}
