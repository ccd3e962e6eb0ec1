"""The folder of a set of pictures: files, journals, the manifest made of them, and the pairs for the scorers."""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalmuse_hf.images.manifest import (
    Journal,
    PictureKey,
    PictureRecord,
    latest_records,
    write_lines,
)
from evalmuse_hf.images.picture_generators import GeneratorDescription
from evalmuse_hf.images.picture_prompts import PicturePrompt

MANIFEST, PAIRS, PROBLEMS = "manifest.jsonl", "pairs.jsonl", "import_problems.jsonl"
MISSING = "missing"
"""Status of a picture whose file is not there any more, or not as it was written."""
_PROMPTS, _GENERATORS, _LOCK, _JOURNALS = "prompts.jsonl", "generators.json", ".lock", "journals"
_OWN_NAMES = (MANIFEST, PAIRS, PROBLEMS, _PROMPTS, _GENERATORS, "images")  # whatever is written beside the journals
_PLAIN_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")


class PictureFolder:
    """The folder of a set of pictures, as one of the processes that fill it sees it.

    Args:
        path: The folder; it is made if need be.
        rank: Number of this process; each has a journal of its own.
    """

    def __init__(self, path: Path, *, rank: int = 0) -> None:
        self.path = path
        self._rank = rank
        self._journal = Journal(path / _JOURNALS / f"{rank:05d}.jsonl")
        self._own_lock: Any = None
        self._names: dict[str, str] = {}

    def open(self) -> None:
        """Keep a second process of this number out, and remove what a killed one left half written.

        Raises:
            ValueError: If one is at work, the path is no folder, or the folder holds files of the same names that no
                run of ours has made.
            OSError: If the folder cannot be written.
        """
        from filelock import FileLock, Timeout

        if self.path.exists() and not self.path.is_dir():
            raise ValueError(f"{self.path} is a file; give the folder that shall hold the pictures.")
        self._refuse_foreign()
        (self.path / _JOURNALS).mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path / _JOURNALS / f".{self._rank:05d}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise ValueError(
                f"Another run is writing to {self.path}; wait until it has ended, or give another folder."
            ) from None
        self._own_lock = lock
        for part in (self.path / "images").glob(f"*/.*.{self._rank}.part"):
            part.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the journal and let others in."""
        self._journal.close()
        if self._own_lock is not None:
            self._own_lock.release()
            self._own_lock = None

    def register_prompts(self, prompts: Sequence[PicturePrompt]) -> None:
        """Keep a copy of the prompts; those that are known may get more or other columns, and no other text.

        Args:
            prompts: The prompts.

        Raises:
            ValueError: If a prompt has another text than before.
        """
        with self._shared_lock():
            known = {prompt.prompt_id: prompt for prompt in self.prompts()}
            merged = dict(known)
            for prompt in prompts:
                before = known.get(prompt.prompt_id)
                if before is not None and before.text != prompt.text:
                    raise ValueError(
                        f"{self.path} holds prompt {prompt.prompt_id!r} with another text ({before.text[:60]!r}, now "
                        f"{prompt.text[:60]!r}); give another folder, or another id."
                    )
                columns = prompt.columns if before is None else {**before.columns, **prompt.columns}
                merged[prompt.prompt_id] = replace(prompt, columns=columns)
            self._names = _file_names(merged)
            if merged != known:
                write_lines((prompt.row() for prompt in merged.values()), self.path / _PROMPTS)

    def register_generator(
        self, name: str, description: GeneratorDescription, *, origin: str, seed: int | None
    ) -> None:
        """Say what a generator is; a name that is known must mean the same as before.

        Args:
            name: As in the manifest.
            description: What it is.
            origin: "generated" or "imported".
            seed: Of the run.

        Raises:
            ValueError: If it meant something else, or its folder is that of another name.
        """
        asked: dict[str, Any] = {
            "name": name,
            "origin": origin,
            "model": description.model,
            "seed": seed,
            "parameters": json.loads(json.dumps(description.parameters)),
            "revision": description.revision,
        }
        with self._shared_lock():
            known = self._generators()
            for other in known:
                if other != name and safe_name(other).casefold() == safe_name(name).casefold():
                    raise ValueError(
                        f"The pictures of {name!r} and {other!r} would share a folder; {_way_to_rename(name, origin)}."
                    )
            present = known.get(name)
            if present is not None:
                self._compare(present, asked)
                asked["revision"] = asked["revision"] or present["revision"]
            if present != asked:
                known[name] = asked
                content = {"format": 1, "generators": list(known.values())}
                write_lines([content], self.path / _GENERATORS)

    def records(self) -> dict[PictureKey, PictureRecord]:
        """The last record of each picture; one whose file is not as it was written has the status `MISSING`.

        Raises:
            ValueError: If a journal is damaged.
        """
        found = latest_records(sorted((self.path / _JOURNALS).glob("*.jsonl")))
        return {key: self._check_file(record) for key, record in found.items()}

    def place_of(self, generator: str, prompt_id: str, k: int, ending: str = ".png") -> str:
        """Where a picture stands, from the folder.

        Args:
            generator: Name of its generator.
            prompt_id: Identifier of its prompt.
            k: Which of the pictures of this prompt.
            ending: Of the file's name.
        """
        return f"images/{safe_name(generator)}/{self._names.get(prompt_id) or safe_name(prompt_id)}_{k}{ending}"

    def write(self, place: str, content: bytes) -> None:
        """Write a picture's file so that it is there whole or not at all.

        Args:
            place: Of `place_of`.
            content: The file.

        Raises:
            OSError: If it cannot be written.
        """
        path = self.path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{self._rank}.part")
        try:
            part.write_bytes(content)
            os.replace(part, path)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def add(self, record: PictureRecord) -> None:
        """Journal a picture; from then on it counts.

        Args:
            record: What is known of it.

        Raises:
            OSError: If it cannot be written.
        """
        self._journal.add(record)

    def merge(self) -> list[PictureRecord]:
        """Write manifest and pairs anew from all journals; whoever finishes last leaves them complete.

        Returns:
            The records, in the order of the generators, the prompts and k.

        Raises:
            OSError: If they cannot be written.
        """
        with self._shared_lock():
            for part in self.path.glob(".*.part"):  # whoever writes one holds the lock: these are of killed processes
                part.unlink(missing_ok=True)
            prompts = {prompt.prompt_id: prompt for prompt in self.prompts()}
            order = {name: number for number, name in enumerate(prompts)}
            generators = {name: number for number, name in enumerate(self._generators())}
            records = sorted(
                self.records().values(),
                key=lambda record: (generators.get(record.generator, -1), order.get(record.prompt_id, -1), record.k),
            )
            write_lines((record.row() for record in records), self.path / MANIFEST)
            write_lines(_pair_rows(records, prompts), self.path / PAIRS)
        return records

    def prompts(self) -> list[PicturePrompt]:
        """The prompts of which a copy was kept.

        Raises:
            ValueError: If the copy is damaged.
        """
        path = self.path / _PROMPTS
        if not path.is_file():
            return []
        prompts = []
        for number, line in enumerate(_read_text(path).split("\n"), start=1):
            match _parse(line) if line else "":
                case "":
                    continue
                case {"prompt_id": str(prompt_id), "prompt": str(text), **columns}:
                    prompts.append(PicturePrompt(prompt_id, text, {str(name): columns[name] for name in columns}))
                case _:
                    raise ValueError(
                        f"Line {number} of {path} is no prompt with its id; put the file back from a copy, or delete "
                        "it, and the next run writes the prompts anew."
                    )
        return prompts

    def _generators(self) -> dict[str, dict[str, Any]]:
        path = self.path / _GENERATORS
        if not path.is_file():
            return {}
        content = _parse(_read_text(path))
        entries = content.get("generators") if isinstance(content, dict) else None
        if not isinstance(entries, list) or not all(map(_is_generator, entries)):
            raise ValueError(
                f"{path} is no list of generators as a run writes it; put it back from a copy, or delete it, and the "
                "next run writes it anew."
            )
        return {entry["name"]: entry for entry in entries}

    def _compare(self, present: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
        before = {**{key: present[key] for key in ("origin", "model", "seed")}, **present["parameters"]}
        now = {**{key: asked[key] for key in ("origin", "model", "seed")}, **asked["parameters"]}
        if present["revision"] and asked["revision"]:
            before["revision"], now["revision"] = present["revision"], asked["revision"]
        for key in dict.fromkeys([*before, *now]):
            if before.get(key) != now.get(key):
                raise ValueError(
                    f"{self.path} holds pictures of {asked['name']} with another {key} ({before.get(key)!r}, now "
                    f"{now.get(key)!r}); repeat what made them, {_way_to_rename(asked['name'], asked['origin'])}, or "
                    "give another folder."
                )

    def _check_file(self, record: PictureRecord) -> PictureRecord:
        """The record, or that its file is missing."""
        if record.path is None:
            return record
        try:
            size = (self.path / record.path).stat().st_size
        except (OSError, ValueError):
            return replace(record, status=MISSING, message=f"The file {record.path} is not there any more.")
        if size == record.bytes:
            return record
        message = f"The file {record.path} has {size} bytes; {record.bytes} were written."
        return replace(record, status=MISSING, message=message)

    def _refuse_foreign(self) -> None:
        """Refuse a folder in which others than we have files that we would replace."""
        found = [name for name in _OWN_NAMES if os.path.lexists(self.path / name)]
        if found and not (self.path / _JOURNALS).is_dir():  # in this order: another process makes the journals first
            raise ValueError(
                f"{self.path} holds {found[0]}, and no {_JOURNALS}/, so that it is no folder of pictures that this "
                "command has made; give another folder, which may be new, and nothing of yours is replaced."
            )

    def _shared_lock(self) -> Any:
        from filelock import FileLock

        return FileLock(self.path / _LOCK)


def safe_name(text: str) -> str:
    """Make a name that every file system takes and that no other text has.

    Args:
        text: Of a prompt or a generator.

    >>> safe_name("00012"), safe_name("SDXL-Turbo"), safe_name("../etc/passwd")
    ('00012', 'SDXL-Turbo', 'etc-passwd-7fef78f5')
    """
    if _PLAIN_NAME.fullmatch(text.lower()) and not text.endswith(".") and text.isascii():
        return text
    return _with_hash(text)


def _with_hash(text: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_]+", "-", text).strip("-")[:40]
    return f"{plain or 'x'}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _file_names(prompt_ids: Iterable[str]) -> dict[str, str]:
    """A name for the files of each prompt; of those that some file systems take for one, the later get a hash."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for prompt_id in prompt_ids:
        name = safe_name(prompt_id)
        if name.casefold() in taken:
            name = _with_hash(prompt_id)
        taken.add(name.casefold())
        names[prompt_id] = name
    return names


def _way_to_rename(name: str, origin: str) -> str:
    return f"rename the generator (NEW={name})" if origin == "generated" else "give the pictures another generator"


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not a text in UTF-8; put it back from a copy, or delete it.") from None


def _parse(text: str) -> Any:
    """The value of a text in JSON; None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_generator(entry: Any) -> bool:
    match entry:
        case {"name": str(), "origin": str(), "model": str() | None, "seed": int() | None, "parameters": dict()}:
            return isinstance(entry.get("revision"), str | None)
    return False


def _pair_rows(records: Iterable[PictureRecord], prompts: Mapping[str, PicturePrompt]) -> Iterable[dict[str, Any]]:
    for record in records:
        if record.status == "ok" and record.path is not None:
            prompt = prompts.get(record.prompt_id)
            columns = {} if prompt is None else prompt.columns
            yield {
                "id": record.id,
                "image": record.path,
                "prompt_id": record.prompt_id,
                "prompt": record.prompt,
                "generator": record.generator,
                "generator_license": record.license,
                "seed": record.seed,
                **columns,
            }
