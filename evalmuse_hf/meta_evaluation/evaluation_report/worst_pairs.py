"""The pairs on which scorer and people are furthest apart, as pictures."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from evalmuse_hf.images import ImageDecodingError, load_image
from evalmuse_hf.meta_evaluation.evaluation_parts.judged import FloatArray, JudgedPairs
from evalmuse_hf.meta_evaluation.joining import Row
from evalmuse_hf.reports import PictureCard, Table

ReadPicture = Callable[[str], bytes | None]
"""Gives the picture file of an ``image_path``; None if there is none."""

_LONGEST_PROMPT = 220
_LARGEST_SIDE = 320  # pixels, so that a dozen pictures keep the page small
_UNREADABLE = "The picture cannot be read."


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstPair:
    """A pair far from agreement.

    Attributes:
        path: The picture.
        row: Of the data set.
        score: The scorer's overall score.
        rating: Mean rating of people.
        score_percentile: Share of the pairs that the scorer puts lower, ties by half.
        rating_percentile: Share of the pairs that people put lower.
    """

    path: str
    row: Row
    score: float
    rating: float
    score_percentile: float
    rating_percentile: float


def worst_pairs(pairs: JudgedPairs, *, n: int = 6) -> tuple[tuple[WorstPair, ...], tuple[WorstPair, ...]]:
    """Pairs that the scorer puts too high, and too low, by the difference of the ranks; one per prompt.

    Ranks and not scores are compared, because a scorer may have any scale.

    Args:
        pairs: The pairs.
        n: How many of each.
    """
    if pairs.n < 2:
        return (), ()
    scored, rated = _percentiles(pairs.predictions), _percentiles(pairs.references)
    gap = scored - rated
    found = []
    for order, sign in ((np.argsort(-gap, kind="stable"), 1), (np.argsort(gap, kind="stable"), -1)):
        chosen: dict[str, WorstPair] = {}
        for place in order:
            if len(chosen) == n or sign * gap[place] <= 0:
                break
            pair = WorstPair(
                path=str(pairs.rows[place]["image_path"]),
                row=pairs.rows[place],
                score=float(pairs.predictions[place]),
                rating=float(pairs.references[place]),
                score_percentile=float(scored[place]),
                rating_percentile=float(rated[place]),
            )
            chosen.setdefault(pairs.prompts[place], pair)
        found.append(tuple(chosen.values()))
    return found[0], found[1]


def picture_cards(pairs: Sequence[WorstPair], *, read_picture: ReadPicture) -> tuple[PictureCard, ...]:
    """Cards with picture, prompt and both judgements.

    Args:
        pairs: What to show.
        read_picture: Gives the files; a card without one shows the texts alone.
    """
    return tuple(_card(pair, read_picture) for pair in pairs)


def pair_table(too_high: Sequence[WorstPair], too_low: Sequence[WorstPair]) -> Table:
    """The same in words, for a report without pictures.

    Args:
        too_high: Pairs that the scorer puts too high.
        too_low: Pairs that it puts too low.
    """
    rows = tuple(
        (direction, pair.path, _prompt_of(pair), f"{pair.score:.2f}", f"{pair.rating:.2f}")
        for direction, pairs in (("too high", too_high), ("too low", too_low))
        for pair in pairs
    )
    return Table(title="", header=("scorer is", "picture", "prompt", "score", "mean rating"), rows=rows)


def _prompt_of(pair: WorstPair) -> str:
    prompt = " ".join(str(pair.row.get("prompt") or "").split())
    return prompt if len(prompt) <= _LONGEST_PROMPT else f"{prompt[:_LONGEST_PROMPT]} ..."


def _card(pair: WorstPair, read_picture: ReadPicture) -> PictureCard:
    image: bytes | None = None
    trouble: tuple[str, ...] = ()
    found = read_picture(pair.path)
    if found is not None:
        try:
            image = _small_jpeg(found)
        except ImageDecodingError:
            trouble = (_UNREADABLE,)
    generator = pair.row.get("generator")
    return PictureCard(
        image=image,
        title=_prompt_of(pair) or pair.path,
        numbers=(("scorer", f"{pair.score:.2f}"), ("people", f"{pair.rating:.2f}")),
        lines=(
            *trouble,
            f"The scorer puts it above {pair.score_percentile:.0%} of all pictures, people above "
            f"{pair.rating_percentile:.0%}.",
            f"{pair.path}{f', by {generator}' if generator else ''}",
        ),
        alt=f"Picture {pair.path}",
    )


def _small_jpeg(image: bytes) -> bytes:
    """Decode an untrusted picture with care, and encode it anew, small."""
    picture = load_image(image)
    picture.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
    out = io.BytesIO()
    picture.save(out, format="JPEG", quality=82)
    return out.getvalue()


def _percentiles(values: FloatArray) -> FloatArray:
    return np.asarray((rankdata(values) - 0.5) / len(values), dtype=np.float64)
