import pytest
import torch
from PIL import Image
from transformers import AutoTokenizer, Blip2ForImageTextRetrieval, BlipImageProcessorPil

from evalmuse_hf.models.encoders import picture_preprocessor
from evalmuse_hf.models.matchers import Blip2Matcher

PROMPTS = ["a cat", "a cat and two red dogs on a mat"]


@pytest.fixture(scope="module")
def matcher(blip2_folder):
    preprocess = picture_preprocessor(BlipImageProcessorPil.from_pretrained(blip2_folder))
    model = Blip2ForImageTextRetrieval.from_pretrained(blip2_folder)
    return Blip2Matcher(model, AutoTokenizer.from_pretrained(blip2_folder), preprocess, device="cpu")


def test_scores_are_the_softmax_of_the_stock_model_one_pair_at_a_time(matcher):
    pictures = [Image.radial_gradient("L").convert("RGB"), Image.new("RGB", (40, 20), "red")]
    states = matcher.encode_pictures(pictures)
    scores, was_cut = matcher.score_pairs(states, PROMPTS)
    assert was_cut == [False, False]
    for picture, prompt, score in zip(pictures, PROMPTS, scores.tolist(), strict=True):
        inputs = matcher.tokenizer(prompt, return_tensors="pt", return_token_type_ids=False)
        with torch.inference_mode():
            stock = matcher.model(
                pixel_values=matcher.preprocess([picture]), use_image_text_matching_head=True, **inputs
            )
        assert score == pytest.approx(stock.logits_per_image.softmax(dim=1)[0, 1].item(), abs=1e-6)


def test_scores_depend_on_both(matcher):
    pictures = [Image.radial_gradient("L").convert("RGB"), Image.new("RGB", (40, 20), "red")]
    states = matcher.encode_pictures(pictures)
    one, other = matcher.score_pairs(states, PROMPTS[:1] * 2)[0].tolist()
    again, third = matcher.score_pairs(states[[0, 0]], PROMPTS)[0].tolist()
    assert one == pytest.approx(again, abs=1e-6)
    assert abs(one - other) > 1e-4
    assert abs(again - third) > 1e-4


def test_a_long_prompt_is_cut_before_its_end(matcher):
    states = matcher.encode_pictures([Image.new("RGB", (40, 20), "red")])
    long = "a cat " * 40
    (score,), (was_cut,) = matcher.score_pairs(states, [long])
    ending = " ".join(["a cat"] * ((matcher.max_tokens - 2) // 2))
    (expected,), _ = matcher.score_pairs(states, [ending])
    assert was_cut
    assert score.item() == pytest.approx(expected.item(), abs=1e-6)
