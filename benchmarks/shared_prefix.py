"""What reading a picture once saves: ``python benchmarks/shared_prefix.py [speed | memory]``.

Speed: 20 questions about a picture of 300 tokens, asked of a 12-layer LLaVA-NeXT of random weights on the CPU: with
the picture read once, against full prompts with the picture encoded again, as many questions per forward pass.
``--size 7b --device cuda --dtype bfloat16`` asks a model of the shape of LLaVA-1.6-Mistral-7B, ``--size 2b`` one with
the language model of Qwen2-VL-2B; they are made on the device, where a 7B takes 15 GB in half precision. Memory: the
largest size of a process, model included, that asks 2 questions and of one that asks 20. Seconds are medians, of
processor time on the CPU; see ``--help`` for the sizes.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import LlavaNextConfig, LlavaNextForConditionalGeneration

from evalmuse_hf.models.vqa import SharedPrefix

IMAGE_TOKEN = 31_999
GRID, PATCH = 12, 14
SIDE = GRID * PATCH
IMAGE_TOKENS = 2 * GRID**2 + GRID  # 300: the whole picture, one tile, and the end of each of the tile's lines
BEFORE, AFTER = [1, 5, 6, 7, 8], [9, 10]  # of the conversation, around the picture
QUESTION_TOKENS = (8, 24)  # shortest and longest
SPEED_BAR, GPU_SPEED_BAR, MEMORY_BAR = 5.0, 6.0, 1.3
FEW, MANY = 2, 20
BATCH = 8  # questions per forward pass, on both sides
CLIP_L = {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16}
SIZES: dict[str, dict[str, int]] = {
    "2b": {
        **{"hidden_size": 1536, "intermediate_size": 8960, "num_hidden_layers": 28, "num_attention_heads": 12},
        **{"num_key_value_heads": 2, "vocab_size": 151_936},
    },
    "7b": {
        **{"hidden_size": 4096, "intermediate_size": 14_336, "num_hidden_layers": 32, "num_attention_heads": 32},
        **{"num_key_value_heads": 8, "vocab_size": 32_064},
    },
}
"""Language models: that of Qwen2-VL-2B, and Mistral-7B as in LLaVA-1.6."""


def main() -> None:
    """Measure, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("part", nargs="?", choices=("speed", "memory"), help="default: both, on a GPU speed alone")
    parser.add_argument("--questions", type=int, default=MANY, help=f"about the picture (default: {MANY})")
    parser.add_argument("--layers", type=int, default=12, help="of the language model (default: 12)")
    parser.add_argument("--width", type=int, default=512, help="of the language model (default: 512)")
    parser.add_argument("--size", choices=sorted(SIZES), help="in place of --layers and --width: a known shape")
    parser.add_argument("--rounds", type=int, default=5, help="of which the median is taken (default: 5)")
    parser.add_argument("--device", default="cpu", help="where the model is made and runs (default: cpu)")
    parser.add_argument("--dtype", choices=("float32", "bfloat16", "float16"), default="float32")
    parser.add_argument("--ask-once", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    on_cpu = arguments.device == "cpu"
    if arguments.part == "memory" and not on_cpu:
        parser.error("memory is that of a process on the CPU; leave --device out.")
    shape = {"layers": arguments.layers, "width": arguments.width, "size": arguments.size}
    shape |= {"device": arguments.device, "dtype": arguments.dtype}
    if arguments.ask_once:
        ask_once(arguments.questions, **shape)
        return
    if arguments.part in (None, "speed"):
        print_speed(arguments.questions, rounds=arguments.rounds, **shape)
    if arguments.part == "memory" or (arguments.part is None and on_cpu):
        print_memory(**shape)


def build(
    *, layers: int, width: int, size: str | None = None, device: str = "cpu", dtype: str = "float32"
) -> tuple[LlavaNextForConditionalGeneration, dict[str, Tensor]]:
    """Make a model of random weights and a conversation with a picture, on the device from the start.

    Args:
        layers: Of the language model; the vision tower has as many.
        width: Of the language model; the vision tower is half as wide.
        size: Key of `SIZES` in place of the two above; the tower is CLIP's ViT-L then.
        device: Where to make it.
        dtype: Of the weights.
    """
    heads = width // 64
    tower: dict[str, int] = {"hidden_size": width // 2, "intermediate_size": 2 * width, "num_hidden_layers": layers}
    text = {"hidden_size": width, "intermediate_size": 3 * width, "num_hidden_layers": layers, "vocab_size": 32_000}
    config = LlavaNextConfig(
        vision_config={
            **{"model_type": "clip_vision_model", "image_size": SIDE, "patch_size": PATCH},
            **(CLIP_L if size else {**tower, "num_attention_heads": heads}),
        },
        text_config={
            "model_type": "llama",
            **(SIZES[size] if size else {**text, "num_attention_heads": heads, "num_key_value_heads": heads}),
        },
        image_token_index=IMAGE_TOKEN,
        image_grid_pinpoints=[[SIDE, SIDE]],
    )
    torch.manual_seed(0)
    before = torch.get_default_dtype()
    torch.set_default_dtype(getattr(torch, dtype))
    try:
        with torch.device(device):
            model = LlavaNextForConditionalGeneration(config).eval()
            pixels = torch.randn(1, 2, 3, SIDE, SIDE)
    finally:
        torch.set_default_dtype(before)
    ids = torch.tensor([[*BEFORE, *[IMAGE_TOKEN] * IMAGE_TOKENS, *AFTER]], device=device)
    return model, {
        "input_ids": ids,
        "pixel_values": pixels,
        "image_sizes": torch.tensor([[SIDE, SIDE]], device=device),
    }


def draw_questions(number: int) -> list[list[int]]:
    """Draw token ids.

    Args:
        number: Of questions.
    """
    generator = torch.Generator().manual_seed(1)
    low, high = QUESTION_TOKENS
    lengths = torch.randint(low, high + 1, (number,), generator=generator).tolist()
    return [torch.randint(20, 30_000, (length,), generator=generator).tolist() for length in lengths]


def ask_plainly(
    model: LlavaNextForConditionalGeneration, prefix: dict[str, Tensor], questions: list[list[int]]
) -> Tensor:
    """Ask with full prompts, padded on the left, one picture per prompt."""
    batches = [questions[first : first + BATCH] for first in range(0, len(questions), BATCH)]
    return torch.cat([_one_pass(model, prefix, batch) for batch in batches])


@torch.inference_mode()
def _one_pass(
    model: LlavaNextForConditionalGeneration, prefix: dict[str, Tensor], questions: list[list[int]]
) -> Tensor:
    beginning = prefix["input_ids"][0].tolist()
    lengths = [len(beginning) + len(question) for question in questions]
    padding = [max(lengths) - length for length in lengths]
    rows = zip(padding, questions, strict=True)
    device = prefix["input_ids"].device
    ids = torch.tensor([[0] * padded + beginning + question for padded, question in rows], device=device)
    rows_of_mask = zip(padding, lengths, strict=True)
    mask = torch.tensor([[0] * padded + [1] * length for padded, length in rows_of_mask], device=device)
    pictures = {
        name: prefix[name].expand(len(questions), *prefix[name].shape[1:]) for name in ("pixel_values", "image_sizes")
    }
    logits: Tensor = model(input_ids=ids, attention_mask=mask, **pictures, logits_to_keep=1).logits[:, -1]
    return logits.float().cpu()


def print_speed(number: int, *, rounds: int, **shape: Any) -> None:
    """Print how many times faster the questions are answered, and how far the answers are apart.

    Args:
        number: Of questions.
        rounds: Of which the median is taken.
        **shape: See `build`.
    """
    model, prefix = build(**shape)
    questions = draw_questions(number)
    device = prefix["input_ids"].device.type

    def together() -> Tensor:
        return SharedPrefix(model, prefix).ask(questions, batch_size=BATCH)

    def plainly() -> Tensor:
        return ask_plainly(model, prefix, questions)

    first, second = together(), plainly()
    apart = (first - second).abs().max().item()
    seconds: dict[str, list[float]] = {"together": [], "plainly": []}
    for _ in range(rounds):
        for name, way in (("plainly", plainly), ("together", together)):
            seconds[name].append(timed(way, device))
    plain, shared = (statistics.median(seconds[name]) for name in ("plainly", "together"))
    bar = SPEED_BAR if device == "cpu" else GPU_SPEED_BAR
    config = model.config.text_config
    parameters = sum(parameter.numel() for parameter in model.parameters())
    where = f"{torch.get_num_threads()} threads" if device == "cpu" else torch.cuda.get_device_name()
    print(
        f"{number} questions of {QUESTION_TOKENS[0]} to {QUESTION_TOKENS[1]} tokens, picture of {IMAGE_TOKENS} tokens,"
    )
    print(
        f"{config.num_hidden_layers} layers, {parameters / 1e6:.0f} M parameters, {model.dtype}, {where}, {BATCH} "
        f"questions per pass, medians of {rounds} rounds in turn"
    )
    print(f"full prompts, picture encoded again  {plain:8.3f} s")
    print(f"picture read once                    {shared:8.3f} s   ({number / shared:.1f} questions per second)")
    print(f"faster                               {plain / shared:8.2f} x   (bar {bar}: {met(plain / shared >= bar)})")
    print(f"largest difference of the logits     {apart:8.1e}")


def print_memory(**shape: Any) -> None:
    """Print the largest size of processes that ask few and many questions.

    Args:
        **shape: See `build`.
    """
    options = [word for name, value in shape.items() if value is not None for word in (f"--{name}", str(value))]
    sizes = {}
    for number in (FEW, MANY):
        command = [sys.executable, __file__, "--ask-once", "--questions", str(number), *options]
        sizes[number] = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        print(f"{number:2d} questions: largest size of the process {sizes[number] / 1024:.0f} MiB")
    ratio = sizes[MANY] / sizes[FEW]
    print(f"ratio {ratio:.2f} (bar {MEMORY_BAR}: {met(ratio <= MEMORY_BAR)})")


def ask_once(number: int, **shape: Any) -> None:
    """Ask, and print the largest size of this process in KiB, from ``/proc``: Linux only.

    Args:
        number: Of questions.
        **shape: See `build`.
    """
    model, prefix = build(**shape)
    SharedPrefix(model, prefix).ask(draw_questions(number), batch_size=BATCH)
    # Not `ru_maxrss`, which starts from the size of the process that started this one.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text("utf-8").splitlines())
    print(status["VmHWM"].split()[0])


def timed(work: Callable[[], Tensor], device: str = "cpu") -> float:
    """Measure processor time, or on a GPU the time until it is done.

    Args:
        work: What to do; its result is on the CPU, so that nothing is left to do on a GPU.
        device: Where it is done.
    """
    clock = time.process_time if device == "cpu" else time.perf_counter
    start = clock()
    work()
    return clock() - start


def met(is_met: bool) -> str:
    """Say whether a bar is met."""
    return "met" if is_met else "NOT met"


if __name__ == "__main__":
    main()
