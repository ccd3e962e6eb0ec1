"""Features of the photographs, computed once and kept in a feature store."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from evalmuse_hf.images import picture_hash
from evalmuse_hf.meta_evaluation.studies.flickr8k_data import Flickr8k
from evalmuse_hf.models.backbones import FeatureMapBackbone, FeatureProjection, fit_projection
from evalmuse_hf.scoring.feature_store import FeatureStore

logger = logging.getLogger(__name__)

_BATCH = 32


def photograph_features(
    data: Flickr8k,
    make_backbone: Callable[[FeatureProjection | None], FeatureMapBackbone],
    *,
    n_components: int,
    n_fitting: int,
    folder: Path,
    seed: int,
) -> Tensor:
    """Read every photograph by a frozen backbone, reduced to its principal components.

    Args:
        data: The data set.
        make_backbone: Makes the backbone with a projection, or without one.
        n_components: Channels to keep.
        n_fitting: Training pictures whose features the components are fitted to; all if there are fewer.
        folder: Of the feature store; what is there is not computed again.
        seed: Chooses the pictures of the fit.

    Returns:
        float16, shape (N, P, n_components), a row for each of `Flickr8k.names`; 0 for a picture that is not in use.
    """
    known = data.training_pictures
    generator = np.random.default_rng(seed)
    sample = np.sort(generator.permutation(known)[:n_fitting]).tolist()
    backbone = make_backbone(None)
    logger.info("Fitting %d components to the features of %d training pictures.", n_components, len(sample))
    raw = _read_features(data, sample, backbone, folder)
    backbone = make_backbone(fit_projection(raw, n_components=n_components))
    used = data.pictures_in_use
    features = torch.zeros(len(data.names), *backbone.shape, dtype=torch.float16)
    features[torch.from_numpy(used)] = _read_features(data, used.tolist(), backbone, folder)
    return features


def _read_features(data: Flickr8k, rows: Sequence[int], backbone: FeatureMapBackbone, folder: Path) -> Tensor:
    """Features of some pictures, from the store where they are there, shape ``(len(rows), P, D)``."""
    contents = [picture_hash(picture) for row in rows for picture in data.read_pictures([row])]
    store = FeatureStore(folder, key=backbone.key, shape=backbone.shape, dtype="float16")
    store.encode_missing(
        contents,
        lambda positions: data.read_pictures([rows[position] for position in positions]),
        backbone,
        batch_size=_BATCH,
        progress=True,
    )
    features = torch.empty(len(rows), *backbone.shape, dtype=torch.float16)
    for position, content in enumerate(contents):
        row = store.read(content, check=False)
        assert row is not None  # encode_missing has just refused to leave one out
        features[position] = row
    store.close()
    return features
