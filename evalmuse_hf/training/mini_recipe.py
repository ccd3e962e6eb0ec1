"""Makes the checkpoint `fga-blip2-mini`.

    python -m evalmuse_hf.training.mini_recipe recipes/mini.yaml --out OUT

Each stage is saved under its name in OUT and not run again when it is already there; the last one is the checkpoint.
In the packaged recipe `vision` learns to name what lies under each patch; the stages after it train everything else on
the frozen tower's features by `FGATrainer`, one of them on questions about colours alone.
"""

import argparse
import logging
import sys
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from torch import Tensor
from transformers import BlipImageProcessorPil, Trainer, TrainingArguments, set_seed

from evalmuse_hf.mini.pool import ScenePool, draw_pool
from evalmuse_hf.mini.tokenizer import build_tokenizer
from evalmuse_hf.models.fga_blip2.configuration_fga_blip2 import FGABlip2Config
from evalmuse_hf.models.fga_blip2.modeling_fga_blip2 import FGABlip2ForAlignment
from evalmuse_hf.models.fga_blip2.processing_fga_blip2 import FGABlip2Processor
from evalmuse_hf.training.arguments import FGATrainingArguments
from evalmuse_hf.training.drawn_dataset import DrawnDataset, TokenizedPairs, tokenized_pool
from evalmuse_hf.training.trainer import FGATrainer
from evalmuse_hf.training.vision_pretraining import (
    LabelledPictures,
    PatchLabeller,
    encode_pool,
    set_sinusoidal_positions,
)

logger = logging.getLogger(__name__)
OBJECTIVES = ("patches", "alignment")
_LAST_FILE = "processor_config.json"  # is written last: a stage that was interrupted while saving lacks it
_COMMON: dict[str, Any] = {
    "report_to": [],
    "disable_tqdm": True,
    "save_strategy": "no",
    "dataloader_pin_memory": False,
}


def main(argv: list[str] | None = None) -> int:
    """Run the stages that a recipe lists.

    Args:
        argv: Command line without the program's name; None takes the process's own.
    """
    parser = argparse.ArgumentParser(prog="python -m evalmuse_hf.training.mini_recipe", allow_abbrev=False)
    parser.add_argument("recipe", type=Path, help="YAML file with the options of every stage")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of the stages; finished ones are not run again"
    )
    parser.add_argument("--workers", type=int, default=2, help="processes that draw and tokenise (default 2)")
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(message)s")
    if not arguments.recipe.is_file():
        parser.error(f"there is no recipe at {arguments.recipe}; give a YAML file such as recipes/mini.yaml")
    recipe = yaml.safe_load(arguments.recipe.read_text("utf-8"))
    try:
        check_stages(recipe)
    except ValueError as error:
        parser.error(str(error))
    run_recipe(recipe, arguments.out, workers=arguments.workers)
    return 0


def run_recipe(recipe: dict[str, Any], out: Path, *, workers: int = 1) -> Path:
    """Run the stages of a recipe and return the folder of the finished checkpoint.

    Args:
        recipe: `seed`, `model` (options of `FGABlip2Config`), `pool` and `prompts` (options of `draw_pool` and
            `tokenized_pool`), and `stages`: an ordered mapping of stage name to the stage's `objective`, one of
            `OBJECTIVES`, optionally `prompts` that replace some of the options above, and training options.
        out: Folder of the stages.
        workers: Processes that draw and tokenise.

    Raises:
        ValueError: If there is no stage, or one without a known objective.
    """
    check_stages(recipe)
    set_seed(recipe["seed"])
    out.mkdir(parents=True, exist_ok=True)
    drawings = _Drawings(recipe, workers)
    folder: Path | None = None
    for name, options in recipe["stages"].items():
        previous, folder = folder, out / name
        if (folder / _LAST_FILE).is_file():
            logger.info("%s is finished, found in %s", name, folder)
            continue
        model = build_model(recipe["model"]) if previous is None else FGABlip2ForAlignment.from_pretrained(previous)
        training = {key: value for key, value in options.items() if key not in ("objective", "prompts")}
        if options["objective"] == "patches":
            train_patches(model, drawings.pool, folder, training)
            drawings.forget_features()
        else:
            prompts = {**recipe["prompts"], **options.get("prompts", {})}
            train_alignment(model, drawings.dataset(model, prompts), folder, training)
        save_checkpoint(model, folder)
    *_, last = recipe["stages"]
    return out / str(last)


def check_stages(recipe: dict[str, Any]) -> None:
    """Refuse a recipe that has nothing to run.

    Args:
        recipe: As in `run_recipe`.

    Raises:
        ValueError: If there is no stage, or one without a known objective.
    """
    if not recipe.get("stages"):
        raise ValueError("`stages` of the recipe is empty; list at least one stage.")
    for name, options in recipe["stages"].items():
        if options.get("objective") not in OBJECTIVES:
            got = options.get("objective")
            raise ValueError(f"`objective` of the stage {name!r} must be one of {list(OBJECTIVES)}, got {got!r}.")


class _Drawings:
    """What a recipe draws, made when the first unfinished stage asks for it."""

    def __init__(self, recipe: dict[str, Any], workers: int) -> None:
        self.recipe, self.workers = recipe, workers
        self._features: Tensor | None = None
        self._pairs: tuple[dict[str, Any], TokenizedPairs] | None = None

    @cached_property
    def pool(self) -> ScenePool:
        """The pictures."""
        return draw_pool(**self.recipe["pool"], workers=self.workers)

    def dataset(self, model: FGABlip2ForAlignment, prompts: dict[str, Any]) -> DrawnDataset:
        """Pairs with the features of the model's vision tower; what the stage before had made is used again."""
        if self._pairs is None or self._pairs[0] != prompts:
            self._pairs = (prompts, tokenized_pool(self.pool, workers=self.workers, **prompts))
        if self._features is None:
            self._features = encode_pool(model, self.pool.pixels)
        return DrawnDataset(self._pairs[1], self._features)

    def forget_features(self) -> None:
        """Encode anew when next asked: the vision tower has changed."""
        self._features = None


def build_model(options: dict[str, Any]) -> FGABlip2ForAlignment:
    """Make the untrained model; its vocabulary is that of the drawn world, and it starts with `initializer="width"`.

    Args:
        options: Of `FGABlip2Config`.
    """
    qformer = {**options["qformer_config"], "vocab_size": len(build_tokenizer()), "pad_token_id": 0}
    model = FGABlip2ForAlignment(FGABlip2Config(**{**options, "qformer_config": qformer}, initializer="width"))
    set_sinusoidal_positions(model)
    return model


def train_patches(model: FGABlip2ForAlignment, pool: ScenePool, folder: Path, options: dict[str, Any]) -> None:
    """Train the vision tower to label patches; see `PatchLabeller`.

    Args:
        model: Changed in place.
        pool: The pictures and their labels.
        folder: For what the Trainer writes.
        options: Of `transformers.TrainingArguments`.
    """
    pictures = LabelledPictures(pool)
    labels = ["patch_labels", "scene_labels"]
    arguments = TrainingArguments(
        output_dir=str(folder), remove_unused_columns=False, label_names=labels, **_COMMON, **options
    )
    labeller = PatchLabeller(model)
    Trainer(model=labeller, args=arguments, train_dataset=pictures, data_collator=pictures.collate).train()


def train_alignment(model: FGABlip2ForAlignment, dataset: DrawnDataset, folder: Path, options: dict[str, Any]) -> None:
    """Train everything behind the vision tower by `FGATrainer`.

    Args:
        model: Changed in place.
        dataset: Pairs with the features of the model's vision tower.
        folder: For what the Trainer writes.
        options: Of `FGATrainingArguments`.
    """
    arguments = FGATrainingArguments(output_dir=str(folder), **_COMMON, **options)
    FGATrainer(model=model, args=arguments, train_dataset=dataset, data_collator=dataset.collate).train()


def save_checkpoint(model: FGABlip2ForAlignment, folder: Path) -> None:
    """Write model and processor, complete for `from_pretrained`.

    Args:
        model: The model; nothing in it stays frozen.
        folder: Where to.
    """
    size = model.config.vision_config.image_size
    tokenizer = build_tokenizer(model.config.qformer_config.max_position_embeddings)
    processor = FGABlip2Processor(BlipImageProcessorPil(size={"height": size, "width": size}), tokenizer)
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    logger.info("saved %s (%.1f MB)", folder, (folder / "model.safetensors").stat().st_size / 1e6)


if __name__ == "__main__":
    sys.exit(main())
