import gc
import json
import re

import pytest
from PIL import Image

import evalmuse_hf.meta_evaluation
from evalmuse_hf.cli.main import main
from evalmuse_hf.meta_evaluation.rated_data import DataFacts, RatedData
from evalmuse_hf.scoring import Scores, write_scores

FACTS = DataFacts(
    name="own", title="Own ratings", source="here", rating_scale=(1, 5), aggregation="mean", element_ratings=True
)


@pytest.fixture
def pairs(monkeypatch):
    """Four rated pairs behind `open_rated_data`, which has its own tests; one scorer came with them."""
    elements = [{"text": "red", "category": "color", "score": 1.0}]
    rows = [
        {"image_path": f"A/{index}.png", "prompt_id": "1", "prompt": "a red cat", "generator": "A",
         "overall_score": float(index), "elements": elements}
        for index in range(1, 5)
    ]  # fmt: skip
    shipped = tuple({"image_path": row["image_path"], "overall_score": row["overall_score"] ** 2} for row in rows)

    def open_rated_data(path, kind=None, split="test"):
        assert (path, kind) in {("set", None), ("set", "csv")}
        return RatedData(facts=FACTS, rows=tuple(rows), scores={"clip": shipped})

    monkeypatch.setattr(evalmuse_hf.meta_evaluation, "open_rated_data", open_rated_data)
    return rows


@pytest.fixture
def scores(tmp_path):
    rows = [
        {"image": f"A/{index}.png", "overall_score": 5.0 - index / 2, "status": "ok", "message": None,
         "elements": [{"text": "red", "category": "color", "score": 0.75, "status": "ok"}]}
        for index in range(1, 4)
    ]  # fmt: skip
    write_scores(Scores(rows, {"scorer": "tiny"}), tmp_path / "scores.parquet")
    return tmp_path / "scores.parquet"


def test_the_record_is_one_json_object(pairs, scores, capsys):
    assert main(["evaluate", str(scores), "--dataset", "set", "--split", "train", "--n-resamples", "0", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["format"] == 1
    assert record["overall"]["srcc"]["value"] == -1.0
    assert (record["dataset"], record["split"], record["provenance"]["scorer"]) == ("set", "train", "tiny")


def test_the_table_shows_coverage_figures_and_what_is_missing(pairs, scores, capsys):
    assert main(["evaluate", str(scores), "--dataset", "set", "--n-resamples", "0"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "pairs  3 scored of 4 rated (75.0%)"
    assert lines[1].strip() == "1 missing, such as A/4.png"
    assert any(line.startswith("SRCC ") and "-1.000  n = 3" in line for line in lines)
    assert any(line.startswith("balanced accuracy") and "no reference says no" in line for line in lines)


def test_a_file_of_another_program_is_joined_by_its_key(pairs, tmp_path, capsys):
    path = tmp_path / "hpsv3.csv"
    path.write_text("file,loss\nraw/A/1.png,9\nraw/A/2.png,7\nraw/A/3.png,\nraw/A/4.png,1\nB/1.png,2\n")
    words = ["evaluate", str(path), "--dataset", "set", "--n-resamples", "0", "--json", "--key-column", "file"]
    assert main([*words, "--score-column", "loss", "--lower-is-better"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["overall"]["srcc"]["value"] == 1.0
    assert (record["coverage"]["scored"], record["join"]["unknown"]["first"]) == (3, ["B/1.png"])
    assert record["statuses"] == {"ok": 3, "not_scored": 1}
    assert record["overall"]["rmse"]["status"] == "scores are not on the ratings' scale of 1 to 5"
    assert record["provenance"]["foreign"]["lower_is_better"]
    assert main([*words, "--score-column", "gain"]) == 2
    assert "has no column 'gain'; name one of file, loss" in capsys.readouterr().err


def test_a_missing_file_of_scores_is_one_sentence_and_status_2(pairs, tmp_path, capsys):
    assert main(["evaluate", str(tmp_path / "absent.parquet"), "--dataset", "set"]) == 2
    assert "There are no scores at" in capsys.readouterr().err


def test_scores_of_another_data_set_are_one_sentence_and_status_2(pairs, scores, capsys):
    pairs[:] = [{**pair, "image_path": f"B/{pair['image_path']}"} for pair in pairs]
    assert main(["evaluate", str(scores), "--dataset", "set"]) == 2
    captured = capsys.readouterr().err
    assert "None of the 3 scores belongs to one of the 4 pairs" in captured
    assert captured.count("\n") == 1


def test_the_table_shows_accuracy_twice_and_warns_of_what_is_little(pairs, scores, capsys):
    assert main(["evaluate", str(scores), "--dataset", "set", "--n-resamples", "0"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^element accuracy +1\.000  n = 3$", out, re.MULTILINE)
    assert re.search(r"^  unscored counted as wrong +0\.750  n = 4$", out, re.MULTILINE)
    assert "NOTE: All pictures are of one prompt." in out


def test_what_is_trivial_stands_beside_the_scorer(pairs, scores, capsys):
    pairs += [
        {**pair, "image_path": pair["image_path"].replace("A", "B"), "prompt_id": "2", "generator": "B"}
        for pair in pairs
    ]
    rows = [{"image": pair["image_path"], "overall_score": 3.0, "status": "ok", "elements": []} for pair in pairs]
    write_scores(Scores(rows, {"scorer": "tiny"}), scores)
    assert main(["evaluate", str(scores), "--dataset", "set", "--n-resamples", "0"]) == 0
    assert "beside it\n  SRCC of knowing the prompt only" in capsys.readouterr().out
    assert main(["evaluate", str(scores), "--dataset", "set", "--n-resamples", "0", "--quick"]) == 0
    assert "beside it" not in capsys.readouterr().out


def test_scores_that_came_with_the_data_set_are_judged_by_name(pairs, capsys):
    words = ["evaluate", "--dataset", "set", "--kind", "csv", "--n-resamples", "0"]
    assert main([*words, "--shipped", "clip", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["overall"]["srcc"]["value"] == 1.0
    assert record["provenance"] == {"scorer": "clip", "shipped_with": "own"}
    assert record["data"]["title"] == "Own ratings"
    assert main([*words, "--shipped", "blip"]) == 2
    assert "set came without scores named 'blip'; it has clip." in capsys.readouterr().err
    assert main(words) == 2
    assert "Give either a file of scores, or --shipped NAME" in capsys.readouterr().err


def test_page_and_record_are_written_beside_what_is_printed(pairs, scores, tmp_path, capsys):
    page, kept = tmp_path / "out" / "report.html", tmp_path / "out" / "record.json"
    words = ["evaluate", str(scores), "--dataset", "set", "--n-resamples", "0", "--quick"]
    assert main([*words, "--html", str(page), "--record", str(kept), "--markdown"]) == 0
    assert capsys.readouterr().out.startswith("# How well does tiny agree with people?")
    assert "<h1>How well does tiny agree with people?</h1>" in page.read_text()
    assert json.loads(kept.read_text())["dataset"] == "set"
    assert main([*words, "--text"]) == 0
    assert capsys.readouterr().out.startswith("How well does tiny agree with people?\n")


def test_pictures_of_a_folder_come_onto_the_page(pairs, scores, tmp_path, capsys):
    (tmp_path / "A").mkdir()
    for number in range(1, 5):
        Image.new("RGB", (8, 8), "red").save(tmp_path / "A" / f"{number}.png")
    page = tmp_path / "report.html"
    words = ["evaluate", str(scores), "--dataset", "set", "--n-resamples", "0", "--quick", "--html", str(page)]
    assert main([*words, "--pictures", str(tmp_path)]) == 0
    assert "data:image/jpeg;base64," in page.read_text()
    assert main([*words, "--pictures", str(tmp_path / "absent")]) == 2
    assert "There is no folder" in capsys.readouterr().err


def test_what_a_caller_took_out_of_the_search_for_garbage_stays_out(pairs, scores):
    gc.freeze()
    assert main(["evaluate", str(scores), "--dataset", "set", "--n-resamples", "0"]) == 0
    assert gc.get_freeze_count() > 0


@pytest.mark.parametrize("cell", ["", "nan"])
def test_scores_of_which_none_is_a_number_are_one_sentence_and_status_2(pairs, tmp_path, capsys, cell):
    path = tmp_path / "allnan.csv"
    path.write_text("file,mu\n" + "".join(f"A/{index}.png,{cell}\n" for index in range(1, 5)))
    words = ["evaluate", str(path), "--dataset", "set", "--score-column", "mu", "--key-column", "file"]
    assert main(words) == 2
    captured = capsys.readouterr().err
    assert captured.count("\n") == 1
    assert "None of the 4 rated pictures has a score: all that" in captured
    assert "allnan.csv gives in column 'mu' is empty, nan or infinite." in captured


def test_element_scores_alone_can_be_judged(pairs, tmp_path, capsys):
    rows = [
        {"image": f"A/{index}.png", "overall_score": None, "status": "ok",
         "elements": [{"text": "red", "category": "color", "score": 0.75, "status": "ok"}]}
        for index in range(1, 5)
    ]  # fmt: skip
    write_scores(Scores(rows, {"scorer": "tiny"}), tmp_path / "scores.jsonl")
    assert main(["evaluate", str(tmp_path / "scores.jsonl"), "--dataset", "set", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["elements"]["micro"]["value"] == 1.0
    assert {record[part]["srcc"]["status"] for part in ("overall", "within_prompt", "between_prompt")} == {"no rows"}


def test_categories_stand_under_the_accuracy_that_they_are_of(pairs, scores, capsys):
    assert main(["evaluate", str(scores), "--dataset", "set", "--n-resamples", "0", "--quick"]) == 0
    names = [line.split("  ")[0 if line[0] != " " else 1] for line in capsys.readouterr().out.splitlines() if line]
    start = names.index("element accuracy")
    assert names[start : start + 4] == ["element accuracy", "unscored counted as wrong", "color", "balanced accuracy"]


def test_a_scorer_without_element_scores_takes_one_line_and_no_note(pairs, capsys):
    assert main(["evaluate", "--shipped", "clip", "--dataset", "set", "--n-resamples", "0"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^element accuracy +-  \(no element scores given\)$", out, re.MULTILINE)
    assert not re.search("counted as wrong|color|balanced accuracy|Categories", out)


def test_statistics_do_not_warn_before_the_answer_unless_asked(pairs, scores, caplog):
    words = ["evaluate", str(scores), "--dataset", "set", "--n-resamples", "20"]
    assert main(words) == 0
    assert not [one for one in caplog.records if one.name.startswith("evalmuse_hf.stats")]
    assert main([*words, "--verbose"]) == 0
    assert [one for one in caplog.records if one.name.startswith("evalmuse_hf.stats")]


def test_ratings_of_another_scale_are_judged_with_the_scale_named(tmp_path, capsys):
    ratings, scored = tmp_path / "ratings.csv", tmp_path / "scores.csv"
    ratings.write_text(
        "image,prompt,rating,generator\n" + "".join(f"{n}.png,cat {n // 3},{10 * n},\n" for n in range(9))
    )
    scored.write_text("image,mu\n" + "".join(f"{n}.png,{n}\n" for n in range(9)))
    words = [
        "evaluate",
        str(scored),
        "--score-column",
        "mu",
        "--dataset",
        str(ratings),
        "--n-resamples",
        "0",
        "--json",
    ]
    assert main([*words, "--scale", "0", "100"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["data"]["rating_scale"] == [0.0, 100.0]
    assert record["overall"]["srcc"]["value"] == pytest.approx(1.0)
    for entry in (record["pairwise"]["generator"], record["system"]["srcc"], record["references"]["both"]["srcc"]):
        assert (entry["value"], entry["status"]) == (None, "no generators named")
    assert main(words) == 2
    assert "off the scale of 1 to 5; correct it, or name the scale of the ratings (`--scale LOW HIGH`" in (
        capsys.readouterr().err
    )
    assert main([*words, "--scale", "5", "1"]) == 2
    assert "--scale is 5 1, expected the lowest and then the highest rating" in capsys.readouterr().err


def test_a_plain_table_with_an_overall_score_needs_no_options(pairs, tmp_path, capsys):
    (tmp_path / "plain.csv").write_text(
        "image_path,overall_score\n" + "".join(f"A/{i}.png,{i}\n" for i in range(1, 5))
    )
    arguments = ["--dataset", "set", "--n-resamples", "0", "--json"]
    assert main(["evaluate", str(tmp_path / "plain.csv"), *arguments]) == 0
    assert json.loads(capsys.readouterr().out)["overall"]["srcc"]["value"] == 1.0
    (tmp_path / "other.csv").write_text("image_path,quality\nA/1.png,1\n")
    assert main(["evaluate", str(tmp_path / "other.csv"), *arguments]) == 2
