"""`evalmuse doctor`: what this installation has, for a bug report or before a long run."""

import argparse
import json
import os
import platform
from importlib import metadata
from importlib.resources import files
from pathlib import Path
from typing import Any

from evalmuse_hf import __version__
from evalmuse_hf.cli.module_cache import installed_versions, modules_folder

FORMAT = 1  # raised when a key changes its meaning or goes away

PACKAGES = (
    "torch",
    "transformers",
    "datasets",
    "evaluate",
    "accelerate",
    "peft",
    "huggingface-hub",
    "tokenizers",
    "safetensors",
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "pillow",
    "filelock",
    "matplotlib",
    "jinja2",
    "pyyaml",
    "tqdm",
)
OFFLINE_VARIABLES = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE", "HF_EVALUATE_OFFLINE")


def register(subparsers: Any) -> None:
    """Describe the command to the parser."""
    parser = subparsers.add_parser(
        "doctor",
        help="show versions, device, packaged checkpoints and caches",
        description="Show what this installation has. The status is 1 if something that the package needs is missing.",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")


def run(args: argparse.Namespace) -> int:
    """Print the report."""
    report = examine()
    print(json.dumps(report, indent=2) if args.json else _as_table(report))
    return 1 if report["problems"] else 0


def examine() -> dict[str, Any]:
    """Look at the installation without reaching the network.

    Returns:
        Keys ``format``, ``evalmuse_hf``, ``python``, ``system``, ``packages`` (version or None), ``device``,
        ``checkpoints`` (bytes of each packaged one), ``caches``, ``modules`` (version of each `evaluate` module that
        ``evalmuse metrics install`` installed), ``offline`` (values of the variables) and ``problems`` (sentences;
        empty when all is well).
    """
    packages = {name: _version(name) for name in PACKAGES}
    checkpoints = _packaged_checkpoints()
    missing = [name for name, version in packages.items() if version is None]
    problems = [f"{name} is missing: pip install {name}" for name in missing]
    if not checkpoints:
        problems.append("No checkpoint is packaged, so `--model mini` cannot work; install evalmuse_hf again.")
    return {
        "format": FORMAT,
        "evalmuse_hf": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "packages": packages,
        "device": _device() if packages["torch"] else None,
        "checkpoints": checkpoints,
        "caches": _cache_folders(),
        "modules": installed_versions(modules_folder()),
        "offline": {name: os.environ.get(name) for name in OFFLINE_VARIABLES},
        "problems": problems,
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _device() -> str:
    import torch

    if torch.cuda.is_available():
        return f"cuda ({torch.cuda.get_device_name()})"
    if torch.backends.mps.is_available():
        return "mps"
    return f"cpu ({torch.get_num_threads()} threads)"


def _packaged_checkpoints() -> dict[str, int]:
    folder = Path(str(files("evalmuse_hf"))) / "mini" / "checkpoints"
    configurations = sorted(folder.glob("*/config.json"))
    return {
        path.parent.name: sum(file.stat().st_size for file in path.parent.rglob("*") if file.is_file())
        for path in configurations
    }


def _cache_folders() -> dict[str, str]:
    """Name the folders that the Hugging Face libraries will use, by the rules that they document."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    home = Path(os.environ.get("HF_HOME", cache / "huggingface")).expanduser()
    return {
        "HF_HOME": str(home),
        "HF_HUB_CACHE": os.environ.get("HF_HUB_CACHE", str(home / "hub")),
        "HF_DATASETS_CACHE": os.environ.get("HF_DATASETS_CACHE", str(home / "datasets")),
        "HF_MODULES_CACHE": os.environ.get("HF_MODULES_CACHE", str(home / "modules")),
    }


def _describe_modules(modules: dict[str, str]) -> str:
    if not modules:
        return "not installed"
    versions = sorted(set(modules.values()))
    again = "" if versions == [__version__] else "; run `evalmuse metrics install` again"
    return f"{len(modules)} of version {' and '.join(versions)}{again}"


def _as_table(report: dict[str, Any]) -> str:
    rows = [(name, report[name]) for name in ("evalmuse_hf", "python", "system")]
    rows += [(name, version or "missing") for name, version in report["packages"].items()]
    rows += [("device", report["device"] or "unknown without torch")]
    rows += [(f"checkpoint {name}", f"{size / 1e6:.1f} MB") for name, size in report["checkpoints"].items()]
    rows += list(report["caches"].items())
    rows += [("evaluate modules", _describe_modules(report["modules"]))]
    rows += [(name, value or "not set") for name, value in report["offline"].items()]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:<{width}}  {value}" for name, value in rows]
    return "\n".join([*lines, *(f"problem: {sentence}" for sentence in report["problems"])])
