import gzip
import json
import math
import shutil

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel

from evalmuse_hf.models.encoders.convert_hps_v2 import load_tokenizer
from evalmuse_hf.scoring import ScorerError, load_scorer
from evalmuse_hf.scoring.loading import ENCODER_SCORERS, MATCHING_SCORERS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clip") / "tiny-clip"
    sizes = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}
    text = {"vocab_size": 520, "max_position_embeddings": 16, "bos_token_id": 514, "eos_token_id": 515}
    torch.manual_seed(0)
    config = CLIPConfig(vision_config={**sizes, "image_size": 16, "patch_size": 8}, text_config={**sizes, **text})
    CLIPModel(config).save_pretrained(folder)
    merges = tmp_path_factory.mktemp("bpe") / "merges.txt.gz"
    merges.write_bytes(gzip.compress(b"#version: 0.2\na t</w>\nc at</w>\n"))
    load_tokenizer(merges).save_pretrained(folder)
    CLIPImageProcessorPil(size={"shortest_edge": 16}, crop_size={"height": 16, "width": 16}).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("name", ENCODER_SCORERS)
def test_every_encoder_opens_a_clip_folder(name, folder):
    scorer = load_scorer(name, model=folder, device="cpu", batch_size=2)
    assert scorer.name == f"{name}:tiny-clip"
    (score,) = scorer.score(images=[Image.new("RGB", (20, 30), "red")], prompts=["a cat"])
    assert score.status == "ok"
    assert scorer.model is scorer.towers.model


def test_pick_score_is_the_cosine_times_the_models_own_scale(folder):
    pair = {"images": [Image.new("RGB", (20, 20), "red")], "prompts": ["a cat"]}
    clip, pick = (load_scorer(name, model=folder, device="cpu").score(**pair)[0] for name in ENCODER_SCORERS[:2])
    scale = math.exp(CLIPModel.from_pretrained(folder).logit_scale.item())
    assert pick.overall == pytest.approx(scale * clip.overall, rel=1e-5)


def test_folders_that_hold_no_clip_model_are_refused(tmp_path):
    with pytest.raises(ScorerError, match=r"has no config\.json, so it is no model folder"):
        load_scorer("clip_score", model=tmp_path, device="cpu")
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ScorerError, match="is not JSON"):
        load_scorer("clip_score", model=tmp_path, device="cpu")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(ScorerError, match="holds a model of type 'bert', expected 'clip'"):
        load_scorer("clip_score", model=tmp_path, device="cpu")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "clip"}))
    with pytest.raises(ScorerError, match="cannot be loaded"):
        load_scorer("clip_score", model=tmp_path, device="cpu")


@pytest.mark.parametrize(
    "name, model, message",
    [
        ("clip_score", None, r"openai/clip-vit-large-patch14 \(1.7 GB\), the default of 'clip_score', cannot be had"),
        ("hps_v2", None, "converted once.*evalmuse convert --scorer hps_v2.*`--vocab` takes .*bpe_simple_vocab"),
        ("image_reward", None, r"bring ImageReward\.pt \(1.8 GB.*evalmuse convert --scorer image_reward.*vocab\.txt"),
        ("blip2_itm", None, r"Salesforce/blip2-itm-vit-g \(4.7 GB\), the default of 'blip2_itm', cannot be had"),
        ("pick_score", "mini", "There is no packaged model for 'pick_score'"),
        ("clip_score", "/no/such/folder", "no model folder at /no/such/folder; give a folder, or a Hub id"),
        ("clip_score", "owner/name", r"'owner/name' is no folder here.*; give the path of a model folder\.$"),
    ],
)
def test_what_cannot_be_had_is_one_sentence(name, model, message):
    with pytest.raises(ScorerError, match=message):
        load_scorer(name, model=model, device="cpu")


@pytest.mark.parametrize(
    "name, fixture", [("blip2_itm", "blip2_folder"), ("image_reward", "image_reward_folder")], ids=MATCHING_SCORERS
)
def test_every_matcher_opens_its_folder(name, fixture, request, tmp_path):
    folder = request.getfixturevalue(fixture)
    scorer = load_scorer(name, model=folder, device="cpu", batch_size=2)
    assert scorer.name == f"{name}:{folder.name}"
    pictures = [Image.new("RGB", (20, 30), "red"), tmp_path / "none.png"]
    scores = scorer.score(images=pictures, prompts=["a cat", "a cat"], elements=[["cat"], []])
    assert [score.status for score in scores] == ["ok", "image_error"]
    assert scores[0].elements[0].status == "unsupported"
    with pytest.raises(ScorerError, match="holds a model of type"):
        load_scorer("clip_score", model=folder, device="cpu")
    with pytest.raises(ValueError, match="`batch_size` must be at least 1, got 0"):
        load_scorer(name, model=folder, device="cpu", batch_size=0)


@pytest.fixture(params=["clip_score", "blip2_itm", "image_reward"])
def broken(request, folder, tmp_path):
    """A scorer, and a copy of a folder for it, to take something away from."""
    names = {"blip2_itm": "blip2_folder", "image_reward": "image_reward_folder"}
    source = request.getfixturevalue(names[request.param]) if request.param in names else folder
    return request.param, shutil.copytree(source, tmp_path / "copy")


def test_a_tensor_that_is_missing_or_of_another_shape_is_named(broken):
    """transformers leaves it random and goes on, so that every score would be one, with the status ok."""
    name, folder = broken
    tensors = load_file(folder / "model.safetensors")
    place = next(key for key in sorted(tensors) if "mlp" in key or "intermediate" in key)
    for change, words in (({}, f"lacks {place!r}"), ({place: torch.zeros(2)}, f"{place!r} of the shape (2,)")):
        kept = {key: value for key, value in tensors.items() if key != place} | change
        save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
        with pytest.raises(ScorerError, match="do not fill the model") as caught:
            load_scorer(name, model=folder, device="cpu")
        assert words in str(caught.value)
        assert str(folder) in str(caught.value)


def test_a_folder_without_tokenizer_is_refused(broken):
    """transformers makes a tokenizer without words of it, so that all prompts would have the same score."""
    name, folder = broken
    for path in folder.glob("tokenizer*"):
        path.unlink()
    advice = "bpe_simple_vocab_16e6" if name == "clip_score" else "vocab.txt"
    with pytest.raises(ScorerError, match=rf"has no tokenizer files.*--vocab {advice}"):
        load_scorer(name, model=folder, device="cpu")


def test_the_tokenizer_of_a_larger_model_is_refused(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    config = json.loads((copy / "config.json").read_text("utf-8"))
    config["text_config"]["vocab_size"] = 100
    CLIPModel(CLIPConfig(**config)).save_pretrained(copy)
    with pytest.raises(ScorerError, match="the model knows 100 tokens: they do not belong together"):
        load_scorer("clip_score", model=copy, device="cpu")


def test_encoders_have_no_options(folder):
    with pytest.raises(ScorerError, match="Scorer 'clip_score' has no option 'negative'"):
        load_scorer("clip_score", model=folder, negative="answer_no")
    with pytest.raises(ScorerError, match="`compat` is for 'fga_blip2' only"):
        load_scorer("clip_score", model=folder, compat="official")
