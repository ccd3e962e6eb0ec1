"""What reading a picture once saves: ``python benchmarks/shared_prefix.py [speed | memory]``.

Speed: 20 questions about a picture of 289 tokens (17 x 17), asked of a 12-layer LLaVA of random weights on the CPU:
with the picture read once, against full prompts with the picture encoded again, as many questions per forward pass.
Memory: the largest size of a process, model included, that asks 2 questions and of one that asks 20. Seconds are
medians of processor time; see ``--help`` for the sizes.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration

from evalmuse_hf.models.vqa import SharedPrefix

IMAGE_TOKEN = 31_999
GRID = 17
IMAGE_TOKENS = GRID**2  # 289
PATCH = 14
BEFORE, AFTER = [1, 5, 6, 7, 8], [9, 10]  # of the conversation, around the picture
QUESTION_TOKENS = (8, 24)  # shortest and longest
SPEED_BAR, MEMORY_BAR = 5.0, 1.3
FEW, MANY = 2, 20
BATCH = 8  # questions per forward pass, on both sides


def main() -> None:
    """Measure, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("part", nargs="?", choices=("speed", "memory"), help="default: both")
    parser.add_argument("--questions", type=int, default=MANY, help=f"about the picture (default: {MANY})")
    parser.add_argument("--layers", type=int, default=12, help="of the language model (default: 12)")
    parser.add_argument("--width", type=int, default=512, help="of the language model (default: 512)")
    parser.add_argument("--rounds", type=int, default=5, help="of which the median is taken (default: 5)")
    parser.add_argument("--ask-once", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ask_once:
        ask_once(arguments.questions, layers=arguments.layers, width=arguments.width)
        return
    if arguments.part in (None, "speed"):
        print_speed(arguments.questions, layers=arguments.layers, width=arguments.width, rounds=arguments.rounds)
    if arguments.part in (None, "memory"):
        print_memory(layers=arguments.layers, width=arguments.width)


def build(*, layers: int, width: int) -> tuple[LlavaForConditionalGeneration, dict[str, Tensor]]:
    """Make a model of random weights and a conversation with a picture.

    Args:
        layers: Of the language model; the vision tower has as many.
        width: Of the language model; the vision tower is half as wide.
    """
    torch.manual_seed(0)
    heads = width // 64
    vision = CLIPVisionConfig(
        hidden_size=width // 2,
        intermediate_size=2 * width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        image_size=GRID * PATCH,
        patch_size=PATCH,
    )
    text = LlamaConfig(
        vocab_size=32_000,
        hidden_size=width,
        intermediate_size=3 * width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=heads,
    )
    model = LlavaForConditionalGeneration(
        LlavaConfig(vision_config=vision, text_config=text, image_token_index=IMAGE_TOKEN)
    ).eval()
    ids = torch.tensor([[*BEFORE, *[IMAGE_TOKEN] * IMAGE_TOKENS, *AFTER]])
    return model, {"input_ids": ids, "pixel_values": torch.randn(1, 3, GRID * PATCH, GRID * PATCH)}


def draw_questions(number: int) -> list[list[int]]:
    """Draw token ids.

    Args:
        number: Of questions.
    """
    generator = torch.Generator().manual_seed(1)
    low, high = QUESTION_TOKENS
    lengths = torch.randint(low, high + 1, (number,), generator=generator).tolist()
    return [torch.randint(20, 30_000, (length,), generator=generator).tolist() for length in lengths]


def ask_plainly(model: LlavaForConditionalGeneration, prefix: dict[str, Tensor], questions: list[list[int]]) -> Tensor:
    """Ask with full prompts, padded on the left, one picture per prompt."""
    batches = [questions[first : first + BATCH] for first in range(0, len(questions), BATCH)]
    return torch.cat([_one_pass(model, prefix, batch) for batch in batches])


@torch.inference_mode()
def _one_pass(model: LlavaForConditionalGeneration, prefix: dict[str, Tensor], questions: list[list[int]]) -> Tensor:
    beginning = prefix["input_ids"][0].tolist()
    lengths = [len(beginning) + len(question) for question in questions]
    padding = [max(lengths) - length for length in lengths]
    rows = zip(padding, questions, strict=True)
    ids = torch.tensor([[0] * padded + beginning + question for padded, question in rows])
    rows_of_mask = zip(padding, lengths, strict=True)
    mask = torch.tensor([[0] * padded + [1] * length for padded, length in rows_of_mask])
    pixels = prefix["pixel_values"].expand(len(questions), -1, -1, -1)
    logits: Tensor = model(input_ids=ids, attention_mask=mask, pixel_values=pixels, logits_to_keep=1).logits[:, -1]
    return logits


def print_speed(number: int, *, layers: int, width: int, rounds: int) -> None:
    """Print how many times faster the questions are answered, and how far the answers are apart."""
    model, prefix = build(layers=layers, width=width)
    questions = draw_questions(number)

    def together() -> Tensor:
        return SharedPrefix(model, prefix).ask(questions, batch_size=BATCH)

    def plainly() -> Tensor:
        return ask_plainly(model, prefix, questions)

    apart = (together() - plainly()).abs().max().item()
    seconds: dict[str, list[float]] = {"together": [], "plainly": []}
    for _ in range(rounds):
        for name, way in (("plainly", plainly), ("together", together)):
            seconds[name].append(timed(way))
    plain, shared = (statistics.median(seconds[name]) for name in ("plainly", "together"))
    ratio = plain / shared
    print(
        f"{number} questions of {QUESTION_TOKENS[0]} to {QUESTION_TOKENS[1]} tokens, picture of {IMAGE_TOKENS} tokens,"
    )
    print(f"{layers} layers, {BATCH} questions per pass, medians of {rounds} rounds in turn")
    print(f"full prompts, picture encoded again  {plain:8.2f} s")
    print(f"picture read once                    {shared:8.2f} s")
    print(f"faster                               {ratio:8.2f} x   (bar {SPEED_BAR}: {met(ratio >= SPEED_BAR)})")
    print(f"largest difference of the logits     {apart:8.1e}")


def print_memory(*, layers: int, width: int) -> None:
    """Print the largest size of processes that ask few and many questions."""
    sizes = {}
    for number in (FEW, MANY):
        command = [sys.executable, __file__, "--ask-once", "--questions", str(number)]
        command += ["--layers", str(layers), "--width", str(width)]
        sizes[number] = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        print(f"{number:2d} questions: largest size of the process {sizes[number] / 1024:.0f} MiB")
    ratio = sizes[MANY] / sizes[FEW]
    print(f"ratio {ratio:.2f} (bar {MEMORY_BAR}: {met(ratio <= MEMORY_BAR)})")


def ask_once(number: int, *, layers: int, width: int) -> None:
    """Ask, and print the largest size of this process in KiB, from ``/proc``: Linux only."""
    model, prefix = build(layers=layers, width=width)
    SharedPrefix(model, prefix).ask(draw_questions(number), batch_size=BATCH)
    # Not `ru_maxrss`, which starts from the size of the process that started this one.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text("utf-8").splitlines())
    print(status["VmHWM"].split()[0])


def timed(work: Callable[[], Tensor]) -> float:
    """Measure processor time.

    Args:
        work: What to do.
    """
    start = time.process_time()
    work()
    return time.process_time() - start


def met(is_met: bool) -> str:
    """Say whether a bar is met."""
    return "met" if is_met else "NOT met"


if __name__ == "__main__":
    main()
