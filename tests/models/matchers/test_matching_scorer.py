import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoTokenizer, Blip2ForImageTextRetrieval, BlipImageProcessorPil

from evalmuse_hf.images import PictureReader, Preparation, content_hash
from evalmuse_hf.models.encoders import picture_preprocessor
from evalmuse_hf.models.matchers import Blip2Matcher, ImageRewardMatcher, ImageRewardModel, MatchingScorer


class Counting:
    """A matcher whose state of a picture is its red, and whose score adds the length of the prompt."""

    max_tokens = 4
    model = SimpleNamespace(device="cpu")
    preparation = Preparation(4)

    def __init__(self, *, pictures_that_fit=1000, pairs_that_fit=1000):
        self.pictures, self.batches, self.lengths = 0, [], []
        self.pictures_that_fit, self.pairs_that_fit = pictures_that_fit, pairs_that_fit

    def encode_pictures(self, pictures):
        assert {picture.size for picture in pictures} == {(4, 4)}
        if len(pictures) > self.pictures_that_fit:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        self.pictures += len(pictures)
        return torch.tensor([[[float(picture.getpixel((0, 0))[0])]] for picture in pictures])

    def score_pairs(self, states, prompts):
        self.batches.append(len(prompts))
        if len(prompts) > self.pairs_that_fit:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        self.lengths.append([len(prompt) for prompt in prompts])
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


@pytest.mark.parametrize("remember", [True, False], ids=["remembered", "forgotten"])
def test_pictures_are_remembered_between_calls_if_that_was_asked_for(reds, remember):
    matcher = Counting()
    scorer = MatchingScorer(matcher, name="x", batch_size=2, remember=remember)
    for _ in range(2):
        scores = scorer.score(images=reds, prompts=["a", "one two three four five", "bb"])
        assert [(score.overall, score.status) for score in scores] == [(11, "ok"), (43, "truncated"), (32, "ok")]
    assert matcher.pictures == (3 if remember else 6)
    assert len(scorer.encoder.memory) == (3 if remember else 0)


def test_an_error_leaves_nothing_behind(reds, monkeypatch):
    matcher = Counting()
    scorer = MatchingScorer(matcher, name="x")

    def broken(states, prompts):
        raise RuntimeError("wrong shapes")

    monkeypatch.setattr(matcher, "score_pairs", broken)
    with pytest.raises(RuntimeError, match="wrong shapes"):
        scorer.score(images=reds, prompts=["a"] * 3)
    assert matcher.pictures == 3
    assert len(scorer.encoder.memory) == 0


def test_prompts_of_about_one_length_pass_together(reds):
    matcher = Counting()
    scorer = MatchingScorer(matcher, name="x", batch_size=3)
    prompts = ["a", "bbbbbb", "cc", "dddd", "eeeee", "fff"]
    scores = scorer.score(images=[reds[number % 3] for number in range(6)], prompts=prompts)
    assert [score.overall for score in scores] == [11, 26, 32, 14, 25, 33]
    assert matcher.lengths == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize("batch_size", [1, 2, 3, 16])
@pytest.mark.parametrize("seed", [0, 1])
def test_order_and_batch_size_change_no_score(reds, batch_size, seed):
    rng = np.random.default_rng(seed)
    numbers, lengths = rng.integers(0, 3, 20), rng.integers(1, 30, 20)
    scorer = MatchingScorer(Counting(), name="x", batch_size=batch_size)
    scores = scorer.score(images=[reds[n] for n in numbers], prompts=["a" * length for length in lengths])
    assert [score.overall for score in scores] == (10 * (numbers + 1) + lengths).tolist()


def test_pictures_and_pairs_for_which_memory_is_too_small_come_in_smaller_batches(reds):
    matcher = Counting(pictures_that_fit=1, pairs_that_fit=2)
    scorer = MatchingScorer(matcher, name="x", batch_size=6)
    scores = scorer.score(images=reds * 2, prompts=["a", "bb", "ccc", "dddd", "eeeee", "ffffff"])
    assert [score.overall for score in scores] == [11, 22, 33, 14, 25, 36]
    assert matcher.batches == [6, 3, 1, 1, 1, 1, 1, 1]
    assert scorer.encoder.batch_size == 1


def test_only_pictures_without_states_are_wanted(reds):
    scorer = MatchingScorer(Counting(), name="x", remember=True)
    scorer.score(images=reds[:1], prompts=["a"])
    assert [scorer.wants(content_hash(path.read_bytes())) for path in reds[:2]] == [False, True]


def test_a_picture_that_is_read_ahead_and_bad_fails_its_rows_only(reds):
    scorer = MatchingScorer(Counting(), name="x", batch_size=2)
    with PictureReader(scorer.preparation, workers=2, wanted=scorer.wants) as reader:
        images = [reader.defer("none.png", 0), reader.defer(reds[0], 1)]
        scores = scorer.score(images=[*images, images[0]], prompts=["a"] * 3)
    assert [score.status for score in scores] == ["image_error", "ok", "image_error"]
    assert scores[1].overall == 11


@pytest.fixture(scope="module")
def scorers(blip2_folder, image_reward_folder):
    preprocess = picture_preprocessor(BlipImageProcessorPil.from_pretrained(blip2_folder))
    tokenizer = AutoTokenizer.from_pretrained(blip2_folder)
    blip2 = Blip2Matcher(Blip2ForImageTextRetrieval.from_pretrained(blip2_folder), tokenizer, preprocess)
    reward = ImageRewardMatcher(ImageRewardModel.from_pretrained(image_reward_folder), tokenizer)
    return {
        "blip2_itm": MatchingScorer(blip2, name="blip2_itm:tiny", batch_size=2),
        "image_reward": MatchingScorer(reward, name="image_reward:tiny", batch_size=2),
    }


def test_readers_of_pictures_prepare_those_of_blip2_and_not_those_of_image_reward(scorers):
    assert {name: scorer.preparation for name, scorer in scorers.items()} == {
        "blip2_itm": Preparation(28),
        "image_reward": None,
    }


@pytest.mark.parametrize("name", ["blip2_itm", "image_reward"])
def test_prepared_pictures_get_the_same_scores(scorers, name, tmp_path):
    scorer = scorers[name]
    rng = np.random.default_rng(0)
    shapes = [(40, 30, 3), (28, 61, 3), (33, 50, 3), (60, 29, 3), (28, 28, 3), (9, 30, 3)]
    pictures = [Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8)) for shape in shapes]
    paths = [tmp_path / f"{number}.png" for number in range(len(pictures))]
    for path, picture in zip(paths, pictures, strict=True):
        picture.save(path)
    prompts = ["a red cat", "cat", "a cat and a red cat", "red", "a", "two red cats"]
    expected = [score.overall for score in scorer.score(images=pictures, prompts=prompts)]
    with PictureReader(scorer.preparation, workers=2, wanted=scorer.wants) as reader:
        images = [reader.defer(path, path) for path in paths]
        scores = [score.overall for score in scorer.score(images=images, prompts=prompts)]
    assert scores == pytest.approx(expected, abs=1e-6)  # float32; the pixels are the same
    pairs = zip(pictures, prompts, strict=True)
    alone = [scorer.score(images=[picture], prompts=[prompt])[0].overall for picture, prompt in pairs]
    assert scores == pytest.approx(alone, abs=1e-5)  # other neighbours, so that sums come in another order
