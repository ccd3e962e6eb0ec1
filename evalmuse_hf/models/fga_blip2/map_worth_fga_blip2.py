"""What one map is worth: whether a page may show it, and what it says beside it.

Beside the evidence for its category it counts whether the model finds the element in the picture at all, and whether
the prompt has it in the way in which elements were measured.
"""

from evalmuse_hf.elements import SpanStatus
from evalmuse_hf.models.fga_blip2.element_maps_fga_blip2 import FLAT, ElementMap
from evalmuse_hf.models.fga_blip2.map_evidence_fga_blip2 import MIN_SCORE, MapEvidence

UNMEASURED = (
    "Nobody has measured whether the maps of this model point at what they are about, so this map is no evidence of "
    "where it looks."
)

_MAPLESS = {
    SpanStatus.UNMATCHED: "it does not stand in the prompt",
    SpanStatus.TRUNCATED: "it stands beyond the words that the model reads",
    SpanStatus.EMPTY: "nothing is left of it after cleaning",
    FLAT: "no place of the picture would raise its score",
}

_UNMEASURED_STATUSES = {
    SpanStatus.AMBIGUOUS: "stands in the prompt more or fewer times than among the elements",
    SpanStatus.INEXACT: "stands in the prompt in another form",
}


def map_objection(evidence: MapEvidence | None, one: ElementMap) -> str | None:
    """Say why a map is no evidence of where the model looks; None if it is.

    Args:
        evidence: Of `read_map_evidence`; None if nobody has measured the model.
        one: An element with its map.
    """
    if one.values is None:
        return f"There is no map of “{one.text}”: {_MAPLESS.get(one.status, 'it has no score')}."
    if one.score < MIN_SCORE:
        score = f"{one.score:.2f}".removeprefix("0")
        return (
            f"The model does not find this in the picture (score {score}), and of what is missing a map says nothing."
        )
    if one.status != SpanStatus.OK:
        how = _UNMEASURED_STATUSES.get(one.status, f"has the status {one.status!r}")
        return f"“{one.text}” {how}; no such map was measured, so this one is no evidence."
    if evidence is None:
        return UNMEASURED
    return None if evidence.is_shown(one.category) else evidence.sentence(one.category)


def describe_map(evidence: MapEvidence | None, one: ElementMap) -> str:
    """Say what a map is worth: its objection, or the figures of its category.

    Args:
        evidence: As for `map_objection`.
        one: An element with its map.
    """
    objection = map_objection(evidence, one)
    if objection is not None or evidence is None:
        return objection or UNMEASURED
    return evidence.sentence(one.category)
