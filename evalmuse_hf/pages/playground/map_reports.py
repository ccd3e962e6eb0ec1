"""Where a scorer looked for an element: a map where it is evidence, else a sentence that says why it is none."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from PIL import Image

from evalmuse_hf.pages.playground.heat_picture import describe_place, draw_heat
from evalmuse_hf.pages.playground.judging import Question
from evalmuse_hf.pages.scorers import PageError, PageScorers

UNSUPPORTED = (
    "Only FGA-BLIP2 shows where it looked; choose it among the scorers to see maps. Other scorers answer questions or "
    "compare vectors, and leave no such trace."
)


@dataclass(frozen=True, slots=True)
class MapReport:
    """What there is to see for one element.

    Attributes:
        picture: The picture with the map on it; None where no map is shown.
        sentence: What the map is worth, or why there is none.
        description: The map in words; empty without one.
    """

    picture: Image.Image | None
    sentence: str
    description: str = ""


def find_map_scorer(scorers: PageScorers, labels: tuple[str, ...]) -> str | None:
    """Find the first scorer that can say where it looked.

    Args:
        scorers: Of the server.
        labels: Those to choose from.

    Returns:
        Its label; None if there is none.
    """
    from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer

    return next((label for label in labels if isinstance(scorers.find(label), FGABlip2Scorer)), None)


def make_map_report(question: Question, index: int, *, scorers: PageScorers, picture: int = 0) -> MapReport:
    """Show where a scorer looked for one element.

    Args:
        question: What was asked.
        index: Of the element.
        scorers: Of the server.
        picture: Which of the pictures.

    Raises:
        PageError: If there is no such element or picture, or no map can be made.
    """
    if not 0 <= index < len(question.elements) or not 0 <= picture < len(question.pictures):
        raise PageError("There is no such element any more; score again.")
    label = find_map_scorer(scorers, question.labels)
    if label is None:
        return MapReport(None, UNSUPPORTED)
    from evalmuse_hf.models.fga_blip2.map_worth_fga_blip2 import describe_map, map_objection

    evidence, found = _look(scorers, label, question, picture)
    one = found[index]
    sentence = describe_map(evidence, one)
    if map_objection(evidence, one) is not None:
        return MapReport(None, sentence)
    place = describe_place(one.values)
    description = f"Where {label} looked for “{one.text}”: most at the {place} of the picture."
    return MapReport(draw_heat(question.pictures[picture], one.values), sentence, description)


def read_maps(question: Question, *, scorers: PageScorers) -> list[dict[str, Any]]:
    """Read the maps of all elements as numbers, with what they are worth.

    Args:
        question: What was asked; its first picture counts, and one of its scorers has maps.
        scorers: Of the server.

    Returns:
        As `evalmuse_hf.pages.playground.endpoints.Endpoints.maps` says.

    Raises:
        PageError: If no map can be made.
    """
    label = find_map_scorer(scorers, question.labels)
    if label is None:
        raise PageError(UNSUPPORTED)
    from evalmuse_hf.models.fga_blip2.map_worth_fga_blip2 import describe_map, map_objection

    evidence, found = _look(scorers, label, question, 0)
    return [
        {
            "text": one.text,
            "category": one.category,
            "status": one.status,
            "values": None
            if one.values is None
            else [[round(float(value), 6) for value in row] for row in one.values],
            "is_evidence": map_objection(evidence, one) is None,
            "sentence": describe_map(evidence, one),
        }
        for one in found
    ]


def _look(scorers: PageScorers, label: str, question: Question, picture: int) -> tuple[Any, list[Any]]:
    """Evidence about a scorer's maps, and the maps of all elements."""
    from evalmuse_hf.models.fga_blip2.element_maps_fga_blip2 import ElementMapError, element_maps

    scorer: Any = scorers.find(label)
    with scorers.lock(label):
        try:
            maps = element_maps(
                scorer, image=question.pictures[picture], prompt=question.prompt, elements=list(question.elements)
            )
        except ElementMapError as error:
            raise PageError(str(error)) from None
    return _evidence(scorer), maps


@cache
def _evidence(scorer: Any) -> Any:
    """Read once for each scorer of the server: the hash of large weights takes seconds."""
    from evalmuse_hf.models.fga_blip2.map_evidence_fga_blip2 import read_map_evidence

    return read_map_evidence(scorer)
