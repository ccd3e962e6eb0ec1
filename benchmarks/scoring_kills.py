"""Whether a run survives ``kill -9``: ``python benchmarks/scoring_kills.py [--kills 20] [--seed 0]``.

A run over a list is killed at a random moment, then the same call is made again and goes to its end with another
number of processes: every second trial starts with one process and ends with two (gloo), the others the other way
round; of two, both are killed at once, as torchrun does when one of them dies. The merged rows must be those of a run
that nobody disturbed: every row once, in its order, scores within 1e-6, and to the last bit in the trials with
`deterministic` (every other pair of trials). Processes are forks of this one, which has imported everything and made
the network, so that a kill hits the scoring and not the start of Python. Linux and macOS.
"""

import argparse
import contextlib
import importlib
import json
import mmap
import os
import platform
import signal
import socket
import struct
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import BertTokenizer, BlipImageProcessorPil

from evalmuse_hf.models.fga_blip2 import FGABlip2Config, FGABlip2ForAlignment, FGABlip2Processor
from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer
from evalmuse_hf.models.scorer import PairScore
from evalmuse_hf.scoring.run import RunOptions, parts_folder, score_source
from evalmuse_hf.scoring.run_folder import RunFolder
from evalmuse_hf.scoring.scores import read_scores
from evalmuse_hf.scoring.sources import open_source
from evalmuse_hf.scoring.team import Team

CLOSE = 1e-6
N_PICTURES = 12
WORDS = ("a", "red", "blue", "small", "cat", "dog", "sofa", "lamp", "on", "under", "behind", "two", "with", "street")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
MOST_PROCESSES = 2
LATE_IMPORTS = ("accelerate", "filelock", "pyarrow.parquet", "tqdm")  # by functions of the engine
COUNTER = struct.Struct("<Q")


class CountingScorer(FGABlip2Scorer):
    """Counts the rows that it is given where other processes see it, also after it was killed."""

    counters: Any = None
    place = 0

    def score(self, **inputs: Any) -> list[PairScore]:
        """Count, then score."""
        (count,) = COUNTER.unpack_from(self.counters, self.place)
        COUNTER.pack_into(self.counters, self.place, count + len(inputs["prompts"]))
        return super().score(**inputs)


@dataclass(frozen=True)
class Setting:
    """What all runs of a trial share.

    Attributes:
        scorer: Made before the processes are.
        list: What is scored.
        shard_rows: Rows per shard.
        workers: Reading processes of each process.
        deterministic: As in `RunOptions`.
    """

    scorer: CountingScorer
    list: Path
    shard_rows: int
    workers: int
    deterministic: bool


def main(words: list[str] | None = None) -> int:
    """Kill, go on, and compare; the exit status is 1 if a trial fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20, help="trials (default: 20)")
    parser.add_argument("--pairs", type=int, default=800, help="in the list (default: 800)")
    parser.add_argument("--shard-rows", type=int, default=32, help="(default: 32)")
    parser.add_argument("--workers", type=int, default=0, help="reading processes of each process (default: 0)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (default: 0)")
    args = parser.parse_args(words)
    # A fork does not inherit threads of torch's pool; with one thread there is no pool.
    torch.set_num_threads(1)
    for module in LATE_IMPORTS:
        importlib.import_module(module)
    print(describe_machine())
    rng = np.random.default_rng(args.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_list(folder, args.pairs)
        scorer = make_scorer()
        settings = [
            Setting(scorer, folder / "pairs.jsonl", args.shard_rows, args.workers, deterministic)
            for deterministic in (False, True)
        ]
        expected, seconds = run_undisturbed(settings, folder)
        print(
            f"{args.pairs} pairs, {args.shard_rows} rows per shard; undisturbed {seconds[1]:.1f} s in one process and "
            f"{seconds[2]:.1f} s in two"
        )
        trials = []
        for number in range(args.kills):
            mode = number // 2 % 2
            sizes = (1, 2) if number % 2 == 0 else (2, 1)
            out, moment = folder / f"killed-{number}.parquet", float(rng.uniform(0, seconds[sizes[0]]))
            trials.append(try_once(settings[mode], out, expected[mode], sizes=sizes, moment=moment))
            print(f"{number + 1:3d}  {describe(trials[-1], sizes, args.pairs)}", flush=True)
    good = sum(trial["same"] for trial in trials)
    most = max((trial["again"] for trial in trials), default=0)
    midway = sum(0 < trial["journaled"] < args.pairs for trial in trials)
    print(f"{good} of {len(trials)} runs ended with the rows of the undisturbed one; {midway} were killed midway")
    bound = MOST_PROCESSES * args.shard_rows
    print(f"rows scored again: at most {most} (a shard of each process that was killed: {bound})")
    return 0 if good == len(trials) and most <= bound else 1


def run_undisturbed(
    settings: Sequence[Setting], folder: Path
) -> tuple[list[Sequence[Mapping[str, Any]]], dict[int, float]]:
    """Score without a disturbance, in every way and with every number of processes.

    Args:
        settings: Ways to score.
        folder: Where the scores go.

    Returns:
        The rows of each way in one process, and the shortest time that so many processes took.
    """
    rows, seconds = [], {}
    for size in range(1, MOST_PROCESSES + 1):
        for setting in settings:
            out = folder / f"undisturbed-{size}-{setting.deterministic}.parquet"
            start = time.monotonic()
            end_all(start_all(setting, out, size=size))
            seconds[size] = min(seconds.get(size, float("inf")), time.monotonic() - start)
            if size == 1:
                rows.append(read_scores(out).rows)
    return rows, seconds


def try_once(
    setting: Setting, out: Path, expected: Sequence[Mapping[str, Any]], *, sizes: tuple[int, int], moment: float
) -> dict[str, Any]:
    """Kill a run, let it go on, and compare.

    Args:
        setting: What is scored, and how.
        out: Where the scores go.
        expected: Rows of an undisturbed run.
        sizes: Processes before the kill and after it.
        moment: Of the kill, in seconds from the start.
    """
    start = time.monotonic()
    processes, counters = start_all(setting, out, size=sizes[0])
    time.sleep(max(0.0, start + moment - time.monotonic()))
    for process in processes:
        with contextlib.suppress(ProcessLookupError):  # it may have come to its end
            os.kill(process, signal.SIGKILL)
    for process in processes:
        os.waitpid(process, 0)
    journaled = finished_rows(out, len(expected))
    begun = sum(read_counters(counters))
    if not out.exists():  # else the run had ended before the kill
        later = start_all(setting, out, size=sizes[1])
        end_all(later)
        begun += sum(read_counters(later[1]))
    rows = read_scores(out).rows
    same_rows = [row["id"] for row in rows] == [row["id"] for row in expected]
    difference = max(map(row_difference, rows, expected)) if same_rows else float("inf")
    return {
        "moment": moment,
        "journaled": journaled,
        "again": begun - len(expected),
        "difference": difference,
        "deterministic": setting.deterministic,
        "same": same_rows and difference <= (0 if setting.deterministic else CLOSE),
    }


def row_difference(row: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """Largest difference of two rows' scores; infinite if one of them has none, or another status.

    Args:
        row: A row.
        other: The row that it should be.
    """
    if row["status"] != other["status"] or len(row["elements"]) != len(other["elements"]):
        return float("inf")
    values = [row["overall_score"], *(element["score"] for element in row["elements"])]
    others = [other["overall_score"], *(element["score"] for element in other["elements"])]
    pairs = zip(values, others, strict=True)
    return max(
        abs(one - two) if one is not None and two is not None else (0.0 if one is two else float("inf"))
        for one, two in pairs
    )


def describe(trial: Mapping[str, Any], sizes: tuple[int, int], n_pairs: int) -> str:
    """Put what came of a trial into a line.

    Args:
        trial: Of `try_once`.
        sizes: Processes before the kill and after it.
        n_pairs: In the list.
    """
    mode = ", deterministic" if trial["deterministic"] else ""
    return (
        f"killed {sizes[0]} after {trial['moment']:5.2f} s with {trial['journaled']:5d} of {n_pairs} rows on disk, "
        f"went on with {sizes[1]}{mode}; {trial['again']:3d} rows scored again, largest difference "
        f"{trial['difference']:.1e}: {'the same' if trial['same'] else 'NOT THE SAME'}"
    )


def finished_rows(out: Path, n_pairs: int) -> int:
    """Rows that count as finished on disk.

    Args:
        out: Where the scores go.
        n_pairs: In the list.
    """
    return n_pairs if out.exists() else RunFolder(parts_folder(out)).read_progress().n_rows


def start_all(setting: Setting, out: Path, *, size: int) -> tuple[list[int], mmap.mmap]:
    """Fork the processes of a run.

    Args:
        setting: What they do.
        out: Where the scores go.
        size: How many.

    Returns:
        Their numbers, and what they count in.
    """
    counters = mmap.mmap(-1, COUNTER.size * MOST_PROCESSES)
    variables = {}
    if size > 1:
        variables = {"WORLD_SIZE": str(size), "LOCAL_WORLD_SIZE": str(size), "MASTER_ADDR": "127.0.0.1"}
        variables |= {"MASTER_PORT": str(free_port()), "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    sys.stdout.flush()
    processes = []
    for rank in range(size):
        process = os.fork()
        if process == 0:
            os.environ.update({**variables, "RANK": str(rank), "LOCAL_RANK": str(rank)} if size > 1 else {})
            be_process(setting, out, counters, rank=rank)
        processes.append(process)
    return processes, counters


def be_process(setting: Setting, out: Path, counters: mmap.mmap, *, rank: int) -> None:
    """Score, and end without returning.

    Args:
        setting: What is scored, and how.
        out: Where the scores go.
        counters: What rows are counted in.
        rank: Of this process.
    """
    status = 1
    try:
        setting.scorer.counters, setting.scorer.place = counters, rank * COUNTER.size
        team = Team("cpu")
        options = RunOptions(
            shard_rows=setting.shard_rows, workers=setting.workers, deterministic=setting.deterministic
        )
        score_source(setting.scorer, open_source(setting.list), out, settings={}, team=team, options=options)
        team.close()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)  # the rest belongs to the process that this one is a fork of


def end_all(started: tuple[Sequence[int], mmap.mmap]) -> None:
    """Wait for processes to come to their end.

    Args:
        started: Of `start_all`.

    Raises:
        RuntimeError: If one fails.
    """
    if any([os.waitpid(process, 0)[1] for process in started[0]]):
        raise RuntimeError("A process that nobody killed has failed; its error is above.")


def read_counters(counters: mmap.mmap) -> Iterator[int]:
    """Rows that each process was given.

    Args:
        counters: Of `start_all`.
    """
    return (count for (count,) in COUNTER.iter_unpack(counters[:]))


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        return int(attempt.getsockname()[1])


def make_scorer() -> CountingScorer:
    """A tiny scorer of random weights."""
    torch.manual_seed(0)
    tower = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    tower |= {"image_size": 28, "patch_size": 14}
    qformer = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    qformer |= {"vocab_size": 64, "cross_attention_frequency": 1, "max_position_embeddings": 64}
    sizes: dict[str, Any] = {"num_query_tokens": 2, "mask_head_sizes": (16,), "initializer": "width"}
    model = FGABlip2ForAlignment(FGABlip2Config(vision_config=tower, qformer_config=qformer, **sizes))
    ids = {word: number for number, word in enumerate((*SPECIAL, *WORDS))}
    images = BlipImageProcessorPil(size={"height": 28, "width": 28})
    processor = FGABlip2Processor(images, BertTokenizer(vocab=ids, model_max_length=64))
    return CountingScorer(model, processor, name="fga_blip2:random", remember=True)


def write_list(folder: Path, number: int) -> None:
    """Write pictures and a list; neighbours in the list have different pictures, prompts of different lengths.

    Args:
        folder: Where to.
        number: Of pairs.
    """
    rng = np.random.default_rng(0)
    for index in range(N_PICTURES):
        Image.fromarray(rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(folder / f"{index}.png")
    with (folder / "pairs.jsonl").open("w", encoding="utf-8") as file:
        for index in range(number):
            words = [str(word) for word in rng.choice(WORDS, int(rng.integers(4, 21)))]
            row = {"id": index, "image": f"{index % N_PICTURES}.png", "prompt": " ".join(words), "elements": words[:2]}
            file.write(f"{json.dumps(row)}\n")


def describe_machine() -> str:
    """Name what was measured on."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text("utf-8").splitlines() if facts.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor() or platform.machine()
    return f"{processor}, {os.cpu_count()} processors, torch {torch.__version__}, one thread of torch per process"


if __name__ == "__main__":
    raise SystemExit(main())
