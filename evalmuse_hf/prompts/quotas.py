"""What a selection should hold: quotas along dimensions and features, and the bins that follow from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.prompts.label_table import LabelTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What is wanted along one dimension.

    Attributes:
        dimension: Name of the dimension.
        target: Selected candidates wanted in every bin, or by bin; bins that a mapping does not name count for
            nothing. None is uniform: n / bins where no candidate has more than one label, else as many labels as n
            candidates carry on average, spread evenly (see `even_level`).
        free_level: Equal bins at whatever level deviates least, the nearest to the uniform one among these.
        weight: Of a deviation by one candidate.
        at_least: By bin, the fewest that must be selected.
        at_most: By bin, the most that may be selected.

    Raises:
        ValueError: If a number is negative or not finite, or both a target and a free level are asked for.
    """

    dimension: str
    target: float | Mapping[str, float] | None = None
    free_level: bool = False
    weight: float = 1.0
    at_least: Mapping[str, int] = field(default_factory=dict)
    at_most: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.free_level and self.target is not None:
            raise ValueError(f"{self.dimension!r} has both a target and a free level; choose one.")
        targets = self.target.values() if isinstance(self.target, Mapping) else [self.target or 0]
        numbers = [*targets, self.weight, *self.at_least.values(), *self.at_most.values()]
        if wrong := [number for number in numbers if not (np.isfinite(number) and number >= 0)]:
            raise ValueError(f"{self.dimension!r} has the target, bound or weight {wrong[0]!r}; give 0 or more.")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureQuota:
    """What is wanted of a number that every candidate has.

    Attributes:
        feature: Name of the feature.
        mean: Its mean over the selection. The deviation is that of the sum, in standard deviations of the feature
            over the candidates, so that one means one candidate's worth.
        weight: Of a deviation by one.
    """

    feature: str
    mean: float
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.mean) and np.isfinite(self.weight) and self.weight >= 0):
            raise ValueError(f"Feature {self.feature!r} has the mean {self.mean!r} and the weight {self.weight!r}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """One number that the selection should come near to.

    Attributes:
        dimension: The dimension or feature.
        name: The label; ``"sum"`` of a feature.
        target: What is wanted and can be supplied; nan while the level is free.
        wanted: What was asked for, before the cap at the supply; nan while the level is free.
        weight: Of a deviation by one.
        supply: Candidates that carry the label; infinite for a feature.
        at_least: Fewest that must be selected; -infinite without a bound.
        at_most: Most that may be selected; infinite without a bound.
        scale: A feature's standard deviation; 1 for a label.
    """

    dimension: str
    name: str
    target: float
    wanted: float
    weight: float = 1.0
    supply: float = np.inf
    at_least: float = -np.inf
    at_most: float = np.inf
    scale: float = 1.0

    def at_level(self, level: float, *, capped: bool) -> "Bin":
        """The bin with a target.

        Args:
            level: What is wanted.
            capped: Whether no more than the supply is wanted.
        """
        return replace(self, wanted=level, target=min(level, self.supply) if capped else level)


def even_level(supply: Sequence[float] | NDArray[np.int64], labels: float) -> float:
    """Level at which bins, each full or at that level, hold so many labels together.

    Args:
        supply: Of each bin.
        labels: How many in all.

    Returns:
        The level; the largest supply if there are too few.

    >>> even_level([200, 900, 900], 540), even_level([10, 900, 900], 500)
    (180.0, 245.0)
    """
    rest, bins = float(labels), sorted(map(float, supply))
    for place, size in enumerate(bins):
        level = rest / (len(bins) - place)
        if level <= size:
            return level
        rest -= size
    return bins[-1]


def make_bins(
    table: LabelTable,
    quotas: Sequence[Quota | FeatureQuota],
    *,
    n: int,
    usable: NDArray[np.bool_],
    cap_at_supply: bool,
) -> tuple[list[Bin], NDArray[np.float64]]:
    """Bins of some quotas.

    Args:
        table: The candidates.
        quotas: What is wanted.
        n: How many will be selected.
        usable: Which candidates may be.
        cap_at_supply: Whether a bin wants no more than there are.

    Returns:
        The bins, and what each candidate adds to each, shape ``(N, bins)``.

    Raises:
        ValueError: If a dimension, feature or label is unknown, or a dimension is asked for twice.
    """
    bins: list[Bin] = []
    parts: list[NDArray[np.float64]] = []
    asked: set[tuple[bool, str]] = set()
    for quota in quotas:
        name = quota.feature if isinstance(quota, FeatureQuota) else quota.dimension
        known = table.features if isinstance(quota, FeatureQuota) else table.labels
        key = (isinstance(quota, FeatureQuota), name)
        if name not in known or key in asked:
            problem = "is asked for twice" if key in asked else f"is unknown; known: {', '.join(known) or 'none'}"
            raise ValueError(f"{name!r} {problem}.")
        asked.add(key)
        if isinstance(quota, FeatureQuota):
            values = table.features[name]
            scale = float(values[usable].std()) or 1.0
            target = n * quota.mean / scale
            bins.append(
                Bin(dimension=name, name="sum", target=target, wanted=target, weight=quota.weight, scale=scale)
            )
            parts.append(values[:, None] / scale)
            continue
        made, places = _label_bins(table, quota, n=n, usable=usable, capped=cap_at_supply)
        bins.extend(made)
        parts.append(table.labels[name].members[:, places].astype(np.float64))
    return bins, np.concatenate(parts, axis=1) if parts else np.zeros((len(table), 0))


def _label_bins(
    table: LabelTable, quota: Quota, *, n: int, usable: NDArray[np.bool_], capped: bool
) -> tuple[list[Bin], list[int]]:
    column = table.labels[quota.dimension]
    asked = {*quota.at_least, *quota.at_most, *(quota.target if isinstance(quota.target, Mapping) else ())}
    if unknown := sorted(asked - set(column.bins)):
        raise ValueError(
            f"{quota.dimension!r} has no label {unknown[0]!r}, only {', '.join(column.bins)}; no candidate carries it."
        )
    members = column.members[usable]
    supply = members.sum(axis=0)
    targets = _targets(quota, column.bins, members, supply, n)
    bins, places = [], []
    for place, name in enumerate(column.bins):
        bounded = name in quota.at_least or name in quota.at_most
        if name not in targets and not bounded:
            continue
        made = Bin(
            dimension=quota.dimension,
            name=name,
            target=np.nan,
            wanted=np.nan,
            weight=quota.weight if name in targets else 0.0,
            supply=float(supply[place]),
            at_least=quota.at_least.get(name, -np.inf),
            at_most=quota.at_most.get(name, np.inf),
        )
        bins.append(made if quota.free_level else made.at_level(targets.get(name, 0.0), capped=capped))
        places.append(place)
    return bins, places


def _targets(
    quota: Quota, names: Sequence[str], members: NDArray[np.bool_], supply: NDArray[np.int64], n: int
) -> dict[str, float]:
    if isinstance(quota.target, Mapping):
        return dict(quota.target)
    if quota.target is not None or quota.free_level:
        return dict.fromkeys(names, float(quota.target or 0))
    if members.any() and members.sum(axis=1).max() > 1:
        level = float(round(even_level(supply, n * members.sum() / len(members))))
        return dict.fromkeys(names, level)
    # Whole numbers that sum to n, so that no deviation is forced by fractions.
    return {name: float(n // len(names) + (place < n % len(names))) for place, name in enumerate(names)}
