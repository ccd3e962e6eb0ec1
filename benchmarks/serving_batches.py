"""Prints how many requests per second a served scorer answers, to one client and to several at once.

    python benchmarks/serving_batches.py

`evalmuse space api` runs in a process of its own; clients in this one upload random pictures and ask, first one alone,
then several at the same time. Each round does both; the ratio is the median over the rounds. The batch sizes are those
that the app counted itself, and the answers are compared with those of the same scorer without a server.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from gradio_client import Client, handle_file
from PIL import Image

from evalmuse_hf import load_scorer

PROMPTS = ("a red circle", "two blue squares on the grass", "a striped cat left of a yellow car", "an apple")


def draw_pictures(folder: Path, number: int) -> list[Path]:
    """Pictures at random; the scores mean nothing, and cost what others cost."""
    rng = np.random.default_rng(0)
    paths = [folder / f"{index}.png" for index in range(number)]
    for path in paths:
        Image.fromarray(rng.integers(0, 256, (256, 256, 3), dtype=np.uint8)).save(path)
    return paths


def ask(clients: Sequence[Client], pictures: Sequence[Path]) -> tuple[float, list[dict[str, Any]]]:
    """Ask about every picture, each client in a thread of its own; give the seconds and the answers.

    Args:
        clients: As many as are to ask at the same time.
        pictures: Are dealt out to the clients.
    """

    def use(number: int) -> list[tuple[int, dict[str, Any]]]:
        mine = range(number, len(pictures), len(clients))
        return [
            (
                index,
                clients[number].predict(
                    handle_file(pictures[index]), PROMPTS[index % len(PROMPTS)], None, api_name="/score"
                ),
            )
            for index in mine
        ]

    start = time.perf_counter()
    with ThreadPoolExecutor(len(clients)) as threads:
        answers = dict(pair for part in threads.map(use, range(len(clients))) for pair in part)
    return time.perf_counter() - start, [answers[index] for index in range(len(pictures))]


def count_batches(client: Client) -> dict[int, int]:
    """Batches of each size since the start of the app."""
    return {int(size): count for size, count in client.predict(api_name="/about")["batch_sizes"].items()}


def measure(address: str, args: argparse.Namespace, pictures: Sequence[Path]) -> None:
    """Run the rounds and print what they gave.

    Args:
        address: Of the app.
        args: Options of the command line.
        pictures: To ask about.
    """
    options: dict[str, Any] = {"analytics_enabled": False, "verbose": False, "httpx_kwargs": {"timeout": 60}}
    clients = [Client(address, **options) for _ in range(args.clients)]
    ask(clients, pictures[: 2 * args.clients])  # the first requests pay for what is loaded late
    alone, together = [], []
    batches: dict[int, int] = {}
    for _ in range(args.rounds):
        alone.append(ask(clients[:1], pictures)[0])
        before = count_batches(clients[0])
        seconds, answers = ask(clients, pictures)
        together.append(seconds)
        for size, count in count_batches(clients[0]).items():
            batches[size] = batches.get(size, 0) + count - before.get(size, 0)
    scorer = load_scorer(args.scorer, model=args.model, device="cpu")
    prompts = [PROMPTS[index % len(PROMPTS)] for index in range(len(pictures))]
    expected = scorer.score(images=pictures, prompts=prompts)
    difference = max(
        abs(answer["overall_score"] - score.overall) for answer, score in zip(answers, expected, strict=True)
    )
    ratio = statistics.median(one / many for one, many in zip(alone, together, strict=True))
    print(f"requests per second, medians of {args.rounds} rounds of {len(pictures)} requests")
    print(f"  one client           {len(pictures) / statistics.median(alone):6.1f}")
    print(f"  {args.clients:2d} clients           {len(pictures) / statistics.median(together):6.1f}")
    print(f"  ratio                {ratio:6.2f}")
    print(
        f"batches by size        {', '.join(f'{count} of {size}' for size, count in sorted(batches.items()) if count)}"
    )
    print(f"largest difference from the scores without a server  {difference:.1e}")


def main(words: list[str] | None = None) -> int:
    """Start the app, measure, and end it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scorer", default="fga_blip2")
    parser.add_argument("--model", default="mini")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--requests", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--max-batch-size", type=int, default=16)
    args = parser.parse_args(words)
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        port = attempt.getsockname()[1]
    options = ["--scorer", args.scorer, "--model", args.model, "--max-batch-size", str(args.max_batch_size)]
    command = [
        sys.executable,
        "-m",
        "evalmuse_hf.cli",
        "space",
        "api",
        "--device",
        "cpu",
        "--port",
        str(port),
        *options,
    ]
    # Else every client asks the Hub for a list that is not needed here, and sends usage data.
    os.environ |= {"HF_HUB_OFFLINE": "1", "GRADIO_ANALYTICS_ENABLED": "False"}
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server,
    ):
        try:
            assert server.stdout is not None
            measure(server.stdout.readline().strip(), args, draw_pictures(Path(folder), args.requests))
        finally:
            server.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
