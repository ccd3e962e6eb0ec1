"""Times the build of the data set, and shows its memory, what a kill costs, and how fast the result loads.

    python benchmarks/dataset_build.py [throughput] [memory] [kill] [load] [--pictures 2000] [--rounds 3]

throughput  whole command against a plain loop that opens, fully decodes and hashes each picture once and writes the
            same bytes with pyarrow and the same writer options, both as fresh processes with equally many workers, on
            different 512-pixel pictures; the rate of a bare copy of the files stands beside it.
memory      largest process of a build of 2,000 and of 20,000 drawn pairs.
kill        kill -9 at ten random moments, each time followed by the same command; the rows must be those of an
            undisturbed build.
load        `load_dataset` in a fresh process with an empty cache.
"""

import argparse
import hashlib
import io
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from evalmuse_hf.data.shards import WRITER_OPTIONS
from evalmuse_hf.mini import write_release

SIDE = 512
PICTURES_PER_PROMPT = 10
KILLS = 10
PARTS = ("throughput", "memory", "kill", "load")
_MIB = 2**20


def main() -> None:
    """Run the parts that were asked for."""
    if sys.argv[1:2] == ["plain-loop"]:
        plain_loop(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} (default: all)")
    parser.add_argument("--pictures", type=int, default=2000, help="512-pixel pictures (default 2000)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each timing; medians are printed (default 3)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {sorted(unknown)[0]!r}; choose from {', '.join(PARTS)}")
    parts = arguments.parts or PARTS
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        if {"throughput", "kill", "load"} & set(parts):
            for kind in ("jpeg", "png") if "throughput" in parts else ("jpeg",):
                write_pictures(scratch / kind, kind, arguments.pictures, seed=arguments.seed)
        if "throughput" in parts:
            for kind in ("jpeg", "png"):
                throughput(scratch / kind, scratch, rounds=arguments.rounds)
        if "kill" in parts:
            kill(scratch / "jpeg", scratch, seed=arguments.seed)
        if "load" in parts:
            load(scratch / "jpeg", scratch, rounds=arguments.rounds)
        if "memory" in parts:
            for pairs in (2000, 20000):
                memory(pairs, scratch, seed=arguments.seed)


def write_pictures(raw: Path, kind: str, number: int, *, seed: int) -> None:
    """Write a raw release of different pictures: soft colour fields with some grain."""
    rng = np.random.default_rng(seed)
    records = []
    for index in range(number):
        prompt = index // PICTURES_PER_PROMPT
        name = f"Model{index % PICTURES_PER_PROMPT}/{prompt:05d}.{kind}"
        field = Image.fromarray(rng.integers(0, 256, (12, 12, 3), dtype=np.uint8)).resize((SIDE, SIDE))
        grain = rng.integers(-6, 7, (SIDE, SIDE, 1), dtype=np.int16)
        picture = Image.fromarray(np.clip(np.asarray(field, dtype=np.int16) + grain, 0, 255).astype(np.uint8))
        buffer = io.BytesIO()
        picture.save(buffer, kind, **({"quality": 92} if kind == "jpeg" else {"compress_level": 3}))
        path = raw / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(buffer.getvalue())
        records.append(
            {
                "prompt_id": f"{prompt:05d}",
                "prompt": f"a red cat number {prompt} on a sofa",
                "type": "real",
                "img_path": name,
                "total_score": [1 + index % 5, 3, 4],
                "element_score": {"red (color)": [1, 0, 1], "cat (animal)": [1, 1, 1], "sofa (object)": [0, 0, 1]},
                "promt_meaningless": [0, 0, 0],
                "split_confidence": [0, 0, 0],
                "attribute_confidence": [1, 1, 1],
                "fidelity_label": ["", "", ""],
            }
        )
    (raw / "train_list.json").write_text(json.dumps(records), encoding="utf-8")


def throughput(raw: Path, scratch: Path, *, rounds: int) -> None:
    """Time the build against the plain loop, in turns."""
    files = sorted((raw / "images").rglob("*.*"))
    size = sum(path.stat().st_size for path in files)
    for workers in sorted({1, os.cpu_count() or 1}):
        times: dict[str, list[float]] = {"plain": [], "build": [], "copy": []}
        for _ in range(rounds):
            out = scratch / "out"
            loop = [sys.executable, __file__, "plain-loop", str(raw), str(out), str(workers)]
            times["plain"].append(_timed(loop, out))
            times["build"].append(_timed(build_command(raw, out, workers), out))
            start = time.perf_counter()
            shutil.copytree(raw / "images", out)
            times["copy"].append(time.perf_counter() - start)
            shutil.rmtree(out)
        medians = {name: statistics.median(values) for name, values in times.items()}
        print(
            f"{raw.name}: {len(files)} pictures, {size / _MIB:.0f} MiB, {workers} process(es): "
            f"plain loop {len(files) / medians['plain']:.0f}/s, build {len(files) / medians['build']:.0f}/s, "
            f"copy {len(files) / medians['copy']:.0f}/s; build at {medians['plain'] / medians['build']:.0%} of the "
            f"plain loop (rounds {', '.join(_ratio(times, index) for index in range(rounds))})",
            flush=True,
        )


def plain_loop(raw: Path, out: Path, workers: int) -> None:
    """What no build can do without: open, decode, hash, write."""
    out.mkdir()
    files = sorted((raw / "images").rglob("*.*"))
    parts = [files[index::workers] for index in range(workers)]
    if workers == 1:
        _write_plainly(parts[0], out / "0.parquet")
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor:
        list(executor.map(_write_plainly, parts, [out / f"{index}.parquet" for index in range(workers)]))


def _write_plainly(files: list[Path], target: Path) -> None:
    schema = pa.schema({"image": pa.struct({"bytes": pa.binary(), "path": pa.string()}), "content_hash": pa.string()})
    with pq.ParquetWriter(target, schema, **{**WRITER_OPTIONS, "use_dictionary": False}) as writer:
        for first in range(0, len(files), 100):
            rows = []
            for path in files[first : first + 100]:
                content = path.read_bytes()
                Image.open(io.BytesIO(content)).load()
                digest = hashlib.sha256(content).hexdigest()
                rows.append({"image": {"bytes": content, "path": path.name}, "content_hash": digest})
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def memory(pairs: int, scratch: Path, *, seed: int) -> None:
    """Print the largest process of a build of drawn pairs."""
    raw = scratch / f"drawn{pairs}"
    prompts = pairs // 5
    write_release(raw, train_prompts=prompts * 3 // 4, test_prompts=prompts - prompts * 3 // 4, seed=seed)
    for workers in (1, 2):
        program = (
            "import resource; from evalmuse_hf.data import build_dataset\n"
            "if __name__ == '__main__':\n"
            f"    build_dataset({str(raw)!r}, {str(scratch / 'out')!r}, num_proc={workers})\n"
            # Not ru_maxrss for the process itself: it starts from the size of the process that started this one.
            "    status = dict(line.split(':') for line in open('/proc/self/status'))\n"
            "    peak = int(status['VmHWM'].split()[0])\n"
            "    print(peak // 1024, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)\n"
        )
        path = scratch / "measure.py"
        path.write_text(program, encoding="utf-8")
        child = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=True)
        main_process, worker = child.stdout.split()
        shutil.rmtree(scratch / "out")
        of_worker = f", largest worker {worker} MiB" if workers > 1 else ""
        print(f"{pairs} drawn pairs, {workers} process(es): main process {main_process} MiB{of_worker}", flush=True)


def kill(raw: Path, scratch: Path, *, seed: int) -> None:
    """Kill builds at random moments, go on, and compare the rows."""
    out, workers = scratch / "killed", 2
    start = time.perf_counter()
    _run(build_command(raw, scratch / "whole", workers))
    usual = time.perf_counter() - start
    expected = rows_digest(scratch / "whole")
    rng = np.random.default_rng(seed)
    n_same = n_kept = 0
    for _ in range(KILLS):
        shutil.rmtree(out, ignore_errors=True)
        child = subprocess.Popen(
            build_command(raw, out, workers), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(rng.uniform(0, usual))
        child.send_signal(signal.SIGKILL)
        child.wait()
        looks_whole = (out / "README.md").exists()
        if looks_whole and rows_digest(out) != expected:
            raise SystemExit("A killed build left a card over incomplete data.")
        n_kept += len(list(out.glob(".build/shards/?????")))
        _run(build_command(raw, out, workers))
        n_same += rows_digest(out) == expected
    print(
        f"kill -9 at {KILLS} random moments of a build of {usual:.1f} s: {n_same} of {KILLS} went on to the rows of "
        f"an undisturbed build; {n_kept} finished shards were found again",
        flush=True,
    )


def rows_digest(out: Path) -> str:
    """Hash of all rows of all configurations, in order."""
    digest = hashlib.sha256()
    for path in sorted(out.glob("*/*.parquet")):
        digest.update(path.relative_to(out).as_posix().encode())
        for batch in pq.ParquetFile(path).iter_batches(batch_size=64):
            digest.update(repr(batch.to_pylist()).encode())
    return digest.hexdigest()


def load(raw: Path, scratch: Path, *, rounds: int) -> None:
    """Time `load_dataset` from a cold start."""
    out = scratch / "loaded"
    _run(build_command(raw, out, 2))
    program = f"import datasets; print(len(datasets.load_dataset({str(out)!r})['train']))"
    times = []
    for index in range(rounds):
        environment = {**os.environ, "HF_DATASETS_CACHE": str(scratch / f"cache{index}"), "HF_HUB_OFFLINE": "1"}
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    size = sum(path.stat().st_size for path in out.rglob("*.parquet"))
    print(
        f"load_dataset of {size / _MIB:.0f} MiB, fresh process, empty cache: {statistics.median(times):.2f} s",
        flush=True,
    )


def build_command(raw: Path, out: Path, workers: int) -> list[str]:
    """The command as a user types it."""
    command = [sys.executable, "-m", "evalmuse_hf.cli", "dataset", "build", str(raw), str(out)]
    return [*command, "--num-proc", str(workers), "--quiet"]


def _timed(command: list[str], out: Path) -> float:
    shutil.rmtree(out, ignore_errors=True)
    start = time.perf_counter()
    _run(command)
    seconds = time.perf_counter() - start
    shutil.rmtree(out)
    return seconds


def _run(command: list[str]) -> None:
    child = subprocess.run(command, capture_output=True, text=True, check=False)
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} failed: {child.stderr}")


def _ratio(times: dict[str, list[Any]], index: int) -> str:
    return f"{times['plain'][index] / times['build'][index]:.0%}"


if __name__ == "__main__":
    main()
