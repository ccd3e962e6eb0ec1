"""How far the scores of the packaged checkpoint move when its vision tower computes in half precision.

    python benchmarks/tower_precision.py

600 pairs of 150 drawn pictures, each scored with the tower in float32, bfloat16 and float16 by a freshly loaded model;
differences from float32. The figures are those of this small checkpoint; the official one was not available.
"""

import argparse
import sys

import numpy as np
import torch
from scipy.stats import spearmanr

from evalmuse_hf.mini.checkpoints import find_checkpoint
from evalmuse_hf.mini.pairs import draw_pairs
from evalmuse_hf.mini.pool import draw_pool
from evalmuse_hf.models.fga_blip2 import FGABlip2ForAlignment, FGABlip2Processor
from evalmuse_hf.models.fga_blip2.precision_fga_blip2 import set_tower_precision
from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer
from evalmuse_hf.models.scorer import PairScore


def score(dtype: torch.dtype, *, n_pictures: int) -> list[PairScore]:
    """Score drawn pairs with the tower in one precision.

    Args:
        dtype: The precision.
        n_pictures: Pictures, each with four prompts.
    """
    pool = draw_pool(n_pictures, seed=0, image_size=128)
    pairs = list(draw_pairs(pool, range(n_pictures), seed=0))
    folder = find_checkpoint("mini")
    model = FGABlip2ForAlignment.from_pretrained(folder)
    set_tower_precision(model, dtype)
    scorer = FGABlip2Scorer(model, FGABlip2Processor.from_pretrained(folder), name="mini")
    return scorer.score(
        images=[pool.pixels[pair.row] for pair in pairs],
        prompts=[pair.prompt for pair in pairs],
        elements=[list(pair.elements) for pair in pairs],
    )


def main(words: list[str] | None = None) -> int:
    """Score in each precision and print the differences."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=150, help="drawn pictures, each with four prompts")
    args = parser.parse_args(words)
    reference = score(torch.float32, n_pictures=args.pictures)
    overall = np.array([pair.overall for pair in reference])
    elements = np.array([element.score for pair in reference for element in pair.elements])
    print(f"{len(overall)} pairs, {len(elements)} elements; differences from a tower in float32")
    names = "".join(f"{name:>9}" for name in ("mean", "median", "95 %", "99 %", "largest"))
    print(f"{'tower':<10}{names}{'SRCC':>10}   element mean, largest")
    for dtype in (torch.bfloat16, torch.float16):
        scores = score(dtype, n_pictures=args.pictures)
        moved = np.abs(np.array([pair.overall for pair in scores]) - overall)
        by_element = np.abs(np.array([element.score for pair in scores for element in pair.elements]) - elements)
        rank = spearmanr([pair.overall for pair in scores], overall).statistic
        shares = [moved.mean(), *np.quantile(moved, [0.5, 0.95, 0.99, 1.0])]
        print(
            f"{str(dtype).removeprefix('torch.'):<10}" + "".join(f"{share:9.5f}" for share in shares) + f"{rank:10.6f}"
            f"   {np.nanmean(by_element):.5f}, {np.nanmax(by_element):.3f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
