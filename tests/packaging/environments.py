"""Environments with nothing but the wheel and what it asks for, under the versions of the constraints file."""

import ast
import os
import shutil
import subprocess
import sys
import venv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE", "HF_EVALUATE_OFFLINE")
KEPT = ("LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
"""Variables that a program in an environment still sees; all others are ours, or gone."""
_UV_OPTIONS = {"index-url": "--index-url", "extra-index-url": "--extra-index-url", "find-links": "--find-links"}


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment, and a person in it who has just come: an empty home, and no network beyond this machine.

    Attributes:
        folder: Of the environment.
        home: The empty home, where commands run too.
        guard: Folder of the hook that refuses addresses beyond this machine.
        variables: Further ones.
    """

    folder: Path
    home: Path
    guard: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.folder / "bin" / "python"

    @property
    def evalmuse(self) -> Path:
        """The command."""
        return self.folder / "bin" / "evalmuse"

    @property
    def shells(self) -> Path:
        """Where the wheel has put the folders of modules and Spaces."""
        return self.folder / "share" / "evalmuse_hf"

    def process_variables(self, **others: str) -> dict[str, str]:
        """Variables of a process in it."""
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        path = os.pathsep.join([str(self.folder / "bin"), "/usr/bin", "/bin"])
        ours = {"HOME": str(self.home), "PATH": path, "PYTHONPATH": str(self.guard), "PYTHONUNBUFFERED": "1"}
        return {**kept, **ours, **dict.fromkeys(OFFLINE, "1"), **self.variables, **others}

    def run(self, *command: str | Path, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, outside the checkout."""
        return subprocess.run(
            [str(word) for word in command],
            cwd=cwd or self.home,
            env=self.process_variables(**variables),
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )


def group_requirements(files: Iterable[Path]) -> dict[tuple[str, ...], list[Path]]:
    """The folders of requirements files, by what these ask for: order, blanks and comments make no difference."""
    groups: defaultdict[tuple[str, ...], list[Path]] = defaultdict(list)
    for file in sorted(files):
        lines = (line.partition("#")[0].strip() for line in file.read_text("utf-8").splitlines())
        groups[tuple(sorted(filter(None, lines)))].append(file.parent)
    return dict(groups)


def with_wheel(requirements: Iterable[str], wheel: Path) -> list[str]:
    """Requirements in which our package is a file, as a Space will have it from the index once it is released.

    >>> with_wheel(["evalmuse-hf[spaces]", "spacy"], Path("/tmp/a.whl"))
    ['evalmuse-hf[spaces] @ file:///tmp/a.whl', 'spacy']
    """
    return [f"{line} @ {wheel.as_uri()}" if line.startswith("evalmuse-hf") else line for line in requirements]


def make_environment(folder: Path, *, guard: Path) -> Environment:
    """Make an empty environment; `guard` is the folder of the hook that keeps programs from the network."""
    venv.create(folder / "environment", with_pip=False)
    (folder / "home").mkdir()
    return Environment(folder / "environment", folder / "home", guard)


def install(environment: Environment, requirements: Sequence[str], constraints: Path) -> None:
    """Install, by uv if it is there, which takes a tenth of the time, else by the pip of this interpreter."""
    uv = find_uv()
    if uv is not None:
        command = [str(uv), "pip", "install", "--python", str(environment.python), *uv_options(read_pip_config())]
    else:
        command = [
            sys.executable,
            "-m",
            "pip",
            "--python",
            str(environment.python),
            "install",
            "--quiet",
            "--no-compile",
        ]
    command += ["-c", str(constraints), *requirements]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    if said.returncode:
        raise RuntimeError(f"{' '.join(requirements)} cannot be installed:\n{said.stderr[-4000:]}")


def find_uv() -> Path | None:
    """The program `uv`, beside this interpreter or on PATH."""
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.is_file() else shutil.which("uv")
    return Path(found) if found else None


def read_pip_config() -> str:
    """What pip was told in files and variables, in its own words."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def uv_options(pip_config: str) -> list[str]:
    """Options that make uv look where pip looks: it does not read pip's files.

    >>> uv_options("global.timeout='5'\\nglobal.find-links='/opt/a /opt/b'\\n")
    ['--find-links', '/opt/a', '--find-links', '/opt/b', '--index-strategy', 'unsafe-best-match']
    """
    options: dict[tuple[str, str], None] = {}
    for line in pip_config.splitlines():
        key, sign, value = line.partition("=")
        option = _UV_OPTIONS.get(key.rpartition(".")[2])
        if sign and option:
            options.update(dict.fromkeys((option, place) for place in str(ast.literal_eval(value)).split()))
    listed = [word for pair in options for word in pair]
    return [*listed, "--index-strategy", "unsafe-best-match"] if listed else []
