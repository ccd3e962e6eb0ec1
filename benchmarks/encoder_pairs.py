"""What encoding once saves: ``python benchmarks/encoder_pairs.py [--prompts 20] [--pictures 50] [--rounds 3]``.

All pairs of prompts and pictures, scored by a CLIP of random weights on the CPU: with every picture and every
prompt encoded once (`EncoderScorer.score_all_pairs`), against one pair after the other. Seconds are medians of
processor time.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel

from evalmuse_hf.models.encoders import ClipTowers, EncoderScorer, picture_preprocessor

BAR = 10.0
SIDE, PATCH = 112, 14


class Letters:
    """Stands in for a tokenizer: one token per letter."""

    def __call__(self, text: str, **options: object) -> dict[str, list[int]]:
        """Spell a text between the tokens for its beginning and its end."""
        return {"input_ids": [1, *(3 + ord(letter) % 90 for letter in text), 2]}


def main() -> None:
    """Measure, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--prompts", type=int, default=20)
    parser.add_argument("--pictures", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3, help="of which the median is taken (default: 3)")
    arguments = parser.parse_args()
    print_speed(arguments.prompts, arguments.pictures, rounds=arguments.rounds)


def build(*, layers: int = 6, width: int = 256) -> EncoderScorer:
    """Make a scorer of random weights.

    Args:
        layers: Of each tower.
        width: Of each tower.
    """
    torch.manual_seed(0)
    shared = {"hidden_size": width, "intermediate_size": 4 * width, "num_hidden_layers": layers}
    shared["num_attention_heads"] = width // 32
    config = CLIPConfig(
        vision_config={**shared, "image_size": SIDE, "patch_size": PATCH},
        text_config={**shared, "vocab_size": 100, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2},
    )
    processor = CLIPImageProcessorPil(size={"shortest_edge": SIDE}, crop_size=SIDE)
    towers = ClipTowers(CLIPModel(config), Letters(), picture_preprocessor(processor))
    return EncoderScorer(towers, name="clip_score:random")


def print_speed(n_prompts: int, n_pictures: int, *, rounds: int, layers: int = 6, width: int = 256) -> None:
    """Score all pairs in both ways, and print seconds, ratio and the largest difference.

    Args:
        n_prompts: Prompts.
        n_pictures: Pictures.
        rounds: Of which the median is taken.
        layers: Of each tower.
        width: Of each tower.
    """
    scorer = build(layers=layers, width=width)
    rng = np.random.default_rng(0)
    pictures = list(rng.integers(0, 256, (n_pictures, 128, 128, 3), dtype=np.uint8))
    prompts = [f"picture number {number} of a small cat on a red sofa" for number in range(n_prompts)]

    def one_by_one() -> np.ndarray:
        rows = [
            [scorer.score(images=[picture], prompts=[prompt])[0].overall for prompt in prompts] for picture in pictures
        ]
        return np.array(rows)

    once, together = measure(lambda: scorer.score_all_pairs(images=pictures, prompts=prompts), rounds)
    slow, alone = measure(one_by_one, rounds)
    ratio = slow / once
    print(f"{n_prompts} prompts x {n_pictures} pictures, CLIP of {layers} + {layers} layers, {width} wide")
    print(f"pair by pair  {slow:8.2f} s")
    print(f"encoded once  {once:8.2f} s")
    print(f"faster        {ratio:8.1f} times (bar {BAR:g}: {'met' if ratio >= BAR else 'missed'})")
    print(f"largest difference of a score {np.abs(together - alone).max():.1e}")


def measure(work: Callable[[], np.ndarray], rounds: int) -> tuple[float, np.ndarray]:
    """Median of processor seconds, and the last result.

    Args:
        work: What is timed.
        rounds: How often.
    """
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        result = work()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds), result


if __name__ == "__main__":
    main()
