import pytest
import torch

from evalmuse_hf.training import FGATrainingArguments
from evalmuse_hf.training.batch_size import cut_batch, is_out_of_memory, within_memory


@pytest.fixture
def args(tmp_path):
    return FGATrainingArguments(
        output_dir=str(tmp_path), use_cpu=True, per_device_train_batch_size=8, gradient_accumulation_steps=3
    )


@pytest.mark.parametrize(
    "error, expected",
    [
        (torch.OutOfMemoryError("x"), True),
        (RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB"), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"), True),
        (RuntimeError("shapes do not fit"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_full_memory_is_told_from_other_errors(error, expected):
    assert is_out_of_memory(error) is expected


def test_the_batch_is_halved_until_it_fits_and_the_step_stays_the_same(args, caplog):
    sizes = []

    def attempt():
        sizes.append(args.per_device_train_batch_size)
        if sizes[-1] > 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return "done"

    assert within_memory(attempt, args) == "done"
    assert sizes == [8, 4, 2]
    assert (args.gradient_accumulation_steps, args.per_device_eval_batch_size) == (12, 2)
    assert "Out of memory with 8 pairs at a time; training begins again with 4 at a time and 2 times" in caplog.text


def test_an_odd_batch_becomes_one_that_divides_the_step(args):
    args.per_device_train_batch_size, args.gradient_accumulation_steps = 7, 2
    cut_batch(args)
    assert (args.per_device_train_batch_size, args.gradient_accumulation_steps) == (2, 7)


def test_a_single_pair_that_does_not_fit_is_a_sentence(args):
    args.per_device_train_batch_size = 1
    with pytest.raises(ValueError, match="Out of memory with one pair at a time; try --gradient_checkpointing"):
        cut_batch(args)


def test_several_processes_are_told_what_to_give(args, monkeypatch):
    monkeypatch.setattr(type(args), "world_size", 2)
    with pytest.raises(ValueError, match="--per_device_train_batch_size 4 --gradient_accumulation_steps 6"):
        cut_batch(args)


def test_other_errors_pass(args):
    def attempt():
        raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes do not fit"):
        within_memory(attempt, args)
