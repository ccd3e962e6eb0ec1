"""How much faster the scoring engine is than a loop: ``python benchmarks/scoring_speed.py [CASE ...] [--compile]``.

The naive loop scores one pair at a time: it opens, resizes and normalises the picture in the main thread, runs the
network on a batch of one without padding, and collects the results. On CUDA its vision tower runs under float16
autocast and its Q-Former in float32, as in the official evaluation; on a CPU, where that evaluation has no autocast,
everything is float32. It does not empty the GPU's cache after every pair, which the official script does besides.

shared   some pictures with several prompts each, listed by prompt and by picture; every picture is encoded once.
         The tower has as many layers as make it cost 100 passes of the Q-Former over one pair
unique   every pair has a picture of its own; both sides have the same processors and as many threads
mini     both, with the packaged checkpoint
gpu      official sizes on CUDA, JPEG files of 1,024 pixels, end to end (``--device cuda --size official``)

Weights are random. Seconds are medians by the clock on the wall, the two sides in turn; each side is warmed up, and
the processes that read pictures are started before.
"""

import argparse
import contextlib
import copy
import io
import math
import os
import platform
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from transformers import BertTokenizer, BlipImageProcessorPil

from evalmuse_hf.images import PictureReader
from evalmuse_hf.models.fga_blip2 import FGABlip2Config, FGABlip2ForAlignment, FGABlip2Processor
from evalmuse_hf.models.fga_blip2.precision_fga_blip2 import set_tower_precision
from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer
from evalmuse_hf.scoring.engine import ScoringEngine
from evalmuse_hf.scoring.lists import ListRow
from evalmuse_hf.scoring.run import ROWS_PER_SHARD

CASES = ("shared", "unique", "mini", "gpu")
SHARED_BAR, UNIQUE_BAR, BF16_BAR, GPU_BAR = 8.0, 1.1, 1.8, 15.0
NAIVE_SHARED, NAIVE_GPU = 8, 64  # pictures that the naive loop is timed on, where all would take long
LEAST_COST_RATIO = 100.0  # of the tower to a text pass, in the case "shared"
RATIO_MARGIN = 1.15  # what is measured varies
SHARED_WIDTH = 384
PEAK_TARGET = 0.5
BF16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}  # of x86 and, the last, of ARM
WORDS = (
    *("a", "the", "and", "with", "on", "under", "beside", "behind", "two", "three", "red", "blue", "small", "large"),
    *("old", "striped", "cat", "dog", "sofa", "lamp", "table", "street", "apple", "car"),
)
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
DRAWN = 16  # pictures that are really drawn; the others are these with a comment in the file, which changes the hash
PEAK_SIDE = 8192
ROWS_PER_BLOCK_ON_CPU = 64

Pair = tuple[str, str]


class Side(NamedTuple):
    """One of the ways that are compared.

    Attributes:
        name: For the table.
        score: Gives the overall scores of pairs.
    """

    name: str
    score: Callable[[Sequence[Pair]], list[float]]


def main(words: list[str] | None = None) -> int:
    """Run the cases and print what they gave."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"{', '.join(CASES)}; default: what the device has")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--size", choices=("small", "official"), help="of the networks (default: small; gpu official)")
    parser.add_argument("--rounds", type=int, default=5, help="of which the median is taken (default: 5)")
    parser.add_argument("--threads", type=int, default=2, help="processors that both sides may use (default: 2)")
    parser.add_argument("--pictures", type=int, help="default: 50 shared, 96 unique, 2048 on a GPU")
    parser.add_argument("--prompts", type=int, default=10, help="for each picture of `shared` (default: 10)")
    parser.add_argument(
        "--naive-pictures", type=int, help="that the naive loop is timed on (default: 8 shared, 64 on a GPU)"
    )
    parser.add_argument("--side", type=int, help="of the JPEG files (default: 512 shared, 1024 else)")
    parser.add_argument("--layers", type=int, help="of the small tower (default: 10; shared: what the ratio asks for)")
    parser.add_argument("--width", type=int, help="of the small tower (default: 640; shared: 384)")
    parser.add_argument("--workers", type=int, help="reading processes of `gpu` (default: processors less one)")
    parser.add_argument("--batch-size", type=int, help="pictures per pass (default: the engine's own choice)")
    parser.add_argument("--compile", action="store_true", help="also compare the tower with itself, compiled")
    args = parser.parse_args(words)
    if unknown := set(args.cases) - set(CASES):
        parser.error(f"unknown case {', '.join(sorted(unknown))}; choose from {', '.join(CASES)}")
    on_cuda = args.device == "cuda"
    if on_cuda and not torch.cuda.is_available():
        print("not run: there is no CUDA device here")
        return 0
    if not on_cuda:
        keep_to_processors(args.threads)
    print(describe_machine(on_cuda=on_cuda))
    runs = {"shared": run_shared, "unique": run_unique, "mini": run_mini, "gpu": run_gpu}
    for case in args.cases or (("gpu",) if on_cuda else CASES):
        print(f"\n{case}")
        with tempfile.TemporaryDirectory() as folder:
            runs[case](args, Path(folder))
    if args.compile:
        print("\ncompile")
        run_compiled(args)
    return 0


def run_shared(args: argparse.Namespace, folder: Path) -> None:
    """Pictures with several prompts each, in both orders."""
    width = args.width or SHARED_WIDTH
    layers = args.layers or layers_for_ratio(width=width, device=args.device)
    model, processor = build(args.size or "small", layers=layers, width=width, device=args.device)
    pictures = draw_pictures(folder, args.pictures or 50, side=args.side or 512)
    print(f"  tower of {layers} layers, {width} wide" if args.size != "official" else "  official sizes")
    text, tower = print_costs(model, processor, pictures)
    ratio, n_prompts = tower / text, args.prompts
    enough = "" if ratio >= LEAST_COST_RATIO else f"; NOT the {LEAST_COST_RATIO:.0f} that this case asks for"
    limit = n_prompts * (ratio + 1) / (ratio + n_prompts)
    print(f"  the tower costs {ratio:.0f} text passes{enough}; limit of what sharing it gains: {limit:.2f} times")
    compare_shared(args, model, processor, pictures, bar=SHARED_BAR)


def layers_for_ratio(*, width: int, device: str) -> int:
    """Layers with which the tower costs a little more than `LEAST_COST_RATIO` text passes on this machine.

    Args:
        width: Of the tower.
        device: Where it is to run.
    """
    few = 4
    model, processor = build("small", layers=few, width=width, device=device)
    side = model.config.vision_config.image_size
    text, tower, _ = measure_passes(model, processor, torch.zeros(1, 3, side, side, device=device))
    return max(few, math.ceil(RATIO_MARGIN * LEAST_COST_RATIO * text / (tower / few)))


def compare_shared(
    args: argparse.Namespace, model: Any, processor: Any, pictures: Sequence[str], *, bar: float | None
) -> None:
    """Time the naive loop and both orders of the list, and print the ratios.

    Args:
        args: Options of the command line.
        model: Of both sides.
        processor: Of both sides.
        pictures: Files.
        bar: Ratio to reach.
    """
    prompts = write_prompts(args.prompts)
    by_picture = [(picture, prompt) for picture in pictures for prompt in prompts]
    by_prompt = [(picture, prompt) for prompt in prompts for picture in pictures]
    few = min(len(pictures), args.naive_pictures or NAIVE_SHARED)
    print(f"{len(pictures)} pictures x {len(prompts)} prompts; the naive loop costs the same in either order")
    with engine_side(args, model, processor, workers=0) as ours:
        work = [
            (naive_side(model, processor), by_picture[: few * len(prompts)]),
            (ours, by_picture),
            (ours, by_prompt),
        ]
        seconds, difference = time_in_turn(work, args.rounds)
    slow, *fast = seconds
    slow *= len(pictures) / few  # every pair costs it the same
    print(f"  naive loop                      {slow:8.2f} s  ({few} pictures timed, {len(pictures)} reckoned)")
    for order, taken in zip(("pictures together", "prompts together"), fast, strict=True):
        verdict = "no bar" if bar is None else met(slow / taken, bar)
        print(f"  engine, list by {order:17s} {taken:7.2f} s  {slow / taken:6.2f} times faster  ({verdict})")
    print(f"  largest difference of a score   {difference:8.1e}")


def run_unique(args: argparse.Namespace, folder: Path) -> None:
    """Every pair has its own picture; equal threads on the same processors."""
    model, processor = build_asked(args, args.size or "small")
    pictures = draw_pictures(folder, args.pictures or 96, side=args.side or 1024)
    print_costs(model, processor, pictures)
    pairs = list(zip(pictures, write_prompts(len(pictures)), strict=True))
    compare_unique(args, model, processor, pairs, bar=UNIQUE_BAR, label="float32")
    flags = bf16_flags()
    if not flags:
        print("  bfloat16: skipped, this processor has no instructions for it (avx512_bf16, amx_bf16, ARM bf16)")
        return
    narrow = copy.deepcopy(model)
    set_tower_precision(narrow, torch.bfloat16)
    label = f"tower in bfloat16 ({', '.join(sorted(flags))})"
    compare_unique(args, model, processor, pairs, bar=BF16_BAR, label=label, ours=narrow)


def compare_unique(
    args: argparse.Namespace,
    model: Any,
    processor: Any,
    pairs: Sequence[Pair],
    *,
    bar: float | None,
    label: str,
    ours: Any = None,
) -> None:
    """Time the naive loop and the engine with every split of the threads, and print the ratios.

    Args:
        args: Options of the command line.
        model: Of the naive loop.
        processor: Of both.
        pairs: What is scored.
        bar: Ratio to reach.
        label: For the table.
        ours: The engine's network; None takes the same.
    """
    print(f"  {label}, {len(pairs)} pairs, {args.threads} threads on as many processors on both sides")
    ratios: dict[str, float] = {}
    for threads, workers in splits(args.threads):
        with engine_side(args, ours or model, processor, workers=workers) as engine:
            naive = with_threads(naive_side(model, processor), args.threads)
            side = with_threads(engine, threads)
            (slow, fast), difference = time_in_turn([(naive, pairs), (side, pairs)], args.rounds)
        readers = f"{workers} that read in processes" if workers else "reading in threads on the same processors"
        name = f"{threads} for the network, {readers}"
        ratios[name] = slow / fast
        print(
            f"    naive {slow:7.2f} s, engine {fast:7.2f} s  {slow / fast:5.2f} times faster  {name}, largest "
            f"difference {difference:.1e}"
        )
    torch.set_num_threads(args.threads)
    best = max(ratios, key=lambda name: ratios[name])
    verdict = "no bar" if bar is None else met(ratios[best], bar)
    print(f"  best split: {ratios[best]:.2f} times faster ({verdict}) with {best}")


def run_mini(args: argparse.Namespace, folder: Path) -> None:
    """The packaged checkpoint; there is no bar."""
    from evalmuse_hf.mini import find_checkpoint

    checkpoint = find_checkpoint("mini")
    model = FGABlip2ForAlignment.from_pretrained(checkpoint).eval().to(args.device)
    processor = FGABlip2Processor.from_pretrained(checkpoint)
    pictures = draw_pictures(folder, args.pictures or 96, side=args.side or 512)
    print_costs(model, processor, pictures)
    pairs = list(zip(pictures, write_prompts(len(pictures)), strict=True))
    compare_unique(args, model, processor, pairs, bar=None, label="packaged checkpoint, float32")
    compare_shared(args, model, processor, pictures[: args.pictures or 50], bar=None)


def run_gpu(args: argparse.Namespace, folder: Path) -> None:
    """End to end at official sizes on CUDA; says so where there is none."""
    if args.device != "cuda" or not torch.cuda.is_available():
        print("  not run: it needs --device cuda and a CUDA device")
        return
    # The naive loop has float32 weights and autocast; the engine's tower has bfloat16 weights.
    model, processor = build_asked(args, args.size or "official")
    narrow = copy.deepcopy(model)
    set_tower_precision(narrow, torch.bfloat16)
    pictures = draw_pictures(folder, args.pictures or 2048, side=args.side or 1024)
    workers = args.workers or max(1, available_processors() - 1)
    pairs = list(zip(pictures, write_prompts(len(pictures)), strict=True))
    few = pairs[: args.naive_pictures or NAIVE_GPU]
    with engine_side(args, narrow, processor, workers=workers) as ours:
        ours.score(pairs)  # finds its batch size, and reserves the memory for it
        naive = naive_side(model, processor)
        (slow, fast), difference = time_in_turn([(naive, few), (ours, pairs)], args.rounds)
    slow_rate, rate = len(few) / slow, len(pairs) / fast
    flops = tower_flops(model.config)
    peak = matmul_peak()
    batch = torch.randn(64, 3, *[model.config.vision_config.image_size] * 2, device="cuda", dtype=torch.bfloat16)
    alone = len(batch) / statistics.median(timed(lambda: encode(narrow, batch)) for _ in range(args.rounds + 1))
    reading = measure_reading(processor, pictures, workers=workers)
    print(f"  naive loop, {len(few)} pairs        {slow_rate:8.1f} pictures per second")
    print(f"  engine, {len(pairs)} pairs         {rate:8.1f} pictures per second, {workers} reading processes")
    print(f"  faster                       {rate / slow_rate:8.1f} times ({met(rate / slow_rate, GPU_BAR)})")
    print(f"  largest difference of a score, float16 against bfloat16: {difference:.1e}")
    print(f"  the tower takes {flops / 1e12:.3f} TFLOP per picture; bfloat16 matrix peak {peak / 1e12:.0f} TFLOP/s")
    share = rate * flops / peak
    print(f"  share of that peak, end to end  {share:6.1%}  (target {PEAK_TARGET:.0%})")
    print(f"  what bounds it: the tower alone, 64 pictures per pass: {alone:.1f} pictures per second")
    print(f"                  ({alone * flops / peak:.1%} of the peak); reading alone: {reading:.1f}")


def run_compiled(args: argparse.Namespace) -> None:
    """The tower against itself, compiled."""
    compiler = os.environ.get("CXX") or shutil.which("g++") or shutil.which("clang++") or shutil.which("c++")
    if compiler is None:
        print("  not run: torch.compile needs a C++ compiler, and there is none")
        return
    on_cuda = args.device == "cuda"
    size = args.size or ("official" if on_cuda else "small")
    model, processor = build_asked(args, size)
    if on_cuda:
        set_tower_precision(model, torch.bfloat16)
    other = copy.deepcopy(model)
    scorer = FGABlip2Scorer(other, processor, name="compiled", batch_size=args.batch_size)
    scorer.compile_tower()
    number = args.batch_size or (64 if on_cuda else 8)
    side = model.config.vision_config.image_size
    pixels = torch.randn(number, 3, side, side, device=args.device, dtype=next(model.vision_model.parameters()).dtype)
    start = time.perf_counter()
    try:
        compiled = encode(other, pixels)
    except Exception as error:  # whatever the compiler does not like
        print(f"  not run: the compiler gave up ({type(error).__name__})")
        return
    first = time.perf_counter() - start
    difference = (compiled.float() - encode(model, pixels).float()).abs().max().item()
    plain, fast = [], []
    for _ in range(args.rounds):
        plain.append(timed(lambda: encode(model, pixels)))
        fast.append(timed(lambda: encode(other, pixels)))
    slow, quick = statistics.median(plain), statistics.median(fast)
    print(
        f"  tower, {number} pictures per pass: {slow:.3f} s; compiled: {quick:.3f} s, {slow / quick:.2f} times faster"
    )
    print(f"  the first compiled pass took {first:.0f} s; largest difference of an output {difference:.1e}")


def build_asked(args: argparse.Namespace, size: str) -> tuple[FGABlip2ForAlignment, FGABlip2Processor]:
    """Make a network of the sizes that the command line names.

    Args:
        args: Options of the command line.
        size: As of `build`.
    """
    return build(size, layers=args.layers or 10, width=args.width or 640, device=args.device)


def build(size: str, *, layers: int, width: int, device: str) -> tuple[FGABlip2ForAlignment, FGABlip2Processor]:
    """Make a network of random weights on its device.

    Args:
        size: ``"official"``, or ``"small"``: a Q-Former that is tiny beside the tower.
        layers: Of the small tower.
        width: Of the small tower.
        device: Where its weights are drawn.
    """
    torch.manual_seed(0)
    # Drawn so that scores differ from pair to pair.
    config = FGABlip2Config(initializer="width") if size == "official" else small_config(layers=layers, width=width)
    with torch.device(device):
        model = FGABlip2ForAlignment(config).eval()
    side = config.vision_config.image_size
    ids = {word: number for number, word in enumerate(dict.fromkeys((*SPECIAL, *WORDS)))}
    tokenizer = BertTokenizer(vocab=ids, model_max_length=config.qformer_config.max_position_embeddings)
    processor = FGABlip2Processor(BlipImageProcessorPil(size={"height": side, "width": side}), tokenizer)
    return model, processor


def small_config(*, layers: int, width: int) -> FGABlip2Config:
    """A tower that costs 100 times and more of what its Q-Former does.

    Args:
        layers: Of the tower.
        width: Of the tower.
    """
    tower = {"hidden_size": width, "intermediate_size": 4 * width, "num_hidden_layers": layers}
    tower |= {"num_attention_heads": max(1, width // 64), "image_size": 224, "patch_size": 14}
    qformer = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    qformer |= {"vocab_size": 64, "cross_attention_frequency": 1, "max_position_embeddings": 64}
    return FGABlip2Config(
        vision_config=tower,
        qformer_config=qformer,
        num_query_tokens=4,
        mask_head_sizes=(16,),
        initializer="width",
    )


def naive_side(model: Any, processor: Any) -> Side:
    """The loop that the engine is compared with.

    Args:
        model: In float32.
        processor: Prepares one pair at a time.
    """
    device = model.device

    @torch.inference_mode()
    def score(pairs: Sequence[Pair]) -> list[float]:
        results = []
        for picture, prompt in pairs:
            inputs = processor(images=[picture], prompts=[prompt], return_tensors="pt", padding=False).to(device)
            with torch.autocast(device.type, torch.float16, enabled=device.type == "cuda"):
                image = model.encode_images(inputs["pixel_values"])
            output = model(
                input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], image_embeds=image.float()
            )
            results.append((output.overall_score.item(), output.token_scores[0].tolist()))
        return [overall for overall, _ in results]

    return Side("naive", score)


@contextlib.contextmanager
def engine_side(args: argparse.Namespace, model: Any, processor: Any, *, workers: int) -> Iterator[Side]:
    """The engine, with its reading processes at work.

    Args:
        args: Options of the command line.
        model: The network.
        processor: Saved beside it.
        workers: Processes that read pictures; 0 leaves it to threads of the scorer.
    """
    scorer = FGABlip2Scorer(model, processor, name="random", batch_size=args.batch_size, remember=True)
    n_rows = ROWS_PER_SHARD.get(model.device.type, ROWS_PER_BLOCK_ON_CPU)

    def blocks(pairs: Sequence[Pair]) -> Iterator[list[ListRow]]:
        rows = (ListRow(f"row {number}", {}, image, prompt) for number, (image, prompt) in enumerate(pairs))
        while block := list(islice(rows, n_rows)):
            yield block

    with ScoringEngine(scorer, workers=workers, processes=True) as engine:

        def score(pairs: Sequence[Pair]) -> list[float]:
            scorer.encoder.memory.clear()
            rows = [row for block in engine.score_blocks(blocks(pairs)) for row in block]
            if bad := next((row for row in rows if row["status"] != "ok"), None):
                raise SystemExit(f"A pair could not be scored: {bad['message']}")
            return [row["overall_score"] for row in rows]

        yield Side("engine", score)


def with_threads(side: Side, threads: int) -> Side:
    """Let a way use so many threads of torch.

    Args:
        side: The way.
        threads: How many.
    """

    def score(pairs: Sequence[Pair]) -> list[float]:
        torch.set_num_threads(threads)
        return side.score(pairs)

    return Side(side.name, score)


def time_in_turn(work: Sequence[tuple[Side, Sequence[Pair]]], rounds: int) -> tuple[list[float], float]:
    """Median seconds of each piece of work, all of them once a round, and how far their scores are apart.

    Args:
        work: Ways and what they score; the first one is what the others are compared with.
        rounds: How many.

    Returns:
        Seconds in the order of ``work``, and the largest difference of a score that both know.
    """
    for side, pairs in work:
        side.score(pairs[:4])
    seconds: list[list[float]] = [[] for _ in work]
    scores: list[dict[Pair, float]] = [{} for _ in work]
    for _ in range(rounds):
        for place, (side, pairs) in enumerate(work):
            start = time.perf_counter()
            results = side.score(pairs)
            seconds[place].append(time.perf_counter() - start)
            scores[place] = dict(zip(pairs, results, strict=True))
    difference = max(abs(score - others[pair]) for others in scores[1:] for pair, score in scores[0].items())
    return [statistics.median(taken) for taken in seconds], difference


def print_costs(model: Any, processor: Any, pictures: Sequence[str]) -> tuple[float, float]:
    """Say what the parts of a pair cost.

    Args:
        model: The network.
        processor: Saved beside it.
        pictures: Files.

    Returns:
        Seconds of a text pass, and of the tower, for one pair alone.
    """
    prepared, seconds = [], []
    for path in pictures[:16]:
        seconds.append(timed(lambda path=path: prepared.append(processor(images=[path], return_tensors="pt"))))
    pixels = torch.cat([picture["pixel_values"] for picture in prepared]).to(model.device)
    text, tower, batch = measure_passes(model, processor, pixels)
    n_bytes = statistics.mean(Path(path).stat().st_size for path in pictures)
    reading = 1e3 * statistics.median(seconds)
    print(f"  a pair, in ms: read and prepare {reading:.1f} (JPEG of {n_bytes / 1e3:.0f} kB), tower {1e3 * tower:.1f}")
    print(f"  alone and {1e3 * batch:.1f} in batches of {len(pixels)}, one text pass {1e3 * text:.2f}")
    return text, tower


def measure_passes(model: Any, processor: Any, pixels: Tensor) -> tuple[float, float, float]:
    """Median seconds of one text pass (a pair alone), of the tower for one picture, and for one of a batch.

    Args:
        model: The network.
        processor: Saved beside it.
        pixels: Of the batch.
    """
    inputs = processor(prompts=write_prompts(1), return_tensors="pt").to(model.device)
    image = encode(model, pixels[:1])

    def read_prompt() -> Tensor:
        with torch.inference_mode():
            return model(**inputs, image_embeds=image).overall_score

    encode(model, pixels), read_prompt()
    text = statistics.median(timed(read_prompt) for _ in range(51))
    tower = statistics.median(timed(lambda: encode(model, pixels[:1])) for _ in range(9))
    batch = statistics.median(timed(lambda: encode(model, pixels)) for _ in range(3)) / len(pixels)
    return text, tower, batch


def encode(model: Any, pixels: Tensor) -> Tensor:
    """Run the tower.

    Args:
        model: The network.
        pixels: On its device, in its precision.
    """
    with torch.inference_mode():
        return model.encode_images(pixels)


def timed(work: Callable[[], object]) -> float:
    """Seconds by the clock on the wall, the GPU's work included.

    Args:
        work: What to do.
    """
    on_cuda = torch.cuda.is_available()
    if on_cuda:
        torch.cuda.synchronize()
    start = time.perf_counter()
    work()
    if on_cuda:
        torch.cuda.synchronize()
    return time.perf_counter() - start


def measure_reading(processor: Any, pictures: Sequence[str], *, workers: int) -> float:
    """Pictures per second that processes read when nothing else is done.

    Args:
        processor: Says how they are resized.
        pictures: Files.
        workers: Processes.
    """
    with PictureReader(processor.preparation, workers=workers, processes=True, ahead=192) as reader:
        reader.defer(pictures[0], "warm").take()
        waiting = [reader.defer(path, number) for number, path in enumerate(pictures)]
        start = time.perf_counter()
        for picture in waiting:
            picture.take()
        return len(pictures) / (time.perf_counter() - start)


def matmul_peak() -> float:
    """Floating-point operations per second of a large product of matrices in bfloat16, the best of several."""
    left, right = (torch.randn(PEAK_SIDE, PEAK_SIDE, device="cuda", dtype=torch.bfloat16) for _ in range(2))

    def multiply() -> None:
        for _ in range(20):
            torch.mm(left, right)

    multiply()
    return 20 * 2 * PEAK_SIDE**3 / min(timed(multiply) for _ in range(5))


def tower_flops(config: FGABlip2Config) -> float:
    """Floating-point operations of the vision tower for one picture; a product and a sum are two.

    Args:
        config: Sizes.
    """
    tower = config.vision_config
    n_patches = (tower.image_size // tower.patch_size) ** 2
    n, width = n_patches + 1, tower.hidden_size
    weights = 2 * n * width * (4 * width + 2 * tower.intermediate_size)
    attention = 2 * 2 * n * n * width
    return float(tower.num_hidden_layers * (weights + attention) + 2 * n_patches * 3 * tower.patch_size**2 * width)


def splits(threads: int) -> list[tuple[int, int]]:
    """Ways to share threads between the network and reading processes; 0 processes lets the scorer's threads read.

    Args:
        threads: All of them.

    >>> splits(2), splits(8)
    ([(2, 0), (1, 1)], [(8, 0), (7, 1), (6, 2), (4, 4)])
    """
    workers = dict.fromkeys((0, 1, threads // 4, threads // 2))
    return [(threads - number, number) for number in sorted(workers) if number < threads]


def draw_pictures(folder: Path, number: int, *, side: int) -> list[str]:
    """Write JPEG files, all with different content, of the size that generated pictures have.

    Args:
        folder: Where to.
        number: How many.
        side: In pixels.
    """
    rng = np.random.default_rng(0)
    paths = []
    drawn: list[bytes] = []
    for index in range(number):
        if index < DRAWN:
            coarse = Image.fromarray(rng.integers(0, 256, (12, 12, 3), dtype=np.uint8))
            smooth = np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC), dtype=float)
            grain = rng.normal(0, 6, (side, side, 1))
            stream = io.BytesIO()
            picture = Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8))
            picture.save(stream, "JPEG", quality=90)
            drawn.append(stream.getvalue())
        comment = f"picture {index}".encode()
        header = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        content = drawn[index % DRAWN]
        path = folder / f"{index:06d}.jpg"
        path.write_bytes(content[:2] + header + content[2:])
        paths.append(str(path))
    return paths


def write_prompts(number: int) -> list[str]:
    """Different prompts of 6 to 20 words.

    Args:
        number: How many.
    """
    rng = np.random.default_rng(1)
    prompts: dict[str, None] = {}
    while len(prompts) < number:
        prompts[" ".join(rng.choice(WORDS, int(rng.integers(6, 21))))] = None
    return list(prompts)


def keep_to_processors(number: int) -> None:
    """Keep this process, and those that it starts, to so many processors, and torch to as many threads.

    Args:
        number: How many.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:number]))
    torch.set_num_threads(number)


def available_processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def bf16_flags() -> set[str]:
    """Instructions for bfloat16 that the processor says it has; Linux only."""
    facts = Path("/proc/cpuinfo")
    words = facts.read_text("utf-8").split() if facts.is_file() else []
    return BF16_FLAGS & set(words)


def describe_machine(*, on_cuda: bool) -> str:
    """Name what was measured on.

    Args:
        on_cuda: Name the GPU too.
    """
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text("utf-8").splitlines() if facts.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor() or platform.machine()
    words = f"{processor}, {available_processors()} of {os.cpu_count()} processors, torch {torch.__version__}, "
    words += f"{torch.get_num_threads()} threads"
    return f"{words}, {torch.cuda.get_device_name()}" if on_cuda else words


def met(ratio: float, bar: float) -> str:
    """Say whether a bar is met.

    Args:
        ratio: What came out.
        bar: What is asked for.
    """
    return f"bar {bar:g}: {'met' if ratio >= bar else 'NOT met'}"


if __name__ == "__main__":
    raise SystemExit(main())
