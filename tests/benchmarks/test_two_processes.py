"""Two real processes give the training of one; the benchmark prints the differences for more ways to cut a step."""

import runpy
from pathlib import Path

import pytest
import torch

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "two_processes.py"))
SAME = 1e-5


@pytest.mark.slow
def test_two_processes_give_the_losses_weights_and_scores_of_one():
    """21 pairs in steps of four: the last step of an epoch has one pair, and the second process none."""
    reference = BENCHMARK["train"](batch_size=4, accumulation=1)
    two = BENCHMARK["launch"]("torchrun", batch_size=1, accumulation=2)
    assert two["n_processes"] == 2
    assert len(two["losses"]) == 12
    assert max(BENCHMARK["compare"](two, reference).values()) < SAME
    start = BENCHMARK["make_model"]().state_dict()
    assert max((weight - start[name]).abs().max().item() for name, weight in two["weights"].items()) > 100 * SAME


def test_differences_are_the_largest_ones():
    first = {"losses": torch.tensor([1.0, 2.0]), "weights": {"a": torch.zeros(2)}, "scores": torch.ones(1)}
    second = {"losses": torch.tensor([1.0, 2.5]), "weights": {"a": torch.tensor([0.0, -3.0])}, "scores": torch.ones(1)}
    assert BENCHMARK["compare"](first, second) == {"losses": 0.5, "weights": 3.0, "scores": 0.0}
