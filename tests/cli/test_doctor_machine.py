import configparser
import re
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from evalmuse_hf.cli import doctor_machine
from evalmuse_hf.cli.doctor_machine import (
    examine_machine,
    missing_of_extras,
    package_problems,
    python_notes,
    version_of,
)

SETUP = configparser.ConfigParser()
SETUP.read(Path(__file__).parents[2] / "setup.cfg")


def names(lines):
    return {re.split(r"[<>=\[]", line)[0] for line in lines.split("\n") if line and not line.startswith("#")}


def fake_torch(*, cuda=None, available=False, threads=1):
    properties = SimpleNamespace(total_memory=80 * 2**30)
    return SimpleNamespace(
        cuda=SimpleNamespace(
            is_available=lambda: available,
            get_device_name=lambda: "A card",
            get_device_properties=lambda _: properties,
            is_bf16_supported=lambda: True,
        ),
        version=SimpleNamespace(cuda=cuda),
        backends=SimpleNamespace(mps=SimpleNamespace(is_available=lambda: False)),
        get_num_threads=lambda: threads,
    )


def test_the_packages_are_those_that_the_core_install_requires():
    assert set(doctor_machine.PACKAGES) == names(SETUP["options"]["install_requires"])


def test_the_extras_are_those_of_the_setup():
    extras = {name: names(lines) for name, lines in SETUP["options.extras_require"].items() if name != "dev"}
    assert {name: set(packages) for name, packages in doctor_machine.EXTRAS.items()} == extras
    assert doctor_machine.EXTRA_USES.keys() == extras.keys()


def test_an_extra_names_what_it_lacks(monkeypatch):
    monkeypatch.setattr(doctor_machine, "version_of", lambda name: None if name == "gradio" else "1")
    missing = missing_of_extras()
    assert {extra for extra, packages in missing.items() if packages == ["gradio"]} == {
        "spaces",
        "annotate",
        "postgres",
    }
    assert {extra for extra, packages in missing.items() if not packages} == {"prompts", "generate", "tensorboard"}


def test_a_version_outside_the_range_of_the_setup_is_a_problem(monkeypatch):
    monkeypatch.setattr(
        metadata, "requires", lambda _: ["torch>=2.6", "transformers<6,>=5.15", "gradio; extra == 'x'"]
    )
    found = [*package_problems({"torch": "2.13.0+cpu", "transformers": "4.51.0", "numpy": None, "gradio": "0.1"})]
    assert found == [
        "numpy is missing: pip install numpy",
        "transformers 4.51.0 is installed, and transformers<6,>=5.15 is needed: pip install 'transformers<6,>=5.15'",
    ]


def test_a_package_whose_record_is_damaged_counts_as_missing(monkeypatch):
    def fail(name):
        raise KeyError(name)

    monkeypatch.setattr(metadata, "version", fail)
    assert version_of("torch") is None


def test_the_pythons_of_the_setup_are_the_tested_ones():
    tested = re.findall(r"Python :: (\d)\.(\d+)", SETUP["metadata"]["classifiers"])
    assert [(int(major), int(minor)) for major, minor in tested] == [(3, 11), (3, 12), (3, 13)]
    assert [*python_notes((3, 11))] == [*python_notes((3, 13))] == []
    assert [*python_notes((3, 14))] == ["Python 3.14 is not tested with this package; 3.11 to 3.13 are."]


def test_the_machine_is_the_one_that_torch_sees():
    machine = examine_machine()
    assert machine.device.startswith("cuda" if torch.cuda.is_available() else ("cpu", "mps"))
    assert machine.n_threads == torch.get_num_threads()
    assert machine.memory_bytes > 2**28


def test_a_gpu_has_its_own_memory(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", fake_torch(cuda="12.8", available=True))
    machine = examine_machine()
    assert (machine.device, machine.memory_bytes, machine.has_bfloat16) == ("cuda (A card)", 80 * 2**30, True)
    assert machine.problems == ()


@pytest.mark.parametrize("built_for, where", [("12.8", "problems"), (None, "notes")])
def test_a_driver_that_torch_cannot_use_is_said(built_for, where, monkeypatch, tmp_path):
    (tmp_path / "driver").touch()
    monkeypatch.setattr(doctor_machine, "_DRIVERS", (str(tmp_path / "driver"),))
    monkeypatch.setattr(doctor_machine, "_count_cores", lambda: 1)
    monkeypatch.setitem(sys.modules, "torch", fake_torch(cuda=built_for))
    machine = examine_machine()
    (sentence,) = getattr(machine, where)
    assert "NVIDIA driver" in sentence
    assert machine.device == "cpu (1 threads)"
    assert not (machine.notes if where == "problems" else machine.problems)


@pytest.mark.parametrize("threads, cores, words", [(8, 2, "OMP_NUM_THREADS=2"), (1, 4, "1 thread of 4"), (2, 2, None)])
def test_threads_that_do_not_fit_the_processors_are_noted(threads, cores, words, monkeypatch):
    monkeypatch.setattr(doctor_machine, "_count_cores", lambda: cores)
    monkeypatch.setattr(doctor_machine, "_DRIVERS", ())
    monkeypatch.setitem(sys.modules, "torch", fake_torch(threads=threads))
    notes = examine_machine().notes
    assert (words in notes[0]) if words else notes == ()


def test_a_torch_that_breaks_is_a_problem_and_no_crash(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    machine = examine_machine()
    assert machine.device is None
    assert "torch is installed and cannot be imported" in machine.problems[0]
    monkeypatch.setattr(doctor_machine, "version_of", lambda name: None)
    assert examine_machine().problems == ()  # that it is missing is said with the other packages
    broken = fake_torch(available=True)
    broken.cuda.get_device_properties = lambda _: 1 / 0
    monkeypatch.setitem(sys.modules, "torch", broken)
    assert "cannot be examined (division by zero)" in examine_machine().problems[0]
