"""Where the maps of a model peak, and those of models with random weights; kept in a file, so that a study can go on.

Random weights as a comparison: Adebayo et al., *Sanity checks for saliency maps*, 2018.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from evalmuse_hf.meta_evaluation.studies.maps_places import MapPicture, rivals_of
from evalmuse_hf.models.fga_blip2.map_batches_fga_blip2 import map_pairs
from evalmuse_hf.models.fga_blip2.modeling_fga_blip2 import FGABlip2ForAlignment
from evalmuse_hf.models.fga_blip2.precision_fga_blip2 import set_tower_precision, tower_precision
from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer

JOURNAL = "peaks.jsonl"
MODEL = "model"
_CHUNK = 30  # pictures that are mapped, and written down, at a time

Pixel = tuple[int, int]
"""Row and column."""


@dataclass(frozen=True, slots=True)
class Peaks:
    """Of the maps of one picture by one model.

    Attributes:
        pixels: One per element of the prompt; None where there is no map, or none was wanted.
        scores: Of the same elements; None where there is none, or none was wanted.
    """

    pixels: tuple[Pixel | None, ...]
    scores: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class PicturePeaks:
    """Peaks of the maps of one picture.

    Attributes:
        model: By the model.
        random_qformer: By each of the models that share nothing with it but its vision tower.
        random_weights: By each of those that share nothing.
    """

    model: Peaks
    random_qformer: tuple[Peaks, ...]
    random_weights: tuple[Peaks, ...]


@dataclass(frozen=True, slots=True)
class Mapper:
    """A model whose maps are looked at.

    Attributes:
        name: `MODEL`, or the kind of its random weights and their number.
        keep_tower: Of a random model, whether its vision tower is the model's; None for the model itself.
        seed: Of its random weights.
    """

    name: str
    keep_tower: bool | None = None
    seed: int = 0


def list_mappers(*, draws: int, seed: int) -> list[Mapper]:
    """List the model and the random ones that it is held against, in the order in which they map.

    Args:
        draws: Random models of each kind.
        seed: Of their weights; no two of a kind have the same.
    """
    seeds = [int(np.random.default_rng([seed, draw]).integers(2**31)) for draw in range(draws)]
    kinds = {"random_qformer": True, "random_weights": False}
    return [Mapper(MODEL)] + [
        Mapper(f"{kind} {draw}", keep_tower=keep, seed=one)
        for kind, keep in kinds.items()
        for draw, one in enumerate(seeds)
    ]


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
    """Find the peaks of the maps of every picture, by the model and by every random one.

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

    mappers = list_mappers(draws=draws, seed=seed)
    journal = None if folder is None else folder / JOURNAL
    found = {} if journal is None else _read_journal(journal, key)
    with tqdm(desc="maps", total=len(mappers) * len(pictures), disable=not progress) as bar:
        for mapper in mappers:
            known = found.setdefault(mapper.name, [])
            del known[len(pictures) :]
            bar.update(len(known))
            if len(known) == len(pictures):
                continue
            one = scorer if mapper.keep_tower is None else randomise(scorer, mapper.keep_tower, seed=mapper.seed)
            for chunk in _chunks(pictures[len(known) :]):
                only = [judged_elements(picture, rivals=mapper.name == MODEL) for picture in chunk]
                peaks = find_peaks(one, chunk, only=only)
                known += peaks
                bar.update(len(peaks))
                if journal is not None:
                    _write_down(journal, mapper.name, peaks)
    if not scorer.remember:
        scorer.forget()
    random = {
        kind: [found[mapper.name] for mapper in mappers if mapper.keep_tower is keep]
        for kind, keep in (("random_qformer", True), ("random_weights", False))
    }
    return [
        PicturePeaks(own, **{kind: tuple(each[number] for each in several) for kind, several in random.items()})
        for number, own in enumerate(found[MODEL])
    ]


def judged_elements(picture: MapPicture, *, rivals: bool) -> set[int]:
    """Find the elements whose maps are needed.

    Args:
        picture: A drawing with its prompt.
        rivals: Beside the elements that have a place, also those that these are held against.
    """
    judged = [element for element in picture.shown if element.place is not None]
    others = {index for element in judged for index in rivals_of(picture, element)} if rivals else set()
    return {element.index for element in judged} | others


def find_peaks(
    scorer: FGABlip2Scorer, pictures: Sequence[MapPicture], *, only: Sequence[Collection[int]]
) -> list[Peaks]:
    """Find the peaks of the maps of elements of prompts.

    Args:
        scorer: Whose maps.
        pictures: Drawings with their prompts.
        only: For each, the numbers of the elements, from 0; the others get None.
    """
    maps = map_pairs(
        scorer,
        images=[picture.image for picture in pictures],
        prompts=[picture.prompt for picture in pictures],
        elements=[[f"{one.text} ({one.category})" for one in picture.elements] for picture in pictures],
        only=only,
    )
    peaks = []
    for picture, mapped in zip(pictures, maps, strict=True):
        values = [mapped[index].values if index in mapped else None for index in range(len(picture.elements))]
        scores = [mapped[index].score if index in mapped else np.nan for index in range(len(picture.elements))]
        peaks.append(
            Peaks(
                tuple(None if one is None else peak_of(one, picture.image.width) for one in values),
                tuple(round(one, 6) if np.isfinite(one) else None for one in scores),
            )
        )
    return peaks


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


def randomise(scorer: FGABlip2Scorer, keep_tower: bool, *, seed: int) -> FGABlip2Scorer:
    """Make a scorer of the same architecture with random weights, which are nobody's: it has no name or path.

    Args:
        scorer: Whose architecture and processor.
        keep_tower: Share its vision tower and what it remembers of pictures, so that only what reads the tower's
            patches is random.
        seed: Same seed, same weights.
    """
    model = scorer.model
    config = type(model.config).from_dict(model.config.to_dict())
    config._name_or_path = ""
    with torch.random.fork_rng():  # transformers draws from the global generator, which gets its state back
        torch.set_rng_state(torch.Generator().manual_seed(seed).get_state())
        drawn = FGABlip2ForAlignment(config)
    if keep_tower:
        drawn.vision_model = model.vision_model
    else:
        set_tower_precision(drawn, tower_precision(model))
    drawn.to(model.device)  # type: ignore[arg-type]
    drawn.train(False)
    name = f"{scorer.name} with random weights"
    made = FGABlip2Scorer(drawn, scorer.processor, name=name, batch_size=scorer.encoder.batch_size)
    if keep_tower:
        made.encoder = scorer.encoder
    return made


def _chunks(pictures: Sequence[MapPicture]) -> Iterator[Sequence[MapPicture]]:
    return (pictures[start : start + _CHUNK] for start in range(0, len(pictures), _CHUNK))


def _write_down(journal: Path, name: str, peaks: Sequence[Peaks]) -> None:
    record = {"mapper": name, "pixels": [one.pixels for one in peaks], "scores": [one.scores for one in peaks]}
    with journal.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(record) + "\n")


def _read_journal(path: Path, key: object) -> dict[str, list[Peaks]]:
    """Read what an interrupted study left, by name of the mapper; a new file gets its key."""
    spelled = json.dumps({"study": key})
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(spelled + "\n", "utf-8")
        return {}
    whole = path.read_text("utf-8").rpartition("\n")[0]
    header, *lines = whole.splitlines() or [""]
    if header != spelled:
        raise ValueError(f"{path} belongs to a study with other options or weights; name another folder.")
    path.write_text(whole + "\n", "utf-8")  # without the line that the interruption cut
    found: dict[str, list[Peaks]] = {}
    for record in map(json.loads, lines):
        found.setdefault(str(record["mapper"]), []).extend(_read_peaks(record))
    return found


def _read_peaks(record: dict[str, Any]) -> list[Peaks]:
    return [
        Peaks(
            tuple(None if pixel is None else (int(pixel[0]), int(pixel[1])) for pixel in pixels),
            tuple(None if score is None else float(score) for score in scores),
        )
        for pixels, scores in zip(record["pixels"], record["scores"], strict=True)
    ]
