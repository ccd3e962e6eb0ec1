import json

import pytest

from evalmuse_hf.cli import doctor_scorers
from evalmuse_hf.cli.doctor_scorers import has_model, scorer_states
from evalmuse_hf.scoring.loading import CHAT_MODEL_ID, OFFICIAL_ID, SCORERS


@pytest.fixture
def states(tmp_path, monkeypatch):
    monkeypatch.setenv("EVALMUSE_HOME", str(tmp_path / "own"))

    def find(free_bytes=10**12, is_offline=False):
        found = scorer_states(tmp_path / "hub", free_bytes=free_bytes, is_offline=is_offline)
        return {state.name: state for state in found}

    return find


def put(hub, hub_id, *names):
    snapshot = hub / f"models--{hub_id.replace('/', '--')}" / "snapshots" / "abc"
    snapshot.mkdir(parents=True, exist_ok=True)
    for name in names:
        (snapshot / name).write_text("{}")
    return snapshot


def test_every_scorer_of_the_package_is_there(states):
    assert [*states()][: len(SCORERS)] == [*SCORERS]
    assert {*doctor_scorers.JUDGES} <= {*states()}


def test_an_empty_cache_means_fetching_and_the_packaged_models_are_named(states):
    found = states()
    assert {name for name, state in found.items() if state.status == "download"} == {*found} - {
        "hps_v2",
        "image_reward",
    }
    assert found["fga_blip2"].how.startswith(f"the first use fetches {OFFICIAL_ID} (5.0 GB) from the Hub")
    assert found["pn_vqa"].size_bytes == 17 * 10**9
    assert {name for name, state in found.items() if not state.has_mini} == {
        *("clip_score", "pick_score", "hps_v2", "blip2_itm", "image_reward")
    }


def test_what_has_to_be_converted_says_what_to_type(states):
    state = states()["hps_v2"]
    assert state.status == "convert"
    assert "`hf download xswu/HPSv2 HPS_v2.1_compressed.pt --local-dir .`" in state.how
    assert "`evalmuse convert --scorer hps_v2 HPS_v2.1_compressed.pt OUT`" in state.how


def test_a_disk_that_is_too_small_is_said_before_the_download(states):
    found = states(free_bytes=6 * 10**9)
    assert {name for name, state in found.items() if state.status == "download"} == {
        *("clip_score", "pick_score", "blip2_itm")
    }
    assert found["fga_blip2"].status == "no_room"  # 5 GB, and 5 GB for what it is converted to


def test_offline_the_way_around_is_said(states):
    found = states(is_offline=True)
    assert f"`hf download {CHAT_MODEL_ID} --local-dir FOLDER` (17.0 GB)" in found["vq2"].how
    assert "`evalmuse convert fga_blip2.pth OUT`" in found["fga_blip2"].how


def test_a_converted_checkpoint_is_ready_and_a_fetched_one_nearly(states, tmp_path):
    put(tmp_path / "hub", OFFICIAL_ID, "fga_blip2.pth")
    assert states(is_offline=True)["fga_blip2"].status == "cached"
    folder = tmp_path / "own" / OFFICIAL_ID.replace("/", "--")
    folder.mkdir(parents=True)
    (folder / "config.json").touch()
    assert states()["fga_blip2"].status == "ready"


def test_a_model_counts_once_all_its_shards_are_there(states, tmp_path):
    hub = tmp_path / "hub"
    snapshot = put(hub, CHAT_MODEL_ID, "config.json", "one.safetensors")
    index = {"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}
    (snapshot / "model.safetensors.index.json").write_text(json.dumps(index))
    assert not has_model(hub, CHAT_MODEL_ID)
    put(hub, CHAT_MODEL_ID, "two.safetensors")
    assert has_model(hub, CHAT_MODEL_ID)
    assert {states()[name].status for name in ("pn_vqa", "vie_score")} == {"ready"}
    (snapshot / "model.safetensors.index.json").write_text("[")
    assert not has_model(hub, CHAT_MODEL_ID)


def test_a_model_without_its_configuration_is_not_there(tmp_path):
    put(tmp_path, "owner/name", "model.safetensors")
    assert not has_model(tmp_path, "owner/name")
    put(tmp_path, "owner/name", "config.json")
    assert has_model(tmp_path, "owner/name")


def test_a_scorer_of_another_package_is_listed(states, monkeypatch):
    monkeypatch.setattr(doctor_scorers, "foreign_names", lambda: ("theirs",))
    assert states()["theirs"].status == "foreign"
