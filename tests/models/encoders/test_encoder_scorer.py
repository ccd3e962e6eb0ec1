import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import CLIPModel

from evalmuse_hf.images import ImageDecodingError
from evalmuse_hf.models.encoders import ClipTowers, EncoderScorer, tensor_preprocessor
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
