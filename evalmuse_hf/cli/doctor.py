"""`evalmuse doctor`: what this installation has and can do, for a bug report or before a long run."""

import argparse
import json
import platform
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

from evalmuse_hf import __version__
from evalmuse_hf.cli.doctor_machine import (
    EXTRA_USES,
    PACKAGES,
    Machine,
    examine_machine,
    missing_of_extras,
    package_problems,
    python_notes,
    version_of,
)
from evalmuse_hf.cli.doctor_places import (
    Place,
    cache_folders,
    examine_place,
    is_offline,
    offline_variables,
    try_hub,
)
from evalmuse_hf.cli.module_cache import installed_versions, modules_folder

FORMAT = 1  # raised when a key changes its meaning or goes away

_COUNTING_S = 1.0  # for all caches together; a large one is counted in part
_CONVERTED = "EVALMUSE_HOME"
_WIDTH = 118
_STATUSES = {
    "ready": "ready",
    "cached": "ready",
    "download": "to fetch",
    "no_room": "no room",
    "offline": "offline",
    "convert": "to convert",
    "foreign": "installed",
}


def register(subparsers: Any) -> None:
    """Describe the command to the parser."""
    parser = subparsers.add_parser(
        "doctor",
        help="show versions, device, caches, and which scorers can run here",
        description="Show what this installation has, which scorers can run here, and what to type where one cannot. "
        "Nothing is fetched, and nothing is asked of the network unless --network is given. The status is 1 if "
        "something that the package needs is missing or broken.",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    parser.add_argument("--network", action="store_true", help="also try whether the Hub answers (a few seconds)")


def run(args: argparse.Namespace) -> int:
    """Print the report."""
    report = examine(network=args.network)
    print(json.dumps(report, indent=2) if args.json else "\n".join(describe(report)))
    return 1 if report["problems"] else 0


def examine(*, network: bool = False) -> dict[str, Any]:
    """Look at the installation; a part that cannot be examined becomes a problem and stops no other.

    Args:
        network: Try whether the Hub answers. Otherwise nothing is asked of the network.

    Returns:
        Keys ``format``, ``evalmuse_hf``, ``python``, ``system``, ``packages`` (version or None), ``device``,
        ``machine``, ``checkpoints`` (bytes of each packaged one), ``scorers``, ``extras`` (what each lacks),
        ``caches``, ``folders`` (the same with sizes, free disk and permission), ``modules`` (version of each
        `evaluate` module that ``evalmuse metrics install`` installed), ``offline`` (values of the variables),
        ``network`` (None if not asked; else whether the Hub answers), ``notes`` and ``problems`` (sentences; empty
        when all is well).
    """
    versions = {name: version_of(name) for name in PACKAGES}
    machine = examine_machine()
    offline = offline_variables()
    caches = cache_folders()
    problems = [*package_problems(versions), *machine.problems]
    folders = _folders(caches)
    checkpoints = _packaged_checkpoints(problems)
    hub = folders["HF_HUB_CACHE"]
    scorers = _scorers(hub, is_offline(offline), problems)
    modules = _modules(problems)
    reason = try_hub() if network else None
    problems += [reason] if reason else []
    problems += _unwritable(folders)
    return {
        "format": FORMAT,
        "evalmuse_hf": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "packages": versions,
        "device": machine.device,
        "machine": {
            key: value for key, value in asdict(machine).items() if key not in ("device", "problems", "notes")
        },
        "checkpoints": checkpoints,
        "scorers": scorers,
        "extras": missing_of_extras(),
        "caches": caches,
        "folders": {name: {**asdict(place), "path": str(place.path)} for name, place in folders.items()},
        "modules": modules,
        "offline": offline,
        "network": reason is None if network else None,
        "notes": [*python_notes(), *machine.notes, *_too_large(scorers, machine)],
        "problems": problems,
    }


def _folders(caches: dict[str, str]) -> dict[str, Place]:
    try:
        from evalmuse_hf.scoring.loading import cache_folder

        converted = {_CONVERTED: str(cache_folder())}
    except Exception:  # without a home folder there is none
        converted = {}
    places = {**caches, **converted}
    places.pop("HF_HOME")  # it holds the others, which would be counted twice
    return {name: examine_place(Path(path), seconds=_COUNTING_S / len(places)) for name, path in places.items()}


def _packaged_checkpoints(problems: list[str]) -> dict[str, int]:
    folder = Path(str(files("evalmuse_hf"))) / "mini" / "checkpoints"
    configurations = sorted(folder.glob("*/config.json"))
    if not configurations:
        problems.append("No checkpoint is packaged, so `--model mini` cannot work; install evalmuse_hf again.")
    return {
        path.parent.name: sum(file.stat().st_size for file in path.parent.rglob("*") if file.is_file())
        for path in configurations
    }


def _scorers(hub: Place, offline: bool, problems: list[str]) -> dict[str, dict[str, Any]]:
    try:
        from evalmuse_hf.cli.doctor_scorers import scorer_states

        states = [*scorer_states(hub.path, free_bytes=hub.free_bytes, is_offline=offline)]
    except Exception as error:  # a package that they need is missing or broken
        problems.append(f"The scorers cannot be examined ({type(error).__name__}: {error}).")
        return {}
    return {state.name: {key: value for key, value in asdict(state).items() if key != "name"} for state in states}


def _modules(problems: list[str]) -> dict[str, str]:
    try:
        found = installed_versions(modules_folder())
    except (OSError, RuntimeError) as error:
        problems.append(f"The cache of `evaluate` modules cannot be read ({error}).")
        return {}
    stale = sorted({version for version in found.values() if version != __version__})
    if stale:
        problems.append(
            f"The `evaluate` modules are of version {' and '.join(stale)}, and the package of {__version__}; run "
            "`evalmuse metrics install` again."
        )
    return found


def _unwritable(folders: dict[str, Place]) -> Iterator[str]:
    for name, place in folders.items():
        if not place.is_writable:
            yield f"{place.path} ({name}) cannot be written; set {name} to a folder that can."
        elif place.size_bytes is None:
            yield f"{place.path} ({name}) cannot be read; give yourself the permission, or set {name} elsewhere."


def _too_large(scorers: dict[str, dict[str, Any]], machine: Machine) -> Iterator[str]:
    """Which default models have weights beyond the memory of the device; what they compute comes on top."""
    memory = machine.memory_bytes
    if memory is None:
        return
    large = {state["model"]: state["size_bytes"] for state in scorers.values() if (state["size_bytes"] or 0) > memory}
    for model, size in large.items():
        yield f"The weights of {model} ({size / 1e9:.0f} GB) do not fit into {memory / 1e9:.0f} GB of memory here."


def describe(report: dict[str, Any]) -> Iterator[str]:
    """Lay the report out for a terminal.

    Args:
        report: What `examine` returned.

    Yields:
        Lines.
    """
    rows = [(name, report[name]) for name in ("evalmuse_hf", "python", "system")]
    rows += [(f"checkpoint {name}", f"{size / 1e6:.1f} MB") for name, size in report["checkpoints"].items()]
    rows += [("evaluate modules", _describe_modules(report["modules"]))]
    yield from _group("Installation", rows)
    yield from _group("Packages", [(name, version or "missing") for name, version in report["packages"].items()])
    yield from _group("Machine", _machine_rows(report))
    yield from _scorer_lines(report["scorers"])
    yield from _group("Extras", [(extra, _extra(extra, lacks)) for extra, lacks in report["extras"].items()])
    folders = [(name, _describe_folder(facts)) for name, facts in report["folders"].items()]
    yield from _group("Folders", [("HF_HOME", report["caches"]["HF_HOME"]), *folders])
    yield from _group("Network", _network_rows(report))
    for kind in ("note", "problem"):
        for sentence in report[f"{kind}s"]:
            yield from textwrap.wrap(f"{kind}: {sentence}", _WIDTH, subsequent_indent="  ", break_long_words=False)
    if not report["problems"]:
        yield "No problems."


def _group(title: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    rows = list(rows)
    width = max((len(name) for name, _ in rows), default=0)
    yield title
    yield from (f"  {name:<{width}}  {value}" for name, value in rows)
    yield ""


def _machine_rows(report: dict[str, Any]) -> Iterator[tuple[str, str]]:
    machine = report["machine"]
    yield "device", report["device"] or "unknown without torch"
    memory, half = machine["memory_bytes"], machine["has_bfloat16"]
    yield "memory", "unknown" if memory is None else f"{memory / 1e9:.1f} GB"
    yield "bfloat16", {None: "unknown", True: "yes", False: "no instructions for it, so float32 is faster"}[half]
    yield "processors", f"{machine['n_cores']}, threads of torch: {machine['n_threads'] or 'unknown'}"


def _scorer_lines(scorers: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield "Scorers (for photographs, with their default model; `--model mini` judges drawings only)"
    names = [*scorers]
    width = max(map(len, names), default=0)
    for name, state in scorers.items():
        mini = "mini" if state["has_mini"] else "    "
        start = f"  {name:<{width}}  {_STATUSES[state['status']]:<10}  {mini}  "
        yield from textwrap.wrap(
            state["how"],
            _WIDTH,
            initial_indent=start,
            subsequent_indent=" " * len(start),
            break_long_words=False,
            break_on_hyphens=False,
        )
    yield ""


def _extra(extra: str, lacks: list[str]) -> str:
    if not lacks:
        return f"installed ({EXTRA_USES[extra]})"
    return f"missing {', '.join(lacks)}: pip install 'evalmuse-hf[{extra}]' ({EXTRA_USES[extra]})"


def _describe_folder(facts: dict[str, Any]) -> str:
    size, free = facts["size_bytes"], facts["free_bytes"]
    held = "cannot be read" if size is None else f"{'' if facts['is_whole'] else 'over '}{size / 1e9:.1f} GB"
    left = "unknown" if free is None else f"{free / 1e9:.1f} GB"
    return f"{facts['path']}  ({held}, free {left}{'' if facts['is_writable'] else ', cannot be written'})"


def _network_rows(report: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield from ((name, value or "not set") for name, value in report["offline"].items())
    asked = {None: "not asked; `evalmuse doctor --network` tries it", True: "answers", False: "does not answer"}
    yield "Hub", asked[report["network"]]


def _describe_modules(modules: dict[str, str]) -> str:
    if not modules:
        return "not installed; `evalmuse metrics install` makes evaluate.load find them by name"
    versions = sorted(set(modules.values()))
    return f"{len(modules)} of version {' and '.join(versions)}"
