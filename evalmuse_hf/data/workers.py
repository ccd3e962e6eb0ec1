"""Runs the tasks of a build in this process or in several, and ends with its parent."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from pathlib import Path
from typing import Self

import pyarrow as pa

from evalmuse_hf.data.errors import ReleaseError
from evalmuse_hf.data.shards import ShardResult, ShardTask, write_shard

_WORTH_A_PROCESS = 64_000_000  # bytes of pictures: decoding them takes longer than starting another interpreter


def choose_processes(tasks: Sequence[ShardTask]) -> int:
    """How many processes to use for the tasks that are left.

    Args:
        tasks: What is left to do.
    """
    size = sum(task.n_bytes for task in tasks)
    return max(1, min(os.cpu_count() or 1, len(tasks), size // _WORTH_A_PROCESS))


class ShardWriters:
    """Processes that write shards; a context.

    They start at once and load what they need while this process still prepares their work.

    Args:
        num_proc: Processes to use; 1 is this one.
    """

    def __init__(self, num_proc: int) -> None:
        self._num_proc = num_proc
        self._executor: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        if self._num_proc > 1:
            # Spawned, because forking a process that has threads is not safe.
            context = multiprocessing.get_context("spawn")
            self._executor = ProcessPoolExecutor(self._num_proc, mp_context=context, initializer=_begin)
            for _ in range(self._num_proc):
                self._executor.submit(os.getpid)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=kind is not None)

    def write(
        self, tasks: Sequence[ShardTask], shards: Path, schemas: Mapping[str, pa.Schema]
    ) -> Iterator[tuple[ShardTask, ShardResult]]:
        """Write shards, in any order.

        Args:
            tasks: What to write.
            shards: Folder of the shards.
            schemas: Arrow schema of each configuration.

        Yields:
            Each task with its result, as soon as it is finished.

        Raises:
            ReleaseError: For a bad picture with ``strict``.
            OSError: If the disk is full, for one, and if a worker was killed.
        """
        if self._executor is None:
            for task in tasks:
                yield task, write_shard(task, shards, schemas)
            return
        serialized = {name: schema.serialize().to_pybytes() for name, schema in schemas.items()}
        futures = {self._executor.submit(_write, task, shards, serialized): task for task in tasks}
        for future in as_completed(futures):
            yield futures[future], _result(future)


def _result(future: Future[ShardResult]) -> ShardResult:
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise InterruptedError(
            "A worker process was killed, perhaps because memory ran out; run the same command again, with fewer "
            "processes if it happens twice: finished shards are kept."
        ) from error
    except ReleaseError as error:
        raise ReleaseError(str(error)) from error


def _write(task: ShardTask, shards: Path, schemas: Mapping[str, bytes]) -> ShardResult:
    return write_shard(
        task, shards, {name: pa.ipc.read_schema(pa.py_buffer(schema)) for name, schema in schemas.items()}
    )


def _begin() -> None:
    """Leave Ctrl-C to the parent, and do not outlive it: after a kill nobody else would end this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
