import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from evalmuse_hf.images.decoding import ImageDecodingError, check_image, load_image

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (20, 30, 3), dtype=np.uint8)
PICTURE = Image.fromarray(PIXELS)


def encode(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def same(image: Image.Image, pixels: np.ndarray) -> bool:
    return image.mode == "RGB" and np.array_equal(np.asarray(image), pixels)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "PPM"])
def test_an_rgb_file_gives_the_pixels_of_pillow(form: str):
    content = encode(PICTURE, form)
    assert same(load_image(content), np.asarray(Image.open(io.BytesIO(content)).convert("RGB")))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr"])
def test_other_8_bit_modes_convert_as_pillow_does(mode: str):
    content = encode(PICTURE.convert(mode), "JPEG" if mode in {"CMYK", "YCbCr"} else "PNG")
    assert same(load_image(content), np.asarray(Image.open(io.BytesIO(content)).convert("RGB")))


def test_golden_pictures_decode(golden: Path):
    for path in sorted((golden / "fga_blip2_tiny" / "images").glob("*.png")):
        assert same(load_image(path), np.asarray(Image.open(path).convert("RGB")))


def test_alpha_is_dropped():
    alpha = np.zeros((20, 30, 1), dtype=np.uint8)
    assert same(load_image(encode(Image.fromarray(np.concatenate([PIXELS, alpha], axis=2)))), PIXELS)


@pytest.mark.filterwarnings("error")
def test_a_transparent_palette_is_dropped_without_a_warning():
    palette = PICTURE.quantize(16)
    content = encode(palette, transparency=bytes(range(16)))
    assert same(load_image(content), np.asarray(palette.convert("RGB")))


@pytest.mark.parametrize("form", ["PNG", "TIFF", "PPM"])
def test_16_bit_grey_keeps_its_high_byte(form: str):
    values = RNG.integers(0, 65536, (20, 30), dtype=np.uint16)
    grey = (values // 256).astype(np.uint8)
    assert same(load_image(encode(Image.fromarray(values), form)), np.repeat(grey[:, :, None], 3, axis=2))


def test_the_first_frame_of_an_animation_is_read():
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    for form in ("GIF", "WEBP", "PNG"):
        options = {"lossless": True} if form == "WEBP" else {}
        content = encode(frames[0], form, save_all=True, append_images=frames[1:], **options)
        assert load_image(content).getpixel((4, 4)) == (255, 0, 0), form


# Place of a mark stored in the top left corner, once the picture is upright: EXIF 2.3, tag 274.
@pytest.mark.parametrize(
    "orientation, corner",
    [(1, (0, 0)), (2, (0, 1)), (3, (1, 1)), (4, (1, 0)), (5, (0, 0)), (6, (0, 1)), (7, (1, 1)), (8, (1, 0))],
)
def test_a_rotated_picture_is_turned_upright(orientation: int, corner: tuple[int, int]):
    stored = np.zeros((2, 3, 3), dtype=np.uint8)
    stored[0, 0] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = load_image(encode(Image.fromarray(stored), exif=exif))
    assert upright.size == ((2, 3) if orientation > 4 else (3, 2))
    row, column = (index and size - 1 for index, size in zip(corner, upright.size[::-1], strict=True))
    assert upright.getpixel((column, row)) == (255, 255, 255)
    assert 0x0112 not in upright.getexif()


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_exif_does_not_spoil_the_pixels():
    assert same(load_image(encode(PICTURE, exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff")), PIXELS)


def test_every_kind_of_source_gives_the_same_pixels(tmp_path: Path):
    path = tmp_path / "picture.png"
    path.write_bytes(encode(PICTURE))
    sources = [
        path,
        str(path),
        path.read_bytes(),
        PICTURE,
        Image.open(path),
        PIXELS,
        {"bytes": path.read_bytes(), "path": None},
        bytearray(path.read_bytes()),
        {"bytes": bytearray(path.read_bytes())},
        {"bytes": None, "path": str(path)},
        {"path": "moved.png", "bytes": path.read_bytes()},
    ]
    assert all(same(load_image(source), PIXELS) for source in sources)


@pytest.mark.parametrize(
    "array, expected",
    [
        (PIXELS[:, :, 0], np.repeat(PIXELS[:, :, :1], 3, axis=2)),
        (PIXELS[:, :, :1], np.repeat(PIXELS[:, :, :1], 3, axis=2)),
        (PIXELS[::2, ::2], PIXELS[::2, ::2]),
        (PIXELS.astype(np.uint16) * 257, PIXELS),
        (PIXELS.astype(np.float32) / 255, PIXELS),
    ],
    ids=["grey", "one channel", "strided", "uint16", "floats"],
)
def test_arrays_become_rgb(array: np.ndarray, expected: np.ndarray):
    assert same(load_image(array), expected)


def test_the_result_shares_nothing_with_a_pillow_source():
    source = PICTURE.copy()
    load_image(source).putpixel((0, 0), (1, 2, 3))
    assert same(source, PIXELS)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_an_error(form: str, share: float):
    content = encode(PICTURE, form)
    with pytest.raises(ImageDecodingError, match=r"Cannot read picture 'half\.x': .*(truncated or damaged|header)"):
        load_image(content[: int(len(content) * share)], name="half.x")


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 1])
@pytest.mark.parametrize("mode", ["RGB", "P", "I;16", "F"])
def test_a_check_finds_what_loading_would(mode: str, share: float):
    picture = PICTURE if mode == "RGB" else PICTURE.convert("L" if mode in ("I;16", "F") else mode)
    form = "TIFF" if mode == "F" else "PNG"
    whole = encode(picture.convert(mode), form)
    content = whole[: int(len(whole) * share)]
    if share == 1 and mode != "F":
        load_image(content, name="half.x")
        check_image(content, name="half.x")
        return
    messages = []
    for read in (load_image, check_image):
        with pytest.raises(ImageDecodingError) as caught:
            read(content, name="half.x")
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_a_check_refuses_a_picture_over_the_limit():
    with pytest.raises(ImageDecodingError, match="exceed the limit of 599"):
        check_image(encode(PICTURE), name="large", max_pixels=599)


def test_pillows_switch_for_truncated_files_is_left_alone(monkeypatch: pytest.MonkeyPatch):
    for switch in (False, True):
        monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", switch)
        load_image(encode(PICTURE))
        assert ImageFile.LOAD_TRUNCATED_IMAGES is switch


def test_a_missing_file_is_named():
    with pytest.raises(ImageDecodingError, match=r"'nowhere/cat\.png': there is no file at nowhere/cat\.png"):
        load_image("nowhere/cat.png")


def test_a_folder_is_named(tmp_path: Path):
    with pytest.raises(ImageDecodingError, match="is a folder; give the path of one picture"):
        load_image(tmp_path)


def test_a_path_that_no_system_accepts_is_an_error():
    with pytest.raises(ImageDecodingError, match="cannot be opened"):
        load_image("a\0b.png")


def test_a_name_that_is_too_long_for_the_system_is_an_error():
    with pytest.raises(ImageDecodingError, match="cannot be opened"):
        load_image("a" * 300 + "/b.png")


def test_a_pipe_is_no_picture_and_is_not_waited_for(tmp_path: Path):
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    with pytest.raises(ImageDecodingError, match="is a pipe or a device"):
        load_image(pipe)


def test_a_folder_that_may_not_be_searched_is_an_error(monkeypatch: pytest.MonkeyPatch):
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", refuse)  # root may search every folder
    with pytest.raises(ImageDecodingError, match=r"cannot be opened .*Permission denied"):
        load_image("secret/b.png")


def test_a_zero_byte_file_is_named(tmp_path: Path):
    path = tmp_path / "empty.png"
    path.touch()
    with pytest.raises(ImageDecodingError, match=r"empty\.png': the file has zero bytes"):
        load_image(path)


@pytest.mark.parametrize("content", [b"not a picture", b"%!PS-Adobe-3.0 EPSF-3.0\n"], ids=["text", "PostScript"])
def test_other_files_are_not_pictures(content: bytes):
    with pytest.raises(ImageDecodingError, match="'given as bytes': it is not a PNG, JPEG"):
        load_image(content)


def test_a_picture_over_the_limit_is_refused():
    with pytest.raises(ImageDecodingError, match="30 x 20 pixels exceed the limit of 599"):
        load_image(encode(PICTURE), max_pixels=599)
    assert load_image(encode(PICTURE), max_pixels=600).size == (30, 20)


def test_a_decompression_bomb_is_refused_before_it_is_decoded():
    def chunk(body: bytes) -> bytes:
        return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))

    header = chunk(b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    with pytest.raises(ImageDecodingError, match="so many pixels that Pillow takes it for a bomb"):
        load_image(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT" + zlib.compress(b"")))


def test_a_mapping_without_content_is_refused():
    with pytest.raises(ImageDecodingError, match="'row 3': it has neither 'bytes' nor 'path'"):
        load_image({"bytes": None, "path": None}, name="row 3")


@pytest.mark.parametrize(
    "source, message",
    [
        ({"bytes": [137, 80]}, "'row 3': its 'bytes' are of type list"),
        ({"bytes": 99_999_999_999}, "'row 3': its 'bytes' are of type int"),
        ({"bytes": "PNG"}, "'row 3': its 'bytes' are of type str"),
        ({"path": ["0.png"]}, "'row 3': its 'path' is of type list"),
    ],
    ids=["list", "number", "text", "list as path"],
)
def test_a_mapping_of_other_kinds_is_refused(source: dict[str, object], message: str):
    with pytest.raises(ImageDecodingError, match=message):
        load_image(source, name="row 3")


@pytest.mark.parametrize(
    "array, message",
    [
        (np.zeros((3, 8, 8), dtype=np.uint8), r"its shape is \(3, 8, 8\); give \(height, width\)"),
        (np.zeros((0, 8, 3), dtype=np.uint8), "it has no pixels"),
        (np.zeros((8, 8), dtype=np.int32), "its values are int32"),
        (np.full((8, 8), 2.0), r"leave \[0, 1\]"),
        (np.full((8, 8), np.nan), "floats are nan"),
    ],
    ids=["channels first", "no rows", "integers of unknown range", "floats up to 255", "nan"],
)
def test_an_array_that_is_no_picture_is_refused(array: np.ndarray, message: str):
    with pytest.raises(ImageDecodingError, match=message):
        load_image(array)


@pytest.mark.parametrize(
    "picture, message",
    [
        (Image.new("F", (4, 4)), "floating-point pixels"),
        (Image.new("I", (4, 4), 70_000), "do not fit 16 bits"),
        (Image.new("La", (4, 4)), "mode La"),
    ],
    ids=["floats", "32 bits", "unknown colours"],
)
def test_pixels_without_a_meaning_in_rgb_are_refused(picture: Image.Image, message: str):
    with pytest.raises(ImageDecodingError, match=message):
        load_image(picture)


def test_another_kind_of_source_is_a_type_error():
    with pytest.raises(TypeError, match=r"`source` must be a path, bytes, .* got int"):
        load_image(3)  # type: ignore[arg-type]


def test_an_address_is_told_apart_from_a_missing_file():
    with pytest.raises(ImageDecodingError, match=r"pictures are not fetched from the web; download it"):
        load_image("https://example.com/cat.png")
