import hashlib

import pytest

from evalmuse_hf.data import ReleaseError
from evalmuse_hf.data.groups import check_group
from evalmuse_hf.data.raw_release import open_release
from evalmuse_hf.data.scan import scan_splits, split_sources


@pytest.fixture
def scanned(raw, tmp_path):
    return scan_splits(split_sources(open_release(raw, scratch=tmp_path)))["train"]


def test_the_pictures_of_a_prompt_are_decoded_and_hashed(scanned, raw):
    checked = check_group(scanned.source, scanned.groups[0])
    content = (raw / "images" / "SDXL" / "00001.png").read_bytes()
    rows = list(checked.rows("pairs"))
    assert rows[0]["image"]["bytes"] == content
    assert rows[0]["content_hash"] == hashlib.sha256(content).hexdigest()
    assert [row["prompt_variance"] for row in rows] == [2.0, 2.0]
    assert checked.problems == ()


def test_every_configuration_has_rows_of_the_same_pairs(scanned):
    checked = check_group(scanned.source, scanned.groups[0])
    assert [row["n_pairs"] for row in checked.rows("prompts")] == [2]
    assert {row["image_path"] for row in checked.rows("ratings")} == {"SDXL/00001.png", "Turbo/00001.png"}


def test_a_picture_that_is_gone_since_the_scan_drops_its_record(scanned, raw):
    (raw / "images" / "SDXL" / "00001.png").unlink()
    checked = check_group(scanned.source, scanned.groups[0])
    assert [problem.reason for problem in checked.problems] == ["missing_picture"]
    assert len(checked.pairs) == 1


def test_records_that_change_under_the_build_end_it(scanned, raw):
    text = (raw / "train_list.json").read_text("utf-8").replace('"prompt": "Two', '"prompX": "Two')
    (raw / "train_list.json").write_text(text, "utf-8")
    with pytest.raises(ReleaseError, match="record 0, has changed while it was read"):
        check_group(scanned.source, scanned.groups[0])
