import configparser
import json
import re
import subprocess
import sys
from pathlib import Path

import datasets
import huggingface_hub
import pytest
import torch

from evalmuse_hf import __version__
from evalmuse_hf.cli import doctor
from evalmuse_hf.cli.main import main
from evalmuse_hf.cli.module_cache import install_modules


@pytest.fixture
def report(capsys):
    main(["doctor", "--json"])
    return json.loads(capsys.readouterr().out)


def test_the_report_names_the_versions_that_are_imported(report):
    assert report["packages"]["torch"] == torch.__version__
    assert report["packages"]["datasets"] == datasets.__version__


def test_the_packages_are_those_that_the_core_install_requires():
    settings = configparser.ConfigParser()
    settings.read(Path(__file__).parents[2] / "setup.cfg")
    required = settings["options"]["install_requires"].split("\n")
    assert set(doctor.PACKAGES) == {re.split(r"[<>=]", line)[0] for line in required if line}


def test_the_report_shows_the_offline_variables(report):
    assert report["offline"] == dict.fromkeys(doctor.OFFLINE_VARIABLES, "1")


def test_the_caches_are_those_that_the_libraries_use(report):
    assert report["caches"]["HF_HUB_CACHE"] == huggingface_hub.constants.HF_HUB_CACHE
    assert report["caches"]["HF_DATASETS_CACHE"] == str(datasets.config.HF_DATASETS_CACHE)
    assert report["caches"]["HF_MODULES_CACHE"] == str(datasets.config.HF_MODULES_CACHE)


def test_the_device_is_where_torch_would_run(report):
    assert report["device"].startswith("cuda" if torch.cuda.is_available() else ("cpu", "mps"))


def test_a_missing_package_is_a_problem_and_status_1(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "PACKAGES", (*doctor.PACKAGES, "not-here"))
    assert main(["doctor"]) == 1
    assert "problem: not-here is missing: pip install not-here\n" in capsys.readouterr().out


def test_packaged_checkpoints_are_listed_with_their_size(tmp_path, monkeypatch, capsys):
    checkpoint = tmp_path / "mini" / "checkpoints" / "a-checkpoint"
    checkpoint.mkdir(parents=True)
    (checkpoint / "config.json").write_bytes(b"{}")
    (checkpoint / "model.safetensors").write_bytes(b"0" * 999_998)
    monkeypatch.setattr(doctor, "files", lambda package: tmp_path)
    assert main(["doctor"]) == 0
    assert re.search(r"^checkpoint a-checkpoint +1\.0 MB$", capsys.readouterr().out, re.MULTILINE)


def test_an_installation_without_checkpoints_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(doctor, "files", lambda package: tmp_path)
    assert main(["doctor"]) == 1
    assert "No checkpoint is packaged" in capsys.readouterr().out


def test_the_table_and_the_json_tell_the_same(report, capsys):
    main(["doctor"])
    table = capsys.readouterr().out
    assert all(f"{name} " in table and version in table for name, version in report["packages"].items())


def test_the_version_of_the_installed_modules_is_shown(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HF_MODULES_CACHE", str(tmp_path))
    main(["doctor"])
    assert re.search(r"^evaluate modules +not installed$", capsys.readouterr().out, re.MULTILINE)
    names = install_modules(tmp_path)
    assert doctor.examine()["modules"] == dict.fromkeys(names, __version__)
    main(["doctor"])
    own = re.escape(__version__)
    assert re.search(rf"^evaluate modules +{len(names)} of version {own}$", capsys.readouterr().out, re.MULTILINE)
    monkeypatch.setattr(doctor, "__version__", "9.9")
    main(["doctor"])
    assert f"of version {__version__}; run `evalmuse metrics install` again" in capsys.readouterr().out


def test_the_console_script_is_installed():
    script = Path(sys.executable).with_name("evalmuse")
    if not script.exists():
        pytest.skip("evalmuse_hf is not installed beside this interpreter")
    assert subprocess.run([script, "--version"], capture_output=True, check=False).returncode == 0
