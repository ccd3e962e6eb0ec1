import argparse
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from evalmuse_hf.cli import study_maps
from evalmuse_hf.meta_evaluation.studies import maps_study
from evalmuse_hf.mini import find_checkpoint
from evalmuse_hf.models.fga_blip2.map_evidence_fga_blip2 import EVIDENCE_FILE, parse_map_evidence
from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer


def study(*words):
    parser = argparse.ArgumentParser()
    parser.add_argument("--quiet", action="store_true")
    study_maps.add_parser(parser.add_subparsers())
    return study_maps.run(parser.parse_args(["--quiet", "maps", *map(str, words)]))


def test_a_quick_study_writes_evidence_record_and_page(tmp_path, capsys, monkeypatch):
    for name, number in (("PICTURES", 3), ("DRAWS", 1), ("RESAMPLES", 20)):
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


@pytest.mark.parametrize(
    "name, error, message",
    [
        ("", ValueError, "needs a model in a folder, and '' is none"),
        ("owner/name", ValueError, "needs a model in a folder, and 'owner/name' is none"),
        ("adapters", ValueError, "holds adapters"),
        ("read-only", PermissionError, "cannot write into"),
    ],
)
def test_a_model_beside_which_nothing_can_be_kept_is_refused_before_the_study(
    tmp_path, monkeypatch, name, error, message
):
    (tmp_path / "adapters").mkdir()
    (tmp_path / "adapters" / "adapter_config.json").write_text("{}")
    (tmp_path / "read-only").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.access", lambda path, mode: path.name != "read-only")  # root may write everywhere
    scorer = FGABlip2Scorer.__new__(FGABlip2Scorer)
    scorer.model = SimpleNamespace(name_or_path=name)
    monkeypatch.setattr("evalmuse_hf.scoring.load_scorer", lambda *_, **__: scorer)
    monkeypatch.setattr(maps_study, "run_maps_study", None)
    with pytest.raises(error, match=message):
        study("--out", tmp_path / "out", "--beside-weights")


def test_evidence_is_kept_beside_the_weights_last(tmp_path, monkeypatch, packaged_evidence):
    (tmp_path / "model").mkdir()
    scorer = FGABlip2Scorer.__new__(FGABlip2Scorer)
    scorer.model = SimpleNamespace(name_or_path=str(tmp_path / "model"))

    def run(options, scorer, *, out, progress):
        out.mkdir()
        return maps_study.MapsStudy(options, "fga", 8, {}, {}, packaged_evidence)

    monkeypatch.setattr("evalmuse_hf.scoring.load_scorer", lambda *_, **__: scorer)
    monkeypatch.setattr(maps_study, "run_maps_study", run)
    assert study("--out", tmp_path / "out", "--beside-weights") == 0
    kept = (tmp_path / "model" / EVIDENCE_FILE).read_text("utf-8")
    assert kept == (tmp_path / "out" / EVIDENCE_FILE).read_text("utf-8")
    assert parse_map_evidence(json.loads(kept)) == packaged_evidence


@pytest.fixture
def packaged_evidence():
    evidence = parse_map_evidence(json.loads((find_checkpoint("mini") / EVIDENCE_FILE).read_text("utf-8")))
    return replace(evidence, categories={"color": evidence.categories["color"]})
