"""The function that trainers call."""

import io
import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from PIL import Image

from evalmuse_hf.schema import Element
from evalmuse_hf.scoring.reward import load_reward
from evalmuse_hf.scoring.reward_function import make_reward_fn

PROMPTS = ["a red cat and two dogs", "a blue dog", "the old cat near a table"]
ELEMENTS = [["red (color)", "cat"], ["blue", "dog"], ["old", "cat"]]
METADATA = [{"elements": elements, "seed": 3} for elements in ELEMENTS]


@pytest.fixture(scope="module")
def reward(model_folder):
    return load_reward(model=model_folder, device="cpu", reward="both", batch_size=2)


@pytest.fixture(scope="module")
def reward_fn(reward):
    return make_reward_fn(reward)


@pytest.fixture
def levels():
    return np.random.default_rng(0).integers(0, 256, (3, 24, 36, 3), dtype=np.uint8)


def shapes_of(levels):
    tensor = torch.from_numpy(levels).permute(0, 3, 1, 2)
    return {
        "tensor": tensor / 255,
        "tensor of 8 bits": tensor,
        "array": levels / 255,
        "array of 8 bits": levels,
        "Pillow": [Image.fromarray(picture) for picture in levels],
        "list of arrays": list(levels),
        "list of tensors": list(tensor / 255),
    }


@pytest.mark.parametrize("shape", shapes_of(np.zeros((1, 2, 2, 3), dtype=np.uint8)))
def test_every_shape_of_pictures_gets_the_score_of_the_files(scorer, reward_fn, levels, shape):
    files = []
    for picture in levels:
        Image.fromarray(picture).save(file := io.BytesIO(), format="PNG")
        files.append(file.getvalue())
    expected = scorer.score(images=files, prompts=PROMPTS, elements=ELEMENTS)
    scores, info = reward_fn(shapes_of(levels)[shape], PROMPTS, METADATA)
    assert (type(scores), scores.dtype, scores.shape) == (np.ndarray, np.float32, (3,))
    # Pillow gives the same pixels; on a device some are one level apart.
    tolerance = 1e-5 if shape in ("Pillow", "list of arrays") else 5e-3
    assert info["overall"] == pytest.approx([pair.overall for pair in expected], abs=tolerance)
    for row, pair in enumerate(expected):
        assert info["element_scores"][row] == pytest.approx([item.score for item in pair.elements], abs=tolerance)
        share = (info["overall"][row] - 1) / 4
        assert scores[row] == pytest.approx((share + np.mean(info["element_scores"][row])) / 2, abs=1e-6)
    assert info["statuses"] == ["ok"] * 3
    assert info["messages"] == [None] * 3
    assert info["elements"][0] == ["red (color)", "cat"]


def test_a_batch_of_pictures_in_16_bits_and_prompts_in_a_tuple_are_taken(reward_fn, levels):
    pictures = shapes_of(levels)["tensor"]
    scores, _ = reward_fn(pictures.half(), tuple(PROMPTS), tuple(METADATA))
    np.testing.assert_allclose(scores, reward_fn(pictures, PROMPTS, METADATA)[0], atol=2e-3)


def test_scores_have_no_gradient_and_may_be_tensors(reward, levels):
    pictures = shapes_of(levels)["tensor"].requires_grad_(True)
    scores, _ = make_reward_fn(reward, returns="torch")(pictures, PROMPTS)
    assert isinstance(scores, torch.Tensor)
    assert not scores.requires_grad
    (scores * torch.ones(3, requires_grad=True)).sum().backward()  # also usable in the trainer's own graph


def test_metadata_brings_elements_in_any_of_their_forms(reward_fn, levels):
    forms = [
        {"elements": ["red (color)", "cat"]},
        {"elements": [Element.parse("red (color)"), Element.from_text("cat")]},
        {"elements": [{"text": "red", "category": "color"}, {"text": "cat", "category": None}]},
        {"elements": np.array(["red", "cat"])},
    ]
    pictures = [levels[0]] * 4
    scores, info = reward_fn(pictures, [PROMPTS[0]] * 4, forms)
    assert info["statuses"] == ["ok"] * 4
    np.testing.assert_allclose(scores, scores[0], atol=1e-6)


@pytest.mark.parametrize("metadata", [None, [{}, None, {"elements": None}]], ids=["none", "without elements"])
def test_prompts_without_elements_are_split(reward_fn, levels, metadata):
    _, info = reward_fn(list(levels), PROMPTS, metadata)
    assert [len(elements) for elements in info["elements"]] == [4, 2, 4]


def test_bad_rows_are_nan_with_a_status_and_stop_no_other(reward_fn, levels, tmp_path):
    images = [levels[0], tmp_path / "absent.png", None, levels[1], levels[2]]
    metadata = [{"elements": ["cat"]}, None, None, None, {"elements": [{"category": "color"}]}]
    scores, info = reward_fn(images, ["a cat", "a cat", "a cat", "", "a cat"], metadata)
    assert info["statuses"] == ["ok", "image_error", "image_error", "prompt_error", "element_error"]
    assert np.isnan(scores).tolist() == [False, True, True, True, True]
    assert all(math.isnan(value) for value in info["overall"][1:])
    assert "there is no file at" in info["messages"][1]
    assert "must be a path, bytes" in info["messages"][2]
    assert "must be a list of strings" in info["messages"][4]
    alone, _ = reward_fn([levels[0]], ["a cat"], metadata[:1])
    assert scores[0] == pytest.approx(alone[0], abs=1e-6)


def test_a_nan_picture_in_a_batch_stops_no_other(reward_fn, levels):
    pictures = shapes_of(levels)["tensor"].clone()
    pictures[1, 0, 0, 0] = math.nan
    scores, info = reward_fn(pictures, PROMPTS, METADATA)
    assert info["statuses"] == ["ok", "image_error", "ok"]
    assert np.isnan(scores).tolist() == [False, True, False]


def test_it_may_be_called_from_another_thread(reward_fn, levels):
    """Trainers compute rewards in an executor while they sample on."""
    with ThreadPoolExecutor(1) as executor:
        scores, _ = executor.submit(reward_fn, list(levels), PROMPTS, METADATA).result()
    np.testing.assert_array_equal(scores, reward_fn(list(levels), PROMPTS, METADATA)[0])


@pytest.mark.parametrize(
    "change, error, message",
    [
        ({"prompts": "a cat"}, TypeError, "`prompts` must be a list"),
        ({"prompts": ["a cat"]}, ValueError, "got 3 pictures, 1 prompts and 3 entries of `metadata`; repeat a prompt"),
        ({"metadata": METADATA[:1]}, ValueError, "3 prompts and 1 entries of `metadata`"),
        ({"metadata": {"elements": ELEMENTS}}, TypeError, "`metadata` must be a list with one dictionary per picture"),
        ({"metadata": ["cat"] * 3}, TypeError, "must hold dictionaries or None, got str in row 0"),
        ({"images": Image.new("RGB", (4, 4))}, TypeError, "got Image; put a single picture in a list"),
        ({"images": np.zeros((3, 3, 8, 9))}, ValueError, r"give images.transpose\(0, 2, 3, 1\)"),
        ({"images": np.full((3, 8, 9, 3), 255.0)}, ValueError, "in row 0; divide 8-bit levels by 255"),
        ({"images": torch.full((3, 3, 8, 9), -1.0)}, ValueError, r"map \[-1, 1\] by images / 2 \+ 0.5"),
    ],
    ids=[
        "one string",
        "lengths",
        "metadata",
        "one dictionary",
        "strings",
        "one picture",
        "first",
        "levels",
        "[-1, 1]",
    ],
)
def test_what_is_wrong_with_the_whole_call_is_one_sentence(reward_fn, levels, change, error, message):
    call = {"images": levels, "prompts": PROMPTS, "metadata": METADATA, **change}
    with pytest.raises(error, match=message):
        reward_fn(**call)


def test_an_unknown_form_of_the_result_is_refused(reward):
    with pytest.raises(ValueError, match="`returns` must be 'numpy' or 'torch', got 'list'"):
        make_reward_fn(reward, returns="list")
