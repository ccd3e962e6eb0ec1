"""The folder ``.build`` in a data set that is being built: everything that a killed build leaves for the next."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import filelock

from evalmuse_hf.data.errors import ReleaseError
from evalmuse_hf.data.features import FOLDERS
from evalmuse_hf.data.report import BUILD_FILE

WORK_FOLDER = ".build"  # hidden, so that `load_dataset` never takes its files for the data set
CARD_FILE = "README.md"
OWN_NAMES = (CARD_FILE, BUILD_FILE, *FOLDERS.values())
"""What a finished build consists of."""

_PLAN_FILE, _LOCK_FILE = "plan.json", "lock"
_READY_FILE, _CLEARED_FILE = "ready", "cleared"  # steps of the last moves that are behind us


class Workspace:
    """Scratch space of one build.

    Args:
        out: Folder of the data set.

    Attributes:
        shards: For the shards.
        release: For JSON files out of an archive.
        own: For the user's own records.
        finished: For the files of the data set under their final names.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.root = out / WORK_FOLDER
        self.shards = self.root / "shards"
        self.release = self.root / "release"
        self.own = self.root / "own"
        self.finished = self.root / "finished"
        self._attic = self.root / "earlier"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder. What an interruption or a full disk leaves in it stays for the next build.

        A finished build leaves nothing, and so does one that fails because of what the release holds: to mend that
        is to make another release.

        Raises:
            ReleaseError: If another process is building there.
        """
        is_new = not self.out.exists()
        self.root.mkdir(parents=True, exist_ok=True)
        leave_nothing = True
        try:
            with filelock.FileLock(self.root / _LOCK_FILE, timeout=0):
                try:
                    yield
                except (KeyboardInterrupt, OSError):
                    leave_nothing = not self.shards.is_dir()
                    raise
        except filelock.Timeout:
            leave_nothing = False
            raise ReleaseError(
                f"Another process is building {str(self.out)!r}; wait for it, or end it and run this command again."
            ) from None
        finally:
            if leave_nothing:
                shutil.rmtree(self.root, ignore_errors=True)
                if is_new and self.out.is_dir() and not any(self.out.iterdir()):
                    self.out.rmdir()

    def adopt(self, plan: Mapping[str, Any]) -> bool:
        """Keep the work of an earlier build if it has the same plan; otherwise start afresh.

        Args:
            plan: Everything on which the files depend, as JSON knows it.

        Returns:
            Whether there is work of the same plan.
        """
        path = self.root / _PLAN_FILE
        text = json.dumps(plan, sort_keys=True)
        if path.is_file() and path.read_text("utf-8") == text:
            return True
        for folder in (self.shards, self.finished, self._attic):
            shutil.rmtree(folder, ignore_errors=True)
        for name in (_READY_FILE, _CLEARED_FILE):
            (self.root / name).unlink(missing_ok=True)
        self.shards.mkdir()
        path.write_text(text, encoding="utf-8")
        return False

    def place(self, made: Path, name: str) -> None:
        """Move a file of a shard to its final name among the finished files; may be repeated.

        Args:
            made: The file.
            name: Its name below the data set's folder.
        """
        if self.is_ready:
            return
        target = self.finished / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if made.exists() or not target.exists():
            os.replace(made, target)

    @property
    def is_ready(self) -> bool:
        """Whether all finished files have their names and the last moves have begun."""
        return (self.root / _READY_FILE).exists()

    def put_in_place(self) -> None:
        """Move the finished files into the data set's folder; what an earlier build left there goes.

        No card ever describes files that are not there: the old one goes first, the new one comes last, and folders
        move as wholes. Every step may be repeated, so that a build that is killed here goes on here.
        """
        (self.root / _READY_FILE).touch()
        if not (self.root / _CLEARED_FILE).exists():
            self._attic.mkdir(exist_ok=True)
            for name in OWN_NAMES:
                if (self.out / name).exists():
                    os.replace(self.out / name, self._attic / name)
            (self.root / _CLEARED_FILE).touch()
        for name in reversed(OWN_NAMES):
            if (self.finished / name).exists():
                os.replace(self.finished / name, self.out / name)


def _is_build(out: Path) -> bool:
    """Whether a folder has the file that only a build writes, with what a build writes into it."""
    try:
        noted = json.loads((out / BUILD_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(noted, dict) and {"format", "splits", "files", "stages"} <= noted.keys()


def refuse_foreign_folder(out: Path) -> None:
    """Refuse to build where something else is that a build would replace.

    Args:
        out: The folder; it may be absent, empty, hold an earlier build, or the rest of an interrupted one.

    Raises:
        ValueError: Otherwise.
    """
    if out.exists() and not out.is_dir():
        raise ValueError(f"{str(out)!r} is a file; give the name of a folder to write.")
    if not out.exists() or _is_build(out):
        return
    others = sorted(path.name for path in out.iterdir() if path.name != WORK_FOLDER)
    if others and not (out / WORK_FOLDER / _READY_FILE).exists():
        raise ValueError(
            f"{str(out)!r} holds something else than an earlier build ({others[0]!r}, for one); give a new folder, or "
            "empty this one."
        )
