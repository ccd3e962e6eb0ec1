import json

from evalmuse_hf.cli.main import main


def test_raw_prompts_are_written_and_counted(tmp_path, capsys):
    out = tmp_path / "raw.jsonl"
    assert main(["prompts", "raw", "--n", "50", "--seed", "2", "--out", str(out), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert (report["n"], sum(report["shapes"].values()), len(rows)) == (50, 50, 50)
    first = out.read_bytes()
    assert main(["prompts", "raw", "--n", "50", "--seed", "2", "--out", str(out)]) == 0
    assert out.read_bytes() == first
    assert capsys.readouterr().out.splitlines()[-1] == str(out)


def test_no_prompts_are_a_mistake(tmp_path, capsys):
    assert main(["prompts", "raw", "--n", "0", "--out", str(tmp_path / "raw.jsonl")]) == 2
    assert "--n is 0, expected 1 or more" in capsys.readouterr().err
