import argparse
import json
import subprocess
import sys

import pytest

from evalmuse_hf.cli import elements, elements_questions, elements_split


def parser():
    found = argparse.ArgumentParser()
    found.set_defaults(quiet=False)
    elements.register(found.add_subparsers())
    return found


def test_the_command_splits_and_asks(monkeypatch, capsys):
    with pytest.raises(SystemExit):
        parser().parse_args(["elements", "--help"])
    printed = capsys.readouterr().out
    assert "split" in printed
    assert "questions" in printed
    monkeypatch.setattr(elements_split, "run", lambda args: 41)
    monkeypatch.setattr(elements_questions, "run", lambda args: 42)
    assert elements.run(argparse.Namespace(elements_command="split")) == 41
    assert elements.run(argparse.Namespace(elements_command="questions")) == 42


def test_a_table_is_split_by_grammar(tmp_path):
    pytest.importorskip("spacy")
    table, out = tmp_path / "prompts.jsonl", tmp_path / "split.jsonl"
    table.write_text(json.dumps({"id": 1, "prompt": "two dogs playing poker"}))
    args = parser().parse_args(["elements", "split", str(table), "--out", str(out)])
    assert elements.run(args) == 0
    found = json.loads(out.read_text())["elements"]
    assert [element["text"] for element in found] == ["two", "dogs", "playing", "poker"]


def test_describing_the_command_imports_nothing_heavy():
    program = (
        "import argparse, sys\nfrom evalmuse_hf.cli import elements\n"
        "elements.register(argparse.ArgumentParser().add_subparsers())\n"
        "print(sorted({'numpy', 'torch', 'spacy', 'scipy', 'huggingface_hub'} & set(sys.modules)))"
    )
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert child.stdout.strip() == "[]"
