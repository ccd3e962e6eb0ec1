"""Frozen networks whose features are worth keeping, and the cache that a scorer asks for them."""

import hashlib
import json
import logging
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from evalmuse_hf.images import ImageDecodingError, picture_hash
from evalmuse_hf.scoring.feature_store import FeatureError, FeatureStore

if TYPE_CHECKING:
    from torch import Tensor

logger = logging.getLogger(__name__)

# What the arithmetic of a vision tower reads besides its weights.
_TOWER_OPTIONS = (
    *("hidden_act", "hidden_size", "image_size", "intermediate_size", "layer_norm_eps"),
    *("num_attention_heads", "num_hidden_layers", "patch_size"),
)
_PICTURE_OPTIONS = (
    *("do_convert_rgb", "do_normalize", "do_rescale", "do_resize"),
    *("image_mean", "image_std", "resample", "rescale_factor", "size"),
)
_DECODING = 2  # raise it when `load_image` or the processor gives other pixels for the same file
TRAINED_LAYER = "post_layernorm."
"""The tower's last layer norm, which the official training adapts: it is applied to features after they are read."""


class FrozenEncoder(Protocol):
    """A network that always says the same of the same picture; anyone may bring one to a `FeatureStore`.

    Attributes:
        key: What tells its features from those of every other encoder: a text that changes with the weights and with
            the preparation of pictures, such as a name with a hash of both.
        shape: Positions and width of one picture's features, ``(P, D)``.
    """

    key: str
    shape: tuple[int, int]

    def encode(self, images: Sequence[Any]) -> "Tensor":
        """Compute features.

        Args:
            images: ``B`` pictures, as anything that `evalmuse_hf.images.load_image` opens.

        Returns:
            Shape ``(B, P, D)``; those of a picture do not depend on the others.
        """
        ...


class VisionTower:
    """The vision tower of an FGA-BLIP2 as a `FrozenEncoder`; what it gives is ``image_embeds`` of the model.

    The key is a hash of the tower's weights and sizes and of the preparation of pictures. The last layer norm and
    the Q-Former are not in it, so that fine-tuned models share the features of the tower that they started from.

    Args:
        model: An `evalmuse_hf.FGABlip2ForAlignment`, also with adapters. Its tower must not change from now on.
        processor: The processor that was saved beside it.
    """

    def __init__(self, model: Any, processor: Any) -> None:
        vision = model.config.vision_config
        self._model, self._processor = model, processor
        self.shape: tuple[int, int] = ((vision.image_size // vision.patch_size) ** 2 + 1, vision.hidden_size)
        self.key = f"fga_blip2:{_tower_hash(model, processor)}"

    def encode(self, images: Sequence[Any]) -> "Tensor":
        """Compute ``image_embeds`` in evaluation mode and without gradients.

        Args:
            images: ``B`` pictures, as anything that `evalmuse_hf.images.load_image` opens.

        Returns:
            Shape ``(B, P, D)``, on the model's device.

        Raises:
            evalmuse_hf.images.ImageDecodingError: If a picture cannot be read.
        """
        import torch

        tower = self._model.vision_model
        was_training = tower.training
        tower.eval()
        try:
            with torch.inference_mode():
                pixel_values = self._processor(images=list(images), return_tensors="pt")["pixel_values"]
                features: Tensor = self._model.encode_images(pixel_values.to(self._model.device))
                return features
        finally:
            tower.train(was_training)


class FeatureCache:
    """A `FeatureStore` as a scorer sees it: a disk that is full or damaged costs time, never a score.

    Args:
        store: Where the features are.
        max_bytes: Size of all features in the folder beyond which no more are added; None sets no limit.

    Raises:
        FeatureError: If ``max_bytes`` does not hold the features of one picture.
    """

    def __init__(self, store: FeatureStore, *, max_bytes: int | None = None) -> None:
        if max_bytes is not None and max_bytes < store.bytes_per_picture:
            raise FeatureError(
                f"A feature cache of {max_bytes:,} bytes holds no picture, whose features take "
                f"{store.bytes_per_picture:,}; raise the limit."
            )
        self.store = store
        self._max_bytes = max_bytes
        self._n_bytes = 0 if max_bytes is None else folder_bytes(store.folder.parent)
        self._usable = True
        self._lock = threading.Lock()

    def __contains__(self, content: object) -> bool:
        """Whether the features of a content are kept; may be asked by any thread.

        Args:
            content: Result of `identify`.
        """
        with self._lock:
            return isinstance(content, str) and content in self.store

    def identify(self, picture: Any) -> str | None:
        """Hash the content of a picture.

        Args:
            picture: Anything that `evalmuse_hf.images.load_image` opens.

        Returns:
            The hash for `find` and `keep`; None if the picture cannot be read.
        """
        try:
            return picture_hash(picture)
        except (ImageDecodingError, TypeError):
            return None  # whoever decodes it says what is wrong with it

    def find(self, content: str) -> "Tensor | None":
        """Read features.

        Args:
            content: Result of `identify`.

        Returns:
            float32, shape ``(P, D)``; None if there are none.
        """
        try:
            with self._lock:
                return self.store.read(content)
        except FeatureError as error:
            self._give_up(error)
            return None

    def keep(self, content: str, features: "Tensor") -> "Tensor":
        """Store features, if that is possible.

        Args:
            content: Result of `identify`.
            features: Shape ``(P, D)``.

        Returns:
            What `find` will give, so that the scores do not depend on whether the features were there.
        """
        if self._usable and not self._is_full() and features.isfinite().all():
            try:
                self._n_bytes += self.store.bytes_per_picture
                with self._lock:
                    return self.store.write(content, features).to(features.device)
            except FeatureError as error:
                self._give_up(error)
        return features

    def reserve(self, pictures: Iterable[Any]) -> None:
        """Say how much disk space the features of pictures will take, and refuse if there is less.

        Args:
            pictures: As anything that `evalmuse_hf.images.load_image` opens; only if the disk does not hold the
                features of all of them, they are read to see which are in the store.

        Raises:
            FeatureError: If the disk does not hold them.
        """
        by_path = {picture if isinstance(picture, str | Path) else id(picture): picture for picture in pictures}
        listed = list(by_path.values())
        try:
            self.store.check_space(len(listed))
        except FeatureError:
            found = {content for content in map(self.identify, listed) if content is not None}
            self.store.check_space(sum(content not in self.store for content in found))

    def _is_full(self) -> bool:
        """Whether the limit is reached; what others add meanwhile does not count."""
        if self._max_bytes is None or self._n_bytes + self.store.bytes_per_picture <= self._max_bytes:
            return False
        self._usable = False
        logger.warning(
            "No more features are kept: %s holds the %s bytes that were allowed; what is there is used.",
            *(self.store.folder.parent, f"{self._max_bytes:,}"),
        )
        return True

    def _give_up(self, error: FeatureError) -> None:
        if self._usable:
            logger.warning("No more features are kept: %s", error)
        self._usable = False


def folder_bytes(folder: Path) -> int:
    """Size of all files below a folder.

    Args:
        folder: Any folder; one that does not exist has no size.
    """
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _tower_hash(model: Any, processor: Any) -> str:
    """SHA-256 of everything that the features depend on."""
    import torch

    vision, pictures = model.config.vision_config.to_dict(), processor.image_processor.to_dict()
    options = {name: vision.get(name) for name in _TOWER_OPTIONS}
    options |= {name: pictures.get(name) for name in _PICTURE_OPTIONS}
    digest = hashlib.sha256(json.dumps([_DECODING, options], sort_keys=True).encode())
    for name, tensor in sorted(model.vision_model.state_dict().items()):
        if not name.startswith(TRAINED_LAYER):
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)} ".encode())
            values = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
            digest.update(values.numpy())
    return digest.hexdigest()
