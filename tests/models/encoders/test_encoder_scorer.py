import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel

from evalmuse_hf.images import ImageDecodingError, PictureReader, Preparation, content_hash
from evalmuse_hf.models.encoders import ClipTowers, EncoderScorer, picture_preprocessor, tensor_preprocessor
from evalmuse_hf.models.encoders.convert_hps_v2 import build_config, rename_weights

PICTURES = Path(__file__).parents[2] / "golden" / "fga_blip2_tiny" / "images"


@pytest.fixture(scope="module")
def scorer(hps_state, hps_sizes, golden_tokenizer):
    model = CLIPModel(build_config(hps_sizes))
    model.load_state_dict(rename_weights(hps_state, model.state_dict()))
    return EncoderScorer(
        ClipTowers(model, golden_tokenizer, tensor_preprocessor(56)), name="hps_v2:tiny", batch_size=3
    )


def test_scores_are_those_of_the_official_hps_v2(scorer, hps_cases):
    images = [PICTURES / case["image"] for case in hps_cases]
    scores = scorer.score(images=images, prompts=[case["prompt"] for case in hps_cases])
    for score, case in zip(scores, hps_cases, strict=True):
        assert score.overall == pytest.approx(case["score"], abs=1e-5)


def test_each_picture_and_each_prompt_is_encoded_once(scorer, hps_cases, monkeypatch):
    seen = {"pictures": 0, "prompts": 0}
    pictures, prompts = scorer.towers.encode_pictures, scorer.towers.encode_prompts

    def count_pictures(batch):
        seen["pictures"] += len(batch)
        return pictures(batch)

    def count_prompts(batch):
        seen["prompts"] += len(batch)
        return prompts(batch)

    monkeypatch.setattr(scorer.towers, "encode_pictures", count_pictures)
    monkeypatch.setattr(scorer.towers, "encode_prompts", count_prompts)
    images = [PICTURES / case["image"] for case in hps_cases]
    scorer.score(images=images, prompts=[case["prompt"] for case in hps_cases])
    assert seen == {"pictures": 4, "prompts": 4}


def test_all_pairs_are_what_each_pair_is(scorer, hps_cases):
    images = [PICTURES / f"{number}.png" for number in range(4)]
    prompts = list(dict.fromkeys(case["prompt"] for case in hps_cases))
    table = scorer.score_all_pairs(images=images, prompts=prompts)
    expected = np.array([case["score"] for case in hps_cases]).reshape(4, 4)
    np.testing.assert_allclose(table, expected, atol=1e-5)


def test_the_scale_multiplies_the_cosine(scorer):
    picture = PICTURES / "0.png"
    times = EncoderScorer(scorer.towers, name="x", scale=100.0)
    one, hundred = (each.score(images=[picture], prompts=["a b"])[0].overall for each in (scorer, times))
    assert hundred == pytest.approx(100 * one)


def test_bad_rows_never_stop_the_others(scorer, tmp_path):
    picture = Image.new("RGB", (9, 7), "red")
    scores = scorer.score(
        images=[tmp_path / "no.png", picture, picture, picture],
        prompts=["a cat", "", "a cat", "cat " * 90],
        elements=[["cat"], ["cat"], ["cat (animal)"], []],
    )
    assert [score.status for score in scores] == ["image_error", "prompt_error", "ok", "truncated"]
    assert [math.isnan(score.overall) for score in scores] == [True, True, False, False]
    assert (scores[2].elements[0].status, math.isnan(scores[2].elements[0].score)) == ("unsupported", True)
    assert scores[3].message == "The prompt is longer than the 77 tokens that the model reads, and is cut."


def test_no_rows_have_no_scores(scorer):
    assert scorer.score(images=[], prompts=[]) == []


def test_all_pairs_of_nothing_or_of_something_unreadable_are_a_mistake(scorer, tmp_path):
    with pytest.raises(ValueError, match="Expected pictures and prompts, got 0 and 1"):
        scorer.score_all_pairs(images=[], prompts=["a cat"])
    with pytest.raises(ValueError, match="Prompt 1 is empty"):
        scorer.score_all_pairs(images=[PICTURES / "0.png"], prompts=["a cat", " "])
    with pytest.raises(ImageDecodingError):
        scorer.score_all_pairs(images=[tmp_path / "no.png"], prompts=["a cat"])


def test_a_batch_size_must_be_positive(scorer):
    with pytest.raises(ValueError, match="`batch_size` must be at least 1, got 0"):
        EncoderScorer(scorer.towers, name="x", batch_size=0)


def test_a_number_that_is_none_is_no_score(scorer, monkeypatch):
    monkeypatch.setattr(scorer.towers, "encode_pictures", lambda batch: torch.full((len(batch), 16), math.nan))
    (score,) = scorer.score(images=[PICTURES / "0.png"], prompts=["a cat"])
    assert score.status == "score_error"


class Counting:
    """Towers that count: of a picture its red, of a prompt its length; a prompt of more than 3 words is cut."""

    max_tokens = 3
    model = None
    preparation = Preparation(4)

    def __init__(self, fits=1000):
        self.pictures, self.prompts, self.fits = [], [], fits

    def encode_pictures(self, pictures):
        assert {picture.size for picture in pictures} == {(4, 4)}
        if len(pictures) > self.fits:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        self.pictures += [picture.getpixel((0, 0))[0] for picture in pictures]
        return torch.tensor([[float(picture.getpixel((0, 0))[0]), 1.0] for picture in pictures])

    def encode_prompts(self, prompts):
        self.prompts += prompts
        vectors = torch.tensor([[1.0, float(len(prompt))] for prompt in prompts])
        return vectors, [len(prompt.split()) > self.max_tokens for prompt in prompts]


@pytest.fixture
def reds(tmp_path):
    paths = [tmp_path / f"{red}.png" for red in (10, 20, 30)]
    for path in paths:
        Image.new("RGB", (8, 8), (int(path.stem), 0, 0)).save(path)
    return paths


PROMPTS = ["a", "one two three four", "bb"]  # scores: red + length


@pytest.mark.parametrize("remember", [True, False], ids=["remembered", "forgotten"])
def test_pictures_and_prompts_are_remembered_between_calls_if_that_was_asked_for(reds, remember):
    towers = Counting()
    scorer = EncoderScorer(towers, name="x", batch_size=2, remember=remember)
    for _ in range(2):
        scores = scorer.score(images=reds, prompts=PROMPTS)
        assert [score.overall for score in scores] == [11, 38, 32]
        assert [score.status for score in scores] == ["ok", "truncated", "ok"]  # also the second time
    times = 1 if remember else 2
    assert sorted(towers.pictures) == sorted([10, 20, 30] * times)
    assert sorted(towers.prompts) == sorted(PROMPTS * times)


def test_a_remembered_prompt_and_a_new_one_come_in_their_places(reds):
    towers = Counting()
    scorer = EncoderScorer(towers, name="x", remember=True)
    scorer.score(images=reds[:1], prompts=["bb"])
    scores = scorer.score(images=reds, prompts=["four", "bb", "one two three four"])
    assert [(score.overall, score.status) for score in scores] == [(14, "ok"), (22, "ok"), (48, "truncated")]
    assert towers.prompts == ["bb", "four", "one two three four"]


def test_weights_that_change_between_calls_change_all_scores(reds, monkeypatch):
    towers = Counting()
    scorer = EncoderScorer(towers, name="x")
    scorer.score_all_pairs(images=reds, prompts=PROMPTS)
    scorer.score(images=reds, prompts=PROMPTS)
    monkeypatch.setattr(
        towers, "encode_prompts", lambda prompts: (torch.zeros(len(prompts), 2), [False] * len(prompts))
    )
    assert [score.overall for score in scorer.score(images=reds, prompts=PROMPTS)] == [0, 0, 0]
    assert not scorer.score_all_pairs(images=reds, prompts=PROMPTS).any()


@pytest.mark.parametrize("method", ["score", "score_all_pairs"])
def test_an_error_leaves_nothing_behind(reds, monkeypatch, method):
    towers = Counting()
    scorer = EncoderScorer(towers, name="x", batch_size=1)
    encode = towers.encode_prompts

    def broken(prompts):
        if prompts == ["bb"]:
            raise RuntimeError("wrong shapes")
        return encode(prompts)

    monkeypatch.setattr(towers, "encode_prompts", broken)
    with pytest.raises(RuntimeError, match="wrong shapes"):
        getattr(scorer, method)(images=reds, prompts=PROMPTS)
    assert len(scorer.encoder.memory) == 0
    monkeypatch.setattr(towers, "encode_prompts", encode)
    towers.prompts.clear()
    scorer.score(images=reds, prompts=PROMPTS)
    assert towers.prompts == PROMPTS


def test_pictures_for_which_memory_is_too_small_come_in_smaller_batches(reds):
    towers = Counting(fits=1)
    scorer = EncoderScorer(towers, name="x", batch_size=3)
    assert [score.overall for score in scorer.score(images=reds, prompts=PROMPTS)] == [11, 38, 32]
    assert scorer.encoder.batch_size == 1


def test_only_pictures_without_vectors_are_wanted(reds):
    scorer = EncoderScorer(Counting(), name="x", remember=True)
    scorer.score(images=reds[:1], prompts=PROMPTS[:1])
    assert [scorer.wants(content_hash(path.read_bytes())) for path in reds[:2]] == [False, True]


def clip_scorer(**options) -> EncoderScorer:
    sizes = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = CLIPConfig(
        vision_config={**sizes, "image_size": 16, "patch_size": 8},
        text_config={**sizes, "vocab_size": 40, "max_position_embeddings": 8, "eos_token_id": 39, "bos_token_id": 38},
        projection_dim=12,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = CLIPModel(config)

    def tokenizer(prompt, verbose=True):
        return {"input_ids": [38, *(ord(letter) % 30 for letter in prompt), 39]}

    processor = CLIPImageProcessorPil(**options)
    return EncoderScorer(ClipTowers(model, tokenizer, picture_preprocessor(processor)), name="clip:tiny", batch_size=2)


SQUEEZE = {"size": {"height": 16, "width": 16}, "do_center_crop": False}
CROP = {"size": {"shortest_edge": 16}, "crop_size": {"height": 16, "width": 16}}


@pytest.mark.parametrize(
    "options, expected",
    [
        (SQUEEZE, Preparation(16)),
        (SQUEEZE | {"resample": 2}, Preparation(16, resample=2)),
        (CROP, Preparation(16, crop=True)),
        (SQUEEZE | {"do_resize": False}, None),
        (CROP | {"size": {"shortest_edge": 20}}, None),
        (SQUEEZE | {"size": {"height": 16, "width": 8}}, None),
    ],
    ids=["squeezed", "another filter", "cropped", "not resized", "cropped from more", "no square"],
)
def test_readers_of_pictures_prepare_what_a_clip_processor_would(options, expected):
    assert clip_scorer(**options).preparation == expected


def test_nobody_prepares_the_pictures_of_hps_v2(scorer):
    assert scorer.preparation is None


PICTURES_OF_ALL_SHAPES = [
    Image.fromarray(np.random.default_rng(number).integers(0, 256, (height, width, 3), dtype=np.uint8))
    for number, (height, width) in enumerate([(40, 16), (16, 41), (33, 50), (50, 21), (16, 16), (9, 30), (30, 7)])
]


@pytest.mark.parametrize("options", [SQUEEZE, CROP], ids=["squeezed", "cropped"])
def test_prepared_pictures_get_the_same_scores(options, tmp_path):
    scorer = clip_scorer(**options)
    paths = [tmp_path / f"{number}.png" for number in range(len(PICTURES_OF_ALL_SHAPES))]
    for path, picture in zip(paths, PICTURES_OF_ALL_SHAPES, strict=True):
        picture.save(path)
    prompts = ["cat"] * len(paths)
    expected = [score.overall for score in scorer.score(images=PICTURES_OF_ALL_SHAPES, prompts=prompts)]
    with PictureReader(scorer.preparation, workers=2, wanted=scorer.wants) as reader:
        images = [reader.defer(path, path) for path in paths]
        scores = [score.overall for score in scorer.score(images=images, prompts=prompts)]
    assert scores == pytest.approx(expected, abs=1e-6)  # float32; the pixels are the same
    table = scorer.score_all_pairs(images=PICTURES_OF_ALL_SHAPES, prompts=["cat", "dog"])
    assert table[:, 0].tolist() == pytest.approx(expected, abs=1e-6)
    assert len({round(score, 6) for score in expected}) == len(paths)  # the pictures matter


def test_pictures_of_hps_v2_that_are_read_ahead_get_the_official_scores(scorer, hps_cases):
    with PictureReader(scorer.preparation, workers=2, wanted=scorer.wants) as reader:
        deferred = {case["image"]: reader.defer(PICTURES / case["image"], case["image"]) for case in hps_cases}
        images = [deferred[case["image"]] for case in hps_cases]
        scores = scorer.score(images=images, prompts=[case["prompt"] for case in hps_cases])
    assert [score.overall for score in scores] == pytest.approx([case["score"] for case in hps_cases], abs=1e-5)
