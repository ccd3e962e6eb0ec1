import argparse
import json

import pytest

from evalmuse_hf import llm
from evalmuse_hf.cli import prompts_paraphrase
from evalmuse_hf.prompts import synthesize
from evalmuse_hf.prompts.synthetic import prompt_row
from evalmuse_hf.prompts.tables import write_rows


class Rewriter:
    name = "rewriter"

    def __init__(self, begin="Picture with"):
        self.begin = begin
        self.n_calls = 0

    def reply(self, messages, *, schema, max_tokens, seed):
        self.n_calls += 1
        text = json.loads(next(one.content for one in messages[5:] if one.role == "user"))["prompt"]
        return llm.ChatReply(json.dumps({"prompt": f"{self.begin} {text[0].lower()}{text[1:]}"}), "stop", 90, 20)


@pytest.fixture
def model(monkeypatch):
    opened = Rewriter()
    monkeypatch.setattr(llm, "load_chat_model", lambda spec, **options: opened)
    return opened


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "prompts.jsonl"
    write_rows(map(prompt_row, synthesize(12, seed=1)), path)
    return path


def run(*words):
    parser = argparse.ArgumentParser()
    prompts_paraphrase.add_parser(parser.add_subparsers())
    args = parser.parse_args(["paraphrase", *map(str, words), "--llm", "hub:a/b"])
    return prompts_paraphrase.run(argparse.Namespace(**vars(args), quiet=False))


def read(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_rows_come_back_in_other_words_with_their_elements(model, table, tmp_path, capsys):
    out = tmp_path / "out.jsonl"
    assert run(table, "--out", out) == 0
    for row, original in zip(read(out), read(table), strict=True):
        assert row["prompt"] == f"Picture with {original['prompt'][0].lower()}{original['prompt'][1:]}"
        assert row["original_prompt"] == original["prompt"]
        assert (row["elements"], row["id"]) == (original["elements"], original["id"])
        assert (row["paraphrase_status"], row["paraphraser"]) == ("ok", "llm:rewriter")
    said = capsys.readouterr()
    assert said.out == f"paraphrased       12\nkept               0\n{out}\n"
    assert "rewriter: 12 calls" in said.err


def test_the_same_command_asks_nothing_twice(model, table, tmp_path):
    out = tmp_path / "out.jsonl"
    run(table, "--out", out)
    first = out.read_bytes()
    run(table, "--out", out)
    assert out.read_bytes() == first
    assert model.n_calls == 12


def test_where_nothing_passes_the_rows_stay_and_the_status_says_so(model, table, tmp_path, capsys):
    model.begin = "7"
    out = tmp_path / "out.jsonl"
    assert run(table, "--out", out, "--json") == 1
    assert all(row["prompt"] == row["original_prompt"] for row in read(out))
    assert all("'7' is not in the prompt" in row["paraphrase_message"] for row in read(out))
    said = capsys.readouterr()
    assert json.loads(said.out)["statuses"] == {"ok": 0, "kept": 12}
    assert "no paraphrase passed" in said.err


def test_an_estimate_writes_nothing(model, table, tmp_path, capsys):
    out = tmp_path / "out.jsonl"
    assert run(table, "--out", out, "--llm-estimate") == 0
    assert "12 calls" in capsys.readouterr().out
    assert not out.exists()
    assert model.n_calls == 0


@pytest.mark.parametrize(
    "row, problem",
    [
        ({"id": 1, "elements": ["cat"]}, "line 1 of bad.jsonl has no prompt"),
        ({"id": 1, "prompt": "a cat"}, "has no list of elements; take a table of"),
        ({"id": 1, "prompt": "a cat", "elements": [3]}, "has the element 3, expected a text"),
        (None, "has no rows"),
    ],
    ids=["no prompt", "no elements", "wrong element", "empty"],
)
def test_a_table_that_cannot_be_used_is_one_sentence(model, tmp_path, row, problem):
    path = tmp_path / "bad.jsonl"
    path.write_text(f"{json.dumps(row)}\n" if row else "", "utf-8")
    with pytest.raises(ValueError, match=problem):
        run(path, "--out", tmp_path / "out.jsonl")


def test_elements_may_be_texts_or_released_keys(model, tmp_path):
    path = tmp_path / "keys.jsonl"
    path.write_text('{"prompt": "a red cat", "elements": ["red (color)", "cat"]}\n', "utf-8")
    assert run(path, "--out", tmp_path / "out.jsonl") == 0
    assert read(tmp_path / "out.jsonl")[0]["prompt"] == "Picture with a red cat"
