import pytest

from evalmuse_hf.meta_evaluation.benchmarks.agiqa import read_agiqa


def test_alignment_is_read_and_pictures_of_one_prompt_share_it(agiqa_rows, tmp_path, write_csv):
    agiqa_rows[1]["prompt"] = "A kite,  anime style"
    rated = read_agiqa(write_csv(tmp_path / "data.csv", agiqa_rows).parent)
    assert [row["overall_score"] for row in rated.rows] == [2.5, 4.25]
    assert [row["generator"] for row in rated.rows] == ["sd1.5_lowstep", "DALLE2_normal"]
    assert len({row["prompt_id"] for row in rated.rows}) == 1
    assert rated.facts.notes == ()


def test_quality_is_said_to_be_no_alignment(agiqa_rows, tmp_path, write_csv):
    rated = read_agiqa(write_csv(tmp_path / "data.csv", agiqa_rows), rating="quality")
    assert [row["overall_score"] for row in rated.rows] == [1.5, 1.5]
    assert rated.facts.notes == ("The ratings are of quality, not of alignment with the prompt.",)


def test_a_picture_without_a_number_has_no_known_generator(agiqa_rows, tmp_path, write_csv):
    agiqa_rows[0]["name"] = "cover.jpg"
    rated = read_agiqa(write_csv(tmp_path / "data.csv", agiqa_rows))
    assert rated.rows[0]["generator"] == "unknown"
    assert "unknown (1)" in rated.facts.notes[0]


def test_bad_tables_are_refused(agiqa_rows, tmp_path, write_csv):
    path = write_csv(tmp_path / "data.csv", [*agiqa_rows, agiqa_rows[0]])
    with pytest.raises(ValueError, match=r"has picture 'sd1.5_lowstep_000.jpg' twice"):
        read_agiqa(path)
    agiqa_rows[1]["mos_align"] = -1
    path = write_csv(tmp_path / "data.csv", agiqa_rows)
    with pytest.raises(
        ValueError, match=r"`mos_align` of picture 'DALLE2_normal_000.jpg' is '-1', off the scale of 0"
    ):
        read_agiqa(path)
    with pytest.raises(ValueError, match="expected 'align' or 'quality'"):
        read_agiqa(path, rating="beauty")
