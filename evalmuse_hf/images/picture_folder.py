"""The folder of a set of pictures: files, journals, the manifest made of them, and the pairs for the scorers."""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
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

MANIFEST, PAIRS = "manifest.jsonl", "pairs.jsonl"
_PROMPTS, _GENERATORS, _LOCK, _JOURNALS = "prompts.jsonl", "generators.json", ".lock", "journals"
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

    def open(self) -> None:
        """Keep a second process of this number out, and remove what a killed one left half written.

        Raises:
            ValueError: If one is at work, or the path is no folder.
            OSError: If the folder cannot be written.
        """
        from filelock import FileLock, Timeout

        if self.path.exists() and not self.path.is_dir():
            raise ValueError(f"{self.path} is a file; give the folder that shall hold the pictures.")
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
        """Keep a copy of the prompts; those that are known may get other columns, and no other text.

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
                merged[prompt.prompt_id] = prompt
            _check_case(merged)
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
                    raise ValueError(f"{name!r} and {other!r} would share a folder; rename one (NEW={name}).")
            present = known.get(name)
            if present is not None:
                self._compare(present, asked)
                asked["revision"] = asked["revision"] or present["revision"]
            if present != asked:
                known[name] = asked
                content = {"format": 1, "generators": list(known.values())}
                write_lines([content], self.path / _GENERATORS)

    def records(self) -> dict[PictureKey, PictureRecord]:
        """The last record of each picture whose file is as it was written; the others have to be made again."""
        found = latest_records(sorted((self.path / _JOURNALS).glob("*.jsonl")))
        return {key: record for key, record in found.items() if self._is_whole(record)}

    def place_of(self, generator: str, prompt_id: str, k: int, ending: str = ".png") -> str:
        """Where a picture stands, from the folder.

        Args:
            generator: Name of its generator.
            prompt_id: Identifier of its prompt.
            k: Which of the pictures of this prompt.
            ending: Of the file's name.
        """
        return f"images/{safe_name(generator)}/{safe_name(prompt_id)}_{k}{ending}"

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
        """The prompts of which a copy was kept."""
        path = self.path / _PROMPTS
        if not path.is_file():
            return []
        rows = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
        return [PicturePrompt(row.pop("prompt_id"), row.pop("prompt"), row) for row in rows]

    def _generators(self) -> dict[str, dict[str, Any]]:
        path = self.path / _GENERATORS
        if not path.is_file():
            return {}
        return {entry["name"]: entry for entry in json.loads(path.read_text("utf-8"))["generators"]}

    def _compare(self, present: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
        before = {**{key: present[key] for key in ("origin", "model", "seed")}, **present["parameters"]}
        now = {**{key: asked[key] for key in ("origin", "model", "seed")}, **asked["parameters"]}
        if present["revision"] and asked["revision"]:
            before["revision"], now["revision"] = present["revision"], asked["revision"]
        for key in dict.fromkeys([*before, *now]):
            if before.get(key) != now.get(key):
                raise ValueError(
                    f"{self.path} holds pictures of {asked['name']} with another {key} ({before.get(key)!r}, now "
                    f"{now.get(key)!r}); repeat what made them, rename the generator (NEW={asked['name']}), or give "
                    "another folder."
                )

    def _is_whole(self, record: PictureRecord) -> bool:
        if record.path is None:
            return True
        try:
            return (self.path / record.path).stat().st_size == record.bytes
        except OSError:
            return False

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
    plain = re.sub(r"[^A-Za-z0-9_]+", "-", text).strip("-")[:40]
    return f"{plain or 'x'}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _check_case(prompt_ids: Iterable[str]) -> None:
    """Refuse names that some file systems take for one."""
    seen: dict[str, str] = {}
    for prompt_id in prompt_ids:
        other = seen.setdefault(prompt_id.casefold(), prompt_id)
        if other != prompt_id:
            raise ValueError(f"The ids {other!r} and {prompt_id!r} differ in case only; rename one of them.")


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
