"""Chooses the pairs that a report shows, and lays their elements over the prompt."""

from collections.abc import Callable, Iterable, Sequence

from evalmuse_hf.meta_evaluation import JoinedPair, prompt_group
from evalmuse_hf.reports import ElementVerdict, Example, ExampleGroup, PromptPiece, Verdict

THRESHOLD = 0.5
"""A score or mean rating of at least this is a yes, as in `evalmuse_hf.stats.element_accuracy`."""

ReadImage = Callable[[JoinedPair], bytes]
_VERDICTS: dict[tuple[bool, bool], Verdict] = {
    (True, True): "both_yes",
    (True, False): "only_scorer",
    (False, True): "only_people",
    (False, False): "both_no",
}


def choose_examples(pairs: Iterable[JoinedPair], *, read_image: ReadImage, n: int = 4) -> tuple[ExampleGroup, ...]:
    """Pick the pairs with the highest and the lowest scores and those about which scorer and people disagree most.

    Args:
        pairs: Joined scores and ratings; those that lack one of the two are passed over.
        read_image: Gives the picture file of a pair.
        n: Examples per group, each of another prompt.
    """
    known = [
        pair for pair in pairs if pair.score["overall_score"] is not None and pair.pair["overall_score"] is not None
    ]
    orders: tuple[tuple[str, str, Callable[[JoinedPair], float]], ...] = (
        ("Best pairs", "The scorer's highest overall scores, one per prompt.", lambda pair: -_predicted(pair)),
        ("Worst pairs", "The scorer's lowest overall scores, one per prompt.", _predicted),
        (
            "Largest disagreements",
            "Where the scorer is furthest from the mean rating, one per prompt.",
            lambda pair: -abs(_predicted(pair) - _rated(pair)),
        ),
    )
    return tuple(
        ExampleGroup(
            title,
            explanation,
            tuple(_example(pair, read_image(pair)) for pair in _one_per_prompt(sorted(known, key=order), n)),
        )
        for title, explanation, order in orders
    )


def find_verdict(predicted: float | None, rated: float | None) -> Verdict:
    """Who says that an element is there.

    Args:
        predicted: The scorer's value, in [0, 1].
        rated: The mean rating, in [0, 1].

    >>> find_verdict(0.9, 0.2), find_verdict(None, 1.0)
    ('only_scorer', 'unknown')
    """
    if predicted is None or rated is None:
        return "unknown"
    return _VERDICTS[predicted >= THRESHOLD, rated >= THRESHOLD]


def cut_prompt(prompt: str, spans: Sequence[tuple[int, int, Verdict]]) -> tuple[PromptPiece, ...]:
    """Cut a prompt where the verdict changes; of overlapping elements the shortest shows.

    Args:
        prompt: The raw prompt.
        spans: Start, end and verdict of each place of each element.

    >>> [piece.text for piece in cut_prompt("a red cat", [(2, 9, "both_no"), (2, 5, "both_yes")])]
    ['a ', 'red', ' cat']
    """
    verdicts: list[Verdict | None] = [None] * len(prompt)
    owners = [-1] * len(prompt)
    for number, (start, end, verdict) in enumerate(sorted(spans, key=lambda span: span[0] - span[1])):
        stop = min(end, len(prompt))
        verdicts[start:stop] = [verdict] * (stop - start)
        owners[start:stop] = [number] * (stop - start)
    pieces: list[PromptPiece] = []
    start = 0
    for place in range(1, len(prompt) + 1):
        if place == len(prompt) or owners[place] != owners[start]:
            pieces.append(PromptPiece(prompt[start:place], verdicts[start]))
            start = place
    return tuple(pieces)


def _predicted(pair: JoinedPair) -> float:
    return float(pair.score["overall_score"])


def _rated(pair: JoinedPair) -> float:
    return float(pair.pair["overall_score"])


def _one_per_prompt(pairs: Iterable[JoinedPair], n: int) -> list[JoinedPair]:
    chosen: dict[str, JoinedPair] = {}
    for pair in pairs:
        if len(chosen) == n:
            break
        chosen.setdefault(prompt_group(pair.pair), pair)
    return list(chosen.values())


def _example(pair: JoinedPair, image: bytes) -> Example:
    elements, spans = [], []
    for rated, scored in zip(pair.pair["elements"] or (), pair.elements, strict=True):
        predicted = scored["score"] if scored is not None else None
        verdict = find_verdict(predicted, rated["score"])
        elements.append(ElementVerdict(rated["text"], rated["category"] or "", predicted, rated["score"], verdict))
        spans += [(start, end, verdict) for start, end in rated["spans"] or ()]
    return Example(
        image=image,
        generator=str(pair.pair["generator"]),
        pieces=cut_prompt(str(pair.pair["prompt"]), spans),
        predicted=_predicted(pair),
        rated=_rated(pair),
        elements=tuple(elements),
    )
