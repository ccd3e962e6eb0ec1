"""What was measured about the maps of a model: whether they point at what they are about.

`evalmuse study maps` measures it on drawings, where the true place of an element is known, and writes it beside the
weights. Without it, or with other weights, a map is a picture and no evidence.
"""

import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer
from evalmuse_hf.models.model_files import weights_sha256

logger = logging.getLogger(__name__)

FORMAT = 1
"""Raised when a key of the file changes its meaning or goes away."""

EVIDENCE_FILE = "map_evidence.json"
"""Name of the file, beside the weights."""

COMPARATORS: Mapping[str, str] = {
    "area": "a random pixel",
    "centre": "the centre of the picture",
    "best_point": "the best fixed point",
    "random_map": "a random patch",
    "random_qformer": "a model with a random Q-Former",
    "random_weights": "a model with random weights",
    "other_element": "the map of another element of the prompt",
}
"""What a map is compared with, on the same elements; every one must be beaten."""

MIN_ELEMENTS = 50
MIN_PROMPTS = 20
MIN_PLACED = 0.75
"""Share of the elements of a category that must have a place in the picture for its maps to be shown."""

UNMEASURED = (
    "Nobody has measured whether the maps of this model point at what they are about, so this map is no evidence of "
    "where it looks."
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A map against something that knows nothing of the element, on the same elements.

    Attributes:
        rate: How often, in [0, 1], that hits the true place.
        difference: Hit rate of the map minus ``rate``, in [-1, 1].
        low: Lower end of its interval; nan if there is none.
        high: Upper end.
        n: Elements that could be compared.
        n_prompts: Their prompts.
    """

    rate: float
    difference: float
    low: float
    high: float
    n: int
    n_prompts: int

    @property
    def is_beaten(self) -> bool:
        """Whether the interval lies above 0 and stands on enough elements and prompts."""
        return self.n >= MIN_ELEMENTS and self.n_prompts >= MIN_PROMPTS and self.low > 0

    @property
    def spelled(self) -> str:
        """Both rates, and the interval of their difference, in words."""
        rates = f"of {self.n} cases the map peaks in the right place in {self.rate + self.difference:.0%}, that in"
        if math.isnan(self.low):
            return f"{rates} {self.rate:.0%}"
        return f"{rates} {self.rate:.0%} (the difference may be {self.low:.0%} to {self.high:.0%})"


@dataclass(frozen=True, slots=True)
class CategoryEvidence:
    """How often the maps of one category hit the true place of their elements.

    Attributes:
        category: One of `evalmuse_hf.schema.CATEGORIES`.
        n: Elements that the picture shows, that have a place in it, and a map.
        n_prompts: Their prompts.
        n_placeless: Elements that the picture shows, and that have no place in it.
        hit_rate: In [0, 1]; nan without elements.
        low: Lower end of its interval; nan if there is none.
        high: Upper end.
        comparisons: By name of `COMPARATORS`.
    """

    category: str
    n: int
    n_prompts: int
    n_placeless: int
    hit_rate: float
    low: float
    high: float
    comparisons: Mapping[str, Comparison]

    @property
    def objection(self) -> str | None:
        """Why its maps are no evidence, as the second half of a sentence; None if they are evidence."""
        if not self.n:
            return "what it says has no place in the picture that a map could be held against"
        if self.n < MIN_PLACED * (self.n + self.n_placeless):
            share = self.n_placeless / (self.n + self.n_placeless)
            return f"{share:.0%} of what it covers has no place in the picture that a map could be held against"
        if self.n < MIN_ELEMENTS or self.n_prompts < MIN_PROMPTS:
            return f"it was measured on {self.n} elements of {self.n_prompts} prompts only"
        for name, label in COMPARATORS.items():
            comparison = self.comparisons.get(name)
            if comparison is None or comparison.n < MIN_ELEMENTS or comparison.n_prompts < MIN_PROMPTS:
                return f"it could not be compared with {label}"
            if not comparison.is_beaten:
                return f"it is not clear that it beats {label}: {comparison.spelled}"
        return None


@dataclass(frozen=True, slots=True)
class MapEvidence:
    """What was measured about the maps of a model.

    Attributes:
        weights_sha256: Of the weights that it was measured with.
        command: That measured it.
        seed: Of the prompts and pictures.
        n_prompts: Prompts, with one picture each.
        categories: By name.
    """

    weights_sha256: str
    command: str
    seed: int
    n_prompts: int
    categories: Mapping[str, CategoryEvidence]

    def is_shown(self, category: str | None) -> bool:
        """Whether maps of a category are evidence, so that a page may show them.

        Args:
            category: One of `evalmuse_hf.schema.CATEGORIES`; None, or one that was not measured, is not shown.
        """
        found = self.categories.get(category or "")
        return found is not None and found.objection is None

    def sentence(self, category: str | None) -> str:
        """Say what a map of a category is worth.

        Args:
            category: As in `is_shown`.
        """
        found = self.categories.get(category or "")
        if found is None:
            what = f"the category {category!r}" if category else "an element without a category"
            return (
                f"For {what} nobody has measured whether maps point at what they are about: this map is no evidence."
            )
        if found.objection is not None:
            return f"For the category {found.category!r} this map is no evidence: {found.objection}."
        best = max(found.comparisons.values(), key=lambda one: one.rate)
        label = next(COMPARATORS[name] for name, one in found.comparisons.items() if one is best)
        return (
            f"On drawings whose truth is known, the maps of this model for {found.category!r} peak in the right place "
            f"in {found.hit_rate:.0%} of {found.n} cases (95 % interval {found.low:.0%} to {found.high:.0%}; {label}: "
            f"{best.rate:.0%}). That holds for elements that the picture shows."
        )

    def record(self) -> dict[str, Any]:
        """Spell everything for JSON; what is undefined is null."""
        return {
            "format": FORMAT,
            "weights_sha256": self.weights_sha256,
            "command": self.command,
            "seed": self.seed,
            "n_prompts": self.n_prompts,
            "categories": {name: _category_record(found) for name, found in self.categories.items()},
        }


def describe_evidence(evidence: MapEvidence | None, category: str | None) -> str:
    """Say what a map is worth, also of a model that nobody has measured.

    Args:
        evidence: Of `read_map_evidence`.
        category: Of the element.
    """
    return UNMEASURED if evidence is None else evidence.sentence(category)


def read_map_evidence(scorer: FGABlip2Scorer) -> MapEvidence | None:
    """Read what was measured about the maps of a scorer's model, from the folder of its weights.

    Args:
        scorer: The scorer. Weights that were changed in memory are not noticed, except by adapters.

    Returns:
        None if nothing was measured, if it was measured with other weights, or if the file cannot be read.
    """
    folder = Path(str(getattr(scorer.model, "name_or_path", "") or ""))
    path = folder / EVIDENCE_FILE
    if hasattr(scorer.model, "peft_config") or not str(folder) or not path.is_file():
        return None
    try:
        evidence = parse_map_evidence(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        logger.warning("%s cannot be read (%s); maps of this model count as not measured.", path, error)
        return None
    if evidence.weights_sha256 != weights_sha256(folder):
        logger.warning("%s is about other weights than those beside it; measure again.", path)
        return None
    return evidence


def parse_map_evidence(record: Any) -> MapEvidence:
    """Read what `MapEvidence.record` spelled.

    Args:
        record: From JSON.

    Raises:
        ValueError: If it has another form.
    """
    try:
        if record["format"] != FORMAT:
            raise ValueError(f"format {record['format']!r} is unknown, expected {FORMAT}")
        return MapEvidence(
            weights_sha256=str(record["weights_sha256"]),
            command=str(record["command"]),
            seed=int(record["seed"]),
            n_prompts=int(record["n_prompts"]),
            categories={str(name): _read_category(str(name), one) for name, one in record["categories"].items()},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it lacks what an evidence file has ({error!r})") from None


def _category_record(found: CategoryEvidence) -> dict[str, Any]:
    return {
        "n": found.n,
        "n_prompts": found.n_prompts,
        "n_placeless": found.n_placeless,
        "hit_rate": _spell(found.hit_rate),
        "low": _spell(found.low),
        "high": _spell(found.high),
        "shown": found.objection is None,
        "objection": found.objection,
        "comparisons": {
            name: {
                "rate": _spell(one.rate),
                "difference": _spell(one.difference),
                "low": _spell(one.low),
                "high": _spell(one.high),
                "n": one.n,
                "n_prompts": one.n_prompts,
            }
            for name, one in found.comparisons.items()
        },
    }


def _read_category(name: str, record: Mapping[str, Any]) -> CategoryEvidence:
    comparisons = {
        str(key): Comparison(
            rate=_number(one["rate"]),
            difference=_number(one["difference"]),
            low=_number(one["low"]),
            high=_number(one["high"]),
            n=int(one["n"]),
            n_prompts=int(one["n_prompts"]),
        )
        for key, one in record["comparisons"].items()
    }
    return CategoryEvidence(
        category=name,
        n=int(record["n"]),
        n_prompts=int(record["n_prompts"]),
        n_placeless=int(record["n_placeless"]),
        hit_rate=_number(record["hit_rate"]),
        low=_number(record["low"]),
        high=_number(record["high"]),
        comparisons=comparisons,
    )


def _spell(number: float) -> float | None:
    return round(number, 4) if math.isfinite(number) else None


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
