"""Simulated raters: what people would answer about a drawn picture, bias and noise included.

The noise is pinned to EvalMuse-40K: the first three overall ratings of a pair spread over 0/1/2/3/4 points with shares
.23/.51/.17/.08/.01 (paper, figure on annotation consistency), and a spread of 2 or more brings three more ratings.
`benchmarks/mini_ratings.py` prints what the simulation reaches.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalmuse_hf.mini.prompts import DrawnPrompt, ElementClaim
from evalmuse_hf.mini.scene import Scene, is_true
from evalmuse_hf.mini.vocabulary import PEOPLE, noun_category
from evalmuse_hf.schema import ALIGNMENT_SCALE

N_RATERS = 24
REANNOTATION_RANGE = 2  # three more raters from this spread on, as in the paper
_FIRST_ROUND, _BOTH_ROUNDS = 3, 6  # raters
# Weight of an element in the overall score.
_FIRST_SUBJECT, _OTHER_SUBJECT, _RELATION, _COUNT, _DETAIL = 4.0, 2.5, 2.0, 1.5, 1.0
_WORST, _BEST = 1.85, 4.1  # raters avoid the ends of the scale
_MISSING_SUBJECT = 0.5  # factor on the share of a picture without the first noun
# Fitted to the paper's shares: careful and careless ratings mixed. Noise and bias are standard deviations in points.
_CARELESS_SHARE = 0.28
_CAREFUL_NOISE, _CARELESS_NOISE = 0.35, 1.7
_BIAS = 0.2
_QUALITY_SHARE, _QUALITY_PENALTY = 0.35, 0.7  # so many ratings punish a structural error, by so many points
_CAREFUL_FLIP, _CARELESS_FLIP = 0.04, 0.18  # chance of a wrong answer about an element
_UNSURE, _SPLIT_CONFIDENCE, _FAULT_SEEN = 0.06, 0.02, 0.8


@dataclass(frozen=True, slots=True)
class SimulatedRatings:
    """Ratings of one pair by three or six raters, in the order in which they were asked.

    Attributes:
        overall: Integers from 1 to 5, one per rater.
        elements: For each element of the prompt, 0 or 1 per rater.
        meaningless: Per rater, 1 if the prompt cannot be judged; no drawn prompt is of that kind.
        split_confidence: Per rater, as released.
        attribute_confidence: Per rater, 1 if sure of the element answers.
        fidelity: Per rater, names of the structural errors seen, separated by commas; empty for none.
    """

    overall: tuple[int, ...]
    elements: tuple[tuple[int, ...], ...]
    meaningless: tuple[int, ...]
    split_confidence: tuple[int, ...]
    attribute_confidence: tuple[int, ...]
    fidelity: tuple[str, ...]


def element_truths(prompt: DrawnPrompt, scene: Scene) -> tuple[bool, ...]:
    """Decide each element of a prompt exactly.

    Args:
        prompt: The prompt with its elements.
        scene: What the picture shows.

    Returns:
        For each element, in order, whether it holds.
    """
    return tuple(is_true(element.claim, scene) for element in prompt.elements)


def true_alignment(elements: Sequence[ElementClaim], truths: Sequence[bool]) -> float:
    """Alignment of a pair on the 1-5 scale: 1.85 plus 2.25 times the weighted share of its elements that hold.

    The first noun weighs 4, other nouns 2.5, relations 2, counts 1.5, everything else 1, and without the first noun
    the share is halved, because raters judge main subjects first; the overall score is therefore not the mean of the
    elements.

    Args:
        elements: The elements of a prompt; at least one of them is a noun.
        truths: For each, whether it holds.
    """
    weights, subjects = [], 0
    for element in elements:
        kind = element.claim.kind
        if kind == "present":
            weights.append(_FIRST_SUBJECT if subjects == 0 else _OTHER_SUBJECT)
            subjects += 1
        else:
            weights.append({"relation": _RELATION, "count": _COUNT}.get(kind, _DETAIL))
    share = float(np.dot(weights, truths) / np.sum(weights))
    first = next(truth for element, truth in zip(elements, truths, strict=True) if element.claim.kind == "present")
    return _WORST + (_BEST - _WORST) * share * (1.0 if first else _MISSING_SUBJECT)


def rate(
    prompt: DrawnPrompt,
    scene: Scene,
    rng: np.random.Generator,
    *,
    biases: np.ndarray,
    careless_share: float = _CARELESS_SHARE,
) -> SimulatedRatings:
    """Let three raters, or six where the first three disagree, rate a pair.

    Args:
        prompt: The prompt with its elements.
        scene: What the picture shows.
        rng: Source of every choice.
        biases: Leniency of each rater in points of the 1-5 scale, shape (N,) with N >= 6, from `draw_biases`.
        careless_share: Chance, in [0, 1], that a rating is careless; the default has the paper's spread of ratings.
    """
    truths = element_truths(prompt, scene)
    alignment = true_alignment(prompt.elements, truths)
    faulty = [thing for thing in scene.things if thing.fault]
    raters = rng.choice(len(biases), size=_BOTH_ROUNDS, replace=False)
    careless = rng.random(_BOTH_ROUNDS) < careless_share
    noise = rng.normal(0, np.where(careless, _CARELESS_NOISE, _CAREFUL_NOISE))
    penalty = _QUALITY_PENALTY * (rng.random(_BOTH_ROUNDS) < _QUALITY_SHARE) * bool(faulty)
    low, high = ALIGNMENT_SCALE
    votes = np.clip(np.rint(alignment + biases[raters] + noise - penalty), low, high).astype(int)
    given = _FIRST_ROUND if np.ptp(votes[:_FIRST_ROUND]) < REANNOTATION_RANGE else _BOTH_ROUNDS
    flips = rng.random((len(truths), _BOTH_ROUNDS)) < np.where(careless, _CARELESS_FLIP, _CAREFUL_FLIP)
    answers = np.logical_xor(np.array(truths)[:, None], flips).astype(int)[:, :given]
    unsure = (rng.random(given) < _UNSURE).astype(int)
    kinds = sorted({_fault_label(thing.noun) for thing in faulty})
    return SimulatedRatings(
        overall=tuple(int(vote) for vote in votes[:given]),
        elements=tuple(tuple(int(answer) for answer in row) for row in answers),
        meaningless=(0,) * given,
        split_confidence=tuple(int(value) for value in (rng.random(given) < _SPLIT_CONFIDENCE)),
        attribute_confidence=tuple(int(1 - value) for value in unsure),
        fidelity=tuple(",".join(kinds) if rng.random() < _FAULT_SEEN else "" for _ in range(given)),
    )


def draw_biases(rng: np.random.Generator) -> np.ndarray:
    """Draw the leniency of `N_RATERS` raters in points of the 1-5 scale, shape (N_RATERS,).

    Args:
        rng: Source of every choice.
    """
    return rng.normal(0, _BIAS, N_RATERS)


def _fault_label(noun: str) -> str:
    if noun in PEOPLE:
        return "human-limb"
    return "animal" if noun_category(noun) == "animal/human" else "object"
