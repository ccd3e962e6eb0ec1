"""Takes in pictures that were made elsewhere, with the same manifest as generated ones; unknown facts are null."""

import os
import stat
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from evalmuse_hf.images.decoding import ImageDecodingError, load_image
from evalmuse_hf.images.foreign_pictures import PICTURE_ENDINGS, ForeignPicture, find_pictures
from evalmuse_hf.images.hashing import content_hash
from evalmuse_hf.images.manifest import PictureRecord, append_lines
from evalmuse_hf.images.picture_checks import find_fault
from evalmuse_hf.images.picture_folder import MISSING, PROBLEMS, PictureFolder
from evalmuse_hf.images.picture_generators import GeneratorDescription
from evalmuse_hf.images.picture_prompts import PicturePrompt
from evalmuse_hf.images.preparation import picture_hash

MAX_BYTES = 256 * 2**20
"""Size of a picture's file from which it is not opened."""


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """A picture that was not taken, or a prompt without one.

    Attributes:
        place: Which.
        reason: In a word: "unreadable", "missing", "duplicate", "unmatched", "outside", "taken", "bad_number",
            "no_generator", "other_generator", "no_picture".
        message: In a sentence.
    """

    place: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import did.

    Attributes:
        imported: Pictures taken now.
        kept: Pictures that were there from an import before, with the same content.
        statuses: Of both, by status: "ok", "black", "uniform".
        problems: Whatever was not taken, and the prompts without a picture.
        counts: Of the whole folder, by generator the pictures of each status.
    """

    imported: int
    kept: int
    statuses: Mapping[str, int]
    problems: tuple[ImportProblem, ...]
    counts: Mapping[str, Mapping[str, int]]


def import_pictures(
    source: Path,
    prompts: Sequence[PicturePrompt],
    out: Path,
    *,
    generator: str | None = None,
    license: str | None = None,  # noqa: A002  # the name of the column
    root: Path | None = None,
    link: bool = False,
    progress: Callable[[int], None] | None = None,
) -> ImportSummary:
    """Take in the pictures of a folder or a table.

    Args:
        source: As in `find_pictures`.
        prompts: What they may be pictures of.
        out: Folder of the pictures; may hold others already, generated ones too.
        generator: Who made them; None takes the table's column ``generator``, or the folder that a picture stands in.
        license: Terms of the generator, where the table has none.
        root: Folder where the paths of a table start.
        link: Link the files instead of copying them.
        progress: Called with the pictures looked at.

    Returns:
        What was taken and what was not; the latter is also added to ``import_problems.jsonl``.

    Raises:
        ValueError: If source or folder cannot be used.
        OSError: If the folder cannot be written.
    """
    pictures = find_pictures(source, prompts, root=root)
    folder = PictureFolder(out)
    folder.open()
    try:
        folder.register_prompts(prompts)
        above = "import the folder above, whose subfolders name the generators"
        names = above if source.is_dir() else "a column generator"
        taking = _Taking(folder, generator, license, link=link, names=names)
        try:
            for number, picture in enumerate(pictures, start=1):
                taking.take(picture)
                if progress is not None:
                    progress(number)
            taking.miss(prompts)
        finally:  # a table that breaks off leaves what was taken before
            counts = _finish(folder, source, taking.problems)
    finally:
        folder.close()
    return ImportSummary(taking.imported, taking.kept, dict(taking.statuses), tuple(taking.problems), counts)


def _finish(folder: PictureFolder, source: Path, problems: Sequence[ImportProblem]) -> dict[str, dict[str, int]]:
    """Write the manifest, and add to the list of problems."""
    counts: dict[str, dict[str, int]] = {}
    for record in folder.merge():
        of_generator = counts.setdefault(record.generator, {})
        of_generator[record.status] = of_generator.get(record.status, 0) + 1
    told = {"source": str(source), "imported": datetime.now(UTC).isoformat(timespec="seconds")}
    rows = ({**told, "place": p.place, "reason": p.reason, "message": p.message} for p in problems)
    append_lines(rows, folder.path / PROBLEMS)
    return counts


class _Taking:
    """The pictures taken so far."""

    def __init__(
        self, folder: PictureFolder, generator: str | None, license_name: str | None, *, link: bool, names: str
    ) -> None:
        self.imported = self.kept = 0
        self.statuses: Counter[str] = Counter()
        self.problems: list[ImportProblem] = []
        self._folder, self._generator, self._license, self._link = folder, generator, license_name, link
        self._other_way_to_name = names
        self._recorded = folder.records()
        found = list(self._recorded.values())
        self._known = {record.key: record for record in found if record.status != MISSING}
        self._contents = {(record.generator, record.pixels_sha256): record.id for record in self._known.values()}
        self._earlier = {(record.generator, record.prompt_id, record.sha256): record for record in found}
        self._registered: dict[str, str | None] = {}
        self._drawn: set[str] = set()

    def take(self, picture: ForeignPicture) -> None:
        """Take one picture, or say why not."""
        if picture.reason is not None or picture.path is None or picture.prompt is None:
            self._refuse(picture, picture.reason or "missing", picture.message)
            return
        name = self._generator or picture.generator
        if name is None:
            advice = f"give `--generator NAME`, or {self._other_way_to_name}."
            self._refuse(picture, "no_generator", f"Nothing says who made {picture.place}; {advice}")
            return
        try:
            content = _read(picture.path, picture.place)
            image = load_image(content, name=picture.place)
        except FileNotFoundError:
            self._refuse(picture, "missing", f"{picture.place}: there is no file at {picture.path}.")
            return
        except ImageDecodingError as error:
            self._refuse(picture, "unreadable", str(error))
            return
        self._store(picture, name, content, image)

    def miss(self, prompts: Sequence[PicturePrompt]) -> None:
        """Name the prompts that have got no picture."""
        for prompt in prompts:
            if prompt.prompt_id not in self._drawn:
                message = f"Prompt {prompt.prompt_id} ({prompt.text[:60]!r}) has got no picture."
                self.problems.append(ImportProblem(prompt.prompt_id, "no_picture", message))

    def _refuse(self, picture: ForeignPicture, reason: str, message: str) -> None:
        self.problems.append(ImportProblem(picture.place, reason, message))

    def _store(self, picture: ForeignPicture, name: str, content: bytes, image: Image.Image) -> None:
        assert picture.prompt is not None and picture.path is not None  # noqa: PT018  # `take` saw to it
        if (problem := self._register(name)) is not None:
            self._refuse(picture, "other_generator", f"{picture.place}: {problem}")
            return
        prompt, sha256, pixels = picture.prompt, content_hash(content), picture_hash(image)
        before = self._earlier.pop((name, prompt.prompt_id, sha256), None)
        is_gone = before is not None and before.status == MISSING
        k = self._free(name, prompt.prompt_id) if picture.k is None else picture.k
        if is_gone and before is not None and picture.k is None and before.key not in self._known:
            k = before.k  # it takes its place again
        if before is not None and not is_gone and picture.k in (None, before.k):
            self._drawn.add(prompt.prompt_id)
            self.kept += 1
            self.statuses[before.status] += 1
            return
        if (same := self._contents.get((name, pixels))) is not None:
            self._refuse(picture, "duplicate", f"{picture.place} shows the same pixels as {same}.")
            return
        if (present := self._known.get((name, prompt.prompt_id, k))) is not None:
            self._refuse(picture, "taken", f"{picture.place}: there is another picture {present.id} already.")
            return
        ending = picture.path.suffix.lower()
        place = self._folder.place_of(name, prompt.prompt_id, k, ending if ending in PICTURE_ENDINGS else ".png")
        self._write(place, picture.path, content)
        fault, gone = find_fault(image, None), self._recorded.get((name, prompt.prompt_id, k))
        record = PictureRecord(
            id=f"{name}/{prompt.prompt_id}_{k}",
            prompt_id=prompt.prompt_id,
            prompt=prompt.text,
            generator=name,
            path=place,
            sha256=sha256,
            pixels_sha256=pixels,
            bytes=len(content),
            width=image.width,
            height=image.height,
            seed=picture.seed,
            k=k,
            parameters=picture.parameters,
            model=picture.model,
            revision=picture.revision,
            license=picture.license or self._license,
            libraries=None,
            seconds=None,
            status="ok" if fault is None else fault[0],
            message="" if fault is None else fault[1],
            created=None,
            attempt=1 if gone is None else gone.attempt + 1,
            origin="imported",
        )
        self._folder.add(record)
        self._known[record.key] = record
        self._contents[name, pixels] = record.id
        self._drawn.add(prompt.prompt_id)
        self.imported += 1
        self.statuses[record.status] += 1

    def _register(self, name: str) -> str | None:
        """Register a generator once; what is wrong with its name, or None."""
        if name not in self._registered:
            try:
                self._folder.register_generator(name, GeneratorDescription(), origin="imported", seed=None)
                self._registered[name] = None
            except ValueError as error:
                self._registered[name] = str(error)
        return self._registered[name]

    def _free(self, name: str, prompt_id: str) -> int:
        k = 0
        while (name, prompt_id, k) in self._known:
            k += 1
        return k

    def _write(self, place: str, source: Path, content: bytes) -> None:
        if not self._link:
            self._folder.write(place, content)
            return
        target = self._folder.path / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        try:
            os.link(source.resolve(), target)
        except OSError:  # another disk
            target.symlink_to(source.resolve())


def _read(path: Path, place: str) -> bytes:
    """Read a file that may be anything."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise ImageDecodingError(f"Cannot read picture {place!r}: it is a folder, a pipe or a device.")
        if found.st_size > MAX_BYTES:
            raise ImageDecodingError(f"Cannot read picture {place!r}: its file has more than {MAX_BYTES:,} bytes.")
        return path.read_bytes()
    except (FileNotFoundError, ImageDecodingError):
        raise
    except (OSError, ValueError) as error:
        raise ImageDecodingError(f"Cannot read picture {place!r}: {error}.") from error
