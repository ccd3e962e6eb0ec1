import numpy as np
import pytest
from torch import nn

from evalmuse_hf.meta_evaluation.studies import flickr8k as study
from evalmuse_hf.models.backbones import FeatureMapBackbone
from evalmuse_hf.reports import document_markdown

STAGE = {"per_device_train_batch_size": 8, "learning_rate": 1e-3, "disable_tqdm": True, "logging_steps": 1000}
RECIPE = {
    "seed": 1,
    "pictures": {"image_size": 8, "n_components": 2, "n_fitting": 10, "bf16": False},
    "model": {
        "num_hidden_layers": 2,
        "cross_attention_frequency": 2,
        "num_query_tokens": 3,
        "mask_head_sizes": [4],
    },
    "captions": {"max_length": 8},
    "pairs": {"size": 40, "shares": {"own": 0.3, "near": 0.4, "any": 0.3}, "n_neighbours": 4, "span": [0.0, 0.9]},
    "held_out": {"pictures": 8, "pairs": 30},
    "reading": {**STAGE, "max_steps": 2},
    "fusion": {**STAGE, "loss_normalization": "tokens", "mask_weight": 0.0},
}


@pytest.fixture
def _small_networks(monkeypatch, make_bert, tokenizer, tmp_path):
    folder = tmp_path / "sentence"
    make_bert().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    monkeypatch.setattr(study, "sentence_model_folder", lambda: folder)

    def backbone(*, image_size, projection, bf16):
        options = {"name": "colors", "image_size": image_size, "mean": (0.0,) * 3, "std": (255.0,) * 3}
        return FeatureMapBackbone(nn.AvgPool2d(4), **options, projection=projection, bf16=bf16)

    monkeypatch.setattr(study, "efficientnet_lite0", backbone)


@pytest.mark.usefixtures("_small_networks")
def test_a_run_trains_and_judges_and_repeats_itself(flickr, tmp_path, monkeypatch):
    run = study.run_flickr8k(flickr, RECIPE, tmp_path / "out", n_resamples=0)
    assert run.n_training_pictures == 21 - 8
    assert run.n_pairs == 40
    assert run.figures.subsets[0].srcc_mean.n == 4
    assert set(run.seconds) == {
        *("caption embeddings", "picture features", "preparation", "reading stage", "fusion stage", "judging")
    }
    assert (tmp_path / "out" / "model" / "model.safetensors").is_file()
    monkeypatch.setattr(study, "embed_captions", lambda *args: pytest.fail("the embeddings are on disk"))
    again = study.run_flickr8k(flickr, RECIPE, tmp_path / "out", n_resamples=0)
    assert again.held_out_fusion.statistic == run.held_out_fusion.statistic
    assert again.figures == run.figures


@pytest.mark.usefixtures("_small_networks")
def test_nothing_that_was_judged_is_trained_on(flickr, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(study, "train_reading", lambda model, pictures, *rest: seen.append(pictures))
    monkeypatch.setattr(study, "train_fusion", lambda model, pairs, *rest: seen.append(pairs))
    study.run_flickr8k(flickr, RECIPE, tmp_path / "out", n_resamples=0)
    pictures, pairs = seen
    trained = set(pictures.pictures.tolist()) | set(pairs.rows.tolist())
    assert trained <= set(flickr.training_pictures.tolist())
    assert set(pairs.rows.tolist()) <= set(pictures.pictures.tolist())


@pytest.mark.usefixtures("_small_networks")
def test_the_report_says_what_was_measured(flickr, tmp_path):
    run = study.run_flickr8k(flickr, RECIPE, tmp_path / "out", n_resamples=20)
    text = document_markdown(study.describe_run(run, command="python benchmarks/flickr8k.py"))
    assert "Written by `python benchmarks/flickr8k.py`" in text
    assert "13 photographs, 40 pairs" in text
    assert "| CLIPScore, ViT-B/32 | 51.2 |" in text
    srcc = run.figures.subsets[0].srcc_mean.statistic
    assert np.isnan(srcc) or f"| all pairs | SRCC, mean rating | {srcc:.3f} |" in text


@pytest.mark.parametrize(
    "change, message",
    [({"seed": None}, "lacks 'seed'"), ({"sead": 1}, "has an unknown section 'sead'")],
    ids=["missing", "unknown"],
)
def test_a_recipe_of_other_sections_is_refused(change, message):
    recipe = {name: value for name, value in {**RECIPE, **change}.items() if value is not None}
    with pytest.raises(ValueError, match=f"The recipe {message}; expected seed, pictures"):
        study.check_recipe(recipe)
