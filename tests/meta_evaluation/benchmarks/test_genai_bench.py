import json

import pytest

from evalmuse_hf.meta_evaluation.benchmarks.genai_bench import read_genai_bench


@pytest.fixture
def write(tmp_path):
    def write(records):
        path = tmp_path / "genai_image.json"
        path.write_text(json.dumps(records))
        return path

    return write


def test_every_generator_of_a_prompt_is_a_picture(genai_records, write):
    rated = read_genai_bench(write(genai_records).parent)
    assert [row["image_path"] for row in rated.rows] == ["DALLE_3/00007.jpeg", "SDXL_Base/00007.jpeg"]
    assert {row["prompt_id"] for row in rated.rows} == {"00007"}
    assert rated.rows[1]["overall_ratings"] == [1, 2, 3]
    assert rated.rows[1]["overall_score"] == 2.0


def test_a_rating_off_the_scale_is_left_out_and_its_picture_named(genai_records, write):
    genai_records["00007"]["models"]["DALLE_3"] = [5, 41, 4]
    rated = read_genai_bench(write(genai_records))
    assert rated.rows[0]["overall_score"] == 4.5
    assert rated.facts.notes[-1] == "1 rating is off the scale and left out: 41 for DALLE_3/00007.jpeg."


def test_a_new_generator_is_kept_and_named(genai_records, write):
    genai_records["00007"]["models"]["Newest"] = [5, 5, 5]
    rated = read_genai_bench(write(genai_records))
    assert len(rated.rows) == 3
    assert "not published with this data set: Newest (1)" in rated.facts.notes[-1]


def test_what_is_not_of_this_form_is_refused(genai_records, write):
    genai_records["00007"]["models"] = {"DALLE_3": 5}
    with pytest.raises(ValueError, match="prompt '00007': expected a list of ratings for each generator"):
        read_genai_bench(write(genai_records))
    with pytest.raises(ValueError, match="'00007', lacks the field 'models'"):
        read_genai_bench(write({"00007": {"prompt": "a"}}))
