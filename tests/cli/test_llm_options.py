import argparse
import json
from pathlib import Path

import pytest

from evalmuse_hf import llm
from evalmuse_hf.cli.llm_options import add_llm_options, open_client, print_estimate, print_usage


class Nobody:
    name = "nobody"

    def reply(self, messages, *, schema, max_tokens, seed):
        return llm.ChatReply("{}", "stop")


def parse(*words, **options):
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path)
    parser.add_argument("--json", action="store_true")
    add_llm_options(parser, **options)
    return parser.parse_args(words)


@pytest.fixture
def opened(monkeypatch):
    calls = []
    monkeypatch.setattr(llm, "load_chat_model", lambda spec, **options: calls.append((spec, options)) or Nobody())
    return calls


def request(text="a" * 400):
    return llm.StructuredRequest(0, (llm.ChatMessage("user", text),), {"type": "object"}, lambda value: value, 1000)


def test_options_reach_the_model_and_the_client(opened, tmp_path):
    words = ["--llm", "http://x/v1", "--llm-timeout", "9", "--llm-temperature", "0.5", "--llm-workers", "7"]
    client = open_client(parse(*words, "--llm-seed", "3", "--llm-attempts", "2", "--out", str(tmp_path / "a.jsonl")))
    assert opened == [("http://x/v1", {"timeout": 9.0, "temperature": 0.5})]
    assert (client._workers, client._attempts, client._seed) == (7, 2, 3)


def test_replies_are_kept_beside_the_output_unless_said_otherwise(opened, tmp_path):
    out, cache = tmp_path / "a.jsonl", tmp_path / "c"
    assert open_client(parse("--llm", "hub:a/b", "--out", str(out)))._cache.path == tmp_path / "a.jsonl.replies.jsonl"
    assert open_client(parse("--llm", "hub:a/b", "--out", str(out), "--llm-cache", str(cache)))._cache.path == cache
    assert open_client(parse("--llm", "hub:a/b"))._cache is None


def test_a_model_on_this_machine_is_asked_one_at_a_time(opened):
    assert open_client(parse("--llm", "model.gguf"))._workers == 1
    assert open_client(parse("--llm", "hub:a/b"))._workers == 4


def test_a_mistake_is_one_sentence(opened):
    with pytest.raises(ValueError, match="No chat model is named; give --llm"):
        open_client(parse())
    with pytest.raises(ValueError, match="--llm-timeout is 0"):
        open_client(parse("--llm", "hub:a/b", "--llm-timeout", "0"))
    with pytest.raises(SystemExit):
        parse(required=True)


def test_an_estimate_is_printed_and_sends_nothing(opened, capsys):
    words = ["--llm", "hub:a/b", "--llm-estimate", "--llm-price-in", "1", "--llm-price-out", "2"]
    client = open_client(parse(*words))
    assert print_estimate(parse(*words), client, [request(), request()])
    assert "2 calls (0 more are in the cache), about 208 tokens to read and at most 2,000" in capsys.readouterr().out
    assert print_estimate(parse(*words, "--json"), client, [request()])
    figures = json.loads(capsys.readouterr().out)["estimate"]
    assert figures == {
        "requests": 1,
        "cached": 0,
        "prompt_tokens": 104,
        "completion_tokens": 1000,
        "cost": pytest.approx(0.002104),
    }
    assert client.usage.requests == 0


def test_an_estimate_needs_no_token_and_loads_nothing(opened, monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    client = open_client(parse("--llm", "hub:a/b", "--llm-estimate", "--llm-temperature", "0.5"))
    assert client.name == "hub:a/b (temperature 0.5)"
    assert opened == []


def test_without_prices_the_cost_is_null(opened, capsys):
    words = ["--llm", "hub:a/b", "--llm-estimate", "--json"]
    print_estimate(parse(*words), open_client(parse(*words)), [request()])
    assert json.loads(capsys.readouterr().out)["estimate"]["cost"] is None


def test_without_the_option_nothing_is_estimated(opened, capsys):
    args = parse("--llm", "hub:a/b")
    client = open_client(args)
    assert not print_estimate(args, client, [request()])
    list(client.ask_all([request()]))
    print_usage(args, client)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "nobody: 1 calls, 0 replies from the cache, about 104 tokens read and 1 written\n"
    print_usage(argparse.Namespace(quiet=True), client)
    assert capsys.readouterr().err == ""
