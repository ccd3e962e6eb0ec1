import json
import shutil

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file
from transformers import Blip2Config, Blip2ForImageTextRetrieval, BlipImageProcessorPil

from evalmuse_hf.cli.main import main as evalmuse
from evalmuse_hf.data import build_dataset
from evalmuse_hf.mini import write_release
from evalmuse_hf.mini.tokenizer import build_tokenizer
from evalmuse_hf.models.fga_blip2 import FGABlip2Config, FGABlip2ForAlignment, FGABlip2Processor
from evalmuse_hf.training.__main__ import main
from evalmuse_hf.training.fine_tuning import describe, load_for_training, parse_options

REQUIRED = ("--model_name_or_path", "mini", "--dataset_name", "data", "--output_dir", "out")
ENCODER = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 4}
SIZES = {"vision_config": {**ENCODER, "image_size": 32, "patch_size": 16}, "num_query_tokens": 4}


def make_processor() -> FGABlip2Processor:
    return FGABlip2Processor(BlipImageProcessorPil(size={"height": 32, "width": 32}), build_tokenizer())


def qformer_sizes() -> dict[str, int]:
    return {**ENCODER, "encoder_hidden_size": 32, "vocab_size": len(build_tokenizer()), "use_qformer_text_input": True}


@pytest.fixture(scope="module")
def tiny_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    config = FGABlip2Config(**SIZES, qformer_config=qformer_sizes(), mask_head_sizes=(16,), initializer="width")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        FGABlip2ForAlignment(config).save_pretrained(folder)
    make_processor().save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def tiny_data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_release(folder / "raw", train_prompts=4, test_prompts=3, images_per_prompt=3, seed=0)
    build_dataset(folder / "raw", folder / "built")
    return folder / "built"


def test_one_line_trains_measures_and_writes_a_model(tiny_folder, tiny_data, tmp_path, capsys):
    words = ["--model_name_or_path", str(tiny_folder), "--dataset_name", str(tiny_data)]
    words += ["--output_dir", str(tmp_path / "out"), "--variance_weighting", "reliability", "--use_cpu", "True"]
    options = {"max_steps": 12, "learning_rate": 3e-3, "per_device_train_batch_size": 12, "validation_split": "test"}
    words += [word for name, value in options.items() for word in (f"--{name}", str(value))]
    words += ["--logging_steps", "1", "--save_strategy", "no", "--disable_tqdm", "True"]
    assert main(words) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["train_samples_per_second"] > 0
    assert {"eval_loss", "eval_srcc", "eval_krcc", "eval_plcc"} <= set(printed)
    assert 1 < printed["effective_sample_size"] <= 12
    history = json.loads((tmp_path / "out" / "trainer_state.json").read_text("utf-8"))["log_history"]
    losses = [entry["loss"] for entry in history if "loss" in entry]
    assert losses[-1] < 0.7 * losses[0]  # 12 steps on 12 pairs of which the ratings have noise
    model, processor = load_for_training(str(tmp_path / "out"))
    start, _ = load_for_training(str(tiny_folder))
    assert not torch.equal(model.query_tokens, start.query_tokens)
    assert processor(images=torch.zeros(8, 8, 3).byte().numpy(), prompts="a red cat", return_tensors="pt")


def test_a_blip2_is_a_start(tmp_path):
    torch.manual_seed(0)
    blip2 = Blip2ForImageTextRetrieval(Blip2Config(**SIZES, qformer_config=qformer_sizes(), image_text_hidden_size=16))
    blip2.save_pretrained(tmp_path)
    make_processor().save_pretrained(tmp_path)
    model, _ = load_for_training(str(tmp_path))
    assert isinstance(model, FGABlip2ForAlignment)
    assert torch.equal(model.itm_head.weight, blip2.itm_head.weight)
    assert model.config.model_type == "fga_blip2"


def test_a_model_of_another_architecture_is_refused(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}), "utf-8")
    with pytest.raises(ValueError, match="is a 'bert'; expected an FGA-BLIP2"):
        load_for_training(str(tmp_path))


def test_a_recipe_gives_options_and_the_command_line_overrides_them(tmp_path):
    recipe = tmp_path / "recipe.yaml"
    values = {"model_name_or_path": "mini", "dataset_name": "data", "output_dir": "out", "element_weight": 0.5}
    values |= {"learning_rate": "2e-4", "freeze_vision": False, "validation_split": None, "label_names": ["a", "b"]}
    recipe.write_text(yaml.safe_dump(values), "utf-8")
    run = parse_options([str(recipe), "--element_weight", "0.25"])
    assert (run.model.model_name_or_path, run.data.dataset_name, run.data.validation_split) == ("mini", "data", None)
    assert (run.training.learning_rate, run.training.element_weight, run.training.freeze_vision) == (2e-4, 0.25, False)
    assert run.training.label_names == ["a", "b"]


def test_the_official_recipe_is_one_that_the_command_reads(request, tmp_path):
    recipe = request.config.rootpath / "recipes" / "fga_blip2.yaml"
    run = parse_options([str(recipe), *REQUIRED])
    assert (run.training.learning_rate, run.training.num_train_epochs) == (1e-5, 5)
    assert (run.training.variance_weighting, run.training.max_grad_norm) == ("none", 0.0)


@pytest.mark.parametrize(
    "words, message",
    [
        (REQUIRED[:4], "the following arguments are required: --output_dir"),
        ((*REQUIRED, "--temperature", "1"), "unknown option '--temperature'"),
        ((*REQUIRED, "--variance_weighting", "sd"), "invalid choice: 'sd'"),
        ((*REQUIRED, "--mask_weight", "-1"), "`mask_weight` must be >= 0"),
        (("absent.yaml",), "No recipe at absent.yaml"),
    ],
    ids=["missing", "unknown", "choice", "range", "no recipe"],
)
def test_options_that_cannot_be_meant_end_with_one_sentence(words, message, capsys):
    assert main(words) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("text, message", [("a: [", "is not YAML"), ("- a", "holds no options")])
def test_a_recipe_that_is_none_is_refused(tmp_path, text, message):
    (tmp_path / "recipe.yaml").write_text(text, "utf-8")
    with pytest.raises(ValueError, match=message):
        parse_options([str(tmp_path / "recipe.yaml")])


def test_a_model_that_is_not_there_is_refused(tiny_data, tmp_path, capsys):
    words = ["--model_name_or_path", "nowhere", "--dataset_name", str(tiny_data), "--output_dir", str(tmp_path)]
    assert main(words) == 2
    assert "There is no model folder at 'nowhere'" in capsys.readouterr().err


@pytest.fixture
def damaged_folder(tiny_folder, tmp_path):
    return shutil.copytree(tiny_folder, tmp_path / "damaged")


@pytest.mark.parametrize("change", ["missing", "wrongly shaped"])
def test_weights_that_do_not_fit_are_refused_and_not_drawn_at_random(damaged_folder, change):
    tensors = load_file(damaged_folder / "model.safetensors")
    bias = tensors.pop("itm_head.bias")
    if change == "wrongly shaped":
        tensors["itm_head.bias"] = torch.zeros(len(bias) + 1)
    save_file(tensors, damaged_folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match=r"do not fit the model: (missing|mismatched) tensor 'itm_head.bias'"):
        load_for_training(str(damaged_folder))


def test_a_blip2_may_lack_the_mask_head_and_nothing_else(tmp_path):
    blip2 = Blip2ForImageTextRetrieval(Blip2Config(**SIZES, qformer_config=qformer_sizes(), image_text_hidden_size=16))
    blip2.save_pretrained(tmp_path)
    make_processor().save_pretrained(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    del tensors["query_tokens"]
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match="missing tensor 'query_tokens'"):
        load_for_training(str(tmp_path))


@pytest.mark.parametrize("command", [main, lambda words: evalmuse(["train", *words])], ids=["module", "evalmuse"])
@pytest.mark.parametrize(
    "model, message",
    [
        ("without_config", "has no config.json; give one"),
        ("without_weights", "cannot be loaded"),
        ("without_processor", "cannot be loaded"),
        ("owner/name", "cannot be had from the Hub"),
    ],
)
def test_a_model_that_cannot_be_read_is_one_sentence_and_status_two(
    command, model, message, damaged_folder, tiny_data, tmp_path, monkeypatch, capsys
):
    lacking = {"without_config": "config.json", "without_weights": "model.*", "without_processor": "*token*"}
    for path in damaged_folder.glob(lacking.get(model, "nothing")):
        path.unlink()
    monkeypatch.chdir(tmp_path)
    name = str(damaged_folder) if model in lacking else model
    words = ["--model_name_or_path", name, "--dataset_name", str(tiny_data), "--output_dir", str(tmp_path / "out")]
    capsys.readouterr()
    assert command(words) == 2
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said


def test_an_output_that_cannot_be_written_is_named(tiny_folder, tiny_data, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    words = ["--model_name_or_path", str(tiny_folder), "--dataset_name", str(tiny_data), "--max_steps", "1"]
    words += ["--output_dir", str(tmp_path / "file" / "out"), "--use_cpu", "True"]
    assert main(words) == 2
    assert str(tmp_path / "file") in capsys.readouterr().err


def test_figures_fit_for_json():
    assert describe({"srcc": float("nan"), "loss": 0.12345678}) == {"srcc": None, "loss": 0.123457}
