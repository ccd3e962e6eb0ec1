import argparse
import json

import pytest

from evalmuse_hf.cli import elements_questions
from evalmuse_hf.cli.main import main
from evalmuse_hf.llm import ChatReply, StructuredClient

ROWS = [
    {
        "id": "a",
        "prompt": "a brown dog",
        "elements": [
            {"text": "brown", "category": "color", "raw_category": "color", "n": 1},
            {"text": "dog", "category": "animal/human", "raw_category": "animal", "n": 2},
        ],
    },
    {"id": "b", "prompt": "no dogs", "elements": ["dogs (animal)"]},
    {"id": "c", "prompt": "...", "elements": []},
]


class Model:
    """A chat model that always says the same."""

    name = "fake"

    def __init__(self, text):
        self.text = text
        self.n_asked = 0

    def reply(self, messages, *, schema, max_tokens, seed):
        self.n_asked += 1
        return ChatReply(self.text, "stop", 10, 5)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), "utf-8")
    return path


def ask(*words):
    parser = argparse.ArgumentParser()
    parser.add_argument("--quiet", action="store_true")
    elements_questions.add_parser(parser.add_subparsers())
    return elements_questions.run(parser.parse_args(["--quiet", "questions", *map(str, words)]))


def read(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_every_element_has_its_question_and_columns_stay(table, tmp_path, capsys):
    out = tmp_path / "out.jsonl"
    assert ask(table, "--out", out) == 0
    first, second, third = read(out)
    assert (first["id"], third["elements"]) == ("a", [])
    brown, dog = first["elements"]
    assert brown == {
        **{"text": "brown", "category": "color", "raw_category": "color", "n": 1, "question": "Is the dog brown?"},
        **{"negative_question": 'Is the answer to "Is the dog brown?" no?', "parents": [1]},
        **{"counterfactual_question": "Is the dog black?", "question_status": "ok", "question_message": ""},
    }
    assert (dog["question"], dog["parents"]) == ("Is there a dog in the picture?", [])
    assert second["elements"][0]["question"] is None
    assert second["elements"][0]["question_status"] == "no_valid_question"
    said = capsys.readouterr()
    assert "1 of 3 elements have no question; the first: No question about 'dogs' is valid" in said.err
    assert ["status", "ok", "2"] in [line.split() for line in said.out.splitlines()]


def test_counts_as_json(table, tmp_path, capsys):
    ask(table, "--out", tmp_path / "out.jsonl", "--json")
    found = json.loads(capsys.readouterr().out)
    assert (found["format"], found["prompts"], found["elements"], found["first_try"]) == (1, 3, 3, 2)
    assert found["statuses"] == {"ok": 2, "no_valid_question": 1}


def test_a_second_run_keeps_valid_questions(table, tmp_path):
    once, twice = tmp_path / "once.jsonl", tmp_path / "twice.jsonl"
    rows = [{"prompt": "a brown dog", "elements": [{**ROWS[0]["elements"][1], "question": "Do you see a dog?"}]}]
    table.write_text(json.dumps(rows[0]), "utf-8")
    ask(table, "--out", once)
    assert read(once)[0]["elements"][0]["question"] == "Do you see a dog?"
    ask(once, "--out", twice)
    assert read(twice) == read(once)


def test_a_csv_holds_its_elements_as_json(tmp_path):
    path, out = tmp_path / "in.csv", tmp_path / "out.jsonl"
    path.write_text('id,prompt,elements\nx,a dog,"[""dog (animal)""]"\n', "utf-8")
    assert ask(path, "--out", out) == 0
    assert read(out)[0]["elements"][0]["question"] == "Is there a dog in the picture?"


def test_a_chat_model_writes_what_rules_do_not(table, tmp_path, monkeypatch):
    long = {"prompt": f"a {'long ' * 60}cat", "elements": [f"{'long ' * 60}cat (animal)"]}
    table.write_text(json.dumps(long), "utf-8")
    model = Model('{"question": "Is there a long cat in the picture?"}')
    monkeypatch.setattr(elements_questions, "open_client", lambda args: StructuredClient(model, workers=1))
    out = tmp_path / "out.jsonl"
    assert ask(table, "--out", out, "--llm", "fake") == 0
    assert read(out)[0]["elements"][0]["question"] == "Is there a long cat in the picture?"
    assert model.n_asked == 1


def test_an_estimate_sends_nothing(table, tmp_path, monkeypatch, capsys):
    rows = [ROWS[1], {"prompt": f"a {'long ' * 60}cat", "elements": [f"{'long ' * 60}cat (animal)"]}]
    table.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")  # nothing to ask about "no dogs"
    model = Model("")
    monkeypatch.setattr(elements_questions, "open_client", lambda args: StructuredClient(model, workers=1))
    assert ask(table, "--out", tmp_path / "out.jsonl", "--llm", "fake", "--llm-estimate", "--json") == 0
    assert json.loads(capsys.readouterr().out)["estimate"]["requests"] == 1
    assert model.n_asked == 0
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize(
    "row, said",
    [
        ({"elements": []}, "line 1 of in.jsonl has no text in the column 'prompt'"),
        ({"prompt": "a dog"}, "has no list in the column 'elements'"),
        ({"prompt": "a dog", "elements": "dog"}, "has no list in the column 'elements'"),
        ({"prompt": "a dog", "elements": ["dog (animal)", 3]}, "element 2 is '3', expected a text"),
        ({"prompt": "a dog", "elements": [{"text": 1}]}, "element 1 is"),
        ({"prompt": "a dog", "elements": [{"text": "dog", "category": ["x"]}]}, "element 1 is"),
    ],
)
def test_damaged_rows_are_named(table, tmp_path, row, said):
    table.write_text(json.dumps(row), "utf-8")
    with pytest.raises(ValueError, match=r"in\.jsonl") as caught:
        ask(table, "--out", tmp_path / "out.jsonl")
    assert said in str(caught.value)


def test_an_estimate_needs_a_model(table, tmp_path):
    with pytest.raises(ValueError, match="add --llm MODEL"):
        ask(table, "--out", tmp_path / "out.jsonl", "--llm-estimate")


def test_a_row_that_could_not_be_split_passes_through(tmp_path):
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    odd = {"id": "d", "prompt": None, "elements": [], "split_status": "failed"}
    path.write_text("".join(json.dumps(row) + "\n" for row in [*ROWS, odd]), "utf-8")
    assert main(["elements", "questions", str(path), "--out", str(out)]) == 0
    assert json.loads(out.read_text("utf-8").splitlines()[-1]) == odd


def test_half_a_character_ends_nothing(tmp_path):
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    half = {"prompt": "a red cat \ud83d", "elements": ["red (color)", "cat (animal)", "\ud83d (object)"]}
    path.write_text("".join(json.dumps(row) + "\n" for row in [half, ROWS[0]]), "utf-8")
    assert ask(path, "--out", out) == 0
    first, second = read(out)
    assert [one["question_status"] for one in first["elements"]] == ["ok", "ok", "no_valid_question"]
    assert second["elements"][0]["question"] == "Is the dog brown?"
