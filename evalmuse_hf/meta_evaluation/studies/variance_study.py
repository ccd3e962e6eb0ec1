"""The study on variance weighting: which runs there are, and a folder in which they are done one by one.

OUT/study.json           options, and the test side with the ratings of every noise
OUT/runs/NAME.json       one run each, written when it is finished; what is there is not run again
"""

import json
import logging
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import yaml
from tqdm import tqdm

from evalmuse_hf.meta_evaluation.studies.variance_run import (
    RunPlace,
    RunResult,
    TrainingOptions,
    WorldOptions,
    execute,
    imagine_test_side,
    rate_test_side,
)
from evalmuse_hf.meta_evaluation.studies.variance_world import NOISES, Noise
from evalmuse_hf.training.weighting import VarianceScheme

logger = logging.getLogger(__name__)

FORMAT = 1
BASELINE: VarianceScheme = "none"
WEIGHTINGS: tuple[VarianceScheme, ...] = (BASELINE, "var", "exp_var", "reliability")
_PARTS = {"world": WorldOptions, "training": TrainingOptions}


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyOptions:
    """A study: every weighting with every noise and every seed.

    Attributes:
        seeds: How many; they are numbered from 1.
        world: What the runs share.
        training: How each is trained.
    """

    seeds: int = 10
    world: WorldOptions = field(default_factory=WorldOptions)
    training: TrainingOptions = field(default_factory=TrainingOptions)

    def __post_init__(self) -> None:
        """Refuse a study that could not compare."""
        if self.seeds < 2:
            raise ValueError(f"`seeds` must be at least 2, got {self.seeds}: one run says nothing about chance.")

    def places(self) -> list[RunPlace]:
        """All runs, seed by seed, so that what is there after an interruption can be compared."""
        numbers = range(1, self.seeds + 1)
        return [
            RunPlace(noise=noise, weighting=weighting, seed=seed)
            for seed, noise, weighting in product(numbers, NOISES, WEIGHTINGS)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRuns:
    """What lies in a folder.

    Attributes:
        options: Of the study.
        prompts: Index of the prompt of each test pair.
        truths: True alignment of each, on the 1-5 scale.
        ratings: For each noise, the mean rating of each.
        results: The finished runs.
    """

    options: StudyOptions
    prompts: list[int]
    truths: list[float]
    ratings: dict[Noise, list[float]]
    results: dict[RunPlace, RunResult]


def quick_options() -> StudyOptions:
    """A study of half a minute that shows that everything works; its figures mean nothing."""
    return StudyOptions(
        seeds=2,
        world=WorldOptions(prompt_pool=24, test_prompts=9, pictures=3),
        training=TrainingOptions(prompts=12, max_steps=2, batch_size=8, warmup_steps=1),
    )


def read_options(recipe: Path) -> StudyOptions:
    """Read the options of a study; what a recipe does not name has its default.

    Args:
        recipe: YAML file with `seeds` and the mappings `world` and `training`.

    Raises:
        ValueError: If it is no such file, or names something unknown.
    """
    try:
        values = yaml.safe_load(recipe.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"The recipe {recipe} cannot be read ({' '.join(str(error).split())}).") from None
    if not isinstance(values, Mapping):
        raise ValueError(f"The recipe {recipe} holds no options; expected lines like 'seeds: 10'.")
    return _options(values, where=f"the recipe {recipe}")


def run_study(options: StudyOptions, out: Path, *, processes: int = 1, progress: bool = False) -> StudyRuns:
    """Do the runs that are not done yet.

    Args:
        options: Of the study.
        out: Folder of the runs; it is made. What an interrupted study left there is kept.
        processes: Runs at a time, each on one thread; the figures do not depend on it.
        progress: Show a bar on stderr.

    Returns:
        All runs.

    Raises:
        ValueError: If the folder holds runs of another study.
    """
    _claim(out, options)
    missing = [place for place in options.places() if not _run_file(out, place).is_file()]
    logger.info("%d of %d runs are to be done in %s.", len(missing), len(options.places()), out)
    with tqdm(total=len(missing), unit="run", desc="variance study", disable=not progress) as bar:
        if processes == 1 or not missing:
            for place in missing:
                _finish(place, options, out)
                bar.update()
        else:
            for finished in _in_parallel(missing, options, out, processes):
                finished.result()
                bar.update()
    return read_study(out)


def read_study(out: Path) -> StudyRuns:
    """Read the finished runs of a folder.

    Args:
        out: The folder.

    Raises:
        ValueError: If it holds no study, or a file of it is damaged.
    """
    study = _read_json(out / "study.json")
    try:
        options = _options(study["options"], where=str(out / "study.json"))
        results = {}
        for place in options.places():
            path = _run_file(out, place)
            if path.is_file():
                results[place] = RunResult(**_read_json(path)["result"])
        test = study["test"]
        return StudyRuns(
            options=options,
            prompts=test["prompts"],
            truths=test["truths"],
            ratings=test["ratings"],
            results=results,
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"The study in {out} is damaged or of another version ({error}); use a new folder.") from None


def _claim(out: Path, options: StudyOptions) -> None:
    """Write what the study is, or make sure that it is the one that was begun there."""
    path = out / "study.json"
    if path.is_file():
        begun = _read_json(path).get("options")
        if begun != asdict(options):
            raise ValueError(f"The folder {out} holds runs of a study with other options; name another folder.")
        return
    side = imagine_test_side(options.world)
    rated = {noise: rate_test_side(side, noise, seed=options.world.seed) for noise in NOISES}
    test = {
        "prompts": list(rated["none"].prompt_ids),
        "truths": rated["none"].truths.tolist(),
        "ratings": {noise: [pair.overall_score for pair in pairs.pairs] for noise, pairs in rated.items()},
    }
    _write_json(path, {"format": FORMAT, "options": asdict(options), "test": test})


def _finish(place: RunPlace, options: StudyOptions, out: Path) -> None:
    result = execute(place, world=options.world, training=options.training)
    _write_json(_run_file(out, place), {"format": FORMAT, "run": asdict(place), "result": asdict(result)})


def _in_parallel(places: list[RunPlace], options: StudyOptions, out: Path, processes: int) -> Iterator[Future[None]]:
    executor = ProcessPoolExecutor(processes, mp_context=get_context("spawn"))
    try:
        with _one_thread_for_children():
            futures = [executor.submit(_finish, place, options, out) for place in places]
        yield from as_completed(futures)
    finally:
        executor.shutdown(cancel_futures=True)


@contextmanager
def _one_thread_for_children() -> Iterator[None]:
    """Processes that are started here do not make a pool of threads each, which would wait for one another."""
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = before


def _options(values: Mapping[str, Any], *, where: str) -> StudyOptions:
    options = StudyOptions()
    for name, value in values.items():
        known = {item.name for item in fields(_PARTS[name])} if name in _PARTS else set()
        if name != "seeds" and not (isinstance(value, Mapping) and set(value) <= known):
            raise ValueError(f"`{name}` of {where} is no option of the study, or holds an unknown one: {value!r}.")
        options = replace(options, **{name: value if name == "seeds" else _PARTS[name](**value)})
    return options


def _run_file(out: Path, place: RunPlace) -> Path:
    return out / "runs" / f"{place.name}.json"


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"The file {path} cannot be read ({error}); delete it, and it is made again.") from None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise ValueError(f"The file {path} is no file of a study of format {FORMAT}; name another folder.")
    return values


def _write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write a file that is there in full or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    unfinished.write_text(json.dumps(values), encoding="utf-8")
    unfinished.replace(path)
