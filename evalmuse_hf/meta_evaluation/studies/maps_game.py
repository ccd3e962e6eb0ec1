"""The pointing game: does the peak of a map fall on what the map is about?

Zhang et al., *Top-down neural attention by excitation backprop*, 2016, who gave a peak 15 pixels of grace; here there
is none.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.meta_evaluation.studies.maps_peaks import PicturePeaks, Pixel, middle_of
from evalmuse_hf.meta_evaluation.studies.maps_places import MapPicture, rivals_of


@dataclass(frozen=True, slots=True)
class Round:
    """One element of one picture, and who hit its true place.

    Attributes:
        category: Of the element.
        prompt: Of the picture.
        hit: 1.0 if the peak of the element's map is in its true place, else 0.0; also 0.0 if it has no map.
        others: The same, or the chance of it, of each comparator that there is for this element: one number, or one
            for each random model.
        score: Of the element; nan if it has none.
        shown_rivals: Hits of this place by the maps of rivals that the picture shows.
        missing_rivals: By those of rivals that it does not show.
    """

    category: str
    prompt: str
    hit: float
    others: Mapping[str, tuple[float, ...]]
    score: float = float("nan")
    shown_rivals: tuple[float, ...] = ()
    missing_rivals: tuple[float, ...] = ()


def play(
    pictures: Sequence[MapPicture],
    peaks: Sequence[PicturePeaks],
    *,
    best_points: Mapping[str, Pixel],
    grid: int,
) -> Iterator[Round]:
    """Play one round for each element that a picture shows and that has a place in it.

    Args:
        pictures: The drawings.
        peaks: Of the maps of each.
        best_points: By category, the pixel of `find_best_points`.
        grid: Patches per side of the maps.
    """
    for picture, found in zip(pictures, peaks, strict=True):
        shown = {element.index for element in picture.shown}
        for element in picture.shown:
            if element.place is None:
                continue
            place, index = element.place, element.index
            others = {
                "area": (float(place.mean()),),
                "centre": (_hits(place, (len(place) // 2, len(place) // 2)),),
                "best_point": (_hits(place, best_points[element.category]),),
                "random_map": (_chance_of_patch(place, grid),),
                "random_qformer": tuple(_hits(place, one.pixels[index]) for one in found.random_qformer),
                "random_weights": tuple(_hits(place, one.pixels[index]) for one in found.random_weights),
            }
            rivals = {rival: _hits(place, found.model.pixels[rival]) for rival in rivals_of(picture, element)}
            if rivals:
                others["other_element"] = (float(np.mean(list(rivals.values()))),)
            score = found.model.scores[index]
            yield Round(
                element.category,
                picture.prompt,
                _hits(place, found.model.pixels[index]),
                others,
                float("nan") if score is None else score,
                shown_rivals=tuple(hit for rival, hit in rivals.items() if rival in shown),
                missing_rivals=tuple(hit for rival, hit in rivals.items() if rival not in shown),
            )


def find_best_points(pictures: Sequence[MapPicture], categories: Sequence[str]) -> dict[str, Pixel]:
    """For each category the pixel that is most often in the true place: the best guess without looking.

    Args:
        pictures: Drawings that no map is judged on.
        categories: Those to find one for; one without a place in these pictures gets that of all categories.

    Raises:
        ValueError: If no element of these pictures has a place.
    """
    places: dict[str, list[NDArray[np.bool_]]] = {}
    for picture in pictures:
        for element in picture.shown:
            if element.place is not None:
                places.setdefault(element.category, []).append(element.place)
    everywhere = [place for found in places.values() for place in found]
    if not everywhere:
        raise ValueError(f"None of {len(pictures)} drawings shows an element with a place; draw more.")
    points = {}
    for category in categories:
        often = np.mean(places.get(category, everywhere), axis=0)
        row, column = np.unravel_index(int(often.argmax()), often.shape)
        points[category] = int(row), int(column)
    return points


def _hits(place: NDArray[np.bool_], pixel: Pixel | None) -> float:
    return 0.0 if pixel is None else float(place[pixel])


def _chance_of_patch(place: NDArray[np.bool_], grid: int) -> float:
    """Share of the patches whose middle is in the place."""
    middles = [middle_of(index, grid, len(place)) for index in range(grid)]
    return float(place[np.ix_(middles, middles)].mean())
