import hashlib
import io
import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from evalmuse_hf.data.build import build_dataset
from evalmuse_hf.data.health import check_dataset
from evalmuse_hf.mini import write_release
from evalmuse_hf.schema import pair_features


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A drawn release with one defect, built."""
    folder = tmp_path_factory.mktemp("health")
    write_release(folder / "raw", train_prompts=3, test_prompts=2, seed=0)
    path = folder / "raw" / "train_list.json"
    records = json.loads(path.read_text("utf-8"))
    records[0]["total_score"] = [7, 1, 1]
    path.write_text(json.dumps(records), "utf-8")
    build_dataset(folder / "raw", folder / "out", num_proc=1)
    return folder / "out"


@pytest.fixture
def copy(built, tmp_path):
    return shutil.copytree(built, tmp_path / "out")


def picture(color):
    out = io.BytesIO()
    Image.new("RGB", (4, 4), color).save(out, format="PNG")
    return out.getvalue()


def row(**fields):
    content = fields.pop("content", picture("red"))
    element = {
        "text": "cat",
        "category": "animal/human",
        "raw_category": "animal",
        "ratings": [1, 0, 1],
        "score": 2 / 3,
    }
    return {
        **dict.fromkeys(pair_features()),
        **{"image": {"bytes": content, "path": None}, "content_hash": hashlib.sha256(content or b"").hexdigest()},
        **{"image_path": "A/1.png", "prompt_id": "1", "prompt": "a cat", "generator": "A", "elements": [element]},
        **{"overall_ratings": [1, 2, 3], "overall_score": 2.0},
        **fields,
    }


@pytest.fixture
def write(tmp_path):
    def write(name, *rows):
        path = tmp_path / "own" / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(list(rows), schema=pair_features().arrow_schema), path)
        return tmp_path / "own"

    return write


def check(folder, **options):
    return check_dataset(folder, n_resamples=0, **options).as_json()


def test_a_build_is_accounted_for_from_records_to_rows(built):
    report = check(built)
    stages = {stage["stage"]: (stage["in"], stage["out"]) for stage in report["build"]["stages"]}
    assert stages["records"] == (25, 24)
    assert report["build"]["dropped"] == {"bad_total_score": 1}
    assert report["build"]["problems"][0]["row"] == 0
    assert (report["files"]["rows"], report["files"]["problems"]) == (24, [])
    assert list(report["splits"]) == ["train", "test"]
    assert report["splits"]["train"]["pairs"] == 14
    assert report["leakage"]["prompts"] == 0
    assert report["elements"]["statuses"]["ok"] == report["elements"]["n"]
    assert report["data"] == {"name": "out", "kind": "built"}


def test_the_report_fits_json_and_says_the_same_twice(built):
    text = json.dumps(check(built), allow_nan=False)
    assert json.loads(text)["format"] == 1
    assert json.dumps(check(built), allow_nan=False) == text


def test_pictures_are_decoded_only_if_asked(built):
    unseen = check(built)["pictures"]
    assert (unseen["decoded"], unseen["status"]) == (
        None,
        "pictures were not decoded again; ask for it with --pictures",
    )
    assert check(built, pictures=True)["pictures"] == {
        **{"decoded": 24, "undecodable": 0, "changed": 0, "problems": [], "status": "ok"}
    }


def test_a_bar_is_shown_only_if_asked(built, capsys, monkeypatch):
    monkeypatch.setattr("evalmuse_hf.data.health._PROGRESS_DELAY_S", 0)
    check(built)
    assert capsys.readouterr().err == ""
    check(built, progress=True)
    assert "24/24" in capsys.readouterr().err


def test_broken_and_changed_pictures_are_named(write):
    whole = picture("blue")
    folder = write(
        "train-00000-of-00001.parquet",
        row(),
        row(image_path="A/2.png", content=whole[:40]),
        row(image_path="A/3.png", content_hash="0" * 64),
        row(image_path="A/4.png", image=None, content_hash=None),
    )
    found = check(folder, pictures=True)["pictures"]
    assert (found["decoded"], found["undecodable"], found["changed"]) == (2, 2, 1)
    named = zip(("A/2.png", "A/3.png", "A/4.png"), found["problems"], strict=True)
    assert all(name in problem for name, problem in named)
    assert "not the one whose content hash" in found["problems"][1]


def test_leaks_and_duplicates_across_splits_and_folds_are_counted(write):
    write("train-fold0-00000-of-00001.parquet", row())
    write("train-fold1-00000-of-00001.parquet", row(prompt="A  cat", image_path="A/2.png"))
    folder = write("dev-00000-of-00001.parquet", row(prompt="a dog", prompt_id="2", content=picture("blue")))
    report = check(folder)
    assert list(report["splits"]) == ["train-fold0", "train-fold1", "dev"]
    assert (report["leakage"]["prompts"], report["duplicates"]["across_parts"]) == (1, 1)


def test_a_folder_without_a_record_of_its_build_is_read_all_the_same(write):
    build = check(write("train-00000-of-00001.parquet", row()))["build"]
    assert (build["stages"], build["dropped"]) == (None, None)
    assert build["status"] == "the folder has no build.json"


def test_a_missing_shard_is_noticed_by_the_names_of_the_others(write):
    problems = check(write("train-00000-of-00002.parquet", row()))["files"]["problems"]
    assert problems == ["data/train-00001-of-00002.parquet is missing"]


def test_files_are_compared_with_what_the_build_wrote_down(copy):
    (copy / "ratings" / "train-00000-of-00001.parquet").unlink()
    with (copy / "prompts" / "train-00000-of-00001.parquet").open("ab") as file:
        file.write(b"x")
    problems = check(copy)["files"]["problems"]
    assert "ratings/train-00000-of-00001.parquet is missing" in problems
    assert any("prompts/train-00000-of-00001.parquet is not the file that the build wrote" in one for one in problems)


@pytest.mark.parametrize("content", ["{", "[]", '{"splits": {}}', '{"splits": {"train": 1}, "files": {}}'])
def test_a_damaged_record_of_the_build_is_refused(copy, content):
    (copy / "build.json").write_text(content)
    with pytest.raises(ValueError, match=r"build.json (is not JSON|lacks what a build writes there).* again"):
        check(copy)


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_what_is_no_data_set_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="is not a built data set"):
        check(tmp_path / name)


def test_a_broken_file_is_refused_by_name(copy):
    path = copy / "data" / "test-00000-of-00001.parquet"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match=r"test-00000-of-00001.parquet is not a readable Parquet file"):
        check(copy)


def test_a_file_of_other_columns_is_refused(write):
    folder = write("train-00000-of-00001.parquet", row())
    path = folder / "data" / "train-00000-of-00001.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["elements"]), path)
    with pytest.raises(ValueError, match="has no column 'elements'"):
        check(folder)


def test_a_column_of_another_type_is_refused(write):
    folder = write("train-00000-of-00001.parquet", row())
    path = folder / "data" / "train-00000-of-00001.parquet"
    table = pq.read_table(path)
    place = table.column_names.index("overall_score")
    pq.write_table(table.set_column(place, "overall_score", pa.array(["high"])), path)
    with pytest.raises(ValueError, match="does not hold the columns of the `pairs` configuration as they should be"):
        check(folder)


def test_published_means_give_what_means_can_give(tmp_path):
    path = tmp_path / "means.jsonl"
    record = {"prompt_id": "1", "model": "A", "element_score_mean": {"cat (animal)": 0.5}}
    lines = [{**record, "img_path": f"A/{row}.png", "total_score_mean": row + 1.0} for row in range(3)]
    path.write_text("\n".join(map(json.dumps, lines)))
    report = check(path)
    assert report["data"]["kind"] == "published means"
    assert report["generator_scores"]["A"]["real"]["value"] == 2.0
    for part in ("build", "pictures", "duplicates", "leakage", "elements", "first_three"):
        assert report[part]["status"] != "ok"


def test_a_list_without_rows_is_refused(tmp_path):
    (tmp_path / "means.jsonl").write_text("\n")
    with pytest.raises(ValueError, match="holds no rows"):
        check(tmp_path / "means.jsonl")


def test_the_report_can_be_read_as_text_and_as_a_page(built, tmp_path):
    report = check_dataset(built, n_resamples=0)
    report.write_page(tmp_path / "new" / "health.html")
    assert "Health of out" in (tmp_path / "new" / "health.html").read_text("utf-8")
    assert report.as_text().startswith("Health of out")
