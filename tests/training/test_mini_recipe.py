"""The recipe of the mini checkpoint, at a size that takes seconds."""

import copy

import pytest
import yaml

from evalmuse_hf.mini.pool import draw_pool
from evalmuse_hf.models.fga_blip2 import FGABlip2ForAlignment, FGABlip2Processor
from evalmuse_hf.training import mini_recipe
from evalmuse_hf.training.mini_recipe import main, run_recipe

LAYERS = {"hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": 1, "num_attention_heads": 4}
ALIGNMENT = {
    "objective": "alignment", "max_steps": 2, "per_device_train_batch_size": 4, "use_cpu": True,
    "loss_normalization": "tokens", "loss_distance": "log",
}  # fmt: skip
RECIPE = {
    "seed": 1,
    "model": {
        "vision_config": {**LAYERS, "image_size": 64, "patch_size": 8},
        "qformer_config": {**LAYERS, "cross_attention_frequency": 1, "max_position_embeddings": 128},
        "num_query_tokens": 2,
        "mask_head_sizes": [8],
    },
    "pool": {"size": 8, "seed": 1},
    "prompts": {"seed": 2, "prompts_per_picture": 2},
    "stages": {
        "vision": {"objective": "patches", "max_steps": 2, "per_device_train_batch_size": 4, "use_cpu": True},
        "fusion": {**ALIGNMENT, "mask_weight": 0.0, "prompts": {"extra_templates": {"color_drill": 1.0}}},
        "cooldown": ALIGNMENT,
    },
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("recipe")
    assert run_recipe(copy.deepcopy(RECIPE), out) == out / "cooldown"
    return out


def test_the_finished_folder_scores_a_picture(finished):
    model = FGABlip2ForAlignment.from_pretrained(finished / "cooldown")
    processor = FGABlip2Processor.from_pretrained(finished / "cooldown")
    picture = draw_pool(1, seed=9).pixels[0]
    output = model.eval()(**processor(images=[picture], prompts=["a red car"], return_tensors="pt"))
    assert output.token_scores.shape == (1, 5)
    assert 1 <= output.overall_score.item() <= 5


def test_every_stage_changes_what_it_trains(finished):
    vision, fusion, cooldown = (
        FGABlip2ForAlignment.from_pretrained(finished / name).state_dict() for name in RECIPE["stages"]
    )
    tower = "vision_model.embeddings.patch_embedding.weight"
    assert vision[tower].equal(cooldown[tower])  # frozen after the first stage
    assert not vision["query_tokens"].equal(fusion["query_tokens"])
    assert not fusion["query_tokens"].equal(cooldown["query_tokens"])
    mask_heads = [
        {name: value for name, value in weights.items() if name.startswith("mask_head.")}
        for weights in (vision, fusion, cooldown)
    ]
    assert all(value.equal(mask_heads[1][name]) for name, value in mask_heads[0].items())  # mask_weight 0
    assert not all(value.equal(mask_heads[2][name]) for name, value in mask_heads[0].items())


def test_a_finished_stage_is_not_run_again(finished, monkeypatch):
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*") if path.is_file()}

    def refuse(*_args, **_options):
        raise AssertionError("a finished stage was run again")

    for name in ("draw_pool", "train_patches", "train_alignment"):
        monkeypatch.setattr(mini_recipe, name, refuse)
    assert run_recipe(copy.deepcopy(RECIPE), finished) == finished / "cooldown"
    assert {path: path.stat().st_mtime_ns for path in finished.rglob("*") if path.is_file()} == before


def test_a_stage_may_ask_other_prompts(tmp_path, monkeypatch):
    asked = []
    write = mini_recipe.tokenized_pool
    monkeypatch.setattr(
        mini_recipe, "tokenized_pool", lambda pool, **options: asked.append(options) or write(pool, **options)
    )
    run_recipe(copy.deepcopy(RECIPE), tmp_path)
    common = {"workers": 1, "seed": 2, "prompts_per_picture": 2}
    assert asked == [{**common, "extra_templates": {"color_drill": 1.0}}, common]


def test_a_stage_that_was_interrupted_while_saving_is_run_again(finished, monkeypatch):
    (finished / "cooldown" / "processor_config.json").unlink()
    trained = []
    train = mini_recipe.train_alignment
    monkeypatch.setattr(
        mini_recipe, "train_alignment", lambda model, dataset, folder, options: trained.append(folder.name) or train(
            model, dataset, folder, options
        )
    )  # fmt: skip
    run_recipe(copy.deepcopy(RECIPE), finished)
    assert trained == ["cooldown"]


@pytest.mark.parametrize(
    "stages, message",
    [
        ({}, "`stages` of the recipe is empty"),
        ({"one": {"max_steps": 1}}, "`objective` of the stage 'one' must be one of"),
    ],
    ids=["no stage", "no objective"],
)
def test_a_recipe_without_anything_to_run_is_refused(stages, message, tmp_path, capsys):
    with pytest.raises(ValueError, match=message):
        run_recipe({**RECIPE, "stages": stages}, tmp_path / "out")
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump({**RECIPE, "stages": stages}))
    with pytest.raises(SystemExit, match="2"):
        main([str(tmp_path / "recipe.yaml"), "--out", str(tmp_path / "out")])
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_missing_recipe_is_a_sentence(tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        main([str(tmp_path / "none.yaml"), "--out", str(tmp_path / "out")])
    assert "there is no recipe at" in capsys.readouterr().err
