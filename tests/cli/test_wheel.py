"""What only an installed wheel can show: that the scripts of the `evaluate` modules travel with it."""

import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("evalmuse_hf", "metrics", "spaces", "setup.cfg", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """An environment with nothing but the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    for part in PARTS:
        source, target = ROOT / part, folder / "source" / part
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    pip = [sys.executable, "-m", "pip", "--quiet"]
    options = ["--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "wheel", *options, "-w", str(folder), str(folder / "source")], check=True)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=False)
    target = ["--python", str(folder / "venv" / "bin" / "python")]
    subprocess.run([*pip, *target, "install", "--no-deps", "--no-index", str(wheel)], check=True)
    return folder / "venv" / "bin"


@pytest.mark.slow
def test_modules_are_installed_and_removed_from_a_wheel(installed, tmp_path):
    names = {path.name for path in (ROOT / "metrics").iterdir() if path.is_dir()}
    command = [str(installed / "evalmuse"), "metrics"]
    subprocess.run([*command, "install", "--cache", str(tmp_path / "cache")], check=True, cwd=tmp_path)
    found = {path.stem for path in (tmp_path / "cache").rglob("*.py") if path.stem in names}
    assert found == names
    subprocess.run([*command, "uninstall", "--cache", str(tmp_path / "cache")], check=True, cwd=tmp_path)
    assert not {path.stem for path in (tmp_path / "cache").rglob("*.py")} & names


@pytest.mark.slow
def test_the_wheel_holds_checkpoints_templates_and_entry_points(installed):
    (package,) = installed.parent.glob("lib/python*/site-packages/evalmuse_hf")
    for family in ("fga-blip2-mini", "pn-vqa-mini"):
        assert list((package / "mini" / "checkpoints").rglob(f"{family}/*.safetensors"))
    assert list((package / "reports" / "templates").iterdir())
    program = "from importlib.metadata import entry_points as e; print(*sorted(e(group='evalmuse_hf.scorers').names))"
    said = subprocess.run([installed / "python", "-c", program], capture_output=True, text=True, check=True, cwd="/")
    assert said.stdout.split() == ["level_judge", "vie_score"]
