import io

import numpy as np
import pytest
from PIL import Image

from evalmuse_hf.meta_evaluation.studies.flickr8k_data import CAPTIONS_FILE, EXPERTS_FILE, read_flickr8k


def test_pictures_captions_and_judgements_are_read(flickr):
    assert flickr.names[:2] == ("0.jpg", "1.jpg")
    assert flickr.captions[:2] == ("A red rabbit .", "The rabbit is red .")
    assert flickr.captions_of[1] == (3, 4, 5)
    rated = flickr.rated
    assert rated.pictures.tolist() == [0, 0, 0, 0]
    assert rated.captions.tolist() == [2, 3, 4, 0]
    assert rated.ratings[0].tolist() == [4, 4, 3]
    assert rated.own.tolist() == [True, False, False, True]
    assert rated.mean.tolist() == pytest.approx([11 / 3, 4 / 3, 5 / 3, 11 / 3])


def test_no_judged_picture_is_trained_on_and_none_that_lends_a_judged_caption(flickr):
    assert flickr.judged == {"0.jpg", "1.jpg", "2.jpg"}
    assert flickr.training_pictures.tolist() == list(range(3, 24))
    assert not set(flickr.training_pictures) & set(flickr.rated.pictures)
    trained = {caption for picture in flickr.training_pictures for caption in flickr.captions_of[picture]}
    assert not trained & set(flickr.rated.captions.tolist())


def test_in_use_is_what_is_trained_on_or_judged(flickr):
    assert flickr.pictures_in_use.tolist() == [0, *range(3, 24)]
    assert flickr.captions_in_use.tolist() == [0, 2, 3, 4, *range(9, 72)]


def test_a_picture_without_captions_is_not_trained_on(flickr_folder):
    path = flickr_folder / CAPTIONS_FILE
    path.write_text("".join(line for line in path.read_text().splitlines(True) if not line.startswith("5.jpg")))
    assert 5 not in read_flickr8k(flickr_folder).training_pictures


def test_a_short_run_keeps_the_first_of_each(flickr):
    short = flickr.shorten(n_training=4, n_rated=3)
    assert short.training_pictures.tolist() == [3, 4, 5, 6]
    assert short.rated.captions.tolist() == [2, 3, 4]
    assert short.captions == flickr.captions


def test_pictures_come_as_bytes_of_the_table_or_as_paths_of_a_folder(flickr, flickr_folder):
    (stored,) = flickr.read_pictures([1])
    assert Image.open(io.BytesIO(stored)).getpixel((0, 0)) == (0, 128, 0)
    (flickr_folder / "images.parquet").unlink()
    folder = flickr_folder / "Flicker8k_Dataset"
    folder.mkdir()
    for number in range(24):
        (folder / f"{number}.jpg").write_bytes(stored)
    again = read_flickr8k(flickr_folder)
    assert set(again.names) == set(flickr.names)
    assert again.read_pictures([0]) == [folder / again.names[0]]


def test_captions_of_absent_pictures_are_left_out(flickr_folder, flickr):
    with (flickr_folder / CAPTIONS_FILE).open("a", encoding="utf-8") as file:
        file.write("gone.jpg.1#0\tA red cat .\n")
    assert read_flickr8k(flickr_folder).captions == flickr.captions


@pytest.mark.parametrize(
    "name, text, message",
    [
        (CAPTIONS_FILE, "0.jpg\tA cat .\n", "has the key '0.jpg'; expected PICTURE#NUMBER"),
        (CAPTIONS_FILE, "0.jpg#0 A cat .\n", "has 1 fields, expected 2"),
        (
            EXPERTS_FILE,
            "0.jpg\t9.jpg#7\t1\t1\t1\n",
            "of which there is no picture or caption",
        ),
        (EXPERTS_FILE, "0.jpg\t0.jpg#1\t1\t1\t5\n", "has the ratings .* expected 1 to 4"),
    ],
    ids=["no number", "no tab", "unknown caption", "off the scale"],
)
def test_a_line_of_another_form_is_refused(flickr_folder, name, text, message):
    (flickr_folder / name).write_text(text, "utf-8")
    with pytest.raises(ValueError, match=f"Line 1 of .*{message}"):
        read_flickr8k(flickr_folder)


def test_a_missing_file_is_named(flickr_folder):
    (flickr_folder / "CrowdFlowerAnnotations.txt").unlink()
    with pytest.raises(ValueError, match=r"no file .*CrowdFlowerAnnotations\.txt; give a folder with the files of"):
        read_flickr8k(flickr_folder)


def test_a_folder_without_pictures_is_refused(flickr_folder):
    (flickr_folder / "images.parquet").unlink()
    with pytest.raises(ValueError, match=r"no pictures in .*; expected a Parquet file or a folder Flicker8k_Dataset"):
        read_flickr8k(flickr_folder)


def test_positions_are_whole_numbers(flickr):
    assert flickr.caption_pictures.dtype == flickr.training_pictures.dtype == np.int64
