import json

import pytest

from evalmuse_hf.cli.annotate_status import read_thresholds
from evalmuse_hf.cli.main import main
from tests.annotations.rated import rated_campaign


def test_the_status_is_printed_as_text_json_and_page(tmp_path, capsys):
    place = str(rated_campaign(tmp_path).place)
    assert main(["annotate", "status", place, "--html", str(tmp_path / "status.html")]) == 0
    text = capsys.readouterr().out
    assert "main: re-annotation" in text
    assert "rater_000" in text
    assert "rater_000" in (tmp_path / "status.html").read_text("utf-8")
    assert main(["annotate", "status", place, "--json", "--pseudonyms", "--min-answers", "1"]) == 0
    out = capsys.readouterr().out
    record = json.loads(out)
    assert [entry["ratings"] for entry in record["rounds"]] == [17, 3]
    assert "rater_000" not in out


def test_thresholds_are_read_and_wrong_ones_explained(tmp_path, capsys):
    rules = read_thresholds(["max_run=30", "min_correlation=off"])
    assert (rules.max_run, rules.min_correlation, rules.max_leniency) == (30, None, 0.75)
    with pytest.raises(ValueError, match="takes NAME=NUMBER with one of min_gold_elements, "):
        read_thresholds(["longest=3"])
    assert main(["annotate", "status", str(tmp_path / "store"), "--threshold", "max_run=many"]) == 2
    assert "must be a number or 'off', got 'many'" in capsys.readouterr().err


def test_a_store_that_is_not_there_is_a_sentence(tmp_path, capsys):
    assert main(["annotate", "status", str(tmp_path / "none.sqlite")]) == 2
    assert "There is no annotation store at" in capsys.readouterr().err
    assert not (tmp_path / "none.sqlite").exists()
