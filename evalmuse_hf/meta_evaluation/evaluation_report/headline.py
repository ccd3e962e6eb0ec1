"""What a reader sees first: how well the scorer agrees, beside what is trivial and what is possible."""

from collections.abc import Iterator, Mapping
from typing import Any

from evalmuse_hf.meta_evaluation.evaluation_report.statistic_cells import Statistic, find, value
from evalmuse_hf.reports import Cell, Forest, Series

Record = Mapping[str, Any]

LOOKS = (
    ("generator_mean", "knows the generator", "the generator"),
    ("prompt_oracle", "knows the prompt", "the prompt"),
    ("both", "knows both", "prompt and generator"),
)
"""Reference rows, how plots call them, and what each knows; none looks at the picture."""


def summary_sentence(record: Record, *, scorer: str) -> str:
    """The finding in one or two sentences.

    Args:
        record: See `evalmuse_hf.meta_evaluation.evaluate_scores`.
        scorer: Name of the scorer.
    """
    overall = find(record, "overall", "srcc")
    if value(overall) is None:
        return f"There is no agreement to report for {scorer}: {overall['status']}."
    sentence = f"{scorer} orders the pictures as people do with an SRCC of {_number(overall)}"
    ceiling, blind = value(find(record, "ceilings", "overall", "srcc")), best_reference(record, "srcc")
    if blind is not None:
        verb = _verb(record, blind[1], overall)
        sentence += f". Knowing {blind[0]}, without a look at the picture, {verb} {blind[1]:.2f}"
    if ceiling is not None:
        sentence += (
            f"{', and' if blind is not None else '.'} noise in the ratings caps every scorer near {ceiling:.2f}"
        )
    sentence += "."
    within, accuracy = find(record, "within_prompt", "srcc"), find(record, "elements", "micro")
    if value(within) is not None:
        sentence += f" Among the pictures of one prompt, where only looking helps, it is {_number(within)}."
    if value(accuracy) is not None:
        sentence += (
            f" {100 * float(accuracy['value']):.1f} % of its element verdicts are those of people{_majority(record)}."
        )
    return sentence


def figures(record: Record) -> tuple[tuple[str, Cell, str], ...]:
    """The numbers to see first, each with its interval, what is trivial and what is possible.

    Args:
        record: See `evalmuse_hf.meta_evaluation.evaluate_scores`.
    """
    return tuple(_figures(record))


def best_reference(record: Record, statistic: str) -> tuple[str, float] | None:
    """The reference row that comes furthest without looking at the picture.

    Args:
        record: See `evalmuse_hf.meta_evaluation.evaluate_scores`.
        statistic: By which statistic.

    Returns:
        What it knows, and its value; None without reference rows.
    """
    known = [(name, value(find(record, "references", key, statistic))) for key, _, name in LOOKS]
    return max(((name, number) for name, number in known if number is not None), key=lambda row: row[1], default=None)


def yardstick(record: Record, *, scorer: str) -> Forest | None:
    """SRCC of the scorer between what is trivial and what is possible.

    Args:
        record: See `evalmuse_hf.meta_evaluation.evaluate_scores`.
        scorer: Name of the scorer.

    Returns:
        None if there is nothing to stand beside it.
    """
    rows = [(label, find(record, "references", key, "srcc")) for key, label, _ in LOOKS]
    rows.append(("one person's ratings", find(record, "ceilings", "human_as_scorer", "srcc")))
    rows.append((scorer, find(record, "overall", "srcc")))
    return _forest(
        "Order of the pictures: SRCC with the mean rating", rows, find(record, "ceilings", "overall", "srcc")
    )


def accuracy_yardstick(record: Record, *, scorer: str) -> Forest | None:
    """Accuracy of the element verdicts between what is trivial and what is possible.

    Args:
        record: See `evalmuse_hf.meta_evaluation.evaluate_scores`.
        scorer: Name of the scorer.

    Returns:
        None if there is nothing to stand beside it.
    """
    rows = [
        ("majority of the category", find(record, "references", "majority_class", "micro")),
        ("all, unscored = wrong", find(record, "elements", "unscored_as_wrong", "micro")),
        ("scored elements", find(record, "elements", "micro")),
    ]
    return _forest(
        f"Element verdicts of {scorer}: share as people say", rows, find(record, "ceilings", "accuracy", "micro")
    )


def _forest(title: str, rows: list[tuple[str, Statistic]], ceiling: Statistic) -> Forest | None:
    known = [(name, statistic) for name, statistic in rows if value(statistic) is not None]
    if len(known) < 2:
        return None
    return Forest(
        title=title,
        labels=tuple(name for name, _ in known),
        series=(
            Series(
                values=tuple(value(statistic) for _, statistic in known),
                lows=tuple(statistic["low"] for _, statistic in known),
                highs=tuple(statistic["high"] for _, statistic in known),
            ),
        ),
        axis="95 % intervals draw whole prompts",
        reference=value(ceiling),
        reference_name="noise ceiling",
    )


def _figures(record: Record) -> Iterator[tuple[str, Cell, str]]:
    for name, place, trivial, possible in (
        ("SRCC, all pairs", ("overall", "srcc"), ("srcc",), ("overall", "srcc")),
        ("SRCC within prompts", ("within_prompt", "srcc"), ("generator_mean", "within_prompt"), None),
        ("Element accuracy", ("elements", "micro"), ("majority_class", "micro"), ("accuracy", "micro")),
        ("Accuracy, unscored = wrong", ("elements", "unscored_as_wrong", "micro"), None, None),
        ("Balanced accuracy", ("elements", "balanced"), ("majority_class", "balanced"), None),
        ("KRCC of the generators", ("system", "krcc"), None, None),
    ):
        statistic = find(record, *place)
        absent = statistic["status"] == "" or (place[0] == "elements" and not record["elements"]["coverage"]["rated"])
        if absent or (value(statistic) is None and name.startswith("Accuracy")):
            continue
        details = list(_details(record, statistic, trivial, possible))
        yield name, value(statistic), " · ".join(details) if details else str(statistic["status"])


def _details(
    record: Record, statistic: Statistic, trivial: tuple[str, ...] | None, possible: tuple[str, ...] | None
) -> Iterator[str]:
    if value(statistic) is None:
        return
    if statistic["low"] is not None:
        yield f"95 %: {statistic['low']:.2f} to {statistic['high']:.2f}"
    if trivial is not None and (number := _trivial(record, trivial)) is not None:
        yield f"trivial: {number:.2f}"
    if possible is not None and (number := value(find(record, "ceilings", *possible))) is not None:
        yield f"ceiling: {number:.2f}"
    if not statistic["n"]:
        return
    yield f"n = {statistic['n']:,}"


def _trivial(record: Record, place: tuple[str, ...]) -> float | None:
    """A reference row by its place, or the best of them by a statistic alone."""
    if len(place) > 1:
        return value(find(record, "references", *place))
    best = best_reference(record, place[0])
    return None if best is None else best[1]


def _number(statistic: Statistic) -> str:
    ends = "" if statistic["low"] is None else f" (95 % interval {statistic['low']:.2f} to {statistic['high']:.2f})"
    return f"{statistic['value']:.2f}{ends}"


def _verb(record: Record, number: float, overall: Statistic) -> str:
    """What a reference row does beside the scorer; a difference that may be noise is called that, and never equal."""
    for kind, _, _ in LOOKS:
        difference = find(record, "references", kind, "difference")
        low, high = difference.get("low"), difference.get("high")
        same = value(find(record, "references", kind, "srcc")) == number
        if same and low is not None and high is not None and low <= 0 <= high:
            return "cannot be told from it:"
    return "reaches" if number <= overall["value"] else "does better:"


def _majority(record: Record) -> str:
    majority = value(find(record, "references", "majority_class", "micro"))
    return (
        "" if majority is None else f"; always giving the commoner answer of a category earns {100 * majority:.1f} %"
    )
