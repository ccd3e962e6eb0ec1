"""What one more prompt about a known picture costs: ``python benchmarks/one_more_prompt.py [--device cuda]``.

The network has the official sizes (1.2 billion parameters, 5 GB in float32) and random weights. Measured are the
vision tower for one picture, and a batch of prompts about a picture whose tower output is at hand: preparing the
prompts, and one pass of the Q-Former over them. The picture's keys and values, which they share, are part of it.
The added cost of a prompt is that of its batch divided by the prompts in it; the cost of the first prompt is taken to
be that of the tower alone, which makes the ratio rather too large.

One round of the official sizes takes about 20 seconds on two cores, so that a run of five stays below six minutes; on
a slower machine fewer rounds are run, at least one, and the output says how many.
"""

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from transformers import BertTokenizer, BlipImageProcessorPil

from evalmuse_hf.models.fga_blip2 import FGABlip2Config, FGABlip2ForAlignment, FGABlip2Processor
from evalmuse_hf.models.fga_blip2.precision_fga_blip2 import set_tower_precision

BAR = 0.02
WORDS = ("a", "red", "blue", "small", "cat", "dog", "sofa", "lamp", "on", "under", "behind", "two", "with", "street")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
OFFICIAL_LAYERS = 39
BOUND = 0.02  # of weights drawn evenly around 0
NORMS = ("layer_norm", "layernorm", "LayerNorm")


def main(words: list[str] | None = None) -> int:
    """Measure, and print both times and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32", help="of the tower")
    parser.add_argument("--layers", type=int, default=OFFICIAL_LAYERS, help="of the tower (default: 39, the official)")
    parser.add_argument("--prompts", type=int, default=64, help="in a batch (default: 64)")
    parser.add_argument("--rounds", type=int, default=5, help="of which the median is taken (default: 5)")
    parser.add_argument("--minutes", type=float, default=5.0, help="that all rounds may take (default: 5)")
    args = parser.parse_args(words)
    if args.device == "cuda" and not torch.cuda.is_available():
        print("not run: there is no CUDA device here")
        return 0
    print(describe_machine(args.device))
    start = time.perf_counter()
    model = build(layers=args.layers, device=args.device)
    set_tower_precision(model, getattr(torch, args.dtype))
    n_parameters = sum(parameter.numel() for parameter in model.parameters())
    print(f"{n_parameters / 1e9:.2f} billion parameters, made in {time.perf_counter() - start:.0f} s", flush=True)
    processor, prompts = make_processor(model), write_prompts(args.prompts)
    side = model.config.vision_config.image_size
    dtype = next(model.vision_model.embeddings.parameters()).dtype
    pixels = torch.randn(1, 3, side, side).to(args.device, dtype)

    @torch.inference_mode()
    def see() -> Tensor:
        return model.encode_images(pixels)

    @torch.inference_mode()
    def read() -> Tensor:
        inputs = processor(prompts=prompts, return_tensors="pt").to(args.device)
        index = torch.zeros(len(prompts), dtype=torch.long, device=args.device)
        return model(**inputs, image_embeds=image, image_index=index).overall_score.cpu()

    begin = time.perf_counter()
    image = see()
    scores = read()
    if not torch.isfinite(scores).all():
        raise SystemExit("The network gave something else than numbers.")
    one_round = time.perf_counter() - begin
    rounds = max(1, min(args.rounds, int(60 * args.minutes / one_round)))
    seconds: dict[str, list[float]] = {"tower": [], "batch": []}
    for _ in range(rounds):
        for name, work in (("tower", see), ("batch", read)):
            seconds[name].append(timed(work, args.device))
    if rounds < args.rounds:
        print(f"a round takes {one_round:.0f} s, so that {rounds} instead of {args.rounds} were run")
    report(seconds, n_prompts=len(prompts), layers=args.layers, dtype=args.dtype)
    return 0


def report(seconds: dict[str, list[float]], *, n_prompts: int, layers: int, dtype: str) -> None:
    """Print the medians and the ratio.

    Args:
        seconds: Of each round, of ``tower`` and ``batch``.
        n_prompts: In a batch.
        layers: Of the tower.
        dtype: Of the tower.
    """
    tower, batch = (statistics.median(seconds[name]) for name in ("tower", "batch"))
    ratio = batch / n_prompts / tower
    verdict = ("met" if ratio <= BAR else "NOT met") if layers == OFFICIAL_LAYERS else "not judged: not the full size"
    print(
        f"tower of {layers} layers in {dtype}, Q-Former in float32, medians of {len(seconds['tower'])} rounds in turn"
    )
    print(f"tower, one picture              {1e3 * tower:10.2f} ms")
    print(f"{n_prompts} prompts about a known picture{1e3 * batch:10.2f} ms, {1e3 * batch / n_prompts:.3f} ms each")
    print(f"one more prompt                 {ratio:10.2%} of the first   (bar {BAR:.0%}: {verdict})")


def build(*, layers: int, device: str) -> FGABlip2ForAlignment:
    """Make a network of official sizes without the official way of drawing weights, which takes minutes.

    Args:
        layers: Of the vision tower.
        device: Where its weights are.
    """
    config = FGABlip2Config(vision_config={"image_size": 364, "num_hidden_layers": layers})
    with torch.device("meta"):
        model = FGABlip2ForAlignment(config)
    buffers = {name: len(buffer[0]) for name, buffer in model.named_buffers() if name.endswith("position_ids")}
    if unknown := {name for name, _ in model.named_buffers()} - set(buffers):
        raise RuntimeError(f"What buffer {unknown.pop()} holds is not known here.")
    model.to_empty(device=device)
    generator = torch.Generator(device).manual_seed(0)
    with torch.no_grad():
        for name, buffer in model.named_buffers():
            buffer.copy_(torch.arange(buffers[name], device=device)[None])
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter.zero_()
            elif any(norm in name for norm in NORMS):
                parameter.fill_(1)
            else:
                parameter.uniform_(-BOUND, BOUND, generator=generator)
    return model.eval()


def make_processor(model: FGABlip2ForAlignment) -> FGABlip2Processor:
    """A processor with a few words.

    Args:
        model: Whose sizes count.
    """
    side = model.config.vision_config.image_size
    ids = {word: number for number, word in enumerate((*SPECIAL, *WORDS))}
    tokenizer = BertTokenizer(vocab=ids, model_max_length=model.config.qformer_config.max_position_embeddings)
    return FGABlip2Processor(BlipImageProcessorPil(size={"height": side, "width": side}), tokenizer)


def write_prompts(number: int) -> list[str]:
    """Prompts of 6 to 20 words.

    Args:
        number: How many.
    """
    rng = np.random.default_rng(1)
    return [" ".join(rng.choice(WORDS, int(rng.integers(6, 21)))) for _ in range(number)]


def timed(work: Callable[[], Tensor], device: str) -> float:
    """Seconds by the clock on the wall, the GPU's work included.

    Args:
        work: What to do.
        device: Where it is done.
    """
    if device == "cuda":
        torch.cuda.synchronize()
    start = time.perf_counter()
    work()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def describe_machine(device: str) -> str:
    """Name what was measured on.

    Args:
        device: ``"cuda"`` names the GPU too.
    """
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text("utf-8").splitlines() if facts.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor() or platform.machine()
    words = f"{processor}, {os.cpu_count()} processors, torch {torch.__version__}, {torch.get_num_threads()} threads"
    return f"{words}, {torch.cuda.get_device_name()}" if device == "cuda" else words


if __name__ == "__main__":
    raise SystemExit(main())
