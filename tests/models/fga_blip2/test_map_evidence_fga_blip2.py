import json
import math
from dataclasses import replace
from types import SimpleNamespace

import pytest

from evalmuse_hf.mini import find_checkpoint
from evalmuse_hf.models.fga_blip2.element_maps_fga_blip2 import MAP_FORM
from evalmuse_hf.models.fga_blip2.map_evidence_fga_blip2 import (
    COMPARATORS,
    EVIDENCE_FILE,
    CategoryEvidence,
    Comparison,
    HitRate,
    MapEvidence,
    parse_map_evidence,
    read_map_evidence,
)
from evalmuse_hf.models.model_files import preprocessing_sha256, weights_sha256

BEATEN = Comparison(rate=0.1, difference=0.5, low=0.4, high=0.6, n=200, n_prompts=90)
RIVAL = replace(BEATEN, rate=0.25, difference=0.35)
COLOR = CategoryEvidence(
    category="color",
    n=200,
    n_prompts=90,
    n_placeless=0,
    hit_rate=0.6,
    low=0.52,
    high=0.68,
    comparisons={name: RIVAL if name == "random_qformer" else BEATEN for name in COMPARATORS},
)


def evidence(category=COLOR, sha256="0" * 64, settings=None, map_form=MAP_FORM):
    return MapEvidence(
        weights_sha256=sha256,
        preprocessing_sha256=settings,
        map_form=map_form,
        command="evalmuse study maps",
        seed=0,
        draws=10,
        n_pictures=320,
        n_prompts=300,
        hit_rate=0.6,
        low=0.5,
        high=0.7,
        found={"yes": HitRate(0.7, 150), "no": HitRate(math.nan, 0)},
        rivals={"shown": HitRate(0.125, 80), "missing": HitRate(0.375, 40)},
        categories={category.category: category},
    )


def scorer_in(folder, *, compat=None, **more):
    return SimpleNamespace(model=SimpleNamespace(name_or_path=str(folder), **more), compat=compat)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "processor_config.json").write_text("{}")
    record = evidence(sha256=weights_sha256(tmp_path), settings=preprocessing_sha256(tmp_path)).record()
    (tmp_path / EVIDENCE_FILE).write_text(json.dumps(record), "utf-8")
    return tmp_path


def test_a_category_that_beats_everything_is_shown_with_its_figures():
    found = evidence()
    assert found.is_shown("color")
    assert found.sentence("color") == (
        "On drawings whose truth is known, the maps of this model for 'color' peak in the right place in 60% of 200 "
        "cases (95 % interval 52% to 68%; models with a random Q-Former: 25%). That holds for elements that the "
        "picture shows, and no photograph was measured."
    )


@pytest.mark.parametrize("name", COMPARATORS)
@pytest.mark.parametrize(
    "weak",
    [
        replace(BEATEN, low=0.0),
        replace(BEATEN, low=math.nan, high=math.nan),
        replace(BEATEN, n=49),
        replace(BEATEN, n_prompts=19),
        None,
    ],
    ids=["interval reaches 0", "no interval", "few elements", "few prompts", "not compared"],
)
def test_one_comparison_that_is_not_beaten_is_enough_to_hide_a_category(name, weak):
    others = {key: one for key, one in COLOR.comparisons.items() if key != name}
    found = evidence(replace(COLOR, comparisons=others | ({} if weak is None else {name: weak})))
    assert not found.is_shown("color")
    assert "this map is no evidence" in found.sentence("color")
    assert COMPARATORS[name] in found.sentence("color")


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"n": 0}, "no place in the picture"),
        ({"n_placeless": 67}, "25% of what it covers has no place"),
        ({"n": 49}, "measured on 49 elements"),
        ({"n_prompts": 19}, "of 19 prompts only"),
    ],
)
def test_too_little_or_the_wrong_thing_was_measured(changes, reason):
    found = evidence(replace(COLOR, **changes))
    assert not found.is_shown("color")
    assert reason in found.sentence("color")


def test_what_was_not_measured_is_no_evidence():
    found = evidence()
    for category in (None, "food"):
        assert not found.is_shown(category)
        assert "nobody has measured" in found.sentence(category)


def test_a_file_holds_everything(folder):
    found = read_map_evidence(scorer_in(folder))
    expected = evidence(sha256=weights_sha256(folder), settings=preprocessing_sha256(folder))
    assert found.record() == expected.record()
    assert replace(found, found={}) == replace(expected, found={})
    assert math.isnan(found.found["no"].rate)
    undefined = replace(COLOR, n=0, hit_rate=math.nan, low=math.nan, high=math.nan, comparisons={})
    record = json.loads(json.dumps(evidence(undefined).record()))
    assert record["categories"]["color"]["hit_rate"] is None
    assert math.isnan(parse_map_evidence(record).categories["color"].hit_rate)


def test_other_weights_settings_and_maps_have_no_evidence(folder, caplog):
    (folder / "processor_config.json").write_text("{ }")
    assert read_map_evidence(scorer_in(folder)) is None
    assert "other settings of the processor" in caplog.text
    settings = preprocessing_sha256(folder)
    for form in (MAP_FORM + 1, MAP_FORM):
        record = evidence(sha256=weights_sha256(folder), settings=settings, map_form=form).record()
        (folder / EVIDENCE_FILE).write_text(json.dumps(record), "utf-8")
        assert (read_map_evidence(scorer_in(folder)) is None) == (form != MAP_FORM)
    assert "other maps" in caplog.text
    (folder / "model.safetensors").write_bytes(b"trained on")
    assert read_map_evidence(scorer_in(folder)) is None
    assert "other weights" in caplog.text


def test_evidence_is_of_a_model_in_a_folder_with_our_positions_and_without_adapters(folder, monkeypatch):
    assert read_map_evidence(scorer_in(folder)) is not None
    assert read_map_evidence(scorer_in(folder, compat="official")) is None
    assert read_map_evidence(scorer_in(folder, peft_config={})) is None
    assert read_map_evidence(scorer_in(folder / "nowhere")) is None
    monkeypatch.chdir(folder)  # a model without a folder is not that of the current one
    assert read_map_evidence(scorer_in("")) is None
    assert read_map_evidence(scorer_in(".")) is not None
    (folder / "adapter_config.json").write_text("{}")
    assert read_map_evidence(scorer_in(folder)) is None


@pytest.mark.parametrize("content", ["{", "[]", '{"format": 2}', '{"format": 1}', '{"format": 2, "categories": 3}'])
def test_a_file_that_is_none_counts_as_nothing_measured(folder, caplog, content):
    (folder / EVIDENCE_FILE).write_text(content, "utf-8")
    assert read_map_evidence(scorer_in(folder)) is None
    assert "cannot be read" in caplog.text


def test_the_packaged_model_has_evidence_of_its_own_weights():
    found = read_map_evidence(scorer_in(find_checkpoint("mini")))
    assert found is not None
    assert found.command.startswith("evalmuse study maps --model mini")
    assert not found.is_shown("location")
    assert "no place" in found.sentence("location")
    record = json.loads((find_checkpoint("mini") / EVIDENCE_FILE).read_text("utf-8"))
    for name, one in record["categories"].items():
        assert one["shown"] == found.is_shown(name)
