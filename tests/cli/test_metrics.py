import evalmuse_hf
from evalmuse_hf.cli import metrics
from evalmuse_hf.cli.main import main

VERSION = evalmuse_hf.__version__


def test_install_and_uninstall_say_what_they_did(tmp_path, capsys):
    assert main(["metrics", "install", "--cache", str(tmp_path)]) == 0
    assert f" modules of version {VERSION} installed in {tmp_path}: alignment_correlation, " in capsys.readouterr().out
    assert main(["metrics", "uninstall", "--cache", str(tmp_path)]) == 0
    assert f" modules of version {VERSION} removed from {tmp_path}: alignment_correlation, " in capsys.readouterr().out
    assert main(["metrics", "uninstall", "--cache", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"0 modules removed from {tmp_path}\n"


def test_a_version_that_was_there_before_is_named(tmp_path, monkeypatch, capsys):
    main(["metrics", "install", "--cache", str(tmp_path)])
    main(["metrics", "install", "--cache", str(tmp_path)])
    assert "in place of" not in capsys.readouterr().out
    monkeypatch.setattr(metrics, "__version__", "9.9")
    monkeypatch.setattr(evalmuse_hf, "__version__", "9.9")
    main(["metrics", "install", "--cache", str(tmp_path)])
    said = capsys.readouterr().out
    assert f"modules of version 9.9 installed in {tmp_path}, in place of version {VERSION}: " in said
