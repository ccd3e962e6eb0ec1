import json
import math

import numpy as np
import pytest

from evalmuse_hf.elements.splitter import SplitPrompt
from evalmuse_hf.meta_evaluation.studies.splitting_report import make_splitting_document
from evalmuse_hf.meta_evaluation.studies.splitting_study import SplittingOptions, run_splitting_study
from evalmuse_hf.reports import document_text, render_document
from evalmuse_hf.schema import Element


class FixedSplitter:
    """A splitter that knows its answers."""

    def __init__(self, name, **answers):
        self.name = name
        self.answers = answers

    def split(self, prompts):
        found = []
        for prompt in prompts:
            keys = self.answers[prompt.split()[-1]]
            if keys is None:
                found.append(SplitPrompt(prompt, (), "failed", "It said nothing."))
            else:
                found.append(SplitPrompt(prompt, tuple(map(Element.read, keys))))
        return found


@pytest.fixture
def table(tmp_path):
    rows = [
        {"prompt": "red cat", "source": "real", "elements": ["red (color)", "cat (animal)"]},
        {"prompt": "big dog", "source": "synthetic", "elements": ["big (attribute)", "dog (animal)"]},
    ]
    path = tmp_path / "prompts.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return path


def run(table, *splitters, n_resamples=0):
    return run_splitting_study(SplittingOptions(data=table, n_resamples=n_resamples), splitters=splitters)


def test_agreement_against_a_hand_derivation(table):
    """Labels by gold: color, animal, attribute, animal; by the splitter: color, animal, none, animal.

    Nominal alpha = 1 - (N - 1) * sum of disagreements / (N^2 - sum n_c^2) with N = 8 labels: color 2, animal 4,
    attribute 1, none 1; one word disagrees, in two ordered pairs: 1 - 7 * 2 / (64 - 22) = 2/3. In or out: in 7, out 1,
    the same word disagrees: 1 - 7 * 2 / (64 - 50) = 0.
    """
    splitter = FixedSplitter("mine", cat=["red (color)", "cat (animal)"], dog=["dog (animal)"])
    study = run(table, splitter)
    whole, real, synthetic = study.groups
    assert study.splitters == ("gold", "mine")
    assert (whole.n_prompts, whole.n_words) == (2, 4)
    assert whole.alpha.statistic == pytest.approx(2 / 3)
    assert whole.presence.statistic == pytest.approx(0.0)
    (pair,) = whole.pairs
    assert (pair.first, pair.second) == ("mine", "gold")
    assert pair.alpha.statistic == whole.alpha.statistic
    # Three of three spans are found, of four that there are: F1 = 2 * 3 / 7.
    assert pair.spans.f1.statistic == pytest.approx(6 / 7)
    assert pair.spans.precision.statistic == 1.0
    assert real.alpha.statistic == 1.0
    assert [group.kind for group in study.groups] == ["all", "real", "synthetic"]
    # Attribute: labels 0 0 1 0 against 0 0 0 0, as "in or out" above but with 1 of 8: 1 - 7 * 2 / (64 - 50) = 0.
    assert whole.categories["attribute"].statistic == pytest.approx(0.0)
    assert whole.categories["color"].statistic == 1.0
    assert whole.counts["mine"]["none"] == 1
    assert synthetic.counts["gold"]["attribute"] == 1


def test_a_failed_prompt_is_left_out_where_its_splitter_is_compared(table):
    failing = FixedSplitter("failing", cat=["red (color)", "cat (animal)"], dog=None)
    other = FixedSplitter("other", cat=["red (color)", "cat (animal)"], dog=["big (attribute)", "dog (food)"])
    study = run(table, failing, other)
    pairs = {(pair.first, pair.second): pair for pair in study.groups[0].pairs}
    assert pairs["failing", "gold"].alpha.statistic == 1.0
    assert pairs["failing", "gold"].spans.n_prompts == 1
    assert pairs["other", "gold"].spans.n_prompts == 2
    assert pairs["other", "gold"].alpha.statistic < 1
    assert study.statuses["failing"] == {"ok": 1, "failed": 1}
    assert sum(study.groups[0].counts["failing"].values()) == 2


def test_intervals_and_record(table):
    splitter = FixedSplitter("mine", cat=["red (color)", "cat (animal)"], dog=["dog (animal)"])
    study = run(table, splitter, n_resamples=50)
    low, high = study.groups[0].alpha.confidence_interval
    assert low <= study.groups[0].alpha.statistic <= high
    record = json.loads(json.dumps(study.record(), allow_nan=False))
    assert record["format"] == 1
    assert record["groups"][0]["alpha"]["value"] == study.groups[0].alpha.statistic
    assert record["groups"][0]["pairs"][0]["f1"]["value"] == pytest.approx(6 / 7)


def test_same_seed_same_study():
    options = SplittingOptions(splitters=("rules",), prompts=12, n_resamples=20, seed=3)
    first, second = run_splitting_study(options), run_splitting_study(options)
    assert first.record() == second.record()
    assert first.groups[0].alpha.statistic < 1
    assert not math.isnan(first.groups[0].alpha.statistic)


def test_it_needs_something_to_compare(table):
    table.write_text('{"prompt": "red cat"}', "utf-8")
    with pytest.raises(ValueError, match="needs two splitters"):
        run(table, FixedSplitter("mine", cat=[]))
    with pytest.raises(ValueError, match="different names"):
        run(table, FixedSplitter("mine", cat=[]), FixedSplitter("mine", cat=[]))


def test_a_chat_model_joins_and_is_asked_once(table, tmp_path, monkeypatch):
    from evalmuse_hf import llm

    asked = []

    class Model:
        name = "fake"

        def reply(self, messages, *, schema, max_tokens, seed):
            asked.append(messages[-1].content)
            words = ("red", "cat") if "red cat" in messages[-1].content else ("big", "dog")
            elements = [{"text": word, "category": "object"} for word in words]
            return llm.ChatReply(json.dumps({"elements": elements}), "stop", 10, 5)

    monkeypatch.setattr(llm, "load_chat_model", lambda spec: Model())
    options = SplittingOptions(data=table, splitters=("rules",), llm="fake", out=tmp_path, n_resamples=0)
    first = run_splitting_study(options)
    assert first.splitters == ("gold", "rules", "llm:fake")
    assert len(first.groups[0].pairs) == 3
    n_asked = len(asked)
    assert run_splitting_study(options).record() == first.record()
    assert len(asked) == n_asked  # the second run took the replies of the first


def test_the_document_shows_every_pair_and_warns(table):
    failing = FixedSplitter("<b>", cat=["red (color)", "cat (animal)"], dog=None)
    document = make_splitting_document(run(table, failing, n_resamples=20))
    text = document_text(document)
    assert "<b> - gold" in text
    assert "2 prompts show that it works" in text
    assert "<b> failed on 1 prompts" in text
    page = render_document(document)
    assert "<b> - gold" not in page
    assert "&lt;b&gt; - gold" in page


def test_undefined_agreement_is_no_number(table):
    nothing = FixedSplitter("nothing", cat=[], dog=[])
    table.write_text('{"prompt": "red cat"}', "utf-8")
    study = run(table, nothing, FixedSplitter("also", cat=[]))
    assert np.isnan(study.groups[0].alpha.statistic)
    assert "undefined" in document_text(make_splitting_document(study))
    assert study.record()["groups"][0]["alpha"]["value"] is None


@pytest.mark.parametrize("data", [True, False], ids=["table", "templates"])
def test_no_prompts_are_not_120(table, data):
    options = SplittingOptions(data=table if data else None, splitters=("rules",), prompts=0, n_resamples=0)
    with pytest.raises(ValueError, match="number of prompts is 0, expected 1 or more"):
        run_splitting_study(options)


def test_a_splitter_that_asks_a_model_gets_all_prompts_at_once(table):
    calls = []

    class Counting(FixedSplitter):
        def split(self, prompts):
            calls.append((self.name, len(prompts)))
            return super().split(prompts)

    answers = {"cat": ["red (color)", "cat (animal)"], "dog": ["dog (animal)"]}
    study = run(table, Counting("llm:fake", **answers), Counting("rules", **answers))
    assert calls == [("llm:fake", 2), ("rules", 1), ("rules", 1)]
    assert study.statuses == {"llm:fake": {"ok": 2}, "rules": {"ok": 2}}
