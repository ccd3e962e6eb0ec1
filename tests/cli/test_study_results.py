import argparse
import json

import pytest

from evalmuse_hf.cli.study_results import add_form_options, show_study
from evalmuse_hf.reports import Document


def show(*words):
    parser = argparse.ArgumentParser()
    add_form_options(parser)
    document = Document(title="Of cats", summary="They sleep.", sections=())
    show_study(parser.parse_args(list(map(str, words))), document, {"n": 2})


def test_a_study_is_shown_in_the_form_that_was_asked_for(tmp_path, capsys):
    show("--html", tmp_path / "page.html")
    assert capsys.readouterr().out.startswith("Of cats\n")
    assert "They sleep." in (tmp_path / "page.html").read_text("utf-8")
    show("--markdown")
    assert capsys.readouterr().out.startswith("# Of cats\n")
    show("--json")
    assert json.loads(capsys.readouterr().out) == {"n": 2}


def test_there_is_one_form_at_a_time(capsys):
    with pytest.raises(SystemExit):
        show("--json", "--markdown")
    assert "not allowed with" in capsys.readouterr().err
