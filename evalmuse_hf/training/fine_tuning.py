"""One training run: options in, a model folder and its figures out."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, cast

import torch
import yaml
from transformers import HfArgumentParser, PreTrainedConfig

from evalmuse_hf.data.collator import AlignmentCollator
from evalmuse_hf.data.loading import load_pairs
from evalmuse_hf.mini import find_checkpoint
from evalmuse_hf.models.fga_blip2 import FGABlip2Config, FGABlip2ForAlignment, FGABlip2Processor
from evalmuse_hf.models.fga_blip2.loading_fga_blip2 import WeightsError, load_model
from evalmuse_hf.training.arguments import DataArguments, FGATrainingArguments, ModelArguments
from evalmuse_hf.training.rated_pairs import (
    log_unplaced,
    refuse_shared_prompts,
    select_rated,
    training_items,
    weigh_pairs,
)
from evalmuse_hf.training.trainer import FGATrainer
from evalmuse_hf.training.validation import measure_alignment

_RECIPE_ENDINGS = (".yaml", ".yml")
_SHARED_SIZES = ("vision_config", "qformer_config", "num_query_tokens", "image_text_hidden_size")


@dataclass(frozen=True, slots=True)
class RunArguments:
    """Everything that one run needs to be told."""

    model: ModelArguments
    data: DataArguments
    training: FGATrainingArguments


class _Parser(HfArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message} (see `python -m evalmuse_hf.training --help`)")


def parse_options(words: Sequence[str], *, prog: str | None = None) -> RunArguments:
    """Read the options of a run.

    Args:
        words: Options ``--name value``, before them optionally the path of a YAML recipe with the same names; an
            option overrides the recipe.
        prog: Name of the program in the help; None takes that of the process.

    Returns:
        The options.

    Raises:
        ValueError: If an option is unknown, missing or out of range, or the recipe cannot be read.
    """
    words = list(words)
    if words and words[0].endswith(_RECIPE_ENDINGS):
        words = [*_recipe_words(Path(words[0])), *words[1:]]
    parser = _Parser(
        cast(Any, (ModelArguments, DataArguments, FGATrainingArguments)),
        prog=prog,
        usage="%(prog)s [RECIPE.yaml] --model_name_or_path MODEL --dataset_name DATA --output_dir OUT [options]",
        description="Train FGA-BLIP2 on ratings of pictures.",
        allow_abbrev=False,
    )
    *parsed, unknown = parser.parse_args_into_dataclasses(words, return_remaining_strings=True)
    if unknown:
        parser.error(f"unknown option {unknown[0]!r}")
    if not any(word.partition("=")[0] == "--output_dir" for word in words):
        parser.error("the following arguments are required: --output_dir")  # transformers would choose a folder
    model, data, training = parsed
    return RunArguments(model, data, training)


def fine_tune(run: RunArguments) -> dict[str, float]:
    """Train a model, and write it with its processor and its figures to ``run.training.output_dir``.

    Args:
        run: Options of the run.

    Returns:
        The figures, also in ``all_results.json``: those of `transformers.Trainer`, smallest and largest weight and
        effective sample size under variance weighting, and with a validation split ``eval_srcc`` and others of
        `measure_alignment`.

    Raises:
        ValueError: If there is no such model, data set or split, nothing is rated, or a prompt is in both splits.
    """
    train = select_rated(load_pairs(run.data.dataset_name, run.data.train_split), name=run.data.train_split)
    validation = None
    if run.data.validation_split is not None:
        name = run.data.validation_split
        validation = select_rated(load_pairs(run.data.dataset_name, name), name=name)
        refuse_shared_prompts(train, validation)
    weights = weigh_pairs(train, scheme=run.training.variance_weighting, scale=run.training.weight_scale)
    model, processor = load_for_training(run.model.model_name_or_path)
    trainer = FGATrainer(
        model=model,
        args=run.training,
        train_dataset=training_items(train, weights=weights),
        eval_dataset=None if validation is None else training_items(validation),
        processing_class=processor,
        compute_metrics=measure_alignment,
    )
    if trainer.is_world_process_zero() and isinstance(trainer.data_collator, AlignmentCollator):
        log_unplaced(train, trainer.data_collator)
    metrics = trainer.train(resume_from_checkpoint=run.training.resume_from_checkpoint).metrics
    metrics |= {
        "weight_minimum": weights.minimum,
        "weight_maximum": weights.maximum,
        "effective_sample_size": weights.effective_sample_size,
    }
    trainer.save_model()
    trainer.save_state()
    trainer.save_metrics("train", metrics)
    if validation is not None:
        evaluation = trainer.evaluate()
        trainer.save_metrics("eval", evaluation)
        metrics |= evaluation
    return metrics


def describe(metrics: Mapping[str, float]) -> dict[str, float | None]:
    """Make figures fit for JSON: six decimals, and None for nan."""
    return {name: None if math.isnan(value) else round(value, 6) for name, value in metrics.items()}


def load_for_training(name: str) -> tuple[FGABlip2ForAlignment, FGABlip2Processor]:
    """Load model and processor in float32, from an FGA-BLIP2 or from the BLIP-2 that one starts from.

    Args:
        name: A packaged name such as ``"mini"``, a folder, or a Hub id.

    Returns:
        Model and processor. A BLIP-2 has no mask head; the new one is random.

    Raises:
        ValueError: If there is no such model, it is of another architecture, or its weights are damaged, lack a tensor
            or have one of another shape.
    """
    packaged = find_checkpoint(name)
    if packaged is None and not Path(name).is_dir() and name.count("/") != 1:
        raise ValueError(f"There is no model folder at {name!r}; give 'mini', a folder, or a Hub id OWNER/NAME.")
    source = str(packaged or name)
    values = _read_config(source)
    kind = values.get("model_type")
    if kind not in (FGABlip2Config.model_type, "blip-2"):
        raise ValueError(f"The model {name!r} is a {kind!r}; expected an FGA-BLIP2, or a BLIP-2 to start from.")
    fresh = kind == "blip-2"
    try:
        if fresh:
            config = FGABlip2Config(**{key: values[key] for key in _SHARED_SIZES if key in values})
        else:
            config = FGABlip2Config.from_pretrained(source)
        model = load_model(source, may_lack=r"mask_head\." if fresh else None, config=config, dtype=torch.float32)
        return model, FGABlip2Processor.from_pretrained(source)
    except WeightsError:
        raise
    except Exception as error:  # a damaged folder makes the loaders raise anything
        raise ValueError(f"The model {name!r} cannot be loaded: {_first_line(error)}") from error


def _read_config(source: str) -> dict[str, Any]:
    folder = Path(source)
    if folder.is_dir() and not (folder / "config.json").is_file():  # transformers would take the processor's file
        raise ValueError(f"The folder {source!r} has no config.json; give one that save_pretrained wrote.")
    try:
        values, _ = PreTrainedConfig.get_config_dict(source)
    except (OSError, ValueError) as error:
        where = "has a config.json that is damaged" if folder.is_dir() else "cannot be had from the Hub"
        raise ValueError(
            f"The model {source!r} {where} ({_first_line(error)}); give 'mini', a folder that save_pretrained wrote, "
            "or a Hub id OWNER/NAME."
        ) from error
    return values


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _recipe_words(path: Path) -> list[str]:
    """Options of a recipe as words of a command line, so that both are checked by the same parser."""
    if not path.is_file():
        raise ValueError(f"No recipe at {path}; give a YAML file of options.")
    try:
        recipe = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"The recipe {path} is not YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(recipe, Mapping):
        raise ValueError(f"The recipe {path} holds no options; expected lines like 'learning_rate: 1e-5'.")
    words: list[str] = []
    for name, value in recipe.items():
        if value is not None:
            words += [f"--{name}", *map(str, value if isinstance(value, list) else [value])]
    return words
