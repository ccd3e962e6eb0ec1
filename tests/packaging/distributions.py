"""Make the wheel and the source archive from a clean copy of the checkout, and look at what is in them.

Problems are sentences in a list; an empty list means that nothing was found.
"""

import configparser
import email.parser
import hashlib
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

PACKAGE = "evalmuse_hf"
SHELLS = ("metrics", "spaces")
"""Folders at the root of the checkout that travel in the wheel as data."""
MAX_BYTES = 10 * 1024**2
"""Of one file in the wheel; the largest of ours are the packaged checkpoints."""
UNWANTED = ("__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".git", ".venv", "build", "dist")
BUILD = (
    "import sys\nfrom setuptools import build_meta\nprint(getattr(build_meta, 'build_' + sys.argv[1])(sys.argv[2]))"
)


@dataclass(frozen=True, slots=True)
class Distributions:
    """What was built.

    Attributes:
        source: The clean copy.
        wheel: Built from the copy.
        archive: The source archive, built from the copy.
        wheel_of_archive: Built from the unpacked source archive.
    """

    source: Path
    wheel: Path
    archive: Path
    wheel_of_archive: Path


def list_files(root: Path, *, tracked_only: bool) -> list[str]:
    """Files of a checkout as Git sees them, by their path below it; what it ignores is left out.

    With `tracked_only`, new files that nobody added yet are left out too.
    """
    command = ["git", "ls-files", "-z", "--cached", *([] if tracked_only else ["--others", "--exclude-standard"])]
    said = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout.decode()
    return sorted({name for name in said.split("\0") if name and (root / name).is_file()})


def copy_files(root: Path, names: Iterable[str], target: Path) -> None:
    """Copy files into a folder, below the same paths."""
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, target / name)


def build(source: Path, folder: Path) -> Distributions:
    """Build in a clean copy, as a tool for releases does: the archive and the wheel, and the wheel of the archive."""
    archive = _build_one("sdist", source, folder)
    wheel = _build_one("wheel", source, folder)
    with tarfile.open(archive) as opened:
        opened.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    return Distributions(source, wheel, archive, _build_one("wheel", unpacked, folder / "again"))


def _build_one(kind: str, source: Path, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", BUILD, kind, str(folder.resolve())]
    said = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    if said.returncode:
        raise RuntimeError(f"The {kind} cannot be built:\n{said.stdout[-2000:]}\n{said.stderr[-4000:]}")
    return folder / said.stdout.splitlines()[-1]


def wheel_contents(wheel: Path) -> dict[str, str]:
    """SHA-256 of each file of a wheel, by its path; without its own list of them, in which the order may differ."""
    with zipfile.ZipFile(wheel) as opened:
        return {
            name: hashlib.sha256(opened.read(name)).hexdigest()
            for name in opened.namelist()
            if not name.endswith(("/", ".dist-info/RECORD"))
        }


def differing_files(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """Problems: files that only one of two wheels has, or that differ."""
    differing = sorted(name for name in {*one, *other} if one.get(name) != other.get(name))
    return [f"{name} is not the same in the wheel and in the wheel of the source archive." for name in differing]


def installed_paths(wheel: Path) -> dict[str, int]:
    """Sizes of the files that a wheel installs, without its own description of itself.

    Data that it puts beside the package stand below ``share/``.
    """
    sizes = {}
    with zipfile.ZipFile(wheel) as opened:
        for info in opened.infolist():
            top, _, rest = info.filename.partition("/")
            if info.is_dir() or top.endswith(".dist-info"):
                continue
            sizes[rest.removeprefix("data/") if top.endswith(".data") else info.filename] = info.file_size
    return sizes


def content_problems(sizes: Mapping[str, int], names: Iterable[str]) -> list[str]:
    """Problems of what a wheel installs, as `installed_paths` gives it, measured at the files of the checkout."""
    share = f"share/{PACKAGE}/"
    expected = {name for name in names if name.startswith(f"{PACKAGE}/")}
    expected |= {f"{share}{name}" for name in names if name.partition("/")[0] in SHELLS}
    problems = [f"{name} is not in the wheel; see package_data and data_files." for name in expected - set(sizes)]
    problems += [f"{name} is in the wheel and not in the checkout." for name in set(sizes) - expected]
    for name, size in sizes.items():
        if size > MAX_BYTES:
            problems.append(f"{name} has {size / 1024**2:.1f} MB; a file of the wheel may have 10.")
        if {*PurePosixPath(name).parts} & {*UNWANTED, "tests"} or name.endswith(".pyc"):
            problems.append(f"{name} has no place in a wheel.")
    return sorted(problems)


def archive_problems(archive: Path, names: Iterable[str]) -> list[str]:
    """Problems of the source archive: everything that a wheel needs, and a licence, but no tests and no caches."""
    with tarfile.open(archive) as opened:
        found = {member.name.partition("/")[2] for member in opened.getmembers() if member.isfile()}
    needed = {name for name in names if name.partition("/")[0] in (PACKAGE, *SHELLS)}
    needed |= {"setup.cfg", "pyproject.toml", "README.md", "LICENSE", "constraints.txt", "CHANGELOG.md"}
    problems = [f"{name} is not in the source archive." for name in needed - found]
    unwanted = {*UNWANTED, "tests"}
    problems += [f"{name} has no place in it." for name in found if {*PurePosixPath(name).parts} & unwanted]
    return sorted(problems)


def metadata_problems(wheel: Path) -> list[str]:
    """Problems of a wheel's description of itself, as the index for packages would refuse it, and of its commands."""
    from packaging.metadata import Metadata, parse_email

    with zipfile.ZipFile(wheel) as opened:
        inner = next(name.partition("/")[0] for name in opened.namelist() if ".dist-info/" in name)
        described = opened.read(f"{inner}/METADATA")
        entries = configparser.ConfigParser()
        entries.optionxform = str
        entries.read_string(opened.read(f"{inner}/entry_points.txt").decode())
    raw, unknown = parse_email(described)
    problems = [f"The metadata has an unknown field {name}." for name in unknown]
    try:
        metadata = Metadata.from_raw(raw)
    except ExceptionGroup as group:
        return [*problems, *(f"The metadata is wrong: {error}" for error in group.exceptions)]
    problems += [f"{need} names an address, which PyPI refuses." for need in metadata.requires_dist or () if need.url]
    text = email.parser.BytesParser().parsebytes(described)
    checks: dict[str, Callable[[], bool]] = {
        "the long description is no Markdown": lambda: str(text["Description-Content-Type"]) == "text/markdown",
        "the long description is empty": lambda: len(metadata.description or "") > 1_000,
        "there is no licence": lambda: bool(metadata.license_expression or metadata.license),
        "Python 3.11 is not the oldest": lambda: str(metadata.requires_python) == ">=3.11",
        "the command `evalmuse` is missing": lambda: "evalmuse" in entries["console_scripts"],
        "our scorers beyond the paper are missing": lambda: (
            sorted(entries["evalmuse_hf.scorers"]) == ["level_judge", "vie_score"]
        ),
    }
    return [*problems, *(f"In the metadata {sentence}." for sentence, check in checks.items() if not check())]
