import torch
from torch import nn

from evalmuse_hf.meta_evaluation.studies.flickr8k_features import photograph_features
from evalmuse_hf.models.backbones import FeatureMapBackbone


class Counted(nn.Module):
    """Pools 8 x 8 pixels to 2 x 2 positions of three colours, and counts the pictures."""

    def __init__(self):
        super().__init__()
        self.n_pictures = 0

    def forward(self, pixels):
        self.n_pictures += len(pixels)
        return nn.functional.avg_pool2d(pixels, 4)


def test_pictures_in_use_are_read_once_and_kept(flickr, tmp_path):
    network = Counted()

    def make_backbone(projection):
        return FeatureMapBackbone(
            network, name="colors", image_size=8, mean=(0.0,) * 3, std=(255.0,) * 3, projection=projection
        )

    options = {"n_components": 2, "n_fitting": 10, "folder": tmp_path / "features", "seed": 0}
    features = photograph_features(flickr, make_backbone, **options)
    assert features.shape == (24, 4, 2)
    assert features.dtype == torch.float16
    assert not features[1:3].any()  # judged by the crowd, or only the source of a caption
    # Same colour, same features; the pictures of a colour are one file, so that only four are ever encoded.
    assert features[3].equal(features[7])
    assert not features[3].equal(features[4])
    n_pictures = network.n_pictures
    again = photograph_features(flickr, make_backbone, **options)
    assert again.equal(features)
    assert network.n_pictures == n_pictures + 2  # the probes of the two backbones
