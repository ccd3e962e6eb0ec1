"""What only installed packages can show: that wheel and source archive are whole, and work where no checkout is.

``python -m tests.packaging.check_packages`` (`make test-packages`) builds both from a clean copy, looks at their
contents, installs the wheel under the constraints file into an empty environment outside the checkout, does there what
a newcomer does, and runs four Spaces and one module. With ``--all`` (`make test-packages-all`, before a release) every
folder of a Space or module runs, and each distinct requirements file gets an environment of its own.
"""

import argparse
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.packaging import distributions, environments, newcomer, space_folders
from tests.packaging.environments import Environment
from tests.packaging.running_app import take_sigint

ROOT = Path(__file__).parents[2]
FEW = ("spaces/playground", "spaces/leaderboard", "spaces/api", "spaces/annotate", "metrics/fga_blip2")
AT_ONCE = 2  # programs that start and answer at the same time


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was checked; problems are sentences."""

    name: str
    seconds: float
    problems: tuple[str, ...]


@dataclass(slots=True)
class Log:
    """The steps so far, each printed when it ends."""

    steps: list[Step] = field(default_factory=list)

    def check(self, name: str, look: Callable[[], Iterable[str] | None]) -> None:
        """Do a step; an error in it is a problem of it, and the next step goes on."""
        start = time.perf_counter()
        try:
            problems = tuple(look() or ())
        except Exception as error:
            problems = (f"{type(error).__name__}: {error}",)
        self.steps.append(Step(name, time.perf_counter() - start, problems))
        print(format_step(self.steps[-1]), flush=True)

    @property
    def problems(self) -> list[str]:
        """All problems, with what they were found in."""
        return [f"{step.name}: {problem}" for step in self.steps for problem in step.problems]


def format_step(step: Step) -> str:
    """A line of the table.

    >>> format_step(Step("build", 3.21, ()))
    'ok       3.2 s  build'
    """
    return f"{'FAILED' if step.problems else 'ok':<6} {step.seconds:>5.1f} s  {step.name}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, print the table, and say what failed; the exit status is 1 then."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="every folder, each distinct requirements file by itself")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="work there and leave everything")
    args = parser.parse_args(arguments)
    take_sigint()
    os.environ.update(dict.fromkeys(environments.OFFLINE, "1") | {"GRADIO_ANALYTICS_ENABLED": "False"})
    log, start = Log(), time.perf_counter()
    with _work_folder(args.keep) as work:
        names = distributions.list_files(ROOT, tracked_only=args.all)
        built = check_distributions(log, names, work)
        if built is not None:
            (check_all if args.all else check_few)(log, built, names, work)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"{len(log.steps)} steps, {time.perf_counter() - start:.0f} s, of which processors worked "
        f"{used.ru_utime + used.ru_stime:.0f} s; {len(log.problems)} problems"
    )
    for problem in log.problems:
        print(f"\n{problem}", file=sys.stderr)
    return 1 if log.problems else 0


def check_distributions(log: Log, names: Sequence[str], work: Path) -> distributions.Distributions | None:
    """Build both, and look at them; None if they cannot be built."""
    built: list[distributions.Distributions] = []

    def make() -> list[str]:
        distributions.copy_files(ROOT, names, work / "source")
        built.append(distributions.build(work / "source", work / "dist"))
        return []

    log.check("wheel and source archive are built from a clean copy", make)
    if not built:
        return None
    (made,) = built
    contents = map(distributions.wheel_contents, (made.wheel, made.wheel_of_archive))
    log.check("the source archive gives the same wheel", lambda: distributions.differing_files(*contents))
    sizes = distributions.installed_paths(made.wheel)
    log.check(
        f"the wheel holds the {len(sizes)} files it should", lambda: distributions.content_problems(sizes, names)
    )
    log.check("so does the source archive", lambda: distributions.archive_problems(made.archive, names))
    log.check("the metadata would be accepted", lambda: distributions.metadata_problems(made.wheel))
    return made


def check_few(log: Log, built: distributions.Distributions, names: Sequence[str], work: Path) -> None:
    """One environment: the plain wheel first, then what the requirements of a few folders add."""
    environment = _start_environment(log, "plain", [str(built.wheel)], built, work)
    if environment is None:
        return
    _check_newcomer(log, environment, built, names)
    groups = environments.group_requirements(built.source / name / "requirements.txt" for name in FEW)
    for requirements, folders in groups.items():
        wanted = environments.with_wheel(requirements, built.wheel.resolve())
        log.check(f"added: {' '.join(requirements)}", _installation(environment, wanted, built))
        found = [str(folder.relative_to(built.source)) for folder in folders]
        _check_folders(log, found, environment, work, command=["space"] if "spaces/playground" in found else None)


def check_all(log: Log, built: distributions.Distributions, names: Sequence[str], work: Path) -> None:
    """The plain wheel, and for each distinct requirements file an environment, in which all its folders run."""
    plain = _start_environment(log, "plain", [str(built.wheel)], built, work)
    if plain is not None:
        _check_newcomer(log, plain, built, names)
    files = [built.source / name for name in names if name.startswith(distributions.SHELLS)]
    groups = environments.group_requirements(file for file in files if file.name == "requirements.txt")
    for number, (requirements, folders) in enumerate(groups.items()):
        wanted = environments.with_wheel(requirements, built.wheel.resolve())
        environment = _start_environment(log, f"environment-{number}", wanted, built, work)
        if environment is not None:
            found = [str(folder.relative_to(built.source)) for folder in folders]
            _check_folders(log, found, environment, work, command=["space"] if "spaces/playground" in found else None)


def _start_environment(
    log: Log, name: str, requirements: Sequence[str], built: distributions.Distributions, work: Path
) -> Environment | None:
    (work / name).mkdir()
    guard = work / "guard"
    guard.mkdir(exist_ok=True)
    shutil.copy(ROOT / "tests" / "offline" / "sitecustomize.py", guard)
    environment = environments.make_environment(work / name, guard=guard)
    tool = "uv" if environments.find_uv() else "pip"
    words = " ".join(line.partition(" @ ")[0].rpartition("/")[2] for line in requirements)
    log.check(f"installed by {tool}: {words}", _installation(environment, requirements, built))
    return None if log.steps[-1].problems else environment


def _installation(
    environment: Environment, requirements: Sequence[str], built: distributions.Distributions
) -> Callable[[], list[str]]:
    def install() -> list[str]:
        environments.install(environment, requirements, built.source / "constraints.txt")
        return []

    return install


def _check_newcomer(
    log: Log, environment: Environment, built: distributions.Distributions, names: Sequence[str]
) -> None:
    modules = {parts[1] for parts in (name.split("/") for name in names) if parts[0] == "metrics" and len(parts) > 2}
    version = built.wheel.name.split("-")[1]
    for step in newcomer.STEPS:
        log.check(step.name, lambda step=step: step.look(environment, version, modules))


def _check_folders(
    log: Log, names: Sequence[str], environment: Environment, work: Path, *, command: list[str] | None
) -> None:
    """Run folders, a few at a time, and a command of ours with them."""
    picture, store = work / "square.png", work / "store.sqlite"
    _draw_square(picture)
    if "spaces/annotate" in names:
        log.check("an annotation store is made", lambda: newcomer.make_store(environment, store, picture))

    def check(name: str) -> None:
        if command is not None and name == " ".join(command):
            ask = space_folders.describe_folder("spaces/playground").ask
            log.check(f"`evalmuse {name}`", lambda: space_folders.check_command(command, ask, environment, picture))
        else:
            folder = space_folders.describe_folder(name, store=store)
            log.check(name, lambda: space_folders.check_folder(folder, environment, picture, work))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(check, [*names, *([" ".join(command)] if command else [])]))


def _draw_square(path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (96, 96), "red").save(path)


@contextmanager
def _work_folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="evalmuse-packages-") as folder:
        yield Path(folder)


if __name__ == "__main__":
    sys.exit(main())
