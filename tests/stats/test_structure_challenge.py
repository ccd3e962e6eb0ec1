import json

import numpy as np
import pytest

from evalmuse_hf.stats import ntire_track2, structure_challenge


@pytest.fixture(scope="module")
def official(golden):
    folder = golden / "statistics"
    numbers = json.loads((folder / "structure.json").read_text("utf-8"))
    with np.load(folder / "structure_maps.npz") as maps:
        pictures = [(maps[f"{place}_prediction"], maps[f"{place}_truth"]) for place in range(8)]
    return numbers, pictures


def square(side=512, *, at=100, size=60):
    mask = np.zeros((side, side), dtype=np.uint8)
    mask[at : at + size, at : at + size] = 1
    return mask


def track2(predicted, marked, **changes):
    scores = np.linspace(1.0, 5.0, len(marked)) ** 1.5
    inputs = {
        "prediction_maps": predicted,
        "reference_maps": marked,
        "prediction_scores": list(scores),
        "reference_scores": list(np.linspace(1.0, 5.0, len(marked))),
    }
    return ntire_track2(**{**inputs, **changes})


def test_the_scores_of_the_official_script_are_reproduced(official):
    numbers, pictures = official
    result = ntire_track2(
        prediction_maps=[predicted for predicted, _ in pictures],
        reference_maps=[marked for _, marked in pictures],
        prediction_scores=numbers["prediction_scores"],
        reference_scores=numbers["truth_scores"],
    )
    expected = numbers["results"]
    assert result.mean_iou == pytest.approx(expected["giou"], abs=1e-12)
    assert (result.precision, result.recall) == (expected["precision"], expected["recall"])
    assert result.f1 == pytest.approx(expected["f1_score"], abs=1e-12)
    assert result.srcc == pytest.approx(expected["srcc"], abs=1e-12)
    assert result.plcc == pytest.approx(expected["plcc"], abs=1e-6)  # an iterative fit
    assert result.final == pytest.approx(expected["final_score"], abs=1e-6)
    assert (result.n, result.n_predicted_regions, result.n_reference_regions, result.status) == (8, 10, 8, "ok")


def test_mappings_are_joined_by_key_in_any_order(official):
    numbers, pictures = official
    names = [f"{place}.png" for place in range(8)]
    inputs = {
        "prediction_maps": dict(zip(names, (predicted for predicted, _ in pictures), strict=True)),
        "reference_maps": dict(zip(names, (marked for _, marked in pictures), strict=True)),
        "prediction_scores": dict(zip(names, numbers["prediction_scores"], strict=True)),
        "reference_scores": dict(zip(names, numbers["truth_scores"], strict=True)),
    }
    turned = {name: dict(reversed(values.items())) for name, values in inputs.items()}
    turned["reference_maps"] = inputs["reference_maps"]
    surplus = {**turned["prediction_maps"], "not asked for.png": square()}
    result = ntire_track2(**{**turned, "prediction_maps": surplus})
    assert result.final == pytest.approx(numbers["results"]["final_score"], abs=1e-6)
    assert result.n_unused == 1


def test_a_region_in_the_hole_of_another_is_part_of_it():
    ring = square(at=100, size=200)
    ring[150:250, 150:250] = 0
    ring[180:220, 180:220] = 1
    result = track2([ring] * 5, [square(at=100, size=200)] * 5)
    assert (result.n_predicted_regions, result.precision, result.recall) == (5, 1.0, 1.0)
    assert result.mean_iou == pytest.approx((40_000 - 10_000 + 1_600) / 40_000, abs=1e-6)


def test_pixels_that_touch_at_a_corner_are_one_region():
    pair = square(at=100, size=50) | square(at=150, size=50)
    assert track2([pair] * 5, [pair] * 5).n_reference_regions == 5


@pytest.mark.parametrize("size, counts", [(13, 0), (14, 1)], ids=["144 inside the outline", "169 inside it"])
def test_a_marked_region_counts_from_its_outline_through_pixel_centres(size, counts):
    result = track2([square()] * 5, [square(at=300, size=size)] * 5)
    assert result.n_reference_regions == 5 * counts


def test_a_line_of_single_pixels_has_no_area():
    line = np.zeros((512, 512), dtype=np.uint8)
    line[10, 10:500] = 1
    line[11, 499] = 1  # a corner of three pixels: half a square
    assert structure_challenge._outline_area(line > 0) == 0.5


def test_the_area_of_an_outline_is_that_of_the_polygon():
    # A triangle whose hypotenuse runs through pixel centres: legs of 40 steps, area 800 by Pick's theorem.
    triangle = np.tril(np.ones((41, 41), dtype=bool))
    assert structure_challenge._outline_area(triangle) == 800.0


def test_a_map_without_any_region_leaves_nan_and_says_so():
    empty = np.zeros((64, 64), dtype=np.uint8)
    result = track2([empty] * 5, [square()] * 5)
    assert np.isnan(result.precision)
    assert np.isnan(result.final)
    assert (result.recall, result.status) == (0.0, "no predicted region is large enough")
    assert track2([square()] * 5, [empty] * 5).status == "no marked region is large enough"


def test_a_map_of_floats_is_set_wherever_a_neighbour_reaches():
    heat = np.zeros((64, 64))
    heat[20:30, 20:30] = 0.01
    set_pixels = structure_challenge._mask("prediction_maps", "a", heat)
    inner = np.flatnonzero(set_pixels.any(axis=0))
    # Old pixels 19 to 30 reach into each other's centres: (19.5 to 30.5) * 8, without the ends where the weight is 0.
    assert (inner[0], inner[-1]) == (156, 243)


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"prediction_scores": [1.0] * 4}, "`prediction_scores` lacks 1 of the 5 pictures"),
        ({"prediction_maps": [np.zeros((2, 2, 3))] * 5}, r"shape \(H, W\), got shape \(2, 2, 3\)"),
        ({"prediction_maps": [np.full((4, 4), np.nan)] * 5}, "not finite at 'place 0'"),
        ({"reference_maps": []}, "is empty"),
    ],
    ids=["too few", "colours", "nan", "nothing"],
)
def test_what_does_not_fit_is_refused_in_a_sentence(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        track2([square()] * 5, [square()] * 5, **change)
