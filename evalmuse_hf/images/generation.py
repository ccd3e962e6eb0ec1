"""Draws prompts x generators x seeds into a folder: resumable, by any number of processes, with a reason for each gap.

A picture is decided by its own seed alone, so that neither the batch, the order nor the number of processes changes
it. Processes do not wait for each other: each takes every n-th picture and keeps a journal of its own.
"""

import errno
import io
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from evalmuse_hf.images.decoding import load_image
from evalmuse_hf.images.hashing import content_hash
from evalmuse_hf.images.manifest import PictureKey, PictureRecord
from evalmuse_hf.images.picture_checks import find_fault
from evalmuse_hf.images.picture_folder import MISSING, PictureFolder
from evalmuse_hf.images.picture_generators import (
    UNREACHABLE,
    DrawnPicture,
    GeneratorDescription,
    GeneratorError,
    PictureGenerator,
    picture_seed,
)
from evalmuse_hf.images.picture_prompts import PicturePrompt
from evalmuse_hf.images.preparation import picture_hash

logger = logging.getLogger(__name__)

UNANSWERED = "unanswered"
"""Status of a picture at which a run was stopped, as nothing answered; the next run tries it again, last of all."""
_PATIENCE = 3  # unanswered pictures one after the other, from which a generator counts as gone
_FAILURES = 20  # failures one after the other, from which more would only repeat them


@dataclass(frozen=True, slots=True)
class PictureTask:
    """One picture to draw.

    Attributes:
        prompt: Its prompt.
        k: Which of the pictures of this prompt.
        seed: Its seed.
        attempt: How often it was tried, this time included.
        was_unanswered: Whether a run was stopped at it before.
    """

    prompt: PicturePrompt
    k: int
    seed: int
    attempt: int = 1
    was_unanswered: bool = False


@dataclass(frozen=True, slots=True)
class GenerationSummary:
    """What a run of `generate_pictures` did.

    Attributes:
        drawn: Pictures that this process tried now.
        kept: Pictures of its part that were there already, whatever their status.
        counts: Of the whole folder, by generator the pictures of each status.
        stopped: Why the run ended before its time; None if it did not.
    """

    drawn: int
    kept: int
    counts: Mapping[str, Mapping[str, int]]
    stopped: str | None = None


class _StoppedError(Exception):
    """A generator cannot go on; the message says why."""


def generate_pictures(
    prompts: Sequence[PicturePrompt],
    generators: Sequence[PictureGenerator],
    out: Path,
    *,
    n_seeds: int = 1,
    seed: int = 0,
    retry: bool = False,
    process: tuple[int, int] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> GenerationSummary:
    """Draw every prompt with every generator; called again it goes on with what is missing.

    Args:
        prompts: The prompts.
        generators: The generators.
        out: Folder of the pictures; receives ``images/``, ``manifest.jsonl`` and ``pairs.jsonl``.
        n_seeds: Pictures of each prompt by each generator.
        seed: Of the run; each picture has one of its own that follows from it.
        retry: Try again what has no usable picture.
        process: Number of this process and how many there are; None takes them from the environment, where
            `accelerate launch` and torchrun leave them.
        progress: Called with the pictures done and those to do.

    Returns:
        What was done; a sentence says which generator did not answer any more, or that the disk is full.

    Raises:
        ValueError: If the folder holds something else, or a generator cannot be used.
    """
    if n_seeds < 1:
        raise ValueError(f"The number of seeds is {n_seeds}, expected at least 1.")
    rank, world = process_of_environment() if process is None else process
    names = [generator.name for generator in generators]
    if doubled := [name for name, number in Counter(names).items() if number > 1]:
        raise ValueError(f"Two generators are called {doubled[0]!r}; rename one (NEW={doubled[0]}).")
    folder = PictureFolder(out, rank=rank)
    folder.open()
    drawn = kept = 0
    stopped: list[str] = []
    try:
        folder.register_prompts(prompts)
        for generator in generators:
            folder.register_generator(generator.name, generator.describe(), origin="generated", seed=seed)
        known = folder.records()
        parts = [
            (generator, _open_tasks(prompts, generator.name, n_seeds, seed, known, retry, (rank, world, number)))
            for number, generator in enumerate(generators)
        ]
        n_open = sum(len(tasks) for _, (_, tasks) in parts)
        kept = sum(number for _, (number, _) in parts)
        for generator, (_, tasks) in parts:
            try:
                for number in _Drawing(folder, generator, seed).run(tasks):
                    drawn += number
                    if progress is not None:
                        progress(drawn, n_open)
            except _StoppedError as error:  # the others may be well
                stopped.append(str(error))
            finally:
                generator.close()
    except OSError as error:
        if not _is_full(error):
            raise
        stopped.append(f"There is no space left for {out}; make some, repeat the command, and it goes on from here.")
    finally:
        counts = _finish(folder)
    return GenerationSummary(drawn, kept, counts, " ".join(stopped) or None)


def process_of_environment() -> tuple[int, int]:
    """Number of this process and how many there are, as `accelerate launch` and torchrun set them."""
    try:
        rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    except ValueError:
        raise ValueError("RANK and WORLD_SIZE in the environment are no numbers; unset or correct them.") from None
    if not 0 <= rank < world:
        raise ValueError(f"RANK is {rank} and WORLD_SIZE {world} in the environment; expected 0 <= RANK < WORLD_SIZE.")
    return rank, world


def _open_tasks(
    prompts: Sequence[PicturePrompt],
    generator: str,
    n_seeds: int,
    seed: int,
    known: Mapping[PictureKey, PictureRecord],
    retry: bool,
    part: tuple[int, int, int],
) -> tuple[int, list[PictureTask]]:
    """What this process has to do with one generator: how much is done, and the tasks that are not."""
    rank, world, number = part
    kept, tasks = 0, []
    again = {MISSING, UNANSWERED}
    for index in range(len(prompts) * n_seeds):
        if (index + number * len(prompts) * n_seeds) % world != rank:
            continue
        prompt, k = prompts[index // n_seeds], index % n_seeds
        record = known.get((generator, prompt.prompt_id, k))
        own_seed = picture_seed(seed, generator, prompt.prompt_id, k)
        if record is None:
            tasks.append(PictureTask(prompt, k, own_seed))
        elif record.status in again or (retry and record.status != "ok"):
            tasks.append(PictureTask(prompt, k, own_seed, record.attempt + 1, record.status == UNANSWERED))
        else:
            kept += 1
    tasks.sort(key=lambda task: task.was_unanswered)  # so that they hold up nothing else
    return kept, tasks


def _finish(folder: PictureFolder) -> dict[str, dict[str, int]]:
    """Merge what is there, whatever happened before."""
    counts: dict[str, dict[str, int]] = {}
    try:
        for record in folder.merge():
            of_generator = counts.setdefault(record.generator, {})
            of_generator[record.status] = of_generator.get(record.status, 0) + 1
    except OSError as error:
        if not _is_full(error):
            raise
    finally:
        folder.close()
    return counts


@dataclass(slots=True)
class _Drawing:
    """The work of one generator."""

    folder: PictureFolder
    generator: PictureGenerator
    run_seed: int
    description: GeneratorDescription = field(default_factory=GeneratorDescription)
    waiting: list[tuple[PictureTask, DrawnPicture, float]] = field(default_factory=list)
    failures: int = 0
    last_message: str = ""
    answered: bool = False

    def run(self, tasks: Sequence[PictureTask]) -> Iterator[int]:
        """Draw all tasks, yielding how many were dealt with in each step."""
        size = max(1, self.generator.batch_size)
        start = 0
        while start < len(tasks):
            batch = tasks[start : start + size]
            before = time.perf_counter()
            try:
                drawn = self._draw(batch)
            except GeneratorError as error:
                if not self.answered:
                    raise
                raise _StoppedError(str(error)) from error  # of what it drew before nothing is lost
            except MemoryError:
                if len(batch) > 1:
                    size = len(batch) // 2
                    continue
                drawn = [DrawnPicture(None, "failed", "Memory ran out while the picture was drawn; make it smaller.")]
            seconds = (time.perf_counter() - before) / len(batch)
            start += len(batch)
            self._describe()
            for task, picture in zip(batch, drawn, strict=True):
                self._take(task, picture, seconds)
            self._check_health()
            yield len(batch)
        if self.waiting:  # nothing after them says whether the fault lies with the prompts
            self._give_up()

    def _draw(self, batch: Sequence[PictureTask]) -> list[DrawnPicture]:
        """Draw a batch; if it fails as a whole each picture gets a chance of its own."""
        try:
            drawn = self.generator.draw([task.prompt.text for task in batch], [task.seed for task in batch])
            if len(drawn) == len(batch):
                return drawn
            message = f"The generator gave {len(drawn)} pictures for {len(batch)} prompts."
        except (MemoryError, GeneratorError):
            raise
        except Exception as error:  # pipelines raise anything, and one picture must not take the others with it
            message = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        if len(batch) > 1:
            return [picture for task in batch for picture in self._draw([task])]
        return [DrawnPicture(None, "failed", message)]

    def _describe(self) -> None:
        """Learn what the generator knows of itself once it is loaded, and that it is what it was before."""
        description = self.generator.describe()
        if description != self.description:
            name = self.generator.name
            if description.license is None:
                logger.warning("The license of %s is not known; find it out before its pictures are shared.", name)
            self.folder.register_generator(name, description, origin="generated", seed=self.run_seed)
            self.description = description

    def _take(self, task: PictureTask, drawn: DrawnPicture, seconds: float) -> None:
        """Record a picture; what was not answered waits until it is known whether anything is."""
        if drawn.status == UNREACHABLE:
            self.waiting.append((task, drawn, seconds))
            return
        self._release()
        self._record(task, drawn, seconds)
        self.answered = True
        self.failures = self.failures + 1 if drawn.status == "failed" else 0
        self.last_message = drawn.message

    def _check_health(self) -> None:
        """Stop at a generator that seems to be gone, once the whole batch is recorded."""
        if len(self.waiting) >= _PATIENCE:
            self._give_up()
        if self.failures >= _FAILURES:
            raise _StoppedError(
                f"The last {self.failures} pictures of {self.generator.name} failed "
                f"({self.last_message.rstrip('.')}); find out why, and repeat the command with --retry."
            )

    def _give_up(self) -> None:
        """Record what was not answered: at first as that, so that it is tried again, and the second time as failed."""
        stops = False
        for task, drawn, seconds in self.waiting:
            status = "failed" if task.was_unanswered else UNANSWERED
            stops = stops or status == UNANSWERED
            self._record(task, DrawnPicture(None, status, drawn.message), seconds)
        last = self.waiting[-1][1].message
        gone = stops or len(self.waiting) >= _PATIENCE
        self.waiting.clear()
        if gone:
            raise _StoppedError(
                f"{self.generator.name} does not answer any more ({last.rstrip('.')}); repeat the command later, and "
                "it goes on from here."
            )

    def _release(self) -> None:
        """Record what was not answered as failed: the generator lives, so that the fault lies with the prompt."""
        for task, drawn, seconds in self.waiting:
            self._record(task, DrawnPicture(None, "failed", drawn.message), seconds)
        self.waiting.clear()

    def _record(self, task: PictureTask, drawn: DrawnPicture, seconds: float) -> None:
        picture, status, message = _settle(drawn, self.description.size)
        content = None if picture is None else _to_png(picture)
        name, prompt = self.generator.name, task.prompt
        place = None if content is None else self.folder.place_of(name, prompt.prompt_id, task.k)
        record = PictureRecord(
            id=f"{name}/{prompt.prompt_id}_{task.k}",
            prompt_id=prompt.prompt_id,
            prompt=prompt.text,
            generator=name,
            path=place,
            sha256=None if content is None else content_hash(content),
            pixels_sha256=None if picture is None else picture_hash(picture),
            bytes=None if content is None else len(content),
            width=None if picture is None else picture.width,
            height=None if picture is None else picture.height,
            seed=task.seed,
            k=task.k,
            parameters=self.description.parameters,
            model=self.description.model,
            revision=self.description.revision,
            license=self.description.license,
            libraries=self.description.libraries,
            seconds=round(seconds, 4),
            status=status,
            message=message,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            attempt=task.attempt,
        )
        if place is not None and content is not None:
            self.folder.write(place, content)
        self.folder.add(record)


def _settle(drawn: DrawnPicture, size: tuple[int, int] | None) -> tuple[Image.Image | None, str, str]:
    """What is kept of a picture, and its status: that of the generator unless something is seen to be wrong."""
    if drawn.status != "ok" or drawn.picture is None:
        if drawn.status != "ok":
            return None, drawn.status, drawn.message
        return None, "failed", drawn.message or "The generator gave no picture."
    try:
        picture = load_image(drawn.picture, name="of the generator")
    except (ValueError, TypeError) as error:
        return None, "failed", str(error)
    fault = find_fault(picture, size)
    return (picture, "ok", drawn.message) if fault is None else (picture, *fault)


def _to_png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def _is_full(error: OSError) -> bool:
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
