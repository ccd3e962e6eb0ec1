"""Whether memory grows with the list: ``python benchmarks/scoring_memory.py [--pairs 100000]``.

The largest size of a process that scores a list of so many pairs into one Parquet file, against one that scores 1,000:
``score_source`` as behind ``evalmuse score``, with a tiny network of random weights, a few small pictures that come
again and again, prompts that are all different, and two elements each. Linux only.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import BertTokenizer, BlipImageProcessorPil

from evalmuse_hf.models.fga_blip2 import FGABlip2Config, FGABlip2ForAlignment, FGABlip2Processor
from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer
from evalmuse_hf.scoring.run import RunOptions, score_source
from evalmuse_hf.scoring.sources import open_source

FEW, MANY = 1_000, 100_000
FLAT = 1.15  # largest ratio that is called flat
N_PICTURES = 8
WORDS = ("a", "red", "blue", "small", "cat", "dog", "sofa", "lamp", "on", "under", "behind", "two", "with", "street")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def main(words: list[str] | None = None) -> int:
    """Measure, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=MANY, help=f"of the larger list (default: {MANY})")
    parser.add_argument("--few", type=int, default=FEW, help=f"of the smaller list (default: {FEW})")
    parser.add_argument("--rounds", type=int, default=1, help="of each, the largest size counts (default: 1)")
    parser.add_argument("--workers", type=int, default=1, help="reading processes, not counted (default: 1)")
    parser.add_argument("--shard-rows", type=int, help="rows per shard (default: the engine's own choice)")
    parser.add_argument("--score", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args(words)
    if args.score is not None:
        score(args.score, workers=args.workers, shard_rows=args.shard_rows)
        return 0
    print(describe_machine())
    options = ["--workers", str(args.workers)]
    options += [] if args.shard_rows is None else ["--shard-rows", str(args.shard_rows)]
    print_memory(few=args.few, many=args.pairs, rounds=args.rounds, options=options)
    return 0


def print_memory(*, few: int, many: int, rounds: int, options: list[str]) -> None:
    """Score few and many pairs in processes of their own, and print the sizes.

    Args:
        few: Pairs of the smaller list.
        many: Of the larger one.
        rounds: How often; the largest size counts.
        options: For the processes.
    """
    sizes: dict[int, list[float]] = {few: [], many: []}
    with tempfile.TemporaryDirectory() as folder:
        draw_pictures(Path(folder))
        for _ in range(rounds):
            for count in sizes:
                place = Path(folder) / str(count)
                place.mkdir(exist_ok=True)
                write_list(place / "pairs.jsonl", count)
                start = time.perf_counter()
                line = [sys.executable, __file__, "--score", str(place), *options]
                child = subprocess.run(line, capture_output=True, text=True, check=False)
                if child.returncode:
                    raise RuntimeError(child.stderr[-3000:])
                sizes[count].append(int(child.stdout.split()[-1]) / 1024)
                taken = time.perf_counter() - start
                print(f"{count:7d} pairs  {sizes[count][-1]:8.0f} MiB at most  ({taken:.0f} s)", flush=True)
    ratio = max(sizes[many]) / max(sizes[few])
    print(f"ratio          {ratio:8.3f} (flat: at most {FLAT}: {'met' if ratio <= FLAT else 'NOT met'})")


def score(folder: Path, *, workers: int, shard_rows: int | None) -> None:
    """Score the list of a folder, and print the largest size of this process in KiB.

    Args:
        folder: Where the list is, and the scores go.
        workers: Reading processes.
        shard_rows: Rows per shard.
    """
    torch.set_num_threads(1)
    out = folder / "scores.parquet"
    out.unlink(missing_ok=True)
    options = RunOptions(shard_rows=shard_rows, workers=workers)
    summary = score_source(make_scorer(), open_source(folder / "pairs.jsonl"), out, settings={}, options=options)
    if summary.failed:
        raise SystemExit(f"{sum(summary.failed.values())} pairs could not be scored: {summary.message}")
    # Not `ru_maxrss`, which starts from the size of the process that started this one.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text("utf-8").splitlines())
    print(status["VmHWM"].split()[0])


def make_scorer() -> FGABlip2Scorer:
    """A tiny scorer of random weights."""
    torch.manual_seed(0)
    tower = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    tower |= {"image_size": 28, "patch_size": 14}
    qformer = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    qformer |= {"vocab_size": 64, "cross_attention_frequency": 1, "max_position_embeddings": 64}
    sizes: dict[str, Any] = {"num_query_tokens": 2, "mask_head_sizes": (16,), "initializer": "width"}
    model = FGABlip2ForAlignment(FGABlip2Config(vision_config=tower, qformer_config=qformer, **sizes))
    ids = {word: number for number, word in enumerate((*SPECIAL, *WORDS))}
    images = BlipImageProcessorPil(size={"height": 28, "width": 28})
    processor = FGABlip2Processor(images, BertTokenizer(vocab=ids, model_max_length=64))
    return FGABlip2Scorer(model, processor, name="fga_blip2:random", remember=True)


def draw_pictures(folder: Path) -> None:
    """Write a few small pictures.

    Args:
        folder: Where to.
    """
    rng = np.random.default_rng(0)
    for number in range(N_PICTURES):
        Image.fromarray(rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(folder / f"{number}.png")


def write_list(path: Path, count: int) -> None:
    """Write a list of pairs; its pictures are in the folder above.

    Args:
        path: The list.
        count: How many.
    """
    rng = np.random.default_rng(1)
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            words = [str(word) for word in rng.choice(WORDS, int(rng.integers(6, 21)))]
            elements = [words[0], " ".join(words[1:3])]
            row = {"id": number, "image": f"../{number % N_PICTURES}.png", "prompt": " ".join(words)}
            file.write(f"{json.dumps({**row, 'elements': elements})}\n")


def describe_machine() -> str:
    """Name what was measured on."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text("utf-8").splitlines() if facts.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor() or platform.machine()
    return f"{processor}, {os.cpu_count()} processors, torch {torch.__version__}, one thread of torch"


if __name__ == "__main__":
    raise SystemExit(main())
