"""What every test gets: no network, private caches, and the path of the golden files."""

import os
import runpy
import shutil
import tempfile
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
OFFLINE = TESTS / "offline"
OFFLINE_VARIABLES = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE", "HF_EVALUATE_OFFLINE")
# Set before any Hugging Face library is imported: these are read at import, and child processes inherit them.
CACHES = {
    "HF_HOME": "huggingface",
    "HF_DATASETS_CACHE": "huggingface/datasets",
    "HF_MODULES_CACHE": "huggingface/modules",
    "MPLCONFIGDIR": "matplotlib",
    "XDG_CACHE_HOME": "cache",
}

collect_ignore = ["offline"]  # a hook for interpreters, not a module to collect doctests from


def _refuse_the_network() -> None:
    runpy.run_path(str(OFFLINE / "sitecustomize.py"))
    for variable in OFFLINE_VARIABLES:
        os.environ[variable] = "1"
    for variable in ("HF_ENDPOINT", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        os.environ.pop(variable, None)
    paths = [str(OFFLINE), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))


def _make_private_caches() -> Path:
    """Give this process, and with xdist each worker, cache folders that nobody else writes to."""
    folder = Path(tempfile.mkdtemp(prefix="evalmuse-tests-"))
    for variable, name in CACHES.items():
        os.environ[variable] = str(folder / name)
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "TRANSFORMERS_CACHE", "HF_METRICS_CACHE"):
        os.environ.pop(variable, None)
    return folder


_refuse_the_network()
CACHE_FOLDER = _make_private_caches()
os.environ["TOKENIZERS_PARALLELISM"] = "false"


def pytest_unconfigure() -> None:
    """Remove the private caches of this process."""
    shutil.rmtree(CACHE_FOLDER, ignore_errors=True)


@pytest.fixture(scope="session")
def golden() -> Path:
    """Folder of the golden files: numbers that another program computed."""
    return TESTS / "golden"
