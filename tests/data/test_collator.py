import math

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import BertTokenizer, BlipImageProcessorPil

from evalmuse_hf.data import AlignmentCollator
from evalmuse_hf.images import ImageDecodingError
from evalmuse_hf.models.fga_blip2 import FGABlip2Processor

WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] a red cat dog on the sofa .".split()  # noqa: SIM905


@pytest.fixture(scope="module")
def processor() -> FGABlip2Processor:
    tokenizer = BertTokenizer(vocab={word: index for index, word in enumerate(WORDS)}, model_max_length=16)
    return FGABlip2Processor(BlipImageProcessorPil(size={"height": 28, "width": 28}), tokenizer)


@pytest.fixture
def items() -> list[dict]:
    picture = Image.new("RGB", (9, 7), (200, 30, 0))
    return [
        {
            "image": picture,
            "prompt": "A red cat. On the sofa",
            "elements": ["red", "red cat", "on"],
            "element_scores": [1.0, 0.5, None],
            "overall_score": 4.0,
            "weight": 2.5,
        },
        {"image": picture, "prompt": "a dog", "elements": [], "element_scores": [], "overall_score": 1.0},
    ]


def replace_image(items: list[dict], key: str, value: object) -> list[dict]:
    return [{key: value, **{name: field for name, field in item.items() if name != "image"}} for item in items]


def test_a_batch_has_inputs_and_targets_of_the_promised_shapes(processor, items):
    batch = AlignmentCollator(processor)(items)
    expected = processor(
        images=[item["image"] for item in items], prompts=[item["prompt"] for item in items], return_tensors="pt"
    )
    for name in ("pixel_values", "input_ids", "attention_mask"):
        torch.testing.assert_close(batch[name], expected[name], rtol=0, atol=0)
    # [CLS] a red cat on the sofa [SEP], and [CLS] a dog [SEP] with four of padding
    assert batch["input_ids"].shape == (2, 8)
    assert batch["token_mask"].tolist() == [[1, 0, 1, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0]]
    assert batch["token_target"].tolist() == [[0.75, 0, 0.75, 0.5, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0]]
    assert batch["overall_target"].tolist() == [4.0, 1.0]
    assert batch["weight"].tolist() == [2.5, 1.0]
    assert {batch[name].dtype for name in batch} == {torch.float32, torch.int64}


def test_a_pair_has_the_same_targets_alone_and_in_a_batch(processor, items):
    collator = AlignmentCollator(processor)
    together, alone = collator(items), collator(items[1:])
    length = alone["input_ids"].shape[1]
    for name in ("input_ids", "attention_mask", "token_mask", "token_target"):
        torch.testing.assert_close(together[name][1:, :length], alone[name], rtol=0, atol=0)
        assert not together[name][1, length:].any()


@pytest.mark.parametrize("key, shape", [("pixel_values", (3, 28, 28)), ("image_embeds", (5, 11))])
def test_prepared_pictures_are_stacked(processor, items, key, shape):
    for value in (np.ones(shape, dtype=np.float16), torch.ones(shape), np.ones(shape).tolist()):
        batch = AlignmentCollator(processor)(replace_image(items, key, value))
        assert batch[key].shape == (2, *shape)
        assert batch[key].dtype == torch.float32
    assert set(batch) & {"image", "pixel_values", "image_embeds"} == {key}


def test_a_long_prompt_is_cut_with_its_elements(processor, items):
    batch = AlignmentCollator(processor, max_length=4)(items)
    assert batch["input_ids"].shape == (2, 4)
    assert batch["token_mask"][0].tolist() == [1, 0, 1, 0]
    long = {**items[0], "prompt": "cat " * 40, "elements": ["cat"], "element_scores": [1.0]}
    assert AlignmentCollator(processor)([long])["input_ids"].shape == (1, 16)


def test_cls_may_be_left_without_target(processor, items):
    assert AlignmentCollator(processor, cls_target=False)(items)["token_mask"][:, 0].tolist() == [0, 0]


def test_an_unrated_pair_has_nan_and_not_zero(processor, items):
    batch = AlignmentCollator(processor)([{**items[1], "overall_score": None}])
    assert math.isnan(batch["overall_target"].item())
    assert not batch["token_mask"].any()


@pytest.mark.parametrize("second", [{}, {"pixel_values": torch.ones(3, 28, 28)}], ids=["none", "another kind"])
def test_pictures_must_be_of_one_kind(processor, items, second):
    odd = {**{name: field for name, field in items[1].items() if name != "image"}, **second}
    with pytest.raises(ValueError, match=r"Item 1 has .*; expected the same one of image, pixel_values, image_embeds"):
        AlignmentCollator(processor)([items[0], odd])


def test_official_masks_are_those_of_the_raw_prompt(processor, items):
    """By hand: [CLS] a red cat on the sofa [SEP] is read, and masked is [CLS] a red cat . on the sofa [SEP]."""
    pair = {**items[0], "elements": ["red", "sofa"], "element_scores": [1.0, 0.5]}
    ours = AlignmentCollator(processor, max_length=10)([pair])
    official = AlignmentCollator(processor, max_length=10, compat="official")([pair])
    assert ours["token_target"].tolist() == [[0.75, 0, 1, 0, 0, 0, 0.5, 0]]
    assert official["token_target"].tolist() == [[0.75, 0, 1, 0, 0, 0, 0, 0.5, 0, 0]]
    assert official["token_mask"].tolist() == [[1, 0, 1, 0, 0, 0, 0, 1, 0, 0]]
    assert official["input_ids"][0, :8].tolist() == ours["input_ids"][0].tolist()
    assert official["input_ids"][0, 8:].tolist() == [0, 0]
    assert official["attention_mask"].tolist() == [[1] * 8 + [0, 0]]


def test_an_official_mask_is_cut_where_the_prompt_is(processor, items):
    """By hand: cut at 6, the model reads [CLS] a red cat on [SEP]; "on", fifth in the raw prompt, marks the [SEP]."""
    pair = {**items[0], "elements": ["on", "sofa"], "element_scores": [0.5, 1.0]}
    collator = AlignmentCollator(processor, max_length=6, compat="official")
    assert collator([pair])["token_target"].tolist() == [[0.75, 0, 0, 0, 0, 0.5]]
    assert collator.encode([pair]).targets[0].unplaced == ("sofa",)


def test_without_a_longest_length_official_masks_have_the_length_of_the_input(processor, items):
    batch = AlignmentCollator(processor, compat="official")(items)
    assert batch["token_mask"].shape == batch["input_ids"].shape == (2, 8)


def test_another_compatibility_is_refused(processor):
    with pytest.raises(ValueError, match="`compat` must be None or 'official', got 'paper'"):
        AlignmentCollator(processor, compat="paper")


def test_bad_items_are_refused(processor, items):
    collator = AlignmentCollator(processor)
    with pytest.raises(ValueError, match="Prompt 1 is empty"):
        collator([items[0], {**items[1], "prompt": " . "}])
    with pytest.raises(ValueError, match="got 1 scores for 0 elements"):
        collator([{**items[1], "element_scores": [1.0]}])
    with pytest.raises(ImageDecodingError):
        collator([{**items[1], "image": b""}])
