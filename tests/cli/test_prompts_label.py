import argparse
import json
import sys

import numpy as np
import pytest

from evalmuse_hf.cli import prompts_label
from evalmuse_hf.llm import ChatReply, StructuredClient
from evalmuse_hf.prompts import LabelTable, embeddings
from evalmuse_hf.prompts.clusters import Clusters
from evalmuse_hf.prompts.tables import read_rows


class WordEncoder:
    """One number per known word, in place of a model."""

    name = "words"

    def encode(self, texts):
        words = ("cat", "car", "tree")
        return np.array([[1.0 + 9 * (word in text) for word in words] for text in texts], dtype=np.float32)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "prompts.csv"
    path.write_text("id,prompt,source\nb,two red cats,x\na,a car left of a tree,y\nc,...,z\nd,a tree,y\n")
    return path


def label(*words):
    parser = argparse.ArgumentParser()
    parser.add_argument("--quiet", action="store_true")
    prompts_label.add_parser(parser.add_subparsers())
    return prompts_label.run(parser.parse_args(["--quiet", "label", *map(str, words)]))


def read(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_table_is_labelled(table, tmp_path, capsys):
    out = tmp_path / "out.jsonl"
    assert label(table, "--out", out, "--embedding", "none") == 0
    rows = read(out)
    assert [row["id"] for row in rows] == ["b", "a", "c", "d"]
    assert rows[0] == {
        **{"id": "b", "prompt": "two red cats", "source": "x", "category": ["Animals"]},
        **{"logic": ["Color", "Number"], "style": ["None"], "label_status": "ok", "label_message": ""},
        **{"labeller": "rules-1"},
    }
    assert rows[2]["label_status"] == "failed"
    said = capsys.readouterr()
    assert "1 of 4 prompts have no labels; the first: The prompt has no words" in said.err
    assert "label status     ok 3, failed 1" in said.out
    assert ["Animals", "1"] in [line.split() for line in said.out.splitlines()]


def test_sampling_reads_the_labels(table, tmp_path):
    out = tmp_path / "out.jsonl"
    label(table, "--out", out, "--embedding", "none")
    found = LabelTable.from_rows(read_rows(out), dimensions=["category", "logic", "style"])
    assert found.labels["logic"].bins == ("Color", "None", "Number", "Position")


def test_clusters_are_fitted_kept_and_used_again(table, tmp_path, monkeypatch, capsys):
    pytest.importorskip("sklearn")
    monkeypatch.setattr(embeddings, "load_encoder", lambda model: WordEncoder())
    out, again, centers = tmp_path / "out.jsonl", tmp_path / "again.jsonl", tmp_path / "centers.npz"
    assert label(table, "--out", out, "--clusters", 2, "--save-centers", centers, "--json") == 0
    counts = json.loads(capsys.readouterr().out)
    # (10, 1, 1) of b, (1, 10, 10) of a, (1, 1, 1) of c, (1, 1, 10) of d: a with d and b with c cost 81 in squares,
    # b alone 108. Two and two: the cluster of a is the first.
    assert counts["counts"]["cluster"] == {"0": 2, "1": 2}
    assert [row["cluster"] for row in read(out)] == ["1", "0", "1", "0"]
    table.write_text("id,prompt\nnew,one cat\n")
    assert label(table, "--out", again, "--centers", centers) == 0
    assert read(again)[0]["cluster"] == "1"


def test_centers_of_another_model_are_refused(table, tmp_path, monkeypatch):
    pytest.importorskip("sklearn")
    monkeypatch.setattr(embeddings, "load_encoder", lambda model: WordEncoder())
    centers = tmp_path / "centers.npz"
    label(table, "--out", tmp_path / "out.jsonl", "--clusters", 2, "--save-centers", centers)
    monkeypatch.setattr(WordEncoder, "name", "other words")
    with pytest.raises(ValueError, match="were fitted with words, not other words"):
        label(table, "--out", tmp_path / "out.jsonl", "--centers", centers)


class AnsweringModel:
    """Labels everything as an animal."""

    name = "stand-in"

    def __init__(self):
        self.calls = 0

    def reply(self, messages, *, schema, max_tokens, seed):
        self.calls += 1
        answer = {"category": ["Animals"], "logic": [], "style": []}
        return ChatReply(json.dumps(answer), "stop", 10, 5)


@pytest.fixture
def model(monkeypatch, tmp_path):
    model = AnsweringModel()
    monkeypatch.setattr(
        prompts_label, "open_client", lambda args: StructuredClient(model, cache=tmp_path / "replies.jsonl")
    )
    return model


def test_a_chat_model_labels_and_its_replies_are_kept(table, tmp_path, model):
    out = tmp_path / "out.jsonl"
    words = (table, "--out", out, "--embedding", "none", "--labeller", "llm", "--llm", "x")
    assert label(*words) == 0
    asked = model.calls
    assert asked == 3  # the prompt without words is not asked for
    rows = read(out)
    assert [row["category"] for row in rows] == [["Animals"], ["Animals"], [], ["Animals"]]
    assert rows[0]["labeller"].startswith("llm:")
    assert label(*words) == 0
    assert model.calls == asked
    assert read(out) == rows


def test_an_estimate_sends_nothing(table, tmp_path, model, capsys):
    out = tmp_path / "out.jsonl"
    words = (table, "--out", out, "--labeller", "llm", "--llm", "x", "--llm-estimate", "--json")
    assert label(*words) == 0
    assert json.loads(capsys.readouterr().out)["estimate"]["requests"] == 3
    assert model.calls == 0
    assert not out.exists()


def test_nothing_labelled_is_a_failure(table, tmp_path):
    table.write_text("id,prompt\n1,...\n")
    assert label(table, "--out", tmp_path / "out.jsonl", "--embedding", "none") == 1


@pytest.mark.parametrize(
    "words, message",
    [
        (["--clusters", "0"], "--clusters is 0"),
        (["--embedding", "none", "--centers", "x"], "need an embedding"),
        (["--embedding", "none", "--embedding-cache", "x"], "need an embedding"),
        (["--centers", "x", "--clusters", "7"], "--clusters and --seed fit new ones; give one or the other"),
        (["--centers", "x", "--seed", "0"], "--clusters and --seed fit new ones; give one or the other"),
        (["--clusters", "5"], "4 different prompts cannot make 5 clusters; ask for fewer with --clusters"),
        ([], "4 different prompts cannot make 7 clusters"),
        (["--llm", "x"], "add --labeller llm"),
        (["--column", "text", "--embedding", "none"], "no column text"),
    ],
)
def test_mistakes_are_one_sentence(table, tmp_path, words, message):
    with pytest.raises(ValueError, match=message):
        label(table, "--out", tmp_path / "out.jsonl", *words)


@pytest.mark.parametrize(
    "problem, message",
    [
        ("clusters", "4 different prompts cannot make 5 clusters"),
        ("model", "cannot be loaded"),
        ("centers", "were fitted with other, not words"),
        ("no centers", "There are no cluster centers"),
        ("library", "Clustering prompts needs `threadpoolctl`"),
    ],
)
def test_nothing_is_paid_for_before_the_clusters_can_work(table, tmp_path, model, monkeypatch, problem, message):
    pytest.importorskip("sklearn")
    words = [table, "--out", tmp_path / "out.jsonl", "--labeller", "llm", "--llm", "x"]
    if problem == "clusters":
        words += ["--clusters", 5]
    elif problem == "model":
        words += ["--clusters", 2, "--embedding", tmp_path / "gone"]
        monkeypatch.setitem(sys.modules, "sentence_transformers", NoModels)
    elif problem == "library":
        words += ["--clusters", 2]
        monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    else:
        words += ["--centers", tmp_path / "centers.npz"]
        monkeypatch.setattr(embeddings, "load_encoder", lambda name: WordEncoder())
        if problem == "centers":
            Clusters(np.zeros((1, 3), np.float32), np.ones(1, np.int64), "other").save(tmp_path / "centers.npz")
    with pytest.raises(ImportError if problem == "library" else ValueError, match=message):
        label(*words)
    assert model.calls == 0


class NoModels:
    """Stands in for `sentence_transformers`."""

    class SentenceTransformer:
        def __init__(self, *names, **options):
            raise OSError("no such folder")


def test_half_a_character_fails_alone(table, tmp_path, monkeypatch):
    pytest.importorskip("sklearn")
    monkeypatch.setattr(embeddings, "load_encoder", lambda model: WordEncoder())
    table = tmp_path / "prompts.jsonl"
    table.write_text('{"id":"a","prompt":"a \\ud800 cat"}\n{"id":"b","prompt":"a cat"}\n{"id":"c","prompt":"a car"}\n')
    assert label(table, "--out", tmp_path / "out.jsonl", "--clusters", 2) == 0
    rows = read(tmp_path / "out.jsonl")
    assert [row["label_status"] for row in rows] == ["failed", "ok", "ok"]
    assert rows[0]["prompt"] == "a \ufffd cat"
    assert "holds half of a character" in rows[0]["label_message"]


def test_seed_and_clusters_have_the_defaults_that_the_help_names(tmp_path, monkeypatch):
    pytest.importorskip("sklearn")
    monkeypatch.setattr(embeddings, "load_encoder", lambda model: WordEncoder())
    table, centers = tmp_path / "prompts.csv", tmp_path / "centers.npz"
    kinds = ("cat", "car", "tree", "cat car", "cat tree", "car tree", "cat car tree", "dog")
    table.write_text("id,prompt\n" + "".join(f"{number},a {kind}\n" for number, kind in enumerate(kinds)))
    assert label(table, "--out", tmp_path / "out.jsonl", "--save-centers", centers) == 0
    found = Clusters.load(centers)
    assert (len(found.centers), found.seed) == (7, 0)
