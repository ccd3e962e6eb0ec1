"""What was measured about the maps of a model: whether they point at what they are about.

`evalmuse study maps` measures it on drawings, where the true place of an element is known, and writes it beside the
weights. Without it, or with other weights, a map is a picture and no evidence; what one map is worth says
`evalmuse_hf.models.fga_blip2.map_worth_fga_blip2`.
"""

import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalmuse_hf.models.fga_blip2.adapter_fga_blip2 import is_adapter
from evalmuse_hf.models.fga_blip2.element_maps_fga_blip2 import MAP_FORM
from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer
from evalmuse_hf.models.model_files import preprocessing_sha256, weights_sha256

logger = logging.getLogger(__name__)

FORMAT = 2
"""Raised when a key of the file changes its meaning or goes away."""

EVIDENCE_FILE = "map_evidence.json"
"""Name of the file, beside the weights."""

COMPARATORS: Mapping[str, str] = {
    "area": "a random pixel",
    "centre": "the centre of the picture",
    "best_point": "the best fixed point",
    "random_map": "a random patch",
    "random_qformer": "models with a random Q-Former",
    "random_weights": "models with random weights",
    "other_element": "the map of another element of the prompt",
}
"""What a map is compared with, on the same elements; every one must be beaten."""

MIN_ELEMENTS = 50
MIN_PROMPTS = 20
MIN_PLACED = 0.75
"""Share of the elements of a category that must have a place in the picture for its maps to be shown."""

MIN_SCORE = 0.5
"""An element with a lower score is not found in the picture, and its map is no evidence."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A map against something that knows nothing of the element, on the same elements.

    Attributes:
        rate: How often, in [0, 1], that hits the true place.
        difference: Hit rate of the map minus ``rate``, in [-1, 1].
        low: Lower end of the interval of ``difference``; nan if there is none.
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
        rates = f"of {self.n} cases the map peaks in the right place in {self.rate + self.difference:.0%}, against"
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
class HitRate:
    """How often maps of some kind peak in a place.

    Attributes:
        rate: In [0, 1]; nan without maps.
        n: Maps.
    """

    rate: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MapEvidence:
    """What was measured about the maps of a model.

    Attributes:
        weights_sha256: Of the weights that it was measured with.
        preprocessing_sha256: Of the settings that prepared pictures and prompts.
        map_form: `evalmuse_hf.models.fga_blip2.element_maps_fga_blip2.MAP_FORM` of the maps.
        command: That measured it.
        seed: Of the prompts and pictures.
        draws: Random models of each kind.
        n_pictures: Pictures.
        n_prompts: Their different prompts.
        hit_rate: In [0, 1], over the elements of all categories.
        low: Lower end of its interval; nan if there is none.
        high: Upper end.
        found: Hit rates of the same elements by whether the model finds them, ``"yes"`` or ``"no"`` (`MIN_SCORE`).
        rivals: How often the map of another element of the prompt peaks where the element is, by whether the picture
            shows the other one, ``"shown"`` or ``"missing"``.
        categories: By name.
    """

    weights_sha256: str
    preprocessing_sha256: str | None
    map_form: int
    command: str
    seed: int
    draws: int
    n_pictures: int
    n_prompts: int
    hit_rate: float
    low: float
    high: float
    found: Mapping[str, HitRate]
    rivals: Mapping[str, HitRate]
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
            f"{best.rate:.0%}). That holds for elements that the picture shows, and no photograph was measured."
        )

    def record(self) -> dict[str, Any]:
        """Spell everything for JSON; what is undefined is null."""
        return {
            "format": FORMAT,
            "weights_sha256": self.weights_sha256,
            "preprocessing_sha256": self.preprocessing_sha256,
            "map_form": self.map_form,
            "command": self.command,
            "seed": self.seed,
            "draws": self.draws,
            "n_pictures": self.n_pictures,
            "n_prompts": self.n_prompts,
            "hit_rate": _spell(self.hit_rate),
            "low": _spell(self.low),
            "high": _spell(self.high),
            "found": {name: {"rate": _spell(one.rate), "n": one.n} for name, one in self.found.items()},
            "rivals": {name: {"rate": _spell(one.rate), "n": one.n} for name, one in self.rivals.items()},
            "categories": {name: _category_record(found) for name, found in self.categories.items()},
        }


def read_map_evidence(scorer: FGABlip2Scorer) -> MapEvidence | None:
    """Read what was measured about the maps of a scorer's model, from the folder of its weights.

    Args:
        scorer: The scorer. Weights that were changed in memory are not noticed, except by adapters.

    Returns:
        None if nothing was measured; if it was measured with other weights, settings or another form of the map; if
        the file cannot be read; or if the scorer finds elements by the official positions, or its folder holds
        adapters, whose digest says nothing of the model below.
    """
    name = str(getattr(scorer.model, "name_or_path", "") or "")
    if not name or scorer.compat is not None or hasattr(scorer.model, "peft_config") or is_adapter(name):
        return None
    path = Path(name) / EVIDENCE_FILE
    if not path.is_file():
        return None
    try:
        evidence = parse_map_evidence(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        logger.warning("%s cannot be read (%s); maps of this model count as not measured.", path, error)
        return None
    differences = {
        "weights": evidence.weights_sha256 != weights_sha256(name),
        "settings of the processor": evidence.preprocessing_sha256 != preprocessing_sha256(name),
        "maps": evidence.map_form != MAP_FORM,
    }
    other = next((what for what, differs in differences.items() if differs), None)
    if other is not None:
        logger.warning("%s is about other %s than these; measure again.", path, other)
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
            preprocessing_sha256=record["preprocessing_sha256"],
            map_form=int(record["map_form"]),
            command=str(record["command"]),
            seed=int(record["seed"]),
            draws=int(record["draws"]),
            n_pictures=int(record["n_pictures"]),
            n_prompts=int(record["n_prompts"]),
            hit_rate=_number(record["hit_rate"]),
            low=_number(record["low"]),
            high=_number(record["high"]),
            found=_read_rates(record["found"]),
            rivals=_read_rates(record["rivals"]),
            categories={str(name): _read_category(str(name), one) for name, one in record["categories"].items()},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it lacks what an evidence file has ({error!r})") from None


def _read_rates(record: Mapping[str, Any]) -> dict[str, HitRate]:
    return {str(name): HitRate(_number(one["rate"]), int(one["n"])) for name, one in record.items()}


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
