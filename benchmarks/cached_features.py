"""Times training with and without kept features of the frozen vision tower, and compares the loss curves.

    python benchmarks/cached_features.py [--runs 3] [--pictures 32] [--epochs 5] [--ratio 20] [--quick] [--json]

The tower is given as many layers as make its forward pass cost 20 times one forward and backward pass of the Q-Former
on this machine. With E epochs and a cost ratio of r, keeping its outputs can make a training at most
E (r + 1) / (r + E) times faster; what is reached stands beside that. Both sides train from the same weights, in the
same order, with the same options, one after the other; the time with a cache includes computing and writing the
features. A third time is that of a further run, which finds them.

Times are those of the processor, of one thread, so that other programs on the machine do not spoil the ratios; that of
the clock on the wall stands beside them.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import datasets
import torch
import transformers
from transformers import BlipImageProcessorPil, PrinterCallback

from evalmuse_hf.data import build_dataset
from evalmuse_hf.data.loading import load_pairs
from evalmuse_hf.mini import write_release
from evalmuse_hf.mini.tokenizer import build_tokenizer
from evalmuse_hf.models.fga_blip2 import FGABlip2Config, FGABlip2ForAlignment, FGABlip2Processor
from evalmuse_hf.training import FGATrainer, FGATrainingArguments, fga_loss
from evalmuse_hf.training.feature_items import feature_items
from evalmuse_hf.training.rated_pairs import training_items

BATCH_SIZE = 16
IMAGE_SIZE = 96
N_TOKENS = 16
PICTURES_PER_PROMPT = 4
ROUNDS = 7
BAR, TOLERANCE = 3.5, 1e-4


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured; times in seconds of the processor, and all figures medians over the runs."""

    pictures: int
    epochs: int
    runs: int
    tower_layers: int
    cost_ratio: float
    limit: float
    without: float
    with_cache: float
    further_run: float
    speedup: float
    wall_speedup: float
    further_speedup: float
    largest_loss_difference: float
    megabytes: float


def main() -> None:
    """Calibrate, train in turn, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--runs", type=int, default=3, help="trainings of each kind; medians are printed (default 3)")
    parser.add_argument("--pictures", type=int, default=32, help="pairs, each with a picture of its own (default 32)")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--ratio", type=float, default=20, help="cost of the tower to aim at (default 20)")
    parser.add_argument("--quick", action="store_true", help="one short run, to see that it works")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.runs, arguments.pictures, arguments.ratio = 1, 16, 4.0
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    datasets.disable_progress_bars()
    figures = measure(arguments.runs, arguments.pictures, arguments.epochs, arguments.ratio)
    print(json.dumps(asdict(figures), indent=2) if arguments.json else describe(figures))


def measure(runs: int, n_pictures: int, epochs: int, ratio: float) -> Figures:
    """Train on drawn pairs with and without a cache, in turn."""
    n_layers = calibrate(ratio)
    cost_ratio = cost(make_model(n_layers))
    times: dict[str, list[float]] = {"without": [], "with_cache": [], "further_run": []}
    walls: dict[str, list[float]] = {kind: [] for kind in times}
    gaps, n_bytes = [], 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pairs = draw(folder, n_pictures)
        for number in range(runs):
            cache = folder / f"cache-{number}"
            curves = []
            for kind in times:
                start = time.perf_counter()
                losses, spent = train(
                    pairs, n_layers, epochs, folder / "out", cache=None if kind == "without" else cache
                )
                walls[kind].append(time.perf_counter() - start)
                times[kind].append(spent)
                curves.append(losses)
            gaps += [abs(one - other) for curve in curves[1:] for one, other in zip(curve, curves[0], strict=True)]
            n_bytes = sum(path.stat().st_size for path in cache.rglob("*.bin"))
    medians = {kind: statistics.median(seconds) for kind, seconds in times.items()}
    return Figures(
        pictures=n_pictures,
        epochs=epochs,
        runs=runs,
        tower_layers=n_layers,
        cost_ratio=cost_ratio,
        limit=epochs * (cost_ratio + 1) / (cost_ratio + epochs),
        **medians,
        speedup=ratio_of(times["without"], times["with_cache"]),
        wall_speedup=ratio_of(walls["without"], walls["with_cache"]),
        further_speedup=ratio_of(times["without"], times["further_run"]),
        largest_loss_difference=max(gaps),
        megabytes=n_bytes / 1e6,
    )


def ratio_of(times: list[float], others: list[float]) -> float:
    """Median of the ratios of each run."""
    return statistics.median(one / other for one, other in zip(times, others, strict=True))


def draw(folder: Path, n_pictures: int) -> datasets.Dataset:
    """Make the data set."""
    n_prompts = -(-n_pictures // PICTURES_PER_PROMPT)
    write_release(
        folder / "raw", train_prompts=n_prompts, test_prompts=1, images_per_prompt=PICTURES_PER_PROMPT, seed=0
    )
    build_dataset(folder / "raw", folder / "built")
    return load_pairs(folder / "built", f"train[:{n_pictures}]")


def make_model(n_layers: int) -> FGABlip2ForAlignment:
    """Make a model with a tower of some depth; the Q-Former has the released model's dropout."""
    tower = {"hidden_size": 512, "intermediate_size": 2048, "num_attention_heads": 8, "num_hidden_layers": n_layers}
    qformer = {"hidden_size": 192, "intermediate_size": 768, "num_attention_heads": 4, "num_hidden_layers": 4}
    config = FGABlip2Config(
        vision_config={**tower, "image_size": IMAGE_SIZE, "patch_size": 12},
        qformer_config={**qformer, "vocab_size": len(build_tokenizer())},
        num_query_tokens=16,
        initializer="width",
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return FGABlip2ForAlignment(config)


def calibrate(ratio: float) -> int:
    """Find the depth at which the tower costs ``ratio`` times the Q-Former."""
    shallow, deep = 2, 6
    low, high = cost(make_model(shallow)), cost(make_model(deep))
    return max(1, round(shallow + (ratio - low) * (deep - shallow) / (high - low)))


def cost(model: FGABlip2ForAlignment) -> float:
    """Time a forward pass of the tower against a forward and backward pass of the Q-Former: median of ratios."""
    generator = torch.Generator().manual_seed(0)
    pictures = torch.randn(BATCH_SIZE, 3, IMAGE_SIZE, IMAGE_SIZE, generator=generator)
    ids = torch.randint(5, 200, (BATCH_SIZE, N_TOKENS), generator=generator)
    targets = {"token_target": torch.zeros(ids.shape), "token_mask": torch.ones(ids.shape)}
    model.vision_model.requires_grad_(False)
    with torch.no_grad():
        features = model.encode_images(pictures)

    def tower() -> None:
        with torch.no_grad():
            model.encode_images(pictures)

    def qformer() -> None:
        model.zero_grad()
        output = model(input_ids=ids, image_embeds=features, output_mask_probs=True)
        overall = output.overall_score
        fga_loss(
            overall, output.token_scores, output.mask_probs, overall_target=torch.ones_like(overall), **targets
        ).total.backward()

    tower(), qformer()
    return statistics.median(seconds(tower) / seconds(qformer) for _ in range(ROUNDS))


def seconds(action: Callable[[], Any]) -> float:
    """Time one call."""
    start = time.process_time()
    action()
    return time.process_time() - start


def train(
    pairs: datasets.Dataset, n_layers: int, epochs: int, folder: Path, *, cache: Path | None
) -> tuple[list[float], float]:
    """Train, with a cache or without: loss of every step, and the time from the items to the last step."""
    model = make_model(n_layers)
    processor = FGABlip2Processor(
        BlipImageProcessorPil(size={"height": IMAGE_SIZE, "width": IMAGE_SIZE}), build_tokenizer()
    )
    quiet = {"report_to": [], "use_cpu": True, "disable_tqdm": True, "save_strategy": "no", "logging_steps": 1}
    args = FGATrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=BATCH_SIZE,
        num_train_epochs=epochs,
        learning_rate=1e-4,
        n_positions=N_TOKENS,
        **quiet,
    )
    start = time.process_time()
    items: Any = training_items(pairs)
    if cache is not None:
        items = feature_items(
            pairs, model=model, processor=processor, folder=cache, batch_size=BATCH_SIZE, progress=False
        )
    trainer = FGATrainer(model=model, args=args, train_dataset=items, processing_class=processor)
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    elapsed = time.process_time() - start
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry], elapsed


def describe(figures: Figures) -> str:
    """Lay the figures out for reading, each with its bar."""
    met = "met" if figures.speedup >= BAR else "missed"
    same = "met" if figures.largest_loss_difference <= TOLERANCE else "missed"
    return "\n".join(
        [
            f"{figures.pictures} pictures, {figures.epochs} epochs, batches of {BATCH_SIZE}, one thread, "
            f"medians of {figures.runs} runs in turn",
            f"cost of the tower ({figures.tower_layers} layers), in passes of the Q-Former  {figures.cost_ratio:8.1f}",
            f"without cache                                                {figures.without:8.2f} s",
            f"with cache, which is empty at first                          {figures.with_cache:8.2f} s",
            f"with cache, further run                                      {figures.further_run:8.2f} s",
            f"faster                                                       {figures.speedup:8.2f} x   "
            f"(limit {figures.limit:.2f}; bar {BAR}: {met})",
            f"faster by the clock on the wall                              {figures.wall_speedup:8.2f} x",
            f"further run faster                                           {figures.further_speedup:8.2f} x   "
            f"(limit {figures.cost_ratio + 1:.1f})",
            f"largest difference of the loss curves                        {figures.largest_loss_difference:8.1e}     "
            f"(bar {TOLERANCE:.0e}: {same})",
            f"features on disk                                             {figures.megabytes:8.1f} MB",
        ]
    )


if __name__ == "__main__":
    main()
