import math

import pytest
import torch
from PIL import Image

from evalmuse_hf.models.matchers import MatchingScorer


class Counting:
    """A matcher whose state of a picture is its red, and whose score adds the length of the prompt."""

    max_tokens = 4
    model = torch.nn.Linear(1, 1)

    def __init__(self):
        self.pictures, self.batches = 0, []

    def encode_pictures(self, pictures):
        self.pictures += len(pictures)
        return torch.tensor([[[float(picture.getpixel((0, 0))[0])]] for picture in pictures])

    def score_pairs(self, states, prompts):
        self.batches.append(len(prompts))
        lengths = torch.tensor([len(prompt) for prompt in prompts])
        return states[:, 0, 0] + lengths, [len(prompt.split()) > self.max_tokens for prompt in prompts]


@pytest.fixture
def reds(tmp_path):
    paths = []
    for red in (10, 20, 30):
        paths.append(tmp_path / f"{red}.png")
        Image.new("RGB", (8, 8), (red, 0, 0)).save(paths[-1])
    return paths


def test_each_picture_is_encoded_once_and_each_row_gets_its_own_score(reds):
    matcher = Counting()
    scorer = MatchingScorer(matcher, name="x:tiny", batch_size=2)
    images = [reds[0], reds[1], reds[0], reds[2], reds[0]]
    scores = scorer.score(images=images, prompts=["a", "bb", "ccc", "dddd", "eeeee"])
    assert [score.overall for score in scores] == [11, 22, 13, 34, 15]
    assert matcher.pictures == 3
    assert max(matcher.batches) == 2
    assert scorer.model is matcher.model


def test_bad_rows_never_stop_the_others(reds, tmp_path):
    scores = MatchingScorer(Counting(), name="x").score(
        images=[tmp_path / "no.png", reds[0], reds[0], reds[0]],
        prompts=["a", "", "one two three four five", "a"],
        elements=[["a"], ["a"], [], ["red (color)"]],
    )
    assert [score.status for score in scores] == ["image_error", "prompt_error", "truncated", "ok"]
    assert [math.isnan(score.overall) for score in scores] == [True, True, False, False]
    assert scores[2].message == "The prompt is longer than the 4 tokens that the model reads, and is cut."
    assert (scores[3].elements[0].status, math.isnan(scores[3].elements[0].score)) == ("unsupported", True)


def test_pictures_that_all_fail_need_no_model(tmp_path):
    matcher = Counting()
    scores = MatchingScorer(matcher, name="x").score(images=[tmp_path / "no.png"], prompts=["a"])
    assert (scores[0].status, matcher.pictures, matcher.batches) == ("image_error", 0, [])


def test_a_number_that_is_none_is_no_score(reds, monkeypatch):
    matcher = Counting()
    monkeypatch.setattr(matcher, "encode_pictures", lambda pictures: torch.full((len(pictures), 1, 1), math.nan))
    (score,) = MatchingScorer(matcher, name="x").score(images=[reds[0]], prompts=["a"])
    assert score.status == "score_error"


def test_a_batch_size_must_be_positive():
    with pytest.raises(ValueError, match="`batch_size` must be at least 1, got 0"):
        MatchingScorer(Counting(), name="x", batch_size=0)
