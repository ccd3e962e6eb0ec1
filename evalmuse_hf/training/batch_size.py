"""A batch that does not fit into memory is cut into smaller ones, which give the same step."""

import gc
import logging
from collections.abc import Callable
from typing import TypeVar

import torch
from transformers import TrainingArguments

logger = logging.getLogger(__name__)
Result = TypeVar("Result")

_SIGNS = ("out of memory", "can't allocate memory")
_ADVICE = "try --gradient_checkpointing True, --bf16 True, --feature_cache DIR or --lora_rank 8"


def within_memory(attempt: Callable[[], Result], args: TrainingArguments) -> Result:
    """Run a training, and begin again with smaller batches as often as it takes.

    Args:
        attempt: Trains from the start, by ``args`` as they are when it is called.
        args: Options of the run; batch size and accumulation steps are changed in place.

    Returns:
        What the attempt that fits returns.

    Raises:
        ValueError: If not even single pairs fit, or if several processes train: the others would wait for ever.
    """
    while True:
        try:
            return attempt()
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
        # Here, not in the handler: the error would keep the tensors of the failed attempt alive.
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        cut_batch(args)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory is full.

    Args:
        error: Anything that was raised.

    >>> is_out_of_memory(RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")), is_out_of_memory(ValueError())
    (True, False)
    """
    if isinstance(error, torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _SIGNS)


def cut_batch(args: TrainingArguments) -> None:
    """Halve the batch and double the accumulation steps, so that a step sees the same pairs; say so.

    A batch that has no half becomes the largest smaller one with which the pairs of a step stay the same.

    Args:
        args: Changed in place.

    Raises:
        ValueError: If the batch is a single pair, or if several processes train.
    """
    size, steps = args.per_device_train_batch_size, args.gradient_accumulation_steps
    if size == 1:
        raise ValueError(f"Out of memory with one pair at a time; {_ADVICE}.")
    total = size * steps
    smaller = next(number for number in range(size // 2, 0, -1) if total % number == 0)
    if args.world_size > 1:
        raise ValueError(
            f"Out of memory with {size} pairs at a time; for the same step give --per_device_train_batch_size "
            f"{smaller} --gradient_accumulation_steps {total // smaller}."
        )
    args.per_device_train_batch_size, args.gradient_accumulation_steps = smaller, total // smaller
    args.per_device_eval_batch_size = max(1, args.per_device_eval_batch_size // 2)
    logger.warning(
        "Out of memory with %d pairs at a time; training begins again with %d at a time and %d times as many "
        "accumulation steps (%d), which is the same step.",
        *(size, smaller, total // smaller // steps, total // smaller),
    )
