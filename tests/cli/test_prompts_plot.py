import json

from evalmuse_hf.cli.main import main


def test_a_page_comes_from_the_report_alone_and_is_that_of_the_sample(tmp_path, capsys):
    rows = [{"id": f"p{row}", "prompt": f"prompt {row}", "kind": ["a", "b", "b"][row % 3]} for row in range(12)]
    table = tmp_path / "table.jsonl"
    table.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    report, first, second = (tmp_path / name for name in ("report.json", "first.html", "second.html"))
    words = ["prompts", "sample", table, "--n", 6, "--dimension", "kind", "--out", tmp_path / "out.jsonl"]
    assert main([*map(str, words), "--report", str(report), "--html", str(first)]) == 0
    assert main(["prompts", "plot", str(report), "--html", str(second)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(second)
    pages = [path.read_text("utf-8") for path in (first, second)]
    assert all("Before: 12 candidates" in page and "After: 6 chosen" in page for page in pages)


def test_what_is_no_report_is_one_sentence(tmp_path, capsys):
    assert main(["prompts", "plot", str(tmp_path / "none.json"), "--html", str(tmp_path / "page.html")]) == 2
    assert "There is no sampling report at" in capsys.readouterr().err


def test_a_partial_report_is_one_sentence(tmp_path, capsys):
    report = tmp_path / "report.json"
    for content in ({"format": 1, "bins": []}, {"format": 1, "bins": ["x"]}):
        report.write_text(json.dumps(content))
        assert main(["prompts", "plot", str(report), "--html", str(tmp_path / "page.html")]) == 2
        (error,) = capsys.readouterr().err.splitlines()
        assert "is no whole sampling report" in error
