"""What pictures cost an `evaluate` module in memory: ``python benchmarks/module_memory.py [--pictures 10000]``.

The largest size of a process that scores many different JPEG files of 512 pixels with the module `fga_blip2` and its
packaged checkpoint, against one that scores 100. Decoded all at once, 10,000 of them would take 7.3 GiB.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

FEW, MANY, SIDE = 100, 10_000, 512
BAR_MIB = 1024
MODULE = Path(__file__).parents[1] / "metrics" / "fga_blip2"


def main() -> None:
    """Measure, and print the difference."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--pictures", type=int, default=MANY)
    parser.add_argument("--score", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.score:
        score(arguments.score, arguments.pictures)
        return
    print_memory(few=FEW, many=arguments.pictures)


def print_memory(*, few: int, many: int) -> None:
    """Draw pictures, score few and many of them in a process each, and print the sizes.

    Args:
        few: Pictures of the smaller process.
        many: Of the larger one.
    """
    with tempfile.TemporaryDirectory() as folder:
        draw(Path(folder), many)
        sizes = {}
        for count in (few, many):
            line = [sys.executable, __file__, "--pictures", str(count), "--score", folder]
            child = subprocess.run(line, capture_output=True, text=True, check=True)
            sizes[count] = int(child.stdout.split()[-1]) / 1024
            print(f"{count:6d} pictures  {sizes[count]:8.0f} MiB at most")
    more = sizes[many] - sizes[few]
    print(f"more             {more:8.0f} MiB (bar {BAR_MIB}: {'met' if more < BAR_MIB else 'missed'})")


def draw(folder: Path, count: int) -> None:
    """Write different pictures.

    Args:
        folder: Where to.
        count: How many.
    """
    ramp = np.linspace(0, 255, SIDE)
    base = np.stack([np.add.outer(ramp, ramp) / 2, np.add.outer(ramp, -ramp) / 2 + 128, np.tile(ramp, (SIDE, 1))], -1)
    for number in range(count):
        Image.fromarray(np.roll(base, number, axis=1).astype(np.uint8)).save(folder / f"{number:05d}.jpg", quality=75)


def score(folder: Path, count: int) -> None:
    """Score the first pictures of a folder, and print the largest size of this process in KiB."""
    import evaluate

    pictures = [str(path) for path in sorted(folder.glob("*.jpg"))[:count]]
    module = evaluate.load(str(MODULE), cache_dir=str(folder / f"cache-{count}"))
    result = module.compute(images=pictures, prompts=["a red circle"] * len(pictures), model="mini", device="cpu")
    if result["coverage"] != 1:
        raise SystemExit(f"Only {result['coverage']:.0%} of the pictures were scored.")
    # Not `ru_maxrss`, which starts from the size of the process that started this one.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    print(status["VmHWM"].split()[0])


if __name__ == "__main__":
    main()
