import os
import subprocess
import sys
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool

import pytest

from evalmuse_hf.data import ReleaseError
from evalmuse_hf.data.shards import ShardTask
from evalmuse_hf.data.sources import PromptGroup
from evalmuse_hf.data.workers import _result, choose_processes

_WORKER = """
import multiprocessing, os, sys, time
from evalmuse_hf.data.workers import _begin
def stay(path):
    _begin()
    open(path, "w").write(str(os.getpid()))
    time.sleep(60)
if __name__ == "__main__":
    multiprocessing.get_context("spawn").Process(target=stay, args=(sys.argv[1],)).start()
    while not os.path.exists(sys.argv[1]) or not open(sys.argv[1]).read():
        time.sleep(0.01)
    os._exit(9)
"""


def tasks(*sizes: int) -> list[ShardTask]:
    return [
        ShardTask(index=index, split="train", fold=None, source=None, groups=(PromptGroup("a", b"", size),))
        for index, size in enumerate(sizes)
    ]


def test_another_process_must_be_worth_its_start():
    assert choose_processes([]) == 1
    assert choose_processes(tasks(1000, 1000)) == 1
    assert choose_processes(tasks(10**9)) == 1
    assert choose_processes(tasks(*[10**9] * 64)) == os.cpu_count()


def test_a_killed_worker_is_one_sentence():
    future: Future = Future()
    future.set_exception(BrokenProcessPool("terminated abruptly"))
    with pytest.raises(InterruptedError, match="A worker process was killed, perhaps because memory ran out"):
        _result(future)


def test_a_mistake_found_by_a_worker_is_raised_here():
    future: Future = Future()
    future.set_exception(ReleaseError("record 3 is bad"))
    with pytest.raises(ReleaseError, match="record 3 is bad"):
        _result(future)


def test_a_worker_ends_with_its_parent(tmp_path):
    (tmp_path / "program.py").write_text(_WORKER, "utf-8")
    subprocess.run([sys.executable, tmp_path / "program.py", tmp_path / "pid"], check=False)
    process = int((tmp_path / "pid").read_text("utf-8"))
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and _is_running(process):
        time.sleep(0.02)
    assert not _is_running(process)


def _is_running(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8") as file:
            return file.read().split()[2] != "Z"
    except FileNotFoundError:
        return False
