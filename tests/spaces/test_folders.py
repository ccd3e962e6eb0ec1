"""Every folder that becomes a Space is complete, thin, and in the wheel; tests/test_cards.py reads the cards."""

import ast
import configparser
import re
from pathlib import Path

import pytest
from huggingface_hub import SpaceCard
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
KINDS = ("metrics", "spaces")
FOLDERS = sorted(path.parent for kind in KINDS for path in ROOT.glob(f"{kind}/*/README.md"))
NAMES = [folder.relative_to(ROOT).as_posix() for folder in FOLDERS]
CONFIG = configparser.ConfigParser()
CONFIG.read(ROOT / "setup.cfg", "utf-8")
MOST_LINES = 30

each_folder = pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)


def test_all_spaces_and_all_modules_are_found():
    on_disk = {path.name for kind in KINDS for path in (ROOT / kind).iterdir() if path.is_dir()}
    assert {folder.name for folder in FOLDERS} == on_disk - {"__pycache__"}
    assert {"spaces/playground", "spaces/leaderboard", "spaces/api", "spaces/annotate", "metrics/tifa"} <= set(NAMES)


@each_folder
def test_the_front_matter_names_versions_that_the_package_runs_on(folder):
    data = SpaceCard.load(folder / "README.md").data
    assert (data.sdk, data.app_file, data.license) == ("gradio", "app.py", "apache-2.0")
    assert f"gradio=={data.sdk_version}\n" in (ROOT / "constraints.txt").read_text("utf-8")
    # The Hub's own default is older than the package allows; unquoted, 3.10 would be the number 3.1.
    assert isinstance(data.python_version, str)
    assert f"Programming Language :: Python :: {data.python_version}" in CONFIG["metadata"]["classifiers"].split("\n")


@each_folder
def test_the_requirements_are_this_package_with_extras_that_it_has(folder):
    lines = (folder / "requirements.txt").read_text("utf-8").splitlines()
    (ours,) = [needed for needed in map(Requirement, lines) if needed.name == "evalmuse-hf"]
    assert ours.extras
    assert ours.extras <= set(CONFIG["options.extras_require"])
    gradio = [line for extra in ours.extras for line in CONFIG["options.extras_require"][extra].split()]
    assert any(Requirement(line).name == "gradio" for line in gradio)


@each_folder
def test_the_app_is_thin_and_starts_only_when_it_is_run(folder):
    source = (folder / "app.py").read_text("utf-8")
    assert len(source.splitlines()) <= MOST_LINES
    last = ast.parse(source).body[-1]
    assert isinstance(last, ast.If)
    assert ast.unparse(last.test) == "__name__ == '__main__'"
    assert not re.search(r"^\s*(def|class|for|while) ", source, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_every_file_of_the_folder_is_in_the_wheel(name):
    patterns = CONFIG["options.data_files"][f"share/evalmuse_hf/{name}"].split()
    listed = {path for pattern in patterns for path in ROOT.glob(pattern)}
    there = {path for path in (ROOT / name).rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert listed == there


def test_the_wheel_is_promised_no_folder_that_is_not_there():
    assert {key.removeprefix("share/evalmuse_hf/") for key in CONFIG["options.data_files"]} == set(NAMES)
