from types import SimpleNamespace

import pytest
import torch
from PIL import Image
from torch import nn

from evalmuse_hf.models.encoders import PicturePreprocessor
from evalmuse_hf.models.matchers.blip_matcher import BlipMatcher


class Network(nn.Module):
    """A vision tower that gives the pixels back, one state per picture."""

    device, dtype = torch.device("cpu"), torch.float64

    def vision_model(self, pixel_values):
        return SimpleNamespace(last_hidden_state=pixel_values.flatten(1)[:, None])


class Sums(BlipMatcher):
    """Adds the pixels to the number of tokens."""

    def _match(self, states, batch):
        return states.sum(dim=(1, 2)) + batch.attention_mask.sum(dim=1)


@PicturePreprocessor
def read_red(pictures):
    return torch.tensor([[[[picture.getpixel((0, 0))[0]]]] for picture in pictures], dtype=torch.float32)


def test_pictures_are_encoded_in_the_models_precision_and_scores_are_float32(letter_tokenizer):
    matcher = Sums(Network(), letter_tokenizer, read_red, max_tokens=4)
    states = matcher.encode_pictures([Image.new("RGB", (2, 2), (7, 0, 0)), Image.new("RGB", (2, 2), (9, 0, 0))])
    assert states.dtype == torch.float64
    scores, was_cut = matcher.score_pairs(states, ["cat", "red cat red"])
    assert (scores.tolist(), scores.dtype, was_cut) == ([7 + 3, 9 + 4], torch.float32, [False, True])
    assert not matcher.model.training


def test_a_matcher_must_say_how_it_reads(letter_tokenizer):
    matcher = BlipMatcher(Network(), letter_tokenizer, read_red, max_tokens=4)
    with pytest.raises(NotImplementedError):
        matcher.score_pairs(torch.zeros(1, 1, 1), ["cat"])
