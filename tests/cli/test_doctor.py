import json
import os
import re
import subprocess
import sys
from pathlib import Path

import datasets
import pytest
import torch

from evalmuse_hf import __version__
from evalmuse_hf.cli import doctor
from evalmuse_hf.cli.doctor_machine import Machine
from evalmuse_hf.cli.doctor_places import OFFLINE_VARIABLES
from evalmuse_hf.cli.main import main
from evalmuse_hf.cli.module_cache import install_modules


@pytest.fixture
def report(capsys):
    main(["doctor", "--json"])
    return json.loads(capsys.readouterr().out)


def test_the_report_names_the_versions_that_are_imported(report):
    assert report["packages"]["torch"] == torch.__version__
    assert report["packages"]["datasets"] == datasets.__version__


def test_the_report_shows_the_offline_variables(report):
    assert report["offline"] == dict.fromkeys(OFFLINE_VARIABLES, "1")


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
    assert re.search(r"^  checkpoint a-checkpoint +1\.0 MB$", capsys.readouterr().out, re.MULTILINE)


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
    assert re.search(
        r"^  evaluate modules +not installed; `evalmuse metrics install`", capsys.readouterr().out, re.MULTILINE
    )
    names = install_modules(tmp_path)
    assert doctor.examine()["modules"] == dict.fromkeys(names, __version__)
    main(["doctor"])
    own = re.escape(__version__)
    assert re.search(rf"^  evaluate modules +{len(names)} of version {own}$", capsys.readouterr().out, re.MULTILINE)
    monkeypatch.setattr(doctor, "__version__", "9.9")
    assert main(["doctor"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert f"are of version {__version__}, and the package of 9.9; run `evalmuse metrics install` again" in said


def test_no_key_of_the_first_form_is_gone(report):
    first = {"format", "evalmuse_hf", "python", "system", "packages", "device", "checkpoints", "caches", "modules"}
    assert first | {"offline", "problems"} <= report.keys()
    assert (report["format"], report["network"]) == (1, None)
    assert report["scorers"]["fga_blip2"]["has_mini"]
    assert report["folders"]["HF_HUB_CACHE"]["path"] == report["caches"]["HF_HUB_CACHE"]


def test_the_groups_stand_in_the_order_of_interest(capsys):
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    groups = ("Installation", "Packages", "Machine", "Scorers (", "Extras", "Folders", "Network")
    places = [out.index(f"{'' if group == 'Installation' else chr(10)}{group}") for group in groups]
    assert places == sorted(places)
    assert "No problems." in out
    assert re.search(r"^  fga_blip2 +offline +mini  `hf download hanshuhao/FGA-BLIP2", out, re.MULTILINE)
    assert max(map(len, out.split("\n\nFolders")[0].splitlines())) <= 118


def test_the_network_is_tried_only_when_asked(monkeypatch, capsys):
    calls = []
    monkeypatch.setattr(doctor, "try_hub", lambda: calls.append(1) or "https://x cannot be reached (no route)")
    assert main(["doctor"]) == 0
    assert not calls
    assert main(["doctor", "--network"]) == 1
    out = capsys.readouterr().out
    assert "problem: https://x cannot be reached (no route)" in out
    assert re.search(r"^  Hub +does not answer$", out, re.MULTILINE)


def test_a_cache_that_cannot_be_written_is_a_problem(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "file" / "below"))
    assert main(["doctor"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "cannot be written; set HF_DATASETS_CACHE to a folder that can" in said


def test_weights_beyond_the_memory_are_noted(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "examine_machine", lambda: Machine("cpu (1 threads)", 8 * 10**9, False, 1, 1))
    main(["doctor"])
    said = " ".join(capsys.readouterr().out.split())
    assert "note: The weights of Qwen/Qwen2-VL-7B-Instruct (17 GB) do not fit into 8 GB of memory here." in said
    assert "weights of hanshuhao" not in said


def test_without_any_package_the_report_is_made_all_the_same(tmp_path):
    """Python alone, without the packages that the installation needs, and without a home."""
    root = Path(__file__).parents[2]
    program = "import sys; from evalmuse_hf.cli.main import main; sys.exit(main(['doctor', '--json']))"
    env = {"PYTHONPATH": str(root), "PATH": os.environ["PATH"], "HF_HUB_OFFLINE": "1"}
    child = subprocess.run(
        [sys.executable, "-S", "-c", program], env=env, capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert child.returncode == 1, child.stderr
    report = json.loads(child.stdout)
    assert report["device"] is None
    assert "torch is missing: pip install torch" in report["problems"]


def test_the_console_script_is_installed():
    script = Path(sys.executable).with_name("evalmuse")
    if not script.exists():
        pytest.skip("evalmuse_hf is not installed beside this interpreter")
    assert subprocess.run([script, "--version"], capture_output=True, check=False).returncode == 0
