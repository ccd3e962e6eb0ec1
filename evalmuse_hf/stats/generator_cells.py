"""Values by prompt and generator, for comparisons of generators on the prompts that they drew."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalmuse_hf.stats.sample import FloatArray, NanPolicy, group_numbers, read_sample


@dataclass(frozen=True, slots=True)
class GeneratorCells:
    """Means of k columns over the pictures of each prompt by each generator.

    Attributes:
        values: Shape ``(k, prompts, generators)``; 0 where there is no picture.
        present: Whether there is a picture, shape ``(prompts, generators)``.
        sizes: Number of pictures, of the same shape.
        generators: Labels, in order of first appearance.
        prompts: Labels, in order of first appearance.
        n_dropped: Rows left out because a value was nan.
        n_left_out: Prompts left out because some generator lacks them.
    """

    values: FloatArray
    present: NDArray[np.bool_]
    sizes: NDArray[np.intp]
    generators: tuple[Hashable, ...]
    prompts: tuple[Hashable, ...]
    n_dropped: int
    n_left_out: int = 0

    @property
    def n(self) -> int:
        """Number of pictures."""
        return int(self.sizes.sum())

    @property
    def n_prompts(self) -> int:
        """Number of prompts."""
        return len(self.prompts)

    def require_balance(self) -> None:
        """Refuse generators that drew different prompts.

        Raises:
            ValueError: If one lacks a prompt; names the one that lacks most, and a prompt.
        """
        lacking = (~self.present).sum(axis=0)
        if not lacking.any():
            return
        worst = int(lacking.argmax())
        prompt = self.prompts[int(np.flatnonzero(~self.present[:, worst])[0])]
        raise ValueError(
            f"{int((lacking > 0).sum())} of {len(lacking)} generators lack prompts that others drew: "
            f"{self.generators[worst]!r} has no picture of {int(lacking[worst])} of {self.n_prompts} prompts, "
            f'such as {prompt!r}; choose missing="shared" (prompts that all drew) or missing="adjusted" (means '
            "adjusted for the prompts)."
        )

    def shared(self) -> "GeneratorCells":
        """The same for the prompts that all generators drew."""
        kept = np.asarray(self.present.all(axis=1))
        return replace(
            self,
            values=self.values[:, kept],
            present=self.present[kept],
            sizes=self.sizes[kept],
            prompts=tuple(label for label, keep in zip(self.prompts, kept.tolist(), strict=True) if keep),
            n_left_out=int((~kept).sum()),
        )


def generator_cells(
    columns: dict[str, ArrayLike],
    generators: Sequence[Hashable],
    prompts: Sequence[Hashable],
    *,
    nan_policy: NanPolicy = "raise",
) -> GeneratorCells:
    """Average rows by prompt and generator.

    Args:
        columns: Values by argument name, each of shape ``(n,)``.
        generators: One label per row.
        prompts: One label per row.
        nan_policy: See `read_sample`.

    Raises:
        ValueError: See `read_sample`, and for a row without a generator.

    >>> cells = generator_cells({"scores": [1.0, 3.0, 5.0]}, ["A", "A", "B"], ["cat", "cat", "dog"])
    >>> cells.values[0].tolist(), cells.present.tolist()
    ([[2.0, 0.0], [0.0, 5.0]], [[True, False], [False, True]])
    """
    if len(generators) != len(prompts):
        raise ValueError(
            f"Expected one generator and one prompt per row, got {len(generators)} generators and {len(prompts)} "
            "prompts."
        )
    by_generator, by_prompt = group_numbers(generators, name="generators"), group_numbers(prompts, name="prompts")
    labels, prompt_labels = list(dict.fromkeys(generators)), list(dict.fromkeys(prompts))
    sample = read_sample(
        {**columns, "generators": by_generator, "prompts": by_prompt}, groups=by_prompt.tolist(), nan_policy=nan_policy
    )
    first_rows = np.unique(sample.codes, return_index=True)[1]
    kept_prompts = sample["prompts"][first_rows].astype(np.intp)
    shape = (sample.n_clusters, len(labels))
    cell = sample.codes * len(labels) + sample["generators"].astype(np.intp)
    sizes = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    sums = [np.bincount(cell, weights=sample[name], minlength=sizes.size).reshape(shape) for name in columns]
    values = np.stack(sums) / np.maximum(sizes, 1)
    return GeneratorCells(
        values=values,
        present=sizes > 0,
        sizes=sizes,
        generators=tuple(labels),
        prompts=tuple(prompt_labels[number] for number in kept_prompts),
        n_dropped=sample.n_dropped,
    )
