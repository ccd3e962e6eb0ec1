import json
import shutil
import sys
from types import ModuleType

import pytest
import torch
from safetensors.torch import load_file, save_file

from evalmuse_hf.scoring import ScorerError, cache_folder, load_scorer
from evalmuse_hf.scoring.feature_store import FeatureError


@pytest.fixture
def no_packaged_checkpoint(monkeypatch):
    module = ModuleType("evalmuse_hf.mini")
    module.find_checkpoint = lambda name, **_: None
    monkeypatch.setitem(sys.modules, "evalmuse_hf.mini", module)


@pytest.fixture
def copy(model_folder, tmp_path):
    return shutil.copytree(model_folder, tmp_path / "copy")


def test_a_folder_is_opened(model_folder):
    scorer = load_scorer("fga_blip2", model=str(model_folder), device="cpu", compat="official", batch_size=3)
    assert scorer.name == "fga_blip2:tiny"
    assert (scorer.compat, scorer.encoder.batch_size) == ("official", 3)


def test_scores_with_kept_features_are_the_same_to_the_last_digit(model_folder, pictures, tmp_path):
    names = ("0.png", "1.png", "cmyk.jpg", "2.png", "empty.png", "rotated.jpg", "0.png")
    pairs = {"images": [pictures / name for name in names], "prompts": [f"a red cat {name}" for name in names]}
    options = {"model": model_folder, "device": "cpu", "batch_size": 3}
    without = load_scorer("fga_blip2", **options).score(**pairs)
    for _ in range(2):
        scorer = load_scorer("fga_blip2", **options, feature_cache=tmp_path / "cache")
        kept = scorer.score(**pairs)
        assert [repr(score) for score in kept] == [repr(score) for score in without]
    encoded = []
    scorer.model.vision_model.encoder.register_forward_hook(lambda *call: encoded.append(call))
    scorer.score(**pairs)
    assert encoded == []


def test_a_feature_cache_that_is_a_file_is_refused(model_folder, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FeatureError, match="No features can be kept in"):
        load_scorer("fga_blip2", model=model_folder, device="cpu", feature_cache=tmp_path / "file")


def test_a_packaged_name_comes_before_a_folder(model_folder, monkeypatch):
    module = ModuleType("evalmuse_hf.mini")
    module.find_checkpoint = lambda name, **_: {"mini": model_folder}.get(name)
    monkeypatch.setitem(sys.modules, "evalmuse_hf.mini", module)
    assert load_scorer("fga_blip2", model="mini", device="cpu").name == "fga_blip2:mini"


@pytest.mark.parametrize(
    "name, model, sentence",
    [
        ("clip", None, r"There is no scorer 'clip'; did you mean 'clip_score'\? Else choose one of fga_blip2"),
        ("mini", None, "'mini' is a model and no scorer; ask for 'fga_blip2' with model=\"mini\""),
        ("fga_blip2", "minni", r"There is no model folder at minni; .* OWNER/NAME; did you mean 'mini'\?"),
        ("clip_score", None, "`hf download openai/clip-vit-large-patch14 --local-dir FOLDER` fetches it"),
        ("clip_score", "mini", "take 'fga_blip2' or 'pn_vqa', which have one"),
        ("fga_blip2", "mini", "lacks the packaged checkpoint 'mini'; install evalmuse_hf again"),
        ("fga_blip2", "./nowhere", "There is no model folder at ./nowhere; give 'mini', a folder, or a Hub id"),
        (
            "fga_blip2",
            "owner/name",
            "'owner/name' is no folder here and cannot be had from the Hub .HF_HUB_OFFLINE is",
        ),
        ("fga_blip2", None, r"official checkpoint hanshuhao/FGA-BLIP2 \(about 5 GB\) cannot be had .*--model mini"),
    ],
    ids=[
        "unknown scorer",
        "a model as the scorer",
        "a slip in the model",
        "an encoder offline",
        "no packaged encoder",
        "no packaged checkpoint",
        "no folder",
        "a Hub id offline",
        "the official one offline",
    ],
)
def test_what_cannot_be_found_is_one_sentence(name, model, sentence, no_packaged_checkpoint, tmp_path, monkeypatch):
    monkeypatch.setenv("EVALMUSE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ScorerError, match=sentence) as caught:
        load_scorer(name, model=model)
    assert "\n" not in str(caught.value)


def test_a_checkpoint_file_is_sent_to_the_converter(no_packaged_checkpoint, tmp_path):
    (tmp_path / "fga_blip2.pth").write_bytes(b"")
    with pytest.raises(ScorerError, match="evalmuse convert"):
        load_scorer("fga_blip2", model=str(tmp_path / "fga_blip2.pth"))


def test_a_folder_without_configuration_is_refused(no_packaged_checkpoint, tmp_path):
    with pytest.raises(ScorerError, match=r"has no config.json, so it is no model folder"):
        load_scorer("fga_blip2", model=tmp_path)


@pytest.mark.parametrize(
    "config, sentence",
    [('{"model_type": "clip"}', "holds a model of type 'clip', expected 'fga_blip2'"), ("{", "is not JSON")],
    ids=["another model", "damaged"],
)
def test_a_wrong_configuration_is_refused(no_packaged_checkpoint, tmp_path, config, sentence):
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(ScorerError, match=sentence):
        load_scorer("fga_blip2", model=tmp_path)


def test_missing_weights_are_refused(copy):
    (copy / "model.safetensors").unlink()
    with pytest.raises(ScorerError, match="cannot be loaded"):
        load_scorer("fga_blip2", model=copy)


@pytest.mark.parametrize("change", ["missing", "surplus", "wrongly shaped"])
def test_a_tensor_that_does_not_fit_is_named(copy, change):
    tensors = load_file(copy / "model.safetensors")
    if change == "missing":
        del tensors["itm_head.bias"]
    elif change == "surplus":
        tensors["another.bias"] = torch.zeros(2)
    else:
        tensors["itm_head.bias"] = torch.zeros(3)
    save_file(tensors, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ScorerError, match="another.bias" if change == "surplus" else "itm_head.bias"):
        load_scorer("fga_blip2", model=copy)


def test_an_absent_device_is_one_sentence(model_folder):
    with pytest.raises(ScorerError, match="Device 'abacus' cannot be used here"):
        load_scorer("fga_blip2", model=model_folder, device="abacus")


def test_the_official_checkpoint_is_converted_once(model_folder, tmp_path, monkeypatch):
    from evalmuse_hf.models.fga_blip2 import convert_fga_blip2

    calls = []

    def convert(checkpoint, out):
        calls.append(checkpoint)
        shutil.copytree(model_folder, out)

    monkeypatch.setenv("EVALMUSE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.hf_hub_download", lambda hub_id, file: f"/hub/{hub_id}/{file}")
    monkeypatch.setattr(convert_fga_blip2, "convert_checkpoint", convert)
    names = [load_scorer("fga_blip2", device="cpu").name for _ in range(2)]
    assert names == ["fga_blip2:official"] * 2
    assert [str(path) for path in calls] == ["/hub/hanshuhao/FGA-BLIP2/fga_blip2.pth"]
    assert json.loads((cache_folder() / "hanshuhao--FGA-BLIP2" / "config.json").read_text())


def test_the_cache_follows_the_environment(tmp_path, monkeypatch):
    monkeypatch.delenv("EVALMUSE_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "evalmuse_hf"
    monkeypatch.setenv("EVALMUSE_HOME", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"


def test_an_unknown_precision_is_refused(model_folder):
    with pytest.raises(ScorerError, match="`dtype` must be one of float32, bfloat16, float16, got 'int8'"):
        load_scorer("fga_blip2", model=model_folder, device="cpu", dtype="int8")


def test_other_networks_compute_with_another_precision_too(blip2_folder, pictures):
    full, half = (
        load_scorer("blip2_itm", model=blip2_folder, device="cpu", dtype=dtype) for dtype in (None, "bfloat16")
    )
    images, prompts = [pictures / "0.png"], ["a red cat"]
    scores = [scorer.score(images=images, prompts=prompts)[0].overall for scorer in (full, half)]
    assert scores[1] == pytest.approx(scores[0], abs=0.02)
    assert scores[1] != scores[0]


def test_what_a_loaded_scorer_has_seen_is_not_encoded_again(model_folder, pictures):
    scorer = load_scorer("fga_blip2", model=model_folder, device="cpu")
    encoded = []
    scorer.model.vision_model.encoder.register_forward_hook(lambda _, args, output: encoded.append(len(output[0])))
    for prompt in ("a red cat", "a dog"):
        scorer.score(images=[pictures / "0.png"], prompts=[prompt])
    assert encoded == [1]


def test_a_hub_that_is_out_of_reach_is_said_in_words(monkeypatch, tmp_path):
    from huggingface_hub.errors import LocalEntryNotFoundError

    def fail(*_args, **_options):
        raise LocalEntryNotFoundError("no")

    monkeypatch.setenv("EVALMUSE_HOME", str(tmp_path))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", fail)
    with pytest.raises(ScorerError, match=r"Hub \(it cannot be reached, `evalmuse doctor --network` says why"):
        load_scorer("fga_blip2")
