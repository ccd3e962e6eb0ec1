"""Loads a network of transformers, and refuses weights that would leave one of its tensors random."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import transformers


class IncompleteWeightsError(ValueError):
    """Weights that leave a tensor of the model random; the message names the first one and the folder."""


def load_whole(model_class: Any, source: str | Path, **options: Any) -> Any:
    """Load a model of which every tensor is in the file.

    transformers would leave a tensor that is missing or has another shape at random values, report it in the log, and
    go on. Tensors that are tied to another one, and those that the architecture lists as ignorable, are no part of
    its report; what a file holds beyond the model does no harm and is left there.

    Args:
        model_class: Whose ``from_pretrained`` is called, such as `CLIPModel` or ``AutoModelForImageTextToText``.
        source: A folder or a Hub id.
        **options: As for ``from_pretrained``.

    Returns:
        The model, in evaluation mode.

    Raises:
        IncompleteWeightsError: If a tensor is missing or has another shape than the model says.
    """
    with _quiet_report():
        model, report = model_class.from_pretrained(
            source, output_loading_info=True, ignore_mismatched_sizes=True, **options
        )
    shapes = {key[0]: f"of the shape {tuple(key[1])} for one of {tuple(key[2])}" for key in report["mismatched_keys"]}
    wrong = sorted([*report["missing_keys"], *shapes])
    if wrong:
        first = f"has the tensor {wrong[0]!r} {shapes[wrong[0]]}" if wrong[0] in shapes else f"lacks {wrong[0]!r}"
        others = f", and {len(wrong) - 1} more tensors do not fit" if len(wrong) > 1 else ""
        raise IncompleteWeightsError(
            f"The weights in {source} do not fill the model: the file {first}{others}; write or download the folder "
            "again."
        )
    return model


@contextmanager
def _quiet_report() -> Iterator[None]:
    """Keep the report of loading off the screen: what is wrong becomes one sentence here."""
    switches: Any = transformers.utils.logging  # without annotations
    verbosity = switches.get_verbosity()
    switches.set_verbosity_error()
    try:
        yield
    finally:
        switches.set_verbosity(verbosity)
