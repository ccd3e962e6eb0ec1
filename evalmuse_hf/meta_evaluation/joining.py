"""Brings scores and ratings of the same pictures together, and says what did not find its partner."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

Row = Mapping[str, Any]

KEY_COLUMNS = ("image_path", "image", "id")
"""Columns of scores that may name the picture, in the order in which they are tried."""


@dataclass(frozen=True, slots=True)
class JoinedPair:
    """A picture with its scores and its ratings.

    Attributes:
        score: The row of scores.
        pair: The row of the data set; see `evalmuse_hf.schema.pair_features`.
        elements: For each element of ``pair``, in its order, the scored element; None where there is none.
    """

    score: Row
    pair: Row
    elements: tuple[Row | None, ...]


@dataclass(frozen=True, slots=True)
class Join:
    """Scores and ratings brought together.

    Attributes:
        pairs: What found its partner, in the order of the data set.
        n_scores: Rows of scores.
        n_pairs: Rows of the data set.
        missing: Pictures of the data set without a score.
        unknown: Pictures of the scores that the data set lacks.
        duplicates: Pictures that were scored more than once; the first score counts.
        other_prompts: Pictures that were scored for another prompt than the data set's; left out.
        conflicting: Of ``duplicates``, those whose overall scores differ.
        repeated_pairs: Pictures that the data set lists more than once; the first row counts.
    """

    pairs: tuple[JoinedPair, ...]
    n_scores: int
    n_pairs: int
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()
    other_prompts: tuple[str, ...] = ()
    conflicting: tuple[str, ...] = ()
    repeated_pairs: tuple[str, ...] = ()


def join_scores(scores: Iterable[Row], pairs: Iterable[Row]) -> Join:
    """Join scores to the pairs of a data set by the path of the picture.

    A score belongs to the pair whose ``image_path`` its ``image_path``, ``image`` or ``id`` equals or ends in, so that
    ``raw/images/SDXL/00012.png`` finds ``SDXL/00012.png``. Elements are matched by text; the second of two elements
    with one text matches the second.

    Args:
        scores: Rows of scores.
        pairs: Rows with ``image_path``, ``prompt`` and ``elements``.

    >>> pairs = [{"image_path": "SDXL/1.png", "prompt": "a cat", "elements": []}]
    >>> join = join_scores([{"image": "images/SDXL/1.png", "prompt": "a cat"}, {"image": "2.png"}], pairs)
    >>> len(join.pairs), join.missing, join.unknown
    (1, (), ('2.png',))
    """
    by_path: dict[str, Row] = {}
    repeated_pairs = []
    for pair in pairs:
        path = str(pair["image_path"])
        if path in by_path:
            repeated_pairs.append(path)
        by_path.setdefault(path, pair)
    found: dict[str, Row] = {}
    unknown, duplicates, other_prompts, conflicting = [], [], [], []
    n_scores = 0
    for score in scores:
        n_scores += 1
        named = _find_path(score, by_path)
        if named is None:
            unknown.append(str(next((score[key] for key in KEY_COLUMNS if score.get(key) is not None), None)))
        elif not _same_text(score.get("prompt"), by_path[named].get("prompt")):
            other_prompts.append(named)
        elif named in found:
            duplicates.append(named)
            if score.get("overall_score") != found[named].get("overall_score"):
                conflicting.append(named)
        else:
            found[named] = score
    joined = tuple(
        JoinedPair(found[path], pair, _match_elements(found[path].get("elements") or (), pair["elements"] or ()))
        for path, pair in by_path.items()
        if path in found
    )
    return Join(
        pairs=joined,
        n_scores=n_scores,
        n_pairs=len(by_path),
        missing=tuple(path for path in by_path if path not in found),
        unknown=tuple(unknown),
        duplicates=tuple(duplicates),
        other_prompts=tuple(other_prompts),
        conflicting=tuple(dict.fromkeys(conflicting)),
        repeated_pairs=tuple(dict.fromkeys(repeated_pairs)),
    )


def _find_path(score: Row, by_path: Mapping[str, Row]) -> str | None:
    """Find the picture of the data set that a score names; the longest end of the path that is one."""
    for column in KEY_COLUMNS:
        value = score.get(column)
        if value is None:
            continue
        parts = PurePosixPath(str(value).replace("\\", "/")).parts
        for start in range(len(parts)):
            path = "/".join(parts[start:])
            if path in by_path:
                return path
    return None


def _same_text(left: object, right: object) -> bool:
    """Tell whether two prompts are one; a prompt that is not known fits every one."""
    return left is None or right is None or str(left).split() == str(right).split()


def _match_elements(scored: Sequence[Row], rated: Sequence[Row]) -> tuple[Row | None, ...]:
    by_text: defaultdict[str, list[Row]] = defaultdict(list)
    for element in scored:
        by_text[str(element["text"]).strip()].append(element)
    waiting = {text: iter(elements) for text, elements in by_text.items()}
    return tuple(next(waiting.get(str(element["text"]).strip(), iter(())), None) for element in rated)
