import json
import shutil

import pytest
from filelock import FileLock

from evalmuse_hf.cli.main import main
from evalmuse_hf.cli.make import STATE, check_pictures, describe

FAST = ("--n", "12", "--clusters", "0", "--splitter", "rules", "--generators", "mini:Drawer_v1,mini:Painter_Pro")
NAMES = ["collect", "label", "sample", "split", "ask", "draw"]


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    path = tmp_path_factory.mktemp("raw") / "raw.jsonl"
    assert main(["prompts", "raw", "--n", "300", "--seed", "3", "--out", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def made(raw):
    out = raw.parent / "made"
    assert main(["make", str(out), "--raw", str(raw), *FAST, "--synthetic", "6"]) == 0
    return out


@pytest.fixture
def again(made, tmp_path):
    """A copy of what was made, to be changed, at the same place as far as the commands are concerned."""
    kept = tmp_path / "kept"
    shutil.copytree(made, kept)
    yield made
    shutil.rmtree(made)
    shutil.copytree(kept, made)


def rows(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def stages(capsys, *words):
    capsys.readouterr()
    status = main(["make", *map(str, words), "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_raw_prompts_become_pictures_with_elements_and_questions(made):
    pairs = rows(made / "pictures" / "pairs.jsonl")
    prompts = {pair["prompt"] for pair in pairs}
    assert (len(pairs), len(prompts)) == (2 * 18, 18)
    assert all((made / "pictures" / pair["image"]).is_file() for pair in pairs)
    elements = [element for pair in pairs for element in pair["elements"]]
    asked = [element for element in elements if element["question_status"] == "ok"]
    assert len(asked) > 0.8 * len(elements)
    assert all(element["question"].endswith("?") for element in asked)
    assert {element["category"] for element in elements} >= {"object", "color"}
    assert len(rows(made / "sampled.jsonl")) == 12
    assert "<svg" in (made / "sampling.html").read_text("utf-8")


def test_what_was_made_can_be_scored(made, tmp_path):
    words = ["score", made / "pictures" / "pairs.jsonl", "--scorer", "fga_blip2", "--model", "mini"]
    assert main([*map(str, words), "--out", str(tmp_path / "scores.jsonl")]) == 0
    scores = rows(tmp_path / "scores.jsonl")
    assert len(scores) == 36
    assert all(1 <= row["overall_score"] <= 5 for row in scores)


def test_what_is_done_is_not_done_again(again, raw, capsys):
    status, report = stages(capsys, again, "--raw", raw, *FAST, "--synthetic", 6)
    assert status == 0
    assert [(stage["stage"], stage["ran"]) for stage in report["stages"]] == [
        (name, False) for name in ("collect", "label", "sample", "synthesize", "split", "ask", "draw")
    ]


def test_a_stage_is_done_again_if_its_options_or_its_input_changed(again, raw, capsys):
    _, report = stages(capsys, again, "--raw", raw, *FAST, "--synthetic", 6, "--until", "sample", "--n", 10)
    assert [stage["ran"] for stage in report["stages"]] == [False, False, True]
    assert len(rows(again / "sampled.jsonl")) == 10
    (again / "labelled.jsonl").write_text((again / "labelled.jsonl").read_text("utf-8") + "\n", "utf-8")
    _, report = stages(capsys, again, "--raw", raw, *FAST, "--synthetic", 6, "--until", "sample", "--n", 10)
    assert [stage["ran"] for stage in report["stages"]] == [False, False, True]
    _, report = stages(capsys, again, "--raw", raw, *FAST, "--until", "label", "--again", "label")
    assert [stage["ran"] for stage in report["stages"]] == [False, True]


def test_pictures_of_other_prompts_are_not_mixed(again, raw, capsys):
    (again / STATE).unlink()  # nobody noted them, as after a drawing that was interrupted
    assert main(["make", str(again), "--raw", str(raw), *FAST, "--synthetic", "6", "--seed", "5"]) == 2
    said = capsys.readouterr().err
    assert "holds pictures of other prompts, such as" in said
    assert "delete that folder, or name another OUT." in said


def test_more_pictures_of_the_same_prompts_are_added(again, raw, capsys):
    words = ["--raw", raw, *FAST, "--synthetic", 6, "--seeds", 2, "--generators", "mini:Drawer_v1,mini:Drawer_v2"]
    status, report = stages(capsys, again, *words)
    assert (status, [stage["ran"] for stage in report["stages"]]) == (0, [False] * 6 + [True])
    assert report["stages"][-1]["report"]["drawn"] == 18 * 3
    assert len(rows(again / "pictures" / "pairs.jsonl")) == 18 * 5  # those of Painter_Pro stay


def test_pictures_go_by_the_prompt_id_where_there_is_an_id_too(tmp_path):
    row = {"id": "a", "prompt_id": "p", "prompt": "a red cat"}
    (tmp_path / "questions.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "prompts.jsonl").write_text(json.dumps({"prompt_id": "p", "prompt": "a red cat"}) + "\n")
    check_pictures(tmp_path, tmp_path / "questions.jsonl")
    (tmp_path / "questions.jsonl").write_text(json.dumps(row | {"prompt": "a red dog"}) + "\n")
    with pytest.raises(ValueError, match="holds pictures of other prompts, such as 'a red cat'"):
        check_pictures(tmp_path, tmp_path / "questions.jsonl")


def test_two_cannot_work_in_one_folder(tmp_path, capsys):
    with FileLock(tmp_path / ".make.lock"):
        assert main(["make", str(tmp_path)]) == 2
    assert "Another `evalmuse make` works in" in capsys.readouterr().err


def test_every_stage_can_be_run_alone_by_the_line_that_is_shown(made, raw, tmp_path, capsys):
    capsys.readouterr()
    assert main(["make", str(made), "--raw", str(raw), *FAST, "--synthetic", "6", "--show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1:3] for line in lines] == [
        *(["prompts", name] for name in ("collect", "label", "sample", "synthesize")),
        *(["elements", "split"], ["elements", "questions"], ["images", "generate"]),
    ]
    line = next(line for line in lines if "elements split" in line)
    before = (made / "elements.jsonl").read_bytes()
    assert main([*line.split()[1:]]) == 0
    assert (made / "elements.jsonl").read_bytes() == before


def test_a_stage_that_fails_ends_the_list(raw, tmp_path, capsys):
    assert main(["make", str(tmp_path), "--raw", str(raw), *FAST, "--n", "100000"]) == 2
    assert not (tmp_path / "elements.jsonl").exists()
    assert sorted(json.loads((tmp_path / STATE).read_text("utf-8"))["stages"]) == ["collect", "label"]
    assert "100,000" in capsys.readouterr().err.replace("100000", "100,000")


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["--splitter", "llm"], "none is named; add --llm MODEL"),
        (["--llm", "hub:a/b"], "a chat model that nothing asks"),
        (["--n", "0"], "--n is 0, expected 1 or more"),
        (["--seeds", "0"], "--seeds is 0"),
        (["--until", "paint"], "--until names 'paint', which is no stage of this call; it has raw, collect"),
        (["--raw", "/absent.jsonl"], "There is no /absent.jsonl"),
        (["--generators", "SDXL,Nope"], "There is no generator 'Nope'"),
        (["--generators", "mini:Nope"], "The drawn world has no generator 'Nope'"),
        (["--again", "draw"], "Pictures are not drawn over: delete"),
        (["--again", "split", "--until", "label"], "--again split comes after --until label"),
    ],
    ids=[
        *("no model", "idle model", "no prompts", "no pictures", "stage", "raw", "generator", "drawer", "again draw"),
        "again",
    ],
)
def test_a_mistake_is_one_sentence(tmp_path, capsys, words, sentence):
    assert main(["make", str(tmp_path / "out"), *words]) == 2
    assert sentence in capsys.readouterr().err


def test_a_damaged_state_is_named(tmp_path, capsys):
    (tmp_path / STATE).write_text("{")
    assert main(["make", str(tmp_path), "--raw", str(tmp_path / STATE)]) == 2
    assert "is damaged" in capsys.readouterr().err


def test_what_went_wrong_is_said_behind_what_went_well():
    report = {"read": 9, "labeller": "rules-1", "statuses": {"ok": 7, "failed": 2}}
    assert describe("label", report) == "9 labelled by rules-1; failed 2"
    report = {"rows": 9, "kept": 4, "elements": 20, "statuses": {"ok": 4, "no_elements": 1, "failed": 0}}
    assert describe("split", report) == "20 elements in 5 prompts, 4 had theirs; no elements 1"
    report = {"elements": 9, "with_counterfactual": 2, "statuses": {"ok": 8, "no_valid_question": 1}}
    said = "8 of 9 elements have a question, 2 a counterfactual one; no valid question 1"
    assert describe("ask", report) == said
    choices = {"milp": {"total_deviation": 0.0}, "random": {"total_deviation": 7.0}}
    report = {"n": 5, "n_candidates": 9, "choices": choices, "left_out": {"label_status": {"failed": 2}}}
    assert describe("sample", report) == "5 of 9 chosen; deviation 0, at random 7; 2 without labels left out"


def test_pictures_are_counted_over_generators():
    report = {"generators": {"a": {"ok": 2, "black": 1}, "b": {"ok": 3}}, "with_message": 0}
    assert describe("draw", report) == "ok 5, black 1"
    assert describe("draw", report | {"with_message": 1}).endswith("; 1 say in the manifest what is not drawn, or why")


def test_packages_that_a_later_stage_needs_are_missed_before_the_first(tmp_path, monkeypatch, capsys):
    absent = {"sklearn", "spacy", "pulp"}
    monkeypatch.setattr("evalmuse_hf.cli.make.find_spec", lambda name: None if name in absent else name)
    assert main(["make", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "needs sklearn, pulp, spacy for a later stage: pip install 'evalmuse-hf[prompts]'" in said
    assert not (tmp_path / "out").exists()
    assert main(["make", str(tmp_path / "out"), "--clusters", "0", "--splitter", "rules"]) == 2
    assert "needs pulp for" in capsys.readouterr().err
