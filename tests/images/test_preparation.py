import numpy as np
import PIL
import pytest
from PIL import Image
from transformers import BlipImageProcessorPil, CLIPImageProcessorPil

from evalmuse_hf.images import (
    ImageDecodingError,
    Preparation,
    PreparedPicture,
    content_hash,
    load_image,
    picture_hash,
    read_picture,
)

PILLOW = int(PIL.__version__.partition(".")[0])
RNG = np.random.default_rng(0)
SIZES = [(30, 20), (20, 33), (28, 28), (1, 1), (301, 7), (640, 480), (481, 640)]


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "picture.png"
    Image.fromarray(RNG.integers(0, 256, (20, 30, 3), dtype=np.uint8)).save(path)
    return path


def random_picture(size):
    return Image.fromarray(RNG.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("crop", [False, True], ids=["squeezed", "cropped"])
def test_a_prepared_picture_has_the_pixels_that_an_image_processor_makes_of_the_original(size, crop):
    image = random_picture(size)
    if crop:
        processor = CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    else:
        processor = BlipImageProcessorPil(size={"height": 28, "width": 28})
    prepared = Preparation(28, crop=crop)(image)
    assert prepared.size == (28, 28)
    original, again = (processor([each])["pixel_values"][0] for each in (image, prepared))
    # Pillow 12 takes the axes of these two in another order than Pillow 13, which is the one that we take.
    if PILLOW >= 13 or size not in {(20, 33), (481, 640)}:
        assert np.array_equal(original, again)


@pytest.mark.parametrize("size", [(20, 40), (40, 20), (60, 90), (28, 57), (28, 56), (10, 300)], ids=str)
def test_the_axes_are_resized_in_the_order_of_pillow_13_whatever_the_version(size):
    image = random_picture(size)
    width, height = size
    vertical_first = size in {(20, 40), (28, 57), (28, 56), (10, 300)}
    between = (width, 28) if vertical_first else (28, height)
    expected = image.resize(between, Image.Resampling.BICUBIC).resize((28, 28), Image.Resampling.BICUBIC)
    assert np.array_equal(np.asarray(Preparation(28)(image)), np.asarray(expected))
    if PILLOW >= 13:
        assert np.array_equal(np.asarray(image.resize((28, 28), Image.Resampling.BICUBIC)), np.asarray(expected))


def test_a_picture_is_prepared_once_only():
    prepared = Preparation(28)(random_picture((50, 40)))
    assert Preparation(28)(prepared) is prepared


def test_a_picture_that_is_read_has_content_and_pixels(picture):
    read = read_picture(picture, Preparation(8))
    assert read.content == content_hash(picture.read_bytes())
    assert np.array_equal(read.pixels, np.asarray(load_image(picture).resize((8, 8), Image.Resampling.BICUBIC)))
    assert read.problem is None
    assert np.array_equal(np.asarray(read.to_image()), read.pixels)


def test_pixels_that_nobody_wants_are_not_decoded(tmp_path):
    path = tmp_path / "no picture.png"
    path.write_bytes(b"no picture at all")
    read = read_picture(path, wanted=lambda content: content != content_hash(b"no picture at all"))
    assert read == PreparedPicture(content_hash(b"no picture at all"))
    with pytest.raises(ImageDecodingError, match="not kept"):
        read.to_image()


@pytest.mark.parametrize(
    "source, words",
    [("absent.png", "there is no file"), (b"", "zero bytes"), (5, "got int"), ({}, "neither 'bytes' nor 'path'")],
    ids=["absent", "empty", "a number", "an empty mapping"],
)
def test_a_bad_picture_becomes_a_sentence(source, words):
    read = read_picture(source)
    assert words in read.problem
    assert read.pixels is None
    with pytest.raises(ImageDecodingError, match="Cannot read"):
        read.to_image()


def test_a_picture_for_which_there_is_no_memory_becomes_a_sentence(picture, monkeypatch):
    def fail(*arguments, **options):
        raise MemoryError

    monkeypatch.setattr("evalmuse_hf.images.preparation.load_image", fail)
    assert "not enough memory" in read_picture(picture).problem


def test_a_file_has_the_hash_of_its_bytes_in_every_form(picture):
    content = picture.read_bytes()
    forms = [
        picture,
        str(picture),
        content,
        bytearray(content),
        {"bytes": content, "path": None},
        {"path": str(picture)},
    ]
    assert {picture_hash(form) for form in forms} == {content_hash(content)}
    assert {read_picture(form).content for form in forms} == {content_hash(content)}


def test_what_is_no_file_has_the_hash_of_its_pixels(picture):
    with Image.open(picture) as image:
        pixels = np.asarray(image)
        assert picture_hash(image) == picture_hash(pixels) != picture_hash(pixels.transpose(1, 0, 2))
        assert read_picture(image).content == picture_hash(image)


def test_what_cannot_be_read_has_no_hash(picture):
    with pytest.raises(TypeError, match="got int"):
        picture_hash(5)
    with pytest.raises(ImageDecodingError, match="absent"):
        picture_hash(picture.with_name("absent.png"))
    with pytest.raises(ImageDecodingError):
        picture_hash(np.zeros((2, 2, 7)))


@pytest.mark.parametrize("size", [(20_000, 1), (1, 20_000)], ids=str)
def test_a_strip_does_not_fill_the_memory_on_its_way_to_a_crop(size, tmp_path):
    Image.new("RGB", size).save(tmp_path / "strip.png")
    assert "would become" in read_picture(tmp_path / "strip.png", Preparation(224, crop=True)).problem
    assert read_picture(tmp_path / "strip.png", Preparation(224)).problem is None


def test_whatever_resizing_raises_becomes_a_sentence(picture):
    assert read_picture(picture, Preparation(2**40)).problem.startswith("Cannot read the picture: OverflowError")
