import datasets
import pytest

import evalmuse_hf.data
from evalmuse_hf.meta_evaluation.evaluation_report.picture_files import pictures_in_dataset, pictures_in_folder


def test_pictures_of_a_folder_are_found_by_their_path_and_never_outside_of_it(tmp_path):
    (tmp_path / "images" / "A").mkdir(parents=True)
    (tmp_path / "images" / "A" / "1.png").write_bytes(b"picture")
    (tmp_path / "secret.png").write_bytes(b"secret")
    read = pictures_in_folder(tmp_path / "images")
    assert read("A/1.png") == b"picture"
    assert read("A/2.png") is None
    assert read("../secret.png") is None
    assert read(str(tmp_path / "secret.png")) is None


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(ValueError, match=r"There is no folder .*absent'; give the one that holds the pictures"):
        pictures_in_folder(tmp_path / "absent")


def test_pictures_of_a_data_set_are_its_bytes_or_its_files(tmp_path, monkeypatch):
    (tmp_path / "2.png").write_bytes(b"on disk")
    rows = [
        {"image_path": "A/1.png", "image": {"bytes": b"embedded", "path": None}},
        {"image_path": "A/2.png", "image": {"bytes": None, "path": str(tmp_path / "2.png")}},
        {"image_path": "A/3.png", "image": None},
    ]
    features = datasets.Features({"image_path": datasets.Value("string"), "image": datasets.Image(decode=False)})
    table = datasets.Dataset.from_list(rows, features=features)
    monkeypatch.setattr(evalmuse_hf.data, "load_pairs", lambda name, split: table)
    read = pictures_in_dataset("set", "test")
    assert [read(f"A/{number}.png") for number in range(1, 5)] == [b"embedded", b"on disk", None, None]
