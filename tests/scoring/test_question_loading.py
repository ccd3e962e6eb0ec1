import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from scipy.stats import spearmanr

from evalmuse_hf.mini import write_release
from evalmuse_hf.mini.checkpoints import find_checkpoint
from evalmuse_hf.scoring import ScorerError, load_scorer
from evalmuse_hf.scoring.loading import CHAT_MODEL_ID, QUESTION_SCORERS
from evalmuse_hf.training.mini_vqa_recipe import build_model, save_checkpoint

TEXT = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chat") / "tiny-llava"
    torch.manual_seed(0)
    save_checkpoint(build_model({"text_config": TEXT}, tower="mini"), folder)
    return folder


@pytest.mark.parametrize("name", QUESTION_SCORERS)
def test_every_scorer_that_asks_opens_any_chat_model(name, folder):
    scorer = load_scorer(name, model=folder, device="cpu")
    assert scorer.name == f"{name}:tiny-llava"
    (score,) = scorer.score(images=[Image.new("RGB", (20, 20), "red")], prompts=["a red cat"])
    assert score.status in ("ok", "low_mass", "score_error")  # the last if random words cannot be parsed


def test_options_reach_the_method_and_the_model(folder):
    options = {"negative": "counterfactual", "normalization": "vocabulary", "max_image_tokens": 100, "batch_size": 3}
    scorer = load_scorer("pn_vqa", model=str(folder), device="cpu", **options)
    assert (scorer.method.negative, scorer.method.normalization) == ("counterfactual", "vocabulary")
    assert (scorer.chat.max_image_tokens, scorer.chat.batch_size) == (100, 3)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"negativ": "x"}, "Scorer 'pn_vqa' has no option 'negativ'; it has templates, normalization, negative,"),
        ({"negative": "x"}, "`negative` must be 'answer_no'"),
        ({"batch_size": 0}, "`batch_size` must be at least 1"),
        ({"compat": "official"}, "`compat` is for 'fga_blip2' only; leave it out for 'pn_vqa'."),
        ({"feature_cache": "x"}, "`feature_cache` is for 'fga_blip2' only"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message, folder):
    with pytest.raises(ScorerError, match=message):
        load_scorer("pn_vqa", model=folder, device="cpu", **options)


def test_fga_blip2_has_no_such_options():
    with pytest.raises(ScorerError, match="Scorer 'fga_blip2' has no option 'negative'"):
        load_scorer("fga_blip2", model="mini", negative="answer_no")


def test_an_fga_blip2_answers_no_questions():
    with pytest.raises(ScorerError, match="holds an FGA-BLIP2, which answers no questions"):
        load_scorer("pn_vqa", model=find_checkpoint("mini"), device="cpu")


def test_folders_that_hold_no_chat_model_are_refused(folder, tmp_path):
    with pytest.raises(ScorerError, match=r"has no config\.json, so it is no model folder"):
        load_scorer("vq2", model=tmp_path, device="cpu")
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ScorerError, match="is not JSON"):
        load_scorer("vq2", model=tmp_path, device="cpu")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(ScorerError, match="holds a model of type 'bert' that cannot be asked about pictures"):
        load_scorer("vq2", model=tmp_path, device="cpu")


def test_a_model_without_chat_template_is_refused(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "chat_template.jinja").unlink()
    with pytest.raises(ScorerError, match="has no chat template"):
        load_scorer("vq2", model=copy, device="cpu")


@pytest.mark.parametrize("options, has_code", [({}, False), ({"trust_remote_code": True}, True)])
def test_code_comes_from_the_hub_only_for_a_caller_who_trusts_it(options, has_code, folder, monkeypatch):
    patterns = []
    stand_in = lambda hub_id, allow_patterns: patterns.extend(allow_patterns) or str(folder)  # noqa: E731
    monkeypatch.setattr("huggingface_hub.snapshot_download", stand_in)
    assert load_scorer("vq2", model="owner/name", device="cpu", **options).name == "vq2:owner/name"
    assert ("*.py" in patterns) == has_code
    assert not any(pattern.endswith((".bin", ".pt", "*")) for pattern in patterns)


@pytest.mark.parametrize("name", ["pn_vqa", "level_judge"])
def test_a_missing_tensor_of_the_chat_model_is_named(name, folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    tensors = load_file(copy / "model.safetensors")
    gone = next(key for key in tensors if key.endswith("mlp.down_proj.weight"))
    del tensors[gone]
    save_file(tensors, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ScorerError, match=r"do not fill the model: the file lacks '.*down_proj\.weight'"):
        load_scorer(name, model=copy, device="cpu")


@pytest.mark.slow
def test_the_packaged_model_prefers_the_prompt_that_a_drawing_follows(tmp_path):
    write_release(tmp_path, train_prompts=1, test_prompts=12, seed=2000)
    records = json.loads((tmp_path / "eval.json").read_text("utf-8"))
    images = [tmp_path / "images" / record["img_path"] for record in records]
    elements = [list(record["element_score"]) for record in records]
    scorer = load_scorer("pn_vqa", model="mini", device="cpu")
    assert scorer.name == "pn_vqa:mini"
    scores = scorer.score(images=images, prompts=[record["prompt"] for record in records], elements=elements)
    ratings = [np.mean(record["total_score"]) for record in records]
    assert spearmanr([pair.overall for pair in scores], ratings).statistic > 0.4


def test_without_network_and_model_the_sentence_names_size_and_alternative():
    with pytest.raises(ScorerError, match=rf"{CHAT_MODEL_ID} \(about 17 GB\).*model=\"mini\""):
        load_scorer("pn_vqa", device="cpu")
