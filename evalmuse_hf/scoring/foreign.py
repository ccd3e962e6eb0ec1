"""Scorers of other packages, which say so by an entry point of the group ``evalmuse_hf.scorers``."""

import math
from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from evalmuse_hf.models.scorer import PairScore, Scorer
from evalmuse_hf.scoring.model_folder import ScorerError, first_line

GROUP = "evalmuse_hf.scorers"


def foreign_names() -> tuple[str, ...]:
    """Names of the scorers that installed packages bring, sorted; nothing of them is imported."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


def open_foreign_scorer(
    name: str, *, model: Any, device: str | None, batch_size: int | None, options: Mapping[str, Any]
) -> Scorer:
    """Open a scorer that another package brings.

    Its entry point is called as ``open(model=..., device=..., batch_size=..., **options)`` with what `load_scorer` was
    given, and returns a `Scorer`.

    Args:
        name: One of `foreign_names`.
        model: What to load; None is its own default.
        device: Where to run; None leaves the choice to it.
        batch_size: None leaves the choice to it.
        options: Others.

    Returns:
        The scorer, its results checked.

    Raises:
        ScorerError: If two packages bring the name, or the scorer cannot be imported or opened.
    """
    points = list(entry_points(group=GROUP, name=name))
    if len({point.value for point in points}) != 1:
        places = " and ".join(_place(point) for point in points) or "no installed package"
        raise ScorerError(f"Scorer {name!r} is brought by {places}; exactly one has to bring it.")
    try:
        scorer = points[0].load()(model=model, device=device, batch_size=batch_size, **options)
    except ScorerError:
        raise
    except Exception as error:  # foreign code raises anything
        reason = f"{type(error).__name__}: {first_line(error)}"
        raise ScorerError(f"Scorer {name!r} of {_place(points[0])} cannot be opened ({reason}).") from error
    return CheckedScorer(scorer, name=name)


class CheckedScorer:
    """A foreign scorer whose results are looked at, so that what enters a table is what it seems.

    Args:
        scorer: Any object with ``score``.
        name: What it is called if it has no name of its own.
    """

    def __init__(self, scorer: Any, *, name: str) -> None:
        self.scorer = scorer
        self.name = str(getattr(scorer, "name", name))

    @property
    def model(self) -> Any:
        """Its network, for records of what produced the scores; None if it shows none."""
        return getattr(self.scorer, "model", None)

    def score(
        self,
        *,
        images: Sequence[Any],
        prompts: Sequence[str],
        elements: Sequence[Sequence[Any]] | None = None,
    ) -> list[PairScore]:
        """Score pairs; see `Scorer.score`.

        Args:
            images: Pictures.
            prompts: As many prompts.
            elements: For each prompt its elements; None for none.

        Raises:
            ScorerError: If it does not return one `PairScore` per row with one element score per element, or a score
                is not finite although the status says ``"ok"``.
        """
        results = list(self.scorer.score(images=images, prompts=prompts, elements=elements))
        if len(results) != len(prompts):
            raise ScorerError(f"Scorer {self.name!r} gave {len(results)} results for {len(prompts)} rows.")
        for number, result in enumerate(results):
            given = None if elements is None else len(elements[number])
            if problem := _find_problem(result, given):
                raise ScorerError(f"Scorer {self.name!r}, row {number}: {problem}.")
        return results


def _find_problem(result: Any, n_elements: int | None) -> str | None:
    if not isinstance(result, PairScore):
        return f"expected a PairScore, got {type(result).__name__}"
    if n_elements and len(result.elements) != n_elements:
        return f"expected {n_elements} element scores, got {len(result.elements)}"
    for score, status in ((result.overall, result.status), *((item.score, item.status) for item in result.elements)):
        if math.isinf(score) or (math.isnan(score) and status == "ok"):
            return f"the score is {score} and the status {status!r}; give nan with a status that says why"
    return None


def _place(point: EntryPoint) -> str:
    package = point.dist.name if point.dist is not None else "a package"
    return f"{package} ({point.value})"
