"""How close the reward's tensor path comes to the path of files: ``python benchmarks/reward_parity.py [--quick]``.

Pixels: pictures of several sizes are resized to the sides of small and official models by `resize_pictures` and by
Pillow, as the processor does it. Scores: the packaged checkpoint judges drawings, brought to several sizes, by
`AlignmentReward` and by ``load_scorer``. *Rounded* is ``quantize=True``.
"""

import argparse
import json
import platform
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import PIL
import torch
from PIL import Image
from torch import Tensor

from evalmuse_hf.images import Preparation
from evalmuse_hf.mini.drawing import draw
from evalmuse_hf.mini.generators import GENERATORS, imagine
from evalmuse_hf.mini.prompts import DrawnPrompt, write_prompt
from evalmuse_hf.scoring import load_scorer
from evalmuse_hf.scoring.reward import load_reward
from evalmuse_hf.scoring.reward_pictures import resize_pictures

SIDES = (56, 364)  # of a small model, and of the official one
SIZES = ((56, 56), (128, 128), (364, 364), (512, 512), (1024, 1024), (768, 1024), (1024, 768), (40, 200), (200, 40))
SCORED_SIZES = ((64, 64), (48, 48), (128, 128), (512, 512), (300, 400), (400, 300))
QUICK_SIZES, QUICK_SCORED_SIZES = ((56, 56), (128, 128), (200, 40)), ((64, 64), (128, 128))


def main() -> int:
    """Print both comparisons."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--pairs", type=int, default=60, help="drawings that are scored (default 60)")
    parser.add_argument("--seed", type=int, default=0, help="of the drawings (default 0)")
    parser.add_argument("--quick", action="store_true", help="three sizes, and 6 drawings of two")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    prompts = [write_prompt(rng, test=True) for _ in range(6 if arguments.quick else arguments.pairs)]
    drawings = [draw(imagine(prompt, GENERATORS[2], rng, held_out=True)).image for prompt in prompts]
    noise = [Image.fromarray(rng.integers(0, 256, (2048, 2048, 3), dtype=np.uint8)) for _ in range(2)]
    sizes = QUICK_SIZES if arguments.quick else SIZES
    figures = {
        "pixels": [
            {"pictures": name, **compare_pixels(pictures, size, side)}
            for name, pictures in (("drawings", drawings[:4]), ("noise", noise))
            for side in SIDES
            for size in sizes
        ],
        "scores": compare_scores(prompts, drawings, sizes=QUICK_SCORED_SIZES if arguments.quick else SCORED_SIZES),
    }
    print(json.dumps(figures, indent=2) if arguments.json else describe(figures))
    return 0


def compare_pixels(pictures: Sequence[Image.Image], size: tuple[int, int], side: int) -> dict[str, Any]:
    """Differences in levels of 255 between the paths.

    Args:
        pictures: Pictures; large ones are cut, and small ones enlarged without blending, to ``size``.
        size: Height and width.
        side: Of the square that a model reads.
    """
    plain: list[np.ndarray] = []
    rounded: list[np.ndarray] = []
    for picture in pictures:
        original = _of_size(picture, size)
        by_pillow = np.asarray(Preparation(side)(original)).astype(float)
        for quantize, differences in ((False, plain), (True, rounded)):
            ours = resize_pictures(_as_tensor([original]), side, quantize=quantize)[0].permute(1, 2, 0).numpy()
            differences.append(np.abs(ours * 255 - by_pillow))
    return {
        "side": side,
        "height": size[0],
        "width": size[1],
        "max": float(np.max(plain)),
        "mean": float(np.mean(plain)),
        "rounded_max": float(np.max(rounded)),
        "rounded_share": float(np.mean(np.array(rounded) > 0.5)),
    }


def compare_scores(
    prompts: Sequence[DrawnPrompt], drawings: Sequence[Image.Image], *, sizes: Sequence[tuple[int, int]]
) -> list[dict[str, Any]]:
    """Differences between the paths in scores of the packaged checkpoint.

    Args:
        prompts: What was asked for.
        drawings: A picture for each.
        sizes: Heights and widths that the pictures are brought to.
    """
    scorer = load_scorer("fga_blip2", model="mini", device="cpu")
    texts = [prompt.text for prompt in prompts]
    elements = [[element.text for element in prompt.elements] for prompt in prompts]
    rows = []
    for size in sizes:
        pictures = [_of_size(drawing, size) for drawing in drawings]
        scores = scorer.score(images=pictures, prompts=texts, elements=elements)
        overall = np.array([pair.overall for pair in scores])
        means = np.array([np.mean([element.score for element in pair.elements]) for pair in scores])
        expected = ((overall - 1) / 4 + means) / 2
        row: dict[str, Any] = {"height": size[0], "width": size[1]}
        for quantize, prefix in ((False, ""), (True, "rounded_")):
            reward = load_reward(model="mini", device="cpu", quantize=quantize)
            with torch.inference_mode():
                details = reward.details(_as_tensor(pictures), texts, elements)
            row[f"{prefix}overall"] = float(np.abs(details.overall.numpy() - overall).max())
            row[f"{prefix}reward"] = float(np.abs(details.reward.numpy() - expected).max())
            row[f"{prefix}reward_mean"] = float(np.abs(details.reward.numpy() - expected).mean())
        rows.append(row)
    return rows


def _of_size(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    height, width = size
    if height <= picture.height and width <= picture.width and picture.height > 1024:
        return picture.crop((0, 0, width, height))
    return picture.resize((width, height), Image.Resampling.NEAREST)


def _as_tensor(pictures: Sequence[Image.Image]) -> Tensor:
    return torch.from_numpy(np.stack([np.asarray(picture) for picture in pictures])).permute(0, 3, 1, 2) / 255


def describe(figures: dict[str, Any]) -> str:
    """Lay the figures out as tables.

    Args:
        figures: As ``--json`` prints them.
    """
    lines = [
        f"Pillow {PIL.__version__}, torch {torch.__version__}, {platform.machine()}, CPU",
        "",
        "pixels, in levels of 255                    not rounded        rounded",
        "pictures  height  width -> side      max    mean      max   share that differs",
    ]
    lines += [
        f"{row['pictures']:8s}  {row['height']:6d}  {row['width']:5d}    {row['side']:4d}  {row['max']:7.2f}  "
        f"{row['mean']:6.3f}  {row['rounded_max']:7.0f}   {row['rounded_share']:.1e}"
        for row in figures["pixels"]
    ]
    lines += [
        "",
        "scores of drawings, packaged checkpoint       not rounded                    rounded",
        "height  width     overall    reward  (mean)        overall    reward",
    ]
    lines += [
        f"{row['height']:6d}  {row['width']:5d}     {row['overall']:.1e}   {row['reward']:.1e}  "
        f"{row['reward_mean']:.1e}       {row['rounded_overall']:.1e}   {row['rounded_reward']:.1e}"
        for row in figures["scores"]
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
