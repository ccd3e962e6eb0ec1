"""Where the maps of a model peak, and those of models with random weights; kept in a file, so that a study can go on.

Random weights as a comparison: Adebayo et al., *Sanity checks for saliency maps*, 2018.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from evalmuse_hf.meta_evaluation.studies.maps_places import MapPicture, rivals_of
from evalmuse_hf.models.fga_blip2.element_maps_fga_blip2 import element_maps
from evalmuse_hf.models.fga_blip2.modeling_fga_blip2 import FGABlip2ForAlignment
from evalmuse_hf.models.fga_blip2.precision_fga_blip2 import set_tower_precision, tower_precision
from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer

JOURNAL = "peaks.jsonl"

Pixel = tuple[int, int]
"""Row and column."""

Peaks = tuple[Pixel | None, ...]
"""One per element of a prompt; None where there is no map, or none is needed."""


@dataclass(frozen=True, slots=True)
class PicturePeaks:
    """Peaks of the maps of one picture.

    Attributes:
        model: By the model.
        random_qformer: By one that shares nothing but its vision tower.
        random_weights: By one that shares nothing.
    """

    model: Peaks
    random_qformer: Peaks
    random_weights: Peaks


def find_all_peaks(
    scorer: FGABlip2Scorer,
    pictures: Sequence[MapPicture],
    *,
    draws: int,
    seed: int,
    folder: Path | None = None,
    key: object = None,
    progress: bool = False,
) -> list[PicturePeaks]:
    """Find the peaks of the maps of pictures, by the model and by random ones, which take turns.

    Args:
        scorer: Of the model.
        pictures: Drawings with their prompts.
        draws: Random models of each kind.
        seed: Of their weights.
        folder: Where to keep what was found, and to go on from; None keeps nothing.
        key: What distinguishes this from other studies, for JSON; a folder of another one is refused.
        progress: Show a bar.

    Raises:
        ValueError: If the folder holds another study.
    """
    from tqdm import tqdm

    random = [
        [randomise(scorer, keep_tower=keep, seed=seed + draw) for draw in range(draws)] for keep in (True, False)
    ]
    journal = None if folder is None else folder / JOURNAL
    found = [] if journal is None else _read_journal(journal, key)[: len(pictures)]
    missing = range(len(found), len(pictures))
    for number in tqdm(missing, desc="maps", initial=len(found), total=len(pictures), disable=not progress):
        picture = pictures[number]
        judged = {element.index for element in picture.shown if element.place is not None}
        rivals = {
            index for element in picture.shown if element.place is not None for index in rivals_of(picture, element)
        }
        model, random_qformer, random_weights = (
            find_peaks(one, picture, only=only)
            for one, only in [(scorer, judged | rivals), *((kind[number % draws], judged) for kind in random)]
        )
        peaks = PicturePeaks(model, random_qformer, random_weights)
        found.append(peaks)
        if journal is not None:
            with journal.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(asdict(peaks)) + "\n")
    return found


def find_peaks(scorer: FGABlip2Scorer, picture: MapPicture, *, only: Collection[int]) -> Peaks:
    """Find the peaks of the maps of elements of a prompt.

    Args:
        scorer: Whose maps.
        picture: A drawing with its prompt.
        only: Numbers of the elements, from 0; the others get None.
    """
    if not only:
        return (None,) * len(picture.elements)
    keys = [f"{element.text} ({element.category})" for element in picture.elements]
    maps = element_maps(scorer, image=picture.image, prompt=picture.prompt, elements=keys, only=only)
    side = picture.image.width
    return tuple(None if one.values is None else peak_of(one.values, side) for one in maps)


def peak_of(values: NDArray[np.floating[Any]], side: int) -> Pixel:
    """Find the pixel in the middle of the patch with the largest value.

    Args:
        values: Shape ``(G, G)``; of equal values the first counts.
        side: Of the picture in pixels.

    >>> peak_of(np.array([[0.1, 0.2], [0.6, 0.1]]), 128)
    (96, 32)
    """
    row, column = np.unravel_index(int(values.argmax()), values.shape)
    return middle_of(int(row), len(values), side), middle_of(int(column), len(values), side)


def middle_of(index: int, grid: int, side: int) -> int:
    """Find the pixel in the middle of a patch, along one axis.

    Args:
        index: Of the patch.
        grid: Patches per side.
        side: Of the picture in pixels.
    """
    return int((index + 0.5) * side / grid)


def randomise(scorer: FGABlip2Scorer, *, keep_tower: bool, seed: int) -> FGABlip2Scorer:
    """Make a scorer of the same architecture with random weights.

    Args:
        scorer: Whose architecture and processor.
        keep_tower: Keep its vision tower, so that only what reads the tower's patches is random.
        seed: Same seed, same weights.
    """
    model = scorer.model
    with torch.random.fork_rng():  # transformers draws from the global generator, which gets its state back
        torch.set_rng_state(torch.Generator().manual_seed(seed).get_state())
        drawn = FGABlip2ForAlignment(model.config)
    if keep_tower:
        drawn.vision_model.load_state_dict(model.vision_model.state_dict())
    drawn.to(model.device)  # type: ignore[arg-type]
    set_tower_precision(drawn, tower_precision(model))
    drawn.train(False)
    name = f"{scorer.name} with random weights"
    return FGABlip2Scorer(drawn, scorer.processor, name=name, batch_size=scorer.encoder.batch_size)


def _read_journal(path: Path, key: object) -> list[PicturePeaks]:
    """Read what an interrupted study left; a new file gets its key."""
    spelled = json.dumps({"study": key})
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(spelled + "\n", "utf-8")
        return []
    whole = path.read_text("utf-8").rpartition("\n")[0]
    header, *lines = whole.splitlines() or [""]
    if header != spelled:
        raise ValueError(f"{path} belongs to a study with other options or weights; name another folder.")
    path.write_text(whole + "\n", "utf-8")  # without the line that the interruption cut
    return [_read_peaks(json.loads(line)) for line in lines]


def _read_peaks(record: dict[str, Any]) -> PicturePeaks:
    return PicturePeaks(
        **{
            name: tuple(None if pixel is None else (int(pixel[0]), int(pixel[1])) for pixel in peaks)
            for name, peaks in record.items()
        }
    )
