"""The command line of a training run: a recipe, options that override it, and what follows from them."""

import warnings
from argparse import SUPPRESS, Action, ArgumentDefaultsHelpFormatter, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NoReturn, cast

import yaml
from transformers import HfArgumentParser, TrainingArguments

from evalmuse_hf.training.adapters import AdapterArguments
from evalmuse_hf.training.arguments import DataArguments, FGATrainingArguments, ModelArguments

_RECIPE_ENDINGS = (".yaml", ".yml")
_HELP_ALL = "--help_all"

# Options of transformers that most runs set; `--help` shows these, `--help_all` every one.
_COMMON_OPTIONS = frozenset(
    {
        *("output_dir", "num_train_epochs", "max_steps", "learning_rate", "lr_scheduler_type", "warmup_steps"),
        *("per_device_train_batch_size", "per_device_eval_batch_size", "gradient_accumulation_steps"),
        *("weight_decay", "max_grad_norm", "bf16", "fp16", "gradient_checkpointing", "seed", "use_cpu"),
        *("eval_strategy", "save_strategy", "save_total_limit", "load_best_model_at_end", "metric_for_best_model"),
        *("logging_steps", "report_to", "resume_from_checkpoint", "dataloader_num_workers", "push_to_hub"),
        *("hub_model_id", "hub_private_repo"),
    }
)


_HELP = {
    "output_dir": "Folder of the model, its card, its figures and the checkpoints.",
    "gradient_checkpointing": "Compute activations twice instead of keeping them: less memory, more time.",
    "logging_steps": "Log every so many steps; below 1, this share of the run (0.02 if unset).",
    "push_to_hub": "Push the finished model with its card.",
    "resume_from_checkpoint": "`True` goes on from the last checkpoint in `output_dir`; or the path of one.",
}


@dataclass(frozen=True, slots=True)
class RunArguments:
    """Everything that one run needs to be told."""

    model: ModelArguments
    data: DataArguments
    training: FGATrainingArguments
    adapters: AdapterArguments


class _Formatter(ArgumentDefaultsHelpFormatter):
    def _get_help_string(self, action: Action) -> str | None:
        return action.help if action.default is None else super()._get_help_string(action)

    def _format_action_invocation(self, action: Action) -> str:
        """Name an option once; each has a second spelling with hyphens."""
        value = self._format_args(action, action.dest.upper()) if action.nargs != 0 else ""
        return f"{action.option_strings[0]} {value}".rstrip() if action.option_strings else action.dest


class _Parser(HfArgumentParser):
    def error(self, message: str) -> NoReturn:
        named = self.prog if self.prog.startswith("evalmuse ") else "python -m evalmuse_hf.training"
        raise ValueError(f"{message} (see `{named} --help`)")


def parse_options(words: Sequence[str], *, prog: str | None = None) -> RunArguments:
    """Read the options of a run.

    Some defaults are not those of the dataclasses. Progress is logged fifty times a run, a model is pushed when it is
    finished, and processes do not look for parameters without a gradient, because there are none. A run that measures
    does so after every epoch, saves a checkpoint there, keeps two of them, and ends with the one of the highest SRCC;
    with another ``save_strategy``, measuring follows it, and with another ``eval_strategy`` nothing of this is set.

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
    show_all = _HELP_ALL in words
    parser = _build_parser(prog, show_all=show_all)
    chosen, unknown = parser.parse_known_args(["--help"] if show_all else words)
    if unknown:
        parser.error(f"unknown option {unknown[0]!r}")
    given = {word.removeprefix("--").partition("=")[0].replace("-", "_") for word in words if word.startswith("--")}
    if "output_dir" not in given:
        parser.error("the following arguments are required: --output_dir")  # transformers would choose a folder
    words = [*_default_words(chosen, given), *words]
    try:
        with warnings.catch_warnings():
            # An alias in the newest transformers, and the only name in the oldest that this package takes.
            warnings.filterwarnings("ignore", "`gradient_checkpointing` is deprecated", FutureWarning)
            model, data, training, adapters = parser.parse_args_into_dataclasses(words, look_for_args_file=False)
    except ValueError as error:  # also of transformers, whose sentences may have several lines
        raise ValueError(" ".join(str(error).split())) from error
    return RunArguments(model, data, training, adapters)


def _build_parser(prog: str | None, *, show_all: bool) -> _Parser:
    parser = _Parser(
        cast(Any, (ModelArguments, DataArguments, FGATrainingArguments, AdapterArguments)),
        prog=prog,
        formatter_class=_Formatter,
        usage="%(prog)s [RECIPE.yaml] --model_name_or_path MODEL --dataset_name DATA --output_dir OUT [options]",
        description="Train FGA-BLIP2 on ratings of pictures. RECIPE.yaml holds options by name; words override it.",
        epilog=f"Every option of transformers.TrainingArguments is taken; {_HELP_ALL} lists them.",
        allow_abbrev=False,
    )
    if show_all:
        return parser
    inherited = {field.name for field in fields(TrainingArguments)}
    for action in parser._actions:
        hidden = action.dest in inherited - _COMMON_OPTIONS or action.option_strings[0].startswith("--no_")
        action.help = SUPPRESS if hidden else _HELP.get(action.dest, action.help)
    _separate(parser, inherited)
    return parser


def _separate(parser: _Parser, names: set[str]) -> None:
    """Show the options of transformers below those of this package."""
    (own,) = (group for group in parser._action_groups if group.title == FGATrainingArguments._argument_group_name)
    others = parser.add_argument_group("training, as for any transformers.Trainer")
    others._group_actions = [action for action in own._group_actions if action.dest in names]
    own._group_actions = [action for action in own._group_actions if action.dest not in names]


def _default_words(chosen: Namespace, given: set[str]) -> list[str]:
    """Words before the user's: what `parse_options` sets by itself."""
    words = ["--logging_steps", "0.02", "--hub_strategy", "end", "--ddp_find_unused_parameters", "False"]
    validates = chosen.validation_split is not None or chosen.validation_share > 0
    strategy = str(chosen.save_strategy) if "save_strategy" in given else "epoch"
    if not validates or "eval_strategy" in given or strategy not in ("steps", "epoch"):
        return words
    words += ["--eval_strategy", strategy, "--eval_steps", str(chosen.save_steps), "--save_strategy", strategy]
    best = ["--load_best_model_at_end", "True", "--metric_for_best_model", "srcc", "--save_total_limit", "2"]
    return [*words, *best]


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
