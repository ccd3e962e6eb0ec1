"""Makes the small multimodal models that answer questions about drawn pictures.

    python -m evalmuse_hf.training.mini_vqa_recipe recipes/mini_vqa.yaml --out OUT

Each stage is saved under its name in OUT and not run again when it is already there; it begins where the stage named
by its `from` ended, or from random weights behind the vision tower of a packaged FGA-BLIP2, which stays frozen.
"""

import argparse
import logging
import sys
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor
from transformers import (
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    SiglipImageProcessorPil,
    SiglipVisionConfig,
    Trainer,
    TrainingArguments,
    set_seed,
)
from transformers.utils.constants import OPENAI_CLIP_MEAN, OPENAI_CLIP_STD

from evalmuse_hf.mini.checkpoints import find_checkpoint
from evalmuse_hf.mini.pool import ScenePool, draw_pool
from evalmuse_hf.mini.question_tokenizer import CHAT_TEMPLATE, build_question_tokenizer
from evalmuse_hf.models.fga_blip2.modeling_fga_blip2 import FGABlip2ForAlignment
from evalmuse_hf.training.packed_questions import DrawnQuestions, PackedModel, collate_packs
from evalmuse_hf.training.vision_pretraining import normalize

logger = logging.getLogger(__name__)
_LAST_FILE = "processor_config.json"  # is written last: a stage that was interrupted while saving lacks it


def main(argv: list[str] | None = None) -> int:
    """Run the stages that a recipe lists.

    Args:
        argv: Command line without the program's name; None takes the process's own.
    """
    parser = argparse.ArgumentParser(prog="python -m evalmuse_hf.training.mini_vqa_recipe", allow_abbrev=False)
    parser.add_argument("recipe", type=Path, help="YAML file with the options of every stage")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of the stages; finished ones are not run again"
    )
    parser.add_argument("--stages", nargs="*", help="stages to run (default: all); each needs those it begins from")
    parser.add_argument("--workers", type=int, default=2, help="processes that draw (default 2)")
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(message)s")
    if not arguments.recipe.is_file():
        parser.error(f"there is no recipe at {arguments.recipe}; give a YAML file such as recipes/mini_vqa.yaml")
    recipe = yaml.safe_load(arguments.recipe.read_text("utf-8"))
    try:
        check_stages(recipe, arguments.stages)
    except ValueError as error:
        parser.error(str(error))
    run_recipe(recipe, arguments.out, stages=arguments.stages, workers=arguments.workers)
    return 0


def check_stages(recipe: dict[str, Any], wanted: list[str] | None = None) -> None:
    """Refuse a recipe that has nothing to run, or a stage that begins nowhere.

    Args:
        recipe: As in `run_recipe`.
        wanted: Stages to run; None for all.

    Raises:
        ValueError: If there is no such stage, or one begins from a stage that does not come before it.
    """
    stages = recipe.get("stages") or {}
    if not stages:
        raise ValueError("`stages` of the recipe is empty; list at least one stage.")
    for name in wanted or ():
        if name not in stages:
            raise ValueError(f"There is no stage {name!r}; the recipe has {', '.join(stages)}.")
    known: list[str] = []
    for name, options in stages.items():
        start = options.get("from")
        if start is not None and start not in known:
            raise ValueError(f"Stage {name!r} begins from {start!r}, which does not come before it.")
        known.append(name)


def run_recipe(recipe: dict[str, Any], out: Path, *, stages: list[str] | None = None, workers: int = 1) -> None:
    """Run the stages of a recipe.

    Args:
        recipe: ``seed``, ``tower`` (a packaged FGA-BLIP2), ``model`` (``text_config`` of the language model), ``pool``
            (options of `draw_pool`), and ``stages``: name to ``from`` (a stage before it), ``questions`` (options of
            `draw_questions`), ``seed`` of the questions and training options.
        out: Folder of the stages.
        stages: Those to run; None for all.
        workers: Processes that draw.
    """
    check_stages(recipe, stages)
    out.mkdir(parents=True, exist_ok=True)
    pictures = _Pictures(recipe, workers)
    for name in stages or recipe["stages"]:
        options = dict(recipe["stages"][name])
        folder = out / name
        if (folder / _LAST_FILE).is_file():
            logger.info("%s is finished, found in %s", name, folder)
            continue
        set_seed(recipe["seed"])
        start = options.pop("from", None)
        if start is None:
            model = build_model(recipe["model"], tower=recipe["tower"])
        else:
            model = LlavaForConditionalGeneration.from_pretrained(out / start)
        train(model, pictures, folder, **options)
        save_checkpoint(model, folder)


class _Pictures:
    """The pool of a recipe and what the frozen tower says of it, made when first asked for."""

    def __init__(self, recipe: dict[str, Any], workers: int) -> None:
        self.recipe, self.workers = recipe, workers
        self._features: Tensor | None = None

    @cached_property
    def pool(self) -> ScenePool:
        """The pictures."""
        return draw_pool(**self.recipe["pool"], workers=self.workers)

    def features(self, model: LlavaForConditionalGeneration) -> Tensor:
        """Output of the tower, which is the same in every stage, in float16, shape ``(N, P, D_v)``."""
        if self._features is None:
            self._features = encode_pictures(model, self.pool)
        return self._features


def build_model(options: dict[str, Any], *, tower: str) -> LlavaForConditionalGeneration:
    """Make an untrained LLaVA that sees through the vision tower of a packaged FGA-BLIP2.

    Args:
        options: ``text_config``, options of `LlamaConfig`.
        tower: Name of the packaged checkpoint. Its class token is left out, as nothing of LLaVA reads it.

    Raises:
        ValueError: If there is no such checkpoint.
    """
    folder = find_checkpoint(tower)
    if folder is None:
        raise ValueError(f"There is no packaged checkpoint {tower!r} to take the vision tower from; 'mini' is one.")
    source = FGABlip2ForAlignment.from_pretrained(folder)
    kept = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "image_size", "patch_size")
    vision = SiglipVisionConfig(
        **{name: getattr(source.config.vision_config, name) for name in (*kept, "hidden_act", "layer_norm_eps")},
        vision_use_head=False,
    )
    tokenizer = build_question_tokenizer()
    text = LlamaConfig(**options["text_config"], vocab_size=len(tokenizer), pad_token_id=0, bos_token_id=2)
    text.eos_token_id = 3
    config = LlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=tokenizer.get_vocab()["<image>"],
        vision_feature_layer=-1,
        vision_feature_select_strategy="full",
        image_seq_length=count_patches(source),
    )
    model = LlavaForConditionalGeneration(config)
    model.model.vision_tower.load_state_dict(tower_weights(source.vision_model.state_dict()))
    return model


def count_patches(source: FGABlip2ForAlignment) -> int:
    """Count the patches of a picture, each of which becomes one token.

    Args:
        source: Whose vision tower it is.
    """
    return source.vision_model.embeddings.position_embedding.shape[1] - 1  # type: ignore[no-any-return]


def tower_weights(source: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename the weights of a BLIP-2 vision tower to those of SigLIP's, whose blocks compute the same.

    Args:
        source: State of `Blip2VisionModel`; the class token and its position are left out.
    """
    target: dict[str, Tensor] = {}
    for name, value in source.items():
        if name == "embeddings.class_embedding":
            continue
        if name == "embeddings.position_embedding":
            target["embeddings.position_embedding.weight"] = value[0, 1:]
        elif ".qkv." in name:
            for part, chunk in zip("qkv", value.chunk(3), strict=True):
                target[name.replace("qkv", f"{part}_proj")] = chunk
        else:
            target[name.replace("self_attn.projection", "self_attn.out_proj")] = value
    return target


@torch.inference_mode()
def encode_pictures(model: LlavaForConditionalGeneration, pool: ScenePool, *, batch_size: int = 256) -> Tensor:
    """Run the frozen vision tower once over a pool.

    Args:
        model: Its tower is used, in evaluation mode.
        pool: The pictures.
        batch_size: Pictures at a time.

    Returns:
        What the model's projector reads, float16, shape ``(N, P, D_v)``.
    """
    tower = model.model.vision_tower.eval()
    batches = []
    for first in range(0, len(pool.pixels), batch_size):
        pixels = normalize(torch.from_numpy(pool.pixels[first : first + batch_size]))
        batches.append(tower(pixels, output_hidden_states=True).hidden_states[-1].half())
    return torch.cat(batches)


def train(
    model: LlavaForConditionalGeneration,
    pictures: _Pictures,
    folder: Path,
    *,
    questions: dict[str, Any],
    seed: int,
    **options: Any,
) -> None:
    """Train everything behind the vision tower on questions.

    Args:
        model: Changed in place.
        pictures: Pool and features.
        folder: For what the Trainer writes.
        questions: Options of `draw_questions`.
        seed: Fixes the questions.
        **options: Of `transformers.TrainingArguments`.
    """
    tokenizer = build_question_tokenizer()
    arguments = TrainingArguments(
        output_dir=str(folder),
        remove_unused_columns=False,
        label_names=["labels"],
        report_to=[],
        disable_tqdm=True,
        save_strategy="no",
        dataloader_pin_memory=False,
        **options,
    )
    size = arguments.max_steps * arguments.per_device_train_batch_size
    dataset = DrawnQuestions(pictures.pool.scenes, tokenizer, size=size, seed=seed, questions=questions)
    packed = PackedModel(model, [tokenizer.get_vocab()[token] for token in ("<s>", "<user>")])
    collate = partial(collate_packs, pictures.features(model))
    Trainer(model=packed, args=arguments, train_dataset=dataset, data_collator=collate).train()


def save_checkpoint(model: LlavaForConditionalGeneration, folder: Path) -> None:
    """Write model and processor, complete for `from_pretrained`.

    Args:
        model: The model; it is left as it is.
        folder: Where to.
    """
    vision = model.config.vision_config
    size = {"height": vision.image_size, "width": vision.image_size}
    pictures = SiglipImageProcessorPil(size=size, resample=3, image_mean=OPENAI_CLIP_MEAN, image_std=OPENAI_CLIP_STD)
    processor = LlavaProcessor(
        image_processor=pictures,
        tokenizer=build_question_tokenizer(model.config.text_config.max_position_embeddings),
        patch_size=vision.patch_size,
        vision_feature_select_strategy="full",
        num_additional_image_tokens=0,
        chat_template=CHAT_TEMPLATE,
    )
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    logger.info("saved %s (%.1f MB)", folder, (folder / "model.safetensors").stat().st_size / 1e6)


if __name__ == "__main__":
    sys.exit(main())
