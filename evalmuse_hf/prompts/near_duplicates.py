"""Finds texts that share most of their words in the same order, by MinHash signatures cut into bands."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_BANDS, _ROWS = 16, 4  # two texts that share 0.8 of their pairs meet with a chance of 0.9998, at 0.5 of 0.64
_MOST_COMPARED = 32  # kept texts of one bucket; a bucket of more holds texts of one template
_BLOCK = 20_000  # texts that are hashed at a time


def find_near_duplicates(texts: Sequence[Sequence[str]], *, similarity: float, seed: int = 0) -> list[int]:
    """For each text, the first that it repeats.

    Compared are the sets of words, of pairs and of triples of neighbouring words, so that a text in which two things
    change places is another text. Candidates are found by signatures of the pairs and then compared exactly: no text
    is called similar that is not; one in some thousand may be missed.

    Args:
        texts: Words of each.
        similarity: Size of the intersection over that of the union from which two texts are one.
        seed: Of the hash functions.

    Returns:
        Places: a text's own if it repeats none before it.

    >>> find_near_duplicates([["a", "red", "cat"], ["a", "dog"], ["a", "red", "cat"]], similarity=0.8)
    [0, 1, 0]
    """
    known: dict[str, int] = {}
    numbered = [[known.setdefault(word, len(known)) for word in words] for words in texts]
    buckets: list[dict[int, list[int]]] = [{} for _ in range(_BANDS)]
    originals: list[int] = []
    for place, keys in enumerate(_band_keys(numbered, len(known), seed)):
        candidates = sorted(
            {other for bucket, key in zip(buckets, keys, strict=True) for other in bucket.get(key, ())}
        )
        mine = _shingles(numbered[place]) if candidates else frozenset()
        found = (other for other in candidates if _share(mine, _shingles(numbered[other])) >= similarity)
        original = next(found, place)
        originals.append(original)
        if original == place:
            for bucket, key in zip(buckets, keys, strict=True):
                kept = bucket.setdefault(key, [])
                if len(kept) < _MOST_COMPARED:
                    kept.append(place)
    return originals


def _shingles(words: Sequence[int]) -> "frozenset[tuple[int, ...]]":
    """Words, pairs and triples of neighbouring words."""
    return frozenset(
        tuple(words[place : place + size]) for size in (1, 2, 3) for place in range(len(words) - size + 1)
    )


def _share(one: "frozenset[tuple[int, ...]]", other: "frozenset[tuple[int, ...]]") -> float:
    common = len(one & other)
    return common / max(len(one) + len(other) - common, 1)


def _band_keys(texts: Sequence[Sequence[int]], n_words: int, seed: int) -> list[list[int]]:
    """A key for each text and band: equal where the smallest hashes of the band's functions agree."""
    rng = np.random.default_rng(seed)
    factors = rng.integers(0, 2**63, size=_BANDS * _ROWS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    keys: list[list[int]] = []
    for begin in range(0, len(texts), _BLOCK):
        # A word that stands before every text gives one of a single word a pair, and marks the beginning.
        block = [[n_words, *(words or [n_words])] for words in texts[begin : begin + _BLOCK]]
        lengths = np.array([len(words) for words in block])
        flat = np.fromiter((word for words in block for word in words), dtype=np.uint64, count=int(lengths.sum()))
        is_last = np.zeros(len(flat), dtype=np.bool_)
        is_last[np.cumsum(lengths) - 1] = True
        pairs = _scramble(flat[:-1] * np.uint64(n_words + 1) + flat[1:])[~is_last[:-1]]
        starts = np.concatenate([[0], np.cumsum(lengths - 1)[:-1]])
        signatures = np.column_stack([np.minimum.reduceat(pairs * factor, starts) for factor in factors])
        keys.extend(_mix(signatures).tolist())
    return keys


def _scramble(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread neighbouring numbers over all of 64 bits (the finish of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(values ^ (values >> np.uint64(31)))


def _mix(signatures: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One number for the rows of each band."""
    rows = signatures.reshape(len(signatures), _BANDS, _ROWS)
    mixed = np.zeros(rows.shape[:2], dtype=np.uint64)
    for row in range(_ROWS):
        mixed = _scramble(mixed * np.uint64(31) + rows[:, :, row])
    return mixed
