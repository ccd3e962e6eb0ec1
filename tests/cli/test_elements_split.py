import argparse
import json

import pytest

from evalmuse_hf.cli import elements_split
from evalmuse_hf.elements.splitter import SplitPrompt
from evalmuse_hf.images.picture_prompts import read_picture_prompts
from evalmuse_hf.schema import Element

ROWS = [
    {"id": "a", "prompt": "two red cats", "source": "real", "labels": ["Animals"]},
    {"id": "b", "prompt": "", "source": "real"},
    {"id": "c", "prompt": "猫"},
    {"id": "d", "prompt": None},
    {"id": "e", "prompt": "half \ud83d of a cat"},
    {"id": "f", "prompt": "a dog", "elements": [{"text": "dog", "category": "object"}]},
    {"id": "g", "prompt": "a dog", "elements": []},
]


def arguments(*words):
    parser = argparse.ArgumentParser()
    parser.set_defaults(quiet=False)
    elements_split.add_parser(parser.add_subparsers())
    return parser.parse_args(["split", *map(str, words)])


def split(*words):
    return elements_split.run(arguments(*words))


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "prompts.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)))
    return path


def rows_of(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_text_has_a_prompt_a_line_and_is_numbered_as_for_pictures(tmp_path):
    (tmp_path / "prompts.txt").write_text("two red cats\n\na dog\n")
    out = tmp_path / "split.jsonl"
    assert split(tmp_path / "prompts.txt", "--out", out, "--splitter", "rules") == 0
    assert {row["prompt_id"]: row["prompt"] for row in rows_of(out)} == {"00000": "two red cats", "00001": "a dog"}
    assert [element["text"] for element in rows_of(out)[0]["elements"]] == ["two", "red", "cats"]
    assert [prompt.text for prompt in read_picture_prompts(out)] == ["two red cats", "a dog"]


def test_two_texts_would_name_two_prompts_alike(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("a dog\n")
    with pytest.raises(ValueError, match=r"^prompt 00000 of b\.txt has the id '00000' of prompt 00000 of a\.txt"):
        split(tmp_path / "a.txt", tmp_path / "b.txt", "--out", tmp_path / "out.jsonl", "--splitter", "rules")


def test_every_row_gets_elements_or_a_reason(table, tmp_path, capsys):
    out = tmp_path / "out" / "split.jsonl"
    assert split(table, "--out", out, "--splitter", "rules") == 0
    rows = rows_of(out)
    assert [row["id"] for row in rows] == [row["id"] for row in ROWS]
    assert rows[0] == {
        **ROWS[0],
        "elements": [
            {"text": "two", "category": "counting", "raw_category": "counting"},
            {"text": "red", "category": "color", "raw_category": "color"},
            {"text": "cats", "category": "animal/human", "raw_category": "animal"},
        ],
        "split_status": "ok",
        "split_message": "",
    }
    assert [row.get("split_status") for row in rows] == ["ok", "no_elements", "failed", "failed", "failed", None, "ok"]
    assert all(row["split_message"] for row in rows[1:5])
    assert rows[3]["split_message"] == "The prompt is no text but NoneType."
    assert rows[4]["prompt"] == "half \ufffd of a cat"
    assert rows[5] == ROWS[5]
    printed = capsys.readouterr()
    lines = [line.split() for line in printed.out.splitlines()]
    assert ["elements", "4"] in lines  # three of the first row, "dog" of the last
    assert ["animal/human", "2"] in lines
    assert ["counting", "1"] in lines
    assert "4 of 7 rows have no elements; the first: line 2 of prompts.jsonl: It is empty." in printed.err


def test_again_splits_what_was_split(table, tmp_path, capsys):
    out = tmp_path / "split.jsonl"
    assert split(table, "--out", out, "--splitter", "rules", "--again", "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["rows"], record["kept"]) == (7, 0)
    assert record["statuses"] == {"ok": 3, "no_elements": 1, "failed": 3}
    assert record["elements"] == sum(record["categories"].values()) == 5
    assert rows_of(out)[5]["elements"][0]["category"] == "animal/human"


def test_a_result_may_replace_its_table_and_is_then_kept(table, capsys):
    assert split(table, "--out", table, "--splitter", "rules") == 0
    first = rows_of(table)
    capsys.readouterr()
    assert split(table, "--out", table, "--splitter", "rules", "--json") == 0
    assert json.loads(capsys.readouterr().out)["kept"] == 3
    assert [row for row in rows_of(table) if row["id"] != "e"] == [row for row in first if row["id"] != "e"]


def test_csv_and_many_blocks_are_split_alike(tmp_path, monkeypatch):
    monkeypatch.setattr(elements_split, "_ROWS_AT_ONCE", 3)
    path = tmp_path / "prompts.csv"
    path.write_text("prompt_id,prompt,elements\n" + "".join(f"{number},a red cat,\n" for number in range(10)))
    assert split(path, "--out", tmp_path / "split.jsonl", "--splitter", "rules") == 0
    rows = rows_of(tmp_path / "split.jsonl")
    assert [row["prompt_id"] for row in rows] == [str(number) for number in range(10)]
    assert {len(row["elements"]) for row in rows} == {2}


def test_long_work_says_how_far_it_is(table, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(elements_split, "_SECONDS_BETWEEN_NEWS", 0.0)
    split(table, "--out", tmp_path / "split.jsonl", "--splitter", "rules")
    assert "7 rows" in capsys.readouterr().err.splitlines()


def test_a_table_without_any_elements_is_status_1(tmp_path):
    path = tmp_path / "prompts.jsonl"
    path.write_text('{"id": 1, "prompt": "?"}')
    assert split(path, "--out", tmp_path / "split.jsonl", "--splitter", "rules") == 1


@pytest.mark.parametrize(
    "row, sentence",
    [
        ({"id": 1, "text": "a cat"}, "no column prompt, only id, text"),
        ({"prompt": "a cat"}, "no column id or prompt_id"),
    ],
    ids=["prompt", "id"],
)
def test_another_table_is_refused(row, sentence, tmp_path):
    path = tmp_path / "prompts.jsonl"
    path.write_text(json.dumps(row))
    with pytest.raises(ValueError, match=f"line 1 of prompts.jsonl has {sentence}"):
        split(path, "--out", tmp_path / "split.jsonl", "--splitter", "rules")
    assert not (tmp_path / "split.jsonl").exists()


def test_options_of_a_chat_model_need_that_splitter(table, tmp_path):
    with pytest.raises(ValueError, match="add --splitter llm"):
        split(table, "--out", tmp_path / "split.jsonl", "--llm", "hub:owner/model")
    with pytest.raises(ValueError, match="No chat model is named"):
        split(table, "--out", tmp_path / "split.jsonl", "--splitter", "llm")


def test_a_chat_model_splits_what_is_due(table, tmp_path, monkeypatch, capsys):
    asked, runs = [], []

    class Splitter:
        name = "llm:stand-in"

        def __init__(self, client):
            pass

        def split_each(self, prompts):
            runs.append(1)
            for prompt in prompts:
                asked.append(prompt)
                yield SplitPrompt(prompt, (Element("cat", "animal/human"),))

    monkeypatch.setattr("evalmuse_hf.elements.llm_splitting.LLMSplitter", Splitter)
    monkeypatch.setattr(elements_split, "open_client", lambda args: "client")
    monkeypatch.setattr(elements_split, "print_usage", lambda args, client: print("used", client))
    out = tmp_path / "split.jsonl"
    assert split(table, "--out", out, "--splitter", "llm", "--llm", "hub:owner/model") == 0
    assert asked == ["two red cats", "", "猫", "half \ud83d of a cat", "a dog"]
    assert len(runs) == 1
    assert [row["id"] for row in rows_of(out)] == [row["id"] for row in ROWS]
    assert rows_of(out)[3]["split_status"] == "failed"
    assert "used client" in capsys.readouterr().out
    assert rows_of(out)[0]["elements"] == [{"text": "cat", "category": "animal/human", "raw_category": None}]


def test_a_dead_server_is_found_dead_once_for_the_whole_table(tmp_path, monkeypatch):
    """5 requests of 5 tries each; the other 195 rows are written without a word to the server."""
    from evalmuse_hf.llm import ChatError, StructuredClient

    sent = []

    class Dead:
        name = "dead"

        def reply(self, messages, *, schema, max_tokens, seed):
            sent.append(1)
            raise ChatError("no connection", may_retry=True)

    monkeypatch.setattr(elements_split, "open_client", lambda args: StructuredClient(Dead(), workers=1, wait=0.001))
    path, out = tmp_path / "prompts.jsonl", tmp_path / "split.jsonl"
    path.write_text("\n".join(json.dumps({"id": number, "prompt": f"cat {number}"}) for number in range(200)))
    assert split(path, "--out", out, "--splitter", "llm", "--llm", "hub:owner/model") == 1
    assert len(sent) == 25
    assert [row["id"] for row in rows_of(out)] == list(range(200))


def test_an_estimate_sends_and_writes_nothing(table, tmp_path, monkeypatch):
    requested = []

    class Splitter:
        def __init__(self, client):
            pass

        def requests(self, prompts):
            requested.extend(prompts)
            return []

    monkeypatch.setattr("evalmuse_hf.elements.llm_splitting.LLMSplitter", Splitter)
    monkeypatch.setattr(elements_split, "open_client", lambda args: "client")
    monkeypatch.setattr(elements_split, "print_estimate", lambda args, client, requests: args.llm_estimate)
    words = [
        table,
        "--out",
        tmp_path / "split.jsonl",
        "--splitter",
        "llm",
        "--llm",
        "hub:owner/model",
        "--llm-estimate",
    ]
    assert split(*words) == 0
    assert len(requested) == 5
    assert not (tmp_path / "split.jsonl").exists()


@pytest.mark.parametrize("ids", [("b", "a", "z"), ("x", "x", "z"), ("x", "y", "1")], ids=["over", "in", "a number"])
def test_an_id_that_comes_twice_is_one_sentence_before_anything_is_split(table, tmp_path, ids, monkeypatch):
    def load(name):
        raise AssertionError("too late")

    monkeypatch.setattr("evalmuse_hf.elements.splitters.load_splitter", load)
    other = tmp_path / "other.csv"
    other.write_text("prompt_id,prompt\n" + "".join(f"{name},a cat\n" for name in ids))
    table.write_text(table.read_text("utf-8") + '\n{"id": 1, "prompt": "a cat"}\n')
    with pytest.raises(ValueError, match=r"row \d of other\.csv has the id '(b|x|1)' of (line|row) \d of .*own\."):
        split(table, other, "--out", tmp_path / "split.jsonl", "--splitter", "rules")
    assert not (tmp_path / "split.jsonl").exists()


def test_an_empty_id_is_one_sentence(tmp_path):
    path = tmp_path / "prompts.jsonl"
    path.write_text('{"id": null, "prompt_id": "a", "prompt": "a cat"}\n{"id": " ", "prompt": "a cat"}')
    with pytest.raises(ValueError, match=r"line 2 of prompts\.jsonl has no id"):
        split(path, "--out", tmp_path / "split.jsonl", "--splitter", "rules")


def test_half_characters_of_any_column_end_nothing(tmp_path):
    path = tmp_path / "prompts.jsonl"
    path.write_text('{"id": "a", "prompt": "a cat", "note": ["\\ud800"], "elements": [{"text": "\\udc00"}]}')
    assert split(path, "--out", tmp_path / "split.jsonl", "--splitter", "rules") == 0
    assert rows_of(tmp_path / "split.jsonl")[0]["note"] == ["\ufffd"]
