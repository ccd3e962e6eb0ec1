"""What a second process brings: ``python benchmarks/scoring_processes.py [--rounds 5] [--pairs 384]``.

The same list is scored by one process and by two that torchrun starts (gloo), in turn. Every process is kept to a
processor of its own and has one thread of torch; reading pictures is left to threads of the scorer on that same
processor (no reading processes), so that two processes have exactly twice of what one has. Measured is the scoring
inside the process, from the moment at which all are there to the merged file: shards, journals and merging count,
imports and the making of the network do not. Linux only.
"""

import argparse
import json
import os
import platform
import statistics
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
from evalmuse_hf.scoring.scores import read_scores
from evalmuse_hf.scoring.sources import open_source
from evalmuse_hf.scoring.team import Team

BAR = 1.6
WORDS = ("a", "red", "blue", "small", "cat", "dog", "sofa", "lamp", "on", "under", "behind", "two", "with", "street")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PICTURE_SIDE = 384
SHARD_ROWS = 16


def main(words: list[str] | None = None) -> int:
    """Measure and compare, or be one of the processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="of which the median is taken (default: 5)")
    parser.add_argument("--pairs", type=int, default=384, help="each with a picture of its own (default: 384)")
    parser.add_argument("--layers", type=int, default=4, help="of the tower (default: 4)")
    parser.add_argument("--width", type=int, default=256, help="of the tower (default: 256)")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args(words)
    if args.worker is not None:
        work(args.worker, layers=args.layers, width=args.width)
        return 0
    processors = sorted(os.sched_getaffinity(0))
    if len(processors) < 2:
        print("not run: it needs two processors")
        return 0
    print(describe_machine())
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), args)
    return 0


def compare(folder: Path, args: argparse.Namespace) -> None:
    """Run both ways in turn, and print seconds, ratio and difference.

    Args:
        folder: For pictures and scores.
        args: Options of the command line.
    """
    write_list(folder, args.pairs)
    options = ["--layers", str(args.layers), "--width", str(args.width)]
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for number in range(args.rounds):
        for size in seconds:
            out = folder / f"scores-{size}-{number}.parquet"
            seconds[size].append(launch(size, out, options))
    one, two = (statistics.median(taken) for taken in seconds.values())
    rows = [read_scores(folder / f"scores-{size}-0.parquet").rows for size in seconds]
    values = [np.array([row["overall_score"] for row in part], dtype=float) for part in rows]
    same = [row["id"] for row in rows[0]] == [row["id"] for row in rows[1]]
    ratio = one / two
    print(f"{args.pairs} pairs, tower of {args.layers} layers, medians of {args.rounds} rounds in turn")
    print(f"1 process    {one:8.2f} s  {args.pairs / one:8.1f} pairs per second")
    print(f"2 processes  {two:8.2f} s  {args.pairs / two:8.1f} pairs per second")
    print(f"faster       {ratio:8.2f} times (bar {BAR}: {'met' if ratio >= BAR else 'NOT met'})")
    apart = np.abs(values[0] - values[1]).max()
    print(f"rows in the same order: {'yes' if same else 'NO'}; largest difference of a score {apart:.1e}")
    print(f"scores lie between {values[0].min():.3f} and {values[0].max():.3f}")


def launch(size: int, out: Path, options: list[str]) -> float:
    """Score in so many processes, and return the seconds that the first one measured.

    Args:
        size: Processes.
        out: Where the scores go; the list is beside it.
        options: Sizes of the network.

    Raises:
        RuntimeError: If a process fails.
    """
    starter = [] if size == 1 else ["-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={size}"]
    command = [sys.executable, *starter, str(Path(__file__).absolute()), "--worker", str(out), *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    return float(out.with_suffix(".seconds").read_text("utf-8"))


def work(out: Path, *, layers: int, width: int) -> None:
    """Be a process: make the network, wait for the others, score, and note the time.

    Args:
        out: Where the scores go.
        layers: Of the tower.
        width: Of the tower.
    """
    place = int(os.environ.get("LOCAL_RANK", "0"))
    os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[place]})
    torch.set_num_threads(1)
    scorer = make_scorer(layers=layers, width=width)
    first = out.parent / "00000.jpg"
    scorer.score(images=[str(first)], prompts=["a cat"])
    scorer.encoder.memory.clear()
    team = Team("cpu")
    source = open_source(out.parent / "pairs.jsonl")
    options = RunOptions(shard_rows=SHARD_ROWS, workers=0)
    team.wait()
    start = time.perf_counter()
    summary = score_source(scorer, source, out, settings={}, team=team, options=options)
    taken = time.perf_counter() - start
    if summary.failed:
        raise RuntimeError(summary.message)
    if team.is_first:
        out.with_suffix(".seconds").write_text(str(taken), "utf-8")
    team.close()


def make_scorer(*, layers: int, width: int) -> FGABlip2Scorer:
    """A scorer of random weights, the same every time.

    Args:
        layers: Of the tower.
        width: Of the tower.
    """
    torch.manual_seed(0)
    tower = {"hidden_size": width, "intermediate_size": 4 * width, "num_hidden_layers": layers}
    tower |= {"num_attention_heads": max(1, width // 64), "image_size": 224, "patch_size": 14}
    qformer = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2}
    qformer |= {"vocab_size": 64, "cross_attention_frequency": 1, "max_position_embeddings": 64}
    sizes: dict[str, Any] = {"num_query_tokens": 4, "mask_head_sizes": (16,), "initializer": "width"}
    model = FGABlip2ForAlignment(FGABlip2Config(vision_config=tower, qformer_config=qformer, **sizes))
    ids = {word: number for number, word in enumerate((*SPECIAL, *WORDS))}
    images = BlipImageProcessorPil(size={"height": 224, "width": 224})
    processor = FGABlip2Processor(images, BertTokenizer(vocab=ids, model_max_length=64))
    return FGABlip2Scorer(model, processor, name="fga_blip2:random", remember=True)


def write_list(folder: Path, number: int) -> None:
    """Write different JPEG files and a list of them.

    Args:
        folder: Where to.
        number: Of pairs.
    """
    rng = np.random.default_rng(0)
    with (folder / "pairs.jsonl").open("w", encoding="utf-8") as file:
        for index in range(number):
            path = folder / f"{index:05d}.jpg"
            coarse = Image.fromarray(rng.integers(0, 256, (12, 12, 3), dtype=np.uint8))
            coarse.resize((PICTURE_SIDE, PICTURE_SIDE), Image.Resampling.BICUBIC).save(path, quality=90)
            prompt = " ".join(rng.choice(WORDS, int(rng.integers(6, 21))))
            file.write(f"{json.dumps({'id': index, 'image': path.name, 'prompt': prompt})}\n")


def describe_machine() -> str:
    """Name what was measured on."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text("utf-8").splitlines() if facts.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor() or platform.machine()
    siblings = Path("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list")
    shared = siblings.read_text("utf-8").strip() if siblings.is_file() else "unknown"
    return (
        f"{processor}, {len(os.sched_getaffinity(0))} processors (the first shares its core with: {shared}), torch "
        f"{torch.__version__}, one thread per process"
    )


if __name__ == "__main__":
    raise SystemExit(main())
