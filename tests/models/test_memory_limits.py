import gc
import logging
import threading
import weakref

import pytest
import torch

from evalmuse_hf.models import memory_limits
from evalmuse_hf.models.memory_limits import (
    MAX_BATCH,
    FeatureMemory,
    fitting_batch,
    free_memory,
    is_out_of_memory,
    measured_memory,
    release_memory,
    run_in_batches,
)

# What torch 2 says on a processor and on a GPU.
CPU_MESSAGE = (
    "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate "
    "40000000000000 bytes. Error code 12 (Cannot allocate memory)"
)
WINDOWS_MESSAGE = "DefaultCPUAllocator: not enough memory: you tried to allocate 4000000 bytes."
CUDA_MESSAGE = "CUDA error: out of memory"
CUBLAS_MESSAGE = "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"


def features(number: float) -> torch.Tensor:
    """16 bytes."""
    return torch.full((4,), float(number))


class FakeCuda:
    """The counters of `torch.cuda`, on a device that does not exist."""

    def __init__(self, *, free: int = 0, reserved: int = 0, allocated: int = 0) -> None:
        self.free, self.reserved, self.allocated, self.peak = free, reserved, allocated, 0
        self.calls: list[str] = []

    def synchronize(self, device):
        self.calls.append("synchronize")

    def memory_allocated(self, device):
        return self.allocated

    def memory_reserved(self, device):
        return self.reserved

    def mem_get_info(self, device):
        return self.free, 80 * 2**30

    def reset_peak_memory_stats(self, device):
        self.peak = self.allocated

    def max_memory_allocated(self, device):
        return self.peak

    def is_available(self):
        return True

    def empty_cache(self):
        self.calls.append("empty_cache")


def test_what_was_kept_is_found():
    memory = FeatureMemory(64)
    memory.keep("a", features(1))
    assert memory.find("a").tolist() == [1.0] * 4
    assert memory.find("b") is None
    assert ("a" in memory, "b" in memory, len(memory)) == (True, False, 1)


def test_the_features_that_were_not_used_for_the_longest_time_make_room():
    memory = FeatureMemory(48)
    for name in "abc":
        memory.keep(name, features(ord(name)))
    memory.find("a")
    memory.keep("d", features(0))
    assert [name for name in "abcd" if name in memory] == ["a", "c", "d"]


def test_asking_whether_features_are_there_is_no_use_of_them():
    memory = FeatureMemory(32)
    memory.keep("a", features(1))
    memory.keep("b", features(2))
    assert "a" in memory
    memory.keep("c", features(3))
    assert [name for name in "abc" if name in memory] == ["b", "c"]


def test_bytes_count_not_pictures():
    memory = FeatureMemory(64)
    for name in "abcd":
        memory.keep(name, features(1))
    memory.keep("large", torch.zeros(6, dtype=torch.float64))  # 48 bytes: three of the four have to go
    assert [name for name in ("a", "b", "c", "d", "large") if name in memory] == ["d", "large"]


def test_features_that_are_kept_again_take_the_place_of_the_old_ones():
    memory = FeatureMemory(32)
    memory.keep("b", features(0))
    for number in range(5):
        memory.keep("a", features(number))
    assert memory.find("a").tolist() == [4.0] * 4
    assert len(memory) == 2


def test_features_larger_than_the_memory_push_nothing_out():
    memory = FeatureMemory(16)
    memory.keep("a", features(1))
    memory.keep("large", torch.zeros(5))
    assert ("a" in memory, "large" in memory) == (True, False)


def test_a_memory_of_no_bytes_keeps_nothing():
    memory = FeatureMemory(0)
    memory.keep("a", features(1))
    assert (len(memory), memory.find("a")) == (0, None)


def test_a_picture_without_content_is_neither_kept_nor_found():
    memory = FeatureMemory(64)
    memory.keep(None, features(1))
    assert (len(memory), memory.find(None)) == (0, None)


def test_what_is_kept_is_cut_loose_from_its_batch():
    memory = FeatureMemory(16)
    batch = torch.ones(1000, 4)
    memory.keep("a", batch[3])
    batch.zero_()
    kept = memory.find("a")
    assert kept.tolist() == [1.0] * 4
    assert kept.untyped_storage().nbytes() == 16


def test_a_memory_that_was_cleared_has_room_again():
    memory = FeatureMemory(16)
    memory.keep("a", features(1))
    memory.clear()
    assert (len(memory), "a" in memory) == (0, False)
    memory.keep("b", features(2))
    memory.keep("c", features(3))
    assert ("b" in memory, "c" in memory) == (False, True)


def test_several_threads_may_use_a_memory_at_once():
    memory = FeatureMemory(10 * 16)
    wrong, barrier = [], threading.Barrier(4)

    def use(seed):
        barrier.wait()
        for step in range(500):
            number = (seed * 7 + step) % 25
            memory.keep(str(number), features(number))
            found = memory.find(str((number + 1) % 25))
            if found is not None and found.tolist() != [float((number + 1) % 25)] * 4:
                wrong.append(number)
            if step % 100 == 99:
                memory.clear()

    threads = [threading.Thread(target=use, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(25):
        memory.keep(str(number), features(number))
    assert wrong == []
    # A byte that was counted twice, or forgotten, would leave room for another number of pictures.
    assert [number for number in range(25) if str(number) in memory] == list(range(15, 25))


def test_a_memory_of_less_than_nothing_is_refused():
    with pytest.raises(ValueError, match="`max_bytes` must be at least 0, got -1"):
        FeatureMemory(-1)


@pytest.mark.parametrize(
    "error, expected",
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."), True),
        (RuntimeError(CUDA_MESSAGE), True),
        (RuntimeError(CUBLAS_MESSAGE), True),
        (RuntimeError(CPU_MESSAGE), True),
        (RuntimeError(WINDOWS_MESSAGE), True),
        (MemoryError(), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"), False),
        (ValueError("out of memory"), False),
        (KeyboardInterrupt(), False),
    ],
    ids=["torch", "CUDA", "cuBLAS", "processor", "Windows", "Python", "shapes", "another kind", "Ctrl-C"],
)
def test_errors_of_full_memory_are_told_from_others(error, expected):
    assert is_out_of_memory(error) is expected


def test_what_torch_itself_says_of_a_full_memory_is_understood():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)


class Network:
    """Doubles numbers, up to a number of them at a time."""

    def __init__(self, fits: int, error: Exception | None = None) -> None:
        self.fits, self.error, self.sizes = fits, error or RuntimeError(CPU_MESSAGE), []

    def __call__(self, batch):
        self.sizes.append(len(batch))
        if len(batch) > self.fits:
            raise self.error
        return [2 * item for item in batch]


@pytest.fixture
def quick(monkeypatch):
    """Collecting garbage takes a third of a second where transformers is loaded."""
    monkeypatch.setattr(memory_limits, "release_memory", lambda: None)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("n_items", [0, 1, 5, 8, 17])
@pytest.mark.parametrize("fits", [1, 3, 4, 100])
@pytest.mark.parametrize("size", [1, 6, 8])
def test_smaller_batches_lose_nothing_and_keep_the_order(n_items, fits, size):
    items = list(range(n_items))
    results = list(run_in_batches(Network(fits), items, size))
    assert [item for batch, _, _ in results for item in batch] == items
    assert [output for _, outputs, _ in results for output in outputs] == [2 * item for item in items]
    assert all(len(batch) <= min(fits, size) for batch, _, _ in results)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "error",
    [RuntimeError(CPU_MESSAGE), torch.OutOfMemoryError("CUDA out of memory."), MemoryError()],
    ids=["processor", "GPU", "Python"],
)
def test_a_batch_that_does_not_fit_is_halved_until_it_does_and_stays_so(error, caplog):
    network = Network(2, error)
    with caplog.at_level(logging.WARNING):
        results = list(run_in_batches(network, list(range(7)), 6))
    assert network.sizes == [6, 3, 1, *[1] * 6]
    assert [size for _, _, size in results] == [1] * 7
    assert [record.getMessage() for record in caplog.records] == [
        "A batch of 6 does not fit into memory; going on with 3.",
        "A batch of 3 does not fit into memory; going on with 1.",
    ]


def test_the_size_that_fits_is_reported_with_each_batch():
    results = list(run_in_batches(Network(4), list(range(10)), 8))
    assert [(len(batch), size) for batch, _, size in results] == [(4, 4), (4, 4), (2, 4)]


def test_a_last_batch_that_is_smaller_does_not_make_the_size_smaller():
    results = list(run_in_batches(Network(8), list(range(9)), 8))
    assert [(len(batch), size) for batch, _, size in results] == [(8, 8), (1, 8)]


def test_a_single_item_that_does_not_fit_is_an_error():
    network = Network(0)
    with pytest.raises(RuntimeError, match="can't allocate memory"):
        list(run_in_batches(network, [1, 2, 3], 2))
    assert network.sizes == [2, 1]


@pytest.mark.parametrize("error", [RuntimeError("wrong shapes"), KeyError("a"), ValueError("out of memory")])
def test_other_errors_are_not_taken_for_a_full_memory(error):
    network = Network(1, error)
    with pytest.raises(type(error)):
        list(run_in_batches(network, [1, 2, 3], 2))
    assert network.sizes == [2]


def test_what_a_batch_that_does_not_fit_had_computed_is_given_back_before_the_next(monkeypatch):
    """An error holds the frames that it came through, and with them the tensors, for as long as it is handled."""
    computed, alive = [], []

    def run(batch):
        states = torch.zeros(len(batch))
        computed.append(weakref.ref(states))
        if len(batch) > 1:
            raise RuntimeError(CPU_MESSAGE)
        return batch

    monkeypatch.setattr(
        memory_limits, "release_memory", lambda: alive.append([state() is not None for state in computed])
    )
    list(run_in_batches(run, [1, 2, 3, 4], 4))
    assert alive == [[False], [False, False]]


@pytest.mark.parametrize(
    "free, one, expected",
    [
        (1000, 100, 4),  # 0.7 * 1000 / 100 = 7
        (1000, 87, 8),  # 8.04...
        (1000, 90, 4),  # 7.7...
        (100, 100, 1),  # 0.7: one picture is tried all the same
        (0, 100, 1),
        (-5, 100, 1),
        (80 * 2**30, 2**20, MAX_BATCH),
        (10**6, 0, MAX_BATCH),
        (10**6, -3, MAX_BATCH),
    ],
)
def test_a_batch_is_the_power_of_two_that_fits_seven_tenths_of_the_memory(free, one, expected):
    assert fitting_batch(free_bytes=free, bytes_of_one=one) == expected


def test_the_memory_of_a_block_is_its_peak_above_what_was_in_use(monkeypatch):
    cuda = FakeCuda(allocated=1000)
    monkeypatch.setattr(torch, "cuda", cuda)
    cuda.peak = 9000  # of something that ran before
    with measured_memory(torch.device("cuda")) as used:
        cuda.peak = 1700
        cuda.allocated = 1200
        assert used() == 700
    assert cuda.calls == ["synchronize", "synchronize"]


def test_free_memory_includes_what_this_process_keeps_in_reserve(monkeypatch):
    monkeypatch.setattr(torch, "cuda", FakeCuda(free=5000, reserved=900, allocated=600))
    assert free_memory(torch.device("cuda")) == 5000 + 900 - 600


def test_memory_is_given_back_with_and_without_a_gpu(monkeypatch):
    class Knot:
        pass

    def knot():
        one = Knot()
        one.itself = one
        return weakref.ref(one)

    gc.disable()  # only `release_memory` may untie it
    try:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        of_cpu = knot()
        release_memory()
        assert of_cpu() is None
    finally:
        gc.enable()
    cuda = FakeCuda()
    monkeypatch.setattr(torch, "cuda", cuda)
    release_memory()
    assert cuda.calls == ["empty_cache"]
