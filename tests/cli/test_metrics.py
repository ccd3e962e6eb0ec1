from evalmuse_hf.cli.main import main


def test_install_and_uninstall_say_what_they_did(tmp_path, capsys):
    assert main(["metrics", "install", "--cache", str(tmp_path)]) == 0
    assert f"installed in {tmp_path}: alignment_correlation, " in capsys.readouterr().out
    assert main(["metrics", "uninstall", "--cache", str(tmp_path)]) == 0
    assert f"removed from {tmp_path}: alignment_correlation, " in capsys.readouterr().out
    assert main(["metrics", "uninstall", "--cache", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"0 modules removed from {tmp_path}\n"
