import argparse
import json

import pytest

from evalmuse_hf.cli import study_maps
from evalmuse_hf.meta_evaluation.studies import maps_study
from evalmuse_hf.models.fga_blip2.map_evidence_fga_blip2 import parse_map_evidence


def study(*words):
    parser = argparse.ArgumentParser()
    parser.add_argument("--quiet", action="store_true")
    study_maps.add_parser(parser.add_subparsers())
    return study_maps.run(parser.parse_args(["--quiet", "maps", *map(str, words)]))


def test_a_quick_study_writes_evidence_record_and_page(tmp_path, capsys, monkeypatch):
    for name, number in (("PICTURES", 5), ("DRAWS", 1), ("RESAMPLES", 20)):
        monkeypatch.setattr(maps_study, f"_QUICK_{name}", number)
    assert study("--out", tmp_path / "out", "--quick", "--device", "cpu", "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert json.loads((tmp_path / "out" / "record.json").read_text("utf-8")) == record
    evidence = json.loads((tmp_path / "out" / "map_evidence.json").read_text("utf-8"))
    assert evidence == record["evidence"]
    assert not any(parse_map_evidence(evidence).is_shown(name) for name in evidence["categories"])
    assert "Do the heat maps point" in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_a_quick_study_is_not_kept_beside_the_weights(tmp_path):
    with pytest.raises(ValueError, match="measures too little"):
        study("--out", tmp_path, "--quick", "--beside-weights")
