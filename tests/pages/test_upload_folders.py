"""Folders of uploads: held by their server, and deleted once no program holds them."""

import os
import stat
import subprocess
import sys
import tempfile
import time

import pytest

from evalmuse_hf.pages import upload_folders
from evalmuse_hf.pages.upload_folders import new_upload_folder, sweep_abandoned_folders

OLD = time.time() - 1_000


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def make(folder, name, *, at=OLD):
    path = folder / name
    path.mkdir()
    (path / "picture.png").write_bytes(b"of a visitor")
    os.utime(path, (at, at))
    return path


def test_only_what_no_program_holds_is_deleted(folder):
    held = new_upload_folder()
    os.utime(held, (OLD, OLD))
    assert stat.S_IMODE(held.stat().st_mode) == 0o700
    assert held.name.startswith(f"evalmuse-pages-{os.getpid()}-")
    abandoned = make(folder, "evalmuse-pages-12-abc_d1ef")
    kept = [
        held,
        make(folder, "evalmuse-pages-abcdefgh"),  # of a version that held nothing
        make(folder, "evalmuse-pages-13-abcdefgh", at=time.time()),  # perhaps not held yet
        make(folder, "evalmuse-examples-abcdefgh"),
    ]
    link = folder / "evalmuse-pages-14-abcdefgh"
    link.symlink_to(kept[1])
    os.utime(link, (OLD, OLD), follow_symlinks=False)
    sweep_abandoned_folders()
    assert not abandoned.exists()
    assert all(path.exists() for path in (*kept, link))


def test_what_a_killed_server_left_goes_when_the_next_one_starts(folder):
    program = (
        "import sys, tempfile\ntempfile.tempdir = sys.argv[1]\n"
        "from evalmuse_hf.pages.upload_folders import new_upload_folder\n"
        "print(new_upload_folder(), flush=True)\nsys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        left = folder / server.stdout.readline().strip()
        (left / "picture.png").write_bytes(b"of a visitor")
        os.utime(left, (OLD, OLD))
        sweep_abandoned_folders()
        assert left.exists()  # it lives
        server.kill()
        server.wait()
        sweep_abandoned_folders()
    assert not left.exists()


def test_where_nothing_can_be_locked_nothing_is_deleted(folder, monkeypatch):
    abandoned = make(folder, "evalmuse-pages-12-abcdefgh")
    monkeypatch.setitem(sys.modules, "fcntl", None)
    sweep_abandoned_folders()
    monkeypatch.undo()
    assert abandoned.exists()
    assert upload_folders._try_lock(folder / "none") is None
