"""Puts the `evaluate` modules where ``evaluate.load`` finds them by their bare name, and takes them away again.

``evaluate`` looks for a bare name on the Hub and then among the modules that it has loaded from there before, in
``evaluate_modules/metrics/evaluate-metric--NAME/SHA256``. That folder is where the modules go.
"""

import hashlib
import json
import os
import shutil
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import evalmuse_hf

MARKER = "evalmuse_hf.json"


def modules_folder() -> Path:
    """Folder in which `evaluate` keeps scripts: ``$HF_MODULES_CACHE``, else ``modules`` in ``$HF_HOME``."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("HF_HOME", os.path.join(cache, "huggingface"))
    return Path(os.environ.get("HF_MODULES_CACHE", os.path.join(home, "modules"))).expanduser()


def find_scripts() -> dict[str, Path]:
    """Find the scripts of the modules, beside the package in a checkout or where the wheel put them.

    Returns:
        Path of each, by the module's name.

    Raises:
        ValueError: If there are none.
    """
    checkout = Path(evalmuse_hf.__file__).parents[1] / "metrics"
    found = [path for path in checkout.glob("*/*.py") if path.stem == path.parent.name]
    if not found:
        try:
            listed = [file for file in files("evalmuse-hf") or [] if file.stem == file.parent.name]
        except PackageNotFoundError:
            listed = []
        found = [Path(str(file.locate())) for file in listed if file.parent.parent.name == "metrics"]
    scripts = {path.stem: path.resolve() for path in sorted(found, key=lambda path: path.stem) if path.is_file()}
    if not scripts:
        raise ValueError("This installation lacks the scripts of the `evaluate` modules; install evalmuse_hf again.")
    return scripts


def install_modules(cache: Path) -> list[str]:
    """Install every module, in place of another version of it from this package.

    Args:
        cache: See `modules_folder`.

    Returns:
        Their names.

    Raises:
        ValueError: If there are no scripts.
        OSError: If the folder cannot be written.
    """
    scripts = find_scripts()
    uninstall_modules(cache)
    for name, script in scripts.items():
        content = script.read_bytes()
        outer = _outer_folder(cache, name)
        inner = outer / hashlib.sha256(content).hexdigest()
        inner.mkdir(parents=True, exist_ok=True)
        for folder in (outer, inner):
            (folder / "__init__.py").touch()
        (inner / f"{name}.py").write_bytes(content)
        record = {"module": name, "version": evalmuse_hf.__version__}
        (inner / MARKER).write_text(f"{json.dumps(record)}\n", "utf-8")
    return list(scripts)


def uninstall_modules(cache: Path) -> list[str]:
    """Remove what `install_modules` of any version wrote, and nothing else.

    Args:
        cache: See `modules_folder`.

    Returns:
        Names of the modules that were there.
    """
    removed = []
    for marker in sorted(_metrics_folder(cache).glob(f"evaluate-metric--*/*/{MARKER}")):
        inner, outer = marker.parent, marker.parent.parent
        removed.append(outer.name.partition("--")[2])
        shutil.rmtree(inner)
        if {path.name for path in outer.iterdir()} <= {"__init__.py", "__pycache__"}:
            shutil.rmtree(outer)
    return removed


def installed_versions(cache: Path) -> dict[str, str]:
    """Find what `install_modules` of any version wrote.

    Args:
        cache: See `modules_folder`.

    Returns:
        Version of each module, by its name; ``"unknown"`` where the record is damaged.
    """
    found = {}
    for marker in sorted(_metrics_folder(cache).glob(f"evaluate-metric--*/*/{MARKER}")):
        try:
            version = str(json.loads(marker.read_text("utf-8"))["version"])
        except (ValueError, KeyError, TypeError, OSError):
            version = "unknown"
        found[marker.parent.parent.name.partition("--")[2]] = version
    return found


def _metrics_folder(cache: Path) -> Path:
    return cache / "evaluate_modules" / "metrics"


def _outer_folder(cache: Path, name: str) -> Path:
    return _metrics_folder(cache) / f"evaluate-metric--{name}"
