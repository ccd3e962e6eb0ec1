"""Clusters of embedded prompts by k-means: the fourth dimension along which the paper balances."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.optional import require
from evalmuse_hf.prompts.tables import writing_whole

N_CLUSTERS = 7
"""As many as in the paper."""

MINI_BATCH_ABOVE = 200_000
"""Rows from which k-means reads them in batches."""

_RESTARTS = 10
_AT_ONCE = 65_536
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Clusters:
    """Fitted clusters, to which new prompts can be assigned.

    Attributes:
        centers: Shape ``(K, D)``, the largest cluster first; of two equally large, that with the smaller identifier.
        sizes: How many prompts each had when they were fitted.
        encoder: Name of the encoder whose vectors they were fitted to.
        seed: Of the fit.
    """

    centers: NDArray[np.float32]
    sizes: NDArray[np.int64]
    encoder: str = ""
    seed: int = 0

    def assign(self, vectors: NDArray[np.float32]) -> NDArray[np.int64]:
        """Number of the nearest center of each vector; of equally near ones the smallest.

        Args:
            vectors: Shape ``(N, D)``.

        Raises:
            ValueError: If they have another number of columns than the centers.
        """
        if vectors.ndim != 2 or vectors.shape[1] != self.centers.shape[1]:
            raise ValueError(
                f"`vectors` has the shape {vectors.shape}, expected (N, {self.centers.shape[1]}); use the encoder "
                f"{self.encoder!r} that the centers were fitted with."
            )
        centers = self.centers.astype(np.float64)
        half = (centers**2).sum(axis=1) / 2
        found = [
            np.argmin(half - vectors[start : start + _AT_ONCE].astype(np.float64) @ centers.T, axis=1)
            for start in range(0, len(vectors), _AT_ONCE)
        ]
        return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)

    def save(self, path: Path) -> None:
        """Write the centers to a file.

        Args:
            path: Where to, by custom ``.npz``; an earlier file is replaced once this one is whole.
        """
        with writing_whole(path) as file:
            np.savez(
                file,
                format=np.int64(_FORMAT),
                centers=self.centers,
                sizes=self.sizes,
                encoder=np.str_(self.encoder),
                seed=np.int64(self.seed),
            )

    @classmethod
    def load(cls, path: Path) -> "Clusters":
        """Read centers that `save` wrote.

        Args:
            path: The file.

        Raises:
            ValueError: If there is none, or it holds something else.
        """
        try:
            with np.load(path, allow_pickle=False) as parts:
                if int(parts["format"]) != _FORMAT:
                    raise ValueError(f"format {int(parts['format'])}")
                return cls(parts["centers"], parts["sizes"], str(parts["encoder"]), int(parts["seed"]))
        except FileNotFoundError:
            raise ValueError(
                f"There are no cluster centers at {path}; leave the option out to fit new ones."
            ) from None
        except (OSError, ValueError, KeyError, EOFError, AttributeError, TypeError, BadZipFile) as error:
            raise ValueError(
                f"{path} does not hold cluster centers of this version ({error}); fit new ones."
            ) from None


def fit_clusters(
    ids: Sequence[str],
    vectors: NDArray[np.float32],
    *,
    k: int = N_CLUSTERS,
    seed: int = 0,
    encoder: str = "",
    mini_batch_above: int = MINI_BATCH_ABOVE,
) -> Clusters:
    """Fit clusters by scikit-learn's k-means: k-means++ starts, the best of ten.

    Rows are sorted by identifier first, and one thread adds them up, so that neither their order nor the number of
    threads changes the result.

    Args:
        ids: One per vector.
        vectors: Shape ``(N, D)``.
        k: How many clusters.
        seed: Of the starts.
        encoder: Name of the encoder, which is kept with the centers.
        mini_batch_above: Rows from which k-means reads them in batches, which is faster and a little worse.

    Raises:
        ImportError: If scikit-learn is not installed.
        ValueError: If there are fewer different vectors than clusters, or a number is not finite.
    """
    if vectors.ndim != 2 or len(ids) != len(vectors):
        raise ValueError(f"`vectors` has the shape {vectors.shape}, expected ({len(ids)}, D): one row per id.")
    if not np.isfinite(vectors).all():
        place = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
        raise ValueError(f"The vector of id {ids[place]!r} has a number that is not finite; embed it again.")
    if k < 1:
        raise ValueError(f"`k` is {k}, expected at least 1.")
    different = len(np.unique(vectors, axis=0)) if len(vectors) < _AT_ONCE else len(vectors)
    if different < k:
        raise ValueError(f"{different} different prompts cannot make {k} clusters; ask for fewer.")
    order = np.array(sorted(range(len(ids)), key=ids.__getitem__))
    found = Clusters(_centers(vectors[order], k, seed, mini_batch_above), np.zeros(k, dtype=np.int64))
    labels = found.assign(vectors[order])
    sizes = np.bincount(labels, minlength=k)
    firsts = [int(np.argmax(labels == number)) if sizes[number] else len(ids) for number in range(k)]
    numbering = sorted(range(k), key=lambda number: (-sizes[number], firsts[number]))
    return Clusters(found.centers[numbering], sizes[numbering], encoder, seed)


def require_fitting() -> tuple[Any, Any]:
    """Import what fitting needs: k-means of scikit-learn, and threadpoolctl.

    Raises:
        ImportError: If one is not installed.
    """
    return (
        require("sklearn.cluster", purpose="Clustering prompts", extra="prompts"),
        require("threadpoolctl", purpose="Clustering prompts", extra="prompts"),
    )


def _centers(vectors: NDArray[np.float32], k: int, seed: int, mini_batch_above: int) -> NDArray[np.float32]:
    cluster, threads = require_fitting()
    kind = cluster.MiniBatchKMeans if len(vectors) > mini_batch_above else cluster.KMeans
    with threads.threadpool_limits(limits=1):
        fitted = kind(n_clusters=k, n_init=_RESTARTS, random_state=seed % 2**32).fit(vectors)
    return np.asarray(fitted.cluster_centers_, dtype=np.float32)
