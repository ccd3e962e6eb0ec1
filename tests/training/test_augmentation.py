import math

import numpy as np
import pytest
from PIL import Image
from torch.utils.data import DataLoader
from transformers import TrainerControl, TrainerState

from evalmuse_hf.training.augmentation import AugmentedItems, EpochOfItems, augment_picture, draw_crop


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return [
        {"image": Image.fromarray(rng.integers(0, 256, (40, 60, 3), dtype=np.uint8)), "prompt": "a cat"}
        for _ in range(4)
    ]


def pixels(item):
    return np.asarray(item["image"]).tobytes()


def test_crops_have_the_area_and_the_sides_of_the_released_training():
    boxes = [draw_crop((640, 480), rng=np.random.default_rng(seed)) for seed in range(2000)]
    areas = np.array([(box.right - box.left) * (box.bottom - box.top) / (640 * 480) for box in boxes])
    ratios = np.array([(box.right - box.left) / (box.bottom - box.top) for box in boxes])
    assert all(0 <= box.left < box.right <= 640 and 0 <= box.top < box.bottom <= 480 for box in boxes)
    assert areas.min() == pytest.approx(0.5, abs=0.01)
    assert areas.max() == pytest.approx(1.0, abs=0.05)
    assert 0.745 <= ratios.min() < ratios.max() <= 1.345  # 3/4 to 4/3, sides rounded to pixels
    # Where a picture is large enough for every part, area and logarithm of the ratio are uniform.
    wide = [draw_crop((10_000, 10_000), rng=np.random.default_rng(seed)) for seed in range(2000)]
    small = [box for box in wide if (box.right - box.left) * (box.bottom - box.top) < 0.56e8]
    logs = [math.log((box.right - box.left) / (box.bottom - box.top)) for box in small]
    assert np.mean(logs) == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("sides, kept", [((1000, 10), (13, 10)), ((10, 1000), (10, 13))], ids=["wide", "high"])
def test_the_middle_of_a_strip_is_kept(sides, kept):
    box = draw_crop(sides, rng=np.random.default_rng(0))
    assert (box.right - box.left, box.bottom - box.top) == kept
    assert abs(box.left + box.right - sides[0]) <= 1
    assert abs(box.top + box.bottom - sides[1]) <= 1


def test_half_of_the_pictures_are_mirrored_and_all_get_the_size():
    gradient = Image.fromarray(np.tile(np.linspace(0, 255, 64, dtype=np.uint8)[None, :, None], (64, 1, 3)))
    parts = [augment_picture(gradient, size=16, rng=np.random.default_rng(seed)) for seed in range(400)]
    assert {part.size for part in parts} == {(16, 16)}
    mirrored = np.mean([np.asarray(part)[0, 0, 0] > np.asarray(part)[0, -1, 0] for part in parts])
    assert mirrored == pytest.approx(0.5, abs=0.08)  # three standard errors


def test_what_happens_depends_on_seed_epoch_and_row_only(rows):
    items = AugmentedItems(rows, size=16, seed=3)
    first = [pixels(items[index]) for index in range(4)]
    assert [pixels(items[index]) for index in (3, 2, 1, 0)] == first[::-1]
    assert (len(items), items[0]["prompt"]) == (4, "a cat")
    items.set_epoch(1)
    assert pixels(items[0]) != first[0]
    assert pixels(AugmentedItems(rows, size=16, seed=4)[0]) != first[0]
    items.set_epoch(0)
    assert pixels(items[0]) == first[0]


def test_workers_that_live_on_see_the_next_epoch(rows):
    items = AugmentedItems(rows, size=16, seed=3)
    loader = DataLoader(items, batch_size=None, num_workers=1, persistent_workers=True)
    first = [pixels(item) for item in loader]
    items.set_epoch(1)
    assert [pixels(item) for item in loader] == [pixels(items[index]) for index in range(4)] != first


def test_a_run_that_is_resumed_within_an_epoch_is_in_that_epoch(rows):
    items = AugmentedItems(rows, size=16, seed=3)
    state = TrainerState(epoch=2.5)
    EpochOfItems(items).on_epoch_begin(None, state, TrainerControl())
    expected = AugmentedItems(rows, size=16, seed=3)
    expected.set_epoch(2)
    assert pixels(items[1]) == pixels(expected[1])
