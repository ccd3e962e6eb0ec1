import pytest
from PIL import Image

from evalmuse_hf.images.picture_checks import find_fault


def gradient(size=(16, 16)):
    return Image.linear_gradient("L").resize(size).convert("RGB")


def nearly(color, change):
    picture = Image.new("RGB", (16, 16), color)
    picture.putpixel((3, 4), change)
    return picture


@pytest.mark.parametrize(
    "picture, size, expected",
    [
        (gradient(), None, None),
        (gradient(), (16, 16), None),
        (gradient(), (16, 17), "wrong_size"),
        (Image.new("RGB", (4, 4)), (4, 4), "black"),
        (nearly((0, 0, 0), (8, 8, 8)), None, "black"),
        (nearly((0, 0, 0), (0, 0, 200)), None, None),
        (Image.new("RGB", (4, 4), (255, 255, 255)), None, "uniform"),
        (nearly((90, 90, 90), (91, 90, 92)), None, "uniform"),
        (nearly((90, 90, 90), (90, 90, 93)), None, None),
    ],
    ids=["any size", "right size", "size", "black", "nearly", "one dot", "white", "rounding", "faint dot"],
)
def test_find_fault(picture, size, expected):
    found = find_fault(picture, size)
    assert (None if found is None else found[0]) == expected
