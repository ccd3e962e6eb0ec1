import pytest
import yaml
from accelerate.commands.config.config_args import load_config_from_file

from evalmuse_hf.training.__main__ import main
from evalmuse_hf.training.options import parse_options

REQUIRED = ("--model_name_or_path", "mini", "--dataset_name", "data", "--output_dir", "out")


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
    assert (run.data.validates, run.data.augmentation, run.training.eval_strategy) == (False, "none", "no")


def test_the_layers_that_the_configuration_of_fsdp_wraps_are_those_of_the_model(request, make_model):
    path = request.config.rootpath / "recipes" / "fsdp.yaml"
    config = load_config_from_file(str(path))
    assert (config.distributed_type, config.fsdp_config["fsdp_version"]) == ("FSDP", 2)
    wrapped = set(config.fsdp_config["fsdp_transformer_layer_cls_to_wrap"].split(","))
    assert wrapped <= {type(module).__name__ for module in make_model().modules()}


def test_a_run_that_measures_ends_with_the_checkpoint_of_the_highest_srcc():
    training = parse_options(REQUIRED).training
    assert (training.eval_strategy, training.save_strategy, training.load_best_model_at_end) == (
        "epoch",
        "epoch",
        True,
    )
    assert (training.metric_for_best_model, training.greater_is_better) == ("srcc", True)


def test_measuring_follows_how_often_checkpoints_are_saved():
    training = parse_options([*REQUIRED, "--save-strategy=steps", "--save_steps", "7"]).training
    assert (training.eval_strategy, training.eval_steps, training.load_best_model_at_end) == ("steps", 7, True)


@pytest.mark.parametrize(
    "words",
    [("--validation_share", "0"), ("--save_strategy", "no"), ("--eval_strategy", "no")],
    ids=["nothing to measure", "no checkpoints", "not while training"],
)
def test_without_measuring_while_it_trains_no_checkpoint_is_the_best(words):
    training = parse_options([*REQUIRED, *words]).training
    assert (training.eval_strategy, training.load_best_model_at_end) == ("no", False)


def test_options_of_adapters_and_features_are_taken():
    run = parse_options([*REQUIRED, "--lora_rank", "8", "--feature_cache", "dir", "--feature_dtype", "bfloat16"])
    assert (run.adapters.lora_rank, run.data.feature_cache, run.data.feature_dtype) == (8, "dir", "bfloat16")


def test_help_shows_each_option_once_and_those_of_transformers_last(capsys):
    with pytest.raises(SystemExit):
        parse_options(["--help"])
    short = capsys.readouterr().out
    with pytest.raises(SystemExit):
        parse_options(["--help_all"])
    long = capsys.readouterr().out
    assert "--ddp_backend" not in short
    assert "--no_freeze_vision" not in short
    assert short.index("--variance_weighting") < short.index("--learning_rate") < short.index("--push_to_hub")
    assert short.count("--lora_rank") == 1
    assert long.count("\n") > 2 * short.count("\n")


@pytest.mark.parametrize(
    "words, message",
    [
        (REQUIRED[:4], "the following arguments are required: --output_dir"),
        ((*REQUIRED, "--temperature", "1"), "unknown option '--temperature'"),
        ((*REQUIRED, "--variance_weighting", "sd"), "invalid choice: 'sd'"),
        ((*REQUIRED, "--mask_weight", "-1"), "`mask_weight` must be >= 0"),
        (("absent.yaml",), "No recipe at absent.yaml"),
        ((*REQUIRED, "--eval_strategy", "epoch", "--load_best_model_at_end", "True"), "requires the save and eval"),
        ((*REQUIRED, "--augmentation", "official", "--feature_cache", "dir"), "reads it once; choose one"),
        ((*REQUIRED, "--lora_rank", "-1"), "`lora_rank` must be 0"),
    ],
    ids=["missing", "unknown", "choice", "range", "no recipe", "strategies", "augmented features", "rank"],
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
