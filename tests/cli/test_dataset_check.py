import json

import pytest

from evalmuse_hf.cli.main import main


@pytest.fixture
def means(tmp_path):
    path = tmp_path / "means.jsonl"
    record = {"prompt_id": "1", "model": "A", "element_score_mean": {"cat (animal)": 0.5}}
    lines = [{**record, "img_path": f"A/{row}.png", "total_score_mean": row + 1.0} for row in range(3)]
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def test_check_prints_the_report_and_writes_the_page(means, tmp_path, capsys):
    assert main(["dataset", "check", str(means), "--html", str(tmp_path / "health.html")]) == 0
    assert capsys.readouterr().out.startswith("Health of ")
    assert (tmp_path / "health.html").read_text("utf-8").startswith("<!DOCTYPE html>")


def test_check_prints_json_if_asked(means, capsys):
    assert main(["dataset", "check", str(means), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["format"], report["splits"]["train"]["pairs"]) == (1, 3)


def test_what_is_no_data_set_is_a_mistake_of_the_user(tmp_path, capsys):
    assert main(["dataset", "check", str(tmp_path)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "is not a built data set" in printed.err
    assert len(printed.err.strip().splitlines()) == 1
