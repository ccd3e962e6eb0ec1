"""Which training prompts go into the ``dev`` split and into which fold: by prompt, seeded, whatever their order."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalmuse_hf.data.sources import PromptGroup

DEFAULT_DEV_SHARE = 0.1
"""Of the training prompts, where the official test ratings are not published."""


@dataclass(frozen=True, slots=True)
class Part:
    """Prompts that are written together.

    Attributes:
        split: The split in the built data set.
        fold: Number of their fold; None without folds.
        groups: The prompts, in the released order.
    """

    split: str
    fold: int | None
    groups: tuple[PromptGroup, ...]


def partition(
    splits: Mapping[str, Sequence[PromptGroup]], *, dev: float = 0.0, folds: int = 0, seed: int = 0
) -> list[Part]:
    """Take a ``dev`` split from the training prompts, and sort the rest into folds.

    A prompt's place follows from the seed and its text alone, so it does not change when other prompts are added
    before it. ``dev`` gets the nearest whole number of prompts, but at least one and never all.

    Args:
        splits: Prompts of ``train`` and ``test``, as far as they are there.
        dev: Share of the training prompts that form ``dev``; 0 for no such split.
        folds: Number of folds of the training prompts; 0 for none.
        seed: Another seed, another choice.

    Returns:
        The parts, ``train`` first, then ``dev`` and ``test``.

    Raises:
        ValueError: If a number is out of its range, or there are too few prompts.
    """
    if not 0 <= dev < 1:
        raise ValueError(f"`dev` must be at least 0 and below 1, got {dev!r}.")
    if folds < 0 or folds == 1:
        raise ValueError(f"`folds` must be 0 or at least 2, got {folds!r}.")
    train = list(splits.get("train", ()))
    ranked = sorted(train, key=lambda group: _rank(seed, group.identity))
    if (dev or folds) and len(train) < max(2 if dev else 1, folds):
        wanted = f"{folds} folds" if folds else "a dev split"
        raise ValueError(f"The training side has {len(train)} prompts, too few for {wanted}.")
    n_dev = min(max(1, round(dev * len(train))), len(train) - 1) if dev else 0
    held = {group.identity for group in ranked[:n_dev]}
    fold_of = {group.identity: place % folds for place, group in enumerate(ranked[n_dev:])} if folds else {}
    parts = []
    for fold in range(folds) if folds else [None]:
        members = tuple(group for group in train if group.identity not in held and fold_of.get(group.identity) == fold)
        parts.append(Part("train", fold, members))
    parts.append(Part("dev", None, tuple(group for group in train if group.identity in held)))
    parts.append(Part("test", None, tuple(splits.get("test", ()))))
    return [part for part in parts if part.groups]


def _rank(seed: int, identity: str) -> bytes:
    return hashlib.sha256(f"{seed}:{identity}".encode()).digest()
