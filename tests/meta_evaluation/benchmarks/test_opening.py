import json

import pytest

from evalmuse_hf.meta_evaluation import open_rated_data
from evalmuse_hf.meta_evaluation.benchmarks import KINDS, recognise_kind


@pytest.fixture
def files(tmp_path, write_csv, write_tifa, tifa_records, dsg_folder, genai_records, agiqa_rows):
    """A data set of each kind that has a file of its own, in a folder of its own."""
    genai = tmp_path / "genai" / "genai_image.json"
    genai.parent.mkdir()
    genai.write_text(json.dumps(genai_records))
    means = tmp_path / "means.jsonl"
    elements = {"a cat (animal)": 1.0}
    means.write_text(
        json.dumps(
            {
                **{"img_path": "A/1.png", "prompt_id": "1", "model": "A", "total_score_mean": 4.0},
                "element_score_mean": elements,
            }
        )
    )
    rich = {"filename": "test/1.png", "prompt": "a", "misalignment_score": 0.5}
    return {
        "tifa160": write_tifa(tifa_records).rename(tmp_path / "tifa.json"),
        "genai_bench": genai,
        "dsg": dsg_folder / "tifa160-likert-anns.csv",
        "agiqa3k": write_csv(tmp_path / "agiqa" / "data.csv", agiqa_rows),
        "richhf": write_csv(tmp_path / "rich.csv", [rich]),
        "evalmuse_means": means,
        "csv": write_csv(tmp_path / "own.csv", [{"image": "1.png", "prompt": "a", "rating": 4}]),
    }


def test_every_kind_is_recognised_by_its_content_and_opened(files):
    assert {*files, "evalmuse"} == {*KINDS}
    for kind, path in files.items():
        assert recognise_kind(path) == kind
        rated = open_rated_data(path)
        assert rated.rows
        assert rated.facts.name == (kind if kind != "csv" else "own")


def test_folders_are_recognised_by_what_is_in_them(files):
    assert recognise_kind(files["genai_bench"].parent) == "genai_bench"
    assert recognise_kind(files["agiqa3k"].parent) == "agiqa3k"
    assert recognise_kind(files["dsg"].parent) == "dsg"
    assert len(open_rated_data(files["agiqa3k"].parent).rows) == 2


def test_a_folder_with_two_data_sets_asks_which(files):
    folder = files["dsg"].parent
    files["tifa160"].rename(folder / "human_annotations_with_scores.json")
    with pytest.raises(ValueError, match="holds data sets of the kinds dsg and tifa160; name the one you mean"):
        recognise_kind(folder)
    assert len(open_rated_data(folder, "tifa160").rows) == 4


def test_what_nothing_tells_is_refused_with_the_kinds(tmp_path, write_csv):
    path = write_csv(tmp_path / "numbers.csv", [{"x": 1, "y": 2}])
    with pytest.raises(ValueError, match=r"Cannot tell what .*numbers.csv' is; name its kind, one of evalmuse, "):
        open_rated_data(path)
    (tmp_path / "list.json").write_text("[1]")
    with pytest.raises(ValueError, match="Cannot tell what"):
        open_rated_data(tmp_path / "list.json")
    (tmp_path / "cut.json").write_text('{"a": ')
    with pytest.raises(ValueError, match="Cannot tell what"):
        open_rated_data(tmp_path / "cut.json")


def test_an_unknown_kind_is_refused(files):
    with pytest.raises(ValueError, match="There is no kind of data set 'tifa'; choose one of evalmuse, "):
        open_rated_data(files["tifa160"], "tifa")


def test_a_path_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"There is nothing at .*; give the file or folder of the tifa160 data set"):
        open_rated_data(tmp_path / "nowhere", "tifa160")
    with pytest.raises(ValueError, match="No data set at"):
        open_rated_data(tmp_path / "nowhere")


def test_options_reach_the_reader_and_others_are_refused(files):
    assert open_rated_data(files["csv"], scale=(0, 10)).facts.rating_scale == (0, 10)
    assert open_rated_data(files["agiqa3k"], rating="quality").rows[0]["overall_score"] == 1.5
    with pytest.raises(ValueError, match=r"kind 'tifa160' do not take that option: .*'scale'"):
        open_rated_data(files["tifa160"], scale=(0, 10))


def test_a_folder_of_pairs_is_left_to_the_loader(tmp_path):
    assert recognise_kind(tmp_path) == "evalmuse"
    assert recognise_kind("owner/evalmuse-40k") == "evalmuse"
    with pytest.raises(ValueError, match="neither a built data set"):
        open_rated_data(tmp_path)
