import pytest
import torch
import yaml
from transformers import AutoModelForImageTextToText, AutoProcessor

from evalmuse_hf.mini.checkpoints import find_checkpoint
from evalmuse_hf.models.fga_blip2.modeling_fga_blip2 import FGABlip2ForAlignment
from evalmuse_hf.training.mini_vqa_recipe import build_model, check_stages, main, tower_weights

TEXT = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2}
STAGE = {
    **{"seed": 2, "questions": {"size": 4, "shares": {"plain": 1}}, "max_steps": 2, "use_cpu": True},
    "per_device_train_batch_size": 2,
}
RECIPE = {
    **{"seed": 1, "tower": "mini", "model": {"text_config": TEXT}, "pool": {"size": 8, "seed": 1}},
    "stages": {"base": STAGE, "branch": {"from": "base", **STAGE, "seed": 3}},
}


def test_a_recipe_leaves_models_that_load_and_answer(tmp_path, capsys):
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(RECIPE))
    assert main([str(path), "--out", str(tmp_path / "out"), "--workers", "1"]) == 0
    processor = AutoProcessor.from_pretrained(tmp_path / "out/branch")
    models = [AutoModelForImageTextToText.from_pretrained(tmp_path / "out" / name) for name in ("base", "branch")]
    from PIL import Image

    content = [{"type": "image", "image": Image.new("RGB", (90, 60))}, {"type": "text", "text": "Is this in space?"}]
    inputs = processor.apply_chat_template(
        [{"role": "user", "content": content}],
        **{"tokenize": True, "add_generation_prompt": True, "return_dict": True, "return_tensors": "pt"},
    )
    with torch.no_grad():
        base, branch = (model(**inputs).logits for model in models)
    assert base.shape == (1, 66 + 5 + 1, len(processor.tokenizer))
    assert (base - branch).abs().max() > 0  # the second stage went on from the first, and learned
    before = (tmp_path / "out/base/model.safetensors").stat().st_mtime_ns
    assert main([str(path), "--out", str(tmp_path / "out"), "--stages", "base"]) == 0
    assert (tmp_path / "out/base/model.safetensors").stat().st_mtime_ns == before  # finished ones are not run again


def test_the_tower_computes_what_blip2_does_without_its_class_token():
    source = FGABlip2ForAlignment.from_pretrained(find_checkpoint("mini"))
    model = build_model({"text_config": TEXT}, tower="mini").eval()
    pixels = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    vision = source.vision_model.eval()
    with torch.no_grad():
        states = vision.embeddings(pixels)[:, 1:]
        for layer in vision.encoder.layers:
            states = layer(states)[0] if isinstance(layer(states), tuple) else layer(states)
        ours = model.model.vision_tower(pixels, output_hidden_states=True).hidden_states[-1]
    torch.testing.assert_close(ours, states, atol=1e-5, rtol=1e-5)


def test_every_weight_of_the_tower_is_carried_over():
    source = FGABlip2ForAlignment.from_pretrained(find_checkpoint("mini")).vision_model.state_dict()
    n_split = sum(".qkv." in name for name in source)
    assert len(tower_weights(source)) == len(source) - 1 + 2 * n_split


@pytest.mark.parametrize(
    "recipe, wanted, message",
    [
        ({}, None, "`stages` of the recipe is empty; list at least one stage."),
        (RECIPE, ["other"], "There is no stage 'other'; the recipe has base, branch."),
        ({"stages": {"b": {"from": "a"}, "a": {}}}, None, "Stage 'b' begins from 'a', which does not come before it."),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(recipe, wanted, message):
    with pytest.raises(ValueError, match=message):
        check_stages(recipe, wanted)


def test_a_tower_that_is_not_packaged_is_refused():
    with pytest.raises(ValueError, match="There is no packaged checkpoint 'maxi'"):
        build_model({"text_config": TEXT}, tower="maxi")


def test_a_missing_recipe_is_a_mistake_in_one_sentence(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(tmp_path / "no.yaml"), "--out", str(tmp_path)])
    assert "there is no recipe at" in capsys.readouterr().err
    path = tmp_path / "recipe.yaml"
    path.write_text("stages: {}")
    with pytest.raises(SystemExit):
        main([str(path), "--out", str(tmp_path)])
    assert "list at least one stage" in capsys.readouterr().err
