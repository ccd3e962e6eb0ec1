"""How long ``import evalmuse_hf`` takes, beside an empty program: ``python benchmarks/import_time.py [--json]``.

The aim is under 0.5 s, the start of the interpreter included. Times depend on the machine and what else it does, so
that no test asserts them; the ratio to the empty program varies less.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time

STATEMENTS = {"empty": "", "evalmuse_hf": "import evalmuse_hf"}


def main() -> int:
    """Measure, and print the medians."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--runs", type=int, default=11, help="starts of each program (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    args = parser.parse_args()
    figures = measure(args.runs)
    print(json.dumps(figures) if args.json else describe(figures))
    return 0


def measure(runs: int) -> dict[str, float]:
    """Median times of a fresh interpreter, with and without the import, taken in turn.

    Args:
        runs: Starts of each program, at least 1; one more of each fills the caches and is not counted.

    Returns:
        ``empty_seconds``, ``import_seconds`` (start included), and their ``ratio``.
    """
    times = [[_run(statement) for statement in STATEMENTS.values()] for _ in range(runs + 1)][1:]
    empty, imported = (statistics.median(column) for column in zip(*times, strict=True))
    return {"empty_seconds": empty, "import_seconds": imported, "ratio": imported / empty}


def describe(figures: dict[str, float]) -> str:
    """Lay the figures out as lines.

    Args:
        figures: From `measure`.
    """
    return (
        f"empty program       {figures['empty_seconds']:.3f} s\n"
        f"import evalmuse_hf  {figures['import_seconds']:.3f} s, {figures['ratio']:.2f} times as long"
    )


def _run(statement: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
