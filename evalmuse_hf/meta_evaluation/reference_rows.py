"""What can be scored without looking at any picture: rows that a scorer must beat before its number means much.

All leave the judged picture out. The prompt oracle knows how hard the prompt is, the generator mean how good the
generator is, both know both, and the majority class knows whether an element of that category is usually there.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, get_args

import numpy as np

from evalmuse_hf.meta_evaluation.rated_data import Row, known_generator
from evalmuse_hf.stats.folds import grouped_folds
from evalmuse_hf.stats.sample import FloatArray, IntArray

ReferenceKind = Literal["prompt_oracle", "generator_mean", "both"]

REFERENCE_KINDS: tuple[ReferenceKind, ...] = get_args(ReferenceKind)
REFERENCE_TITLES = {
    "prompt_oracle": "prompt oracle (mean of the prompt's other pictures)",
    "generator_mean": "generator mean (of the other half of the prompts)",
    "both": "prompt and generator (additive fit without the picture)",
    "majority_class": "majority class (of the category, other prompts)",
}
"""How tables call the rows."""

VERDICT = 0.5  # an element with at least this share of yes counts as yes, as in the protocol

NOT_RATED = "not_rated"
TOO_FEW = "too_few_pictures"
UNDETERMINED = "undetermined"
NO_GENERATOR = "no_generator"

_ElementKey = tuple[str, str, str, int]
"""Prompt, text, category, and which of several of that name."""

_LEVERAGE_OF_ONE = 1 - 1e-9  # of a picture without which its own effect is not determined


def reference_scores(
    rows: Iterable[Row],
    *,
    kind: ReferenceKind,
    min_rows: int = 3,
    generator_folds: int | None = 2,
    rng: np.random.Generator | int | None = 0,
) -> list[Row]:
    r"""Scores that a picture gets for its prompt and its generator alone, its own rating left out.

    With rating :math:`y_i` of picture :math:`i` of prompt :math:`p` by generator :math:`g`, and over rated pictures
    only: the prompt oracle is the mean of :math:`y_j` over the other pictures :math:`j` of :math:`p`; the generator
    mean is that over the pictures of :math:`g` of the prompts in another fold; both is what the additive fit
    :math:`y_j = \mu + a_g + b_p`, by least squares over all pictures but :math:`i`, predicts for :math:`i`. It is
    computed exactly from one fit, as :math:`y_i - e_i / (1 - h_i)` with residual :math:`e_i` and leverage :math:`h_i`.

    Why folds: the mean of all pictures of a generator but one falls exactly as the rating of that one rises, so that
    every two pictures of one generator would be in the wrong order. With few generators that hides what the mean
    knows: on TIFA160 (five generators) its SRCC would be .05 instead of about .2. Prompts are many and small, and
    hardly suffer from it.

    Args:
        rows: Rows of a data set with ``image_path``, ``prompt_id`` or ``prompt``, ``generator``, ``overall_score``
            and ``elements``; see `evalmuse_hf.schema.pair_features`.
        kind: Which of the three.
        min_rows: Rated pictures that a prompt must have; the pictures of others get no score, whatever the kind, so
            that the three are judged on the same pictures.
        generator_folds: Folds into which the prompts are dealt for the generator mean; the fewer, the less of the
            above. None leaves out one picture at a time, for comparison.
        rng: Generator or seed that deals them.

    Returns:
        Rows of scores in the order of ``rows``; without a score the status is ``"not_rated"``,
        ``"too_few_pictures"``, ``"no_generator"`` (the row names none) or ``"undetermined"`` (nothing that may be
        used tells of its generator). Those of the prompt oracle also score elements: the mean of the same element in
        the prompt's other pictures.

    Raises:
        ValueError: If ``kind`` is unknown, or ``min_rows`` or ``generator_folds`` is below 2.

    >>> rows = [{"image_path": f"{name}.png", "prompt_id": "1", "generator": name, "overall_score": score,
    ...          "elements": []} for name, score in (("A", 5.0), ("B", 3.0), ("C", 2.0))]
    >>> [row["overall_score"] for row in reference_scores(rows, kind="prompt_oracle")]
    [2.5, 3.5, 4.0]
    """
    if kind not in REFERENCE_KINDS:
        raise ValueError(f"`kind` is {kind!r}, expected one of {', '.join(REFERENCE_KINDS)}.")
    if min_rows < 2:
        raise ValueError(f"`min_rows` is {min_rows}, expected at least 2: without its own rating a prompt needs one.")
    rows = list(rows)
    rated = [index for index, row in enumerate(rows) if row.get("overall_score") is not None]
    ratings = np.array([rows[index]["overall_score"] for index in rated], dtype=np.float64)
    prompts = _codes([_prompt(rows[index]) for index in rated])
    names = [known_generator(rows[index]) for index in rated]
    enough = np.bincount(prompts)[prompts] >= min_rows if rated else np.zeros(0, dtype=bool)
    if kind == "prompt_oracle":
        predicted = _mean_of_others(ratings, prompts)
    else:
        predicted = np.full(len(rated), np.nan)
        named = np.array([name is not None for name in names], dtype=bool)
        predicted[named] = _of_generators(
            ratings[named],
            _codes([str(prompt) for prompt in prompts[named]]),
            _codes([name for name in names if name is not None]),
            kind=kind,
            generator_folds=generator_folds,
            rng=rng,
        )
    scores: list[tuple[float | None, str]] = [(None, NOT_RATED)] * len(rows)
    for index, score, among_others in zip(rated, predicted.tolist(), enough.tolist(), strict=True):
        if not among_others:
            scores[index] = (None, TOO_FEW)
        else:
            nameless = kind != "prompt_oracle" and known_generator(rows[index]) is None
            why = NO_GENERATOR if nameless else UNDETERMINED
            scores[index] = (None, why) if np.isnan(score) else (score, "ok")
    elements = _element_oracle(rows) if kind == "prompt_oracle" else [[] for _ in rows]
    return [
        _score_row(row, score=score, status=status, elements=scored)
        for row, (score, status), scored in zip(rows, scores, elements, strict=True)
    ]


def majority_class(
    rows: Iterable[Row], *, n_folds: int = 5, rng: np.random.Generator | int | None = None
) -> list[Row]:
    """Element scores from the category alone: how many elements of it are there in the pictures of other prompts.

    Prompts are dealt into folds at random. The score of an element is the share of verdicts *yes* (a mean rating of at
    least 0.5) among the rated elements of its category in the other folds, so that at least 0.5 is the majority class;
    a category that has none there gets the share over all categories.

    Args:
        rows: Rows of a data set, as for `reference_scores`.
        n_folds: Folds, at least 2; with fewer prompts, every prompt is a fold.
        rng: Generator or seed that deals the prompts.

    Returns:
        Rows of scores without an overall score; elements are unscored only where there is a single prompt.

    Raises:
        ValueError: If ``n_folds`` is below 2.

    >>> rows = [{"image_path": f"{prompt}.png", "prompt_id": prompt, "overall_score": None,
    ...          "elements": [{"text": "red", "category": "color", "score": 1.0}]} for prompt in "abc"]
    >>> majority_class(rows, rng=0)[0]["elements"][0]["score"]
    1.0
    """
    rows = list(rows)
    folds = grouped_folds(groups=[_prompt(row) for row in rows], n_folds=n_folds, rng=rng)
    counts: defaultdict[tuple[int, str | None], FloatArray] = defaultdict(lambda: np.zeros(2))
    for row, fold in zip(rows, folds.tolist(), strict=True):
        for element in row["elements"] or ():
            if element["score"] is not None:
                verdict = np.array([element["score"] >= VERDICT, 1.0], dtype=np.float64)
                counts[fold, str(element["category"])] += verdict
                counts[fold, None] += verdict
    totals: defaultdict[str | None, FloatArray] = defaultdict(lambda: np.zeros(2))
    for (_, category), count in counts.items():
        totals[category] = totals[category] + count

    def share(category: str, fold: int) -> float | None:
        others = totals[category] - counts[fold, category]
        if not others[1]:
            others = totals[None] - counts[fold, None]
        return float(others[0] / others[1]) if others[1] else None

    return [
        _score_row(
            row,
            score=None,
            status="ok",
            elements=[_scored(element, share(str(element["category"]), fold)) for element in row["elements"] or ()],
        )
        for row, fold in zip(rows, folds.tolist(), strict=True)
    ]


def _prompt(row: Row) -> str:
    """Label that the pictures of one prompt share."""
    return str(row["prompt_id"] if row.get("prompt_id") is not None else row["prompt"])


def _codes(labels: Sequence[str]) -> IntArray:
    return np.asarray(np.unique(np.array(labels, dtype=object).astype(str), return_inverse=True)[1], dtype=np.intp)


def _of_generators(
    ratings: FloatArray,
    prompts: IntArray,
    generators: IntArray,
    *,
    kind: ReferenceKind,
    generator_folds: int | None,
    rng: np.random.Generator | int | None,
) -> FloatArray:
    """Generator mean, or generator and prompt, of pictures that name their generator."""
    if kind == "both":
        return _additive(ratings, prompts, generators)
    if generator_folds is None or not len(ratings):
        return _mean_of_others(ratings, generators)
    folds = grouped_folds(groups=prompts.tolist(), n_folds=generator_folds, rng=rng)
    return _mean_of_other_folds(ratings, generators, folds)


def _mean_of_others(ratings: FloatArray, groups: IntArray) -> FloatArray:
    sums, sizes = np.bincount(groups, weights=ratings), np.bincount(groups)
    others = sizes[groups] - 1
    return np.where(others > 0, (sums[groups] - ratings) / np.maximum(others, 1), np.nan)


def _mean_of_other_folds(ratings: FloatArray, groups: IntArray, folds: IntArray) -> FloatArray:
    """Mean of each group over the other folds."""
    if not len(ratings):
        return ratings
    shape = (int(groups.max()) + 1, int(folds.max()) + 1)
    sums, sizes = np.zeros(shape), np.zeros(shape)
    np.add.at(sums, (groups, folds), ratings)
    np.add.at(sizes, (groups, folds), 1)
    others = (sizes.sum(axis=1, keepdims=True) - sizes)[groups, folds]
    totals = (sums.sum(axis=1, keepdims=True) - sums)[groups, folds]
    return np.where(others > 0, totals / np.maximum(others, 1), np.nan)


def _additive(ratings: FloatArray, prompts: IntArray, generators: IntArray) -> FloatArray:
    """Prediction of each rating by the additive fit to all others.

    The prompts are swept out of the design first, so that only a matrix of generators by generators is inverted.
    """
    if not len(ratings):
        return ratings
    sizes = np.bincount(prompts)
    design = np.eye(int(generators.max()) + 1)[generators]
    means = np.zeros((len(sizes), design.shape[1]))
    np.add.at(means, prompts, design)
    design -= (means / sizes[:, None])[prompts]
    centred = ratings - (np.bincount(prompts, weights=ratings) / sizes)[prompts]
    inverse = np.linalg.pinv(design.T @ design, hermitian=True)
    residuals = centred - design @ (inverse @ (design.T @ centred))
    leverage = 1 / sizes[prompts] + np.einsum("ij,jk,ik->i", design, inverse, design, optimize=True)
    determined = leverage < _LEVERAGE_OF_ONE
    shrunk = np.where(determined, 1 - leverage, 1.0)
    return np.where(determined, ratings - residuals / shrunk, np.nan)


def _element_oracle(rows: Sequence[Row]) -> list[list[Row]]:
    """Mean of each element in the other pictures of its prompt."""
    sums: defaultdict[_ElementKey, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in rows:
        for key, element in _keyed_elements(row):
            if element["score"] is not None:
                sums[key][0] += element["score"]
                sums[key][1] += 1

    def without(key: _ElementKey, element: Row) -> float | None:
        total, n = sums[key]
        if element["score"] is not None:
            total, n = total - element["score"], n - 1
        return total / n if n else None

    return [[_scored(element, without(key, element)) for key, element in _keyed_elements(row)] for row in rows]


def _keyed_elements(row: Row) -> Iterator[tuple[_ElementKey, Row]]:
    """Elements with what tells them from the others of their prompt; the second of one text is the second in all."""
    seen: Counter[tuple[str, str]] = Counter()
    for element in row["elements"] or ():
        named = (str(element["text"]), str(element["category"]))
        yield (_prompt(row), *named, seen[named]), element
        seen[named] += 1


def _scored(element: Row, score: float | None) -> Row:
    return {
        "text": element["text"],
        "category": element["category"],
        "score": score,
        "status": "ok" if score is not None else UNDETERMINED,
    }


def _score_row(row: Row, *, score: float | None, status: str, elements: list[Row]) -> dict[str, Any]:
    named = {column: row.get(column) for column in ("image_path", "prompt_id", "prompt", "generator")}
    return {**named, "overall_score": score, "elements": elements, "status": status}
