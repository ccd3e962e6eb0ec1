import sys
from types import ModuleType

import pytest

from evalmuse_hf.cli.main import main

CONVERTER = "evalmuse_hf.models.fga_blip2.convert_fga_blip2"


@pytest.fixture
def converted(monkeypatch):
    """Stand in for the converter, which has its own tests, and record what it is asked."""
    calls = []
    module = ModuleType(CONVERTER)
    module.convert_checkpoint = lambda *positional, **named: calls.append((positional, named))
    monkeypatch.setitem(sys.modules, CONVERTER, module)
    return calls


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "fga_blip2.pth"
    path.write_bytes(b"weights")
    return path


def test_the_converter_gets_the_paths_and_the_folder_is_printed(converted, checkpoint, tmp_path, capsys):
    config, vocab = tmp_path / "config.json", tmp_path / "vocab.txt"
    config.write_text("{}")
    vocab.write_text("[PAD]\n")
    out = tmp_path / "model"
    assert main(["convert", str(checkpoint), str(out), "--config", str(config), "--vocab", str(vocab)]) == 0
    assert converted == [((checkpoint, out), {"config": config, "vocab": vocab})]
    assert capsys.readouterr().out == f"{out}\n"


@pytest.mark.parametrize(
    "scorer, module", [("hps_v2", "evalmuse_hf.models.encoders"), ("image_reward", "evalmuse_hf.models.matchers")]
)
def test_other_scorers_have_converters_of_their_own(scorer, module, checkpoint, tmp_path, monkeypatch, capsys):
    calls = []
    stand_in = ModuleType(module)
    setattr(stand_in, f"convert_{scorer}", lambda *given, **named: calls.append((given, named)))
    monkeypatch.setitem(sys.modules, module, stand_in)
    assert main(["convert", str(checkpoint), str(tmp_path / "out"), "--scorer", scorer]) == 0
    assert calls == [((checkpoint, tmp_path / "out"), {"config": None, "vocab": None})]
    assert capsys.readouterr().out == f"{tmp_path / 'out'}\n"


def test_without_options_the_official_sizes_and_vocabulary_are_used(converted, checkpoint, tmp_path):
    assert main(["convert", str(checkpoint), str(tmp_path / "model")]) == 0
    assert converted == [((checkpoint, tmp_path / "model"), {"config": None, "vocab": None})]


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["absent.pth", "model"], "no checkpoint file at absent.pth"),
        (["fga_blip2.pth", "model", "--config", "absent.json"], "no configuration file at absent.json"),
        (["fga_blip2.pth", "model", "--vocab", "absent.txt"], "nothing at absent.txt"),
        (["fga_blip2.pth", "fga_blip2.pth"], "fga_blip2.pth is a file; give the name of a folder"),
        (["fga_blip2.pth", "model", "--scorer", "clip"], "invalid choice: 'clip'"),
    ],
    ids=["no checkpoint", "no configuration", "no vocabulary", "a file as the folder", "an unknown scorer"],
)
def test_a_wrong_path_is_one_sentence_and_status_2(words, sentence, converted, checkpoint, monkeypatch, capsys):
    monkeypatch.chdir(checkpoint.parent)
    assert main(["convert", *words]) == 2
    captured = capsys.readouterr().err
    assert sentence in captured
    assert captured.count("\n") == 1
    assert not converted


def test_a_folder_for_the_hub_is_written_with_its_code(tmp_path, capsys):
    out = tmp_path / "hub"
    assert main(["convert", "mini", str(out), "--remote-code"]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    assert {"config.json", "modeling_fga_blip2.py", "README.md"} <= {path.name for path in out.iterdir()}


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["fga_blip2.pth", "out"], "takes a model folder or mini, got fga_blip2.pth; convert an official file first"),
        (["mini", "out", "--scorer", "hps_v2"], "goes without --scorer, --config and --vocab"),
        (["mini", "fga_blip2.pth"], "fga_blip2.pth is a file or the model itself"),
    ],
)
def test_a_mistake_in_an_export_is_one_sentence(words, sentence, checkpoint, monkeypatch, capsys):
    monkeypatch.chdir(checkpoint.parent)
    assert main(["convert", *words, "--remote-code"]) == 2
    captured = capsys.readouterr().err
    assert sentence in captured
    assert captured.count("\n") == 1
