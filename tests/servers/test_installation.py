import os

import pytest

from tests.servers import installation


@pytest.fixture
def bare_machine(tmp_path, monkeypatch):
    """A machine with neither server, where apt-get writes down what it is asked; only root may use it."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr(installation, "POSTGRES_VERSIONS", tmp_path / "postgresql")
    monkeypatch.setattr(installation, "NO_CLUSTER", tmp_path / "createcluster.d" / "ours.conf")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return programs


def write_program(path, lines=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{lines}", "utf-8")
    path.chmod(0o755)


def write_postgres(versions, version):
    for name in installation.POSTGRES_PROGRAMS:
        write_program(versions / version / "bin" / name)


def write_apt_get(programs):
    """Stand-in for apt-get that notes its words and the setting against a cluster of Debian's own."""
    versions, log, no_cluster = installation.POSTGRES_VERSIONS, programs.parent / "log", installation.NO_CLUSTER
    lines = f'read setting < {no_cluster}\necho "$DEBIAN_FRONTEND: $* ($setting)" >> {log}\n'
    made = " ".join(f"{versions}/15/bin/{name}" for name in installation.POSTGRES_PROGRAMS)
    path = "PATH=/usr/bin:/bin"
    lines += f"{path} mkdir -p {versions}/15/bin\n{path} touch {made} {programs}/chromium\n"
    lines += f"{path} chmod +x {programs}/chromium\n"
    write_program(programs / "apt-get", lines)
    return log


def test_the_newest_version_with_all_its_programs_is_found(bare_machine):
    versions = installation.POSTGRES_VERSIONS
    assert installation.find_postgres() is None
    for version in ("9", "15"):
        write_postgres(versions, version)
    write_program(versions / "17" / "bin" / "pg_isready")  # only the client
    assert installation.find_postgres() == versions / "15" / "bin"


def test_programs_on_the_path_are_found(bare_machine):
    for name in (*installation.POSTGRES_PROGRAMS, "google-chrome"):
        write_program(bare_machine / name)
    assert installation.find_postgres() == bare_machine.resolve()
    assert installation.find_chromium() == bare_machine / "google-chrome"
    assert installation.missing_packages() == []
    assert installation.main() is None  # and apt-get, which is not there, was not asked


def test_only_what_is_missing_is_asked_for(bare_machine):
    assert installation.missing_packages() == ["postgresql", "chromium", "fonts-liberation"]
    write_program(bare_machine / "chromium")
    assert installation.missing_packages() == ["postgresql"]


def test_root_installs_and_no_cluster_of_debian_starts(bare_machine):
    log = write_apt_get(bare_machine)
    assert installation.main() is None
    setting = "(create_main_cluster = false)"
    assert log.read_text().splitlines() == [
        f"noninteractive: update {setting}",
        f"noninteractive: install --yes --no-install-recommends postgresql chromium fonts-liberation {setting}",
    ]
    assert not installation.NO_CLUSTER.exists()


@pytest.mark.parametrize(
    "apt_get, user, sentence",
    [
        (
            None,
            0,
            "and there is no apt-get here; install PostgreSQL's server and Chromium by hand.",
        ),
        ("", 1000, "only root may install them; run `sudo apt-get install --yes --no-install-recommends postgresql"),
        ("exit 100", 0, "and `apt-get update` failed with status 100; its own words are above."),
        ("", 0, "they are installed, but the programs of postgresql, chromium, fonts-liberation are still not found."),
    ],
)
def test_what_cannot_be_installed_is_one_sentence(bare_machine, monkeypatch, apt_get, user, sentence):
    monkeypatch.setattr(os, "geteuid", lambda: user)
    if apt_get is not None:
        write_program(bare_machine / "apt-get", apt_get)
    message = installation.main()
    assert message.startswith("The tests of servers need the Debian packages postgresql, ")
    assert sentence in message
    assert not installation.NO_CLUSTER.exists()
