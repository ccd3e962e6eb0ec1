"""A reward in the shape that trainers of text-to-image models call: ``reward_fn(images, prompts, metadata)``."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from evalmuse_hf.images import ImageDecodingError, Preparation, load_image
from evalmuse_hf.schema import Element
from evalmuse_hf.scoring.reward import AlignmentReward
from evalmuse_hf.scoring.reward_pictures import check_pictures, resize_pictures

RewardFunction = Callable[..., tuple[Any, dict[str, list[Any]]]]
"""``reward_fn(images, prompts, metadata=None) -> (scores, info)``, see `make_reward_fn`."""

RETURNS = ("numpy", "torch")

_BATCH_DIMENSIONS = 4


class _ReadPictures(NamedTuple):
    """Pictures of the model's size, and why some could not be read."""

    pictures: Tensor  # (B, 3, S, S), in [0, 1]; nan where there is no picture
    problems: dict[int, str]


def make_reward_fn(reward: AlignmentReward, *, returns: str = "numpy") -> RewardFunction:
    """Make the function that DDPO, flow-GRPO and trainers like them call with every batch of generated pictures.

    It takes

    - ``images``: a tensor ``(B, 3, H, W)`` in [0, 1], or of 8-bit levels; an array ``(B, H, W, 3)``, likewise; or a
      list of pictures in any form that `evalmuse_hf.images.load_image` opens, such as a diffusers pipeline's Pillow
      pictures, or of tensors ``(3, H, W)``;
    - ``prompts``: as many prompts;
    - ``metadata``: None, or as many mappings (or None), from which ``"elements"`` is read where it is there: texts,
      released keys, `Element`, or mappings with ``text`` and ``category``. Other rows have their prompt split.

    It returns the rewards, float32, shape ``(B,)``, nan for a row that has none, and a dictionary of lists with one
    entry per row: ``overall`` (1-5), ``element_scores`` (in [0, 1]), ``elements`` (released keys),
    ``element_statuses``, ``statuses`` and ``messages``, as in `evalmuse_hf.scoring.reward.RewardDetails`. One bad row
    stops no other; what is wrong with the whole call raises TypeError or ValueError.

    The scores are those of the 8-bit files that the pictures would be saved as, and have no gradient; call ``reward``
    itself for that.

    Args:
        reward: The reward.
        returns: ``"numpy"`` for an array, ``"torch"`` for a tensor on the model's device.

    Raises:
        ValueError: If ``returns`` is neither.
    """
    if returns not in RETURNS:
        raise ValueError(f"`returns` must be 'numpy' or 'torch', got {returns!r}.")

    def reward_fn(
        images: Any, prompts: Sequence[str], metadata: Sequence[Mapping[str, Any] | None] | None = None
    ) -> tuple[Any, dict[str, list[Any]]]:
        """Reward pictures; see `make_reward_fn`."""
        _check_lengths(images, prompts, metadata)
        elements = None if metadata is None else [_read_elements(entry, row) for row, entry in enumerate(metadata)]
        with torch.inference_mode():
            read = _read_pictures(images, reward)
            details = reward.details(read.pictures, list(prompts), elements)
        messages = list(details.messages)
        for row, problem in read.problems.items():
            if details.statuses[row] == "image_error":
                messages[row] = problem
        scores = details.reward.float()
        info: dict[str, list[Any]] = {
            "overall": details.overall.tolist(),
            "element_scores": [row_scores.tolist() for row_scores in details.element_scores],
            "elements": [[element.key for element in row] for row in details.elements],
            "element_statuses": [list(row) for row in details.element_statuses],
            "statuses": list(details.statuses),
            "messages": messages,
        }
        return (scores.clone() if returns == "torch" else scores.cpu().numpy()), info

    return reward_fn


def _check_lengths(images: Any, prompts: Any, metadata: Any) -> None:
    if isinstance(prompts, str):
        raise TypeError("`prompts` must be a list with one prompt per picture, got one string; put it in a list.")
    if not isinstance(images, Tensor | np.ndarray | list | tuple):
        raise TypeError(
            f"`images` must be a tensor (B, 3, H, W), an array (B, H, W, 3) or a list of pictures, got "
            f"{type(images).__name__}; put a single picture in a list."
        )
    if isinstance(metadata, Mapping | str):
        raise TypeError(
            f"`metadata` must be a list with one dictionary per picture, or None, got {type(metadata).__name__}."
        )
    n_images, n_prompts = len(images), len(prompts)
    n_metadata = n_prompts if metadata is None else len(metadata)
    if not n_images == n_prompts == n_metadata:
        given = "" if metadata is None else f" and {n_metadata} entries of `metadata`"
        raise ValueError(
            f"Expected as many pictures as prompts, and metadata for all or none, got {n_images} pictures, "
            f"{n_prompts} prompts{given}; repeat a prompt for each of its pictures."
        )


def _read_elements(entry: Any, row: int) -> Any:
    """Elements that the metadata of one row brings; None where it has none."""
    if entry is None:
        return None
    if not isinstance(entry, Mapping):
        raise TypeError(
            f"`metadata` must hold dictionaries or None, got {type(entry).__name__} in row {row}; give "
            '{"elements": [...]}.'
        )
    elements = entry.get("elements")
    if not isinstance(elements, Sequence) or isinstance(elements, str):
        return elements
    return [_read_columns(element) if isinstance(element, Mapping) else element for element in elements]


def _read_columns(columns: Mapping[str, Any]) -> Any:
    """An element of the built data set; what has no text is left for the row to fail at."""
    text = columns.get("text")
    if not isinstance(text, str):
        return columns
    return Element.from_columns(text, columns.get("category"), columns.get("raw_category"))


def _read_pictures(images: Any, reward: AlignmentReward) -> _ReadPictures:
    if isinstance(images, Tensor):
        return _ReadPictures(_resize_batch(images, reward), {})
    if isinstance(images, np.ndarray) and images.dtype != object:
        return _ReadPictures(_resize_batch(_channels_first(images), reward), {})
    pictures = torch.full((len(images), 3, reward.size, reward.size), float("nan"))
    problems = {}
    for row, image in enumerate(images):
        if isinstance(image, Tensor):
            pictures[row] = _resize_batch(image[None], reward)[0]
            continue
        try:
            pictures[row] = _resize_file(image, reward.size)
        except (ImageDecodingError, TypeError) as error:
            problems[row] = str(error)
    return _ReadPictures(pictures, problems)


def _channels_first(images: np.ndarray) -> Tensor:
    """Array ``(B, H, W, 3)`` as a tensor ``(B, 3, H, W)`` of the same numbers."""
    if images.ndim != _BATCH_DIMENSIONS or images.shape[3] != 3:
        first = images.ndim == _BATCH_DIMENSIONS and images.shape[1] == 3
        hint = "give images.transpose(0, 2, 3, 1)." if first else "stack RGB pictures of one size, or give a list."
        raise ValueError(f"An array of `images` must have the shape (B, H, W, 3), got {images.shape}; {hint}")
    return torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2)


def _resize_batch(images: Tensor, reward: AlignmentReward) -> Tensor:
    """Resize in parts, because a batch of large pictures takes several times its memory on the way."""
    if images.dtype == torch.uint8:
        images = images.float() / 255
    check_pictures(images)
    parts = [resize_pictures(part, reward.size, quantize=True) for part in torch.split(images, reward.batch_size)]
    return torch.cat(parts).to(reward.model.device)


def _resize_file(image: Any, size: int) -> Tensor:
    """Open and resize one picture as the processor does."""
    picture = Preparation(size)(load_image(image))
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1) / 255
