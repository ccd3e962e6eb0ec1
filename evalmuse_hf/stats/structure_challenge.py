"""Scores of the NTIRE 2025 challenge on text-to-image quality assessment, track 2 (structural problems)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from evalmuse_hf.stats.correlation import plcc, srcc
from evalmuse_hf.stats.sample import FloatArray

SIDE = 512  # pixels; every map is brought to this size
MIN_PREDICTED_SHARE = 0.0006  # of all pixels; a smaller predicted region is noise
MIN_REFERENCE_AREA = 150.0  # pixels
MIN_REGION_IOU = 0.1
F1_WEIGHT, CORRELATION_WEIGHT = 0.7, 0.3
_F1_GUARD, _IOU_GUARD = 1e-10, 1e-4  # what the organisers add so that nothing is divided by 0
_EIGHT = np.ones((3, 3), dtype=bool)  # pixels that touch at a corner are one region
_COEFFICIENT = 2048  # one, in the 11-bit fixed point of a resized 8-bit map

Mask = NDArray[np.bool_]
Maps = Mapping[str, ArrayLike] | Sequence[ArrayLike]
Scores = Mapping[str, float] | Sequence[float]


@dataclass(frozen=True)
class NtireTrack2Result:
    """Scores of a submission to track 2 of the NTIRE 2025 challenge.

    Attributes:
        precision: Share of the predicted regions that meet a marked one; nan without a predicted region.
        recall: Share of the marked regions that are met; nan without a marked region.
        f1: Of the two, over all pictures together; nan where one of them is.
        mean_iou: Mean over the pictures of the overlap of all marked pixels; 1 where neither side marks any.
        plcc: Pearson correlation of the scores after the logistic map.
        srcc: Spearman correlation of the scores.
        final: ``0.7 f1 + 0.3 (plcc + srcc) / 2``.
        n: Pictures compared.
        n_predicted_regions: Predicted regions that are large enough to count.
        n_reference_regions: Marked regions that are large enough to count.
        n_unused: Predicted pictures that the references do not hold.
        status: ``"ok"``, or why one of the numbers is nan.
    """

    precision: float
    recall: float
    f1: float
    mean_iou: float
    plcc: float
    srcc: float
    final: float
    n: int
    n_predicted_regions: int
    n_reference_regions: int
    n_unused: int = 0
    status: str = "ok"


def ntire_track2(
    *, prediction_maps: Maps, reference_maps: Maps, prediction_scores: Scores, reference_scores: Scores
) -> NtireTrack2Result:
    """Score a submission to track 2 of NTIRE 2025: where structural problems are, and how sound a picture is.

    Every map is resized to 512 x 512 and is set where it is above 0. A region is what touches, corners included, with
    its holes; predicted regions of at most 0.06 % of the area and marked ones of at most 150 pixels do not count. Two
    regions meet if their overlap is above 0.1 of their union. Regions are pooled over all pictures.

    Args:
        prediction_maps: One map per picture, shape ``(H, W)``, 0 where nothing is wrong. Mappings are joined by key,
            sequences by place; all four inputs are of one kind. 8-bit and boolean maps are resized in 8-bit fixed
            point, as the organisers' script does, others in floating point.
        reference_maps: The same, marked by people.
        prediction_scores: One score per picture, any scale, higher is sounder.
        reference_scores: Mean human scores, 1-5.

    Returns:
        The scores, higher is better. An undefined part is nan, and with it ``final``.

    Raises:
        ValueError: If the inputs do not fit together, a reference lacks its prediction, or a map is not a picture.

    References:
        The evaluation script of the NTIRE 2025 challenge, track 2; Liu et al., *NTIRE 2025 challenge on text to image
        generation model quality assessment*, https://huggingface.co/papers/2505.16314.

    >>> marked = np.zeros((512, 512), dtype=np.uint8)
    >>> marked[100:200, 100:200] = 1
    >>> maps = [marked, np.roll(marked, 300, axis=0), np.zeros_like(marked), marked, marked]
    >>> result = ntire_track2(
    ...     prediction_maps=[marked] * 5,
    ...     reference_maps=maps,
    ...     prediction_scores=[1.0, 2.0, 3.0, 4.0, 4.5],
    ...     reference_scores=[1.5, 1.0, 3.0, 4.0, 5.0],
    ... )
    >>> result.precision, result.recall, result.srcc
    (0.6, 0.75, 0.9)
    """
    inputs = {
        "reference_maps": _keyed("reference_maps", reference_maps),
        "reference_scores": _keyed("reference_scores", reference_scores),
        "prediction_maps": _keyed("prediction_maps", prediction_maps),
        "prediction_scores": _keyed("prediction_scores", prediction_scores),
    }
    pictures = list(inputs["reference_maps"])
    for name, values in inputs.items():
        _require_pictures(name, values, pictures)
    compared = [
        _compare(_mask("prediction_maps", key, predicted), _mask("reference_maps", key, inputs["reference_maps"][key]))
        for key, predicted in ((key, inputs["prediction_maps"][key]) for key in pictures)
    ]
    hits, n_predicted, met, n_marked = (sum(counts) for counts in zip(*(c.counts for c in compared), strict=True))
    precision = hits / n_predicted if n_predicted else float("nan")
    recall = met / n_marked if n_marked else float("nan")
    f1 = 2 * precision * recall / (precision + recall + _F1_GUARD)
    scores, ratings = ([inputs[name][key] for key in pictures] for name in ("prediction_scores", "reference_scores"))
    linear = plcc(predictions=scores, references=ratings, fit="logistic4")
    rank = srcc(predictions=scores, references=ratings)
    status = next((result.status for result in (rank, linear) if result.status != "ok"), "ok")
    if not n_predicted or not n_marked:
        status = f"no {'marked' if n_predicted else 'predicted'} region is large enough"
    return NtireTrack2Result(
        precision=precision,
        recall=recall,
        f1=f1,
        mean_iou=float(np.mean([comparison.iou for comparison in compared])),
        plcc=linear.statistic,
        srcc=rank.statistic,
        final=F1_WEIGHT * f1 + CORRELATION_WEIGHT * (linear.statistic + rank.statistic) / 2,
        n=len(pictures),
        n_predicted_regions=n_predicted,
        n_reference_regions=n_marked,
        n_unused=len(set(inputs["prediction_maps"]) - set(pictures)),
        status=status,
    )


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One picture: predicted regions that hit, all of them, marked regions that are met, all of them; and pixels."""

    counts: tuple[int, int, int, int]
    iou: float


def _compare(predicted: Mask, marked: Mask) -> _Comparison:
    found = _regions(predicted, above=SIDE * SIDE * MIN_PREDICTED_SHARE)
    true = _regions(marked, above=MIN_REFERENCE_AREA)
    n_found, n_true = int(found.max()), int(true.max())
    # Pixels by region on either side; row and column 0 are what belongs to none.
    shared = np.bincount((found * (n_true + 1) + true).ravel(), minlength=(n_found + 1) * (n_true + 1))
    shared = shared.reshape(n_found + 1, n_true + 1)
    union = shared.sum(axis=1, keepdims=True) + shared.sum(axis=0, keepdims=True) - shared
    meet = shared[1:, 1:] > MIN_REGION_IOU * union[1:, 1:]
    counts = (int(meet.any(axis=1).sum()), n_found, int(meet.any(axis=0).sum()), n_true)
    both, either = int((predicted & marked).sum()), int((predicted | marked).sum())
    return _Comparison(counts, (both + _IOU_GUARD) / (either + _IOU_GUARD))


def _regions(mask: Mask, *, above: float) -> NDArray[np.intp]:
    """Number, from 1, of the region that each pixel belongs to; 0 outside and in regions of at most ``above``.

    Holes are filled first, so that what lies in the hole of a region is part of it.
    """
    labels, n_labels = ndimage.label(ndimage.binary_fill_holes(mask), structure=_EIGHT)
    kept = np.zeros(n_labels + 1, dtype=np.intp)
    for label, place in enumerate(ndimage.find_objects(labels), start=1):
        if _outline_area(labels[place] == label) > above:
            kept[label] = kept.max() + 1
    return np.asarray(kept[labels])


def _outline_area(region: Mask) -> float:
    """Area inside the line through the centres of a region's outermost pixels.

    The line encloses each square of four neighbouring centres that are all set, and half of one with three.
    """
    padded = np.pad(region, 1).astype(np.int8)
    corners = padded[:-1, :-1] + padded[1:, :-1] + padded[:-1, 1:] + padded[1:, 1:]
    return float((corners == 4).sum() + 0.5 * (corners == 3).sum())


def _mask(name: str, key: str, values: ArrayLike) -> Mask:
    table = np.asarray(values)
    if table.ndim != 2 or not table.size or table.dtype.kind not in "buif":
        raise ValueError(
            f"`{name}` must hold maps of numbers of shape (H, W), got shape {table.shape} of {table.dtype} at {key!r}."
        )
    if table.dtype.kind == "f" and not np.isfinite(table).all():
        raise ValueError(f"`{name}` has values that are not finite at {key!r}.")
    if table.shape == (SIDE, SIDE):
        return np.asarray(table > 0)
    if table.dtype.kind == "b" or table.dtype == np.uint8:
        return _resized_bytes(table.astype(np.int64)) > 0
    return _resized(table.astype(np.float64)) > 0


@dataclass(frozen=True, slots=True)
class _Taps:
    """For each of the ``SIDE`` new pixels: the old ones on both sides of its centre, and the weight of the second."""

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    weight: FloatArray


def _taps(size: int) -> _Taps:
    centre = ((np.arange(SIDE) + 0.5) * (size / SIDE) - 0.5).astype(np.float32)  # as OpenCV keeps it
    first = np.floor(centre).astype(np.intp)
    weight = (centre - first.astype(np.float32)).astype(np.float64)
    # Beyond an edge both are the edge pixel, and its two parts are cut one by one.
    return _Taps(np.clip(first, 0, size - 1), np.clip(first + 1, 0, size - 1), weight)


def _resized(values: FloatArray) -> FloatArray:
    """Bilinear, pixel centres at the halves, edges repeated."""
    rows, columns = _taps(values.shape[0]), _taps(values.shape[1])
    wide = values[:, columns.first] * (1 - columns.weight) + values[:, columns.second] * columns.weight
    return np.asarray(wide[rows.first] * (1 - rows.weight)[:, None] + wide[rows.second] * rows.weight[:, None])


def _resized_bytes(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same in the fixed point of OpenCV's 8-bit resize, whose cut bits decide whether an edge pixel is set."""
    rows, columns = _taps(values.shape[0]), _taps(values.shape[1])
    weights = [np.rint(taps.weight * _COEFFICIENT).astype(np.int64) for taps in (rows, columns)]
    wide = values[:, columns.first] * (_COEFFICIENT - weights[1]) + values[:, columns.second] * weights[1]
    upper = ((_COEFFICIENT - weights[0])[:, None] * (wide[rows.first] >> 4)) >> 16
    lower = (weights[0][:, None] * (wide[rows.second] >> 4)) >> 16
    return np.asarray((upper + lower + 2) >> 2)


def _keyed(name: str, values: Maps | Scores) -> dict[str, Any]:
    if isinstance(values, Mapping):
        return dict(values)
    if isinstance(values, str):
        raise ValueError(f"`{name}` must be a mapping or a sequence with one entry per picture, got a text.")
    return {f"place {place}": value for place, value in enumerate(values)}


def _require_pictures(name: str, values: Mapping[str, Any], pictures: Sequence[str]) -> None:
    if not pictures:
        raise ValueError("`reference_maps` is empty; give at least one picture.")
    absent = [picture for picture in pictures if picture not in values]
    if absent:
        raise ValueError(
            f"`{name}` lacks {len(absent)} of the {len(pictures)} pictures of `reference_maps`, first {absent[0]!r}; "
            "mappings are joined by key and sequences by place, and all four inputs must be of one kind."
        )
