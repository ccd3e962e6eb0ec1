"""Training items with kept features in place of pictures, so that no epoch runs the frozen vision tower."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import distributed
from torch.utils.data import Dataset

from evalmuse_hf.images import load_image, picture_hash
from evalmuse_hf.scoring.feature_store import FeatureDtype, FeatureError, FeatureStore
from evalmuse_hf.scoring.features import TRAINED_LAYER, FrozenEncoder, VisionTower
from evalmuse_hf.training.rated_pairs import training_items
from evalmuse_hf.training.weighting import VarianceWeights

if TYPE_CHECKING:
    import datasets

logger = logging.getLogger(__name__)


class FeatureItems(Dataset[dict[str, Any]]):
    """Items for `evalmuse_hf.data.AlignmentCollator` with features from disk; worker processes may read them too.

    Args:
        items: Rows as of `evalmuse_hf.training.rated_pairs.training_items`, without ``image``.
        contents: Content hash of each row's picture.
        store: Has the features of all of them.
    """

    def __init__(self, items: "datasets.Dataset", contents: Sequence[str], store: FeatureStore) -> None:
        self.items = items
        self.contents = list(contents)
        self.store = store

    def __len__(self) -> int:
        return len(self.contents)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Read one item.

        Args:
            index: Row, from 0.

        Returns:
            The row, with ``image_embeds``: float32, shape ``(P, D)``.

        Raises:
            FeatureError: If the features are gone since the store was filled.
        """
        return self._with_features(self.items[index], index)

    def __getitems__(self, indices: list[int]) -> list[dict[str, Any]]:
        """Read the items of a batch at once, which is several times faster.

        Args:
            indices: Rows, from 0.
        """
        rows = self.items[indices]
        return [
            self._with_features({name: values[number] for name, values in rows.items()}, index)
            for number, index in enumerate(indices)
        ]

    def _with_features(self, item: dict[str, Any], index: int) -> dict[str, Any]:
        features = self.store.read(self.contents[index], check=False)
        if features is None:
            raise FeatureError(
                f"The features of row {index} are gone from {self.store.folder}; leave the folder alone while a run "
                "reads it, and start the run again: what is missing is computed again."
            )
        return {**item, "image_embeds": features}


def feature_items(
    pairs: "datasets.Dataset",
    *,
    model: Any,
    processor: Any,
    folder: str | Path,
    weights: VarianceWeights | None = None,
    dtype: FeatureDtype = "float32",
    batch_size: int = 16,
    device: str | torch.device | None = None,
    encoder: FrozenEncoder | None = None,
    progress: bool = True,
) -> FeatureItems:
    """Present rated rows as training items with features in place of pictures; what is missing is encoded first.

    All processes of a distributed run must call it, with the same rows: they share the pictures among them, and wait
    for each other.

    Args:
        pairs: Rated rows, in the ``pairs`` form.
        model: The model to be trained, also with adapters, whose vision tower is frozen.
        processor: Prepares pictures for it.
        folder: Where features are kept, see `evalmuse_hf.scoring.feature_store`; runs and scorers may share it, and
            processes on several machines must.
        weights: Weights of the rows; None weighs every row 1.
        dtype: How features are stored.
        batch_size: Pictures per pass of the tower; the smaller it is, the less memory it takes.
        device: Where the tower runs; the model is moved there. None leaves it where it is.
        encoder: Another frozen network in place of the model's vision tower.
        progress: Let the first process show a bar on stderr.

    Returns:
        As many items as rows, in order.

    Raises:
        FeatureError: If the folder cannot be used or the disk does not hold the features.
        ValueError: If the tower has adapters, ``encoder`` does not fit the model, or a picture is not the one that its
            ``content_hash`` names.
        evalmuse_hf.images.ImageDecodingError: If a picture cannot be read.
    """
    from datasets import Image

    if device is not None:
        model.to(device)
    if encoder is None:
        _refuse_adapters(model)
        encoder = VisionTower(model, processor)
    width = model.config.vision_config.hidden_size
    if encoder.shape[1] != width:
        raise ValueError(f"`encoder` gives features of width {encoder.shape[1]}, and the model reads width {width}.")
    pictures = pairs.select_columns(["image"]).cast_column("image", Image(decode=False))
    listed: list[str | None] = list(pairs["content_hash"])
    contents = [content or _hash_picture(row, pictures[row]["image"]) for row, content in enumerate(listed)]

    def read_images(rows: Sequence[int]) -> list[Any]:
        images: list[Any] = pictures[list(rows)]["image"]
        for row, image in zip(rows, images, strict=True):
            if _hash_picture(row, image) != contents[row]:
                raise ValueError(
                    f"The picture in row {row} is not the one that its `content_hash` names; build the data set "
                    "again, or leave that column empty."
                )
        return images

    store = FeatureStore(folder, key=encoder.key, shape=encoder.shape, dtype=dtype)
    process, n_processes = _place_in_run()
    report = store.encode_missing(
        contents,
        read_images,
        encoder,
        batch_size=batch_size,
        progress=progress and process == 0,
        process=process,
        n_processes=n_processes,
        wait=_wait,
    )
    if process == 0:
        logger.info(
            "Features of %d pictures: %d were in %s, %d were computed.",
            *(report.n_pictures, report.n_reused, store.folder, report.n_encoded),
        )
    return FeatureItems(training_items(pairs, weights=weights).remove_columns("image"), contents, store)


def _hash_picture(row: int, image: Any) -> str:
    if image is None:
        raise ValueError(f"Row {row} has no picture to compute features of; leave it out.")
    try:
        return picture_hash(image)
    except (OSError, TypeError):
        load_image(image)  # says what is wrong with the file
        raise


def _refuse_adapters(model: Any) -> None:
    """Refuse a tower that training will change: its features would be those of the first step."""
    for name, _ in model.vision_model.named_parameters():
        if "lora_" in name and not name.startswith(TRAINED_LAYER):
            raise ValueError(
                f"The vision tower has adapters ({name}), so that its features change in training and cannot be kept; "
                "train without the feature cache, or with adapters on the Q-Former only."
            )


def _place_in_run() -> tuple[int, int]:
    """Number of this process and of all of them."""
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


def _wait() -> None:
    if _place_in_run()[1] > 1:
        distributed.barrier()
