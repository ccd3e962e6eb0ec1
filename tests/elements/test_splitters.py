import importlib

import pytest

from evalmuse_hf import optional
from evalmuse_hf.elements import spacy_splitting
from evalmuse_hf.elements.splitters import SPLITTERS, RuleSplitter, load_splitter
from evalmuse_hf.elements.splitting import split_prompt


def test_the_rule_splitter_gives_what_its_function_gives():
    prompts = ["two red cats left of a wooden chair, rain", "a sign that says 'STOP'"]
    splits = RuleSplitter().split(prompts)
    assert [split.elements for split in splits] == [split_prompt(prompt) for prompt in prompts]
    assert [split.prompt for split in splits] == prompts


def test_the_rule_splitter_says_why_there_is_nothing():
    splits = RuleSplitter().split(["", "a cat", "猫", "the"])
    assert [split.status for split in splits] == ["no_elements", "ok", "failed", "no_elements"]
    assert all(bool(split.message) == (split.status != "ok") for split in splits)


@pytest.mark.parametrize("name", ["words", "llm:", "llm", ""])
def test_an_unknown_splitter_is_refused_with_the_known_ones(name):
    with pytest.raises(ValueError, match=", ".join(SPLITTERS)):
        load_splitter(name)


@pytest.mark.parametrize("module", ["spacy", spacy_splitting.MODEL], ids=["spacy", "its model"])
def test_what_is_not_installed_is_named_with_the_extra(module, monkeypatch):
    def import_module(name):
        if name == module:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return importlib.import_module(name)

    monkeypatch.setattr(optional, "import_module", import_module)
    monkeypatch.setattr(spacy_splitting, "_load", spacy_splitting._load.__wrapped__)  # not the model loaded before
    with pytest.raises(
        ImportError, match=rf"The splitter 'spacy' needs `{module}.*pip install 'evalmuse-hf\[prompts\]'"
    ):
        load_splitter("spacy")


def test_a_chat_model_is_opened_by_its_name(monkeypatch):
    llm = pytest.importorskip("evalmuse_hf.llm")
    asked = []

    class Model:
        name = "stand-in"

        def reply(self, messages, *, schema, max_tokens, seed):
            raise AssertionError("nothing is asked before a prompt is split")

    monkeypatch.setattr(llm, "load_chat_model", lambda spec: asked.append(spec) or Model())
    assert "stand-in" in load_splitter("llm:hub:owner/model").name
    assert asked == ["hub:owner/model"]
