"""Pairs of a photograph and a caption to train on, with targets that need no rater.

People's captions of one photograph say the same in five ways. How well *another* caption fits the photograph is
therefore read off its own ones: by the sentence model for the pair as a whole, by the words they use for each word.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerBase

from evalmuse_hf.elements import clean_prompt
from evalmuse_hf.meta_evaluation.studies.flickr8k_data import Flickr8k, IntArray
from evalmuse_hf.schema import ALIGNMENT_SCALE
from evalmuse_hf.training.drawn_dataset import TokenizedPairs

FUNCTION_WORDS = frozenset(
    (
        *("a", "an", "the", "this", "that", "these", "those", "another", "other", "some", "each", "both"),
        *("one", "it", "its", "his", "her", "hers", "him", "he", "she", "they", "them", "their", "who", "whom"),
        *("which", "what", "where", "when", "while", "as", "and", "or", "but", "nor", "so", "than", "then"),
        *("of", "in", "on", "at", "by", "to", "from", "for", "with", "without", "into", "onto", "up", "down"),
        *("out", "off", "over", "under", "near", "through", "across", "along", "around", "about", "against"),
        *("behind", "beside", "between", "during", "toward", "towards", "is", "are", "was", "were", "be"),
        *("been", "being", "am", "has", "have", "had", "having", "do", "does", "did", "there", "here", "not"),
        *("no", "very", "just", "also", "only", "too", "all"),
    )
)
_FLOAT = np.float64
_WINDOW = 20  # batches among which captions are sorted by length

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CaptionPairs:
    """Pairs to train or to check on.

    Attributes:
        pictures: int64, shape (N,), positions in `Flickr8k.names`.
        captions: int64, shape (N,), positions in `Flickr8k.captions`.
        own: bool, shape (N,), whether the caption was written for the picture.
    """

    pictures: IntArray
    captions: IntArray
    own: NDArray[np.bool_]

    def take(self, rows: Sequence[int] | IntArray) -> "CaptionPairs":
        """Choose pairs, in the order given."""
        return CaptionPairs(self.pictures[rows], self.captions[rows], self.own[rows])


@dataclass(frozen=True, slots=True)
class CaptionTokens:
    """Captions as the model reads them.

    Attributes:
        input_ids: int32, shape (C, T), padded with 0.
        content: bool, shape (C, T), whether the token belongs to a word that says what is to be seen.
    """

    input_ids: NDArray[np.int32]
    content: NDArray[np.bool_]

    @property
    def lengths(self) -> IntArray:
        """Tokens of each caption, shape (C,)."""
        return np.asarray((self.input_ids != 0).sum(axis=1), dtype=np.int64)


def tokenize_captions(
    captions: Sequence[str], tokenizer: PreTrainedTokenizerBase, *, max_length: int
) -> CaptionTokens:
    """Clean and tokenise captions, and mark their content words.

    Args:
        captions: ``C`` captions.
        tokenizer: A fast BERT tokenizer.
        max_length: Tokens to keep, ``[CLS]`` and ``[SEP]`` included.

    Returns:
        The tokens; a word is content unless it is one of `FUNCTION_WORDS` or has no letter.
    """
    texts = [clean_prompt(caption).text for caption in captions]
    encoding = tokenizer(
        texts, truncation=True, max_length=max_length, padding="max_length", return_offsets_mapping=True
    )
    input_ids = np.array(encoding["input_ids"], dtype=np.int32)
    content = np.zeros(input_ids.shape, dtype=bool)
    for row, text in enumerate(texts):
        words = encoding.word_ids(row)
        for column, word in enumerate(words):
            if word is not None:
                span = encoding.word_to_chars(row, word)
                content[row, column] = _is_content(text[span.start : span.end])
    return CaptionTokens(input_ids * np.array(encoding["attention_mask"], dtype=np.int32), content)


def caption_agreement(data: Flickr8k, embeddings: NDArray[np.float32], pairs: CaptionPairs) -> FloatArray:
    """Compare captions with the picture's own ones: the cosine with the mean of their embeddings.

    The caption itself is left out of that mean where it is one of them.

    Args:
        data: The data set.
        embeddings: One of length 1 for each caption, shape (C, D).
        pairs: ``N`` pairs.

    Returns:
        Shape (N,), in [-1, 1]; nan where the picture has no other caption.
    """
    sums = caption_sums(data, embeddings)[pairs.pictures]
    captions = embeddings[pairs.captions].astype(_FLOAT)
    sums[pairs.own] -= captions[pairs.own]
    lengths = np.linalg.norm(sums, axis=1)
    n_others = np.bincount(data.caption_pictures, minlength=len(data.names))[pairs.pictures] - pairs.own
    with np.errstate(invalid="ignore"):
        return np.where(n_others > 0, np.einsum("nd,nd->n", sums, captions) / lengths, np.nan)


def caption_sums(data: Flickr8k, embeddings: NDArray[np.float32]) -> FloatArray:
    """Add up the embeddings of each picture's captions.

    Args:
        data: The data set.
        embeddings: Shape (C, D).

    Returns:
        Shape (P, D), 0 for a picture without captions.
    """
    sums = np.zeros((len(data.names), embeddings.shape[1]))
    np.add.at(sums, data.caption_pictures, embeddings)
    return sums


def draw_caption_pairs(
    data: Flickr8k,
    embeddings: NDArray[np.float32],
    pictures: IntArray,
    *,
    size: int,
    shares: Mapping[str, float],
    n_neighbours: int,
    rng: np.random.Generator | int | None,
) -> CaptionPairs:
    """Draw pairs at random: own captions, captions of pictures that are described alike, and captions of any picture.

    Args:
        data: The data set.
        embeddings: One of length 1 for each caption, shape (C, D).
        pictures: Positions of the pictures to draw from; the captions are theirs, too.
        size: Pairs to draw.
        shares: Of ``"own"``, ``"near"`` and ``"any"`` captions; they add up to 1.
        n_neighbours: A near caption is one of this many pictures, the nearest of them the likeliest.
        rng: Generator or seed.

    Returns:
        The pairs, in random order.

    Raises:
        ValueError: If there are other shares, they do not add up to 1, or there are fewer than two pictures.
    """
    kinds = ("own", "near", "any")
    if set(shares) != set(kinds) or not np.isclose(sum(shares.values()), 1) or min(shares.values()) < 0:
        raise ValueError(f"`shares` must be those of {', '.join(kinds)} and add up to 1, got {dict(shares)}.")
    if len(pictures) < 2:
        raise ValueError(f"At least 2 pictures are needed, to give one the caption of another; got {len(pictures)}.")
    generator = np.random.default_rng(rng)
    neighbours = _nearest(caption_sums(data, embeddings)[pictures], min(n_neighbours, len(pictures) - 1))
    places = generator.integers(len(pictures), size=size)
    kind = generator.choice(len(kinds), size=size, p=[shares[name] for name in kinds])
    # The square of a uniform number makes the first neighbours likelier than the last.
    near = neighbours[places, (neighbours.shape[1] * generator.random(size) ** 2).astype(np.int64)]
    others = (places + generator.integers(1, len(pictures), size=size)) % len(pictures)
    sources = pictures[np.choose(kind, [places, near, others])]
    chosen = generator.random(size)
    choices = [data.captions_of[source] for source in sources.tolist()]
    captions = np.array(
        [own[int(share * len(own))] for own, share in zip(choices, chosen, strict=True)], dtype=np.int64
    )
    return CaptionPairs(pictures[places], captions, kind == 0)


def sort_by_length(lengths: IntArray, *, batch_size: int, rng: np.random.Generator | int | None) -> IntArray:
    """Order pairs so that those of a batch are about equally long, and the batches come at random.

    Args:
        lengths: Tokens of each pair's caption, shape (N,).
        batch_size: Pairs per batch.
        rng: Generator or seed.

    Returns:
        int64, shape (N,): which pair comes where.
    """
    generator = np.random.default_rng(rng)
    rows: list[IntArray] = []
    for start in range(0, len(lengths), _WINDOW * batch_size):
        window = start + np.argsort(lengths[start : start + _WINDOW * batch_size], kind="stable")
        full = len(window) // batch_size * batch_size
        batches = window[:full].reshape(-1, batch_size)
        rows += [batches[generator.permutation(len(batches))].ravel(), window[full:]]
    return np.concatenate(rows)


def training_pairs(
    data: Flickr8k, tokens: CaptionTokens, pairs: CaptionPairs, agreement: FloatArray, *, span: tuple[float, float]
) -> TokenizedPairs:
    """Give pairs their targets.

    The overall target rises linearly with the agreement and stays at 1 below, at 5 above ``span``. A content word is
    an element: it is true of the picture if a caption of that uses a word with the same token.

    Args:
        data: The data set.
        tokens: Its captions.
        pairs: The pairs.
        agreement: Of each pair, see `caption_agreement`.
        span: Agreement at which the target is 1, and that at which it is 5.

    Returns:
        The pairs with the positions of their pictures as ``rows``.
    """
    words = [
        np.unique(tokens.input_ids[list(captions)][tokens.content[list(captions)]]) for captions in data.captions_of
    ]
    input_ids, content = tokens.input_ids[pairs.captions], tokens.content[pairs.captions]
    shown = np.stack([np.isin(ids, words[picture]) for ids, picture in zip(input_ids, pairs.pictures, strict=True)])
    low, high = ALIGNMENT_SCALE
    share = np.clip((agreement - span[0]) / (span[1] - span[0]), 0, 1)
    return TokenizedPairs(
        rows=pairs.pictures,
        input_ids=input_ids.astype(np.int16),
        token_target=(shown & content).astype(np.float16),
        token_mask=content,
        overall_target=(low + (high - low) * share).astype(np.float32),
    )


def _is_content(word: str) -> bool:
    return word not in FUNCTION_WORDS and any(map(str.isalpha, word))


def _nearest(vectors: FloatArray, n_neighbours: int) -> IntArray:
    """The nearest other rows by cosine, nearest first, shape ``(N, n_neighbours)``."""
    units = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    nearest = np.empty((len(units), n_neighbours), dtype=np.int64)
    for row, unit in enumerate(units):
        similarity = units @ unit
        similarity[row] = -np.inf
        found = np.argpartition(-similarity, n_neighbours - 1)[:n_neighbours]
        nearest[row] = found[np.argsort(-similarity[found], kind="stable")]
    return nearest
