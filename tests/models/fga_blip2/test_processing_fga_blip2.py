import re

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoProcessor, BlipImageProcessorPil, CLIPImageProcessorPil

from evalmuse_hf.images import ImageDecodingError, Preparation, read_picture
from evalmuse_hf.models.fga_blip2 import FGABlip2Processor


def test_pixels_and_ids_equal_the_official_ones(golden_processor, fga_golden, cases):
    official = np.load(fga_golden / "pixel_values.npz")
    for case in cases:
        inputs = golden_processor(images=fga_golden / case["image"], prompts=case["prompt"], return_tensors="np")
        number = case["image"].removeprefix("images/").removesuffix(".png")
        np.testing.assert_allclose(inputs["pixel_values"][0], official[f"{number}_56"], rtol=0, atol=1e-6)
        assert inputs["input_ids"].tolist() == [case["input_ids"]]


def test_pixels_at_the_released_size_equal_the_official_ones(golden_processor, fga_golden):
    official = np.load(fga_golden / "pixel_values.npz")
    image_processor = BlipImageProcessorPil(size={"height": 364, "width": 364})
    processor = FGABlip2Processor(image_processor, golden_processor.tokenizer)
    pixels = processor(images=[fga_golden / f"images/{number}.png" for number in range(4)])["pixel_values"]
    for number, picture in enumerate(pixels):
        expected = official[f"{number}_364_every13"]
        np.testing.assert_allclose(picture[:, ::13, ::13], expected, rtol=0, atol=1e-6)


def test_prompts_are_cleaned_and_padded_to_the_longest(tiny_processor):
    inputs = tiny_processor(prompts=["A (red) Cat!", "dog"], return_tensors="pt")
    assert inputs["input_ids"].tolist() == [[2, 5, 6, 8, 3], [2, 9, 3, 0, 0]]
    assert inputs["attention_mask"].tolist() == [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]
    assert sorted(inputs) == ["attention_mask", "input_ids"]


def test_the_official_training_path_pads_and_truncates(tiny_processor):
    options = {"padding": "max_length", "max_length": 5, "truncation": True, "return_tensors": "pt"}
    inputs = tiny_processor(prompts=["a red cat on the table", "dog"], **options)
    assert inputs["input_ids"].tolist() == [[2, 5, 6, 8, 3], [2, 9, 3, 0, 0]]


def test_one_picture_and_a_list_of_one_are_the_same(tiny_processor, pictures):
    single = tiny_processor(images=pictures[0], prompts="a cat", return_tensors="pt")
    listed = tiny_processor(images=[pictures[0]], prompts=["a cat"], return_tensors="pt")
    assert single["pixel_values"].shape == (1, 3, 28, 28)
    for name, values in listed.items():
        torch.testing.assert_close(single[name], values, rtol=0, atol=0)


def test_a_batch_of_arrays_is_several_pictures(tiny_processor):
    assert len(tiny_processor(images=np.zeros((2, 8, 9, 3), np.uint8))["pixel_values"]) == 2


def test_save_and_load_keep_pixels_and_ids(tiny_processor, pictures, tmp_path):
    tiny_processor.save_pretrained(tmp_path)
    loaded = FGABlip2Processor.from_pretrained(tmp_path)
    assert isinstance(loaded.image_processor, BlipImageProcessorPil)
    assert loaded.tokenizer.model_max_length == tiny_processor.tokenizer.model_max_length
    before, after = (
        processor(images=pictures, prompts=["a red cat", "two dogs", "the table"], return_tensors="pt")
        for processor in (tiny_processor, loaded)
    )
    for name, values in before.items():
        torch.testing.assert_close(after[name], values, rtol=0, atol=0)


def test_a_saved_model_folder_gives_its_processor_to_the_auto_class(golden_processor, conversion):
    assert isinstance(AutoProcessor.from_pretrained(conversion.out), FGABlip2Processor)


def test_another_backend_is_replaced_by_the_pillow_one(tiny_processor):
    """A saved processor is loaded with torchvision's backend where torchvision is installed; its pixels differ."""
    other = CLIPImageProcessorPil(size={"height": 20, "width": 20}, image_mean=[0.5, 0.5, 0.5])
    image_processor = FGABlip2Processor(other, tiny_processor.tokenizer).image_processor
    assert isinstance(image_processor, BlipImageProcessorPil)
    assert (image_processor.size.height, list(image_processor.image_mean)) == (20, [0.5, 0.5, 0.5])


def test_elements_are_located_in_the_columns_of_input_ids(tiny_processor):
    (locations,) = tiny_processor.locate("Two (red) cats on the table", ["red cats", "table", "dog", "two"])
    assert [location.positions for location in locations] == [(2, 3, 4), (7,), (), (1,)]
    assert [location.status for location in locations] == ["ok", "ok", "unmatched", "ok"]
    red_cats = locations[0].spans.prompt[0]
    assert "Two (red) cats on the table"[slice(*red_cats)] == "red) cats"


def test_each_occurrence_of_an_element_keeps_its_columns(tiny_processor):
    ((location,),) = tiny_processor.locate(["a cat and a cats cat"], [["cat"]])
    assert location.status == "ambiguous"
    assert location.occurrences == ((2,), (7,))
    assert location.positions == (2, 7)


def test_locations_of_a_prompt_do_not_depend_on_its_batch(tiny_processor):
    prompts, elements = ["a red cat", "two dogs near the old table"], [["cat"], ["old table", "two"]]
    together = tiny_processor.locate(prompts, elements)
    alone = [tiny_processor.locate(*pair)[0] for pair in zip(prompts, elements, strict=True)]
    assert together == alone


def test_elements_beyond_the_cut_are_truncated(tiny_processor):
    prompt = "a red cat on the table"
    ((cat, table),) = tiny_processor.locate(prompt, ["cat", "table"], truncation=True, max_length=5)
    assert (cat.status, cat.positions) == ("ok", (3,))
    assert (table.status, table.positions, table.occurrences) == ("truncated", (), ())
    ((last,),) = tiny_processor.locate(" ".join(["red"] * 50) + " cat", ["cat"])
    assert (last.status, last.positions) == ("truncated", ())


@pytest.mark.parametrize(
    "prompt, message",
    [
        ("", "Prompt 1 is empty once it is cleaned, got ''"),
        (" \n\t", "Prompt 1 is empty"),
        ("!!! ...", "Prompt 1 is empty"),
        ("\u200b\ufe0f", "Prompt 1 has no character that the model reads"),
        ("a cat \ud83d", r"Prompt 1 holds half of a character \('\\ud83d' at position 6\)"),
        ("," * 80, "Prompt 1 has 82 tokens, and the model reads at most 64"),
    ],
    ids=["nothing", "white space", "punctuation", "no width", "half a character", "too long"],
)
def test_a_prompt_that_cannot_be_read_is_named(tiny_processor, prompt, message):
    with pytest.raises(ValueError, match=message):
        tiny_processor(prompts=["a cat", prompt])
    assert re.match(message.removeprefix("Prompt 1 "), tiny_processor.prompt_problem(prompt))


def test_a_prompt_of_2000_words_is_cut_to_50(tiny_processor):
    assert len(tiny_processor(prompts="cat " * 2000)["input_ids"][0]) == 52


@pytest.mark.parametrize(
    "prompt", ["\N{CAT FACE} cat \N{DOG FACE}", "قطة حمراء", "红色的猫"], ids=["emoji", "rtl", "cjk"]
)
def test_foreign_writing_is_read(tiny_processor, prompt):
    assert len(tiny_processor(prompts=prompt)["input_ids"][0]) > 2


def test_neither_pictures_nor_prompts_is_refused(tiny_processor):
    with pytest.raises(ValueError, match="Expected `images`, `prompts` or both"):
        tiny_processor()


def test_a_picture_that_cannot_be_read_is_named(tiny_processor, tmp_path):
    with pytest.raises(ImageDecodingError, match=r"missing\.png"):
        tiny_processor(images=[Image.new("RGB", (8, 8)), tmp_path / "missing.png"])


def test_element_lists_must_be_as_many_as_prompts(tiny_processor):
    with pytest.raises(ValueError, match="2 prompts and 1 lists"):
        tiny_processor.locate(["a cat", "a dog"], [["cat"]])


def test_encoding_and_locating_at_once_equals_the_two_calls(tiny_processor):
    prompts, elements = ["a red cat", "two dogs near the old table"], [["cat"], ["old table", "two"]]
    located = tiny_processor.encode_located(prompts, elements)
    inputs = tiny_processor(prompts=prompts)
    assert located.input_ids == inputs["input_ids"]
    assert located.attention_mask == inputs["attention_mask"]
    assert located.locations == tiny_processor.locate(prompts, elements)


@pytest.mark.parametrize(
    "options, expected",
    [
        ({"size": {"height": 28, "width": 28}}, Preparation(28)),
        ({"size": {"height": 364, "width": 364}, "resample": 2}, Preparation(364, resample=2)),
        ({"size": {"height": 28, "width": 14}}, None),
        ({"size": {"height": 28, "width": 28}, "do_resize": False}, None),
    ],
    ids=["a square", "another filter", "no square", "no resizing"],
)
def test_a_square_is_what_readers_of_pictures_can_prepare(tiny_processor, options, expected):
    assert FGABlip2Processor(BlipImageProcessorPil(**options), tiny_processor.tokenizer).preparation == expected


def test_the_preparation_of_a_loaded_processor_is_the_same(tiny_processor, tmp_path):
    tiny_processor.save_pretrained(tmp_path)
    assert FGABlip2Processor.from_pretrained(tmp_path).preparation == tiny_processor.preparation == Preparation(28)


OPTIONS = pytest.mark.parametrize(
    "options",
    [
        {},
        {"image_mean": [0.5, 0.25, 0.125], "image_std": [0.3, 0.7, 0.11]},
        {"do_normalize": False},
        {"do_rescale": False},
        {"do_rescale": False, "do_normalize": False},
        {"rescale_factor": 1 / 127.5},
    ],
    ids=["as released", "another mean", "no mean", "no scale", "neither", "another scale"],
)


@OPTIONS
def test_normalised_bytes_are_to_the_last_bit_what_a_call_returns(tiny_processor, options):
    image_processor = BlipImageProcessorPil(size={"height": 16, "width": 16}, **options)
    processor = FGABlip2Processor(image_processor, tiny_processor.tokenizer)
    every_byte = np.arange(256, dtype=np.uint8).reshape(16, 16)
    pixels = np.stack([every_byte, every_byte.T, 255 - every_byte], axis=-1)[None]
    drawn = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), dtype=np.uint8)
    pixels = np.concatenate([pixels, drawn])
    expected = processor(images=[Image.fromarray(picture) for picture in pixels], return_tensors="pt")["pixel_values"]
    normalised = processor.normalize(torch.from_numpy(pixels))
    assert normalised.dtype == torch.float32
    torch.testing.assert_close(normalised, expected.float(), rtol=0, atol=0)


@OPTIONS
def test_prepared_and_normalised_pictures_are_to_the_last_bit_what_a_call_returns(tiny_processor, pictures, options):
    image_processor = BlipImageProcessorPil(size={"height": 28, "width": 28}, **options)
    processor = FGABlip2Processor(image_processor, tiny_processor.tokenizer)
    prepared = [read_picture(picture, processor.preparation).pixels for picture in pictures]
    expected = processor(images=pictures, return_tensors="pt")["pixel_values"]
    normalised = processor.normalize(torch.from_numpy(np.stack(prepared)))
    torch.testing.assert_close(normalised, expected.float(), rtol=0, atol=0)
