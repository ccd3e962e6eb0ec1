from dataclasses import fields

import pytest
from transformers import HfArgumentParser, TrainingArguments

from evalmuse_hf.training.arguments import DataArguments, FGATrainingArguments, ModelArguments


def test_without_options_the_loss_is_the_released_one(tmp_path):
    args = FGATrainingArguments(output_dir=str(tmp_path))
    assert (args.learning_rate, args.element_weight, args.mask_weight) == (1e-5, 0.1, 0.1)
    assert (args.loss_normalization, args.n_positions, args.loss_distance) == ("positions", 32, "absolute")
    assert (args.variance_weighting, args.cls_target, args.freeze_vision) == ("none", True, True)


def test_defaults_that_differ_from_the_parent_are_those_that_the_docstring_names():
    parent = {name: field.default for name, field in TrainingArguments.__dataclass_fields__.items()}
    own = {name: field.default for name, field in FGATrainingArguments.__dataclass_fields__.items() if name in parent}
    different = {name for name, default in own.items() if default != parent[name]}
    assert different == {"learning_rate", "remove_unused_columns", "label_names"}
    assert all(f"``{name}``" in FGATrainingArguments.__doc__ for name in different)


def test_the_documented_command_line_is_understood():
    words = "--model_name_or_path mini --dataset_name data --output_dir out --variance_weighting reliability"
    parser = HfArgumentParser((ModelArguments, DataArguments, FGATrainingArguments))
    model, data, training = parser.parse_args_into_dataclasses(words.split())
    assert (model.model_name_or_path, data.dataset_name, data.train_split) == ("mini", "data", "train")
    assert (training.variance_weighting, training.compat) == ("reliability", None)
    assert parser.parse_args_into_dataclasses([*words.split(), "--compat", "official"])[2].compat == "official"


def test_every_option_says_what_it_is():
    inherited = {field.name for field in fields(TrainingArguments)}
    own = [*fields(ModelArguments), *fields(DataArguments)]
    own += [field for field in fields(FGATrainingArguments) if field.name not in inherited]
    assert [field.name for field in own if not field.metadata.get("help")] == []


@pytest.mark.parametrize(
    "options, message",
    [
        ({"element_weight": -0.1}, "`element_weight` must be >= 0, got -0.1"),
        ({"mask_weight": float("nan")}, "`mask_weight` must be >= 0, got nan"),
        ({"n_positions": 1}, "`n_positions` must be at least 2, got 1"),
        ({"variance_weighting": "sd"}, "`variance_weighting` must be one of .*'reliability'.*, got 'sd'"),
        ({"weight_scale": "raw"}, r"`weight_scale` must be one of \['mean_one', 'official'\], got 'raw'"),
        ({"loss_normalization": "words"}, "`loss_normalization` must be one of .*, got 'words'"),
        ({"loss_distance": "l2"}, r"`loss_distance` must be one of \['absolute', 'log'\], got 'l2'"),
        ({"compat": "paper"}, r"`compat` must be one of \[None, 'official'\], got 'paper'"),
        ({"remove_unused_columns": True}, "`remove_unused_columns` must be False"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_nonsense_is_refused(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        FGATrainingArguments(output_dir=str(tmp_path), **options)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"validation_share": 1.0}, "`validation_share` must be at least 0 and below 1, got 1.0"),
        ({"augmentation": "all"}, r"`augmentation` must be one of \['none', 'official'\], got 'all'"),
        ({"feature_dtype": "int8"}, "`feature_dtype` must be one of .*, got 'int8'"),
        ({"augmentation": "official", "feature_cache": "x"}, "`augmentation` changes a picture every time"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_nonsense_about_data_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        DataArguments(dataset_name="data", **options)


def test_a_run_measures_unless_nothing_is_held_out():
    assert DataArguments(dataset_name="data").validates
    assert DataArguments(dataset_name="data", validation_split="test", validation_share=0).validates
    assert not DataArguments(dataset_name="data", validation_share=0).validates
